/*
 * Requests whose credential signs their form, on false time: when the body is waited for,
 * and that what was signed is what is sent.
 */
#include "support/unit.h"

#include "tests.h"

#include "auth/oauth1.h"
#include "base/mem.h"
#include "directory/keyring.h"
#include "exchange/exchange.h"
#include "http/field.h"
#include "support/script_scene.h"

static const char document[] =
    "{\"name\":\"vendor\",\"label\":\"A vendor\",\"version\":\"1\","
    "\"hosts\":[\"api.vendor.test\"],\"base_url\":\"https://api.vendor.test/v2\","
    "\"auth\":{\"scheme\":\"oauth1\",\"two_legged\":true}}";

static const char master_key[] = "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

struct scene {
    struct script_scene base;
    struct keyring *keyring;
    struct store *store;
    struct directory *directory;
    struct exchange exchange;
    struct headers headers;
    struct body body;
    bool done;
};

static void open_directory(struct scene *scene)
{
    str why = STR_NONE;
    scene->keyring = keyring_create(str_z(master_key), &scene->base.arena, &why);
    scene->store = store_open(STR("mem"), STR(""), &scene->base.arena, &why);
    assert_true(scene->keyring && scene->store);
    scene->directory = directory_open(scene->store, scene->keyring,
                                      &scene->base.world.world, &scene->base.arena, &why);
    assert_non_null(scene->directory);
}

static void set(struct credential *credential, const char *name, const char *value)
{
    credential->name = str_z(mem_copy_z(name, strlen(name)));
    secret_init(&credential->value, str_z(value));
}

static void open_account(struct scene *scene)
{
    struct credentials *credentials = credentials_create(2, 1);
    set(&credentials->items[0], "consumer_key", "ck");
    set(&credentials->items[1], "consumer_secret", "cs");
    atomic_init(&scene->base.account.opened, credentials);
}

static void on_nothing(struct body *body)
{
    (void)body;
}

static void on_data(struct body *body)
{
    struct scene *scene = CONTAINER_OF(body, struct scene, body);
    exchange_body_ready(&scene->exchange);
}

static void on_inform(struct exchange *exchange, const struct message_head *head)
{
    (void)exchange;
    (void)head;
}

static void on_answer(struct exchange *exchange)
{
    (void)exchange;
}

static void on_body(struct exchange *exchange, str chunk)
{
    (void)exchange;
    (void)chunk;
}

static void on_done(struct exchange *exchange)
{
    struct scene *scene = exchange->owner;
    assert_false(scene->done);
    scene->done = true;
}

static const struct exchange_ops ops = {on_inform, on_answer, on_body, on_done};

/* A POST of a body of `type`, of which nothing has come. */
static void open_scene(struct scene *scene, const struct play *plays, unsigned n,
                       const char *type)
{
    *scene = (struct scene){0};
    script_scene_open(&scene->base, document, plays, n);
    open_directory(scene);
    open_account(scene);
    scene->base.env.directory = scene->directory;
    struct exchange *exchange = &scene->exchange;
    exchange_init(exchange, &scene->base.env, script_scene_worker(&scene->base),
                  &scene->base.arena);
    exchange->integration = scene->base.integration;
    exchange->ops = &ops;
    exchange->owner = scene;
    exchange->account = &scene->base.account;
    headers_init(&scene->headers, &scene->base.arena, 8);
    header_add(&scene->headers, HEADER_CONTENT_TYPE, str_z(type));
    body_init(&scene->body, &scene->base.budget, 1 << 20, -1);
    scene->body.on_start = scene->body.on_room = on_nothing;
    scene->body.on_data = on_data;
    exchange->request.verb = STR("POST");
    exchange->request.path = STR("/things");
    exchange->request.query = STR("q=1%202");
    exchange->request.headers = &scene->headers;
    exchange->request.body = &scene->body;
    exchange->request.body_bytes = CALL_BODY_CHUNKED;
    exchange->request.keyed = true;
}

static void close_scene(struct scene *scene)
{
    struct credentials *credentials = atomic_load(&scene->base.account.opened);
    exchange_fini(&scene->exchange);
    body_fini(&scene->body);
    credentials_destroy(&credentials);
    directory_close(&scene->directory);
    store_close(&scene->store);
    keyring_destroy(&scene->keyring);
    script_scene_close(&scene->base);
}

