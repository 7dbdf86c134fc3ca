#include "api/api_ending.h"

#include "http/date.h"
#include "http/tls_pair.h"
#include "keeper/party.h"
#include "loop/world.h"

/* --- bodies --- */

/* Of those that somebody must say: a certificate says it itself. */
static bool is_said(str name, enum ending *ret_ending)
{
    static const enum ending said[] = {ENDING_CLIENT_SECRET, ENDING_CLIENT_SECRET_NEXT,
                                       ENDING_PRIVATE_KEY};
    for (size_t i = 0; i < COUNT_OF(said); i++)
        if (str_eq(name, ending_name(said[i]))) {
            *ret_ending = said[i];
            return true;
        }
    return false;
}

void api_read_ends(struct binder *binder, const struct json *value, void *field)
{
    usec *ends = field;
    enum ending ending;
    if (!json_is(value, JSON_OBJECT)) {
        bind_fault(binder, "wants an object of names and times.");
        return;
    }
    for (uint32_t i = 0; i < value->n && binder->fault_n < BIND_FAULTS_MAX; i++) {
        const struct json_member *member = &value->u.members[i];
        if (!is_said(json_key(member), &ending)) {
            bind_fault_at(binder, json_key(member),
                          "is nothing whose end is to be said; there are client_secret, "
                          "client_secret_next and private_key.");
            continue;
        }
        str before = bind_enter(binder, json_key(member));
        api_read_time(binder, &member->value, &ends[ending]);
        binder->at = before;
    }
}

/* --- views --- */

void view_ends(struct json_out *out, const usec ends[ENDING_COUNT])
{
    char text[DATE_ISO_CHARS + 1];
    json_out_object(out);
    for (unsigned i = 0; i < ENDING_COUNT; i++) {
        if (!ends[i])
            continue;
        date_format_iso(ends[i], text);
        json_out_member_text(out, ending_name((enum ending)i), str_z(text));
    }
    json_out_end(out);
}

str view_near_end(struct api_call *call, str what, usec ends)
{
    char text[DATE_ISO_CHARS + 1];
    usec wall = world_wall(call->worker->world);
    bool come = ending_has_come(ends, wall);
    if (!ending_is_near(ends, wall))
        return STR_NONE;
    date_format_iso(ends, text);
    return arena_printf(call->arena, STR_F " %s %s; store the next one%s.", STR_A(what),
                        come ? "ended" : "ends", text, come ? "" : " before then");
}

void view_end_warning(struct api_call *call, str what, usec ends)
{
    str warning = view_near_end(call, what, ends);
    if (!str_absent(warning))
        json_out_text(&call->out, warning);
}

void view_app_end_warnings(struct api_call *call, const struct app *app, str whose)
{
    for (unsigned i = 0; i < ENDING_COUNT; i++) {
        str parts[] = {STR("The "), ending_name((enum ending)i), STR(" of "), whose};
        if (i != ENDING_CERTIFICATE)
            view_end_warning(call, arena_join(call->arena, parts, COUNT_OF(parts)),
                             app->ends[i]);
    }
}

/* --- certificates --- */

void certificate_look(struct api_call *call, struct account *account,
                      const struct integration *integration, struct certificate_look *ret)
{
    struct certificate certificate;
    const char *why = NULL;
    *ret = (struct certificate_look){.trouble = STR_NONE};
    const struct auth_way *way =
        integration ? integration_way(integration, account->way) : NULL;
    if (!way)
        return;
    enum err err = party_certificate(call->api->directory, account, way, call->arena,
                                     &certificate, &why);
    if (err == ERR_NONE && !certificate.chain.n)
        return;
    struct tls_pair *pair =
        err ? NULL : tls_pair_read(certificate.chain, certificate.key, &why);
    if (!pair) {
        ret->trouble = str_z(why);
        return;
    }
    ret->ends = tls_pair_ends(pair);
    tls_pair_destroy(&pair);
}
