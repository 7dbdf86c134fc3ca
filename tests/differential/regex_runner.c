/*
 * Runs regular expressions for regex.mjs. Each line of standard input is a JSON array
 * [pattern, flags, text]; the answer to it is a line: "error" and what is wrong, "tired",
 * "none", or the spans in bytes, "-" for groups that took no part.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "json/json_parse.h"
#include "regex/regex.h"

static unsigned flags_of(str text)
{
    unsigned flags = 0;
    flags |= str_find(text, 'i') < text.n ? REGEX_IGNORE_CASE : 0;
    flags |= str_find(text, 'm') < text.n ? REGEX_MULTILINE : 0;
    flags |= str_find(text, 'u') < text.n ? REGEX_UNICODE : 0;
    return flags;
}

static void print_match(const struct regex_match *match)
{
    for (uint32_t i = 0; i < match->n; i++) {
        const struct regex_span *span = &match->spans[i];
        if (span->from > span->to)
            printf("%s-", i ? " " : "");
        else
            printf("%s%zu,%zu", i ? " " : "", span->from, span->to);
    }
    printf("\n");
}

static void answer(const struct json *row)
{
    struct regex_fault fault;
    struct regex_match match;
    const struct json *items = row->u.items;
    struct regex *regex =
        regex_compile(json_text(&items[0]), flags_of(json_text(&items[1])), &fault);
    if (!regex) {
        printf("error " STR_F " at %u\n", STR_A(fault.what), fault.offset);
        return;
    }
    switch (regex_find(regex, json_text(&items[2]), 0, 0, &match)) {
    case REGEX_MATCH:
        print_match(&match);
        break;
    case REGEX_NONE:
        printf("none\n");
        break;
    case REGEX_TIRED:
        printf("tired\n");
        break;
    }
    regex_destroy(&regex);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, stdin)) > 0) {
        struct arena arena;
        struct json row;
        arena_init(&arena, 4096, 1 << 24);
        if (!json_parse(&arena, str_of(line, (size_t)n), NULL, &row, NULL) || row.n != 3)
            return 1;
        answer(&row);
        arena_fini(&arena);
    }
    free(line);
    return 0;
}
