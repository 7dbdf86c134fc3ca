#include "tests/support/shell.h"

#include <stdlib.h>

#include "cli/cli.h"

enum { WORDS_MAX = 64 };

static int cut(struct arena *arena, const char *words, char **ret_argv)
{
    int n = 0;
    ret_argv[n++] = (char *)(uintptr_t) "breakwater";
    for (const char *at = words; *at && n + 1 < WORDS_MAX;) {
        at += strspn(at, " ");
        char end = *at == '\'' ? '\'' : ' ';
        at += *at == '\'';
        size_t length = 0;
        while (at[length] && at[length] != end)
            length++;
        if (length || end == '\'')
            ret_argv[n++] = (char *)(uintptr_t)arena_z(arena, str_of(at, length));
        at += length + (at[length] == '\'');
    }
    ret_argv[n] = NULL;
    return n;
}

/* A descriptor led to a file of its own; answers what it was. */
static int lead(int fd, FILE *file)
{
    int before = dup(fd);
    assert_true(before >= 0 && dup2(fileno(file), fd) == fd);
    return before;
}

static void lead_back(int fd, int before)
{
    assert_true(dup2(before, fd) == fd);
    close(before);
}

static str content(struct arena *arena, FILE *file)
{
    struct buf buf;
    char piece[4096];
    size_t n;
    buf_init(&buf, 1 << 28);
    rewind(file);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_put(&buf, piece, n);
    str text = arena_str(arena, buf.n ? buf_peek(&buf) : STR(""));
    buf_fini(&buf);
    fclose(file);
    return text;
}

struct ran shell_run(struct arena *arena, const char *words, const char *input)
{
    struct ran ran;
    char *argv[WORDS_MAX];
    int argc = cut(arena, words, argv);
    FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
    assert_true(in && out && err);
    fputs(input ? input : "", in);
    rewind(in);
    fflush(NULL);
    int befores[] = {lead(0, in), lead(1, out), lead(2, err)};
    ran.status = cli_main(argc, argv);
    fflush(NULL);
    for (int fd = 0; fd < 3; fd++)
        lead_back(fd, befores[fd]);
    ran.out = content(arena, out);
    ran.err = content(arena, err);
    fclose(in);
    return ran;
}

void check_ran(struct ran ran, int status, const char *file, int line)
{
    if (ran.status == status)
        return;
    print_error("exit %d, not %d\n" STR_F STR_F, ran.status, status, STR_A(ran.out),
                STR_A(ran.err));
    _fail(file, line);
}

void check_in(str text, const char *part, const char *file, int line)
{
    if (str_find_str(text, str_z(part)) < text.n)
        return;
    print_error("\"%s\" is not in:\n" STR_F "\n", part, STR_A(text));
    _fail(file, line);
}
