/*
 * Accounts: what they are called, their state, their credentials.
 *
 *   connecting ──> active <──> degraded
 *        │           │ ^          │
 *        │           v │          v
 *        │        needs_reauth <──┘       disabled: from and to all of these
 *        └────────────────────────────    deleting: from anywhere, to nowhere
 */
#include "directory/directory_credential.h"
#include "directory/directory_state.h"
#include "directory/ending.h"

static const struct statement count_environment = {
    "SELECT COUNT(*) FROM environment WHERE id = $1"};

static const char external_id_taken[] =
    "Another account of this environment and integration has this `external_id`.";

static bool check_names(struct change *change)
{
    return check_option(change, "name", change->name) && check_external_id(change) &&
           check_way(change) && check_labels(change) && check_context(change) &&
           check_concurrency(change);
}

/* Without credentials nothing has an end. */
static bool check_end(struct change *change)
{
    if (change->credential_n || !change->ends[ENDING_CREDENTIALS])
        return true;
    change_refuse(change, ERR_BODY_INVALID, "`ends` comes together with credentials.");
    return false;
}

static bool check_account_create(struct change *change)
{
    return check_text(change, "integration", change->integration) &&
           check_names(change) && check_credentials(change) && check_end(change);
}

/* Nothing is said of one that is not named, unless that is the change. */
static void note_way(struct change *change)
{
    if (change->way.n || change->kind == CHANGE_ACCOUNT_UPDATE)
        json_out_member_text(&change->work->out, STR("auth"), change->way);
}

static void note_names(struct change *change)
{
    struct json_out *out = &change->work->out;
    json_out_member_text(out, STR("external_id"), change->external_id);
    json_out_member_text(out, STR("name"), change->name);
    note_way(change);
    change_note_json(change, STR("labels"), &change->labels);
    change_note_json(change, STR("context"), &change->context);
    if (change->concurrency_max >= 0)
        json_out_member_int(out, STR("concurrency_max"), change->concurrency_max);
}

/* Reads the row back, to be published; ends each run but that of a deletion. */
static enum err read_back(struct tx *tx, struct change *change)
{
    struct change_work *work = change->work;
    enum err err = directory_read_account(tx, change_id(change), &work->in_account);
    if (err == ERR_NONE)
        work->environment = tenant_id_str(&work->in_account.environment);
    return change_unknown(change, err, "account");
}

static void publish_account(struct change *change)
{
    CHECK(directory_publish_account(change->directory, change->work->in_account));
    change->work->in_account.object = NULL;
}

/* --- credentials --- */

static bool check_account_credentials(struct change *change)
{
    if (change->credential_n == 0) {
        change_refuse(change, ERR_BODY_INVALID, "`credentials` must not be empty.");
        return false;
    }
    return check_way(change) && check_credentials(change);
}

/* Stores them as version `version`, in place of all before. */
static enum err put_credentials(struct tx *tx, struct change *change, str sealed_data_key,
                                uint64_t version)
{
    static const struct statement delete = {"DELETE FROM credential WHERE account = $1"};
    static const struct statement insert = {
        "INSERT INTO credential (account, version, sealed, created) "
        "VALUES ($1, $2, $3, $4)"};
    struct change_work *work = change->work;
    struct data_key data_key = {change_id(change), sealed_data_key};
    str sealed;
    struct credential_set set = {change->credentials, change->credential_n, version};
    if (!directory_seal_credentials(change->directory->keyring, &data_key, &set,
                                    &work->arena, &sealed))
        return change_refuse(change, ERR_CREDENTIAL_UNUSABLE,
                             "The account's data key cannot be opened: its master key is "
                             "gone, or its row is damaged.");
    struct value params[] = {V_TEXT(change_id(change)), V_INT((int64_t)version),
                             V_BLOB(sealed), V_INT(work->wall)};
    enum err err = tx_exec(tx, &delete, params, 1, NULL);
    if (err == ERR_NONE)
        err = token_forget(tx, change_id(change));
    if (err == ERR_NONE)
        err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    str by = str_absent(change->session) ? change->actor.key_id : change->session;
    return err == ERR_NONE
               ? directory_note_connected(tx, change_id(change), by, work->wall)
               : err;
}

