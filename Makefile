# Strongroom: the build. Needs GNU make and a C11 compiler; `make deps` installs the rest on Debian.
#
#   make            the program and the library, in $(B)
#   make check      every test but the long ones; `make unit T=test_base_text` runs one unit program
#   make demo       the whole main job, narrated
#   make lint       what every commit must pass; `make format` rewrites files to the format, `make manual` the tables
#                   of the manual that the program prints
#   make cedar-conformance CASES='a.jsonl b.jsonl'   cases of the policy language; make cedar-differential: new ones,
#                   asked of Cedar's own engine; make cedar-validate: the default policies, and mistakes in them, by
#                   Cedar's own validator; make bench-policy
#   make bench-ledger   what the ledger must do, measured; 1 when it does not
#   make merkle-cases DIR=folder   cases of hash trees and whole logs in the form of transparency-dev's, counted by class
#   make age-kit DIR=folder   files of the age test kit, each with what came of it
#   make bagit-suite DIR=folder   bags whose folder says valid, invalid or warning, each with what was found
#   make corpus DIR=folder   every file of it, the whole way: sandbox, deposit, release, reading
#   make analyze    what two compilers' analysers find in it; heavy
#   make asan tsan valgrind fuzz cov bench     the same code, looked at in other ways; `make fuzz T=fuzz_base_text
#                   SECONDS_EACH=600` fuzzes one parser for ten minutes, `make seeds` makes its corpus anew
#
# A layer is a folder of vault/ (and policy/). Each is one archive; a test program test_LAYER_NAME.c links the archive
# of its own layer and of those below, so it builds whatever state the layers above are in. Tests link a second tree of
# objects ($(B)/t), compiled with -DSR_TESTING -DSR_FAULTS; nothing of it is installed.
#
# Variables: B (build folder), CC, CFLAGS_EXTRA, SAN (sanitizers), WERROR=0, STRICT=1 (a skipped test fails),
# DEPS=0 (install nothing), V=1 (show commands), PREFIX, DESTDIR, J (jobs of check), SECONDS_EACH (fuzz).

VERSION := 0.1.0
B ?= build
PREFIX ?= /usr/local
# Four more than there are cores: some tests wait for a clock, for a disk, or for another process.
J ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 4)
SECONDS_EACH ?= 60
T ?=
Q := $(if $(V),,@)

# --- layers, lowest first; the layers each may use -----------------------------------------------------------------

LIB_LAYERS := base policy crypto merkle store ledger catalogue board audit sandbox intake room core
# verify is a program of its own (strongroom-verify), no part of the library.
# parser is the program that runs in the sandbox: it links what takes hostile bytes apart, and nothing of a vault.
LAYERS := $(LIB_LAYERS) verify parser
BELOW_parser := base crypto sandbox
BELOW_verify := base crypto merkle
BELOW_base :=
BELOW_policy := base
BELOW_crypto := base
BELOW_merkle := base crypto
BELOW_store := base crypto merkle
BELOW_ledger := $(BELOW_store) store
BELOW_catalogue := $(BELOW_ledger) ledger
BELOW_board := $(BELOW_catalogue) catalogue policy
BELOW_audit := $(BELOW_board) board
BELOW_sandbox := base crypto
BELOW_intake := $(BELOW_board) board sandbox
BELOW_room := $(BELOW_board) board sandbox
BELOW_core := $(BELOW_board) board audit sandbox intake room

DIR_policy := policy
DIR_verify := verify
DIR_parser := parser
layer_dir = $(or $(DIR_$1),vault/$1)

LIBS_base := -lpthread
LIBS_policy := -lpthread
LIBS_crypto := -lsodium -lcrypto -lpthread
LIBS_merkle := $(LIBS_crypto)
LIBS_verify := $(LIBS_crypto)
LIBS_sandbox := -lseccomp $(LIBS_crypto)
LIBS_parser := -larchive -lmagic -lz -ljansson $(LIBS_sandbox)
LIBS_store := -lsqlite3 -lzstd -lz $(LIBS_crypto)
# libcurl and libmicrohttpd are loaded by the runs that need them (base/library.h).
LIBS_ledger := $(LIBS_store)
LIBS_catalogue := $(LIBS_ledger)
LIBS_board := $(LIBS_ledger)
LIBS_audit := $(LIBS_ledger)
LIBS_intake := -lseccomp $(LIBS_ledger)
LIBS_room := -lseccomp $(LIBS_ledger)
LIBS_core := -ljansson -lseccomp $(LIBS_ledger)
LIBS_cli := -lcsv $(LIBS_core)

