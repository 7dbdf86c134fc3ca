#include "sim/sim_reply.h"

/* --- lists --- */

static const char *const counts_words[] = {"items", "pages", NULL};

static const char source_schema[] = "{\"type\":\"string\",\"pattern\":"
                                    "\"^(header|query|form|path|body) .\"}";

static void read_last_body(struct binder *binder, const struct json *value, void *field)
{
    struct sim_template *template = arena_alloc(binder->arena, sizeof(*template));
    *template = (struct sim_template){0};
    sim_content_read_json(binder, value, template);
    *(const struct sim_template **)field = template;
}

static void init_list(void *obj)
{
    *(struct sim_list *)obj =
        (struct sim_list){.total = 25, .size = 10, .size_max = 100, .prefix = STR("")};
}

static void finish_list(struct binder *binder, void *obj)
{
    const struct sim_list *list = obj;
    if (list->refuse && list->refuse->list)
        bind_fault_at(binder, STR("refuse"), "has a list itself; a refusal has none.");
    if (list->size > list->size_max)
        bind_fault_at(binder, STR("size"), "is %u, more than \"size_max\", %u.",
                      list->size, list->size_max);
}

#define LIST(member) .offset = offsetof(struct sim_list, member)

static const struct bind_row list_rows[] = {
    {.name = "total",
     .kind = BIND_UINT,
     LIST(total),
     .min = 0,
     .max = 1e9,
     .doc = "Items in the whole list."},
    {.name = "item",
     .kind = BIND_CUSTOM,
     LIST(item),
     .required = true,
     .custom = sim_content_read_json,
     .custom_schema = "{}",
     .doc = "One item; {{i}} is its number, from 1."},
    {.name = "size",
     .kind = BIND_UINT,
     LIST(size),
     .min = 1,
     .max = 10000,
     .doc = "Items on a page."},
    {.name = "size_max",
     .kind = BIND_UINT,
     LIST(size_max),
     .min = 1,
     .max = 10000,
     .doc = "More than this are never given, whatever is asked for."},
    {.name = "size_from",
     .kind = BIND_CUSTOM,
     LIST(size_from),
     .custom = sim_asked_read_source,
     .custom_schema = source_schema,
     .doc = "Where the request says how many it wants."},
    {.name = "start_from",
     .kind = BIND_CUSTOM,
     LIST(start_from),
     .custom = sim_asked_read_source,
     .custom_schema = source_schema,
     .doc = "Where the request says where the page starts: the cursor."},
    {.name = "counts",
     .kind = BIND_ENUM,
     LIST(counts),
     .words = counts_words,
     .doc = "Whether a cursor counts the items before the page, or is a page number "
            "from 1."},
    {.name = "prefix",
     .kind = BIND_TEXT,
     LIST(prefix),
     .min = 0,
     .max = 100,
     .doc = "Fixed text in front of a cursor's number."},
    {.name = "plus",
     .kind = BIND_UINT,
     LIST(plus),
     .min = 0,
     .max = 1e9,
     .doc = "Added to a cursor's number."},
    {.name = "base64",
     .kind = BIND_BOOL,
     LIST(base64),
     .doc = "The cursor is written in base64."},
    {.name = "last_body",
     .kind = BIND_CUSTOM,
     LIST(last_body),
     .custom = read_last_body,
     .custom_schema = "{}",
     .doc = "Instead of the reply's body, on the last page."},
    {.name = "refuse",
     .kind = BIND_OPTION,
     LIST(refuse),
     .table = &sim_reply_table,
     .doc = "The reply to a cursor that is none."},
};

static const struct bind_table list_table = {
    .name = "list block",
    .rows = list_rows,
    .n = COUNT_OF(list_rows),
    .bytes = sizeof(struct sim_list),
    .init = init_list,
    .finish = finish_list,
};

/* --- replies --- */

static void init_inform(void *obj)
{
    *(struct sim_inform *)obj = (struct sim_inform){.status = 103};
}

static void finish_inform(struct binder *binder, void *obj)
{
    if (((struct sim_inform *)obj)->status == 101)
        bind_fault_at(binder, STR("status"), "is 101, which would end HTTP here.");
}

static const struct bind_row inform_rows[] = {
    {.name = "status",
     .kind = BIND_UINT,
     .offset = offsetof(struct sim_inform, status),
     .min = 100,
     .max = 199,
     .doc = "1xx; 103 (Early Hints) unless it says otherwise."},
    {.name = "headers",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct sim_inform, headers),
     .custom = sim_content_read_headers,
     .custom_schema = sim_content_headers_schema,
     .doc = "Its header lines."},
};

