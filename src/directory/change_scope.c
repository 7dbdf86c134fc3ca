/*
 * Stages, environments, and the keys to them.
 *
 * A key of some environments must never become a key of its whole stage because they
 * went: an environment is not deleted while a key is limited to it.
 */
#include "directory/directory_state.h"

#include "http/date.h"

static const struct statement count_stage = {"SELECT COUNT(*) FROM stage WHERE id = $1"};

static bool check_nothing(struct change *change)
{
    (void)change;
    return true;
}

/* --- stages --- */

static bool check_stage(struct change *change)
{
    return check_text(change, "name", change->name);
}

static enum err run_stage_create(struct tx *tx, struct change *change)
{
    static const struct statement insert = {
        "INSERT INTO stage (id, name, kind, created) VALUES ($1, $2, $3, $4)"};
    struct change_work *work = change->work;
    struct value params[] = {V_TEXT(change_id(change)), V_TEXT(change->name),
                             V_TEXT(stage_kind_word(change->stage_kind)),
                             V_INT(work->wall)};
    enum err err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    if (err != ERR_NONE)
        return change_exists(change, err, "A stage of this `name` exists already.");
    json_out_member_text(&work->out, STR("name"), change->name);
    json_out_member_text(&work->out, STR("kind"), stage_kind_word(change->stage_kind));
    return directory_read_stage(tx, change_id(change), &work->stage);
}

static void publish_stage(struct change *change)
{
    directory_publish_stage(change->directory, change->work->stage);
    change->work->stage = NULL;
}

static enum err run_stage_delete(struct tx *tx, struct change *change)
{
    static const struct statement environments = {
        "SELECT COUNT(*) FROM environment WHERE stage = $1"};
    static const struct statement keys = {
        "SELECT COUNT(*) FROM api_key WHERE stage = $1"};
    static const struct statement endpoints = {
        "SELECT COUNT(*) FROM endpoint WHERE stage = $1"};
    static const struct statement delete = {"DELETE FROM stage WHERE id = $1"};
    enum err err = change_unless(tx, change, &environments, "environments");
    if (err == ERR_NONE)
        err = change_unless(tx, change, &keys, "API keys");
    if (err == ERR_NONE)
        err = change_unless(tx, change, &endpoints, "endpoints");
    return err == ERR_NONE ? change_remove(tx, change, &delete, "stage") : err;
}

static void withdraw_stage(struct change *change)
{
    directory_withdraw_stage(change->directory, change->id);
}

const struct change_ops change_stage_create = {.action = "stage.create",
                                               .object_kind = "stage",
                                               .id_prefix = "stg_",
                                               .check = check_stage,
                                               .run = run_stage_create,
                                               .publish = publish_stage};

const struct change_ops change_stage_delete = {.action = "stage.delete",
                                               .object_kind = "stage",
                                               .check = check_nothing,
                                               .run = run_stage_delete,
                                               .publish = withdraw_stage};

/* --- environments --- */

static bool check_environment_create(struct change *change)
{
    return check_text(change, "name", change->name) && check_external_id(change) &&
           check_labels(change) && check_concurrency(change);
}

static bool check_environment_update(struct change *change)
{
    return (str_absent(change->name) || check_text(change, "name", change->name)) &&
           check_external_id(change) && check_labels(change) && check_concurrency(change);
}

static void note_environment(struct change *change)
{
    struct json_out *out = &change->work->out;
    json_out_member_text(out, STR("name"), change->name);
    json_out_member_text(out, STR("external_id"), change->external_id);
    change_note_json(change, STR("labels"), &change->labels);
    if (change->concurrency_max >= 0)
        json_out_member_int(out, STR("concurrency_max"), change->concurrency_max);
    change->work->environment = change_id(change);
}

static const char external_id_taken[] =
    "Another environment of this stage has this `external_id`.";