#define FORM "application/x-www-form-urlencoded"
#define WITH(scene, type, ...)                                                           \
    const struct play plays_[] = {__VA_ARGS__};                                          \
    struct scene scene;                                                                  \
    (void)state;                                                                         \
    open_scene(&scene, plays_, COUNT_OF(plays_), type)

static void start(struct scene *scene)
{
    exchange_start(&scene->exchange);
    false_loop_run(&scene->base.loop, USEC_S);
}

static void finish(struct scene *scene)
{
    script_scene_run_until(&scene->base, &scene->done);
}

/* A parameter of an Authorization header. */
static str param_of(struct arena *arena, str value, const char *name)
{
    str piece, key, content;
    while (field_list_next(&value, &piece)) {
        field_pair(piece, &key, &content);
        if (str_ends(key, str_z(name)))
            return url_query_decode(arena, content);
    }
    fail_msg("no %s", name);
    return STR_NONE;
}

/* Whether the vendor, who has the same secret, finds the signature good. */
static void check_signature(struct scene *scene, const struct heard *heard, str form)
{
    struct arena *arena = &scene->base.arena;
    struct url url;
    uint64_t timestamp;
    str value = header_value(&heard->headers, HEADER_AUTHORIZATION);
    assert_true(url_parse(arena, heard->url, &url, NULL));
    assert_true(
        str_to_u64(param_of(arena, value, "oauth_timestamp"), INT64_MAX, &timestamp));
    const struct oauth1 oauth1 = {.consumer_key = STR("ck"),
                                  .consumer_secret = STR("cs"),
                                  .nonce = param_of(arena, value, "oauth_nonce"),
                                  .timestamp = (int64_t)timestamp,
                                  .verb = heard->method,
                                  .url = &url,
                                  .query = url.query,
                                  .form = form};
    assert_int_equal(timestamp / 100000000, 17); /* 2025, as the false world has it */
    assert_str(param_of(arena, value, "oauth_signature"),
               oauth1_signature(&oauth1, arena));
}

static void a_form_is_complete_before_it_is_signed(void **state)
{
    WITH(scene, FORM "; charset=utf-8", {.status = 200});
    start(&scene);
    assert_int_equal(scene.exchange.step, EXCHANGE_GATHER);
    body_put(&scene.body, STR("a=1+2&"));
    false_loop_run(&scene.base.loop, USEC_S);
    assert_int_equal(scene.base.script.calls, 0);
    body_put(&scene.body, STR("b=%26"));
    body_end(&scene.body);
    assert_int_equal(scene.exchange.step, EXCHANGE_GATHER); /* not inside of body_end */
    finish(&scene);
    assert_int_equal(scene.exchange.outcome.class, OUTCOME_OK);
    assert_int_equal(scene.exchange.outcome.starved, 2 * USEC_S);
    assert_str(scene.base.script.heard[0].body, STR("a=1+2&b=%26"));
    check_signature(&scene, &scene.base.script.heard[0], STR("a=1+2&b=%26"));
    close_scene(&scene);
}

static void a_form_that_is_there_or_empty_is_not_waited_for(void **state)
{
    static const char *const forms[] = {"a=1", ""};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        WITH(scene, FORM, {.status = 200});
        body_put(&scene.body, str_z(forms[i]));
        body_end(&scene.body);
        exchange_start(&scene.exchange);
        finish(&scene);
        assert_int_equal(scene.exchange.outcome.starved, 0);
        check_signature(&scene, &scene.base.script.heard[0], str_z(forms[i]));
        close_scene(&scene);
    }
}

static void other_bodies_stream(void **state)
{
    WITH(scene, "application/json", {.status = 200});
    start(&scene);
    assert_int_equal(scene.exchange.step, EXCHANGE_CALL);
    body_put(&scene.body, STR("{}"));
    body_end(&scene.body);
    finish(&scene);
    assert_str(scene.base.script.heard[0].body, STR("{}"));
    check_signature(&scene, &scene.base.script.heard[0], STR_NONE);
    close_scene(&scene);
}

