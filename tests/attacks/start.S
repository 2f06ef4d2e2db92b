/*
 * The entry of a PVH kernel: 32-bit protected mode, flat segments, no paging, and the address of
 * struct hvm_start_info in EBX. Xen's docs/misc/pvh.pandoc describes it, and the note that names it.
 */
    .section .note.pvh, "a", @note
    .align 4
    .long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long start

    .text
    .globl start
start:
    cli
    cld
    mov $stack_top, %esp
    push %ebx
    call attack
    /* With no interrupt table the next exception is a triple fault: a reset, which ends QEMU. */
    lidt no_table
    int3

    .section .rodata
no_table:
    .word 0
    .long 0

    .bss
    .align 16
    .skip 65536
stack_top:

    .section .note.GNU-stack, "", @progbits