static enum err run_environment_create(struct tx *tx, struct change *change)
{
    static const struct statement insert = {
        "INSERT INTO environment (id, stage, external_id, name, labels, concurrency_max, "
        "created, updated) VALUES ($1, $2, NULLIF($3, ''), $4, COALESCE($5, '{}'), "
        "COALESCE($6, 0), $7, $7)"};
    struct change_work *work = change->work;
    struct value params[] = {V_TEXT(change_id(change)),
                             V_TEXT(change->stage_id),
                             V_TEXT(change->external_id),
                             V_TEXT(change->name),
                             change_json(change, &change->labels),
                             change_number(change->concurrency_max),
                             V_INT(work->wall)};
    enum err err = change_needs(tx, change, &count_stage, change->stage_id, "stage");
    if (err != ERR_NONE)
        return err;
    err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    if (err != ERR_NONE)
        return change_exists(change, err, external_id_taken);
    json_out_member_text(&work->out, STR("stage"), change->stage_id);
    note_environment(change);
    return directory_read_environment(tx, change_id(change), &work->in_environment);
}

static enum err run_environment_update(struct tx *tx, struct change *change)
{
    static const struct statement update = {
        "UPDATE environment SET external_id = NULLIF(COALESCE($2, external_id), ''), "
        "name = COALESCE($3, name), labels = COALESCE($4, labels), "
        "concurrency_max = COALESCE($5, concurrency_max), updated = $6 WHERE id = $1"};
    struct change_work *work = change->work;
    struct value params[] = {V_TEXT(change->id),
                             V_TEXT(change->external_id),
                             V_TEXT(change->name),
                             change_json(change, &change->labels),
                             change_number(change->concurrency_max),
                             V_INT(work->wall)};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    if (err != ERR_NONE)
        return change_exists(change, err, external_id_taken);
    note_environment(change);
    err = directory_read_environment(tx, change->id, &work->in_environment);
    return change_unknown(change, err, "environment");
}

static void publish_environment(struct change *change)
{
    struct change_work *work = change->work;
    CHECK(directory_publish_environment(change->directory, work->in_environment));
    work->in_environment.object = NULL;
}

static enum err run_environment_delete(struct tx *tx, struct change *change)
{
    static const struct statement accounts = {
        "SELECT COUNT(*) FROM account WHERE environment = $1"};
    static const struct statement apps = {
        "SELECT COUNT(*) FROM app WHERE environment = $1"};
    static const struct statement keys = {
        "SELECT COUNT(*) FROM api_key_environment WHERE environment = $1"};
    static const struct statement endpoints = {
        "SELECT COUNT(*) FROM endpoint WHERE environment = $1"};
    static const struct statement overrides = {
        "DELETE FROM integration_override WHERE environment = $1"};
    static const struct statement delete = {"DELETE FROM environment WHERE id = $1"};
    enum err err = change_unless(tx, change, &accounts, "accounts");
    if (err == ERR_NONE)
        err = change_unless(tx, change, &apps, "apps");
    if (err == ERR_NONE)
        err = change_unless(tx, change, &keys, "API keys limited to it");
    if (err == ERR_NONE)
        err = change_unless(tx, change, &endpoints, "endpoints");
    if (err == ERR_NONE)
        err = tx_exec(tx, &overrides, (struct value[]){V_TEXT(change->id)}, 1, NULL);
    change->work->environment = change->id;
    return err == ERR_NONE ? change_remove(tx, change, &delete, "environment") : err;
}

static void withdraw_environment(struct change *change)
{
    directory_withdraw_environment(change->directory, change->id);
}

const struct change_ops change_environment_create = {.action = "environment.create",
                                                     .object_kind = "environment",
                                                     .id_prefix = "env_",
                                                     .check = check_environment_create,
                                                     .run = run_environment_create,
                                                     .publish = publish_environment};

const struct change_ops change_environment_update = {.action = "environment.update",
                                                     .object_kind = "environment",
                                                     .check = check_environment_update,
                                                     .run = run_environment_update,
                                                     .publish = publish_environment};

