#include "counter.h"
#include "groups.h"

#include "directory/audit.h"

#define LINK    STR("con_thelinkthelinkthelinkth")
#define STATE   STR("thestatethestatethestate")
#define BROWSER STR("thebrowserthebrowserthebrowser")

static void mint(struct counter *counter)
{
    struct session_change change = counter_step(counter, SESSION_MINT);
    change.secret = LINK;
    change.actor = (struct actor){.key_id = STR("key_1"), .peer = STR("10.0.0.1")};
    change.environment = counter->environment;
    change.session = (struct session){.id = STR("ses_1"),
                                      .account = counter->account,
                                      .return_url = STR("https://us.test/after"),
                                      .way = STR("oauth"),
                                      .force = true,
                                      .expires = change.wall + 30 * USEC_MIN};
    assert_int_equal(counter_take(counter, &change), ERR_NONE);
}

static enum err look(struct counter *counter, str link, struct session *ret)
{
    struct session_change change = counter_step(counter, SESSION_LOOK);
    change.secret = link;
    enum err err = counter_take(counter, &change);
    *ret = change.session;
    return err;
}

static enum err begin(struct counter *counter, str state, str browser)
{
    struct session_change change = counter_step(counter, SESSION_BEGIN);
    change.secret = LINK;
    change.state = state;
    change.browser = browser;
    return counter_take(counter, &change);
}

static enum err claim(struct counter *counter, str state, str browser)
{
    struct session_change change = counter_step(counter, SESSION_CLAIM);
    change.state = state;
    change.browser = browser;
    return counter_take(counter, &change);
}

static enum err end(struct counter *counter)
{
    struct session_change change = counter_step(counter, SESSION_END);
    change.session.id = STR("ses_1");
    return counter_take(counter, &change);
}

static void a_minted_session_is_found_by_its_link(void **state)
{
    struct counter *counter = *state;
    struct session session;
    mint(counter);
    assert_int_equal(look(counter, LINK, &session), ERR_NONE);
    assert_str(session.id, STR("ses_1"));
    assert_str(session.account, counter->account);
    assert_str(session.return_url, STR("https://us.test/after"));
    assert_true(session.force && !session.ended);
    assert_int_equal(look(counter, STR("con_another"), &session), ERR_SESSION_UNKNOWN);
    assert_int_equal(look(counter, STR(""), &session), ERR_SESSION_UNKNOWN);
    assert_int_equal(look(counter, STR("ses_1"), &session), ERR_SESSION_UNKNOWN);
}

/* What the browser was sent with comes back with it; the link itself stays open. */
static void a_session_knows_by_which_way_it_was_begun(void **state)
{
    struct counter *counter = *state;
    struct session session;
    mint(counter);
    assert_int_equal(look(counter, LINK, &session), ERR_NONE);
    assert_str(session.way, STR("oauth"));
    assert_true(str_absent(session.begun));
    struct session_change change = counter_step(counter, SESSION_BEGIN);
    change.secret = LINK;
    change.state = STATE;
    change.browser = BROWSER;
    change.begun = STR("other");
    assert_int_equal(counter_take(counter, &change), ERR_NONE);
    change = counter_step(counter, SESSION_CLAIM);
    change.state = STATE;
    change.browser = BROWSER;
    assert_int_equal(counter_take(counter, &change), ERR_NONE);
    assert_str(change.session.begun, STR("other"));
    assert_str(change.session.way, STR("oauth"));
    assert_int_equal(begin(counter, STR("second"), BROWSER), ERR_NONE);
    assert_int_equal(look(counter, LINK, &session), ERR_NONE);
    assert_true(str_absent(session.begun));
}

static void a_state_is_good_once(void **state)
{
    struct counter *counter = *state;
    mint(counter);
    assert_int_equal(claim(counter, STATE, BROWSER), ERR_SESSION_UNKNOWN);
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_NONE);
    assert_int_equal(claim(counter, STATE, BROWSER), ERR_NONE);
    assert_int_equal(claim(counter, STATE, BROWSER), ERR_SESSION_UNKNOWN);
    assert_int_equal(begin(counter, STR("another"), BROWSER), ERR_NONE);
    assert_int_equal(claim(counter, STR("another"), BROWSER), ERR_NONE);
}

static void beginning_again_forgets_the_state_before(void **state)
{
    struct counter *counter = *state;
    mint(counter);
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_NONE);
    assert_int_equal(begin(counter, STR("second"), STR("other")), ERR_NONE);
    assert_int_equal(claim(counter, STATE, BROWSER), ERR_SESSION_UNKNOWN);
    assert_int_equal(claim(counter, STR("second"), STR("other")), ERR_NONE);
}