static const struct bind_table inform_table = {
    .name = "interim answer",
    .rows = inform_rows,
    .n = COUNT_OF(inform_rows),
    .bytes = sizeof(struct sim_inform),
    .init = init_inform,
    .finish = finish_inform,
};

static uint64_t known_bytes(const struct sim_content *body)
{
    return body->kind == SIM_CONTENT_FILE ? body->file.n : body->text.constant.n;
}

static void finish_reply(struct binder *binder, void *obj)
{
    struct sim_reply *reply = obj;
    if (known_bytes(&reply->body) * reply->repeat > SIM_BODY_BYTES_MAX)
        bind_fault_at(binder, STR("repeat"), "makes a body of more than 4 GiB.");
    if (reply->trailers.n && !reply->chunked)
        bind_fault_at(binder, STR("trailers"),
                      "need \"chunked\":true; an answer with a "
                      "length has none.");
    if (reply->list && !reply->body.text.parts)
        bind_fault_at(binder, STR("list"), "needs a \"body\" that has {{list.items}}.");
    if (reply->fault && reply->fault->early)
        bind_fault_at(binder, STR("fault"),
                      "is early, which a reply cannot be: use "
                      "\"early\" of the route.");
    if (reply->list)
        reply->body.kind = SIM_CONTENT_JSON; /* also when it was written as text */
}

static void init_reply(void *obj)
{
    *(struct sim_reply *)obj = (struct sim_reply){.status = 200, .repeat = 1};
}

#define REPLY(member) .offset = offsetof(struct sim_reply, member)

static const struct bind_row reply_rows[] = {
    {.name = "status",
     .kind = BIND_UINT,
     REPLY(status),
     .min = 200,
     .max = 999,
     .doc = "200 unless it says otherwise."},
    {.name = "headers",
     .kind = BIND_CUSTOM,
     REPLY(headers),
     .custom = sim_content_read_headers,
     .custom_schema = sim_content_headers_schema,
     .doc =
         "Header lines. One that asks for {{list.next}} is left out on the last page."},
    {.name = "body",
     .kind = BIND_CUSTOM,
     REPLY(body),
     .custom = sim_content_read,
     .custom_schema = "{}",
     .doc = "Text (a string), the bytes of {\"file\":\"name\"}, or any other JSON."},
    {.name = "delay",
     .kind = BIND_DURATION,
     REPLY(delay),
     .min = 0,
     .max = 86400,
     .doc = "Time before the answer."},
    {.name = "jitter",
     .kind = BIND_DURATION,
     REPLY(jitter),
     .min = 0,
     .max = 86400,
     .doc = "At most so much more, by chance."},
    {.name = "bytes_per_second",
     .kind = BIND_UINT,
     REPLY(bytes_per_second),
     .min = 1,
     .max = 1e9,
     .doc = "The body dribbles."},
    {.name = "chunked",
     .kind = BIND_BOOL,
     REPLY(chunked),
     .doc = "The body comes in chunks, without a length."},
    {.name = "trailers",
     .kind = BIND_CUSTOM,
     REPLY(trailers),
     .custom = sim_content_read_headers,
     .custom_schema = sim_content_headers_schema,
     .doc = "Lines behind a chunked body."},
    {.name = "repeat",
     .kind = BIND_UINT,
     REPLY(repeat),
     .min = 1,
     .max = 4294967295.0,
     .doc = "The body so many times, without holding it; at most 4 GiB in all."},
    {.name = "gzip",
     .kind = BIND_BOOL,
     REPLY(gzip),
     .doc = "The body is compressed, and comes in chunks."},
    {.name = "close",
     .kind = BIND_BOOL,
     REPLY(close),
     .doc = "The connection ends with the answer, and says so."},
    {.name = "informs",
     .kind = BIND_LIST,
     REPLY(informs),
     .table = &inform_table,
     .min = 1,
     .max = 10,
     .doc = "Interim answers (1xx), sent before the delay."},
    {.name = "list",
     .kind = BIND_OPTION,
     REPLY(list),
     .table = &list_table,
     .doc = "An invented list, of which the body shows a page."},
    {.name = "fault",
     .kind = BIND_OPTION,
     REPLY(fault),
     .table = &sim_fault_table,
     .doc = "What is wrong with the answer."},
};

const struct bind_table sim_reply_table = {
    .name = "reply",
    .rows = reply_rows,
    .n = COUNT_OF(reply_rows),
    .bytes = sizeof(struct sim_reply),
    .init = init_reply,
    .finish = finish_reply,
};
