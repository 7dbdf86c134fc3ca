#include "api/api_ending.h"

#include "http/date.h"
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