static void another_browser_neither_claims_nor_uses_up(void **state)
{
    struct counter *counter = *state;
    mint(counter);
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_NONE);
    assert_int_equal(claim(counter, STATE, STR("other")), ERR_SESSION_OTHER_BROWSER);
    assert_int_equal(claim(counter, STATE, STR("")), ERR_SESSION_OTHER_BROWSER);
    assert_int_equal(claim(counter, STATE, STR_NONE), ERR_SESSION_OTHER_BROWSER);
    assert_int_equal(claim(counter, STATE, BROWSER), ERR_NONE);
}

static void a_session_ends_with_its_time(void **state)
{
    struct counter *counter = *state;
    struct session session;
    mint(counter);
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_NONE);
    false_world_jump(&counter->world, 30 * USEC_MIN - 1);
    assert_int_equal(look(counter, LINK, &session), ERR_NONE);
    false_world_jump(&counter->world, 1);
    assert_int_equal(look(counter, LINK, &session), ERR_SESSION_UNKNOWN);
    assert_str(session.return_url, STR("https://us.test/after")); /* the way back */
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_SESSION_UNKNOWN);
    assert_int_equal(claim(counter, STATE, BROWSER), ERR_SESSION_UNKNOWN);
}

static void an_ended_session_does_nothing_more(void **state)
{
    struct counter *counter = *state;
    struct session session;
    mint(counter);
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_NONE);
    assert_int_equal(end(counter), ERR_NONE);
    assert_int_equal(look(counter, LINK, &session), ERR_SESSION_UNKNOWN);
    assert_true(session.ended);
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_SESSION_UNKNOWN);
    assert_int_equal(claim(counter, STATE, BROWSER), ERR_SESSION_UNKNOWN);
}

static void old_sessions_are_forgotten_when_new_ones_are_made(void **state)
{
    struct counter *counter = *state;
    struct session session;
    mint(counter);
    false_world_jump(&counter->world, 25 * USEC_H);
    struct session_change change = counter_step(counter, SESSION_MINT);
    change.secret = STR("con_new");
    change.environment = counter->environment;
    change.session = (struct session){
        .id = STR("ses_2"), .account = counter->account, .expires = change.wall + USEC_H};
    assert_int_equal(counter_take(counter, &change), ERR_NONE);
    assert_int_equal(look(counter, LINK, &session), ERR_SESSION_UNKNOWN);
    assert_str(session.id, STR_NONE);
    assert_int_equal(look(counter, STR("con_new"), &session), ERR_NONE);
    assert_str(session.return_url, STR_NONE);
}

static void the_store_has_digests_only(void **state)
{
    struct counter *counter = *state;
    mint(counter);
    assert_int_equal(begin(counter, STATE, BROWSER), ERR_NONE);
    assert_true(counter_stores(counter, STR("ses_1")));
    assert_false(counter_stores(counter, LINK));
    assert_false(counter_stores(counter, STATE));
    assert_false(counter_stores(counter, BROWSER));
}

/* --- the audit log --- */

static bool listed;

static void on_listed(struct audit_query *query)
{
    (void)query;
    listed = true;
}

static void who_made_a_link_is_audited(void **state)
{
    struct counter *counter = *state;
    listed = false;
    mint(counter);
    struct audit_query query = {.worker = false_loop_worker(&counter->loop, 0),
                                .arena = &counter->arena,
                                .max = 1,
                                .done = on_listed};
    audit_list(counter->store, &query);
    assert_true(false_loop_wait(&counter->loop, &listed));
    assert_int_equal(query.n, 1);
    const struct audit_entry *entry = &query.rows[0].entry;
    assert_str(entry->action, STR("account.connect_session"));
    assert_str(entry->actor, STR("key_1"));
    assert_str(entry->object_id, counter->account);
    assert_str(entry->environment, counter->environment);
    assert_true(str_find_str(entry->detail, STR("ses_1")) < entry->detail.n);
    assert_true(str_find_str(entry->detail, LINK) == entry->detail.n);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, counter_setup, counter_teardown)

int test_session(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_minted_session_is_found_by_its_link),
        TEST(a_session_knows_by_which_way_it_was_begun),
        TEST(a_state_is_good_once),
        TEST(beginning_again_forgets_the_state_before),
        TEST(another_browser_neither_claims_nor_uses_up),
        TEST(a_session_ends_with_its_time),
        TEST(an_ended_session_does_nothing_more),
        TEST(old_sessions_are_forgotten_when_new_ones_are_made),
        TEST(the_store_has_digests_only),
        TEST(who_made_a_link_is_audited),
    };
    return cmocka_run_group_tests_name("connect: sessions", tests, NULL, NULL);
}
