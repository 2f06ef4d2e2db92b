# Unit tests of the launcher's pure parts, under the address and undefined-behaviour sanitizers.

UNIT_HOST_DIR := $(BUILD)/unit-host
UNIT_HOST_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_HOST_CFLAGS := $(BASE_CFLAGS) $(LIBXML_CFLAGS) -O1 -g -fno-omit-frame-pointer $(UNIT_HOST_SANITIZE)
UNIT_HOST_OBJ := $(patsubst %.c,$(UNIT_HOST_DIR)/%.o,$(filter-out host/main.c,$(HOST_SRC)) $(COMMON_SRC))
UNIT_HOST_TESTS := $(patsubst tests/unit/host/%.c,$(UNIT_HOST_DIR)/%,$(wildcard tests/unit/host/*_test.c))

.PHONY: unit-host
unit-host: $(UNIT_HOST_TESTS)
	@for test in $^; do echo "$$test"; $$test || exit 1; done

# One archive: each test links what it needs of it.
$(UNIT_HOST_DIR)/host.a: $(UNIT_HOST_OBJ)
	@rm -f $@
	$(QUIET_LINK)$(AR) rcs $@ $^

$(UNIT_HOST_TESTS): $(UNIT_HOST_DIR)/%: $(UNIT_HOST_DIR)/tests/unit/host/%.o $(UNIT_HOST_DIR)/host.a
	$(QUIET_LINK)$(CC) $(UNIT_HOST_SANITIZE) -o $@ $^ -lcmocka $(HOST_LIBS)

$(UNIT_HOST_DIR)/%.o: %.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(UNIT_HOST_CFLAGS) -c -o $@ $<

$(UNIT_HOST_DIR)/host/spec/seccomp_profile.o: host/spec/seccomp_default.json

-include $(UNIT_HOST_OBJ:.o=.d) $(UNIT_HOST_TESTS:$(UNIT_HOST_DIR)/%=$(UNIT_HOST_DIR)/tests/unit/host/%.d)

# The host's side of the talk with a guest, against one that is played by the test.
GUEST_TESTS_HOST := $(patsubst tests/guest/%.c,$(UNIT_HOST_DIR)/guest/%,$(wildcard tests/guest/*_test.c))

.PHONY: guest-test
guest-test: $(GUEST_TESTS_HOST)
	@for test in $^; do $$test || exit 1; done

$(GUEST_TESTS_HOST): $(UNIT_HOST_DIR)/guest/%: $(UNIT_HOST_DIR)/tests/guest/%.o $(UNIT_HOST_DIR)/tests/guest/fake.o \
		$(UNIT_HOST_DIR)/host.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CC) $(UNIT_HOST_SANITIZE) -o $@ $^ -lcmocka $(HOST_LIBS)

-include $(wildcard $(UNIT_HOST_DIR)/tests/guest/*.d)