/* The row must have been read. */
static enum err put_end(struct tx *tx, struct change *change, enum ending ending,
                        usec ends)
{
    struct ending_owner owner = {.id = change_id(change),
                                 .environment = change->work->environment,
                                 .wall = change->work->wall};
    return ending_put(tx, &owner, ending, ends);
}

/* What comes with the credentials; what was known of those before is gone with them. */
static enum err put_ends(struct tx *tx, struct change *change)
{
    usec certificate = ending_of_certificate(change->credentials, change->credential_n);
    enum err err =
        put_end(tx, change, ENDING_CREDENTIALS, change->ends[ENDING_CREDENTIALS]);
    return err == ERR_NONE ? put_end(tx, change, ENDING_CERTIFICATE, certificate) : err;
}

static void note_ends(struct change *change)
{
    usec ends = change->ends[ENDING_CREDENTIALS];
    if (ends)
        change_note_time(change, STR("ends"), ends);
}

/* Names, never values. */
static void note_credentials(struct change *change, uint64_t version)
{
    struct json_out *out = &change->work->out;
    json_out_name(out, STR("credentials"));
    json_out_array(out);
    for (uint32_t i = 0; i < change->credential_n; i++)
        json_out_text(out, change->credentials[i].name);
    json_out_end(out);
    json_out_member_text(out, STR("session"), change->session);
    json_out_member_int(out, STR("credential_version"), (int64_t)version);
}

/* What a change of credentials or state must know; ERR_OBJECT_UNKNOWN with its sentence.
 */
struct present {
    enum account_state state;
    uint64_t credential_version;
    str way;
    str data_key;
    bool fails; /* its token could not be renewed */
};

static enum err read_present(struct tx *tx, struct change *change, struct present *ret)
{
    enum err err = read_back(tx, change);
    if (err != ERR_NONE)
        return err;
    struct account *account = change->work->in_account.object;
    struct arena *arena = &change->work->arena;
    *ret = (struct present){.state = account->state,
                            .credential_version = account->credential_version,
                            .way = arena_str(arena, account->way),
                            .data_key = arena_str(arena, account->data_key),
                            .fails = account->token.failures > 0};
    account_unref(&change->work->in_account.object);
    return ERR_NONE;
}

static enum err refuse_credentials(struct change *change, const struct present *present)
{
    if (present->state == ACCOUNT_DELETING)
        return change_refuse(
            change, ERR_STATE_CONFLICT,
            "The account is deleting; it takes no credentials any more.");
    if (change->credential_version == 0 ||
        change->credential_version == present->credential_version)
        return ERR_NONE;
    return change_refuse(change, ERR_STATE_CONFLICT,
                         "The stored credentials have version %llu, not %llu: somebody "
                         "else has replaced them.",
                         (unsigned long long)present->credential_version,
                         (unsigned long long)change->credential_version);
}

/* The row must have been read. */
static enum err tell_move(struct tx *tx, struct change *change, enum account_state from,
                          enum account_state to)
{
    struct state_move move = {.environment = change->work->environment,
                              .account = change_id(change),
                              .from = from,
                              .to = to,
                              .reason = change->state_reason,
                              .wall = change->work->wall};
    return token_tell(tx, &move);
}

