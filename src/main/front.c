#include "main/front.h"

#include "auth/auth.h"
#include "connect/connect.h"
#include "hook/hooks.h"
#include "http/refusal.h"
#include "loop/world.h"
#include "main/daemon.h"

enum { METRICS_BYTES_MAX = 64 << 20 };

static void on_body(struct inbound *in, str chunk)
{
    (void)in;
    (void)chunk;
}

static void nothing(struct inbound *in)
{
    (void)in;
}

static void on_gone(struct inbound *in)
{
    inbound_end(in, NULL);
}

/* Small answers are made at once; the caller can only leave before them. */
static void own(struct inbound *in)
{
    static const struct inbound_ops ops = {on_body, nothing, nothing, on_gone};
    in->ops = &ops;
}

static void answer_text(struct inbound *in, int status, str type, str text)
{
    struct headers headers;
    headers_init(&headers, in->arena, 4);
    header_add(&headers, HEADER_CONTENT_TYPE, type);
    header_add_name(&headers, STR("Cache-Control"), STR("no-store"));
    inbound_answer(in, status, &headers, text);
}

static void answer_health(struct inbound *in, bool good, str yes, str no)
{
    answer_text(in, good ? 200 : 503, STR("text/plain; charset=utf-8"), good ? yes : no);
}

/* From elsewhere the metrics need a key that may read. */
static enum err may_read(const struct front *front, struct inbound *in)
{
    struct auth_request request = {
        .arena = in->arena, .headers = &in->head.headers, .query = in->query};
    if (front->loopback)
        return ERR_NONE;
    str text = auth_take_key(NULL, &request);
    if (str_absent(text))
        return ERR_KEY_MISSING;
    struct gate *gate = daemon_gate(front->daemon);
    struct api_key *key = directory_find_key(gate->directory, text);
    if (!key)
        return ERR_KEY_UNKNOWN;
    enum err err = ERR_NONE;
    if (key->expires <= world_wall(in->worker->world))
        err = ERR_KEY_EXPIRED;
    else if (!(key->permissions & PERMISSION_READ) || key->stage)
        err = ERR_KEY_FORBIDDEN;
    api_key_unref(&key);
    return err;
}

static void answer_metrics(const struct front *front, struct inbound *in)
{
    struct buf text;
    enum err err = may_read(front, in);
    if (err) {
        refusal_send(in, err, STR("Metrics need a key of all stages with \"read\"."),
                     STR_NONE);
        return;
    }
    buf_init(&text, METRICS_BYTES_MAX);
    daemon_metrics(front->daemon, &text);
    answer_text(in, 200, STR("text/plain; version=0.0.4; charset=utf-8"),
                buf_peek(&text));
    buf_fini(&text);
}

static bool is_read(const struct inbound *in)
{
    return str_eq(in->head.method, STR("GET")) || str_eq(in->head.method, STR("HEAD"));
}

static bool answer_own(const struct front *front, struct inbound *in)
{
    bool metrics = (front->roles & FRONT_ADMIN) && str_eq(in->path, STR("/metrics"));
    bool alive = str_eq(in->path, STR("/healthz"));
    bool ready = str_eq(in->path, STR("/readyz"));
    if (!metrics && !alive && !ready)
        return false;
    if (!is_read(in))
        refusal_send_method(in, STR("GET, HEAD"), STR_NONE);
    else if (metrics)
        answer_metrics(front, in);
    else if (alive)
        answer_health(in, true, STR("alive\n"), STR(""));
    else
        answer_health(in, daemon_ready(front->daemon), STR("ready\n"), STR("draining\n"));
    return true;
}

static bool is_admin(const struct inbound *in)
{
    return str_starts(in->path, STR("/v1/")) || str_eq(in->path, STR("/openapi.json"));
}

void front_request(struct inbound *in)
{
    const struct front *front = inbound_listener_arg(in);
    struct gate *gate = daemon_gate(front->daemon);
    enum gate_route route;
    str account, path;
    own(in);
    if ((front->roles & FRONT_CALLS) &&
        gate_is_call(gate, in, front->bound, &route, &account, &path)) {
        gate_visit(gate, in, route, account, path);
        return;
    }
    if (answer_own(front, in))
        return;
    if ((front->roles & FRONT_PUBLIC) && connect_is_ours(in->path))
        connect_request(daemon_connect(front->daemon), in);
    else if ((front->roles & FRONT_PUBLIC) && hooks_is_ours(in->path))
        hooks_request(daemon_hooks(front->daemon), in);
    else if ((front->roles & FRONT_ADMIN) && is_admin(in))
        api_request(daemon_api(front->daemon), in);
    else
        refusal_send(in, ERR_ROUTE_UNKNOWN, STR_NONE, STR_NONE);
}
