#include "cli/cli_secrets.h"

#include "base/mem.h"
#include "json/json_parse.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 2 << 20 };

/* An editor's or echo's line end is no part of a secret. */
static str without_line_end(str text)
{
    if (str_ends(text, STR("\n")))
        text.n--;
    if (str_ends(text, STR("\r")))
        text.n--;
    return text;
}

/* An object with the one member; an absent text is null. */
static void put_one(struct json_out *out, str name, str text)
{
    json_out_object(out);
    json_out_name(out, name);
    json_out_text(out, text);
    json_out_end(out);
}

static bool put_secrets(struct cli *cli, struct json_out *out, str text)
{
    struct json object;
    str field = cli_value(cli, "field");
    if (!str_absent(field)) {
        put_one(out, field, without_line_end(text));
        return true;
    }
    if (!json_parse(&cli->arena, text, NULL, &object, NULL) ||
        !json_is(&object, JSON_OBJECT))
        return false;
    json_out_value(out, &object);
    return true;
}

/* "never" is null. */
static void put_end(const struct cli *cli, struct json_out *out,
                    const struct secrets_place *place)
{
    str ends = cli_value(cli, "ends");
    if (str_absent(ends))
        return;
    json_out_name(out, STR("ends"));
    if (str_eq(ends, STR("never")))
        ends = STR_NONE;
    if (place->by_name)
        put_one(out, cli_value(cli, "field"), ends);
    else
        json_out_text(out, ends);
}

/* Opens the body up to the value of its member. */
static void begin_body(const struct cli *cli, struct buf *body, struct json_out *out,
                       uint64_t version, const struct secrets_place *place)
{
    buf_init(body, BODY_BYTES_MAX);
    json_out_init(out, body);
    json_out_object(out);
    if (version)
        json_out_member_int(out, STR("version"), (int64_t)version);
    json_out_member_text(out, STR("auth"), place->way);
    put_end(cli, out, place);
    json_out_name(out, str_z(place->member));
}

/* Closes, sends and wipes it. */
static int end_body(struct cli *cli, struct buf *body, struct json_out *out,
                    const struct secrets_place *place)
{
    struct json answer;
    json_out_end(out);
    int status = cli_request(cli, place->method, cli_path(cli, place->path),
                             buf_peek(body), &answer);
    if (status == CLI_DONE)
        cli_print(cli, &answer);
    return status;
}

static void wipe_body(struct buf *body)
{
    if (body->p)
        mem_wipe(body->p, body->room);
    buf_fini(body);
}

/* 0: none was given. */
static bool read_version(struct cli *cli, uint64_t *ret_version)
{
    str text = cli_value(cli, "version");
    *ret_version = 0;
    return str_absent(text) || str_to_u64(text, UINT32_MAX, ret_version);
}

static int send_text(struct cli *cli, const struct secrets_place *place, str text)
{
    struct json_out out;
    struct buf body;
    uint64_t version;
    int status = CLI_FAILED;
    if (!read_version(cli, &version))
        return cli_misused(cli, "--version wants a whole number");
    begin_body(cli, &body, &out, version, place);
    if (put_secrets(cli, &out, text))
        status = end_body(cli, &body, &out, place);
    else
        cli_failed("what was read is no JSON object of names and values; for a single "
                   "value say which with --field NAME");
    wipe_body(&body);
    return status;
}

int secrets_send(struct cli *cli, const struct secrets_place *place)
{
    str text;
    str file = cli_value(cli, "from-file");
    bool from_stdin = cli_has(cli, "from-stdin");
    if (from_stdin != str_absent(file))
        return cli_misused(cli, "say --from-stdin or --from-file FILE");
    if (from_stdin ? !cli_read_secret(&cli->arena, &text)
                   : !cli_read_file(&cli->arena, file, &text))
        return cli_failed(STR_F " cannot be read",
                          STR_A(from_stdin ? STR("standard input") : file));
    int status = send_text(cli, place, text);
    if (text.n)
        mem_wipe((char *)(uintptr_t)text.p, text.n);
    return status;
}

int secrets_send_end(struct cli *cli, const struct secrets_place *place)
{
    struct json_out out;
    struct buf body;
    uint64_t version;
    if (!read_version(cli, &version))
        return cli_misused(cli, "--version wants a whole number");
    begin_body(cli, &body, &out, version, place);
    json_out_object(&out);
    json_out_end(&out);
    int status = end_body(cli, &body, &out, place);
    wipe_body(&body);
    return status;
}

int secrets_remove(struct cli *cli, const struct secrets_place *place, str name)
{
    struct json_out out;
    struct buf body;
    uint64_t version;
    if (!read_version(cli, &version))
        return cli_misused(cli, "--version wants a whole number");
    begin_body(cli, &body, &out, version, place);
    put_one(&out, name, STR_NONE);
    int status = end_body(cli, &body, &out, place);
    wipe_body(&body);
    return status;
}