static enum err run_account_credentials(struct tx *tx, struct change *change)
{
    static const struct statement update = {
        "UPDATE account SET credential_version = $2, state = $3, "
        "state_reason = CASE WHEN $3 = state THEN state_reason END, updated = $4, "
        "way = NULLIF(COALESCE($5, way), '') WHERE id = $1"};
    struct present present;
    enum err err = read_present(tx, change, &present);
    if (err == ERR_NONE)
        err = refuse_credentials(change, &present);
    if (err != ERR_NONE)
        return err;
    uint64_t version = present.credential_version + 1;
    enum account_state state = present.state;
    if (state == ACCOUNT_CONNECTING || state == ACCOUNT_NEEDS_REAUTH ||
        (state == ACCOUNT_DEGRADED && present.fails))
        state = ACCOUNT_ACTIVE;
    struct value params[] = {V_TEXT(change->id), V_INT((int64_t)version),
                             V_TEXT(account_state_word(state)), V_INT(change->work->wall),
                             V_TEXT(change->way)};
    err = put_credentials(tx, change, present.data_key, version);
    if (err == ERR_NONE)
        err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    if (err == ERR_NONE)
        err = put_ends(tx, change);
    if (err != ERR_NONE)
        return err;
    note_credentials(change, version);
    note_ends(change);
    note_way(change);
    err = tell_move(tx, change, present.state, state);
    return err == ERR_NONE ? read_back(tx, change) : err;
}

const struct change_ops change_account_credentials = {.action = "account.credentials",
                                                      .object_kind = "account",
                                                      .check = check_account_credentials,
                                                      .run = run_account_credentials,
                                                      .publish = publish_account};

/* --- creating and updating --- */

static enum err insert_account(struct tx *tx, struct change *change)
{
    static const struct statement insert = {
        "INSERT INTO account (id, environment, integration, external_id, name, labels, "
        "context, state, concurrency_max, credential_version, created, updated, way) "
        "VALUES ($1, $2, $3, NULLIF($4, ''), NULLIF($5, ''), COALESCE($6, '{}'), "
        "COALESCE($7, '{}'), $8, COALESCE($9, 0), $10, $11, $11, NULLIF($12, ''))"};
    bool connected = change->credential_n > 0;
    enum account_state state = connected ? ACCOUNT_ACTIVE : ACCOUNT_CONNECTING;
    struct value params[] = {V_TEXT(change_id(change)),
                             V_TEXT(change->environment_id),
                             V_TEXT(change->integration),
                             V_TEXT(change->external_id),
                             V_TEXT(change->name),
                             change_json(change, &change->labels),
                             change_json(change, &change->context),
                             V_TEXT(account_state_word(state)),
                             change_number(change->concurrency_max),
                             V_INT(connected),
                             V_INT(change->work->wall),
                             V_TEXT(change->way)};
    enum err err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    return change_exists(change, err, external_id_taken);
}

/* Every account has a data key from its first day: hooks and payloads seal with it too.
 */
static enum err run_account_create(struct tx *tx, struct change *change)
{
    struct change_work *work = change->work;
    str data_key =
        keyring_new_data_key(change->directory->keyring, change_id(change), &work->arena);
    enum err err = change_needs(tx, change, &count_environment, change->environment_id,
                                "environment");
    if (err == ERR_NONE)
        err = insert_account(tx, change);
    if (err == ERR_NONE)
        err = change_app_of_account(tx, change);
    if (err == ERR_NONE)
        err = directory_insert_data_key(tx, change_id(change), data_key);
    if (err == ERR_NONE && change->credential_n > 0)
        err = put_credentials(tx, change, data_key, 1);
    if (err != ERR_NONE)
        return err;
    json_out_member_text(&work->out, STR("integration"), change->integration);
    note_names(change);
    if (change->credential_n == 0)
        return read_back(tx, change);
    note_credentials(change, 1);
    note_ends(change);
    work->environment = change->environment_id;
    err = put_ends(tx, change);
    if (err == ERR_NONE)
        err = read_back(tx, change);
    return err == ERR_NONE ? tell_move(tx, change, ACCOUNT_CONNECTING, ACCOUNT_ACTIVE)
                           : err;
}

