#include "papers.h"

#include "json/json_write.h"
#include "json/merge.h"

static const char base[] = "{'name':'acme','hosts':['*.acme.test'],"
                           "'base_url':'https://api.acme.test','auth':'bearer'}";

struct json papers_json(struct arena *arena, const char *text)
{
    return *given_json(arena, given_quotes(arena, text));
}

const struct integration *papers_read(struct arena *arena, const char *patch)
{
    struct buf buf;
    struct binder binder;
    struct json good = papers_json(arena, base), more = papers_json(arena, patch);
    struct json document = merge_patch(arena, &good, &more);
    buf_init(&buf, 1 << 20);
    json_write(&buf, &document, JSON_COMPACT);
    bind_init(&binder, arena);
    const struct integration *integration =
        integration_read(&binder, arena_str(arena, buf_peek(&buf)));
    buf_fini(&buf);
    if (!integration)
        fail_msg(STR_F ": " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    return integration;
}
