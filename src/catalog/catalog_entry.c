/*
 * Compiling happens in the entry's own arena, so that an entry that is kept is one block
 * of memory, and one that is not is gone. A document may be small and yet need much room
 * when it is read; the arena's limit then ends the reading by a jump, and the document
 * has one more fault.
 */
#include <setjmp.h>

#include "base/mem.h"
#include "catalog/catalog_state.h"

enum { CHUNK_BYTES = 16 * 1024, COMPILED_BYTES_MAX = 128 << 20 };

struct reading {
    struct binder *binder;
    struct integration *(*read)(struct reading *reading);
    str text;
    const struct integration *base;     /* of an override's entry */
    const struct override_texts *texts; /* the same */
    jmp_buf out;
};

static _Thread_local struct reading *reading_now;

static void on_full(struct arena *arena)
{
    CHECK(reading_now && reading_now->binder->arena == arena);
    longjmp(reading_now->out, 1);
}

struct entry *entry_ref(struct entry *entry)
{
    atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);
    return entry;
}

void entry_unref(struct entry **entry)
{
    struct entry *gone = *entry;
    *entry = NULL;
    if (atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) > 1)
        return;
    arena_fini(&gone->arena);
    if (gone->base)
        entry_unref(&gone->base);
    if (gone->bound)
        entry_unref(&gone->bound);
    mem_free(gone);
}

static struct integration *read_document(struct reading *reading)
{
    return integration_read(reading->binder,
                            arena_str(reading->binder->arena, reading->text));
}

static struct integration *read_overridden(struct reading *reading)
{
    struct binder *binder = reading->binder;
    struct overrides overrides = {0};
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        if (!str_absent(reading->texts->of[tier]) &&
            !override_read(binder, reading->base,
                           arena_str(binder->arena, reading->texts->of[tier]),
                           (enum mapping_tier)tier, &overrides.of[tier]))
            return NULL;
    return override_apply(binder, reading->base, &overrides);
}

/* False when it does not fit into the arena. */
static bool read_within(struct reading *reading, struct integration **ret_integration)
{
    reading_now = reading;
    bool fits = setjmp(reading->out) == 0;
    if (fits)
        *ret_integration = reading->read(reading);
    reading_now = NULL;
    return fits;
}

static void check_name(struct binder *binder, const struct integration *integration,
                       str name)
{
    if (!str_absent(name) && !str_eq(integration->name, name))
        bind_fault_at(binder, STR("name"),
                      "is \"" STR_F "\", but the document belongs to \"" STR_F
                      "\" by its folder or address; name both alike.",
                      STR_A(integration->name), STR_A(name));
}

struct faults_out {
    str file;
    struct arena *arena;
    struct catalog_fault **ret_faults;
    uint32_t *ret_n;
};

static void copy_faults(const struct binder *binder, struct faults_out out)
{
    struct catalog_fault *faults =
        arena_array(out.arena, BIND_FAULTS_MAX, sizeof(*faults));
    uint32_t n = 0;
    str name = arena_str(out.arena, out.file);
    for (const struct bind_fault *fault = binder->first; fault; fault = fault->next)
        faults[n++] = (struct catalog_fault){name, arena_str(out.arena, fault->pointer),
                                             arena_str(out.arena, fault->text)};
    *out.ret_faults = faults;
    *out.ret_n = n;
}

static struct entry *entry_create(struct binder *binder)
{
    struct entry *entry = mem_zalloc(sizeof(*entry));
    atomic_init(&entry->refs, 1);
    arena_init(&entry->arena, CHUNK_BYTES, COMPILED_BYTES_MAX);
    entry->arena.on_full = on_full;
    bind_init(binder, &entry->arena);
    return entry;
}

/* NULL, with the faults of the binder, or the one that it did not fit. */
static struct entry *give_up(struct entry *entry, const struct binder *binder, bool fits,
                             struct faults_out out)
{
    static const struct bind_fault large = {
        .pointer = STR(""),
        .text = STR("needs too much room when it is read; make it smaller.")};
    struct bind_fault fault = large;
    copy_faults(fits ? binder : &(struct binder){.first = &fault}, out);
    entry_unref(&entry);
    return NULL;
}

struct entry *entry_compile(str text, str name, str file, struct arena *arena,
                            struct catalog_fault **ret_faults, uint32_t *ret_n)
{
    struct binder binder;
    struct entry *entry = entry_create(&binder);
    struct reading reading = {.binder = &binder, .read = read_document, .text = text};
    bool fits = read_within(&reading, &entry->integration);
    if (fits && entry->integration)
        check_name(&binder, entry->integration, name);
    if (fits && binder.fault_n == 0)
        return entry;
    return give_up(entry, &binder, fits,
                   (struct faults_out){file, arena, ret_faults, ret_n});
}

struct entry *entry_override(struct entry *base, const struct override_texts *texts,
                             struct arena *arena, struct catalog_fault **ret_faults,
                             uint32_t *ret_n)
{
    struct binder binder;
    struct entry *entry = entry_create(&binder);
    struct reading reading = {.binder = &binder,
                              .read = read_overridden,
                              .base = base->integration,
                              .texts = texts};
    bool fits = read_within(&reading, &entry->integration);
    if (fits && entry->integration && binder.fault_n == 0) {
        entry->base = entry_ref(base);
        return entry;
    }
    return give_up(
        entry, &binder, fits,
        (struct faults_out){base->integration->name, arena, ret_faults, ret_n});
}

struct entry *entry_bound(struct entry *older, struct entry *active)
{
    struct binder binder;
    struct entry *entry = entry_create(&binder);
    older = older->bound ? older->base : older;
    entry->integration = arena_alloc(&entry->arena, sizeof(*entry->integration));
    *entry->integration = *older->integration;
    entry->integration->bound = active->integration;
    entry->base = entry_ref(older);
    entry->bound = entry_ref(active);
    return entry;
}
