/*
 * The input is YAML. A reading either says where it went wrong, or gives a value within
 * its bounds that JSON can say: printed and parsed again it is the same.
 */
#include "import/yaml.h"
#include "json/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ROOM = 256 << 20, TEXT_BYTES_MAX = 64 << 20, NODES_MAX = 20000, DEPTH_MAX = 50 };

static uint64_t count(const struct json *value, uint32_t depth)
{
    uint64_t n = 1;
    bool object = json_is(value, JSON_OBJECT);
    CHECK(depth <= DEPTH_MAX);
    for (uint32_t i = 0; (object || json_is(value, JSON_ARRAY)) && i < value->n; i++)
        n += count(object ? &value->u.members[i].value : &value->u.items[i], depth + 1);
    return n;
}

static void check_value(struct arena *arena, const struct json *value)
{
    static const struct json_limits limits = {.duplicates = JSON_DUPLICATES_REFUSE};
    struct buf buf;
    struct json again;
    CHECK(count(value, 0) <= NODES_MAX);
    buf_init(&buf, TEXT_BYTES_MAX);
    json_write(&buf, value, JSON_COMPACT);
    if (buf_ok(&buf)) {
        CHECK(json_parse(arena, buf_peek(&buf), &limits, &again, NULL));
        CHECK(json_equal(value, &again));
    }
    buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct yaml_limits limits = {
        .bytes_max = 1 << 20, .depth_max = DEPTH_MAX, .nodes_max = NODES_MAX};
    struct arena arena;
    struct json value;
    struct json_fault fault = {.line = 0};
    arena_init(&arena, 64 * 1024, ROOM);
    if (yaml_parse(&arena, str_of((const char *)bytes, n), &limits, &value, &fault))
        check_value(&arena, &value);
    else
        CHECK(fault.what && fault.line > 0 && fault.column > 0);
    arena_fini(&arena);
    return 0;
}
