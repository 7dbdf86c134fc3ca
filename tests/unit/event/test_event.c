#include "event/event.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "support/false_world.h"
#include "support/given.h"

int test_event(void);

struct desk {
    char dir[64];
    str kind;
    struct false_world world;
    struct false_loop loop;
    struct arena arena;
    struct store *store;
};

static void open_store(struct desk *desk)
{
    str why = STR_NONE;
    desk->store = store_open(desk->kind, str_z(desk->dir), &desk->arena, &why);
    if (!desk->store)
        fail_msg("the store does not open: " STR_F, STR_A(why));
}

static int setup(void **state, str kind)
{
    struct desk *desk = mem_zalloc(sizeof(*desk));
    strcpy(desk->dir, "/tmp/breakwater-event-XXXXXX");
    if (!mkdtemp(desk->dir))
        return -1;
    desk->kind = kind;
    arena_init(&desk->arena, 4096, 64 << 20);
    false_world_init(&desk->world, 3);
    false_loop_init(&desk->loop, &desk->world, 1);
    open_store(desk);
    *state = desk;
    return 0;
}

static int setup_mem(void **state)
{
    return setup(state, STR("mem"));
}

static int setup_sqlite(void **state)
{
    return setup(state, STR("sqlite"));
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    store_close(&desk->store);
    DIR *dir = opendir(desk->dir);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        unlink(arena_z(&desk->arena,
                       arena_printf(&desk->arena, "%s/%s", desk->dir, entry->d_name)));
    if (dir)
        closedir(dir);
    rmdir(desk->dir);
    false_loop_fini(&desk->loop);
    arena_fini(&desk->arena);
    mem_free(desk);
    return 0;
}

/* --- putting --- */

struct putting {
    struct store_op op;
    const struct event *events;
    unsigned n;
    enum err end; /* what the transaction ends with */
};

static enum err run_put(struct tx *tx, struct store_op *op)
{
    struct putting *putting = CONTAINER_OF(op, struct putting, op);
    for (unsigned i = 0; i < putting->n; i++) {
        enum err err = event_put(tx, &putting->events[i]);
        if (err != ERR_NONE)
            return err;
    }
    return putting->end;
}

static void put(struct desk *desk, const struct event *events, unsigned n, enum err end)
{
    struct putting putting = {
        .op = {.kind = STORE_FULL, .run = run_put}, .events = events, .n = n, .end = end};
    assert_int_equal(store_run(desk->store, &putting.op), end);
}

static struct event event_of(enum event_type type, str environment, str account)
{
    return (struct event){.type = type,
                          .time = 1000 + (usec)type,
                          .environment = environment,
                          .account = account,
                          .detail = STR("{\"reason\":\"why\"}")};
}

static void put_one(struct desk *desk, enum event_type type, str environment, str account)
{
    struct event event = event_of(type, environment, account);
    put(desk, &event, 1, ERR_NONE);
}

/* --- listing --- */

static bool answered;

static void on_listed(struct event_query *query)
{
    (void)query;
    answered = true;
}

static struct event_query query_of(struct desk *desk, uint32_t max)
{
    return (struct event_query){.max = max,
                                .arena = &desk->arena,
                                .worker = false_loop_worker(&desk->loop, 0),
                                .done = on_listed};
}

static void ask(struct desk *desk, struct event_query *query)
{
    answered = false;
    event_list(desk->store, query);
    assert_false(answered); /* never from inside */
    assert_true(false_loop_wait(&desk->loop, &answered));
    assert_int_equal(query->err, ERR_NONE);
    assert_true(query->n <= query->max);
}

static int64_t count(struct desk *desk)
{
    struct event_query query = query_of(desk, 1000);
    ask(desk, &query);
    return query.n;
}

/* --- tests --- */

static void an_event_is_found_as_it_was_put(void **state)
{
    struct desk *desk = *state;
    struct event_query query = query_of(desk, 10);
    put_one(desk, EVENT_ACCOUNT_NEEDS_REAUTH, STR("env_1"), STR("acc_1"));
    put_one(desk, EVENT_ACCOUNT_CONNECTED, STR_NONE, STR_NONE);
    ask(desk, &query);
    assert_int_equal(query.n, 2);
    const struct event_row *row = &query.rows[1];
    assert_int_equal(row->sequence, 1);
    assert_int_equal(row->time, 1000 + EVENT_ACCOUNT_NEEDS_REAUTH);
    assert_str(row->type, STR("account.needs_reauth"));
    assert_str(row->environment, STR("env_1"));
    assert_str(row->account, STR("acc_1"));
    assert_str(row->detail, STR("{\"reason\":\"why\"}"));
    assert_int_equal(query.rows[0].sequence, 2);
    assert_true(str_absent(query.rows[0].environment));
    assert_true(str_absent(query.rows[0].account));
}

static void every_type_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
        str name = event_type_name((enum event_type)i);
        str doc = event_type_doc((enum event_type)i);
        assert_true(str_find(name, '.') < name.n);
        assert_true(doc.n > 10 && doc.p[doc.n - 1] == '.');
        for (int k = 0; k < i; k++)
            assert_false(str_eq(name, event_type_name((enum event_type)k)));
    }
}

static void what_is_rolled_back_leaves_no_event_and_no_gap(void **state)
{
    struct desk *desk = *state;
    struct event_query query = query_of(desk, 10);
    struct event events[] = {event_of(EVENT_ACCOUNT_CONNECTED, STR("e"), STR("a")),
                             event_of(EVENT_ACCOUNT_DEGRADED, STR("e"), STR("a"))};
    put(desk, events, 2, ERR_NONE);
    put(desk, events, 2, ERR_STATE_CONFLICT);
    put(desk, events, 1, ERR_INTERNAL);
    put(desk, events, 1, ERR_NONE);
    ask(desk, &query);
    assert_int_equal(query.n, 3);
    for (uint32_t i = 0; i < query.n; i++)
        assert_int_equal(query.rows[i].sequence, 3 - i);
}

