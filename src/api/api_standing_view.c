/*
 * What the boards know of an account and its vendor. Boards count in monotonic time;
 * what is shown is wall time, or seconds from now.
 */
#include "api/api_view.h"

#include "loop/world.h"

const char *const breaker_kind_words[] = {"integration", "account", NULL};
const char *const breaker_state_words[] = {"closed", "open", "half_open", NULL};
const char *const breaker_force_words[] = {"auto", "open", "closed", NULL};

/* --- shapes --- */

static const struct shape_row window_rows[] = {
    {.name = "name",
     .kind = SHAPE_TEXT,
     .doc = "The vendor's or the integration's word."},
    {.name = "limit", .kind = SHAPE_NUMBER, .nullable = true, .doc = "Its size."},
    {.name = "remaining", .kind = SHAPE_NUMBER, .nullable = true, .doc = "What is left."},
    {.name = "reset_s",
     .kind = SHAPE_NUMBER,
     .nullable = true,
     .doc = "Seconds until it starts anew."},
    {.name = "window_s", .kind = SHAPE_NUMBER, .nullable = true, .doc = "Its length."},
};

static const struct shape window_shape = SHAPE_OF("window", window_rows);

static const struct shape_row group_rows[] = {
    {.name = "group", .kind = SHAPE_TEXT, .doc = "The rate-limit group of methods."},
    {.name = "throttled_s",
     .kind = SHAPE_NUMBER,
     .doc = "Seconds that the vendor's throttle still holds; 0 = none does."},
    {.name = "windows",
     .kind = SHAPE_LIST,
     .shape = &window_shape,
     .doc = "As last told by the vendor."},
};

static const struct shape group_shape = SHAPE_OF("group_standing", group_rows);

