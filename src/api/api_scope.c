/*
 * What a key reaches: everything; a stage; or some environments of a stage. What is out
 * of reach is answered as if it were not there, so that nobody learns of it.
 */
#include "api/api_call.h"

#include "base/encode.h"

bool api_may(const struct api_call *call, unsigned permission)
{
    return (call->key->permissions & permission) == permission;
}

bool api_is_platform(const struct api_call *call)
{
    return !call->key->stage && call->key->environment_n == 0;
}

bool api_need_platform(struct api_call *call)
{
    if (api_is_platform(call))
        return true;
    api_refuse(call, ERR_KEY_FORBIDDEN,
               "This concerns every stage; it needs a key that is bound to none.");
    return false;
}

static bool same_id(const struct tenant_id *a, const struct tenant_id *b)
{
    return str_eq(tenant_id_str(a), tenant_id_str(b));
}

bool api_sees_stage(const struct api_call *call, const struct stage *stage)
{
    const struct stage *own = call->key->stage;
    return !own || same_id(&own->id, &stage->id);
}

static bool reaches(const struct api_key *key, const struct tenant_id *environment)
{
    for (uint32_t i = 0; i < key->environment_n; i++)
        if (same_id(&key->environments[i], environment))
            return true;
    return key->environment_n == 0;
}

bool api_sees_key(const struct api_call *call, const struct api_key *key)
{
    const struct api_key *own = call->key;
    if (own->stage && (!key->stage || !same_id(&own->stage->id, &key->stage->id)))
        return false;
    if (own->environment_n && !key->environment_n)
        return false;
    for (uint32_t i = 0; i < key->environment_n; i++)
        if (!reaches(own, &key->environments[i]))
            return false;
    return true;
}

/* --- what is named --- */

str api_path(struct api_call *call, const char *name)
{
    str text;
    str value = path_param(&call->match, str_z(name));
    CHECK(!str_absent(value));
    return decode_percent(call->arena, value, &text) ? text : value;
}

static void refuse_unknown(struct api_call *call, const char *kind, str ref)
{
    api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no %s \"%.*s\".", kind,
               (int)(ref.n < 100 ? ref.n : 100), ref.p);
}

struct stage *api_find_stage(struct api_call *call, str ref)
{
    struct stage *stage = directory_find_stage(call->api->directory, ref);
    if (stage && api_sees_stage(call, stage))
        return stage;
    stage_unref(&stage);
    refuse_unknown(call, "stage", ref);
    return NULL;
}

struct environment *api_find_environment(struct api_call *call, str id)
{
    struct environment *environment =
        directory_find_environment(call->api->directory, id);
    if (environment && api_key_covers(call->key, environment))
        return environment;
    environment_unref(&environment);
    refuse_unknown(call, "environment", id);
    return NULL;
}

struct account *api_find_account(struct api_call *call)
{
    str ref = api_path(call, "account");
    struct account *account = NULL;
    enum err err =
        directory_find_account(call->api->directory, call->key, ref, STR_NONE, &account);
    if (!err)
        return account;
    api_refuse_text(call, err, STR_NONE);
    return NULL;
}

struct api_key *api_find_key(struct api_call *call)
{
    str id = api_path(call, "key");
    struct api_key *key = directory_key(call->api->directory, id);
    if (key && api_sees_key(call, key))
        return key;
    api_key_unref(&key);
    refuse_unknown(call, "key", id);
    return NULL;
}