# --- flags ----------------------------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wundef -Wvla -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
WERROR ?= $(if $(wildcard .git),1,0)
ifeq ($(WERROR),1)
WARN += -Werror
endif

# Each hardening flag is used if this compiler takes it without a word.
probe = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror -O2 $1 -x c -o /dev/null - 2>/dev/null && echo '$1')
HARDEN_WANTED := -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero
LINK_WANTED := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
ifeq ($(filter clean deps% format dist uninstall,$(MAKECMDGOALS)),)
HARDEN := $(foreach f,$(HARDEN_WANTED),$(call probe,$f))
LINK := $(foreach f,$(LINK_WANTED),$(call probe,$f))
FORTIFY := $(or $(call probe,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3),$(call probe,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
endif

OPT ?= -O2 -g
ifneq ($(SAN),)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SAN) $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=all)
FORTIFY :=
endif
ifeq ($(COV),1)
# Without optimisation gcc does not follow who sets what.
OPT := -O0 -g --coverage -Wno-maybe-uninitialized
FORTIFY :=
# Children that end by _exit tell what they ran.
COVDEFS := -DSR_COV
endif

CPPFLAGS_ALL := -Ivault -Iinclude -I. -D_GNU_SOURCE -DSR_VERSION='"$(VERSION)"' -include vault/base/banned.h
CFLAGS_ALL := -std=c11 $(OPT) $(WARN) $(FORTIFY) $(HARDEN) -fPIE -MMD -MP $(CFLAGS_EXTRA)
LDFLAGS_ALL := $(OPT) -pie $(LINK) -Wl,--as-needed $(LDFLAGS)
TESTDEFS := -DSR_TESTING -DSR_FAULTS $(COVDEFS)

# --- files ----------------------------------------------------------------------------------------------------------

