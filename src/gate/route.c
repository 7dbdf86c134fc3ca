/*
 * Which account a request means, and who asks. The key comes first, since an external id
 * means something only within its environments; but where an SDK puts its credential
 * depends on the integration, so a key that stands in no usual place is looked for by its
 * form in every header and query value.
 */
#include "gate/visit.h"

#include "base/encode.h"
#include "http/forwarded.h"
#include "loop/world.h"

enum { KEY_CHARS = 43 }; /* bw_ and 40 of [0-9A-Za-z] */

/* --- is it a call? --- */

/* The {account} of {account}.{domain}[:port], or absent. */
static str account_of_host(str host, str domain)
{
    size_t colon = str_find_last(host, ':');
    if (colon < host.n && str_find(host, ']') == host.n)
        host = str_of(host.p, colon);
    if (domain.n == 0 || host.n <= domain.n + 1 || !str_ends_nocase(host, domain) ||
        host.p[host.n - domain.n - 1] != '.')
        return STR_NONE;
    return str_of(host.p, host.n - domain.n - 1);
}

/* As it stands there, still escaped; absent: it names none. */
static str account_of_query(str query)
{
    str name, value;
    while (url_query_next(&query, &name, &value))
        if (str_eq(name, STR("account")))
            return value;
    return STR_NONE;
}

bool gate_is_call(const struct gate *gate, const struct inbound *in, str bound,
                  enum gate_route *ret_route, str *ret_account, str *ret_path)
{
    static const str prefix = STR("/proxy/"), unified = STR("/unified/");
    str by_host = account_of_host(gate_client_host(gate, in), gate->proxy_domain);
    if (!str_absent(bound) || !str_absent(by_host)) {
        *ret_route = str_absent(bound) ? GATE_BY_HOST : GATE_BY_LISTENER;
        *ret_account = str_absent(bound) ? by_host : bound;
        *ret_path = in->path;
        return true;
    }
    if (str_starts(in->path, unified)) {
        *ret_route = GATE_UNIFIED;
        *ret_account = account_of_query(in->query);
        *ret_path = in->path;
        return true;
    }
    if (!str_starts(in->path, prefix))
        return false;
    str rest = str_from(in->path, prefix.n);
    size_t slash = str_find(rest, '/');
    *ret_route = GATE_BY_PATH;
    *ret_account = str_of(rest.p, slash);
    *ret_path = slash < rest.n ? str_from(rest, slash) : STR("/");
    return true;
}

/* --- where the caller is --- */

static struct forwarded believed(const struct gate *gate)
{
    return (struct forwarded){gate->trusted, gate->trusted_n};
}

str gate_client(const struct gate *gate, const struct inbound *in)
{
    struct forwarded forwarded = believed(gate);
    return forwarded_client(&forwarded, in);
}

bool gate_client_tls(const struct gate *gate, const struct inbound *in)
{
    struct forwarded forwarded = believed(gate);
    return forwarded_tls(&forwarded, in);
}

str gate_client_host(const struct gate *gate, const struct inbound *in)
{
    struct forwarded forwarded = believed(gate);
    return forwarded_host(&forwarded, in);
}

/* --- the key --- */

