#include "host/backend/uml/argv.h"

#include "common/contract.h"

enum line {
    LINE_CONTROL,
    LINE_DATA,
    LINE_FRAMES,
};

static void add_line(struct strings *argv, enum line line, enum uml_fd fd)
{
    strings_addf(argv, "ssl%d=fd:%d", line, fd);
}

/* The kernel passes everything after two dashes to init. */
static void add_agent(bool frames, struct strings *argv)
{
    AUTO_STRINGS struct strings lines = {0};
    strings_addf(&lines, AGENT_LINE "%d", LINE_CONTROL);
    strings_addf(&lines, AGENT_LINE "%d", LINE_DATA);
    if (frames)
        strings_addf(&lines, AGENT_LINE "%d", LINE_FRAMES);
    AUTO_FREE char *list = strings_join(&lines, ",");
    strings_add(argv, "--");
    strings_add(argv, AGENT_LINES_FLAG);
    strings_add(argv, list);
}

void uml_argv(const struct machine_request *request, struct strings *ret)
{
    const struct vm_spec *spec = request->spec;
    bool frames = request->network->link.fd >= 0;
    /* A process list shows which run it belongs to. */
    strings_addf(ret, "%s/linux", request->container->dir);
    /* Its messages go to standard error until there is a console, and again in a panic. */
    strings_add(ret, spec->debug ? "loglevel=7" : "quiet");
    strings_addf(ret, "mem=%lluM", (unsigned long long)(spec->memory >> 20));
    strings_addf(ret, "initrd=%s", request->image->initrd);
    /* No directory with its PID, and no words of its own at the end, after the agent's. */
    strings_add(ret, "uml_dir=");
    strings_add(ret, "root=none");
    /*
     * There are no others: if a program opened another one (--usedev), the kernel would look for
     * terminals of the host, and end.
     */
    strings_add(ret, "con=none");
    strings_add(ret, "ssl=none");
    strings_addf(ret, "con0=fd:%d", UML_FD_CONSOLE);
    strings_add(ret, "console=tty0");
    add_line(ret, LINE_CONTROL, UML_FD_CONTROL);
    add_line(ret, LINE_DATA, UML_FD_DATA);
    if (frames)
        add_line(ret, LINE_FRAMES, UML_FD_FRAMES);
    strings_addf(ret, "filter=fd:%d", UML_FD_FILTER);
    /* It has no delay loops, so it need not calibrate them. */
    strings_add(ret, "lpj=4000000");
    /* A reboot ends it instead of starting it again. */
    strings_add(ret, "noreboot");
    strings_add(ret, "panic=-1");
    for (size_t i = 0; i < spec->append.count; i++)
        strings_add(ret, spec->append.items[i]);
    add_agent(frames, ret);
}
