/*
 * What differs from one guest architecture to the next, in one table. No other file of host/
 * names an architecture.
 */
#ifndef VMC_HOST_BASE_ARCH_H
#define VMC_HOST_BASE_ARCH_H

#include <stdbool.h>
#include <stdint.h>

/* What an ELF file says it was built for: elf(5). */
struct elf_kind {
    uint16_t machine; /* EM_ */
    uint8_t width;    /* ELFCLASS32 or ELFCLASS64 */
    bool big_endian;
};

struct arch {
    const char *name;         /* the kernel's; the name of the image directory */
    const char *const *known; /* what else it is called, uname -m's name first; NULL-terminated */
    struct elf_kind programs; /* what runs on it */
    struct elf_kind compat;   /* other programs that run on it; machine 0: none */
    const char *seccomp;      /* what libseccomp calls it */
    const char *qemu;         /* QEMU's binary */
    const char *qemu_package; /* Debian's package of it */
    /* vmc's own package, with the guest image. */
    const char *guest_package;
    /*
     * QEMU modules and firmware that machines may load, NULL-terminated; those that a QEMU does not
     * have as separate files are skipped.
     */
    const char *const *qemu_modules;
    const char *const *firmware;
    const char *machine;        /* -machine, with its options */
    const char *machine_acpi;   /* the same, described by ACPI tables; NULL: not possible */
    const char *cpu_tcg;        /* -cpu under software emulation */
    const char *cpu_kvm;        /* -cpu under KVM */
    const char *kernel;         /* file name of the kernel in the image directory */
    const char *tree_kernel;    /* the same in the directory of a kernel's build */
    const char *serial;         /* the kernel's name of the serial line */
    const char *cmdline;        /* kernel parameters of every boot */
    const char *cmdline_tcg;    /* more of them: software emulation */
    const char *cmdline_tcg_up; /* more of them: software emulation, one CPU; or NULL */
    const char *domain_serial;  /* libvirt's name for its serial line; NULL: no domains of it */
    bool tsc;                   /* software emulation passes the host's counter through as TSC */
    unsigned max_cpus;          /* NR_CPUS of the guest kernel */
    unsigned virtio_places; /* the number of virtio devices that the machine has room for, without
                               ACPI */
};

/* The names of all rows, NULL-terminated. */
extern const char *const arch_names[];

/* The row of that name, or of one it is known by; NULL if there is none. */
const struct arch *arch_find(const char *name);

/* True if a guest of that architecture runs such programs. */
bool arch_runs(const struct arch *arch, const struct elf_kind *kind);

/* The row whose guests run such programs, the host's own first; NULL if there is none. */
const struct arch *arch_for_program(const struct elf_kind *kind);

/*
 * No row of the table, but the name and the kernel of User Mode Linux's image, which runs programs
 * of the host's own architecture.
 */
extern const struct arch arch_uml;

/* The host's own architecture, NULL if vmc has no row for it. */
const struct arch *arch_native(void);

#endif