static bool is_key_char(char c)
{
    return str_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A key of ours somewhere in a text, or absent. */
static str find_key(str text)
{
    for (str rest = text; rest.n >= KEY_CHARS;) {
        size_t at = str_find_str(rest, STR("bw_"));
        if (rest.n - at < KEY_CHARS)
            return STR_NONE;
        rest = str_from(rest, at);
        size_t n = 3;
        while (n < KEY_CHARS && is_key_char(rest.p[n]))
            n++;
        if (n == KEY_CHARS)
            return str_of(rest.p, n);
        rest = str_from(rest, 3);
    }
    return STR_NONE;
}

static str key_anywhere(struct visit *visit)
{
    const struct headers *headers = &visit->in->head.headers;
    for (uint32_t i = 0; i < headers->n; i++) {
        str key = find_key(headers->items[i].value);
        if (!str_absent(key))
            return key;
    }
    return str_absent(visit->query) ? STR_NONE : find_key(visit->query);
}

/* The text of the key. Behind it there may be what an SDK puts behind user names, and
 * which the integration's rule knows. */
static str read_key(struct visit *visit)
{
    struct auth_request request = {.arena = visit->arena,
                                   .headers = &visit->in->head.headers,
                                   .query = visit->query};
    str text = auth_take_key(NULL, &request);
    visit->query = request.query;
    if (str_absent(text))
        return visit->key_by_form = key_anywhere(visit);
    str key = find_key(text);
    return str_absent(key) ? text : key;
}

static enum visit_step check_key(struct visit *visit)
{
    str text = read_key(visit);
    if (str_absent(text))
        return visit_no(visit, ERR_KEY_MISSING, STR_NONE, -1);
    visit->key = directory_find_key(visit->gate->directory, text);
    if (!visit->key)
        return visit_no(visit, ERR_KEY_UNKNOWN, STR_NONE, -1);
    usec wall = world_wall(visit->in->worker->world);
    if (visit->key->expires <= wall)
        return visit_no(visit, ERR_KEY_EXPIRED, STR_NONE, -1);
    directory_note_use(visit->key, wall);
    if (!(visit->key->permissions & PERMISSION_CALL))
        return visit_no(visit, ERR_KEY_FORBIDDEN,
                        STR("It needs the permission \"call\"."), -1);
    return VISIT_ADMIT;
}

/* --- the account --- */

static enum err check_state(const struct account *account, bool needs_credential)
{
    switch (account->state) {
    case ACCOUNT_CONNECTING:
        return needs_credential ? ERR_ACCOUNT_NOT_CONNECTED : ERR_NONE;
    case ACCOUNT_ACTIVE:
    case ACCOUNT_DEGRADED:
        return ERR_NONE;
    case ACCOUNT_NEEDS_REAUTH:
        return ERR_ACCOUNT_NEEDS_REAUTH;
    case ACCOUNT_DISABLED:
        return ERR_ACCOUNT_DISABLED;
    case ACCOUNT_DELETING:
        return ERR_ACCOUNT_DELETED;
    }
    return ERR_INTERNAL;
}

static enum visit_step find_account(struct visit *visit)
{
    str ref;
    struct gate *gate = visit->gate;
    if (visit->account_ref.n == 0 && visit->route == GATE_UNIFIED)
        return visit_no(visit, ERR_QUERY_INVALID,
                        STR("\"account\" must name the account."), -1);
    if (!decode_percent(visit->arena, visit->account_ref, &ref))
        return visit_no(visit, ERR_ACCOUNT_UNKNOWN, STR_NONE, -1);
    enum err err = directory_find_account(gate->directory, visit->key, ref, STR_NONE,
                                          &visit->account);
    if (err)
        return visit_no(visit, err, STR_NONE, -1);
    visit->pin = catalog_pin(gate->catalog, visit->in->worker);
    err = snapshot_for(visit->pin->snapshot, visit->account, &visit->integration);
    if (err == ERR_INTEGRATION_UNKNOWN)
        return visit_no(visit, err,
                        arena_printf(visit->arena,
                                     "The account belongs to \"" STR_F "\".",
                                     STR_A(visit->account->integration)),
                        -1);
    if (err)
        return visit_no(visit, err, STR_NONE, -1);
    visit->way = integration_way(visit->integration, visit->account->way);
    if (!visit->way)
        return visit_no(
            visit, ERR_CREDENTIAL_UNUSABLE,
            integration_no_way(visit->integration, visit->account->way, visit->arena),
            -1);
    err = check_state(visit->account, auth_is_stored(&visit->way->rule));
    if (err == ERR_ACCOUNT_NEEDS_REAUTH && visit->gate->exchange.cache &&
        str_eq(visit->in->head.method, STR("GET"))) {
        visit->only_cache = err; /* reads may live on (SPEC 5.5) */
        err = ERR_NONE;
    }
    if (err)
        return visit_no(visit, err, visit->account->state_reason, -1);
    return VISIT_ADMIT;
}

enum visit_step visit_route(struct visit *visit)
{
    enum visit_step next = check_key(visit);
    return next == VISIT_ADMIT ? find_account(visit) : next;
}