const struct change_ops change_environment_delete = {.action = "environment.delete",
                                                     .object_kind = "environment",
                                                     .check = check_nothing,
                                                     .run = run_environment_delete,
                                                     .publish = withdraw_environment};

/* --- keys --- */

static bool check_key_create(struct change *change)
{
    if (!check_text(change, "label", change->name) || !check_permissions(change) ||
        !check_environments(change) || !check_expiry(change) || !check_key_text(change))
        return false;
    if (!str_absent(change->stage_id) || change->environment_n <= 0)
        return true;
    change_refuse(change, ERR_BODY_INVALID,
                  "`environments` belong to a `stage`, which must be given with them.");
    return false;
}

static bool check_key_update(struct change *change)
{
    return (str_absent(change->name) || check_text(change, "label", change->name)) &&
           check_permissions(change) && check_environments(change) &&
           check_expiry(change);
}

/* As the API reads it: 0 is never. */
static void note_expiry(struct json_out *out, usec expires)
{
    char text[DATE_ISO_CHARS + 1];
    json_out_name(out, STR("expires"));
    if (expires == 0 || expires == USEC_NEVER) {
        json_out_null(out);
        return;
    }
    date_format_iso(expires, text);
    json_out_text(out, str_z(text));
}

static void note_key(struct change *change)
{
    struct json_out *out = &change->work->out;
    json_out_member_text(out, STR("label"), change->name);
    if (change->permissions) {
        json_out_name(out, STR("permissions"));
        json_out_array(out);
        for (unsigned bit = 1; bit < PERMISSION_ALL; bit <<= 1)
            if (change->permissions & bit)
                json_out_text(out, permission_word((enum permission)bit));
        json_out_end(out);
    }
    if (change->environment_n >= 0) {
        json_out_name(out, STR("environments"));
        json_out_array(out);
        for (int64_t i = 0; i < change->environment_n; i++)
            json_out_text(out, change->environment_ids[i]);
        json_out_end(out);
    }
    if (change->expires >= 0)
        note_expiry(out, change->expires);
}

