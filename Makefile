# Breakwater. `make` builds build/breakwater; `make help` lists the rest.
#
# Every variant has a tree of its own, build/VARIANT: release, asan, tsan, fuzz, debug.

VARIANT ?= release
ifeq ($(origin CC),default)
CC = gcc
endif
BUILD = build/$(VARIANT)

# V=1 shows the commands.
ifeq ($(V),1)
quiet =
say = @:
else
quiet = @
say = @echo
endif

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
           -Wmissing-prototypes -Wvla -Wswitch-enum -Werror
BASE_FLAGS = -std=c17 -D_GNU_SOURCE -Isrc -g -fno-omit-frame-pointer \
             -fstack-protector-strong -fPIE -MMD -MP $(WARNINGS)
LIBS = -lyaml -luv -lhttp_parser -lcurl -lssl -lcrypto -lsqlite3 -lcares -lpcre2-8 -lz -lzstd -lpthread -lm
LINK_FLAGS = -pie -Wl,-z,relro,-z,now

ifeq ($(VARIANT),release)
VARIANT_FLAGS = -O2 -flto=auto -D_FORTIFY_SOURCE=2
LINK_FLAGS += -O2 -flto=auto
AR = gcc-ar
else ifeq ($(VARIANT),debug)
VARIANT_FLAGS = -O0 -DBREAKWATER_CRASH_POINTS
else ifeq ($(VARIANT),asan)
VARIANT_FLAGS = -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
                -DBREAKWATER_CRASH_POINTS
LINK_FLAGS += -fsanitize=address,undefined
else ifeq ($(VARIANT),tsan)
VARIANT_FLAGS = -O1 -fsanitize=thread
LINK_FLAGS += -fsanitize=thread
else ifeq ($(VARIANT),fuzz)
CC = clang
VARIANT_FLAGS = -O1 -fsanitize=fuzzer-no-link,address,undefined \
                -fno-sanitize-recover=all -DBREAKWATER_FUZZ
LINK_FLAGS += -fsanitize=address,undefined
endif
ALL_FLAGS = $(BASE_FLAGS) $(VARIANT_FLAGS) $(CFLAGS)

SOURCES = $(filter-out src/main/main.c,$(wildcard src/*/*.c))
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/models.o
MODELS = $(sort $(wildcard models/*/*.json))
SUPPORT = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
UNITS = $(notdir $(patsubst %/,%,$(wildcard tests/unit/*/)))
CONTRACTS = $(notdir $(patsubst %/,%,$(wildcard tests/contract/*/)))
FUZZERS = $(notdir $(basename $(wildcard tests/fuzz/fuzz_*.c)))

# build/breakwater is the release one; other variants stay in their trees.
.PHONY: all
ifeq ($(VARIANT),release)
all: build/breakwater
else
all: $(BUILD)/breakwater
endif

build/breakwater: build/release/breakwater
	@mkdir -p build
	@cp -f $< $@.new && mv -f $@.new $@

