/*
 * HttpOnly, since no script of ours reads it; SameSite=Lax, since the way back begins at
 * another site and must have it, while a page of another site that merely loads the
 * callback must not. The name is public: it stands in the state. What proves is the
 * value.
 */
#include "connect/ticket.h"

#include "http/url.h"
#include "loop/worker.h"
#include "loop/world.h"

#define COOKIE "bw_connect_"

enum { COOKIE_S = 3600 };

static const size_t tag_chars = 8;

static str fresh_name(struct inbound *in)
{
    char name[32];
    world_name(in->worker->world, "", name);
    return arena_str(in->arena, str_z(name));
}

/* The last characters of the session's id, which are random. */
static str tag_of_session(str session)
{
    return session.n < tag_chars ? session : str_from(session, session.n - tag_chars);
}

static str tag_of_state(str state)
{
    return str_of(state.p, state.n < tag_chars ? state.n : tag_chars);
}

struct ticket ticket_make(struct inbound *in, str session, str secret)
{
    str state[] = {tag_of_session(session), fresh_name(in)};
    str browser[] = {fresh_name(in), STR("."), secret};
    return (struct ticket){arena_join(in->arena, state, COUNT_OF(state)),
                           arena_join(in->arena, browser, COUNT_OF(browser))};
}

struct ticket ticket_find(struct inbound *in, str state)
{
    str name[] = {STR(COOKIE), tag_of_state(state), STR("=")};
    str wanted = arena_join(in->arena, name, COUNT_OF(name)), item;
    str rest = header_value_name(&in->head.headers, STR("Cookie"));
    while (rest.n && str_next(&rest, ';', &item)) {
        item = str_trim(item);
        if (str_starts(item, wanted))
            return (struct ticket){state, str_from(item, wanted.n)};
    }
    return (struct ticket){state, STR_NONE};
}

str ticket_secret(const struct ticket *ticket)
{
    size_t dot = str_find(ticket->browser, '.');
    return dot < ticket->browser.n ? str_from(ticket->browser, dot + 1) : STR_NONE;
}

/* A path may hold what ends a cookie's attribute; then it is kept for all paths. */
static str path_of(str redirect_uri, struct arena *arena)
{
    struct url url;
    if (!url_parse(arena, redirect_uri, &url, NULL) ||
        str_find(url.path, ';') < url.path.n)
        return STR("/");
    return url.path;
}

static str line_of(const struct ticket *ticket, str value, str path, const char *end,
                   struct arena *arena)
{
    return arena_printf(
        arena, COOKIE STR_F "=" STR_F "; Path=" STR_F "; HttpOnly; SameSite=Lax; %s",
        STR_A(tag_of_state(ticket->state)), STR_A(value), STR_A(path), end);
}

str ticket_keep(const struct ticket *ticket, str redirect_uri, bool secure,
                struct arena *arena)
{
    str age = arena_printf(arena, "Max-Age=%d%s", COOKIE_S, secure ? "; Secure" : "");
    return line_of(ticket, ticket->browser, path_of(redirect_uri, arena),
                   arena_z(arena, age), arena);
}

str ticket_forget(const struct ticket *ticket, str redirect_uri, bool secure,
                  struct arena *arena)
{
    return line_of(ticket, STR(""), path_of(redirect_uri, arena),
                   secure ? "Max-Age=0; Secure" : "Max-Age=0", arena);
}
