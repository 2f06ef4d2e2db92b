/*
 * Whether this process may use /dev/kvm, and what to do if not: the same words in a run and in 'vmc
 * info'.
 */
#ifndef VMC_HOST_MACHINE_KVM_ACCESS_H
#define VMC_HOST_MACHINE_KVM_ACCESS_H

/* 0, or the errno of opening it. */
int kvm_access(void);

/* What to do about it, as a phrase; owned by the caller. */
char *kvm_advice(int cause);

#endif
