/*
 * Several new records in one request: each is made by `create`, so that a record is
 * mapped in one place only, and what comes of it is put together by `create_many`.
 */
#include "unified/mapping.h"

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

bool mapping_request_many(const struct mapping *mapping, struct mapping_scene *scene,
                          struct arena *arena, struct mapping_fault *ret_fault)
{
    const struct json *records = json_member(&scene->request, STR("body"));
    struct json_build bodies;
    json_build_init(&bodies, arena);
    for (uint32_t i = 0; records && i < records->n; i++) {
        struct mapping_sent sent;
        struct mapping_scene one = {.request = of_one(&records->u.items[i], arena),
                                    .now_ms = scene->now_ms};
        if (!mapping_request(mapping->steps[MAPPING_CREATE], &one, arena, &sent,
                             ret_fault))
            return false;
        json_build_item(&bodies, sent.body);
    }
    scene->request = with_bodies(&scene->request, json_build_array(&bodies), arena);
    return true;
}
