#include "host/backend/libvirt/xml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/contract.h"
#include "host/backend/libvirt/handover.h"
#include "host/backend/qemu/argv.h"

#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

/* A failure is kept until the end; the first reason counts. */
struct writer {
    const struct libxml_api *api;
    xmlTextWriterPtr out;
    bool failed;
    struct error *err;
};

char *domain_socket_path(const char *dir, enum domain_socket which)
{
    static const char *const names[] = {
        [DOMAIN_SOCKET_CONTROL] = "control", [DOMAIN_SOCKET_DATA] = "data",
        [DOMAIN_SOCKET_CONSOLE] = "console", [DOMAIN_SOCKET_SERIAL] = "serial",
        [DOMAIN_SOCKET_MONITOR] = "monitor", [DOMAIN_SOCKET_HANDOVER] = "vmm",
    };
    return xasprintf("%s/%s.sock", dir, names[which]);
}

/* XML 1.0 has no control characters, and is UTF-8 here. */
static bool check_value(struct writer *w, const char *value)
{
    bool good = w->api->xmlCheckUTF8((const xmlChar *)value);
    for (const char *p = value; good && *p; p++)
        good = (unsigned char)*p >= ' ';
    if (!good && !w->failed)
        error_set(w->err, "--libvirt: '%s' has characters that libvirt's XML cannot hold", value);
    w->failed = w->failed || !good;
    return good;
}

static void attribute(struct writer *w, const char *name, const char *value)
{
    if (check_value(w, value))
        w->api->xmlTextWriterWriteAttribute(w->out, (const xmlChar *)name, (const xmlChar *)value);
}

/* Names and values of attributes, alternating. */
#define ATTRIBUTES(...)                                                                            \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* attributes: NULL if there are none. */
static void begin(struct writer *w, const char *name, const char *const *attributes)
{
    w->api->xmlTextWriterStartElement(w->out, (const xmlChar *)name);
    for (; attributes && attributes[0]; attributes += 2)
        attribute(w, attributes[0], attributes[1]);
}

static void end(struct writer *w)
{
    w->api->xmlTextWriterEndElement(w->out);
}

/* An element with nothing in it. */
static void leaf(struct writer *w, const char *name, const char *const *attributes)
{
    begin(w, name, attributes);
    end(w);
}

static void text(struct writer *w, const char *name, const char *value)
{
    begin(w, name, NULL);
    if (check_value(w, value))
        w->api->xmlTextWriterWriteString(w->out, (const xmlChar *)value);
    end(w);
}

__attribute__((format(printf, 3, 4))) static void textf(struct writer *w, const char *name,
                                                        const char *format, ...)
{
    char value[64];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    text(w, name, value);
}

/* The command's arguments may be secrets: only its name is shown. */
static void add_identity(struct writer *w, const struct machine_request *request,
                         const struct domain_facts *facts)
{
    const struct vm_spec *spec = request->spec;
    AUTO_FREE char *name = xasprintf("vmc-%s", request->container->id);
    text(w, "name", name);
    if (spec->name)
        text(w, "title", spec->name);
    begin(w, "metadata", NULL);
    begin(w, "vmc:container", ATTRIBUTES("xmlns:vmc", LIBVIRT_METADATA));
    text(w, "vmc:id", request->container->id);
    textf(w, "vmc:pid", "%d", (int)facts->pid);
    text(w, "vmc:version", VMC_VERSION);
    text(w, "vmc:rootfs", spec->rootfs);
    text(w, "vmc:upper", upper_name(spec->upper));
    if (spec->args.count > 0)
        text(w, "vmc:command", spec->args.items[0]);
    end(w);
    end(w);
}