$(BUILD)/breakwater: $(BUILD)/src/main/main.o $(BUILD)/libbreakwater.a
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libbreakwater.a: $(OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

# The unified models are built in.
$(BUILD)/models.c: $(MODELS) tools/embed-models
	@mkdir -p $(dir $@)
	$(say) "  embed models"
	$(quiet)tools/embed-models $(MODELS) >$@.new && mv -f $@.new $@
$(BUILD)/models.o: $(BUILD)/models.c
	$(quiet)$(CC) $(ALL_FLAGS) -c -o $@ $<

$(BUILD)/tests/%.o: BASE_FLAGS += -Itests -I.
$(BUILD)/%.o: %.c
	@mkdir -p $(dir $@)
	$(say) "  cc    $<"
	$(quiet)$(CC) $(ALL_FLAGS) -c -o $@ $<

# One test program a folder of tests/unit and tests/contract.
define test_program
$(BUILD)/$(1)/$(2): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/$(1)/$(2)/*.c)) \
    $(SUPPORT) $(BUILD)/libbreakwater.a
	@mkdir -p $$(dir $$@)
	$$(say) "  link  $$@"
	$$(quiet)$$(CC) $$(LINK_FLAGS) -o $$@ $$^ $$(LIBS) -lcmocka
endef
$(foreach name,$(UNITS),$(eval $(call test_program,unit,$(name))))
$(foreach name,$(CONTRACTS),$(eval $(call test_program,contract,$(name))))

$(addprefix $(BUILD)/fuzz/,$(FUZZERS)): $(BUILD)/fuzz/%: \
    $(BUILD)/tests/fuzz/%.o $(BUILD)/libbreakwater.a
	@mkdir -p $(dir $@)
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# The same targets over their corpora, without a fuzzer.
$(addprefix $(BUILD)/corpus/,$(FUZZERS)): $(BUILD)/corpus/%: \
    $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay/replay.o $(BUILD)/libbreakwater.a
	@mkdir -p $(dir $@)
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS)

# What the scripts of tests/differential compare with the original.
DIFFERENTIALS = $(notdir $(basename $(wildcard tests/differential/*_runner.c)))
$(addprefix $(BUILD)/differential/,$(DIFFERENTIALS)): $(BUILD)/differential/%: \
    $(BUILD)/tests/differential/%.o $(BUILD)/libbreakwater.a
	@mkdir -p $(dir $@)
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS)

# What the scripts of bench run; tools/packages has what these need beside, as `bench`.
BENCHES = json_runner jsonata_runner journal_runner keeper_runner hook_load jansson_runner simdjson_runner
$(BUILD)/bench/%.o: BASE_FLAGS += -I.
$(addprefix $(BUILD)/bench/,json_runner jsonata_runner journal_runner): $(BUILD)/bench/%: \
    $(BUILD)/bench/%.o $(BUILD)/libbreakwater.a
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS)
$(BUILD)/bench/keeper_runner: $(BUILD)/bench/keeper_runner.o \
    $(BUILD)/tests/support/false_world.o $(BUILD)/libbreakwater.a
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS)
$(BUILD)/bench/hook_load: $(BUILD)/bench/hook_load.o
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -o $@ $^ -lcrypto
$(BUILD)/bench/jansson_runner: $(BUILD)/bench/jansson_runner.o
	$(say) "  link  $@"
	$(quiet)$(CC) $(LINK_FLAGS) -o $@ $^ -ljansson
$(BUILD)/bench/simdjson_runner: bench/simdjson_runner.cc bench/clock.h
	@mkdir -p $(dir $@)
	$(say) "  c++   $@"
	$(quiet)$(CXX) -std=c++17 -O2 -DNDEBUG -I. -o $@ $< -lsimdjson
.PHONY: benches
benches: $(addprefix $(BUILD)/bench/,$(BENCHES)) $(BUILD)/differential/schema_runner

.PHONY: units
units: $(addprefix $(BUILD)/corpus/,$(FUZZERS))
units: $(addprefix $(BUILD)/differential/,$(DIFFERENTIALS))
units: $(addprefix $(BUILD)/unit/,$(UNITS)) $(addprefix $(BUILD)/contract/,$(CONTRACTS))

.PHONY: fuzzers
fuzzers: $(addprefix $(BUILD)/fuzz/,$(FUZZERS))

# What a fresh machine lacks: Debian packages, then npm packages for the end-to-end tests.
.PHONY: deps test-deps
deps:
	@tools/install-packages build use
test-deps:
	@tools/install-packages build use test
	@tools/install-npm

.PHONY: demo
demo: deps
	@$(MAKE) --no-print-directory -j2 all
	@build/breakwater demo

.PHONY: test
test: test-deps
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory -j2 VARIANT=asan all-asan
	@tools/run-tests

# The same program with sanitizers, and its unit tests.
.PHONY: all-asan asan tsan
all-asan: $(BUILD)/breakwater units
asan: test-deps
	@$(MAKE) --no-print-directory -j2 VARIANT=asan all-asan
	@tools/run-tests unit contract
tsan: test-deps
	@$(MAKE) --no-print-directory -j2 VARIANT=tsan all-asan
	@VARIANT=tsan tools/run-tests unit contract

# FUZZ_SECONDS for each target; findings stay in build/fuzz-findings.
FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: test-deps
	@$(MAKE) --no-print-directory -j2 VARIANT=fuzz fuzzers
	@tools/run-fuzz $(FUZZ_SECONDS)

# Calls for SOAK_SECONDS on tokens that live for five (tests/e2e/soak.mjs).
SOAK_SECONDS ?= 180
.PHONY: soak
soak: test-deps
	@$(MAKE) --no-print-directory -j2 all
	@SOAK_SECONDS=$(SOAK_SECONDS) tests/e2e/run soak.mjs

.PHONY: tidy
tidy:
	@tools/tidy

.PHONY: bench
bench: test-deps
	@bench/run

PREFIX ?= /usr/local
.PHONY: install
install: all
	install -D -m 755 build/breakwater $(DESTDIR)$(PREFIX)/bin/breakwater
	install -d $(DESTDIR)$(PREFIX)/share/breakwater/integrations
	cp -R integrations/. $(DESTDIR)$(PREFIX)/share/breakwater/integrations/
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	build/breakwater man > $(DESTDIR)$(PREFIX)/share/man/man1/breakwater.1
	build/breakwater completion > \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/breakwater

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@echo "make            build/breakwater"
	@echo "make demo       install what is missing, build, show it at work"
	@echo "make test       install what is missing, build, run every test"
	@echo "make asan tsan  unit and contract tests under the sanitizers"
	@echo "make fuzz       every fuzz target for FUZZ_SECONDS=60"
	@echo "make soak       tokens of five seconds under calls for SOAK_SECONDS=180"
	@echo "make tidy       the rules of docs/style.md that a program can check"
	@echo "make bench      the figures of bench/README.md"
	@echo "make install    into PREFIX=/usr/local (DESTDIR is honoured)"

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
