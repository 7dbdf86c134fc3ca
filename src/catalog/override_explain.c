/*
 * Values are explained by where overrides say something: all else is the platform's.
 * Output fields are explained by running each tier's expression alone on the same record.
 */
#include "catalog/override_change.h"

#include "catalog/catalog_state.h"
#include "json/json_write.h"
#include "json/merge.h"

enum { RESULT_BYTES_MAX = 12 << 20, PLACES_DEPTH_MAX = 64 };

/* --- looking --- */

static bool read_tier(struct catalog_change *change, struct override_view *view,
                      enum mapping_tier tier)
{
    struct binder binder;
    if (!view->of[tier])
        return true;
    bind_init(&binder, change->arena);
    /* it was read so before, over this very base */
    return override_read(&binder, view->base, view->of[tier]->text, tier,
                         &view->read.of[tier]);
}

bool override_look(struct catalog_change *change, struct entry *base,
                   struct override_view *ret_view)
{
    const struct snapshot *snapshot = change->catalog->snapshot;
    struct override_view view = {.base = base->integration,
                                 .effective = base->integration,
                                 .work = {.catalog = change->catalog,
                                          .arena = change->arena,
                                          .before = snapshot,
                                          .base = base}};
    view.of[TIER_ENVIRONMENT] =
        snapshot_override(snapshot, change->name, change->environment, STR_NONE);
    if (!str_absent(change->account))
        view.of[TIER_ACCOUNT] = snapshot_override(snapshot, change->name,
                                                  change->environment, change->account);
    const struct catalog_override *top =
        view.of[TIER_ACCOUNT] ? view.of[TIER_ACCOUNT] : view.of[TIER_ENVIRONMENT];
    const struct overlay *overlay = top ? CONTAINER_OF(top, struct overlay, view) : NULL;
    if (overlay && overlay->entry) {
        view.effective = overlay->entry->integration;
        view.base = entry_base(overlay->entry)->integration;
        view.work.base = entry_base(overlay->entry);
    }
    if ((overlay && !overlay->entry) || !read_tier(change, &view, TIER_ENVIRONMENT) ||
        !read_tier(change, &view, TIER_ACCOUNT)) {
        change->err = ERR_OVERRIDE_BROKEN;
        change->detail = err_row(change->err)->mend;
        return false;
    }
    *ret_view = view;
    return true;
}

void override_end(struct catalog_change *change, struct buf *buf)
{
    bool fits = buf_ok(buf);
    change->result = arena_take(change->arena, buf);
    if (fits)
        return;
    change->err = ERR_INTERNAL;
    change->detail = STR("The answer would be too large.");
}

/* --- places --- */

/* Each leaf of a value; members of objects that are empty are leaves, too. */
struct walk_leaves {
    struct arena *arena;
    void (*leaf)(struct walk_leaves *walk, str pointer, const struct json *value);
    struct json_out *out;
    const struct json *tiers; /* [TIER_COUNT]: whose leaf it is */
};

static void walk(struct walk_leaves *leaves, str pointer, const struct json *value,
                 unsigned depth)
{
    if (!json_is(value, JSON_OBJECT) || value->n == 0 || depth == PLACES_DEPTH_MAX) {
        leaves->leaf(leaves, pointer, value);
        return;
    }
    for (uint32_t i = 0; i < value->n; i++)
        walk(leaves, pointer_join(leaves->arena, pointer, json_key(&value->u.members[i])),
             &value->u.members[i].value, depth + 1);
}

/* Objects only: an array is one value. */
static const struct json *find(struct arena *arena, const struct json *root, str pointer)
{
    struct pointer parsed;
    const struct json *at = root;
    if (!pointer_parse(arena, pointer, POINTER_RFC6901, &parsed))
        return NULL;
    for (uint32_t i = 0; at && i < parsed.n; i++)
        at = json_member(at, parsed.tokens[i].name);
    return at;
}

static enum mapping_tier tier_of(const struct walk_leaves *leaves, str pointer)
{
    for (int tier = TIER_COUNT - 1; tier > TIER_PLATFORM; tier--)
        if (find(leaves->arena, &leaves->tiers[tier], pointer))
            return (enum mapping_tier)tier;
    return TIER_PLATFORM;
}

