#include "host/backend/uml/argv.h"

/* The guest's names of its lines. */
#define LINE "/dev/ttyS"

enum line {
    LINE_CONTROL,
    LINE_DATA,
    LINE_FRAMES,
};

static void add_line(struct strings *argv, enum line line, enum uml_fd fd)
{
    strings_addf(argv, "ssl%d=fd:%d", line, fd);
}

/* What the kernel leaves to init: everything after two dashes. */
static void add_agent(bool frames, struct strings *argv)
{
    AUTO_STRINGS struct strings lines = {0};
    strings_addf(&lines, LINE "%d", LINE_CONTROL);
    strings_addf(&lines, LINE "%d", LINE_DATA);
    if (frames)
        strings_addf(&lines, LINE "%d", LINE_FRAMES);
    AUTO_FREE char *list = strings_join(&lines, ",");
    strings_add(argv, "--");
    strings_add(argv, "--lines");
    strings_add(argv, list);
}

void uml_argv(const struct machine_request *request, struct strings *ret)
{
    const struct vm_spec *spec = request->spec;
    bool frames = request->network->link.fd >= 0;
    /* A process list tells whose it is. */
    strings_addf(ret, "%s/linux", request->container->dir);
    /* Its own messages go to standard error until there is a console, and again in a panic. */
    strings_add(ret, spec->debug ? "loglevel=7" : "quiet");
    strings_addf(ret, "mem=%lluM", (unsigned long long)(spec->memory >> 20));
    strings_addf(ret, "initrd=%s", request->image->initrd);
    /* No directory with its process number; and no word of its own at the end, after the agent's.
     */
    strings_add(ret, "uml_dir=");
    strings_add(ret, "root=none");
    /* There is none but these: who opens another one (--usedev) would have its kernel look for
     * terminals of the host's, which is the end of it. */
    strings_add(ret, "con=none");
    strings_add(ret, "ssl=none");
    strings_addf(ret, "con0=fd:%d", UML_FD_CONSOLE);
    strings_add(ret, "console=tty0");
    add_line(ret, LINE_CONTROL, UML_FD_CONTROL);
    add_line(ret, LINE_DATA, UML_FD_DATA);
    if (frames)
        add_line(ret, LINE_FRAMES, UML_FD_FRAMES);
    strings_addf(ret, "filter=fd:%d", UML_FD_FILTER);
    /* Nothing in it waits in loops: no time is spent on counting how many go into a tick. */
    strings_add(ret, "lpj=4000000");
    /* The end is an end, not another start. */
    strings_add(ret, "noreboot");
    strings_add(ret, "panic=-1");
    for (size_t i = 0; i < spec->append.count; i++)
        strings_add(ret, spec->append.items[i]);
    add_agent(frames, ret);
}
