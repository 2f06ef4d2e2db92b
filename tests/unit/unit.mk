# Tests that need no virtual machine: unit tests, the agent over socket pairs, fuzzers.
#
#   make unit          unit tests of common/ and of the agent's pure parts, with sanitizers
#   make agent-test    the real agent over socket pairs, with sanitizers
#   make fuzz-replay   every fuzzer's corpus through its target, with sanitizers
#   make fuzz          every fuzzer for FUZZ_SECONDS (needs clang)

FUZZ_SECONDS ?= 30

UNIT_DIR := $(BUILD)/tests
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_CFLAGS := $(BASE_CFLAGS) -O1 -g -fno-omit-frame-pointer $(UNIT_SANITIZE)
UNIT_LIBS := -lcmocka -ljson-c -lpthread

# The agent without main.c: what tests and fuzzers link.
UNIT_SRC := $(COMMON_SRC) $(filter-out guest-agent/main.c,$(AGENT_SRC))
UNIT_OBJ := $(UNIT_SRC:%.c=$(UNIT_DIR)/obj/%.o)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/common/*_test.c tests/unit/guest-agent/*_test.c))
AGENT_TESTS := $(patsubst tests/agent/%.c,%,$(wildcard tests/agent/*_test.c))
# By the side that they take apart: agent/ (and what is common), host/.
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*/*_fuzz.c))
FUZZ_HOST_SRC := $(COMMON_SRC) $(filter-out host/main.c,$(HOST_SRC))
FUZZ_CORPUS = tests/fuzz/corpus/$$(basename "$$fuzzer")

.PHONY: unit agent-test fuzz fuzz-replay
.SECONDARY:

$(UNIT_DIR)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(UNIT_CFLAGS) -c -o $@ $<

# One archive: each test links what it needs of it.
$(UNIT_DIR)/unit.a: $(UNIT_OBJ)
	@rm -f $@
	$(QUIET_LINK)$(AR) rcs $@ $^

$(UNIT_DIR)/%_test: $(UNIT_DIR)/obj/tests/unit/%_test.o $(UNIT_DIR)/unit.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CC) $(UNIT_SANITIZE) -o $@ $^ $(UNIT_LIBS)

unit: $(UNIT_TESTS:%=$(UNIT_DIR)/%)
	@status=0; for test in $^; do "$$test" || status=1; done; exit $$status

# The agent as a test sees it: the same sources, with sanitizers and dynamically linked.
$(UNIT_DIR)/vmc-agent: $(UNIT_OBJ) $(UNIT_DIR)/obj/guest-agent/main.o
	$(QUIET_LINK)$(CC) $(UNIT_SANITIZE) -o $@ $^ $(UNIT_LIBS)

$(UNIT_DIR)/agent/%_test: $(UNIT_DIR)/obj/tests/agent/%_test.o \
		$(UNIT_DIR)/obj/tests/agent/peer.o $(UNIT_DIR)/unit.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CC) $(UNIT_SANITIZE) -o $@ $^ $(UNIT_LIBS)

agent-test: $(AGENT_TESTS:%=$(UNIT_DIR)/agent/%) $(UNIT_DIR)/vmc-agent
	@status=0; for test in $(AGENT_TESTS:%=$(UNIT_DIR)/agent/%); do \
		VMC_AGENT='$(abspath $(UNIT_DIR)/vmc-agent)' "$$test" || status=1; done; exit $$status

$(UNIT_DIR)/replay/agent/%_fuzz: $(UNIT_DIR)/obj/tests/fuzz/agent/%_fuzz.o $(UNIT_DIR)/obj/tests/fuzz/replay.o \
		$(UNIT_DIR)/unit.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CC) $(UNIT_SANITIZE) -o $@ $^ $(UNIT_LIBS)

$(UNIT_DIR)/replay/host/%_fuzz: $(UNIT_DIR)/obj/tests/fuzz/host/%_fuzz.o $(UNIT_DIR)/obj/tests/fuzz/replay.o \
		$(UNIT_HOST_DIR)/host.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CC) $(UNIT_SANITIZE) -o $@ $^ $(HOST_LIBS)

# All that these targets run, so that they can be run at the same time.
.PHONY: unit-programs
unit-programs: $(UNIT_TESTS:%=$(UNIT_DIR)/%) $(UNIT_HOST_TESTS) $(GUEST_TESTS_HOST) $(AGENT_TESTS:%=$(UNIT_DIR)/agent/%) \
	$(UNIT_DIR)/vmc-agent $(FUZZERS:%=$(UNIT_DIR)/replay/%)

fuzz-replay: $(FUZZERS:%=$(UNIT_DIR)/replay/%)
	@status=0; for fuzzer in $(FUZZERS); do \
		"$(UNIT_DIR)/replay/$$fuzzer" "$(FUZZ_CORPUS)" || status=1; done; exit $$status

# clang has neither of the last two warnings that the common list ends with. It also warns of
# formats passed on to vsnprintf(3), of a kernel structure with a flexible end in a struct, and of
# what libseccomp's macros leave out.
FUZZ_CFLAGS := $(filter-out -Wduplicated-cond -Wlogical-op -MMD -MP,$(BASE_CFLAGS)) -O1 -g \
	$(LIBXML_CFLAGS) -Wno-format-nonliteral \
	-Wno-gnu-variable-sized-type-not-at-end -Wno-missing-field-initializers \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

$(UNIT_DIR)/fuzz-obj/%.o: %.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CLANG) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(UNIT_DIR)/fuzz-obj/agent.a: $(UNIT_SRC:%.c=$(UNIT_DIR)/fuzz-obj/%.o)
	@rm -f $@
	$(QUIET_LINK)$(AR) rcs $@ $^
$(UNIT_DIR)/fuzz-obj/host.a: $(FUZZ_HOST_SRC:%.c=$(UNIT_DIR)/fuzz-obj/%.o)
	@rm -f $@
	$(QUIET_LINK)$(AR) rcs $@ $^

$(UNIT_DIR)/fuzz/agent/%_fuzz: $(UNIT_DIR)/fuzz-obj/tests/fuzz/agent/%_fuzz.o $(UNIT_DIR)/fuzz-obj/agent.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CLANG) -fsanitize=fuzzer,address,undefined -o $@ $^ $(UNIT_LIBS)
$(UNIT_DIR)/fuzz/host/%_fuzz: $(UNIT_DIR)/fuzz-obj/tests/fuzz/host/%_fuzz.o $(UNIT_DIR)/fuzz-obj/host.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CLANG) -fsanitize=fuzzer,address,undefined -o $@ $^ $(HOST_LIBS)

# What a run finds goes to the build directory; only the small corpus in the tree is kept.
fuzz: $(FUZZERS:%=$(UNIT_DIR)/fuzz/%)
	@status=0; for fuzzer in $(FUZZERS); do \
		mkdir -p "$(UNIT_DIR)/fuzz-found/$$fuzzer" && \
		"$(UNIT_DIR)/fuzz/$$fuzzer" -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
			-print_final_stats=1 -verbosity=0 -artifact_prefix="$(UNIT_DIR)/fuzz-found/$$fuzzer-" \
			"$(UNIT_DIR)/fuzz-found/$$fuzzer" "$(FUZZ_CORPUS)" || status=1; \
	done; exit $$status

-include $(UNIT_DIR)/obj/guest-agent/main.d $(UNIT_OBJ:.o=.d) $(shell find $(UNIT_DIR)/obj/tests -name '*.d' 2>/dev/null)
-include $(shell find $(UNIT_DIR)/fuzz-obj -name '*.d' 2>/dev/null)
