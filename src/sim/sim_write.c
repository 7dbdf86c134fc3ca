#include "sim/sim_write.h"

#include "base/encode.h"
#include "base/mem.h"

void sim_write_init(struct sim_writes *writes)
{
    *writes = (struct sim_writes){0};
    list_init(&writes->all);
    map_init(&writes->by_key);
}

static struct sim_write *of(struct list *node)
{
    return CONTAINER_OF(node, struct sim_write, node);
}

static void drop(struct sim_writes *writes, struct sim_write *write)
{
    list_remove(&write->node);
    if (!str_absent(write->key))
        map_remove(&writes->by_key, write->key);
    mem_free(write);
}

void sim_write_clear(struct sim_writes *writes)
{
    LIST_EACH(node, &writes->all)
    {
        if (!of(node)->pending)
            drop(writes, of(node));
    }
    writes->executed = writes->repeats = writes->conflicts = 0;
}

void sim_write_fini(struct sim_writes *writes)
{
    sim_write_clear(writes);
    CHECK(list_empty(&writes->all));
    map_fini(&writes->by_key);
}

struct sim_write *sim_write_find(const struct sim_writes *writes, str key)
{
    return map_find(&writes->by_key, key);
}

static str move_text(char **at, str text)
{
    char *p = *at;
    if (text.n)
        memcpy(p, text.p, text.n);
    *at += text.n;
    return str_absent(text) ? STR_NONE : str_of(p, text.n);
}

struct sim_write *sim_write_add(struct sim_writes *writes, const struct sim_write *write)
{
    size_t text = write->key.n + write->method.n + write->target.n;
    struct sim_write *added = mem_alloc(sizeof(*added) + text);
    char *at = added->bytes;
    *added = *write;
    added->key = move_text(&at, write->key);
    added->method = move_text(&at, write->method);
    added->target = move_text(&at, write->target);
    added->number = ++writes->executed;
    list_push_back(&writes->all, &added->node);
    if (!str_absent(added->key))
        map_put(&writes->by_key, added->key, added);
    struct sim_write *oldest = of(list_first(&writes->all));
    if (writes->executed > SIM_WRITES_MAX && !oldest->pending)
        drop(writes, oldest);
    return added;
}

bool sim_write_repeat(struct sim_writes *writes, struct sim_write *write,
                      const uint8_t sha256[CRYPTO_SHA256_BYTES])
{
    bool same = memcmp(write->sha256, sha256, sizeof(write->sha256)) == 0;
    write->repeats += same;
    write->conflicts += !same;
    writes->repeats += same;
    writes->conflicts += !same;
    return same;
}

static void print(const struct sim_write *write, struct arena *arena,
                  struct json_out *out)
{
    struct arena_mark mark = arena_mark(arena);
    str digest = str_of((const char *)write->sha256, sizeof(write->sha256));
    str key = write->key;
    str scope;
    str_next(&key, ' ', &scope);
    json_out_object(out);
    json_out_member_int(out, STR("number"), (int64_t)write->number);
    json_out_member_int(out, STR("request"), (int64_t)write->request);
    json_out_member_int(out, STR("connection"), (int64_t)write->connection);
    json_out_member_int(out, STR("at_ms"), write->at / USEC_MS);
    json_out_member_text(out, STR("method"), write->method);
    json_out_member_text(out, STR("target"), write->target);
    json_out_member_text(out, STR("key"), key);
    json_out_member_int(out, STR("status"), write->status);
    json_out_member_int(out, STR("body_bytes"), (int64_t)write->body_bytes);
    json_out_member_text(out, STR("sha256"), encode_hex(arena, digest));
    json_out_member_int(out, STR("repeats"), (int64_t)write->repeats);
    json_out_member_int(out, STR("conflicts"), (int64_t)write->conflicts);
    json_out_end(out);
    arena_rewind(arena, mark);
}

void sim_write_print(const struct sim_writes *writes, str path, uint64_t since,
                     struct arena *arena, struct json_out *out)
{
    bool more = false;
    json_out_object(out);
    json_out_name(out, STR("writes"));
    json_out_array(out);
    LIST_EACH(node, &writes->all)
    {
        const struct sim_write *write = of(node);
        if (write->number <= since || (path.n && !str_starts(write->target, path)))
            continue;
        more = out->buf->n > out->buf->bytes_max / 2;
        if (more)
            break;
        print(write, arena, out);
    }
    json_out_end(out);
    json_out_member_int(out, STR("executed"), (int64_t)writes->executed);
    json_out_member_int(out, STR("repeats"), (int64_t)writes->repeats);
    json_out_member_int(out, STR("conflicts"), (int64_t)writes->conflicts);
    json_out_member_bool(out, STR("more"), more);
    json_out_end(out);
}
