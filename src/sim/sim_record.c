/*
 * A record is one allocation: the struct, its header lines, and behind them all text that
 * it points to.
 */
#include "sim/sim_record.h"

#include "base/encode.h"
#include "base/mem.h"
#include "base/utf8.h"

struct sim_record {
    size_t bytes; /* of this allocation */
    struct sim_seen seen;
    struct headers headers;
    uint8_t sha256[CRYPTO_SHA256_BYTES];
    struct header lines[];
};

void sim_record_init(struct sim_records *records)
{
    *records = (struct sim_records){0};
}

static void drop_first(struct sim_records *records)
{
    struct sim_record *record = records->ring[records->first];
    records->first = (records->first + 1) % SIM_RECORDS_MAX;
    records->n--;
    records->bytes -= record->bytes;
    mem_free(record);
}

void sim_record_clear(struct sim_records *records)
{
    while (records->n)
        drop_first(records);
    records->dropped = 0;
}

void sim_record_fini(struct sim_records *records)
{
    sim_record_clear(records);
    mem_free(records->ring);
    records->ring = NULL;
}

/* --- adding --- */

static size_t text_bytes(const struct sim_seen *seen)
{
    size_t n = seen->method.n + seen->target.n + seen->route.n + seen->body.n;
    for (uint32_t i = 0; i < seen->headers->n; i++)
        n += seen->headers->items[i].name.n + seen->headers->items[i].value.n;
    return n;
}

static str move_text(char **at, str text)
{
    char *p = *at;
    if (text.n)
        memcpy(p, text.p, text.n);
    *at += text.n;
    return str_of(p, text.n);
}

static struct sim_record *copy(const struct sim_seen *seen)
{
    uint32_t lines = seen->headers->n;
    size_t fixed = sizeof(struct sim_record) + lines * sizeof(struct header);
    size_t bytes = fixed + text_bytes(seen);
    struct sim_record *record = mem_alloc(bytes);
    char *at = (char *)record + fixed;
    record->bytes = bytes;
    record->seen = *seen;
    record->headers = (struct headers){.items = record->lines, .n = lines, .room = lines};
    record->seen.headers = &record->headers;
    record->seen.method = move_text(&at, seen->method);
    record->seen.target = move_text(&at, seen->target);
    record->seen.route = move_text(&at, seen->route);
    record->seen.body = move_text(&at, seen->body);
    for (uint32_t i = 0; i < lines; i++) {
        const struct header *line = &seen->headers->items[i];
        record->lines[i] = (struct header){move_text(&at, line->name),
                                           move_text(&at, line->value), line->id};
    }
    if (seen->sha256) {
        memcpy(record->sha256, seen->sha256, sizeof(record->sha256));
        record->seen.sha256 = record->sha256;
    }
    return record;
}

void sim_record_add(struct sim_records *records, const struct sim_seen *seen)
{
    struct sim_record *record = copy(seen);
    if (!records->ring)
        records->ring = mem_array(SIM_RECORDS_MAX, sizeof(records->ring[0]));
    while (records->n == SIM_RECORDS_MAX ||
           (records->n && records->bytes + record->bytes > SIM_RECORDS_BYTES_MAX)) {
        drop_first(records);
        records->dropped++;
    }
    records->ring[(records->first + records->n) % SIM_RECORDS_MAX] = record;
    records->n++;
    records->bytes += record->bytes;
}

/* --- printing --- */

static void print_body(const struct sim_seen *seen, struct arena *arena,
                       struct json_out *out)
{
    bool text = utf8_is_valid(seen->body);
    json_out_name(out, text ? STR("body") : STR("body_base64"));
    json_out_text(out, text ? (seen->body.n ? seen->body : STR(""))
                            : encode_base64(arena, seen->body));
    json_out_member_int(out, STR("body_bytes"), (int64_t)seen->body_bytes);
    if (seen->sha256)
        json_out_member_text(
            out, STR("sha256"),
            encode_hex(arena, str_of((const char *)seen->sha256, CRYPTO_SHA256_BYTES)));
    json_out_member_bool(out, STR("whole"), seen->whole);
}

static void print_headers(const struct headers *headers, struct json_out *out)
{
    json_out_name(out, STR("headers"));
    json_out_array(out);
    for (uint32_t i = 0; i < headers->n; i++) {
        json_out_array(out);
        json_out_text(out, headers->items[i].name);
        json_out_text(out, headers->items[i].value.n ? headers->items[i].value : STR(""));
        json_out_end(out);
    }
    json_out_end(out);
}

void sim_record_print_seen(const struct sim_seen *seen, struct arena *arena,
                           struct json_out *out)
{
    json_out_member_int(out, STR("connection"), (int64_t)seen->connection);
    json_out_member_int(out, STR("at_ms"), seen->at / USEC_MS);
    json_out_member_text(out, STR("method"), seen->method);
    json_out_member_text(out, STR("target"), seen->target);
    print_headers(seen->headers, out);
    print_body(seen, arena, out);
}

static bool wanted(const struct sim_seen *seen, const struct sim_record_filter *filter)
{
    return seen->number > filter->since &&
           (filter->path.n == 0 || str_starts(seen->target, filter->path)) &&
           (filter->method.n == 0 || str_eq(seen->method, filter->method));
}

static void print_record(const struct sim_record *record, struct arena *arena,
                         struct json_out *out)
{
    struct arena_mark mark = arena_mark(arena);
    const struct sim_seen *seen = &record->seen;
    json_out_object(out);
    json_out_member_int(out, STR("number"), (int64_t)seen->number);
    if (seen->route.n)
        json_out_member_text(out, STR("route"), seen->route);
    if (seen->status)
        json_out_member_int(out, STR("status"), seen->status);
    sim_record_print_seen(seen, arena, out);
    json_out_end(out);
    arena_rewind(arena, mark);
}

void sim_record_print(const struct sim_records *records,
                      const struct sim_record_filter *filter, struct arena *arena,
                      struct json_out *out)
{
    uint32_t printed = 0;
    bool more = false;
    json_out_object(out);
    json_out_name(out, STR("requests"));
    json_out_array(out);
    for (uint32_t i = 0; i < records->n && !more; i++) {
        const struct sim_record *record =
            records->ring[(records->first + i) % SIM_RECORDS_MAX];
        if (!wanted(&record->seen, filter))
            continue;
        more = printed == filter->count_max || out->buf->n > out->buf->bytes_max / 2;
        if (!more)
            print_record(record, arena, out);
        printed += !more;
    }
    json_out_end(out);
    json_out_member_bool(out, STR("more"), more);
    json_out_member_int(out, STR("dropped"), (int64_t)records->dropped);
    json_out_end(out);
}