struct crowd {
    struct putting putting;
    bool done;
};

static void on_put(struct store_op *op)
{
    CONTAINER_OF(op, struct crowd, putting.op)->done = true;
}

/* Of one batch, every third is rolled back. */
static void a_crowd_is_numbered_without_gaps(void **state)
{
    enum { CROWD = 300 };
    static struct crowd crowd[CROWD];
    struct desk *desk = *state;
    struct event_query query = query_of(desk, CROWD);
    struct event event = event_of(EVENT_ACCOUNT_CONNECTED, STR("e"), STR("a"));
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = (struct crowd){
            .putting = {.op = {.kind = STORE_FULL,
                               .run = run_put,
                               .done = on_put,
                               .worker = false_loop_worker(&desk->loop, 0)},
                        .events = &event,
                        .n = 1,
                        .end = i % 3 ? ERR_NONE : ERR_STATE_CONFLICT}};
        store_submit(desk->store, &crowd[i].putting.op);
    }
    for (int i = 0; i < CROWD; i++)
        assert_true(false_loop_wait(&desk->loop, &crowd[i].done));
    ask(desk, &query);
    assert_int_equal(query.n, CROWD - CROWD / 3);
    for (uint32_t i = 0; i < query.n; i++)
        assert_int_equal(query.rows[i].sequence, query.n - i);
}

static void pages_go_back_without_gaps(void **state)
{
    struct desk *desk = *state;
    struct event_query query = query_of(desk, 7);
    int64_t expected = 50;
    for (int i = 0; i < 50; i++)
        put_one(desk, EVENT_ACCOUNT_CONNECTED, STR("e"), STR("a"));
    do {
        ask(desk, &query);
        for (uint32_t i = 0; i < query.n; i++)
            assert_int_equal(query.rows[i].sequence, expected--);
        if (query.n)
            query.before = query.rows[query.n - 1].sequence;
    } while (query.n == query.max);
    assert_int_equal(expected, 0);
}

static void events_are_filtered(void **state)
{
    static const struct {
        const char *environment, *account, *type;
        int64_t before;
        const char *want; /* numbers, newest first */
    } rows[] = {
        {NULL, NULL, NULL, 0, "6 5 4 3 2 1 "},
        {"e1", NULL, NULL, 0, "5 3 2 1 "},
        {NULL, "a1", NULL, 0, "3 1 "},
        {"e1", "a1", NULL, 0, "3 1 "},
        {"e2", "a1", NULL, 0, ""},
        {NULL, NULL, "account.degraded", 0, "3 "},
        {"e1", NULL, "account.connected", 0, "5 2 1 "},
        {NULL, "a1", "account.connected", 0, "1 "},
        {"e1", "a1", "account.connected", 3, "1 "},
        {"e1", NULL, NULL, 5, "3 2 1 "},
        {NULL, NULL, NULL, 1, ""},
        {NULL, NULL, "account.%", 0, ""},
        {NULL, NULL, "ACCOUNT.CONNECTED", 0, ""},
        {"e1' OR '1'='1", NULL, NULL, 0, ""},
    };
    struct desk *desk = *state;
    put_one(desk, EVENT_ACCOUNT_CONNECTED, STR("e1"), STR("a1"));
    put_one(desk, EVENT_ACCOUNT_CONNECTED, STR("e1"), STR("a2"));
    put_one(desk, EVENT_ACCOUNT_DEGRADED, STR("e1"), STR("a1"));
    put_one(desk, EVENT_ACCOUNT_CONNECTED, STR("e2"), STR("a3"));
    put_one(desk, EVENT_ACCOUNT_CONNECTED, STR("e1"), STR_NONE);
    put_one(desk, EVENT_ACCOUNT_CONNECTED, STR_NONE, STR_NONE);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct event_query query = query_of(desk, 10);
        str numbers = STR("");
        query.environment = str_z(rows[i].environment);
        query.account = str_z(rows[i].account);
        query.type = str_z(rows[i].type);
        query.before = rows[i].before;
        ask(desk, &query);
        for (uint32_t k = 0; k < query.n; k++)
            numbers = arena_printf(&desk->arena, STR_F "%lld ", STR_A(numbers),
                                   (long long)query.rows[k].sequence);
        assert_str(numbers, str_z(rows[i].want));
    }
}

static void events_outlive_the_process(void **state)
{
    struct desk *desk = *state;
    put_one(desk, EVENT_ACCOUNT_CONNECTED, STR("e"), STR("a"));
    store_close(&desk->store);
    open_store(desk);
    put_one(desk, EVENT_ACCOUNT_DEGRADED, STR("e"), STR("a"));
    assert_int_equal(count(desk), 2);
}

#define ON(kind, name) cmocka_unit_test_setup_teardown(name, setup_##kind, teardown)
#define BOTH(name)     ON(mem, name), ON(sqlite, name)

int test_event(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(an_event_is_found_as_it_was_put),
        BOTH(every_type_has_a_name_and_a_sentence),
        BOTH(what_is_rolled_back_leaves_no_event_and_no_gap),
        BOTH(a_crowd_is_numbered_without_gaps),
        BOTH(pages_go_back_without_gaps),
        BOTH(events_are_filtered),
        ON(sqlite, events_outlive_the_process),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
