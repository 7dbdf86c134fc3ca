/*
 * What a change may set, looked at before anything is asked of the store. Each function
 * refuses with a sentence that names the member, as the API calls it, and what it takes.
 */
#include "base/utf8.h"
#include "directory/directory_state.h"

enum {
    TEXT_BYTES_MAX = 200,
    MEMBERS_MAX = 50,
    MEMBER_NAME_BYTES_MAX = 100,
    MEMBER_BYTES_MAX = 500,
    CONCURRENCY_MAX = 100000,
    CREDENTIALS_MAX = 50,
    CREDENTIAL_NAME_BYTES_MAX = 64,
    CREDENTIALS_BYTES_MAX = 256 * 1024,
    KEY_TEXT_BYTES_MIN = 20
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

bool check_context(struct change *change)
{
    const struct json *context = &change->context;
    if (!check_members(change, "context", context))
        return false;
    if (!json_is(context, JSON_OBJECT))
        return true;
    for (uint32_t i = 0; i < context->n; i++) {
        str name = json_key(&context->u.members[i]);
        if (!is_word(name))
            return refuse_member(change, "context", name,
                                 "must have a name of the letters a-z, digits and '_'");
    }
    return true;
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