VERIFY_MAIN := $(wildcard verify/main.c)
PARSER_MAIN := $(wildcard parser/main.c)
sources = $(filter-out $(VERIFY_MAIN) $(PARSER_MAIN),$(wildcard $(call layer_dir,$1)/*.c))
CLI_SRC := $(wildcard cli/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
BENCH_SRC := $(wildcard tests/bench/bench_*.c)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(B)/t/%)
REPLAY := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/t/%)
BENCH := $(BENCH_SRC:tests/bench/%.c=$(B)/%)
PROGRAM := $(if $(CLI_SRC),$(B)/strongroom)
PROGRAM_T := $(if $(CLI_SRC),$(B)/t/strongroom)
VERIFIER := $(if $(VERIFY_MAIN),$(B)/strongroom-verify)
VERIFIER_T := $(if $(VERIFY_MAIN),$(B)/t/strongroom-verify)
PARSER := $(if $(PARSER_MAIN),$(B)/strongroom-parse)
PARSER_T := $(if $(PARSER_MAIN),$(B)/t/strongroom-parse)
ALL_LIB_SRC := $(foreach l,$(LIB_LAYERS),$(call sources,$l))
MAN := $(wildcard man/*.[1-8])

.PHONY: all soak age-kit bagit-suite corpus merkle-cases cedar-conformance cedar-differential cedar-validate bench-policy bench-ledger bench-intake bench-parts unit check check-run replay demo bench asan tsan valgrind fuzz lint lint-run format cov install uninstall dist clean \
	objects tests deps deps-lint deps-valgrind deps-analyze deps-room deps-web deps-s3 FORCE
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

all: $(B)/libstrongroom.a $(PROGRAM) $(VERIFIER) $(PARSER)

# --- compiling ------------------------------------------------------------------------------------------------------

# Objects depend on the flags they were made with.
FLAGS_NOW := $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' >$@

$(B)/o/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC $@')
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CPPFLAGS) $(CFLAGS_ALL) $(CFLAGS) -c -o $@ $<

$(B)/t/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC $@')
	$(Q)$(CC) $(CPPFLAGS_ALL) $(TESTDEFS) $(CPPFLAGS) $(CFLAGS_ALL) $(CFLAGS) -c -o $@ $<

# The formats as plain text, for exported logs (the manual's source where mandoc is missing: it can be read, too).
$(B)/formats.txt: man/strongroom-formats.5
	@mkdir -p $(@D)
	@{ mandoc -T ascii -O width=100 $< 2>/dev/null || cat $<; } | sed 's/.\x08//g' >$@
$(B)/o/vault/ledger/export_carry.o $(B)/t/vault/ledger/export_carry.o: $(B)/formats.txt verify/reader.py
$(B)/o/vault/ledger/export_carry.o $(B)/t/vault/ledger/export_carry.o: private CPPFLAGS_ALL += \
	-DSR_FORMATS_TEXT='"$(B)/formats.txt"'

# Takes the schema and the default policies in as they are.
$(B)/o/vault/board/policy_default.o $(B)/t/vault/board/policy_default.o: policy/strongroom.cedarschema \
	$(wildcard policy/default/*.cedar)

# $1: archive, $2: objects. The list of members is remembered, so that a removed source leaves the archive too.
define archive_rule
$1: $2 $1.list
	@rm -f $$@
	$(Q)ar rcsD $$@ $2
$1.list: FORCE
	@mkdir -p $$(@D)
	@echo '$2' | cmp -s - $$@ || echo '$2' >$$@
endef
$(foreach l,$(LAYERS),$(eval $(call archive_rule,$(B)/lib$l.a,$(patsubst %.c,$(B)/o/%.o,$(call sources,$l)))))
$(foreach l,$(LAYERS),$(eval $(call archive_rule,$(B)/t/lib$l.a,$(patsubst %.c,$(B)/t/%.o,$(call sources,$l)))))
$(eval $(call archive_rule,$(B)/libstrongroom.a,$(patsubst %.c,$(B)/o/%.o,$(ALL_LIB_SRC))))
$(eval $(call archive_rule,$(B)/t/libstrongroom.a,$(patsubst %.c,$(B)/t/%.o,$(ALL_LIB_SRC))))

$(B)/strongroom: $(CLI_SRC:%.c=$(B)/o/%.o) $(B)/libstrongroom.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_cli)

$(B)/t/strongroom: $(CLI_SRC:%.c=$(B)/t/%.o) $(B)/t/libstrongroom.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_cli)

# What an outsider runs: links these three layers and nothing of the vault.
verify_libs = $(foreach l,verify merkle crypto base,$(B)/$1lib$l.a)
$(B)/strongroom-verify: $(VERIFY_MAIN:%.c=$(B)/o/%.o) $(call verify_libs,)
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_verify)
$(B)/t/strongroom-verify: $(VERIFY_MAIN:%.c=$(B)/t/%.o) $(call verify_libs,t/)
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_verify)

# What runs in the sandbox.
parser_libs = $(foreach l,parser sandbox crypto base,$(B)/$1lib$l.a)
$(B)/strongroom-parse: $(PARSER_MAIN:%.c=$(B)/o/%.o) $(call parser_libs,)
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -larchive -lmagic -ljansson -lcrypto -lz
$(B)/t/strongroom-parse: $(PARSER_MAIN:%.c=$(B)/t/%.o) $(call parser_libs,t/)
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -larchive -lmagic -ljansson -lcrypto -lz

# --- test, fuzz and bench programs; PREFIX_LAYER_NAME names the layer. cli tests link the whole library. --------------

layer_of = $(or $(filter $(LAYERS),$(word 2,$(subst _, ,$1))),core)
# A test of tests/unit/world.h (a vault with its people) needs all layers below core, and world.o.
WORLD := $(basename $(notdir $(shell grep -l '"world.h"' tests/unit/test_*.c 2>/dev/null)))
world = $(if $(filter $1,$(WORLD)),$(BELOW_room) room intake)
# And one that compares with the outsider's program links that, too.
VERIFYING := $(basename $(notdir $(shell grep -l '"verify/' tests/unit/test_*.c tests/fuzz/fuzz_*.c 2>/dev/null)))
verifying = $(if $(filter $1,$(VERIFYING)),verify)
archives = $(foreach l,$(sort $(call layer_of,$1) $(BELOW_$(call layer_of,$1)) $(call world,$1) $(call verifying,$1)),$(B)/$2lib$l.a)
group = -Wl,--start-group $(call archives,$1,$2) -Wl,--end-group $(LIBS_$(call layer_of,$1))

# One that lets calls of the project's own code fail, for memory or to SQLite, has them come through its own.
WRAPPING := $(basename $(notdir $(shell grep -l '__wrap_' tests/unit/test_*.c 2>/dev/null)))
unit_wrap = $(if $(filter $1,$(WRAPPING)),$(shell grep -o '__wrap_[a-z0-9_]*' tests/unit/$1.c | sort -u | sed 's/__wrap_/-Wl,--wrap=/'))

define unit_rule
$(B)/t/$1: $(B)/t/tests/unit/$1.o $(B)/t/tests/unit/util.o $(if $(call world,$1),$(B)/t/tests/unit/world.o) $(call archives,$1,t/)
	$(if $(Q),@echo '  LD $$@')
	$(Q)$$(CC) $$(LDFLAGS_ALL) $$(call unit_wrap,$1) -o $$@ $(B)/t/tests/unit/$1.o $(B)/t/tests/unit/util.o \
		$(if $(call world,$1),$(B)/t/tests/unit/world.o) $(call group,$1,t/) -lcmocka -ljansson -lz
endef
$(foreach t,$(notdir $(UNIT)),$(eval $(call unit_rule,$t)))

# What a program told the kernel, for the model of a power cut; and calls to it that fail: preloaded into any build.
$(B)/t/%.so: tests/faults/%.c
	$(if $(Q),@echo '  LD $@')
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -shared -fPIC -o $@ $< -ldl

# A parser that lies, for the tests of the sandbox, which also need the real one.
$(B)/t/fake-parser: $(B)/t/tests/unit/fake_parser.o $(B)/t/libsandbox.a $(B)/t/libbase.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^
$(B)/t/fake-hello: $(B)/t/tests/unit/fake_hello.o
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^
$(patsubst tests/unit/%.c,$(B)/t/%,$(wildcard tests/unit/test_sandbox_*.c tests/unit/test_intake_inspect.c tests/unit/test_intake_pages.c tests/unit/test_intake_about.c tests/unit/test_cli_usage.c)): | $(B)/t/fake-parser $(B)/t/fake-hello $(PARSER_T)

define replay_rule
$(B)/t/$1: $(B)/t/tests/fuzz/$1.o $(B)/t/tests/fuzz/replay.o $(call archives,$1,t/)
	$(if $(Q),@echo '  LD $$@')
	$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $(B)/t/tests/fuzz/$1.o $(B)/t/tests/fuzz/replay.o $(call group,$1,t/)
$(B)/t/fuzzer/$1: $(B)/t/tests/fuzz/$1.o $(call archives,$1,t/)
	@mkdir -p $$(@D)
	$(if $(Q),@echo '  LD $$@')
	$(Q)$$(CC) $$(LDFLAGS_ALL) -fsanitize=fuzzer -o $$@ $(B)/t/tests/fuzz/$1.o $(call group,$1,t/)
endef
$(foreach t,$(notdir $(REPLAY)),$(eval $(call replay_rule,$t)))

# One that is made of the unit tests' rig needs their helpers and the layer that the rig is of.
RIGGED := $(basename $(notdir $(shell grep -l 'unit/catalogue_' tests/bench/bench_*.c 2>/dev/null)))
DESKED := $(basename $(notdir $(shell grep -l 'unit/client_rig.h' tests/bench/bench_*.c 2>/dev/null)))
bench_as = $(if $(filter $1,$(RIGGED)),test_catalogue_rig,$1)
bench_more = $(if $(filter $1,$(RIGGED) $(DESKED)),$(B)/o/tests/unit/util.o) $(if $(filter $1,$(DESKED)),$(B)/o/tests/unit/world.o)
bench_wrap = $(if $(filter $1,$(DESKED)),-Wl$(comma)--wrap=fsync$(comma)--wrap=fdatasync$(comma)--wrap=syncfs)
comma := ,
define bench_rule
$(B)/$1: $(B)/o/tests/bench/$1.o $(call bench_more,$1) $(call archives,$(call bench_as,$1),)
	$(if $(Q),@echo '  LD $$@')
	$(Q)$$(CC) $$(LDFLAGS_ALL) $$(call bench_wrap,$1) -o $$@ $(B)/o/tests/bench/$1.o $(call bench_more,$1) $(call group,$(call bench_as,$1),) \
		$(if $(strip $(call bench_more,$1)),-lcmocka -ljansson -lz)
endef
$(foreach t,$(notdir $(BENCH)),$(eval $(call bench_rule,$t)))

# Runs files of Cedar conformance cases and counts them by class.
$(B)/cedar-conformance: $(B)/o/tests/conformance/cedar-conformance.o $(B)/libpolicy.a $(B)/libbase.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_policy)

# Runs folders of cases of RFC 6962 proofs and tlog-tiles logs and counts them by class.
$(B)/merkle-cases: $(B)/o/tests/conformance/merkle-cases.o $(B)/libmerkle.a $(B)/libcrypto.a $(B)/libbase.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_merkle) -ljansson

# Runs folders of files of the age test kit.
$(B)/age-kit: $(B)/o/tests/conformance/age-kit.o $(B)/libcrypto.a $(B)/libbase.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_crypto) -lz

# Judges folders of bags.
$(B)/bagit-suite: $(B)/o/tests/conformance/bagit-suite.o $(B)/libintake.a $(B)/libcrypto.a $(B)/libbase.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_crypto)

# The command's main steps aside for another program's.
%/main-aside.o: %/main.o
	@objcopy --redefine-sym main=strongroom_main $< $@
# Tests of cli/ have the command's objects, and say themselves what it is connected to (tests/unit/cli_rig.h).
VERBS_T := $(patsubst %/main.o,%/main-aside.o,$(CLI_SRC:%.c=$(B)/t/%.o))
define verbs_rule
$(B)/t/$1: $(VERBS_T)
$(B)/t/$1: private LDFLAGS_ALL += $(VERBS_T) -lcsv -Wl$(comma)--wrap=sr_transport_socket$(comma)--wrap=sr_client_open$(comma)--wrap=cli_open
endef
$(foreach t,$(filter test_cli_%,$(notdir $(UNIT))),$(eval $(call verbs_rule,$t)))

# Prints the tables of the manual out of the program (scripts/manual-check compares).
$(B)/tables: $(B)/o/scripts/tables.o $(patsubst %/main.o,%/main-aside.o,$(CLI_SRC:%.c=$(B)/o/%.o)) $(B)/libstrongroom.a
	$(if $(Q),@echo '  LD $@')
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_cli)

tests: $(UNIT) $(REPLAY) $(PROGRAM_T) $(VERIFIER_T) $(PARSER_T) $(B)/t/recorder.so $(B)/t/shim.so
objects: $(patsubst %.c,$(B)/o/%.o,$(ALL_LIB_SRC) $(wildcard verify/*.c parser/*.c)) $(CLI_SRC:%.c=$(B)/o/%.o) $(patsubst %.c,$(B)/t/%.o,$(wildcard tests/unit/*.c) \
	$(FUZZ_SRC) $(BENCH_SRC) $(wildcard tests/conformance/*.c))

# A build on its own uses J jobs; under a caller's -j it shares those.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(J))

# --- running ---------------------------------------------------------------------------------------------------------

CHECK_ENV = B='$(B)' J='$(J)' STRICT='$(STRICT)'

ifneq ($(T),)
unit: $(B)/t/$(T)
	@$(CHECK_ENV) scripts/check --show $(B)/t/$(T)
else
unit: $(UNIT)
	@$(CHECK_ENV) scripts/check $(sort $(UNIT))
endif

check:
	@scripts/deps core
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)' check-run

check-run: all tests
	@$(CHECK_ENV) scripts/check $(sort $(UNIT)) $(sort $(wildcard tests/cli/*.sh)) $(sort $(REPLAY))

demo:
	@scripts/deps core
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)' all
	@PATH="$(abspath $(B)):$$PATH" B='$(B)' scripts/demo

# Beside restic and borg; 1 when a goal is missed. On an idle machine with 8 GB free in memory and 15 GB on the disk of $(B),
# half an hour. PEERS=path/to/restic,... measures others than those of the PATH; BENCH_ARGS: `tests/bench/peers --help`.
bench:
	@scripts/deps bench
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)' all $(B)/bench_crypto_limit $(B)/bench_tree_limit $(B)/bench_core_deposit
	@B='$(B)' PEERS='$(PEERS)' tests/bench/peers --disk '$(B)' $(BENCH_ARGS)
# The parts alone, for whoever looks for where time goes.
bench-parts: $(BENCH)
	@for b in $(sort $(BENCH)); do echo "== $$b"; $$b || exit 1; done

# CASES: files of cases (default: all of $$SR_VECTORS/cedar that are in that form).
CASES ?= $(wildcard $(addprefix $(or $(SR_VECTORS),../shared/vectors)/cedar/,*.jsonl generated/*.jsonl \
	handwritten/tests/*/*.json))
