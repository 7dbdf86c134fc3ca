#include "sim/sim_fault.h"

static const char *const then_words[] = {"reset", "close", "hang", NULL};
static const char *const instead_words[] = {"nothing", "hang",    "reset",
                                            "close",   "garbage", NULL};
static const char *const malformed_words[] = {"nothing",   "bare_lf", "both_lengths",
                                              "bad_chunk", "version", NULL};
static const char *const executes_words[] = {"auto", "yes", "no", NULL};

static const struct bind_row cut_rows[] = {
    {.name = "after",
     .kind = BIND_UINT,
     .offset = offsetof(struct sim_cut, after),
     .doc = "Bytes of the body that are sent before."},
    {.name = "then",
     .kind = BIND_ENUM,
     .offset = offsetof(struct sim_cut, then),
     .words = then_words,
     .doc = "How it ends: the connection is reset (the default), closed in order, or "
            "stays open and nothing more comes."},
};

static const struct bind_table cut_table = {
    .name = "cut block",
    .rows = cut_rows,
    .n = COUNT_OF(cut_rows),
    .bytes = sizeof(struct sim_cut),
    .shorthand = "then",
};

static void read_length_off(struct binder *binder, const struct json *value, void *field)
{
    double number = json_number(value);
    if (!json_is(value, JSON_NUMBER) || number != (double)(int32_t)number || number == 0)
        bind_fault(binder,
                   "must be a whole number other than 0: the announced length minus "
                   "the sent one.");
    else
        *(double *)field = number;
}

static void finish_fault(struct binder *binder, void *obj)
{
    const struct sim_fault *fault = obj;
    if (fault->body.kind != SIM_CONTENT_NONE && !fault->status)
        bind_fault(binder, "has a \"body\" without a \"status\"; the two stand for the "
                           "reply together.");
    if (!header_value_valid(fault->version))
        bind_fault_at(binder, STR("version"), "holds a control character.");
}

static void init_fault(void *obj)
{
    *(struct sim_fault *)obj = (struct sim_fault){.version = STR("HTTP/4.2")};
}

#define FAULT(member) .offset = offsetof(struct sim_fault, member)

static const struct bind_row fault_rows[] = {
    {.name = "early",
     .kind = BIND_BOOL,
     FAULT(early),
     .doc = "Strikes when the request's head is there; its body is not read."},
    {.name = "delay",
     .kind = BIND_DURATION,
     FAULT(delay),
     .min = 0,
     .max = 86400,
     .doc = "Time before the answer, on top of the reply's own."},
    {.name = "jitter",
     .kind = BIND_DURATION,
     FAULT(jitter),
     .min = 0,
     .max = 86400,
     .doc = "At most so much more, by chance."},
    {.name = "status",
     .kind = BIND_UINT,
     FAULT(status),
     .min = 200,
     .max = 999,
     .doc = "Answers with this status instead of the reply."},
    {.name = "headers",
     .kind = BIND_CUSTOM,
     FAULT(headers),
     .custom = sim_content_read_headers,
     .custom_schema = sim_content_headers_schema,
     .doc = "Put on the answer in place of lines of the same name."},
    {.name = "body",
     .kind = BIND_CUSTOM,
     FAULT(body),
     .custom = sim_content_read,
     .custom_schema = "{}",
     .doc = "The body that goes with \"status\"."},
    {.name = "instead",
     .kind = BIND_ENUM,
     FAULT(instead),
     .words = instead_words,
     .doc = "Instead of an answer: hang (for ever), reset, close, or garbage."},
    {.name = "cut",
     .kind = BIND_OPTION,
     FAULT(cut),
     .table = &cut_table,
     .doc = "The answer ends in the middle of its body."},
    {.name = "malformed",
     .kind = BIND_ENUM,
     FAULT(malformed),
     .words = malformed_words,
     .doc = "What is wrong with the answer as HTTP."},
    {.name = "version",
     .kind = BIND_TEXT,
     FAULT(version),
     .min = 1,
     .max = 100,
     .doc = "The first word of the answer for \"malformed\":\"version\"."},
    {.name = "length_off",
     .kind = BIND_CUSTOM,
     FAULT(length_off),
     .custom = read_length_off,
     .custom_schema = "{\"type\":\"integer\"}",
     .doc = "Content-Length announces so much more (or less) than is sent."},
    {.name = "endless",
     .kind = BIND_BOOL,
     FAULT(endless),
     .doc = "The body is repeated for ever, in chunks."},
    {.name = "extra_headers",
     .kind = BIND_UINT,
     FAULT(extra_headers),
     .min = 1,
     .max = 10000,
     .doc = "So many more header lines."},
    {.name = "header_bytes",
     .kind = BIND_UINT,
     FAULT(header_bytes),
     .min = 1,
     .max = 1 << 20,
     .doc = "One more header line with a value of this length."},
    {.name = "mutate",
     .kind = BIND_LIST,
     FAULT(mutate),
     .table = &sim_mutation_table,
     .min = 1,
     .max = SIM_MUTATIONS_MAX,
     .doc = "Changes to a JSON body."},
    {.name = "revoke",
     .kind = BIND_BOOL,
     FAULT(revoke),
     .doc = "The request's token is refused, now and from now on."},
    {.name = "executes",
     .kind = BIND_ENUM,
     FAULT(executes),
     .words = executes_words,
     .doc = "Whether a recorded write happens all the same; by itself it does when the "
            "answer would have been a success."},
};

const struct bind_table sim_fault_table = {
    .name = "fault block",
    .rows = fault_rows,
    .n = COUNT_OF(fault_rows),
    .bytes = sizeof(struct sim_fault),
    .init = init_fault,
    .finish = finish_fault,
};

static void add_mutations(struct sim_fault *fault, const struct sim_fault *more)
{
    const struct sim_mutation *items = more->mutate.items;
    for (uint32_t i = 0; i < more->mutate.n; i++)
        if (fault->mutation_n < SIM_MUTATIONS_MAX)
            fault->mutations[fault->mutation_n++] = &items[i];
}

void sim_fault_add(struct sim_fault *fault, struct arena *arena,
                   const struct sim_fault *more)
{
    fault->early |= more->early;
    fault->delay = usec_add(fault->delay, more->delay);
    fault->jitter = usec_max(fault->jitter, more->jitter);
    fault->endless |= more->endless;
    fault->revoke |= more->revoke;
    if (more->status) {
        fault->status = more->status;
        fault->body = more->body;
    }
    if (more->headers.n)
        fault->headers = more->headers;
    if (more->instead)
        fault->instead = more->instead;
    if (more->cut) {
        struct sim_cut *cut = arena_alloc(arena, sizeof(*cut));
        *cut = *more->cut;
        fault->cut = cut;
    }
    if (more->malformed) {
        fault->malformed = more->malformed;
        fault->version = arena_str(arena, more->version);
    }
    if (more->length_off != 0)
        fault->length_off = more->length_off;
    if (more->extra_headers)
        fault->extra_headers = more->extra_headers;
    if (more->header_bytes)
        fault->header_bytes = more->header_bytes;
    if (more->executes)
        fault->executes = more->executes;
    add_mutations(fault, more);
}