static const struct shape_row breaker_rows[] = {
    {.name = "name", .kind = SHAPE_TEXT, .doc = "For /v1/breakers/{breaker}."},
    {.name = "kind",
     .kind = SHAPE_WORD,
     .words = breaker_kind_words,
     .doc = "Whether it guards an integration for all, or one account."},
    {.name = "integration", .kind = SHAPE_TEXT, .doc = "Whose calls it guards."},
    {.name = "state",
     .kind = SHAPE_WORD,
     .words = breaker_state_words,
     .doc = "Open: nothing is sent. Half open: trials are."},
    {.name = "held",
     .kind = SHAPE_WORD,
     .words = breaker_force_words,
     .doc = "By hand; auto = by nobody."},
    {.name = "failures", .kind = SHAPE_UINT, .doc = "In a row, so far."},
    {.name = "since",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When it came into this state; null = since the start."},
    {.name = "retry_in_s",
     .kind = SHAPE_NUMBER,
     .doc = "While open: seconds until the first trial; else 0."},
    {.name = "last_status",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc = "The vendor's status at the last failure; null = no answer came, or no "
            "failure."},
    {.name = "last_error",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "What the last failure was."},
    {.name = "last_failure", .kind = SHAPE_TIME, .nullable = true, .doc = "When it was."},
};

const struct shape breaker_shape = SHAPE_OF("breaker", breaker_rows);
const struct shape breaker_page = {"breaker", breaker_rows, COUNT_OF(breaker_rows), true};

static const struct shape_row standing_rows[] = {
    {.name = "calls", .kind = SHAPE_UINT, .doc = "Under way."},
    {.name = "throttled_s",
     .kind = SHAPE_NUMBER,
     .doc = "Seconds that the vendor's throttle still holds; 0 = none does."},
    {.name = "windows",
     .kind = SHAPE_LIST,
     .shape = &window_shape,
     .doc = "As last told by the vendor."},
    {.name = "groups",
     .kind = SHAPE_LIST,
     .shape = &group_shape,
     .doc = "The same for groups of methods that the vendor limits apart."},
    {.name = "breaker",
     .kind = SHAPE_OBJECT,
     .shape = &breaker_shape,
     .doc = "The account's own."},
};

const struct shape standing_shape = SHAPE_OF("standing", standing_rows);

/* --- breakers --- */

/* A monotonic moment as wall time; 0 stays 0. */
static usec wall_of(const struct api_call *call, usec moment)
{
    if (moment == 0)
        return 0;
    return world_wall(call->worker->world) - (call->worker->now - moment);
}

void view_breaker(struct api_call *call, const struct breaker_seen_as *breaker)
{
    struct json_out *out = &call->out;
    const struct breaker_view *view = &breaker->view;
    json_out_object(out);
    shape_put_text(out, "name", breaker->name);
    shape_put_text(out, "kind", str_z(breaker_kind_words[breaker->of_account]));
    shape_put_text(out, "integration", breaker->integration);
    shape_put_text(out, "state", breaker_state_word(view->state));
    shape_put_text(out, "held", str_z(breaker_force_words[view->force]));
    json_out_member_int(out, STR("failures"), view->failures);
    shape_put_time(out, "since", wall_of(call, view->since));
    shape_put_seconds(out, "retry_in_s", usec_max(view->retry_in, 0));
    shape_put_number(out, "last_status", view->last_status ? view->last_status : -1);
    shape_put_text(out, "last_error",
                   view->last_error[0] ? str_z(view->last_error) : STR_NONE);
    shape_put_time(out, "last_failure", wall_of(call, view->last_failure));
    json_out_end(out);
}

static struct standing *find_standing(const struct api *api, str name)
{
    return board_find(api->boards->standings, name);
}

void view_account_breaker(const struct api_call *call, const struct account *account,
                          struct breaker_view *ret_view)
{
    const struct api *api = call->api;
    struct standing *standing = find_standing(api, tenant_id_str(&account->id));
    *ret_view = (struct breaker_view){.state = BREAKER_CLOSED};
    if (!standing)
        return;
    breaker_view(&standing->breaker, call->worker->now, ret_view);
    board_release(api->boards->standings, standing, call->worker->now);
}

/* --- standings --- */

bool view_has_standing(const struct api_call *call, const struct account *account)
{
    struct standing *standing = find_standing(call->api, tenant_id_str(&account->id));
    if (!standing)
        return false;
    board_release(call->api->boards->standings, standing, call->worker->now);
    return true;
}

static void put_quota(struct api_call *call, struct standing *standing)
{
    struct json_out *out = &call->out;
    usec now = call->worker->now;
    struct quota_window windows[QUOTA_WINDOWS_MAX];
    uint32_t n = standing ? quota_windows(&standing->quota, now, windows) : 0;
    shape_put_seconds(out, "throttled_s",
                      standing ? quota_wait(&standing->quota, now) : 0);
    json_out_name(out, STR("windows"));
    json_out_array(out);
    for (uint32_t i = 0; i < n; i++) {
        const struct quota_window *window = &windows[i];
        usec left = window->reset_at < 0 ? -1 : usec_max(window->reset_at - now, 0);
        json_out_object(out);
        shape_put_text(out, "name", str_of(window->name, window->name_n));
        shape_put_number(out, "limit", window->limit);
        shape_put_number(out, "remaining", window->remaining);
        shape_put_seconds(out, "reset_s", left);
        shape_put_seconds(out, "window_s", window->window);
        json_out_end(out);
    }
    json_out_end(out);
}

static void put_group(struct api_call *call, const struct account *account, str group)
{
    const struct api *api = call->api;
    str parts[] = {tenant_id_str(&account->id), STR(" "), group};
    struct standing *standing =
        find_standing(api, arena_join(call->arena, parts, COUNT_OF(parts)));
    if (!standing)
        return;
    json_out_object(&call->out);
    shape_put_text(&call->out, "group", group);
    put_quota(call, standing);
    json_out_end(&call->out);
    board_release(api->boards->standings, standing, call->worker->now);
}

enum { GROUPS_MAX = 64 };

struct groups {
    str names[GROUPS_MAX];
    uint32_t n;
};

static void add_group(struct groups *groups, str name)
{
    for (uint32_t i = 0; i < groups->n; i++)
        if (str_eq(groups->names[i], name))
            return;
    if (name.n && groups->n < GROUPS_MAX)
        groups->names[groups->n++] = name;
}

/* The groups that the integration's methods have. */
static void list_groups(const struct integration *integration, struct groups *ret)
{
    ret->n = 0;
    if (!integration)
        return;
    const struct resource *resources = integration->resources.items;
    for (uint32_t i = 0; i < integration->resources.n; i++) {
        const struct method *methods = resources[i].methods.items;
        for (uint32_t k = 0; k < resources[i].methods.n; k++)
            add_group(ret, methods[k].group);
    }
}

static void put_groups(struct api_call *call, const struct account *account)
{
    struct groups groups;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    list_groups(snapshot_find(snapshot, account->integration), &groups);
    json_out_name(&call->out, STR("groups"));
    json_out_array(&call->out);
    for (uint32_t i = 0; i < groups.n; i++)
        put_group(call, account, groups.names[i]);
    json_out_end(&call->out);
    snapshot_unref(&snapshot);
}

void view_standing(struct api_call *call, const struct account *account)
{
    const struct api *api = call->api;
    str id = tenant_id_str(&account->id);
    struct standing *standing = find_standing(api, id);
    struct breaker_seen_as breaker = {
        .name = id, .of_account = true, .integration = account->integration};
    view_account_breaker(call, account, &breaker.view);
    json_out_object(&call->out);
    json_out_member_int(&call->out, STR("calls"),
                        standing ? limit_taken(&standing->calls) : 0);
    put_quota(call, standing);
    put_groups(call, account);
    json_out_name(&call->out, STR("breaker"));
    view_breaker(call, &breaker);
    json_out_end(&call->out);
    if (standing)
        board_release(api->boards->standings, standing, call->worker->now);
}
