/*
 * What a change may set, looked at before anything is asked of the store. Each function
 * refuses with a sentence that names the member, as the API calls it, and what it takes.
 */
#include "base/utf8.h"
#include "directory/directory_state.h"
#include "http/tls_pair.h"

enum {
    TEXT_BYTES_MAX = 200,
    WAY_BYTES_MAX = 40,
    MEMBERS_MAX = 50,
    MEMBER_NAME_BYTES_MAX = 100,
    MEMBER_BYTES_MAX = 500,
    CONCURRENCY_MAX = 100000,
    CREDENTIALS_MAX = 50,
    CREDENTIAL_NAME_BYTES_MAX = 64,
    CREDENTIALS_BYTES_MAX = 256 * 1024,
    KEY_TEXT_BYTES_MIN = 20,
    SCOPES_MAX = 200,
    SCOPE_BYTES_MAX = 200,
    URLS_MAX = 50,
    URL_BYTES_MAX = 500,
    CLIENT_SECRET_BYTES_MAX = 4096,
    PRIVATE_KEY_BYTES_MAX = 16 * 1024
};

enum err change_refuse(struct change *change, enum err err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    change->detail = arena_vprintf(&change->work->arena, fmt, args);
    va_end(args);
    change->err = err;
    return err;
}

/* Refuses the value of a member. */
static bool refuse(struct change *change, const char *what, const char *must)
{
    change_refuse(change, ERR_BODY_INVALID, "`%s` must be %s.", what, must);
    return false;
}

/* --- text --- */

/* Control characters of ASCII, and those of Latin-1 (U+0080 to U+009F). */
static bool is_control(const char *p, size_t n)
{
    unsigned char first = (unsigned char)p[0];
    return n == 1 ? first < 0x20 || first == 0x7f
                  : first == 0xc2 && (unsigned char)p[1] < 0xa0;
}

static bool is_printable(str text)
{
    while (text.n) {
        size_t n = utf8_size(text.p, text.n);
        if (n == 0 || is_control(text.p, n))
            return false;
        text = str_from(text, n);
    }
    return true;
}

/* [a-z0-9_]+ */
static bool is_word(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!str_is_digit(text.p[i]) && text.p[i] != '_' &&
            (text.p[i] < 'a' || text.p[i] > 'z'))
            return false;
    return text.n > 0;
}

bool check_text(struct change *change, const char *what, str text)
{
    if (text.n > 0 && text.n <= TEXT_BYTES_MAX && is_printable(text))
        return true;
    return refuse(change, what, "1 to 200 bytes of printable UTF-8");
}

bool check_option(struct change *change, const char *what, str text)
{
    return text.n == 0 || check_text(change, what, text);
}

/* An external id that looks like one of our ids could be meant for either. */
bool check_external_id(struct change *change)
{
    str id = change->external_id;
    bool account =
        change->kind == CHANGE_ACCOUNT_CREATE || change->kind == CHANGE_ACCOUNT_UPDATE;
    if (!check_option(change, "external_id", id))
        return false;
    if (!account || !str_starts(id, STR("acc_")))
        return true;
    return refuse(change, "external_id",
                  "your own name for the account; \"acc_\" begins Breakwater's ids");
}

bool check_way(struct change *change)
{
    str way = change->way;
    if (way.n == 0 || (way.n <= WAY_BYTES_MAX && is_word(way)))
        return true;
    return refuse(change, "auth", "1 to 40 characters of a–z, 0–9, \"_\"");
}

/* --- objects of texts --- */

static bool refuse_member(struct change *change, const char *what, str name,
                          const char *must)
{
    size_t shown = name.n < MEMBER_NAME_BYTES_MAX && is_printable(name) ? name.n : 0;
    change_refuse(change, ERR_BODY_INVALID, "`%s`: the member \"%.*s\" %s.", what,
                  (int)shown, name.p, must);
    return false;
}

static bool check_members(struct change *change, const char *what,
                          const struct json *object)
{
    if (json_is(object, JSON_UNDEFINED))
        return true;
    if (!json_is(object, JSON_OBJECT) || object->n > MEMBERS_MAX)
        return refuse(change, what, "an object of at most 50 members");
    for (uint32_t i = 0; i < object->n; i++) {
        const struct json_member *member = &object->u.members[i];
        str name = json_key(member);
        if (name.n == 0 || name.n > MEMBER_NAME_BYTES_MAX || !is_printable(name))
            return refuse_member(change, what, name,
                                 "must have a name of 1 to 100 bytes of printable UTF-8");
        if (!json_is(&member->value, JSON_STRING) || member->value.n > MEMBER_BYTES_MAX ||
            !is_printable(json_text(&member->value)))
            return refuse_member(
                change, what, name,
                "must be a string of at most 500 bytes of printable UTF-8");
    }
    return true;
}

bool check_labels(struct change *change)
{
    return check_members(change, "labels", &change->labels);
}

