/*
 * vmc.conf: what a user, or a host's administrator, prefers where the command line leaves it open.
 *
 * $XDG_CONFIG_HOME/vmc/vmc.conf (~/.config/vmc/vmc.conf) is read first, /etc/vmc/vmc.conf for what
 * it leaves open. Lines are KEY = VALUE; '#' begins a comment. One key is known:
 *
 *   without-kvm = tcg | uml     what to run in, where KVM is not usable; tcg
 */
#ifndef VMC_HOST_SPEC_PREFERENCES_H
#define VMC_HOST_SPEC_PREFERENCES_H

#include "common/error.h"
#include "host/cli/request.h"
#include "host/spec/spec.h"

enum without_kvm {
    WITHOUT_KVM_UNSAID,
    WITHOUT_KVM_TCG,
    WITHOUT_KVM_UML,
};

struct preferences {
    enum without_kvm without_kvm;
};

/*
 * Adds to ret the settings of a file that ret does not have yet. name: of the file, for messages.
 * Lines that are not understood are errors. Pure.
 */
int preferences_parse(const char *name, const char *text, struct preferences *ret,
                      struct error *err);

/* Reads both files; one that does not exist is empty. */
int preferences_read(struct preferences *ret, struct error *err);

#endif