static void put_place(struct walk_leaves *leaves, str pointer)
{
    json_out_object(leaves->out);
    json_out_member_text(leaves->out, STR("pointer"), pointer);
    json_out_member_text(leaves->out, STR("tier"),
                         mapping_tier_word(tier_of(leaves, pointer)));
}

static void put_value(struct walk_leaves *leaves, str pointer, const struct json *value)
{
    put_place(leaves, pointer);
    json_out_name(leaves->out, STR("value"));
    json_out_value(leaves->out, value);
    json_out_end(leaves->out);
}

static void put_field(struct walk_leaves *leaves, str pointer, const struct json *value)
{
    (void)value;
    put_place(leaves, pointer);
    json_out_end(leaves->out);
}

/* --- values and expressions --- */

static void put_values(struct json_out *out, const struct override_view *view,
                       struct arena *arena)
{
    struct json tiers[TIER_COUNT] = {0};
    struct json all = {.type = JSON_OBJECT};
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++) {
        tiers[tier] = view->read.of[tier].settings;
        all = merge_values(arena, &all, &tiers[tier]);
    }
    struct walk_leaves leaves = {arena, put_value, out, tiers};
    json_out_name(out, STR("values"));
    json_out_array(out);
    for (uint32_t i = 0; i < all.n; i++)
        walk(&leaves, pointer_join(arena, STR(""), json_key(&all.u.members[i])),
             &all.u.members[i].value, 1);
    json_out_end(out);
}

static void put_expressions(struct json_out *out, const struct override_view *view,
                            struct arena *arena)
{
    json_out_name(out, STR("expressions"));
    json_out_array(out);
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++) {
        struct json tiers[TIER_COUNT] = {0};
        tiers[tier] = view->read.of[tier].layers;
        struct walk_leaves leaves = {arena, put_value, out, tiers};
        for (uint32_t i = 0; i < tiers[tier].n; i++)
            walk(&leaves,
                 pointer_join(arena, STR(""), json_key(&tiers[tier].u.members[i])),
                 &tiers[tier].u.members[i].value, 1);
    }
    json_out_end(out);
}

/* --- output fields --- */

/* The first resource about whose mapping an override says something. */
static void choose_resource(const struct override_view *view,
                            struct catalog_question *question)
{
    for (int tier = TIER_COUNT - 1; tier > TIER_PLATFORM; tier--) {
        const struct json *unified =
            json_member(&view->read.of[tier].layers, STR("unified"));
        if (!unified || !unified->n || !unified->u.members[0].value.n)
            continue;
        const struct json *category = &unified->u.members[0].value;
        question->category = json_key(&unified->u.members[0]);
        question->resource = json_key(&category->u.members[0]);
        return;
    }
}

/* The record to explain with, as a sample; false when there is none. */
static bool choose_sample(struct override_view *view,
                          const struct catalog_question *question, struct arena *arena,
                          struct json *ret_sample)
{
    struct json_build build;
    if (question->record.type == JSON_UNDEFINED) {
        const struct json *samples =
            overlay_samples(&view->work, question->category, question->resource);
        if (samples)
            *ret_sample = samples->u.items[0];
        return samples && json_member(ret_sample, STR("record"));
    }
    json_build_init(&build, arena);
    json_build_member(&build, STR("record"), question->record);
    if (!str_absent(question->operation))
        json_build_member(&build, STR("operation"), json_of_text(question->operation));
    *ret_sample = json_build_object(&build);
    return true;
}

/* Each tier's own output; what fails has none. */
static void make_tiers(const struct mapping_step *step, const struct json *record,
                       const struct mapping_scene *scene, struct arena *arena,
                       struct json ret_tiers[TIER_COUNT])
{
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        if (!mapping_tier_response(step, (enum mapping_tier)tier, record, scene, arena,
                                   &ret_tiers[tier]))
            ret_tiers[tier] = (struct json){0};
}

