# Targets of the test suite; included by the top Makefile.
-include tests/unit/host.mk
-include tests/unit/unit.mk

# What runs in the guest, for its architecture, and what runs beside it, for the host's.
GUEST_TESTS := $(BUILD)/tests/$(GUEST_ARCH)

.PHONY: probe
probe: $(GUEST_TESTS)/vmc-probe $(GUEST_TESTS)/vmc-hostile $(BUILD)/tests/vmc-jail-probe \
	$(BUILD)/tests/vmc-attacker $(BUILD)/tests/vmc-restrict
$(GUEST_TESTS)/vmc-probe: $(wildcard tests/probe/*.c tests/probe/*.h)
	@mkdir -p $(@D)
	$(GUEST_CC) $(BASE_CFLAGS) -O1 -g -static -MF $@.d -o $@ $(filter %.c,$^)

$(GUEST_TESTS)/vmc-hostile: $(wildcard tests/hostile/*.c tests/hostile/*.h)
	@mkdir -p $(@D)
	$(GUEST_CC) $(BASE_CFLAGS) -O1 -g -static -MF $@.d -o $@ $(filter %.c,$^)

# A program in QEMU's place: of the host's architecture, and static.
$(BUILD)/tests/vmc-jail-probe: $(wildcard tests/jail/*.c tests/jail/*.h)
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) -O1 -g -static -MF $@.d -o $@ $(filter %.c,$^)

# A host that refuses some system calls.
$(BUILD)/tests/vmc-restrict: tests/restrict/restrict.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) -O1 -g -MF $@.d -o $@ $< -lseccomp

# A guest kernel that does nothing but attack: freestanding 32-bit code for QEMU's microvm.
ATTACKER_CFLAGS := $(filter-out -MMD -MP,$(BASE_CFLAGS)) -m32 -march=i686 -mno-sse -O1 -g \
	-ffreestanding -fno-tree-loop-distribute-patterns -fno-pic -fno-stack-protector \
	-fcf-protection=none
ATTACKER_LDFLAGS := -nostdlib -static -no-pie \
	-Wl,-N,--build-id=none,--no-warn-rwx-segments,-T,tests/attacks/kernel.ld
$(BUILD)/tests/vmc-attacker: $(wildcard tests/attacks/*.[cShl]*)
	@mkdir -p $(@D)
	$(CC) $(ATTACKER_CFLAGS) $(ATTACKER_LDFLAGS) -o $@ $(filter %.c %.S,$^)

test-full:
	VMC_TEST_FULL=1 BUILD='$(abspath $(BUILD))' VMC_TEST_ARCH='$(ARCH)' tests/run

test:
	BUILD='$(abspath $(BUILD))' VMC_TEST_ARCH='$(ARCH)' tests/run

# What differs under KVM, in a machine that has it. FILES="tty ladder": only these.
test-kvm:
	BUILD='$(abspath $(BUILD))' tests/run kvm $(FILES)

demo:
	BUILD='$(abspath $(BUILD))' KERNEL='$(KERNEL)' scripts/demo

bench-files:
	BUILD='$(abspath $(BUILD))' tests/bench/files

bench:
	BUILD='$(abspath $(BUILD))' tests/bench/bench $(or $(SUITE),start)

lint-rooms:
	scripts/lint-rooms scripts/rooms

lint-words:
	scripts/lint-words scripts/words

lint:
	BUILD='$(abspath $(BUILD))' scripts/lint