/* What templates may name. */
static bool check_variables(struct change *change, const char *what,
                            const struct json *object)
{
    if (!check_members(change, what, object))
        return false;
    for (uint32_t i = 0; json_is(object, JSON_OBJECT) && i < object->n; i++) {
        str name = json_key(&object->u.members[i]);
        if (!is_word(name))
            return refuse_member(change, what, name,
                                 "must have a name of the letters a-z, digits and '_'");
    }
    return true;
}

bool check_context(struct change *change)
{
    return check_variables(change, "context", &change->context);
}

bool check_params(struct change *change)
{
    return check_variables(change, "params", &change->params);
}

/* --- numbers, credentials, keys --- */

bool check_concurrency(struct change *change)
{
    if (change->concurrency_max >= -1 && change->concurrency_max <= CONCURRENCY_MAX)
        return true;
    return refuse(change, "concurrency_max", "a whole number from 0 to 100000");
}

/* Names are unique: a quadratic look at fifty of them at most. */
static bool is_first(const struct change *change, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (str_eq(change->credentials[i].name, change->credentials[at].name))
            return false;
    return true;
}

bool check_credentials(struct change *change)
{
    size_t bytes = 0;
    if (change->credential_n > CREDENTIALS_MAX)
        return refuse(change, "credentials", "at most 50");
    for (uint32_t i = 0; i < change->credential_n; i++) {
        str name = change->credentials[i].name;
        if (!is_word(name) || name.n > CREDENTIAL_NAME_BYTES_MAX || !is_first(change, i))
            return refuse(change, "credentials",
                          "named by 1 to 64 of the letters a-z, digits and '_', each "
                          "name once");
        bytes += name.n + change->credentials[i].value.n;
    }
    if (bytes <= CREDENTIALS_BYTES_MAX)
        return true;
    return refuse(change, "credentials", "at most 256 KiB together");
}

bool check_permissions(struct change *change)
{
    bool update = change->kind == CHANGE_KEY_UPDATE;
    bool known = (change->permissions & ~(unsigned)PERMISSION_ALL) == 0;
    if (known && (change->permissions != 0 || update))
        return true;
    return refuse(change, "permissions",
                  "at least one of call, read, write, payloads, replay, secrets, admin");
}

bool check_environments(struct change *change)
{
    if (change->environment_n <= KEY_ENVIRONMENTS_MAX)
        return true;
    return refuse(change, "environments", "at most 1000 ids");
}

bool check_expiry(struct change *change)
{
    bool keeps = change->kind == CHANGE_KEY_UPDATE && change->expires == -1;
    if (keeps || change->expires == 0 || change->expires > change->work->wall)
        return true;
    return refuse(change, "expires", "a time that is still to come");
}

bool check_key_text(struct change *change)
{
    str text = change->key_text;
    bool good = text.n >= KEY_TEXT_BYTES_MIN && text.n <= TEXT_BYTES_MAX;
    if (str_absent(text))
        return true;
    for (size_t i = 0; i < text.n; i++)
        good = good && text.p[i] > ' ' && text.p[i] < 0x7f;
    return good || refuse(change, "key", "20 to 200 printable ASCII characters");
}

/* --- apps --- */

/* Visible ASCII: what RFC 6749 (appendix A) lets client ids, scopes and URLs have. */
static bool is_visible(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] >= 0x7f)
            return false;
    return text.n > 0;
}

bool check_client_id(struct change *change)
{
    str id = change->client_id;
    bool update = change->kind == CHANGE_APP_UPDATE;
    if ((update && str_absent(id)) || (id.n <= TEXT_BYTES_MAX && is_visible(id)))
        return true;
    return refuse(change, "client_id", "1 to 200 bytes of visible ASCII");
}

/* The host of an authority; user information is none of it. */
static str host_of(str authority)
{
    if (str_starts(authority, STR("[")))
        return str_of(authority.p, str_find(authority, ']'));
    return str_of(authority.p, str_find(authority, ':'));
}

static bool is_loopback(str host)
{
    return str_eq(host, STR("localhost")) || str_ends(host, STR(".localhost")) ||
           str_eq(host, STR("127.0.0.1")) || str_eq(host, STR("[::1"));
}

/*
 * An absolute URL as RFC 6749 §3.1.2 wants it: https, or http to this machine; no
 * fragment. `*ret_path` is what follows the authority. Browsers take "\" for "/".
 */
static bool is_url(str text, str *ret_path)
{
    bool tls = str_starts(text, STR("https://"));
    if (text.n > URL_BYTES_MAX || !is_visible(text) || str_find(text, '#') < text.n ||
        str_find(text, '\\') < text.n || (!tls && !str_starts(text, STR("http://"))))
        return false;
    str rest = str_from(text, tls ? 8 : 7);
    size_t end = str_find(rest, '/');
    size_t query = str_find(rest, '?');
    str authority = str_of(rest.p, query < end ? query : end);
    str host = host_of(authority);
    *ret_path = str_from(rest, authority.n);
    return host.n > 0 && str_find(authority, '@') == authority.n &&
           (tls || is_loopback(host));
}