static void put_fields(struct json_out *out, const struct override_view *view,
                       const struct mapping_step *step, const struct json *sample,
                       struct arena *arena)
{
    struct mapping_scene scene = sample_scene(view->work.catalog, sample);
    const struct json *record = json_member(sample, STR("record"));
    struct json made, tiers[TIER_COUNT] = {0};
    struct mapping_fault fault;
    enum mapping_end end = mapping_response(step, record, &scene, arena, &made, &fault);
    json_out_name(out, STR("fault"));
    json_out_text(out, end == MAPPING_FAULTED
                           ? arena_printf(arena, STR_F " (" STR_F ")", STR_A(fault.text),
                                          STR_A(fault.code))
                           : STR_NONE);
    if (end == MAPPING_MADE)
        make_tiers(step, record, &scene, arena, tiers);
    else
        made = json_of_null();
    json_out_name(out, STR("output"));
    json_out_value(out, &made);
    struct walk_leaves leaves = {arena, put_field, out, tiers};
    json_out_name(out, STR("fields"));
    json_out_array(out);
    for (uint32_t i = 0; end == MAPPING_MADE && i < made.n; i++)
        walk(&leaves, pointer_join(arena, STR(""), json_key(&made.u.members[i])),
             &made.u.members[i].value, 1);
    json_out_end(out);
}

static bool refuse(struct catalog_change *change, const char *detail)
{
    change->err = ERR_OBJECT_UNKNOWN;
    change->detail = str_z(detail);
    return false;
}

static bool put_no_sample(struct json_out *out)
{
    json_out_null(out);
    return true;
}

static bool put_sample(struct catalog_change *change, struct json_out *out,
                       struct override_view *view)
{
    struct catalog_question question = change->question;
    struct json sample;
    bool asked = !str_absent(question.category);
    json_out_name(out, STR("sample"));
    if (!asked)
        choose_resource(view, &question);
    if (str_absent(question.category))
        return put_no_sample(out);
    const struct mapping *mapping =
        mapping_find(&view->effective->unified, question.category, question.resource);
    if (!mapping)
        return refuse(change, "The integration has no mapping of this resource.");
    if (!choose_sample(view, &question, change->arena, &sample))
        return asked
                   ? refuse(change, "There is no sample of this resource; send a record "
                                    "of the vendor's as \"record\".")
                   : put_no_sample(out);
    const struct mapping_step *step = sample_step(mapping, &sample);
    if (!step || !step->response)
        return refuse(change, "The resource has no such operation with a response.");
    json_out_object(out);
    json_out_member_text(out, STR("category"), question.category);
    json_out_member_text(out, STR("resource"), question.resource);
    json_out_name(out, STR("why"));
    json_out_text(out, json_member_text(&sample, STR("why")));
    put_fields(out, view, step, &sample, change->arena);
    json_out_end(out);
    return true;
}

/* --- all of it --- */

static void put_state(struct json_out *out, const struct override_view *view)
{
    const struct catalog_override *top =
        view->of[TIER_ACCOUNT] ? view->of[TIER_ACCOUNT] : view->of[TIER_ENVIRONMENT];
    enum override_state state = top ? top->state : OVERRIDE_FITS;
    json_out_member_text(out, STR("integration"), view->base->name);
    json_out_member_int(out, STR("base_revision"), view->base->revision);
    json_out_member_text(out, STR("state"), str_z(override_state_words[state]));
}

void override_explain(struct catalog_change *change, struct entry *base)
{
    struct override_view view;
    struct json_out out;
    struct buf buf;
    if (!override_look(change, base, &view))
        return;
    buf_init(&buf, RESULT_BYTES_MAX);
    json_out_init(&out, &buf);
    json_out_object(&out);
    put_state(&out, &view);
    put_values(&out, &view, change->arena);
    put_expressions(&out, &view, change->arena);
    if (!put_sample(change, &out, &view)) {
        buf_fini(&buf);
        return;
    }
    struct json document = override_merged(change->arena, view.base, &view.read);
    json_out_name(&out, STR("document"));
    json_out_value(&out, &document);
    json_out_end(&out);
    override_end(change, &buf);
}