/* The stored credentials are those of the way that the account has. */
static enum err refuse_way(struct tx *tx, struct change *change)
{
    struct present present;
    if (str_absent(change->way))
        return ERR_NONE;
    enum err err = read_present(tx, change, &present);
    str before = str_absent(present.way) ? STR("") : present.way;
    if (err != ERR_NONE || present.credential_version == 0 || str_eq(before, change->way))
        return err;
    return change_refuse(change, ERR_STATE_CONFLICT,
                         "`auth`: the account has credentials of the way it is connected "
                         "by; another way comes together with new ones.");
}

/* Somebody has learned when the credentials that are stored end. */
static enum err change_end(struct tx *tx, struct change *change)
{
    struct present present;
    if (!change->ends[ENDING_CREDENTIALS])
        return ERR_NONE;
    enum err err = read_present(tx, change, &present);
    if (err != ERR_NONE)
        return err;
    if (present.credential_version == 0)
        return change_refuse(change, ERR_STATE_CONFLICT,
                             "`ends`: the account has no credentials yet; it comes "
                             "together with them.");
    note_ends(change);
    return put_end(tx, change, ENDING_CREDENTIALS, change->ends[ENDING_CREDENTIALS]);
}

static enum err run_account_update(struct tx *tx, struct change *change)
{
    static const struct statement update = {
        "UPDATE account SET external_id = NULLIF(COALESCE($2, external_id), ''), "
        "name = NULLIF(COALESCE($3, name), ''), labels = COALESCE($4, labels), "
        "context = COALESCE($5, context), "
        "concurrency_max = COALESCE($6, concurrency_max), updated = $7, "
        "way = NULLIF(COALESCE($8, way), '') WHERE id = $1"};
    struct value params[] = {V_TEXT(change->id),
                             V_TEXT(change->external_id),
                             V_TEXT(change->name),
                             change_json(change, &change->labels),
                             change_json(change, &change->context),
                             change_number(change->concurrency_max),
                             V_INT(change->work->wall),
                             V_TEXT(change->way)};
    enum err err = refuse_way(tx, change);
    if (err == ERR_NONE)
        err = change_end(tx, change);
    if (err != ERR_NONE)
        return err;
    err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    if (err != ERR_NONE)
        return change_exists(change, err, external_id_taken);
    note_names(change);
    err = change_app_of_account(tx, change);
    return err == ERR_NONE ? read_back(tx, change) : err;
}

const struct change_ops change_account_create = {.action = "account.create",
                                                 .object_kind = "account",
                                                 .id_prefix = "acc_",
                                                 .check = check_account_create,
                                                 .run = run_account_create,
                                                 .publish = publish_account};

const struct change_ops change_account_update = {.action = "account.update",
                                                 .object_kind = "account",
                                                 .check = check_names,
                                                 .run = run_account_update,
                                                 .publish = publish_account};

/* --- states --- */

#define FROM(state) (1u << ACCOUNT_##state)
#define FROM_ANY                                                                         \
    (FROM(CONNECTING) | FROM(ACTIVE) | FROM(DEGRADED) | FROM(NEEDS_REAUTH) |             \
     FROM(DISABLED))

/* From which states each may be reached; staying in one changes its reason. */
static const unsigned legal_from[] = {
    [ACCOUNT_CONNECTING] = FROM(CONNECTING) | FROM(DISABLED),
    [ACCOUNT_ACTIVE] = FROM_ANY,
    [ACCOUNT_DEGRADED] = FROM(ACTIVE) | FROM(DEGRADED) | FROM(DISABLED),
    [ACCOUNT_NEEDS_REAUTH] = FROM_ANY & ~FROM(CONNECTING),
    [ACCOUNT_DISABLED] = FROM_ANY,
    [ACCOUNT_DELETING] = FROM_ANY | FROM(DELETING),
};

