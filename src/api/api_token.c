/*
 * The token of an account: how it stands, what it foretells, and renewing it by hand.
 * Facts are what the store has, in wall time; the rest is what the keeper of this process
 * plans. What is foretold changes no state: an end that comes nearer every day would move
 * the account to and fro with each renewal.
 */
#include "api/api_token.h"

#include "api/api_view.h"
#include "directory/audit.h"
#include "directory/ending.h"
#include "http/date.h"
#include "keeper/keeper.h"
#include "loop/world.h"

static const usec exchange_time = 2 * USEC_MIN; /* the longest that one takes */

/* --- the shape --- */

static const struct shape_row token_rows[] = {
    {.name = "kept", .kind = SHAPE_BOOL, .doc = "It is renewed before it ends."},
    {.name = "static",
     .kind = SHAPE_BOOL,
     .doc = "It cannot be renewed, since no refresh token came with it."},
    {.name = "renewing",
     .kind = SHAPE_BOOL,
     .doc = "An exchange with the vendor's token endpoint is under way."},
    {.name = "waiters", .kind = SHAPE_UINT, .doc = "Calls that wait for its end."},
    {.name = "issued", .kind = SHAPE_TIME, .nullable = true, .doc = "When it came."},
    {.name = "expires",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When it ends; null when that is not known, or it does not."},
    {.name = "good_for_s",
     .kind = SHAPE_NUMBER,
     .nullable = true,
     .doc = "Seconds until its end, also where that was learned; 0: it has ended."},
    {.name = "learned_lifetime_s",
     .kind = SHAPE_NUMBER,
     .nullable = true,
     .doc = "How long such tokens live, as the vendor's refusals have shown."},
    {.name = "next_renewal",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When the next exchange is planned."},
    {.name = "renewed",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When an exchange gave a token last."},
    {.name = "tried",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When an exchange was begun last."},
    {.name = "failures",
     .kind = SHAPE_UINT,
     .doc = "Exchanges without a token, since the last that gave one."},
    {.name = "fault",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "What the last of them said."},
    {.name = "unanswered",
     .kind = SHAPE_BOOL,
     .doc = "The last exchange was sent and its answer never came."},
    {.name = "refresh_expires",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When the refresh token ends, where the vendor says so."},
    {.name = "scope",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc =
         "What the vendor has granted, in its words; null where it did not say: what was "
         "asked for (RFC 6749, section 5.1)."},
};

const struct shape token_shape = SHAPE_OF("token", token_rows);

/* --- looking --- */

void token_look(struct api_call *call, struct account *account,
                const struct integration *integration, struct token_look *ret)
{
    enum err err;
    enum token_purpose purpose;
    *ret = (struct token_look){.account = account,
                               .arena = call->arena,
                               .wall = world_wall(call->worker->world)};
    const struct auth_way *way =
        integration ? integration_way(integration, account->way) : NULL;
    if (!way || !way->rule.token || !call->api->keeper)
        return;
    ret->rule = way->rule.token;
    keeper_view(call->api->keeper, account, &ret->view);
    if (account->credential_version == 0)
        return;
    const struct credentials *own =
        directory_credentials(call->api->directory, account, &err);
    ret->fixed = own && !token_renewal(ret->rule, own, &purpose);
    ret->view.kept = ret->view.kept && !ret->fixed;
}

/* One that another process has just begun is not meant. */
static bool is_unanswered(const struct token_look *look)
{
    const struct account *account = look->account;
    return account->token.intent && !look->view.renewing &&
           account->token.intent == account->credential_version &&
           look->wall - account->token.tried > exchange_time;
}

static void put_span(struct json_out *out, const char *name, usec time)
{
    shape_put_seconds(out, name, time == USEC_NEVER ? -1 : time);
}

void view_token(struct json_out *out, const struct token_look *look)
{
    const struct token_facts *facts = &look->account->token;
    const struct keeper_view *view = &look->view;
    if (!look->rule) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    json_out_member_bool(out, STR("kept"), view->kept);
    json_out_member_bool(out, STR("static"), look->fixed);
    json_out_member_bool(out, STR("renewing"), view->renewing);
    json_out_member_int(out, STR("waiters"), view->waiters);
    shape_put_time(out, "issued", facts->issued);
    shape_put_time(out, "expires", facts->expires);
    put_span(out, "good_for_s", view->good_for);
    put_span(out, "learned_lifetime_s", facts->learned ? facts->learned : USEC_NEVER);
    shape_put_time(out, "next_renewal",
                   view->kept ? usec_add(look->wall, view->due_in) : 0);
    shape_put_time(out, "renewed", facts->refreshed);
    shape_put_time(out, "tried", facts->tried);
    json_out_member_int(out, STR("failures"), facts->failures);
    shape_put_text(out, "fault", facts->fault);
    json_out_member_bool(out, STR("unanswered"), is_unanswered(look));
    shape_put_time(out, "refresh_expires", facts->refresh_expires);
    shape_put_text(out, "scope", facts->scope);
    json_out_end(out);
}

/* --- sentences --- */

static str time_text(struct arena *arena, usec wall)
{
    char text[DATE_ISO_CHARS + 1];
    date_format_iso(wall, text);
    return arena_str(arena, str_z(text));
}

static str last_words(const struct token_look *look)
{
    str fault = look->account->token.fault;
    if (!fault.n)
        return STR("");
    return arena_printf(look->arena, " " STR_F, STR_A(fault));
}

str token_trouble(const struct token_look *look)
{
    const struct keeper_view *view = &look->view;
    uint32_t failures = look->account->token.failures;
    if (!look->rule || !view->kept || failures == 0 || view->good_for > 0)
        return STR_NONE;
    return arena_printf(
        look->arena,
        "Its token has ended, and %u %s to renew it failed; the next %s." STR_F, failures,
        failures == 1 ? "attempt" : "attempts",
        view->renewing
            ? "is under way"
            : arena_z(look->arena,
                      arena_printf(look->arena, "is in %lld s",
                                   (long long)usec_ceil_s(
                                       view->due_in == USEC_NEVER ? 0 : view->due_in))),
        STR_A(last_words(look)));
}

static bool is_near(const struct token_look *look, usec end, usec early)
{
    return end > 0 && end != USEC_NEVER && end - early <= look->wall;
}

static str warn_of_failures(const struct token_look *look)
{
    const struct keeper_view *view = &look->view;
    uint32_t failures = look->account->token.failures;
    if (!view->kept || failures == 0 || view->good_for == 0 ||
        look->account->state == ACCOUNT_NEEDS_REAUTH)
        return STR_NONE;
    str end =
        view->good_for == USEC_NEVER
            ? STR("has no known end")
            : arena_printf(look->arena, "works until " STR_F,
                           STR_A(time_text(look->arena, look->wall + view->good_for)));
    return arena_printf(
        look->arena, "%u %s to renew its token failed; the present one " STR_F "." STR_F,
        failures, failures == 1 ? "attempt" : "attempts", STR_A(end),
        STR_A(last_words(look)));
}

static str warn_of_lost_answer(const struct token_look *look)
{
    return is_unanswered(look)
               ? STR("The last exchange for its token was sent and never answered: a "
                     "vendor that gave a new refresh token no longer takes the one that "
                     "is stored.")
               : STR_NONE;
}

/* A vendor that takes a refresh token away when it is not used gives it a new end with
 * each use: such an end is near only when it was not. */
static str warn_of_refresh_end(const struct token_look *look)
{
    usec idle = look->rule->idle_max;
    usec end = look->account->token.refresh_expires;
    if (!is_near(look, end, idle ? usec_min(ENDING_NEAR, idle / 4) : ENDING_NEAR))
        return STR_NONE;
    return arena_printf(
        look->arena, "Its refresh token %s " STR_F "; %s it must be connected again.",
        end <= look->wall ? "ended" : "ends", STR_A(time_text(look->arena, end)),
        end <= look->wall ? "now" : "before then");
}

static str warn_of_end(const struct token_look *look)
{
    usec end = look->account->token.expires;
    if (!look->fixed || !is_near(look, end, ENDING_NEAR))
        return STR_NONE;
    return arena_printf(
        look->arena, "Its token %s " STR_F ", and no refresh token came with it.",
        end <= look->wall ? "ended" : "ends", STR_A(time_text(look->arena, end)));
}

/* As long as an account is switched off, nothing uses its refresh token. */
static str warn_of_disuse(const struct token_look *look)
{
    const struct token_facts *facts = &look->account->token;
    usec used = usec_max(facts->refreshed, facts->issued);
    usec idle = look->rule->idle_max;
    if (look->account->state != ACCOUNT_DISABLED || look->fixed || !idle || !used ||
        !is_near(look, used + idle, usec_min(ENDING_NEAR, idle / 4)))
        return STR_NONE;
    return arena_printf(look->arena,
                        "Its refresh token dies of disuse " STR_F
                        "; switch the account on before, to have it used.",
                        STR_A(time_text(look->arena, used + idle)));
}

void view_token_warnings(struct json_out *out, const struct token_look *look)
{
    static str (*const warn[])(const struct token_look *look) = {
        warn_of_failures, warn_of_lost_answer, warn_of_refresh_end, warn_of_end,
        warn_of_disuse};
    for (size_t i = 0; look->rule && i < COUNT_OF(warn); i++) {
        str text = warn[i](look);
        if (!str_absent(text))
            json_out_text(out, text);
    }
}

/* --- by hand --- */

/* A renewal that is about to be asked for, as a line of the audit log. */
struct renewal {
    struct audit_note note;
    struct api_call *call;
    struct account *account; /* a reference */
};

static void on_noted(struct audit_note *note)
{
    struct renewal *renewal = CONTAINER_OF(note, struct renewal, note);
    struct api_call *call = renewal->call;
    struct account *account = renewal->account;
    if (note->err) {
        api_refuse_text(call, note->err, STR_NONE);
    } else {
        keeper_hurry(call->api->keeper, account);
        view_account_whole(call, account);
        api_send(call);
    }
    account_unref(&account); /* the call, and `note` with it, may be gone */
}

static void note_renewal(struct api_call *call, struct account *account)
{
    struct renewal *renewal = arena_zalloc(call->arena, sizeof(*renewal));
    renewal->call = call;
    renewal->account = account;
    renewal->note = (struct audit_note){
        .store = call->api->store,
        .worker = call->worker,
        .entry = {.time = world_wall(call->worker->world),
                  .actor = call->actor.key_id,
                  .peer = call->actor.peer,
                  .request_id = call->actor.request_id,
                  .action = STR("account.renew"),
                  .object_kind = STR("account"),
                  .object_id = tenant_id_str(&account->id),
                  .environment = tenant_id_str(&account->environment->id),
                  .detail = STR("{}")},
        .done = on_noted};
    audit_note(&renewal->note);
}

static str why_not(const struct token_look *look, const struct integration *integration)
{
    const struct account *account = look->account;
    const struct auth_way *way =
        integration ? integration_way(integration, account->way) : NULL;
    bool checks = way && way->rule.check;
    if (account->state == ACCOUNT_DISABLED || account->state == ACCOUNT_DELETING)
        return STR("It is switched off or being deleted.");
    if (account->credential_version == 0)
        return STR("It has no credentials yet.");
    if (checks && (!look->rule || look->fixed))
        return STR_NONE;
    if (!look->rule)
        return STR("Its integration has no token block, and no check.");
    if (look->fixed)
        return STR("It has no refresh token; it must be connected again.");
    return look->view.kept ? STR_NONE : STR("It is not kept yet; try again.");
}

/* Why not, in a sentence; absent when it can be. */
static str hindrance(struct api_call *call, struct account *account)
{
    struct token_look look;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    const struct integration *integration = snapshot_find(snapshot, account->integration);
    token_look(call, account, integration, &look);
    str why = why_not(&look, integration);
    snapshot_unref(&snapshot);
    return why;
}

static void run_renew(struct api_call *call)
{
    struct account *account = api_find_account(call);
    if (!account)
        return;
    str why = hindrance(call, account);
    if (!str_absent(why)) {
        account_unref(&account);
        api_refuse_text(call, ERR_STATE_CONFLICT, why);
        return;
    }
    note_renewal(call, account);
}

const struct api_handler handler_accounts_renew = {
    .run = run_renew, .status = 202, .answer = &account_shape};
