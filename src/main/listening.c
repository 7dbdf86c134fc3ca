#include "main/listening.h"

#include <stdio.h>
#include <unistd.h>

#include "json/json_write.h"

enum { LINE_BYTES_MAX = 16 * 1024 };

static bool is_loopback(str host)
{
    return str_starts(host, STR("127.")) || str_eq(host, STR("[::1]")) ||
           str_eq(host, STR("localhost"));
}

struct planner {
    struct listen_plan *plan;
    struct daemon *daemon;
    struct arena *arena;
    str *ret_why;
};

static bool plan_one(struct planner *planner, const char *word, str address,
                     unsigned roles, str bound)
{
    struct listen_plan *plan = planner->plan;
    if (plan->n == LISTENING_MAX) {
        *planner->ret_why = STR("there are more than 64 listeners");
        return false;
    }
    struct listen_item *item = &plan->items[plan->n];
    str host = str_of(address.p, str_find_last(address, ':'));
    *item = (struct listen_item){
        .front = {planner->daemon, roles, bound, is_loopback(host)},
        .word = word,
        .address = address,
        .host = host,
        .fds = arena_array(planner->arena, plan->workers, sizeof(int))};
    if (!server_bind(planner->arena, address, plan->workers, item->fds, &item->port,
                     planner->ret_why))
        return false;
    plan->n++;
    return true;
}

/* ADDR:PORT=ACCOUNT,… */
static bool plan_accounts(struct planner *planner, str list)
{
    str item, rest = list;
    while (list.n && str_next(&rest, ',', &item)) {
        item = str_trim(item);
        size_t equals = str_find(item, '=');
        if (equals == item.n || equals + 1 == item.n) {
            *planner->ret_why = arena_printf(planner->arena,
                                             "account_listen: \"" STR_F
                                             "\" is not of the form ADDR:PORT=ACCOUNT",
                                             STR_A(item));
            return false;
        }
        if (!plan_one(planner, "account", str_of(item.p, equals), FRONT_CALLS,
                      str_from(item, equals + 1)))
            return false;
    }
    return true;
}

bool listening_plan(struct listen_plan *plan, struct daemon *daemon,
                    const struct settings *settings, unsigned workers,
                    struct arena *arena, str *ret_why)
{
    struct planner planner = {plan, daemon, arena, ret_why};
    bool admin = settings->admin_listen.n > 0, public = settings->public_listen.n > 0;
    unsigned roles =
        FRONT_CALLS | (admin ? 0u : FRONT_ADMIN) | (public ? 0u : FRONT_PUBLIC);
    plan->workers = workers;
    if (!plan_one(&planner, "listening", settings->listen, roles, STR_NONE))
        return false;
    if (admin &&
        !plan_one(&planner, "admin", settings->admin_listen, FRONT_ADMIN, STR_NONE))
        return false;
    if (public &&
        !plan_one(&planner, "public", settings->public_listen, FRONT_PUBLIC, STR_NONE))
        return false;
    return plan_accounts(&planner, settings->account_listen);
}

void listening_forget(struct listen_plan *plan)
{
    for (unsigned i = 0; i < plan->n; i++)
        for (unsigned k = 0; k < plan->workers; k++)
            if (plan->items[i].fds[k] >= 0)
                close(plan->items[i].fds[k]);
}

static void announce(const struct listen_item *item)
{
    str bound = item->front.bound;
    printf("%s " STR_F ":%u%s" STR_F "\n", item->word, STR_A(item->host), item->port,
           bound.n ? " " : "", STR_A(bound));
}

static void announce_json(const struct listen_item *item)
{
    struct buf line, address;
    struct json_out out;
    str bound = item->front.bound;
    buf_init(&address, LINE_BYTES_MAX);
    buf_printf(&address, STR_F ":%u", STR_A(item->host), item->port);
    buf_init(&line, LINE_BYTES_MAX);
    json_out_init(&out, &line);
    json_out_object(&out);
    json_out_member_text(&out, str_z(item->word), buf_peek(&address));
    if (bound.n)
        json_out_member_text(&out, STR("bound"), bound);
    json_out_end(&out);
    printf(STR_F "\n", STR_A(buf_peek(&line)));
    buf_fini(&address);
    buf_fini(&line);
}

void listening_announce(const struct listen_plan *plan, bool json)
{
    for (unsigned i = 0; i < plan->n; i++)
        if (json)
            announce_json(&plan->items[i]);
        else
            announce(&plan->items[i]);
    fflush(stdout);
}

void listening_open(struct listening *listening, struct listen_plan *plan,
                    struct server *server, struct worker *worker, struct tls *tls)
{
    listening->n = plan->n;
    for (unsigned i = 0; i < plan->n; i++) {
        struct listener *listener = &listening->listeners[i];
        int *fd = &plan->items[i].fds[worker->id];
        listener->on_request = front_request;
        listener->arg = &plan->items[i].front;
        listener_open(listener, server, worker, *fd);
        listener_set_tls(listener, tls);
        *fd = -1;
    }
}

void listening_set_tls(struct listening *listening, struct tls *tls)
{
    for (unsigned i = 0; i < listening->n; i++)
        listener_set_tls(&listening->listeners[i], tls);
}

void listening_foretell(struct listening *listening)
{
    for (unsigned i = 0; i < listening->n; i++)
        listener_foretell(&listening->listeners[i]);
}

void listening_drain(struct listening *listening)
{
    for (unsigned i = 0; i < listening->n; i++)
        listener_drain(&listening->listeners[i]);
}

bool listening_busy(const struct listening *listening)
{
    for (unsigned i = 0; i < listening->n; i++)
        if (listener_busy(&listening->listeners[i]))
            return true;
    return false;
}

void listening_close(struct listening *listening)
{
    for (unsigned i = 0; i < listening->n; i++)
        listener_close(&listening->listeners[i]);
}
