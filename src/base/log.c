#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/calendar.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/utf8.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* Room kept free for `,"cut":true}\n`. */
enum { TAIL_BYTES = 16 };

static bool put(struct log_line *line, str s)
{
    if (s.n > LOG_LINE_BYTES - TAIL_BYTES - line->n)
        return false;
    memcpy(line->bytes + line->n, s.p, s.n);
    line->n += s.n;
    return true;
}

/* The escaped form of an ASCII character as JSON wants it (RFC 8259 §7); U+FFFD for a
 * byte that is not UTF-8. */
static str escaped(unsigned char c, char room[8])
{
    if (c == '"' || c == '\\') {
        room[0] = '\\';
        room[1] = (char)c;
        return str_of(room, 2);
    }
    if (c >= 0x80)
        return STR("\xef\xbf\xbd");
    snprintf(room, 8, "\\u%04x", c);
    return str_of(room, 6);
}

/* How many bytes at the front of `s` may stand as they are: a character, or none. */
static size_t plain_size(str s)
{
    unsigned char c = (unsigned char)s.p[0];
    bool plain = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
    return plain ? utf8_size(s.p, s.n) : 0;
}

static bool put_escaped(struct log_line *line, str s)
{
    char room[8];
    size_t done = 0;
    for (size_t i = 0; i < s.n;) {
        size_t size = plain_size(str_from(s, i));
        i += size;
        if (size)
            continue;
        if (!put(line, str_of(s.p + done, i - done)) ||
            !put(line, escaped((unsigned char)s.p[i], room)))
            return false;
        done = ++i;
    }
    return put(line, str_from(s, done));
}

static bool put_name(struct log_line *line, const char *name)
{
    if (line->log->text)
        return put(line, STR(" ")) && put(line, str_z(name)) && put(line, STR("="));
    return put(line, STR(",\"")) && put(line, str_z(name)) && put(line, STR("\":"));
}

static void put_time(struct log_line *line)
{
    char text[CALENDAR_ISO_CHARS];
    calendar_put_iso(line->log->wall(line->log->arg) / USEC_MS, text);
    put(line, str_of(text, sizeof(text)));
}

void log_open(struct log_line *line, const struct log *log, enum log_level level,
              const char *event)
{
    line->log = log && level >= log->level ? log : NULL;
    line->n = 0;
    line->cut = false;
    if (!line->log)
        return;
    put(line, log->text ? STR("") : STR("{\"ts\":\""));
    put_time(line);
    put(line, log->text ? STR(" ") : STR("\",\"level\":\""));
    put(line, str_z(level_names[level]));
    put(line, log->text ? STR(" ") : STR("\",\"event\":\""));
    put(line, str_z(event));
    put(line, log->text ? STR("") : STR("\""));
}

/* Takes back what a member that did not fit has left. */
static void settle(struct log_line *line, size_t before, bool fitted)
{
    if (fitted)
        return;
    line->n = before;
    line->cut = true;
}

void log_str(struct log_line *line, const char *name, str value)
{
    if (!line->log || str_absent(value))
        return;
    size_t before = line->n;
    settle(line, before,
           put_name(line, name) && put(line, STR("\"")) && put_escaped(line, value) &&
               put(line, STR("\"")));
}

void log_int(struct log_line *line, const char *name, int64_t value)
{
    char text[24];
    if (!line->log)
        return;
    size_t before = line->n;
    settle(line, before,
           put_name(line, name) && put(line, str_of(text, encode_decimal(value, text))));
}

void log_bool(struct log_line *line, const char *name, bool value)
{
    if (!line->log)
        return;
    size_t before = line->n;
    settle(line, before,
           put_name(line, name) && put(line, value ? STR("true") : STR("false")));
}

void log_close(struct log_line *line)
{
    if (!line->log)
        return;
    str tail = line->log->text ? STR("\n") : STR("}\n");
    if (line->cut)
        tail = line->log->text ? STR(" cut=true\n") : STR(",\"cut\":true}\n");
    CHECK(line->n + tail.n <= LOG_LINE_BYTES);
    memcpy(line->bytes + line->n, tail.p, tail.n);
    line->log->sink(line->log->arg, str_of(line->bytes, line->n + tail.n));
    line->log = NULL;
}

/* Without the part of a character at the end where the text was cut. */
static str whole_characters(str s)
{
    size_t at = s.n;
    while (at && utf8_is_tail(s.p[at - 1]))
        at--;
    bool cut = at && !utf8_size(s.p + at - 1, s.n - at + 1);
    return cut ? str_of(s.p, at - 1) : s;
}

void log_say(const struct log *log, enum log_level level, const char *event,
             const char *fmt, ...)
{
    struct log_line line;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log_open(&line, log, level, event);
    log_str(&line, "message", whole_characters(str_z(text)));
    log_close(&line);
}

bool log_level_parse(str word, enum log_level *ret_level)
{
    for (size_t i = 0; i < COUNT_OF(level_names); i++)
        if (str_eq(word, str_z(level_names[i]))) {
            *ret_level = (enum log_level)i;
            return true;
        }
    return false;
}