/* QEMU's "MODEL,+feature,-feature"; the model may be "host". */
static void add_cpu(struct writer *w, const char *cpu)
{
    AUTO_FREE char *copy = xstrdup(cpu);
    char *rest = copy, *model = strsep(&rest, ","), *feature;
    if (strcmp(model, "host") == 0) {
        begin(w, "cpu", ATTRIBUTES("mode", "host-passthrough", "check", "none"));
    } else {
        begin(w, "cpu", ATTRIBUTES("mode", "custom", "match", "exact", "check", "none"));
        begin(w, "model", ATTRIBUTES("fallback", "forbid"));
        w->api->xmlTextWriterWriteString(w->out, (const xmlChar *)model);
        end(w);
    }
    while ((feature = strsep(&rest, ",")))
        leaf(w, "feature",
             ATTRIBUTES("policy", feature[0] == '-' ? "disable" : "require", "name", feature + 1));
    end(w);
}

static void add_machine(struct writer *w, const struct machine_request *request,
                        const struct domain_facts *facts)
{
    const struct vm_spec *spec = request->spec;
    AUTO_FREE char *machine = xstrdup(spec->arch->machine);
    AUTO_FREE char *parameters = qemu_kernel_parameters(request, facts->tsc_khz);
    machine[strcspn(machine, ",")] = '\0';
    begin(w, "memory", ATTRIBUTES("unit", "KiB"));
    char memory[32];
    snprintf(memory, sizeof(memory), "%llu", (unsigned long long)(spec->memory >> 10));
    w->api->xmlTextWriterWriteString(w->out, (const xmlChar *)memory);
    end(w);
    begin(w, "memoryBacking", NULL);
    leaf(w, "nosharepages", NULL);
    if (machine_has_file_server(request)) {
        leaf(w, "source", ATTRIBUTES("type", "memfd"));
        leaf(w, "access", ATTRIBUTES("mode", "shared"));
    }
    end(w);
    textf(w, "vcpu", "%u", spec->cpus);
    begin(w, "os", NULL);
    begin(w, "type", ATTRIBUTES("arch", spec->arch->known[0], "machine", machine));
    w->api->xmlTextWriterWriteString(w->out, (const xmlChar *)"hvm");
    end(w);
    text(w, "kernel", request->image->kernel);
    text(w, "initrd", request->image->initrd);
    text(w, "cmdline", parameters);
    end(w);
    if (spec->acpi) {
        begin(w, "features", NULL);
        leaf(w, "acpi", NULL);
        end(w);
    }
    add_cpu(w, request->accel == ACCEL_KVM ? spec->arch->cpu_kvm : spec->arch->cpu_tcg);
    leaf(w, "clock", ATTRIBUTES("offset", "utc"));
    /* A reset is how a guest without ACPI ends. */
    text(w, "on_poweroff", "destroy");
    text(w, "on_reboot", "destroy");
    text(w, "on_crash", "destroy");
}

/* On a separate bus: machines without PCI. */
static void add_place(struct writer *w)
{
    leaf(w, "address", ATTRIBUTES("type", "virtio-mmio"));
}

static void add_share(struct writer *w, const struct machine_share *share)
{
    begin(w, "filesystem",
          ATTRIBUTES("type", "mount", "accessmode", "passthrough", "multidevs", "remap"));
    leaf(w, "source", ATTRIBUTES("dir", share->path));
    leaf(w, "target", ATTRIBUTES("dir", share->tag));
    if (share->read_only)
        leaf(w, "readonly", NULL);
    add_place(w);
    end(w);
}

/* A file server's share has a descriptor, add_qemu_part(). */
static void add_shares(struct writer *w, const struct machine_request *request)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares);
    for (size_t i = 0; i < count; i++)
        if (!shares[i].virtiofs)
            add_share(w, &shares[i]);
}

/* The socket that libvirt makes, on which QEMU accepts vmc's connection. */
static void begin_line(struct writer *w, const struct machine_request *request,
                       enum domain_socket which, const char *element)
{
    AUTO_FREE char *path = domain_socket_path(request->container->dir, which);
    begin(w, element, ATTRIBUTES("type", "unix"));
    leaf(w, "source", ATTRIBUTES("mode", "bind", "path", path));
}

static void add_channel(struct writer *w, const struct machine_request *request,
                        enum domain_socket which, const char *name, const char *port)
{
    begin_line(w, request, which, "channel");
    leaf(w, "target", ATTRIBUTES("type", "virtio", "name", name));
    leaf(w, "address",
         ATTRIBUTES("type", "virtio-serial", "controller", "0", "bus", "0", "port", port));
    end(w);
}

