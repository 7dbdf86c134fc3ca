/*
 * What comes in beside the command's words: files, standard input, the environment.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli_command.h"
#include "json/json_parse.h"

enum { PIECE_BYTES = 64 * 1024 };

static bool read_all(struct arena *arena, int fd, str *ret_text)
{
    struct buf text;
    ssize_t n = -1;
    buf_init(&text, (size_t)UINT32_MAX + 1);
    while (buf_reserve(&text, PIECE_BYTES) &&
           (n = read(fd, text.p + text.n, PIECE_BYTES)) > 0)
        text.n += (size_t)n;
    bool good = buf_ok(&text) && n == 0;
    if (good)
        *ret_text = arena_str(arena, text.n ? buf_peek(&text) : STR(""));
    if (text.p)
        mem_wipe(text.p, text.room);
    buf_fini(&text);
    return good;
}

bool cli_read_file(struct arena *arena, str path, str *ret_text)
{
    if (str_eq(path, STR("-")))
        return read_all(arena, STDIN_FILENO, ret_text);
    int fd = open(arena_z(arena, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = read_all(arena, fd, ret_text);
    close(fd);
    return good;
}

bool cli_read_secret(struct arena *arena, str *ret_text)
{
    struct termios before;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    struct termios quiet = before;
    if (terminal) {
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    }
    bool good = read_all(arena, STDIN_FILENO, ret_text);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return good;
}

int cli_parse_json(struct arena *arena, str path, str text, struct json *ret_value)
{
    struct json_fault fault;
    if (json_parse(arena, text, NULL, ret_value, &fault))
        return CLI_DONE;
    return cli_failed(STR_F " is no JSON: %s (line %u, column %u)", STR_A(path),
                      fault.what, fault.line, fault.column);
}

str cli_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? str_z(value) : STR_NONE;
}