cedar-conformance: $(B)/cedar-conformance
	@$(B)/cedar-conformance $(CASES)
# Needs node, npm and a network once: COUNT rounds of random policies and requests (7 cases each), from SEED on.
SEED ?= 1
COUNT ?= 20000
cedar-differential: $(B)/cedar-conformance
	@B='$(B)' tests/conformance/differential $(SEED) $(COUNT)
# The default policies by Cedar's own validator; COUNT mutants of them by it and by `policy lint`.
cedar-validate: $(B)/strongroom
	@B='$(B)' tests/conformance/validate $(SEED) $(COUNT)
# The ledger's goals, on this disk; 1 when one is missed. Needs a gigabyte under $(B) for a minute.
bench-ledger: $(B)/bench_ledger_goals $(B)/bench_ledger_replay
	@$(B)/bench_ledger_goals $(B)/bench-ledger.$$$$
	@$(B)/bench_ledger_replay 200000 50000

# A deposit of FILES small files with all that follows, beside the tools run bare; 1 when a goal is missed.
FILES ?= 10000
bench-intake: $(PROGRAM) $(PARSER) $(PROGRAM_T) $(PARSER_T)
	@B='$(B)' tests/bench/intake $(FILES)

# The policy engine's goals; 1 when one is missed.
bench-policy: $(B)/bench_policy_cedar
	@B='$(B)' tests/conformance/bench

