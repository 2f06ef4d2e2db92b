# vmc: a container's workload in a virtual machine of its own.
#
#   make            build/vmc
#   make guest      the guest image (kernel, initramfs) of GUEST_ARCH (this machine's), through
#                   the breeder
#   make demo       everything from a fresh checkout to a command in a VM; KERNEL=distro: with
#                   Debian's kernel, so that none is compiled
#   make test       everything the suite needs, then the part of it that tests/matrix lists
#   make test-full  the whole suite, as every user, on every backend; ARCH=arm64: with such a guest
#   make test-kvm   the tests that differ under KVM, in a machine that has it, even if this one does not
#   make bench      paired timings against peers, as ratios; SUITE=stream: of standard output and
#                   input; SUITE=scale: of many containers at once
#   make bench-files  the cost of file access in a guest, by transport
#   make lint-rooms  the includes of each room, against scripts/rooms
#   make lint-words  headers, messages and documents, against scripts/words
#   make lint       these, formatting, clang-tidy, cppcheck, shellcheck
#   make docs       build/vmc.1 and build/vmc.bash, from the option table
#   make install    installs the build, to DESTDIR and PREFIX (or prefix, bindir, libdir, ...)
#   make uninstall  removes what 'make install' installed with the same variables
#   make deb        Debian packages in build/deb: vmc, and one for each bred guest image

BUILD ?= build
# Lists of files are words to make.
ifneq ($(words $(CURDIR) $(BUILD)),2)
$(error the checkout '$(CURDIR)' and BUILD '$(BUILD)' must have no space in their names: make cannot tell files apart by them)
endif
# One name for each file, whoever calls: dependencies are recorded under it.
override BUILD := $(abspath $(BUILD))
GUEST_ARCH ?=
VERSION := 0.1.0

CC ?= gcc
CLANG ?= clang
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla -Wformat=2 -Wimplicit-fallthrough \
	-Wundef -Wcast-align -Wnull-dereference -Wduplicated-cond -Wlogical-op
HARDENING := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
CFLAGS ?= -O2 -g
BASE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -DVMC_VERSION='"$(VERSION)"' \
	-ffile-prefix-map=$(CURDIR)=. $(WARNINGS) -MMD -MP
# Only headers: the library is loaded when it is needed, host/backend/libvirt/api.h.
LIBXML_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags libxml-2.0))
HOST_CFLAGS := $(BASE_CFLAGS) $(LIBXML_CFLAGS) $(HARDENING) -fPIE $(CFLAGS)
HOST_LDFLAGS := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
HOST_LIBS := -ljson-c -lseccomp -lcap -lxxhash -lm

# The agent is static: it is the guest's whole user space. For an architecture other than this
# machine's the breeder gives the cross compiler's prefix and a directory with libraries.
BREEDER_ARCH := $(shell breeder/breeder arch $(addprefix --arch=,$(GUEST_ARCH)))
GUEST_ARCH := $(firstword $(BREEDER_ARCH))
GUEST_CROSS := $(word 2,$(BREEDER_ARCH))
GUEST_LIBRARIES ?=
GUEST_CC := $(GUEST_CROSS)gcc
GUEST_DIR := $(BUILD)/guest/$(GUEST_ARCH)
# 64-bit time, even if the C library has a choice. Not -Os: it copies byte by byte (`rep movsb` on
# x86), which an emulated processor does one at a time, and saves 12 kB.
AGENT_CFLAGS := $(BASE_CFLAGS) $(HARDENING) -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -O2 \
	-ffunction-sections -fdata-sections \
	$(if $(GUEST_LIBRARIES),-isystem $(GUEST_LIBRARIES)/usr/include)
AGENT_LDFLAGS := -static -s -Wl,--gc-sections \
	$(addprefix -L,$(if $(GUEST_LIBRARIES),$(wildcard $(GUEST_LIBRARIES)/usr/lib/*-linux-*)))
AGENT_LIBS := -ljson-c

COMMON_SRC := $(wildcard common/*.c)
HOST_SRC := $(wildcard host/*.c host/*/*.c host/*/*/*.c)
AGENT_SRC := $(wildcard guest-agent/*.c guest-agent/*/*.c)
COMMON_OBJ := $(COMMON_SRC:%.c=$(BUILD)/obj/%.o)
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/obj/%.o)
AGENT_OBJ := $(COMMON_SRC:%.c=$(BUILD)/obj-$(GUEST_ARCH)/%.o) \
	$(AGENT_SRC:%.c=$(BUILD)/obj-$(GUEST_ARCH)/%.o)

# Installation directories: the names of the GNU coding standards. vmc finds its guest images in
# lib/ beside its own directory.
DESTDIR ?=
PREFIX ?= /usr/local
prefix = $(PREFIX)
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libdir = $(exec_prefix)/lib
datarootdir = $(prefix)/share
datadir = $(datarootdir)
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/vmc
bashcompletiondir = $(datadir)/bash-completion/completions

# A line for every file; V=1 shows the commands.
ifeq ($(V),)
QUIET_CC = @echo "  CC    $<";
QUIET_LINK = @echo "  LINK  $@";
endif

.PHONY: all agent guest demo test test-full test-kvm bench bench-files lint lint-rooms lint-words docs install uninstall deb clean
all: $(BUILD)/vmc

$(BUILD)/vmc: $(HOST_OBJ) $(COMMON_OBJ)
	$(QUIET_LINK)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(HOST_LIBS)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(HOST_CFLAGS) -c -o $@ $<

# The object contains the default profile.
$(BUILD)/obj/host/spec/seccomp_profile.o: host/spec/seccomp_default.json

agent: $(GUEST_DIR)/vmc-agent
$(GUEST_DIR)/vmc-agent: $(AGENT_OBJ)
	@mkdir -p $(@D)
	$(QUIET_LINK)$(GUEST_CC) $(AGENT_LDFLAGS) -o $@ $^ $(AGENT_LIBS)

$(BUILD)/obj-$(GUEST_ARCH)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(QUIET_CC)$(GUEST_CC) $(AGENT_CFLAGS) -c -o $@ $<

guest:
	breeder/breeder build --arch $(GUEST_ARCH) --out $(BUILD)

docs: $(BUILD)/vmc.1 $(BUILD)/vmc.bash
$(BUILD)/vmc.1: $(BUILD)/vmc
	@command -v scdoc >/dev/null || { echo "make: no scdoc here, for the manual: scripts/install-deps build" >&2; exit 125; }
	$(BUILD)/vmc manual | scdoc > $@.new && mv $@.new $@
$(BUILD)/vmc.bash: $(BUILD)/vmc
	$(BUILD)/vmc completion bash > $@.new && mv $@.new $@

INSTALLATION = BUILD='$(BUILD)' DESTDIR='$(DESTDIR)' bindir='$(bindir)' libdir='$(libdir)' \
	mandir='$(mandir)' docdir='$(docdir)' bashcompletiondir='$(bashcompletiondir)'
install: all docs
	$(INSTALLATION) scripts/installation install
uninstall:
	$(INSTALLATION) scripts/installation remove

deb: all
	BUILD='$(BUILD)' VERSION='$(VERSION)' scripts/deb

clean:
	rm -rf $(BUILD)

-include tests/tests.mk

-include $(HOST_OBJ:.o=.d) $(COMMON_OBJ:.o=.d) $(AGENT_OBJ:.o=.d)
