/* Which devices the container may use: cgroup v2 has no file for it but a BPF program. bpf(2) */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/util.h"
#include "guest-agent/container/cgroup.h"

/* Instructions a rule takes at most, and those around all of them. */
#define RULE_INSTRUCTIONS 10
#define FRAME_INSTRUCTIONS 7

enum registers { RESULT, CONTEXT, TYPE, ACCESS, MAJOR, MINOR, SCRATCH };

static struct bpf_insn load_word(int to, size_t offset)
{
    return (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
                             .dst_reg = (uint8_t)to & 0xf,
                             .src_reg = CONTEXT,
                             .off = (int16_t)offset};
}

static struct bpf_insn compute(int operation, int to, int32_t value)
{
    return (struct bpf_insn){
        .code = (uint8_t)(BPF_ALU | BPF_K | operation), .dst_reg = (uint8_t)to & 0xf, .imm = value};
}

static struct bpf_insn copy(int to, int from)
{
    return (struct bpf_insn){.code = BPF_ALU | BPF_X | BPF_MOV,
                             .dst_reg = (uint8_t)to & 0xf,
                             .src_reg = (uint8_t)from & 0xf};
}

static struct bpf_insn leave(void)
{
    return (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
}

/* A jump to the next rule where the register has another value; the distance is filled in later. */
static struct bpf_insn unless_equal(int reg, int32_t value)
{
    return (struct bpf_insn){
        .code = BPF_JMP32 | BPF_K | BPF_JNE, .dst_reg = (uint8_t)reg & 0xf, .imm = value};
}

static int access_bits(const char *access)
{
    return (strchr(access, 'm') ? BPF_DEVCG_ACC_MKNOD : 0) |
           (strchr(access, 'r') ? BPF_DEVCG_ACC_READ : 0) |
           (strchr(access, 'w') ? BPF_DEVCG_ACC_WRITE : 0);
}

static size_t add_rule(const struct device_rule *rule, struct bpf_insn *out)
{
    size_t n = 0;
    if (rule->type[0] != 'a')
        out[n++] =
            unless_equal(TYPE, rule->type[0] == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
    /* All that is asked for must be in the rule. */
    out[n++] = copy(SCRATCH, ACCESS);
    out[n++] = compute(BPF_AND, SCRATCH, ~access_bits(rule->access));
    out[n++] = unless_equal(SCRATCH, 0);
    if (rule->major >= 0)
        out[n++] = unless_equal(MAJOR, (int32_t)rule->major);
    if (rule->minor >= 0)
        out[n++] = unless_equal(MINOR, (int32_t)rule->minor);
    out[n++] = compute(BPF_MOV, RESULT, 1);
    out[n++] = leave();
    for (size_t i = 0; i < n; i++)
        if (out[i].code == (BPF_JMP32 | BPF_K | BPF_JNE))
            out[i].off = (int16_t)(n - i - 1);
    return n;
}

size_t device_program(const struct device_rule_list *rules, struct bpf_insn *program)
{
    size_t n = 0;
    program[n++] = load_word(TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
    program[n++] = copy(ACCESS, TYPE);
    program[n++] = compute(BPF_AND, TYPE, 0xffff);
    program[n++] = compute(BPF_RSH, ACCESS, 16);
    program[n++] = load_word(MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
    program[n++] = load_word(MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
    for (size_t i = 0; i < rules->count; i++)
        n += add_rule(&rules->items[i], program + n);
    program[n++] = compute(BPF_MOV, RESULT, 0);
    program[n++] = leave();
    return n;
}

int device_rules_attach(const struct device_rule_list *rules, int cgroup, struct error *err)
{
    size_t room = FRAME_INSTRUCTIONS + 1 + RULE_INSTRUCTIONS * rules->count;
    AUTO_FREE struct bpf_insn *program = xcalloc(room, sizeof(*program));
    union bpf_attr load = {
        .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
        .insn_cnt = (uint32_t)device_program(rules, program),
        .insns = (uintptr_t)program,
        .license = (uintptr_t) "MIT",
    };
    AUTO_CLOSE int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
    if (fd < 0)
        return error_errno(err, "cannot load the device rules");
    union bpf_attr attach = {
        .target_fd = (uint32_t)cgroup,
        .attach_bpf_fd = (uint32_t)fd,
        .attach_type = BPF_CGROUP_DEVICE,
    };
    if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0)
        return error_errno(err, "cannot attach the device rules");
    return 0;
}