# DIR: folders of published cases (default: those of $$SR_VECTORS). VKEY: key of a log that has none beside it.
vectors = $(or $(DIR),$(addprefix $(or $(SR_VECTORS),../shared/vectors)/,$1))
merkle-cases: $(B)/merkle-cases
	@VKEY='$(VKEY)' $(B)/merkle-cases $(call vectors,merkle tessera-log)
age-kit: $(B)/age-kit
	@$(B)/age-kit $(call vectors,age)
bagit-suite: $(B)/bagit-suite
	@$(B)/bagit-suite $(call vectors,bagit)
corpus: $(PROGRAM_T) $(PARSER_T)
	@B='$(B)' tests/conformance/corpus $(call vectors,zip-slip zip-bomb warc)

# What is too large for check: 45,000 files, 2 GiB, a kill or a fault at every place; needs 10 GB under $TMPDIR and two days.
# S='tests/soak/mixed.sh': some of it. What each takes from the environment (ACT, PLACES, ROUNDS, SOAK_S) stands in it.
S ?= $(sort $(wildcard tests/soak/*.sh))
soak: all tests
	@$(CHECK_ENV) LIMIT_S=172800 scripts/check --show $(S)

asan:
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)/asan' SAN=address,undefined check-run
# The programs in which threads meet; T='test_a test_b': others, T=all: every test.
THREADED := test_base_pool test_base_secret test_store_ingest test_store_reader test_store_scrub test_store_collect \
	test_crypto_piece test_crypto_tdh2 test_ledger_feed test_ledger_ledger test_ledger_poster test_ledger_witness \
	test_ledger_witnessd test_sandbox_box test_sandbox_scan test_audit_replay test_core_ahead test_core_server \
	test_core_races test_core_client_material test_core_client_house test_room_export
tsan:
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)/tsan' SAN=thread $(if $(filter all,$(T)),T= check-run,tsan-run)
.PHONY: tsan-run
tsan-run: $(addprefix $(B)/t/,$(or $(T),$(THREADED)))
	@$(CHECK_ENV) LIMIT_S=3600 scripts/check --show $^
# One line: the words go through scripts/check as they are.
# `possibly lost` is no error: SQLite's memory lies behind a size (store/db.c), so all of it that a forked child still holds
# when it ends looks so.
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
	--errors-for-leak-kinds=definite \
	--suppressions=tests/valgrind.supp
valgrind: deps-valgrind tests
	@$(CHECK_ENV) WRAP='$(VALGRIND)' LIMIT_S=3600 scripts/check $(sort $(UNIT)) $(sort $(REPLAY))

# libFuzzer, SECONDS_EACH seconds for each target (T=fuzz_base_text: only that one). The corpus is tests/fuzz/corpus/NAME
# (LAYER_NAME); what is found goes to $(B)/fuzz/found/NAME, an input that fails to $(B)/fuzz/found/NAME-crash-*. `make
# seeds` writes the inputs that the encoders themselves make into the corpus: after a change of format.
fuzz:
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)/fuzz' CC=clang SAN=address,undefined CFLAGS_EXTRA=-fsanitize=fuzzer-no-link fuzz-run
.PHONY: fuzz-run seeds
seeds: $(REPLAY)
	@for f in $^; do mkdir -p tests/fuzz/corpus/$${f##*/fuzz_}; $$f --seed tests/fuzz/corpus/$${f##*/fuzz_} || exit 1; done
fuzz-run: $(foreach t,$(or $(T),$(notdir $(REPLAY))),$(B)/t/fuzzer/$t)
	@if [ -w /dev/shm ]; then TMPDIR=$${TMPDIR:-/dev/shm}; export TMPDIR; fi; \
	for f in $^; do n=$${f##*/fuzz_}; mkdir -p $(B)/found/$$n; echo "== $$n"; \
		$$f -max_total_time=$(SECONDS_EACH) -artifact_prefix=$(B)/found/$$n- $(B)/found/$$n tests/fuzz/corpus/$$n || exit 1; done

cov:
	@rc=0; $(MAKE) --no-print-directory $(JOBS) B='$(B)/cov' COV=1 check-run || rc=$$?; \
		B='$(B)/cov' scripts/coverage || rc=$$?; exit $$rc

# --- looking at the source --------------------------------------------------------------------------------------------

C_FILES = $(wildcard vault/*/*.[ch] policy/*.[ch] verify/*.[ch] parser/*.[ch] cli/*.[ch] include/strongroom/*.h tests/unit/*.[ch] tests/fuzz/*.[ch] tests/bench/*.[ch] tests/conformance/*.c tests/faults/*.c \
	scripts/*.[ch])
LINT_FLAGS := $(CPPFLAGS_ALL) -std=c11 $(filter-out -Werror,$(WARN))

lint: deps-lint
	@$(MAKE) --no-print-directory B='$(B)' lint-run

# Both compilers first (a warning is an error; what gcc made, `check` uses, and clang only reads), then the readers.
# LINT_C=files narrows lint-tidy.
LINT_C ?= $(filter %.c,$(C_FILES))
# How many states of one function clang's analyser looks at. Its own bound (225,000) is the program's. A test is one long
# story of calls, which ends at any bound: at that one the tests took a third of all the time that the lint has.
TIDY_TESTS := -Xclang -analyzer-config -Xclang max-nodes=60000
SCRIPTS = $(shell grep -lE '^#!.*sh$$' $(wildcard scripts/* .ci/run tests/cli/* tests/conformance/* tests/soak/*.sh tests/bench/*.sh))
# gcc -fanalyzer and clang's analyser by scan-build over the library, a layer at a time and one process at a time: an hour
# of one core. LAYER=crypto: only that one. A finding is an error.
.PHONY: analyze analyze-layers
LAYER ?= $(LAYERS)
analyze: deps-analyze
	@for l in $(LAYER); do echo "== $$l: gcc"; \
		nice $(MAKE) --no-print-directory B='$(B)/analyze' CC=gcc WERROR=1 OPT='-O1 -g' FORTIFY= HARDEN= \
			CFLAGS_EXTRA='$(ANALYZER)' "$(B)/analyze/lib$$l.a" || exit 1; done
	@for l in $(LAYER); do echo "== $$l: clang"; \
		nice scan-build --use-cc=clang --status-bugs -o '$(B)/scan-build' \
			$(MAKE) --no-print-directory B='$(B)/scan' CC=clang OPT='-O1 -g' FORTIFY= HARDEN= \
			"$(B)/scan/lib$$l.a" || exit 1; done
# gcc 12 loses what is stored behind a pointer that another function was given, and then calls it a leak: all seven that it
# named in store, base and policy were none. Leaks are looked for by scan-build, and while the tests run by asan and valgrind.
ANALYZER := -fanalyzer -Wno-analyzer-malloc-leak
.PHONY: lint-compile lint-format lint-tidy lint-text lint-manual manual
lint-run:
	@$(MAKE) --no-print-directory B='$(B)' lint-compile
	@$(MAKE) --no-print-directory B='$(B)' lint-format lint-tidy lint-text lint-manual
	@echo 'lint: clean'
lint-compile:
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)' WERROR=1 CC=gcc objects
	@$(MAKE) --no-print-directory $(JOBS) B='$(B)/clang' WERROR=1 CC=clang CFLAGS_EXTRA=-fsyntax-only objects
lint-format:
	@clang-format --dry-run -Werror $(C_FILES)
	@scripts/layers
lint-tidy:
	@scripts/tidy $(TESTDEFS) $(LINT_FLAGS) -- $(filter-out tests/%,$(LINT_C))
	@scripts/tidy $(TESTDEFS) $(LINT_FLAGS) $(TIDY_TESTS) -- $(filter tests/%,$(LINT_C))
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j 2 \
		--suppressions-list=.cppcheck $(TESTDEFS) -D_GNU_SOURCE -DSR_VERSION='"$(VERSION)"' \
		-Ivault -Iinclude -I. $(LINT_C)
lint-text:
	@printf '%s\n' $(SCRIPTS) | xargs -P 2 -n 40 shellcheck -x
	$(if $(MAN),@mandoc -Tlint -Wwarning $(MAN))
	@scripts/parsers
	@scripts/secrets
	@for f in $$(grep -oE '`tests/[A-Za-z0-9_./-]+`' SECURITY.md | tr -d '`' | sort -u); do \
		[ -e "$$f" ] || { echo "SECURITY.md names $$f, which is not there" >&2; exit 1; }; done
# The parts of the manual that are tables of the program: compared, or (make manual) written anew.
lint-manual: $(B)/tables
	@B='$(B)' scripts/manual-check
manual: $(B)/tables
	@B='$(B)' scripts/manual-check --write

format:
	clang-format -i $(C_FILES)

# --- installing -------------------------------------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/strongroom
	$(if $(PROGRAM),install -m 755 $(PROGRAM) $(VERIFIER) $(DESTDIR)$(PREFIX)/bin/)
	$(if $(PARSER),install -D -m 755 $(PARSER) $(DESTDIR)$(PREFIX)/libexec/strongroom/strongroom-parse)
	install -m 644 $(B)/libstrongroom.a $(DESTDIR)$(PREFIX)/lib/
	$(if $(wildcard include/strongroom/*.h),install -m 644 $(wildcard include/strongroom/*.h) $(DESTDIR)$(PREFIX)/include/strongroom/)
	install -d $(DESTDIR)$(PREFIX)/include/strongroom/base
	install -m 644 vault/base/err.h vault/base/bytes.h $(DESTDIR)$(PREFIX)/include/strongroom/base/
	$(foreach m,$(MAN),install -D -m 644 $m $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $m))/$(notdir $m);)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/strongroom $(DESTDIR)$(PREFIX)/bin/strongroom-verify $(DESTDIR)$(PREFIX)/lib/libstrongroom.a
	rm -rf $(DESTDIR)$(PREFIX)/include/strongroom $(DESTDIR)$(PREFIX)/libexec/strongroom
	$(foreach m,$(MAN),rm -f $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $m))/$(notdir $m);)

dist:
	@mkdir -p $(B)
	git archive --format=tar --prefix=strongroom-$(VERSION)/ HEAD | gzip -9n >$(B)/strongroom-$(VERSION).tar.gz
	@ls -l $(B)/strongroom-$(VERSION).tar.gz

clean:
	rm -rf $(B)

deps:
	@scripts/deps core
deps-lint deps-valgrind deps-analyze deps-room deps-web deps-s3: deps-%:
	@scripts/deps $*

include $(shell find $(B)/o $(B)/t -name '*.d' 2>/dev/null)