bool check_redirect_uri(struct change *change)
{
    str path;
    if (change->redirect_uri.n == 0 || is_url(change->redirect_uri, &path))
        return true;
    return refuse(change, "redirect_uri",
                  "an https URL of at most 500 bytes without a fragment (http for this "
                  "machine alone)");
}

/* A list of at most `max` texts, each of which `good` takes. */
static bool is_list(const struct json *list, uint32_t max, bool (*good)(str text))
{
    if (!json_is(list, JSON_ARRAY) || list->n > max)
        return false;
    for (uint32_t i = 0; i < list->n; i++)
        if (!json_is(&list->u.items[i], JSON_STRING) ||
            !good(json_text(&list->u.items[i])))
            return false;
    return true;
}

/* RFC 6749 §3.3. */
static bool is_scope(str text)
{
    return text.n <= SCOPE_BYTES_MAX && is_visible(text) &&
           str_find(text, '"') == text.n && str_find(text, '\\') == text.n;
}

bool check_scopes(struct change *change)
{
    const struct json *scopes = &change->scopes;
    if (json_is(scopes, JSON_UNDEFINED) || json_is(scopes, JSON_NULL) ||
        is_list(scopes, SCOPES_MAX, is_scope))
        return true;
    return refuse(change, "scopes",
                  "a list of at most 200 scopes, each of 1 to 200 visible ASCII "
                  "characters without blanks, quotes and backslashes");
}

/* With the "/" behind it, an origin is no beginning of a longer host's. */
static bool is_return_url(str text)
{
    str path;
    return is_url(text, &path) && str_starts(path, STR("/"));
}

bool check_return_urls(struct change *change)
{
    const struct json *urls = &change->return_urls;
    if (json_is(urls, JSON_UNDEFINED) || is_list(urls, URLS_MAX, is_return_url))
        return true;
    return refuse(change, "return_urls",
                  "a list of at most 50 beginnings of https URLs, each with the \"/\" "
                  "behind its host (http for this machine alone)");
}

static bool is_app_secret(str name)
{
    for (const char *const *known = app_secret_names; *known; known++)
        if (str_eq(name, str_z(*known)))
            return true;
    return false;
}

/* PKCS#8, or what came before it; a key that wants a passphrase is of no use here. */
static bool is_private_key(str pem)
{
    static const str tail = STR("PRIVATE KEY-----");
    return pem.n <= PRIVATE_KEY_BYTES_MAX && str_starts(pem, STR("-----BEGIN ")) &&
           str_find_str(pem, tail) < pem.n &&
           str_find_str(pem, STR("ENCRYPTED")) == pem.n;
}

static bool is_client_secret(str value)
{
    return value.n <= CLIENT_SECRET_BYTES_MAX && value.n > 0 && is_printable(value);
}

static bool check_app_secret(struct change *change, const struct credential *secret)
{
    bool key = str_eq(secret->name, STR("private_key"));
    str value = secret_peek(&secret->value);
    if (secret_absent(&secret->value) && change->others_stay)
        return true;
    if (str_starts(secret->name, STR("certificate")))
        return true; /* with its other half */
    if (key ? is_private_key(value) : is_client_secret(value))
        return true;
    change_refuse(change, ERR_BODY_INVALID, "`secrets/" STR_F "` must be %s.",
                  STR_A(secret->name),
                  key ? "a private key in PEM without a passphrase, of at most 16 KiB"
                      : "1 to 4096 bytes of printable UTF-8, without a line end");
    return false;
}

static const struct credential *given(const struct change *change, str name)
{
    for (uint32_t i = 0; i < change->credential_n; i++)
        if (str_eq(change->credentials[i].name, name))
            return &change->credentials[i];
    return NULL;
}

/* A certificate and its key come and go together, so that there is never half of a pair
 * or one of two halves. */
static bool check_app_pair(struct change *change)
{
    const struct credential *chain = given(change, STR("certificate"));
    const struct credential *key = given(change, STR("certificate_key"));
    if (!chain && !key)
        return true;
    if (!chain || !key || secret_absent(&chain->value) != secret_absent(&key->value))
        return refuse(change, "secrets",
                      "given certificate and certificate_key together, or neither");
    if (secret_absent(&chain->value))
        return true;
    const char *why =
        tls_pair_fault(secret_peek(&chain->value), secret_peek(&key->value));
    if (why)
        change_refuse(change, ERR_BODY_INVALID,
                      "`secrets/certificate` and its key cannot be used. %s", why);
    return !why;
}

bool check_app_secrets(struct change *change)
{
    for (uint32_t i = 0; i < change->credential_n; i++) {
        const struct credential *secret = &change->credentials[i];
        if (!is_app_secret(secret->name) || !is_first(change, i))
            return refuse(change, "secrets",
                          "named client_secret, client_secret_next, private_key, "
                          "certificate and certificate_key, each name once");
        if (!check_app_secret(change, secret))
            return false;
    }
    return check_app_pair(change);
}