static bool check_account_state(struct change *change)
{
    return check_option(change, "state_reason", change->state_reason);
}

static enum err refuse_move(struct change *change, enum account_state from)
{
    struct buf states;
    buf_init(&states, 256);
    for (unsigned i = 0; i <= ACCOUNT_DELETING; i++)
        if (legal_from[change->state] & 1u << i)
            buf_printf(&states, "%s%s", states.n ? ", " : "", account_state_words[i]);
    enum err err = change_refuse(
        change, ERR_STATE_CONFLICT,
        "The account is %s; it can become %s from these states only: " STR_F ".",
        account_state_words[from], account_state_words[change->state],
        STR_A(buf_peek(&states)));
    buf_fini(&states);
    return err;
}

static enum err run_account_state(struct tx *tx, struct change *change)
{
    static const struct statement update = {
        "UPDATE account SET state = $2, state_reason = NULLIF($3, ''), updated = $4 "
        "WHERE id = $1"};
    struct json_out *out = &change->work->out;
    struct present present;
    enum err err = read_present(tx, change, &present);
    if (err != ERR_NONE)
        return err;
    if (!(legal_from[change->state] & 1u << present.state))
        return refuse_move(change, present.state);
    struct value params[] = {V_TEXT(change->id),
                             V_TEXT(account_state_word(change->state)),
                             V_TEXT(change->state_reason), V_INT(change->work->wall)};
    err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    if (err != ERR_NONE)
        return err;
    json_out_member_text(out, STR("from"), account_state_word(present.state));
    json_out_member_text(out, STR("to"), account_state_word(change->state));
    json_out_member_text(out, STR("reason"), change->state_reason);
    err = tell_move(tx, change, present.state, change->state);
    return err == ERR_NONE ? read_back(tx, change) : err;
}

const struct change_ops change_account_state = {.action = "account.state",
                                                .object_kind = "account",
                                                .check = check_account_state,
                                                .run = run_account_state,
                                                .publish = publish_account};

/* --- deleting --- */

static bool check_account_delete(struct change *change)
{
    (void)change;
    return true;
}

static enum err run_account_delete(struct tx *tx, struct change *change)
{
    static const struct statement owned[] = {
        {"DELETE FROM credential WHERE account = $1"},
        {"DELETE FROM integration_override WHERE account = $1"},
        {"DELETE FROM record_version WHERE account = $1"},
        {"DELETE FROM hook_habit WHERE account = $1"},
        {"DELETE FROM hook_secret WHERE scope = $1"}};
    static const struct statement delete = {"DELETE FROM account WHERE id = $1"};
    static const struct statement remember = {
        "INSERT INTO account_gone (id, gone) VALUES ($1, $2)"};
    struct value gone[] = {V_TEXT(change->id), V_INT(change->work->wall)};
    struct present present;
    enum err err = read_present(tx, change, &present);
    if (err == ERR_NONE)
        err = tx_exec(tx, &remember, gone, COUNT_OF(gone), NULL);
    for (size_t i = 0; err == ERR_NONE && i < COUNT_OF(owned); i++)
        err = tx_exec(tx, &owned[i], (struct value[]){V_TEXT(change->id)}, 1, NULL);
    if (err == ERR_NONE)
        err = token_forget(tx, change->id);
    if (err == ERR_NONE)
        err = ending_forget(tx, change->id);
    if (err == ERR_NONE)
        err = directory_destroy_data_key(
            tx, &change->work->arena, &(struct data_key){change->id, present.data_key});
    return err == ERR_NONE ? change_remove(tx, change, &delete, "account") : err;
}

static void withdraw_account(struct change *change)
{
    directory_withdraw_account(change->directory, change->id);
}

const struct change_ops change_account_delete = {.action = "account.delete",
                                                 .object_kind = "account",
                                                 .check = check_account_delete,
                                                 .run = run_account_delete,
                                                 .publish = withdraw_account};
