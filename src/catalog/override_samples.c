/*
 * Samples are the recorded records in an integration's folder (docs/models.md). An
 * override fits when each record that the document's own mapping takes is still taken,
 * and is still a good one of its model, with the override laid over it.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "catalog/catalog_state.h"
#include "json/json_parse.h"
#include "jsonata/jsonata.h"
#include "loop/world.h"
#include "unified/model.h"

enum { SAMPLE_BYTES_MAX = 4 << 20, SAMPLES_MAX = 200, RUN_CHUNK_BYTES = 64 * 1024 };

/* Of one resource. */
struct sample_set {
    struct sample_set *next;
    str category;
    str resource;
    const struct json *records; /* NULL: none */
};

const struct models *catalog_models(struct catalog *catalog)
{
    if (!catalog->models)
        catalog->models = models_create();
    return catalog->models;
}

/* --- reading --- */

static bool read_whole(struct arena *arena, const char *path, str *ret_text)
{
    struct stat stat;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
                stat.st_size <= SAMPLE_BYTES_MAX;
    if (good) {
        char *text = arena_bytes(arena, (size_t)stat.st_size);
        ssize_t n = read(fd, text, (size_t)stat.st_size);
        good = n == stat.st_size;
        *ret_text = str_of(text, good ? (size_t)n : 0);
    }
    if (fd >= 0)
        close(fd);
    return good;
}

static const struct json *read_records(const struct overlay_work *work, str category,
                                       str resource)
{
    struct arena *arena = work->arena;
    struct json *file = arena_alloc(arena, sizeof(*file));
    const char *folder = work->catalog->folder;
    str text;
    if (!folder)
        return NULL;
    const char *path = arena_z(
        arena, arena_printf(arena, "%s/" STR_F "/fixtures/" STR_F "." STR_F ".json",
                            folder, STR_A(work->base->integration->name), STR_A(category),
                            STR_A(resource)));
    if (!read_whole(arena, path, &text) || !json_parse(arena, text, NULL, file, NULL))
        return NULL;
    const struct json *records = json_member(file, STR("records"));
    return records && json_is(records, JSON_ARRAY) && records->n ? records : NULL;
}

const struct json *overlay_samples(struct overlay_work *work, str category, str resource)
{
    struct sample_set *set = work->samples;
    while (set && !(str_eq(set->category, category) && str_eq(set->resource, resource)))
        set = set->next;
    if (!set) {
        set = arena_alloc(work->arena, sizeof(*set));
        *set = (struct sample_set){work->samples, category, resource,
                                   read_records(work, category, resource)};
        work->samples = set;
    }
    return set->records;
}

/* --- running --- */

const struct mapping_step *sample_step(const struct mapping *mapping,
                                       const struct json *sample)
{
    enum mapping_operation operation = MAPPING_LIST;
    str name = json_member_text(sample, STR("operation"));
    if (!str_absent(name) && !mapping_operation_of(name, &operation))
        return NULL;
    if (str_absent(name) && !mapping->steps[MAPPING_LIST])
        operation = MAPPING_GET;
    return mapping->steps[operation];
}

struct mapping_scene sample_scene(const struct catalog *catalog,
                                  const struct json *sample)
{
    static const struct json nothing = {.type = JSON_OBJECT};
    const struct json *request = json_member(sample, STR("request"));
    const struct json *response = json_member(sample, STR("response"));
    return (struct mapping_scene){.request = request ? *request : nothing,
                                  .response = response ? *response : (struct json){0},
                                  .now_ms =
                                      (double)(world_wall(catalog->world) / USEC_MS)};
}

struct trial {
    const struct catalog *catalog;
    const struct model *model;
    const struct mapping *base;
    const struct mapping *laid;
    struct arena *arena; /* of one sample */
};

/* Whether a mapping makes a good record of it, or none by its own will. */
static bool makes_good(const struct trial *trial, const struct mapping_step *step,
                       const struct json *sample, str *ret_why)
{
    struct mapping_scene scene = sample_scene(trial->catalog, sample);
    const struct json *record = json_member(sample, STR("record"));
    struct mapping_fault fault;
    struct json made;
    switch (mapping_response(step, record, &scene, trial->arena, &made, &fault)) {
    case MAPPING_LEFT_OUT:
        return true;
    case MAPPING_FAULTED:
        *ret_why = arena_printf(trial->arena, STR_F " (" STR_F ")", STR_A(fault.text),
                                STR_A(fault.code));
        return false;
    case MAPPING_MADE:
        break;
    }
    return model_check(trial->model->record, &made, trial->arena, ret_why);
}

/* False, with why, when the override spoils it. */
static bool try_sample(const struct trial *trial, const struct json *sample, str *ret_why)
{
    const struct mapping_step *base = sample_step(trial->base, sample);
    const struct mapping_step *laid = sample_step(trial->laid, sample);
    str why;
    if (!base || !laid || !base->response || !json_member(sample, STR("record")))
        return true;
    return !makes_good(trial, base, sample, &why) ||
           makes_good(trial, laid, sample, ret_why);
}

static void try_mapping(struct overlay_work *work, struct trial *trial, str category,
                        struct fault_list *faults)
{
    const struct json *samples = overlay_samples(work, category, trial->base->name);
    struct arena arena;
    arena_init(&arena, RUN_CHUNK_BYTES, (size_t)256 << 20);
    trial->arena = &arena;
    for (uint32_t i = 0; samples && i < samples->n && i < SAMPLES_MAX; i++) {
        const struct json *sample = &samples->u.items[i];
        str why;
        if (!try_sample(trial, sample, &why)) {
            str place = arena_printf(faults->arena, "/unified/" STR_F "/" STR_F,
                                     STR_A(category), STR_A(trial->base->name));
            fault_list_add(faults, place,
                           arena_printf(faults->arena,
                                        "fails with sample %u of fixtures/" STR_F
                                        "." STR_F ".json: " STR_F ".",
                                        i + 1, STR_A(category), STR_A(trial->base->name),
                                        STR_A(why)));
            break;
        }
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

static bool is_changed(const struct mapping *base, const struct mapping *laid)
{
    return memcmp(base->steps, laid->steps, sizeof(base->steps)) != 0;
}

static void try_category(struct overlay_work *work, const struct mapping_category *base,
                         const struct bind_list *laid, struct fault_list *faults)
{
    const struct mapping *mappings = base->mappings.items;
    struct catalog *catalog = work->catalog;
    for (uint32_t i = 0; i < base->mappings.n; i++) {
        struct trial trial = {.catalog = catalog,
                              .base = &mappings[i],
                              .laid = mapping_find(laid, base->name, mappings[i].name)};
        if (!trial.laid || !is_changed(trial.base, trial.laid))
            continue;
        trial.model = models_find(catalog_models(catalog), base->name, mappings[i].name);
        if (trial.model)
            try_mapping(work, &trial, base->name, faults);
    }
}

void overlay_try_samples(struct overlay_work *work, const struct integration *integration,
                         struct fault_list *faults)
{
    const struct bind_list *categories = &work->base->integration->unified;
    const struct mapping_category *items = categories->items;
    for (uint32_t i = 0; i < categories->n; i++)
        try_category(work, &items[i], &integration->unified, faults);
}
