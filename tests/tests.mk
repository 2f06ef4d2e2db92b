# Targets of the test suite; included by the top Makefile.
-include tests/unit/unit.mk
-include tests/unit/host.mk

.PHONY: probe
probe: $(BUILD)/tests/vmc-probe $(BUILD)/tests/vmc-jail-probe
$(BUILD)/tests/vmc-probe: $(wildcard tests/probe/*.c tests/probe/*.h)
	@mkdir -p $(@D)
	$(GUEST_CC) $(BASE_CFLAGS) -O1 -g -static -MF $@.d -o $@ $(filter %.c,$^)

# A program in QEMU's place: of the host's architecture, and static.
$(BUILD)/tests/vmc-jail-probe: $(wildcard tests/jail/*.c tests/jail/*.h)
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) -O1 -g -static -MF $@.d -o $@ $(filter %.c,$^)

test:
	BUILD='$(abspath $(BUILD))' tests/run

demo:
	BUILD='$(abspath $(BUILD))' scripts/demo

bench:
	BUILD='$(abspath $(BUILD))' tests/bench/bench

lint:
	BUILD='$(abspath $(BUILD))' scripts/lint
