/*
 * Who has connected an account: whoever was given the link of a connect session, or
 * stored credentials with an API key. The audit log has a line for either; that of a
 * login is written here, since the exchange that it ends with is no act of a person.
 */
#include "directory/audit.h"
#include "directory/token_work.h"
#include "event/event.h"

enum err directory_note_connected(struct tx *tx, str account, str by, usec wall)
{
    static const struct statement update = {
        "UPDATE account SET connected = $2, connected_by = $3 WHERE id = $1"};
    struct value params[] = {V_TEXT(account), V_INT(wall), V_TEXT(by)};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

static enum err put_line(struct tx *tx, const struct token_change *change)
{
    struct buf detail;
    struct json_out out;
    buf_init(&detail, 4096);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("session"), change->login.session);
    json_out_member_text(&out, STR("auth"), change->way.n ? change->way : STR_NONE);
    json_out_member_text(&out, STR("scope"), change->scope);
    json_out_member_int(&out, STR("credential_version"), (int64_t)change->version + 1);
    json_out_end(&out);
    struct audit_entry entry = {.time = change->wall,
                                .peer = change->login.peer,
                                .action = STR("account.connect"),
                                .object_kind = STR("account"),
                                .object_id = change->account,
                                .environment =
                                    tenant_id_str(&change->work->found.environment),
                                .detail = buf_peek(&detail)};
    enum err err = audit_put(tx, &entry);
    buf_fini(&detail);
    return err;
}

static enum err tell_personal(struct tx *tx, const struct token_change *change)
{
    struct buf detail;
    struct json_out out;
    if (str_absent(change->login.member))
        return ERR_NONE;
    buf_init(&detail, 4096);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("member"), change->login.member);
    json_out_member_text(&out, STR("value"), change->login.value);
    json_out_end(&out);
    struct event event = {.type = EVENT_ACCOUNT_PERSONAL_LOGIN,
                          .time = change->wall,
                          .environment = tenant_id_str(&change->work->found.environment),
                          .account = change->account,
                          .detail = buf_peek(&detail)};
    enum err err = event_put(tx, &event);
    buf_fini(&detail);
    return err;
}

enum err token_note_login(struct tx *tx, struct token_change *change)
{
    if (str_absent(change->login.session))
        return ERR_NONE;
    enum err err = directory_note_connected(tx, change->account, change->login.session,
                                            change->wall);
    if (err == ERR_NONE)
        err = put_line(tx, change);
    return err == ERR_NONE ? tell_personal(tx, change) : err;
}
