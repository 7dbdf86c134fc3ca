#include "api/api_scan.h"

enum { LOOKS_MAX = 200, LOOK_BYTES_MAX = 64 << 20 };

static bool sees(const struct api_call *call, str id)
{
    if (api_is_platform(call))
        return true;
    if (str_absent(id))
        return false;
    struct environment *environment =
        directory_find_environment(call->api->directory, id);
    bool covered = environment && api_key_covers(call->key, environment);
    environment_unref(&environment);
    return covered;
}

static void ask(struct api_scan *scan)
{
    scan->looks++;
    arena_reset(&scan->rows);
    scan->ops->ask(scan);
}

static void send_page(struct api_scan *scan, bool more)
{
    arena_fini(&scan->rows);
    api_page_end(scan->call,
                 more ? arena_printf(scan->call->arena, "%lld", (long long)scan->last)
                      : STR_NONE);
}

/* Prints what the key sees. False when the page is full and more is there. */
static bool put_rows(struct api_scan *scan, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (scan->n == scan->page.limit || scan->call->answer.n > API_PAGE_BYTES)
            return false;
        struct api_scan_row row = scan->ops->row(scan, i);
        scan->last = row.sequence;
        if (!sees(scan->call, row.environment))
            continue;
        scan->ops->put(scan, i);
        scan->n++;
    }
    return true;
}

void api_scan_heard(struct api_scan *scan, enum err err, uint32_t n)
{
    if (err != ERR_NONE) {
        arena_fini(&scan->rows);
        api_refuse_text(scan->call, err, STR_NONE);
        return;
    }
    bool room = put_rows(scan, n);
    bool end = n < API_SCAN_ROWS;
    if (room && !end && scan->looks < LOOKS_MAX)
        ask(scan);
    else
        send_page(scan, !room || !end);
}

bool api_scan_environment(struct api_call *call, str *ret_id)
{
    *ret_id = api_query(call, "environment");
    if (str_absent(*ret_id) || api_is_platform(call))
        return true;
    struct environment *environment = api_find_environment(call, *ret_id);
    bool found = environment != NULL;
    environment_unref(&environment);
    return found;
}

void api_scan_start(struct api_scan *scan, const struct api_scan_ops *ops,
                    struct api_call *call)
{
    uint64_t before = 0;
    scan->ops = ops;
    scan->call = call;
    if (!api_page_read(call, &scan->page))
        return;
    if (!str_absent(scan->page.after))
        CHECK(str_to_u64(scan->page.after, INT64_MAX, &before));
    scan->last = (int64_t)before;
    arena_init(&scan->rows, 4096, LOOK_BYTES_MAX);
    api_page_begin(call);
    ask(scan);
}