static void add_lines(struct writer *w, const struct machine_request *request)
{
    begin(w, "controller", ATTRIBUTES("type", "virtio-serial", "index", "0", "ports", "4"));
    add_place(w);
    end(w);
    begin_line(w, request, DOMAIN_SOCKET_SERIAL, "serial");
    leaf(w, "target", ATTRIBUTES("type", request->spec->arch->domain_serial, "port", "0"));
    end(w);
    /* libvirt takes the first console for another name of the first serial line. */
    begin_line(w, request, DOMAIN_SOCKET_SERIAL, "console");
    leaf(w, "target", ATTRIBUTES("type", "serial", "port", "0"));
    end(w);
    begin_line(w, request, DOMAIN_SOCKET_CONSOLE, "console");
    leaf(w, "target", ATTRIBUTES("type", "virtio", "port", "1"));
    end(w);
    add_channel(w, request, DOMAIN_SOCKET_CONTROL, PORT_CONTROL_NAME, "1");
    add_channel(w, request, DOMAIN_SOCKET_DATA, PORT_DATA_NAME, "2");
}

static void add_balloon(struct writer *w, const struct machine_request *request)
{
    if (!qemu_has_balloon(request)) {
        leaf(w, "memballoon", ATTRIBUTES("model", "none"));
        return;
    }
    begin(w, "memballoon", ATTRIBUTES("model", "virtio", "freePageReporting", "on"));
    add_place(w);
    end(w);
}

/* Parts that libvirt cannot express: devices with descriptors from vmc, and vmc's own socket. */
static void add_qemu_part(struct writer *w, const struct machine_request *request)
{
    AUTO_STRINGS struct strings arguments = {0};
    AUTO_FREE char *path = domain_socket_path(request->container->dir, DOMAIN_SOCKET_HANDOVER);
    qemu_argv_descriptors(request, &arguments);
    begin(w, "qemu:commandline", NULL);
    for (size_t i = 0; i < arguments.count; i++)
        leaf(w, "qemu:arg", ATTRIBUTES("value", arguments.items[i]));
    leaf(w, "qemu:env", ATTRIBUTES("name", HANDOVER_VARIABLE, "value", path));
    end(w);
}

static void add_domain(struct writer *w, const struct machine_request *request,
                       const struct domain_facts *facts)
{
    begin(w, "domain",
          ATTRIBUTES("type", request->accel == ACCEL_KVM ? "kvm" : "qemu", "xmlns:qemu",
                     QEMU_NAMESPACE));
    add_identity(w, request, facts);
    add_machine(w, request, facts);
    begin(w, "devices", NULL);
    text(w, "emulator", facts->emulator);
    leaf(w, "controller", ATTRIBUTES("type", "usb", "model", "none"));
    add_lines(w, request);
    add_shares(w, request);
    add_balloon(w, request);
    end(w);
    if (facts->root) {
        /* The emulator needs root's files; QEMU itself is never root (id_range.h). */
        begin(w, "seclabel", ATTRIBUTES("type", "static", "model", "dac", "relabel", "no"));
        text(w, "label", "+0:+0");
        end(w);
    }
    add_qemu_part(w, request);
    end(w);
}

int libvirt_xml(const struct libxml_api *api, const struct machine_request *request,
                const struct domain_facts *facts, char **ret, struct error *err)
{
    xmlBufferPtr buffer = api->xmlBufferCreate();
    struct writer w = {.api = api, .err = err};
    w.out = buffer ? api->xmlNewTextWriterMemory(buffer, 0) : NULL;
    if (!w.out)
        abort();
    api->xmlTextWriterSetIndent(w.out, 1);
    add_domain(&w, request, facts);
    api->xmlFreeTextWriter(w.out);
    if (!w.failed)
        *ret = xstrdup((const char *)api->xmlBufferContent(buffer));
    api->xmlBufferFree(buffer);
    return w.failed ? -1 : 0;
}
