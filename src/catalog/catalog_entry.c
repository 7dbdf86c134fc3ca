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
    struct arena *arena;
    jmp_buf out;
};

static _Thread_local struct reading *reading_now;

static void on_full(struct arena *arena)
{
    CHECK(reading_now && reading_now->arena == arena);
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
    mem_free(gone);
}

/* False when the document does not fit into the arena. */
static bool read_within(struct reading *reading, struct binder *binder, str text,
                        struct integration **ret_integration)
{
    reading->arena = binder->arena;
    reading_now = reading;
    bool fits = setjmp(reading->out) == 0;
    if (fits)
        *ret_integration = integration_read(binder, arena_str(binder->arena, text));
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

static void copy_faults(const struct binder *binder, str file, struct arena *arena,
                        struct catalog_fault **ret_faults, uint32_t *ret_n)
{
    struct catalog_fault *faults = arena_array(arena, BIND_FAULTS_MAX, sizeof(*faults));
    uint32_t n = 0;
    str name = arena_str(arena, file);
    for (const struct bind_fault *fault = binder->first; fault; fault = fault->next)
        faults[n++] = (struct catalog_fault){name, arena_str(arena, fault->pointer),
                                             arena_str(arena, fault->text)};
    *ret_faults = faults;
    *ret_n = n;
}

struct entry *entry_compile(str text, str name, str file, struct arena *arena,
                            struct catalog_fault **ret_faults, uint32_t *ret_n)
{
    struct reading reading;
    struct binder binder;
    struct entry *entry = mem_zalloc(sizeof(*entry));
    atomic_init(&entry->refs, 1);
    arena_init(&entry->arena, CHUNK_BYTES, COMPILED_BYTES_MAX);
    entry->arena.on_full = on_full;
    bind_init(&binder, &entry->arena);
    bool fits = read_within(&reading, &binder, text, &entry->integration);
    if (fits && entry->integration)
        check_name(&binder, entry->integration, name);
    if (fits && binder.fault_n == 0)
        return entry;
    if (fits) {
        copy_faults(&binder, file, arena, ret_faults, ret_n);
    } else {
        static const struct bind_fault large = {
            .pointer = STR(""),
            .text = STR("needs too much room when it is read; make it "
                        "smaller.")};
        struct bind_fault fault = large;
        copy_faults(&(struct binder){.first = &fault}, file, arena, ret_faults, ret_n);
    }
    entry_unref(&entry);
    return NULL;
}
