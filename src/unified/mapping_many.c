/*
 * Several new records in one request: each is made by `create`, so that a record is
 * mapped in one place only, and what comes of it is put together by `create_many`.
 */
#include "unified/mapping.h"

enum { SCRATCH_CHUNK_BYTES = 16 * 1024, SCRATCH_BYTES_MAX = 128 << 20 };

struct many {
    struct arena *arena; /* of what stays */
    size_t *left;        /* that the bodies may still take */
    double now_ms;
};

static struct json with_bodies(const struct json *request, struct json bodies,
                               struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < request->n; i++)
        json_build_member(&build, json_key(&request->u.members[i]),
                          request->u.members[i].value);
    json_build_member(&build, STR("bodies"), bodies);
    return json_build_object(&build);
}

static struct json of_one(const struct json *record, struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    json_build_member(&build, STR("body"), *record);
    return json_build_object(&build);
}

/* What `create` makes of one of them, as a copy: what it takes to make it goes. */
static bool make_one(const struct mapping *mapping, const struct json *record,
                     const struct many *many, struct json *ret_body,
                     struct mapping_fault *ret_fault)
{
    struct arena scratch;
    struct mapping_sent sent;
    arena_init(&scratch, SCRATCH_CHUNK_BYTES, SCRATCH_BYTES_MAX);
    struct mapping_scene one = {.request = of_one(record, &scratch),
                                .now_ms = many->now_ms};
    bool good =
        mapping_request(mapping->steps[MAPPING_CREATE], &one, &scratch, &sent, ret_fault);
    if (good && !mapping_fits(&sent.body, many->left)) {
        *ret_fault = (struct mapping_fault){
            .part = "body",
            .code = STR("size"),
            .text = STR("the records together make more than 1 MiB; send fewer")};
        good = false;
    }
    if (good) {
        *ret_body = json_copy(many->arena, &sent.body);
    } else {
        ret_fault->text = arena_str(many->arena, ret_fault->text);
        ret_fault->code = arena_str(many->arena, ret_fault->code);
    }
    arena_fini(&scratch);
    return good;
}

bool mapping_request_many(const struct mapping *mapping, struct mapping_scene *scene,
                          struct arena *arena, struct mapping_fault *ret_fault)
{
    const struct json *records = json_member(&scene->request, STR("body"));
    size_t left = MAPPING_BODIES_BYTES_MAX;
    const struct many many = {arena, &left, scene->now_ms};
    struct json_build bodies;
    json_build_init(&bodies, arena);
    for (uint32_t i = 0; records && i < records->n; i++) {
        struct json body;
        if (!make_one(mapping, &records->u.items[i], &many, &body, ret_fault))
            return false;
        json_build_item(&bodies, body);
    }
    scene->request = with_bodies(&scene->request, json_build_array(&bodies), arena);
    return true;
}
