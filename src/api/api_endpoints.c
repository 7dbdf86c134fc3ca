/*
 * Endpoints: where events are posted. A change of settings is laid over what is stored
 * (RFC 7386) and read as a whole again, by the table that reads a new one.
 */
#include "api/api_body.h"
#include "api/api_listing.h"
#include "deliver/deliver.h"
#include "http/date.h"
#include "json/json_parse.h"
#include "json/merge.h"
#include "loop/world.h"

enum { SPEC_BYTES_MAX = 4 << 20 };

/* --- what one looks like --- */

static const struct shape_row endpoint_rows[] = {
    {.name = "id", .kind = SHAPE_TEXT, .doc = "ept_…"},
    {.name = "environment",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Whose events it gets; null: those of the whole stage."},
    {.name = "stage", .kind = SHAPE_TEXT, .doc = "The id of its stage."},
    {.name = "state",
     .kind = SHAPE_WORD,
     .words = endpoint_state_words,
     .doc = "paused: events wait; disabled: it gets none."},
    {.name = "reason",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Why it is not active: request, failures, gone."},
    {.name = "failing_since",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When more than half of its attempts failed; null: it is well."},
    {.name = "name", .kind = SHAPE_TEXT, .nullable = true, .doc = "For people."},
    {.name = "url", .kind = SHAPE_TEXT, .doc = "Where events are posted."},
    {.name = "types", .kind = SHAPE_TEXTS, .doc = "Types of events; none: all."},
    {.name = "integrations", .kind = SHAPE_TEXTS, .doc = "Of these; none: of all."},
    {.name = "accounts", .kind = SHAPE_TEXTS, .doc = "Of these; none: of all."},
    {.name = "resources", .kind = SHAPE_TEXTS, .doc = "Of these; none: of all."},
    {.name = "ordering",
     .kind = SHAPE_WORD,
     .words = endpoint_ordering_words,
     .doc = "Whether events of a record come one after the other."},
    {.name = "concurrency", .kind = SHAPE_UINT, .doc = "Attempts at a time."},
    {.name = "rate", .kind = SHAPE_UINT, .doc = "Attempts a second; 0: no limit."},
    {.name = "timeout", .kind = SHAPE_TEXT, .doc = "What an attempt may take."},
    {.name = "pending_max", .kind = SHAPE_UINT, .doc = "Deliveries that wait, at most."},
    {.name = "pending_mb_max", .kind = SHAPE_UINT, .doc = "Their events, in MiB."},
    {.name = "pause_on_failures",
     .kind = SHAPE_BOOL,
     .doc = "Whether failures pause it."},
    {.name = "skip_self", .kind = SHAPE_BOOL, .doc = "Without echoes of own writes."},
    {.name = "skip_late", .kind = SHAPE_BOOL, .doc = "Without what came late."},
    {.name = "alerts", .kind = SHAPE_BOOL, .doc = "Gets what is said of endpoints."},
    {.name = "header_names",
     .kind = SHAPE_TEXTS,
     .doc = "Lines that each delivery has; their values are secret."},
    {.name = "public_key",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "whpk_…, for signatures of the kind v1a; null: it has none."},
    {.name = "rotated_until",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "So long the secret before the present one signs as well."},
    {.name = "pending", .kind = SHAPE_UINT, .doc = "Deliveries that wait."},
    {.name = "pending_bytes", .kind = SHAPE_UINT, .doc = "The size of their events."},
    {.name = "created", .kind = SHAPE_TIME, .doc = "When it was made."},
    {.name = "updated", .kind = SHAPE_TIME, .doc = "When it changed last."},
    {.name = "secret",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "whsec_…: in the answer that made it, otherwise null."},
};

static const struct shape endpoint_shape = SHAPE_OF("endpoint", endpoint_rows);
static const struct shape endpoint_page = {"endpoint", endpoint_rows,
                                           COUNT_OF(endpoint_rows), true};

static void put_shown(struct json_out *out, const struct endpoint *endpoint)
{
    const struct json *names = json_member(&endpoint->shown, STR("header_names"));
    const struct json *until = json_member(&endpoint->shown, STR("rotated_until"));
    json_out_name(out, STR("header_names"));
    if (names)
        json_out_value(out, names);
    else
        json_out_null(out);
    shape_put_text(out, "public_key",
                   json_member_text(&endpoint->shown, STR("public_key")));
    shape_put_time(out, "rotated_until", until ? (usec)json_number(until) : 0);
}

static void put_endpoint(struct api_call *call, const struct endpoint *endpoint,
                         str secret)
{
    struct json_out *out = &call->out;
    struct deliver_load load =
        deliver_waiting(call->api->deliver, tenant_id_str(&endpoint->id));
    bool whole_stage = endpoint->environment.text[0] == 0;
    json_out_object(out);
    json_out_member_text(out, STR("id"), tenant_id_str(&endpoint->id));
    shape_put_text(out, "environment",
                   whole_stage ? STR_NONE : tenant_id_str(&endpoint->environment));
    json_out_member_text(out, STR("stage"), tenant_id_str(&endpoint->stage));
    json_out_member_text(out, STR("state"), endpoint_state_word(endpoint->state));
    shape_put_text(out, "reason", endpoint->reason);
    shape_put_time(out, "failing_since", endpoint->failing);
    if (str_absent(endpoint->spec.name))
        shape_put_text(out, "name", STR_NONE);
    endpoint_spec_put(out, &endpoint->spec);
    put_shown(out, endpoint);
    json_out_member_int(out, STR("pending"), (int64_t)load.pending);
    json_out_member_int(out, STR("pending_bytes"), (int64_t)load.bytes);
    shape_put_time(out, "created", endpoint->created);
    shape_put_time(out, "updated", endpoint->updated);
    shape_put_text(out, "secret", secret);
    json_out_end(out);
}

/* --- which ones --- */

static bool sees(const struct api_call *call, const struct endpoint *endpoint)
{
    struct directory *directory = call->api->directory;
    if (api_is_platform(call))
        return true;
    if (endpoint->environment.text[0]) {
        struct environment *environment =
            directory_find_environment(directory, tenant_id_str(&endpoint->environment));
        bool covered = environment && api_key_covers(call->key, environment);
        environment_unref(&environment);
        return covered;
    }
    struct stage *stage =
        directory_find_stage(directory, tenant_id_str(&endpoint->stage));
    bool seen = stage && api_sees_stage(call, stage) && call->key->environment_n == 0;
    stage_unref(&stage);
    return seen;
}

/* That of the path, with a reference; NULL when it was refused. */
static struct endpoint *find(struct api_call *call)
{
    str id = api_path(call, "endpoint");
    struct endpoint *endpoint = endpoints_find(deliver_endpoints(call->api->deliver), id);
    if (endpoint && sees(call, endpoint))
        return endpoint;
    endpoint_unref(&endpoint);
    api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no endpoint \"%.*s\".",
               (int)(id.n < 64 ? id.n : 64), id.p);
    return NULL;
}

static void run_get(struct api_call *call)
{
    struct endpoint *endpoint = find(call);
    if (!endpoint)
        return;
    put_endpoint(call, endpoint, STR_NONE);
    endpoint_unref(&endpoint);
    api_send(call);
}

const struct api_handler handler_endpoints_get = {
    .run = run_get, .status = 200, .answer = &endpoint_shape};

static const struct api_param list_params[] = {
    {.name = "environment", .kind = API_PARAM_TEXT, .max = 64, .doc = "Its own."},
    {.name = "state",
     .kind = API_PARAM_WORD,
     .words = endpoint_state_words,
     .doc = "Those that stand there."},
    {.name = NULL}};

struct filter {
    str environment;
    int state;
};

static bool want(void *arg, const struct endpoint *endpoint)
{
    return api_listing_asks(arg, endpoint);
}

static uint32_t gather(struct api_listing *listing, str after, uint32_t max, void *ret)
{
    return endpoints_list(deliver_endpoints(listing->call->api->deliver), after, max,
                          want, listing, ret);
}

static bool wants(const struct api_listing *listing, const void *object)
{
    const struct endpoint *endpoint = object;
    const struct filter *filter = listing->filter;
    return sees(listing->call, endpoint) &&
           (filter->state < 0 || (int)endpoint->state == filter->state) &&
           (str_absent(filter->environment) ||
            str_eq(filter->environment, tenant_id_str(&endpoint->environment)));
}

static str id_of(const void *object)
{
    return tenant_id_str(&((const struct endpoint *)object)->id);
}

static void put(struct api_listing *listing, const void *object)
{
    put_endpoint(listing->call, object, STR_NONE);
}

static void unref(void *object)
{
    struct endpoint *endpoint = object;
    endpoint_unref(&endpoint);
}

static void run_list(struct api_call *call)
{
    static const struct api_listing_ops ops = {
        .gather = gather, .wants = wants, .id = id_of, .put = put, .unref = unref};
    struct filter *filter = arena_zalloc(call->arena, sizeof(*filter));
    *filter = (struct filter){.environment = api_query(call, "environment"),
                              .state = api_query_word(call, "state")};
    struct api_listing *listing = api_listing_create(call, &ops, filter);
    if (listing)
        api_listing_start(listing);
}

const struct api_handler handler_endpoints_list = {.run = run_list,
                                                   .params = list_params,
                                                   .paged = true,
                                                   .status = 200,
                                                   .answer = &endpoint_page};

/* --- bodies --- */

struct endpoint_body {
    struct endpoint_spec spec;
    str environment, stage;
    struct json headers;
    str secret;
    bool ed25519;
};

#define AT(field) offsetof(struct endpoint_body, field)

/* What a delivery has by itself. */
static bool is_ours(str name)
{
    enum header_id id = header_id_of(name);
    return (header_flags(id) & HEADER_HOP) || id == HEADER_HOST ||
           id == HEADER_CONTENT_LENGTH || id == HEADER_EXPECT ||
           str_starts_nocase(name, STR("webhook-")) ||
           str_eq_nocase(name, STR("content-type")) ||
           str_eq_nocase(name, STR("content-encoding"));
}

/* custom: struct json. Names and values of header lines. */
static void read_headers(struct binder *binder, const struct json *value, void *field)
{
    bool good = json_is(value, JSON_OBJECT) && value->n <= SIGNING_HEADERS_MAX;
    for (uint32_t i = 0; good && i < value->n; i++) {
        const struct json_member *member = &value->u.members[i];
        str name = json_key(member), text = json_text(&member->value);
        good = json_is(&member->value, JSON_STRING) && name.n <= 100 && text.n <= 4000 &&
               header_name_valid(name) && header_value_valid(text) && !is_ours(name);
    }
    if (good)
        *(struct json *)field = *value;
    else
        bind_fault(binder,
                   "must be an object of at most %d header lines, none of them one that "
                   "deliveries have by themselves.",
                   SIGNING_HEADERS_MAX);
}

#define HEADERS_SCHEMA                                                                   \
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\","                \
    "\"maxLength\":4000},\"maxProperties\":20}"

#define HEADERS_ROW                                                                      \
    API_ROW_CUSTOM(struct endpoint_body, headers, read_headers, HEADERS_SCHEMA,          \
                   "Lines that each delivery has: {\"Authorization\":\"Bearer …\"}; "  \
                   "kept sealed, and not shown again.")

static const struct bind_row create_rows[] = {
    {.name = "environment",
     .kind = BIND_TEXT,
     .offset = AT(environment),
     .min = 1,
     .max = 64,
     .doc = "The id of the environment whose events it gets; or give `stage`."},
    {.name = "stage",
     .kind = BIND_TEXT,
     .offset = AT(stage),
     .min = 1,
     .max = 200,
     .doc = "The stage all of whose events it gets."},
    HEADERS_ROW,
    {.name = "secret",
     .kind = BIND_TEXT,
     .offset = AT(secret),
     .min = 1,
     .max = 200,
     .doc =
         "A secret of yours, whsec_ and 24 to 64 bytes in base64; left out: a new one."},
    {.name = "ed25519",
     .kind = BIND_BOOL,
     .offset = AT(ed25519),
     .doc = "Sign by a key pair as well (v1a); false."},
};

static const struct bind_row update_rows[] = {HEADERS_ROW};

static void init_body(void *obj)
{
    struct endpoint_body *body = obj;
    body->headers = (struct json){.type = JSON_UNDEFINED};
    body->environment = body->stage = body->secret = STR_NONE;
}

static const struct bind_table create_table = {.name = "body",
                                               .base = &endpoint_table,
                                               .rows = create_rows,
                                               .n = COUNT_OF(create_rows),
                                               .bytes = sizeof(struct endpoint_body),
                                               .init = init_body};
static const struct bind_table update_table = {.name = "body",
                                               .base = &endpoint_table,
                                               .rows = update_rows,
                                               .n = COUNT_OF(update_rows),
                                               .bytes = sizeof(struct endpoint_body),
                                               .init = init_body};

/* False when it was refused. */
static bool check_url(struct api_call *call, const struct endpoint_spec *spec)
{
    struct url url;
    const char *why;
    if (str_absent(spec->url)) {
        api_refuse_member(call, "/url", "is missing.");
        return false;
    }
    if (!url_parse(call->arena, spec->url, &url, &why)) {
        api_refuse_member(call, "/url", "is no URL to post to: %s.", why);
        return false;
    }
    if (!guard_takes(call->api->guard, &url, &why)) {
        api_refuse(call, ERR_ADDRESS_REFUSED, "%s", why);
        return false;
    }
    return true;
}

static bool check_secret(struct api_call *call, str text, str *ret_key)
{
    *ret_key = STR_NONE;
    if (str_absent(text) || signing_secret_parse(text, call->arena, ret_key))
        return true;
    api_refuse_member(call, "/secret",
                      "must be whsec_ and 24 to 64 bytes in base64, or be left out.");
    return false;
}

/* --- changes --- */

struct work {
    struct endpoint_change change;
    struct api_call *call;
};

static void refuse(struct api_call *call, const struct endpoint_change *change)
{
    if (change->err == ERR_STATE_CONFLICT && change->kind == ENDPOINT_ROTATE)
        api_refuse(call, change->err,
                   "The secret before the present one is still good; wait until it has "
                   "ended, or say `immediate`.");
    else if (change->err == ERR_STATE_CONFLICT)
        api_refuse(call, change->err, "The endpoint's state does not allow that.");
    else
        api_refuse_text(call, change->err, STR_NONE);
}

static void answer(struct api_call *call, const struct endpoint_change *change)
{
    str secret = str_absent(change->key) ? STR_NONE
                                         : signing_secret_text(change->key, call->arena);
    if (change->kind == ENDPOINT_DELETE) {
        api_send_nothing(call);
    } else if (change->kind == ENDPOINT_TEST) {
        char id[DELIVERY_ID_BYTES];
        delivery_id("evt_", change->event, id);
        json_out_object(&call->out);
        json_out_member_text(&call->out, STR("event"), str_z(id));
        json_out_end(&call->out);
        api_send(call);
    } else {
        put_endpoint(call, change->endpoint, secret);
        api_send(call);
    }
}

static void on_changed(struct endpoint_change *change)
{
    struct work *work = CONTAINER_OF(change, struct work, change);
    struct api_call *call = work->call;
    struct endpoint *endpoint = change->endpoint;
    if (change->err) {
        refuse(call, change);
        return;
    }
    if (change->kind == ENDPOINT_RESUME)
        deliver_resume(call->api->deliver, change->id);
    else if (change->kind != ENDPOINT_CREATE && change->kind != ENDPOINT_TEST)
        deliver_look(call->api->deliver, change->id, 0, 0);
    answer(call, change);
    endpoint_unref(&endpoint);
}

static struct endpoint_change *new_change(struct api_call *call,
                                          enum endpoint_change_kind kind)
{
    struct work *work = arena_zalloc(call->arena, sizeof(*work));
    work->call = call;
    work->change =
        (struct endpoint_change){.kind = kind,
                                 .store = call->api->store,
                                 .keyring = call->api->keyring,
                                 .endpoints = deliver_endpoints(call->api->deliver),
                                 .worker = call->worker,
                                 .arena = call->arena,
                                 .actor = call->actor,
                                 .wall = world_wall(call->worker->world),
                                 .done = on_changed,
                                 .environment = STR_NONE,
                                 .stage = STR_NONE,
                                 .secret = STR_NONE,
                                 .key = STR_NONE};
    return &work->change;
}

/* Whose it is to be. False when it was refused. */
static bool place(struct api_call *call, const struct endpoint_body *body,
                  struct endpoint_change *change)
{
    if (str_absent(body->environment) == str_absent(body->stage)) {
        api_refuse_member(call, "/environment", "or `stage` is wanted, one of them.");
        return false;
    }
    if (!str_absent(body->environment)) {
        struct environment *environment = api_find_environment(call, body->environment);
        if (environment) {
            change->environment = arena_str(call->arena, tenant_id_str(&environment->id));
            change->stage =
                arena_str(call->arena, tenant_id_str(&environment->stage->id));
        }
        bool found = environment != NULL;
        environment_unref(&environment);
        return found;
    }
    struct stage *stage = api_find_stage(call, body->stage);
    bool found = stage != NULL;
    bool whole = found && (api_is_platform(call) || call->key->environment_n == 0);
    if (whole)
        change->stage = arena_str(call->arena, tenant_id_str(&stage->id));
    else if (found)
        api_refuse(call, ERR_KEY_FORBIDDEN, "This key is not for the whole stage.");
    stage_unref(&stage);
    return whole;
}

static void run_create(struct api_call *call)
{
    struct endpoint_body *body = arena_zalloc(call->arena, sizeof(*body));
    struct endpoint_change *change = new_change(call, ENDPOINT_CREATE);
    char *id = arena_alloc(call->arena, ENDPOINT_ID_BYTES);
    if (!api_bind(call, body) || !check_url(call, &body->spec) ||
        !check_secret(call, body->secret, &change->secret) || !place(call, body, change))
        return;
    world_name(call->worker->world, "ept_", id);
    change->id = str_z(id);
    change->spec = &body->spec;
    change->headers = body->headers;
    change->ed25519 = body->ed25519;
    endpoint_change(change);
}

const struct api_handler handler_endpoints_create = {.run = run_create,
                                                     .body_kind = API_BODY_OBJECT,
                                                     .body = &create_table,
                                                     .secret = true,
                                                     .status = 201,
                                                     .answer = &endpoint_shape};

static struct json stored_spec(struct api_call *call, const struct endpoint *endpoint)
{
    struct json value;
    struct json_out out;
    struct buf text;
    buf_init(&text, SPEC_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    endpoint_spec_put(&out, &endpoint->spec);
    json_out_end(&out);
    CHECK(json_parse(call->arena, arena_take(call->arena, &text), NULL, &value, NULL));
    return value;
}

/* The stored settings with the body laid over them. False when it was refused. */
static bool lay_over(struct api_call *call, const struct endpoint *endpoint,
                     struct endpoint_body *ret_body)
{
    struct json patch;
    struct binder binder;
    struct json before = stored_spec(call, endpoint);
    if (!json_parse(call->arena, api_body_text(call), NULL, &patch, NULL) ||
        !json_is(&patch, JSON_OBJECT))
        return api_bind(call, ret_body); /* which says why not */
    struct json after = merge_patch(call->arena, &before, &patch);
    bind_init(&binder, call->arena);
    if (bind_read(&binder, &update_table, &after, ret_body))
        return true;
    api_refuse_member(call, arena_z(call->arena, binder.first->pointer), STR_F,
                      STR_A(binder.first->text));
    return false;
}

static void run_update(struct api_call *call)
{
    struct endpoint_body *body = arena_zalloc(call->arena, sizeof(*body));
    struct endpoint *endpoint = find(call);
    if (!endpoint)
        return;
    struct endpoint_change *change = new_change(call, ENDPOINT_UPDATE);
    bool good = lay_over(call, endpoint, body) && check_url(call, &body->spec);
    endpoint_unref(&endpoint);
    if (!good)
        return;
    change->id = api_path(call, "endpoint");
    change->spec = &body->spec;
    change->headers = body->headers;
    endpoint_change(change);
}

const struct api_handler handler_endpoints_update = {.run = run_update,
                                                     .body_kind = API_BODY_OBJECT,
                                                     .body = &update_table,
                                                     .status = 200,
                                                     .answer = &endpoint_shape};

/* --- acts --- */

static void run_act(struct api_call *call, enum endpoint_change_kind kind)
{
    struct endpoint *endpoint = find(call);
    if (!endpoint)
        return;
    endpoint_unref(&endpoint);
    struct endpoint_change *change = new_change(call, kind);
    change->id = api_path(call, "endpoint");
    endpoint_change(change);
}

static void run_delete(struct api_call *call)
{
    run_act(call, ENDPOINT_DELETE);
}

static void run_pause(struct api_call *call)
{
    run_act(call, ENDPOINT_PAUSE);
}

static void run_resume(struct api_call *call)
{
    run_act(call, ENDPOINT_RESUME);
}

static void run_test(struct api_call *call)
{
    run_act(call, ENDPOINT_TEST);
}

static const struct shape_row test_rows[] = {
    {.name = "event", .kind = SHAPE_TEXT, .doc = "The id of the event: evt_…"},
};
static const struct shape test_shape = SHAPE_OF("endpoint_test", test_rows);

const struct api_handler handler_endpoints_delete = {.run = run_delete, .status = 204};
const struct api_handler handler_endpoints_pause = {
    .run = run_pause, .status = 200, .answer = &endpoint_shape};
const struct api_handler handler_endpoints_resume = {
    .run = run_resume, .status = 200, .answer = &endpoint_shape};
const struct api_handler handler_endpoints_test = {
    .run = run_test, .status = 202, .answer = &test_shape};

/* --- a new secret --- */

struct rotate_body {
    str secret;
    usec overlap;
    bool immediate;
};

static const struct bind_row rotate_rows[] = {
    {.name = "secret",
     .kind = BIND_TEXT,
     .offset = offsetof(struct rotate_body, secret),
     .min = 1,
     .max = 200,
     .doc =
         "A secret of yours, whsec_ and 24 to 64 bytes in base64; left out: a new one."},
    {.name = "overlap",
     .kind = BIND_DURATION,
     .offset = offsetof(struct rotate_body, overlap),
     .min = 24 * 3600,
     .max = 30 * 24 * 3600,
     .doc = "How long the secret before it signs as well; standard and least 24h."},
    {.name = "immediate",
     .kind = BIND_BOOL,
     .offset = offsetof(struct rotate_body, immediate),
     .doc = "The secrets before it end now: somebody else knows them; false."},
};

static void init_rotate(void *obj)
{
    *(struct rotate_body *)obj =
        (struct rotate_body){.secret = STR_NONE, .overlap = 24 * USEC_H};
}

static const struct bind_table rotate_table = {.name = "body",
                                               .rows = rotate_rows,
                                               .n = COUNT_OF(rotate_rows),
                                               .bytes = sizeof(struct rotate_body),
                                               .init = init_rotate};

static void run_rotate(struct api_call *call)
{
    struct rotate_body body;
    str secret;
    struct endpoint *endpoint = find(call);
    bool found = endpoint != NULL;
    endpoint_unref(&endpoint);
    if (!found || !api_bind(call, &body) || !check_secret(call, body.secret, &secret))
        return;
    struct endpoint_change *change = new_change(call, ENDPOINT_ROTATE);
    change->secret = secret;
    change->id = api_path(call, "endpoint");
    change->immediate = body.immediate;
    change->until = body.immediate ? 0 : change->wall + body.overlap;
    endpoint_change(change);
}

const struct api_handler handler_endpoints_rotate = {.run = run_rotate,
                                                     .body_kind = API_BODY_OPTION,
                                                     .body = &rotate_table,
                                                     .secret = true,
                                                     .status = 200,
                                                     .answer = &endpoint_shape};