static void each_attempt_is_signed_anew(void **state)
{
    WITH(scene, FORM, {.status = 503}, {.status = 200});
    start(&scene);
    body_put(&scene.body, STR("a=1"));
    body_end(&scene.body);
    finish(&scene);
    assert_int_equal(scene.base.script.calls, 2);
    const struct heard *heard = scene.base.script.heard;
    for (int i = 0; i < 2; i++) {
        assert_str(heard[i].body, STR("a=1"));
        check_signature(&scene, &heard[i], STR("a=1"));
    }
    assert_false(str_eq(header_value(&heard[0].headers, HEADER_AUTHORIZATION),
                        header_value(&heard[1].headers, HEADER_AUTHORIZATION)));
    close_scene(&scene);
}

static void a_form_past_the_limit_is_refused(void **state)
{
    static char half[40000];
    memset(half, 'a', sizeof(half));
    for (int announced = 0; announced < 2; announced++) {
        WITH(scene, FORM, {.status = 200});
        if (announced)
            scene.exchange.request.body_bytes = 64 * 1024 + 1;
        start(&scene);
        for (int i = 0; i < 2; i++)
            body_put(&scene.body, str_of(half, sizeof(half)));
        finish(&scene);
        assert_int_equal(scene.exchange.outcome.err, ERR_BODY_TOO_LARGE);
        assert_int_equal(scene.exchange.outcome.class, OUTCOME_LOCAL);
        assert_int_equal(scene.base.script.calls, 0);
        close_scene(&scene);
    }
}

/* A worker that keeps too much already passes bodies through. */
static void a_form_that_cannot_be_kept_is_refused(void **state)
{
    WITH(scene, FORM, {.status = 200});
    start(&scene);
    scene.base.budget.bytes_max = 0;
    body_put(&scene.body, STR("a=1&"));
    false_loop_run(&scene.base.loop, USEC_S);
    body_put(&scene.body, STR("b=2"));
    body_end(&scene.body);
    finish(&scene);
    assert_int_equal(scene.exchange.outcome.err, ERR_BODY_TOO_LARGE);
    assert_int_equal(scene.base.script.calls, 0);
    close_scene(&scene);
}

static void a_form_that_does_not_end_meets_the_deadline(void **state)
{
    static const struct {
        usec deadline;
        enum err err;
    } rows[] = {{5 * USEC_S, ERR_DEADLINE_EXCEEDED}, {USEC_NEVER, ERR_REQUEST_TIMEOUT}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        WITH(scene, FORM, {.status = 200});
        scene.exchange.request.deadline =
            usec_add(rows[i].deadline, scene.exchange.worker->now);
        start(&scene);
        body_put(&scene.body, STR("a=1"));
        finish(&scene);
        assert_int_equal(scene.exchange.outcome.err, rows[i].err);
        assert_int_equal(scene.base.script.calls, 0);
        body_put(&scene.body, STR("&b=2"));
        false_loop_run(&scene.base.loop, USEC_S);
        close_scene(&scene);
    }
}

static void a_caller_that_leaves_ends_the_wait(void **state)
{
    WITH(scene, FORM, {.status = 200});
    start(&scene);
    assert_true(exchange_cancel(&scene.exchange));
    body_put(&scene.body, STR("a=1"));
    body_end(&scene.body);
    false_loop_run(&scene.base.loop, USEC_MIN);
    assert_false(scene.done);
    assert_int_equal(scene.base.script.calls, 0);
    close_scene(&scene);
}

static void a_body_that_breaks_off_ends_the_wait(void **state)
{
    WITH(scene, FORM, {.status = 200});
    start(&scene);
    body_put(&scene.body, STR("a=1"));
    body_break(&scene.body);
    exchange_body_broken(&scene.exchange);
    assert_true(scene.done);
    assert_int_equal(scene.exchange.outcome.err, ERR_REQUEST_TIMEOUT);
    assert_int_equal(scene.base.script.calls, 0);
    close_scene(&scene);
}

int test_gather(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_complete_before_it_is_signed),
        cmocka_unit_test(a_form_that_is_there_or_empty_is_not_waited_for),
        cmocka_unit_test(other_bodies_stream),
        cmocka_unit_test(each_attempt_is_signed_anew),
        cmocka_unit_test(a_form_past_the_limit_is_refused),
        cmocka_unit_test(a_form_that_cannot_be_kept_is_refused),
        cmocka_unit_test(a_form_that_does_not_end_meets_the_deadline),
        cmocka_unit_test(a_caller_that_leaves_ends_the_wait),
        cmocka_unit_test(a_body_that_breaks_off_ends_the_wait),
    };
    return cmocka_run_group_tests_name("exchange: gather", tests, NULL, NULL);
}
