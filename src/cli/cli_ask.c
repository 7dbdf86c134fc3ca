/*
 * Actions that are data: arguments and options become a path, a query and a body; the
 * answer becomes text. What the API refuses is told in its own words.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/encode.h"
#include "cli/cli_client.h"
#include "cli/cli_command.h"
#include "cli/cli_table.h"
#include "http/url.h"
#include "json/json_parse.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 8 << 20, PROBLEM_BYTES_MAX = 128 << 20 };

#define URL_STANDARD "http://127.0.0.1:8080"

/* --- the path and the query --- */

/* How many {} a pattern has. */
static uint32_t count_places(const char *pattern)
{
    uint32_t n = 0;
    for (; *pattern; pattern++)
        n += *pattern == '{';
    return n;
}

str cli_path(struct cli *cli, const char *pattern)
{
    struct buf path;
    uint32_t next = 0;
    buf_init(&path, 1 << 16);
    for (const char *c = pattern; *c; c++) {
        if (*c != '{') {
            buf_char(&path, *c);
            continue;
        }
        CHECK(next < cli->arg_n);
        buf_str(&path, encode_percent(&cli->arena, cli->args[next++]));
        c++;
    }
    str text = arena_str(&cli->arena, buf_peek(&path));
    buf_fini(&path);
    return text;
}

static const char *member_of(const struct cli_option *option)
{
    return option->member ? option->member : option->name;
}

static str add_label(struct cli *cli, str query, const struct cli_value *value)
{
    size_t equals = str_find(value->text, '=');
    str parts[] = {str_z(member_of(value->option)), STR("."),
                   str_of(value->text.p, equals)};
    return url_query_with(&cli->arena, query, arena_join(&cli->arena, parts, 3),
                          equals < value->text.n ? str_from(value->text, equals + 1)
                                                 : STR(""));
}

static str add_query(struct cli *cli, str query)
{
    for (uint32_t i = 0; i < cli->value_n; i++) {
        const struct cli_value *value = &cli->values[i];
        if (value->option->place == OPTION_QUERY)
            query = url_query_with(&cli->arena, query, str_z(member_of(value->option)),
                                   value->option->value ? value->text : STR("true"));
        else if (value->option->place == OPTION_LABELS)
            query = add_label(cli, query, value);
    }
    return query;
}

static str with_query(struct cli *cli, str path, str query)
{
    str parts[] = {path, query.n ? STR("?") : STR(""), query};
    return arena_join(&cli->arena, parts, 3);
}

/* --- the body --- */

static void put_text(struct json_out *out, str text, str null_word)
{
    if (str_eq(text, null_word))
        json_out_null(out);
    else
        json_out_text(out, text);
}

static void put_list(struct json_out *out, str text)
{
    str item;
    json_out_array(out);
    while (text.n && str_next(&text, ',', &item))
        json_out_text(out, str_trim(item));
    json_out_end(out);
}

/* All pairs of the option together, where the first one stands. */
static void put_pairs(struct json_out *out, const struct cli *cli,
                      const struct cli_option *option)
{
    json_out_object(out);
    for (uint32_t i = 0; i < cli->value_n; i++) {
        str pair = cli->values[i].text;
        size_t equals = str_find(pair, '=');
        if (cli->values[i].option != option || !pair.n)
            continue;
        json_out_name(out, str_of(pair.p, equals));
        json_out_text(out, equals < pair.n ? str_from(pair, equals + 1) : STR(""));
    }
    json_out_end(out);
}

static bool stood_before(const struct cli *cli, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (cli->values[i].option == cli->values[at].option)
            return true;
    return false;
}

