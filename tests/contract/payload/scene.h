/*
 * What the tests of this folder share: the implementation they run on, with all that it
 * may need, in a directory of its own.
 */
#ifndef CONTRACT_PAYLOAD_SCENE_H
#define CONTRACT_PAYLOAD_SCENE_H

#include "payload/payload.h"
#include "support/false_world.h"
#include "support/unit.h"

/* One of payload_list.h; set by main before the groups run. */
extern const char *scene_payloads;

struct scene {
    char dir[64];
    struct false_world world;
    struct false_loop loop;
    struct arena arena;
    struct journal *journal;
    struct payloads *payloads;
    char *bytes; /* PAYLOAD_BYTES_MAX + 1 of them, all alike for the same place */
};

int scene_setup(void **state);
int scene_teardown(void **state);

#define SCENE_TEST(name)                                                                 \
    cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

void scene_open(struct scene *scene);
void scene_close(struct scene *scene);

struct deposit {
    struct payload_put put;
    bool done;
};

void scene_begin(struct scene *scene, struct deposit *deposit, str first, str second);
enum err scene_await(struct scene *scene, struct deposit *deposit);

/* Puts bytes; the reference is a copy in the arena. */
enum err scene_put(struct scene *scene, str bytes, str *ret_reference);
enum err scene_get(struct scene *scene, str reference, str *ret_bytes);
enum err scene_forget(struct scene *scene, str reference);
enum err scene_drop(struct scene *scene, const char *prefix);

#endif
