#include "deliver/deliver_message.h"

#include "base/buf.h"
#include "http/date.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 64 << 20 };

/* The members of an object as text, without its braces; "" of none. Both objects are our
 * own writing. */
static str inside(str object)
{
    str text = str_trim(object);
    return text.n > 2 ? str_trim(str_of(text.p + 1, text.n - 2)) : STR("");
}

static void put_members(struct buf *text, str object)
{
    str members = str_absent(object) ? STR("") : inside(object);
    if (members.n == 0)
        return;
    if (text->p[text->n - 1] != '{')
        buf_char(text, ',');
    buf_str(text, members);
}

static void put_named(struct buf *text, const char *name, str value)
{
    if (str_absent(value))
        return;
    if (text->p[text->n - 1] != '{')
        buf_char(text, ',');
    buf_printf(text, "\"%s\":", name);
    json_write_text(text, value);
}

str deliver_message(const struct event_row *event, str data, struct arena *arena)
{
    char time[DATE_ISO_CHARS + 1];
    struct buf text;
    size_t most = event->detail.n + (str_absent(data) ? 0 : data.n);
    buf_init(&text, BODY_BYTES_MAX + most);
    date_format_iso(event->time, time);
    buf_str(&text, STR("{\"type\":"));
    json_write_text(&text, event->type);
    buf_printf(&text, ",\"timestamp\":\"%s\",\"data\":{", time);
    put_named(&text, "environment", event->environment);
    put_named(&text, "account", event->account);
    put_named(&text, "integration", event->integration);
    put_members(&text, event->detail);
    put_members(&text, data);
    buf_str(&text, STR("}}"));
    CHECK(buf_ok(&text));
    return arena_take(arena, &text);
}

str deliver_resource(str subject)
{
    size_t first = str_find(subject, '/');
    if (str_absent(subject) || first == subject.n)
        return STR_NONE;
    size_t second = str_find(str_from(subject, first + 1), '/');
    return first + 1 + second < subject.n ? str_of(subject.p, first + 1 + second)
                                          : STR_NONE;
}