static void put_value(struct json_out *out, const struct cli *cli, uint32_t at)
{
    const struct cli_value *value = &cli->values[at];
    uint64_t number;
    if (value->option->place < OPTION_TEXT || stood_before(cli, at))
        return;
    json_out_name(out, str_z(member_of(value->option)));
    switch (value->option->place) {
    case OPTION_TEXT:
        put_text(out, value->text, STR(""));
        return;
    case OPTION_TIME:
        put_text(out, value->text, STR("never"));
        return;
    case OPTION_NUMBER:
        if (str_to_u64(value->text, INT64_MAX, &number))
            json_out_int(out, (int64_t)number);
        else
            json_out_text(out, value->text); /* the API says what it takes */
        return;
    case OPTION_LIST:
        put_list(out, value->text);
        return;
    case OPTION_LIST_OR_NULL:
        if (value->text.n)
            put_list(out, value->text);
        else
            json_out_null(out);
        return;
    case OPTION_TRUE:
        json_out_bool(out, true);
        return;
    case OPTION_PAIRS:
        put_pairs(out, cli, value->option);
        return;
    case OPTION_OWN:
    case OPTION_QUERY:
    case OPTION_LABELS:
        return;
    }
}

static str make_body(struct cli *cli)
{
    const struct cli_action *action = cli->action;
    struct json_out out;
    struct buf text;
    uint32_t at = count_places(action->path);
    buf_init(&text, BODY_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    for (const char *const *member = action->members; member && *member; member++)
        if (at < cli->arg_n) {
            json_out_name(&out, str_z(*member));
            json_out_text(&out, cli->args[at++]);
        }
    for (uint32_t i = 0; i < cli->value_n; i++)
        put_value(&out, cli, i);
    json_out_end(&out);
    str body = arena_str(&cli->arena, buf_peek(&text));
    buf_fini(&text);
    return body;
}

/* --- the answer --- */

static void put_faults(struct buf *buf, const struct json *problem)
{
    const struct json *faults = json_member(problem, STR("faults"));
    for (uint32_t i = 0; faults && json_is(faults, JSON_ARRAY) && i < faults->n; i++) {
        const struct json *fault = &faults->u.items[i];
        str pointer = json_member_text(fault, STR("pointer"));
        buf_str(buf, STR("  "));
        table_text(buf, pointer);
        buf_str(buf, pointer.n ? STR(": ") : STR(""));
        table_text(buf, json_member_text(fault, STR("text")));
        buf_char(buf, '\n');
    }
}

static void put_line(struct buf *buf, const struct json *problem, const char *name,
                     const char *before)
{
    str text = json_member_text(problem, str_z(name));
    if (!text.n)
        return;
    buf_str(buf, str_z(before));
    table_text(buf, text);
    buf_char(buf, '\n');
}

static void put_problem(struct buf *buf, const struct json *problem)
{
    buf_str(buf, STR("breakwater: "));
    table_text(buf, json_member_text(problem, STR("title")));
    buf_str(buf, STR(" ("));
    table_text(buf, json_member_text(problem, STR("code")));
    buf_str(buf, STR(")\n"));
    put_line(buf, problem, "detail", "  ");
    put_faults(buf, problem);
    put_line(buf, problem, "mend", "  ");
    put_line(buf, problem, "request_id", "  Request ");
}

/* The problem for people, or as it came. */
static int tell_problem(const struct cli *cli, const struct cli_call *call,
                        const struct json *problem)
{
    struct buf text;
    if (str_absent(json_member_text(problem, STR("title"))))
        return cli_failed("the answer has status %d and is no problem document; is this "
                          "the URL of a Breakwater?",
                          call->status);
    buf_init(&text, PROBLEM_BYTES_MAX);
    if (cli->json)
        buf_printf(&text, STR_F "\n", STR_A(call->text));
    else
        put_problem(&text, problem);
    fwrite(text.p, 1, text.n, stderr);
    buf_fini(&text);
    return CLI_FAILED;
}

static str first_of(str a, str b, str c)
{
    if (!str_absent(a))
        return a;
    return str_absent(b) ? c : b;
}

static str base_url(struct cli *cli)
{
    str url = first_of(cli_value(cli, "url"), cli_variable("BREAKWATER_URL"),
                       STR(URL_STANDARD));
    while (str_ends(url, STR("/")))
        url.n--;
    return url;
}

int cli_request(struct cli *cli, const char *method, str path, str body,
                struct json *ret_answer)
{
    str why;
    str parts[] = {base_url(cli), path};
    struct json answer = {0};
    struct cli_call call = {
        .url = arena_join(&cli->arena, parts, 2),
        .method = str_z(method),
        .key = first_of(cli_value(cli, "key"), cli_variable("BREAKWATER_KEY"),
                        cli_variable("BREAKWATER_ADMIN_KEY")),
        .ca_file = cli_value(cli, "ca"),
        .body = body,
        .arena = &cli->arena,
    };
    if (!cli_call(&call, &why))
        return cli_failed(STR_F, STR_A(why));
    if (call.text.n && !json_parse(&cli->arena, call.text, NULL, &answer, NULL))
        return cli_failed("the answer has status %d and is not JSON; is this the URL of "
                          "a Breakwater?",
                          call.status);
    if (call.status >= 300)
        return tell_problem(cli, &call, &answer);
    *ret_answer = answer;
    return CLI_DONE;
}

/* --- printing --- */

static void print_list(struct cli *cli, const struct json *answer)
{
    const struct json *items = json_member(answer, STR("items"));
    const struct json *next = json_member(answer, STR("next_cursor"));
    if (!items || !json_is(items, JSON_ARRAY))
        return;
    if (items->n)
        table_list(&cli->out, cli->action->columns, items);
    else
        buf_printf(&cli->out, "no %s\n", cli->action->noun);
    if (next && json_is(next, JSON_STRING) && !cli_has(cli, "all"))
        fprintf(stderr, "There are more: --all, or --cursor " STR_F "\n",
                STR_A(json_text(next)));
}

void cli_print(struct cli *cli, const struct json *answer)
{
    const struct cli_action *action = cli->action;
    if (json_is(answer, JSON_UNDEFINED)) {
        if (!cli->json && action->done)
            buf_printf(&cli->out, "%s " STR_F "\n", action->done,
                       STR_A(cli->arg_n ? cli->args[0] : STR("")));
        return;
    }
    if (cli->json) {
        json_write(&cli->out, answer, JSON_PRETTY);
        buf_char(&cli->out, '\n');
    } else if (action->columns) {
        print_list(cli, answer);
    } else {
        table_object(&cli->out, answer, action->hidden);
    }
}

/* --- all of it --- */

/* The items of all pages, one list. */
static int ask_all(struct cli *cli, str path, struct json *ret_answer)
{
    struct json_build items, whole;
    str cursor = STR_NONE;
    json_build_init(&items, &cli->arena);
    do {
        struct json page;
        str query = add_query(cli, STR_NONE);
        if (!str_absent(cursor))
            query = url_query_with(&cli->arena, query, STR("cursor"), cursor);
        int status =
            cli_request(cli, "GET", with_query(cli, path, query), STR_NONE, &page);
        if (status != CLI_DONE)
            return status;
        const struct json *list = json_member(&page, STR("items"));
        for (uint32_t i = 0; list && json_is(list, JSON_ARRAY) && i < list->n; i++)
            json_build_item(&items, list->u.items[i]);
        cursor = json_member_text(&page, STR("next_cursor"));
    } while (!str_absent(cursor));
    json_build_init(&whole, &cli->arena);
    json_build_member(&whole, STR("items"), json_build_array(&items));
    json_build_member(&whole, STR("next_cursor"), json_of_null());
    *ret_answer = json_build_object(&whole);
    return CLI_DONE;
}

int cli_ask(struct cli *cli)
{
    const struct cli_action *action = cli->action;
    struct json answer;
    str path = cli_path(cli, action->path);
    bool reads =
        strcmp(action->method, "GET") == 0 || strcmp(action->method, "DELETE") == 0;
    int status;
    if (action->columns && cli_has(cli, "all"))
        status = ask_all(cli, path, &answer);
    else
        status = cli_request(cli, action->method,
                             with_query(cli, path, add_query(cli, STR_NONE)),
                             reads ? STR_NONE : make_body(cli), &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}