/* Limits the key to the environments, which must be of its stage. */
static enum err put_environments(struct tx *tx, struct change *change, str stage)
{
    static const struct statement count = {
        "SELECT COUNT(*) FROM environment WHERE id = $1 AND stage = $2"};
    static const struct statement insert = {
        "INSERT INTO api_key_environment (api_key, environment) VALUES ($1, $2) "
        "ON CONFLICT DO NOTHING"};
    for (int64_t i = 0; i < change->environment_n; i++) {
        str id = change->environment_ids[i];
        int64_t n = 0;
        enum err err =
            tx_number(tx, &count, (struct value[]){V_TEXT(id), V_TEXT(stage)}, 2, &n);
        if (err == ERR_NONE && n == 0)
            return change_refuse(change, ERR_OBJECT_UNKNOWN,
                                 "The key's stage has no environment of the id at place "
                                 "%lld of `environments`.",
                                 (long long)i + 1);
        struct value params[] = {V_TEXT(change_id(change)), V_TEXT(id)};
        if (err == ERR_NONE)
            err = tx_exec(tx, &insert, params, 2, NULL);
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static int64_t expiry_of(const struct change *change)
{
    return change->expires == 0 ? USEC_NEVER : change->expires;
}

static enum err insert_key(struct tx *tx, struct change *change)
{
    static const struct statement insert = {
        "INSERT INTO api_key (id, stage, label, hint, digest, permissions, expires, "
        "last_used, created) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)"};
    const struct change_work *work = change->work;
    str digest = str_of((const char *)work->key_digest, sizeof(work->key_digest));
    struct value params[] = {V_TEXT(change_id(change)),
                             V_TEXT(change->stage_id),
                             V_TEXT(change->name),
                             V_TEXT(str_z(work->key_hint)),
                             V_BLOB(digest),
                             V_INT(change->permissions),
                             V_INT(expiry_of(change)),
                             V_INT(work->wall)};
    enum err err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    return change_exists(change, err, "This `key` exists already.");
}

static enum err run_key_create(struct tx *tx, struct change *change)
{
    enum err err = ERR_NONE;
    if (!str_absent(change->stage_id))
        err = change_needs(tx, change, &count_stage, change->stage_id, "stage");
    if (err == ERR_NONE)
        err = insert_key(tx, change);
    if (err == ERR_NONE)
        err = put_environments(tx, change, change->stage_id);
    if (err != ERR_NONE)
        return err;
    json_out_member_text(&change->work->out, STR("stage"), change->stage_id);
    note_key(change);
    return directory_read_key(tx, change_id(change), &change->work->in_key);
}

/* The environments of a key that exists, in place of those it had. */
static enum err replace_environments(struct tx *tx, struct change *change)
{
    static const struct statement query = {"SELECT stage FROM api_key WHERE id = $1"};
    static const struct statement delete = {
        "DELETE FROM api_key_environment WHERE api_key = $1"};
    struct value id[] = {V_TEXT(change->id)};
    enum err err = tx_query(tx, &query, id, 1);
    if (err != ERR_NONE)
        return err;
    bool found = tx_next(tx, &err);
    str stage = found ? arena_str(&change->work->arena, tx_text(tx, 0)) : STR_NONE;
    if (err == ERR_NONE && found && str_absent(stage) && change->environment_n > 0)
        return change_refuse(change, ERR_BODY_INVALID,
                             "A key of every stage cannot be limited to `environments`.");
    if (err == ERR_NONE)
        err = tx_exec(tx, &delete, id, 1, NULL);
    return err == ERR_NONE && found ? put_environments(tx, change, stage) : err;
}

static enum err run_key_update(struct tx *tx, struct change *change)
{
    static const struct statement update = {
        "UPDATE api_key SET label = COALESCE($2, label), "
        "permissions = COALESCE($3, permissions), expires = COALESCE($4, expires) "
        "WHERE id = $1"};
    struct value params[] = {V_TEXT(change->id), V_TEXT(change->name),
                             change->permissions ? V_INT(change->permissions) : V_NULL,
                             change_number(expiry_of(change))};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    if (err == ERR_NONE && change->environment_n >= 0)
        err = replace_environments(tx, change);
    if (err != ERR_NONE)
        return err;
    note_key(change);
    err = directory_read_key(tx, change->id, &change->work->in_key);
    return change_unknown(change, err, "API key");
}

static void publish_key(struct change *change)
{
    CHECK(directory_publish_key(change->directory, change->work->in_key));
    change->work->in_key.object = NULL;
}

static enum err run_key_delete(struct tx *tx, struct change *change)
{
    static const struct statement limits = {
        "DELETE FROM api_key_environment WHERE api_key = $1"};
    static const struct statement delete = {"DELETE FROM api_key WHERE id = $1"};
    enum err err = tx_exec(tx, &limits, (struct value[]){V_TEXT(change->id)}, 1, NULL);
    return err == ERR_NONE ? change_remove(tx, change, &delete, "API key") : err;
}

static void withdraw_key(struct change *change)
{
    directory_withdraw_key(change->directory, change->id);
}

const struct change_ops change_key_create = {.action = "key.create",
                                             .object_kind = "key",
                                             .id_prefix = "key_",
                                             .check = check_key_create,
                                             .run = run_key_create,
                                             .publish = publish_key};

const struct change_ops change_key_update = {.action = "key.update",
                                             .object_kind = "key",
                                             .check = check_key_update,
                                             .run = run_key_update,
                                             .publish = publish_key};

const struct change_ops change_key_delete = {.action = "key.delete",
                                             .object_kind = "key",
                                             .check = check_nothing,
                                             .run = run_key_delete,
                                             .publish = withdraw_key};
