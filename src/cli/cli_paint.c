/*
 * The text is taken token by token: a string, a run of anything else that is no
 * punctuation, or one character as it is. A string is a name if a colon follows.
 */
#include "cli/cli_paint.h"

#include <unistd.h>

#include "cli/cli_command.h"

bool paint_wanted(int fd)
{
    return isatty(fd) && str_absent(cli_variable("NO_COLOR"));
}

void paint_begin(struct buf *buf, enum paint paint)
{
    static const char *const codes[] = {[PAINT_NAME] = "34;1",
                                        [PAINT_STRING] = "32",
                                        [PAINT_OTHER] = "36",
                                        [PAINT_WRONG] = "31;1",
                                        [PAINT_FAINT] = "2"};
    buf_printf(buf, "\x1b[%sm", codes[paint]);
}

void paint_end(struct buf *buf)
{
    buf_str(buf, STR("\x1b[0m"));
}

static size_t string_length(str text)
{
    size_t n = 1;
    while (n < text.n && text.p[n] != '"')
        n += text.p[n] == '\\' ? 2 : 1;
    return n < text.n ? n + 1 : text.n;
}

static size_t word_length(str text)
{
    size_t n = 0;
    while (n < text.n && !strchr("[]{},: \n\"", text.p[n]))
        n++;
    return n;
}

static void put_token(struct buf *buf, str token, enum paint paint)
{
    paint_begin(buf, paint);
    buf_str(buf, token);
    paint_end(buf);
}

void paint_json(struct buf *buf, str text)
{
    while (text.n) {
        bool string = text.p[0] == '"';
        size_t n = string ? string_length(text) : word_length(text);
        bool name = string && n < text.n && text.p[n] == ':';
        if (n)
            put_token(buf, str_of(text.p, n),
                      name     ? PAINT_NAME
                      : string ? PAINT_STRING
                               : PAINT_OTHER);
        else
            buf_char(buf, text.p[n++]);
        text = str_from(text, n);
    }
}
