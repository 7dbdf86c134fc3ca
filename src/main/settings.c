#include "main/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "json/json_parse.h"
#include "json/json_write.h"

enum { FILE_BYTES_MAX = 1 << 20, TEXT_BYTES_MAX = 64 * 1024 };

struct row {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    const char *standard;
    double min;
    double max;
    const char *doc;
};

static const struct row rows[] = {
#define X(name, kind, standard, min, max, doc)                                           \
    {#name, SETTING_##kind, offsetof(struct settings, name), standard, min, max, doc},
#include "main/setting_list.h"
#undef X
};

static const char *const source_words[] = {"default", "file", "environment", "flag"};

/* --- one value --- */

static bool set_text(const struct row *row, void *field, str value)
{
    if ((double)value.n < row->min || (double)value.n > row->max)
        return false;
    *(str *)field = value;
    return true;
}

static bool set_uint(const struct row *row, void *field, str value)
{
    return str_to_u64(value, (uint64_t)row->max, field) &&
           *(uint64_t *)field >= (uint64_t)row->min;
}

static bool set_duration(const struct row *row, void *field, str value)
{
    usec *duration = field;
    return str_to_usec(value, duration) && *duration >= (usec)(row->min * 1e6) &&
           *duration <= (usec)(row->max * 1e6);
}

static bool set_bool(void *field, str value)
{
    *(bool *)field = str_eq(value, STR("true"));
    return *(bool *)field || str_eq(value, STR("false"));
}

static str wanted(const struct row *row, struct arena *arena)
{
    switch (row->kind) {
    case SETTING_TEXT:
        return arena_printf(arena, "text of %.0f to %.0f bytes", row->min, row->max);
    case SETTING_UINT:
        return arena_printf(arena, "a whole number from %.0f to %.0f", row->min,
                            row->max);
    case SETTING_DURATION:
        return arena_printf(arena, "a duration such as 30s, from %gs to %gs", row->min,
                            row->max);
    case SETTING_BOOL:
        return STR("true or false");
    }
    return STR_NONE;
}

static bool set(struct settings *settings, size_t i, str value,
                enum setting_source source)
{
    const struct row *row = &rows[i];
    void *field = (char *)settings + row->offset;
    bool good = false;
    switch (row->kind) {
    case SETTING_TEXT:
        good = set_text(row, field, value);
        break;
    case SETTING_UINT:
        good = set_uint(row, field, value);
        break;
    case SETTING_DURATION:
        good = set_duration(row, field, value);
        break;
    case SETTING_BOOL:
        good = set_bool(field, value);
        break;
    }
    settings->sources[i] = source;
    return good;
}

static bool set_or_say(struct settings *settings, size_t i, str value,
                       enum setting_source source, struct arena *arena, str *ret_why)
{
    if (set(settings, i, value, source))
        return true;
    *ret_why =
        arena_printf(arena, "%s (%s) is \"" STR_F "\"; it must be " STR_F, rows[i].name,
                     source_words[source], STR_A(value), STR_A(wanted(&rows[i], arena)));
    return false;
}

/* --- the sources --- */

/* A name as a flag ("data-dir") or member ("data_dir") writes it. */
static size_t find_row(str name)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str row = str_z(rows[i].name);
        bool same = row.n == name.n;
        for (size_t k = 0; same && k < row.n; k++)
            same = row.p[k] == name.p[k] || (row.p[k] == '_' && name.p[k] == '-');
        if (same)
            return i;
    }
    return COUNT_OF(rows);
}

static bool read_environment(struct settings *settings, struct arena *arena, str *ret_why)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[64] = "BREAKWATER_";
        size_t n = strlen(name);
        for (const char *c = rows[i].name; *c && n < sizeof(name) - 1; c++)
            name[n++] = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
        const char *value = getenv(name);
        if (value &&
            !set_or_say(settings, i, str_z(value), SETTING_ENVIRONMENT, arena, ret_why))
            return false;
    }
    return true;
}

static bool read_file(struct arena *arena, str path, str *ret_text)
{
    int fd = open(arena_z(arena, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    char *bytes = arena_bytes(arena, FILE_BYTES_MAX);
    size_t n = 0;
    ssize_t got;
    while (n < FILE_BYTES_MAX && (got = read(fd, bytes + n, FILE_BYTES_MAX - n)) > 0)
        n += (size_t)got;
    close(fd);
    *ret_text = str_of(bytes, n);
    return true;
}

static bool set_member(struct settings *settings, const struct json_member *member,
                       struct arena *arena, str *ret_why)
{
    size_t i = find_row(json_key(member));
    str value = json_text(&member->value);
    if (i == COUNT_OF(rows)) {
        *ret_why = arena_printf(arena, "\"" STR_F "\" in the settings file is no setting",
                                STR_A(json_key(member)));
        return false;
    }
    if (json_is_bool(&member->value))
        value = json_is(&member->value, JSON_TRUE) ? STR("true") : STR("false");
    if (str_absent(value))
        value = arena_printf(arena, "%.15g", json_number(&member->value));
    return set_or_say(settings, i, value, SETTING_FILE, arena, ret_why);
}

static bool read_config(struct settings *settings, str path, struct arena *arena,
                        str *ret_why)
{
    str text;
    struct json value;
    struct json_fault fault;
    struct json_limits limits = {.duplicates = JSON_DUPLICATES_REFUSE};
    if (!read_file(arena, path, &text)) {
        *ret_why = arena_printf(arena, "the settings file " STR_F " cannot be read",
                                STR_A(path));
        return false;
    }
    if (!json_parse(arena, text, &limits, &value, &fault)) {
        *ret_why = arena_printf(arena, STR_F ":%u:%u: %s", STR_A(path), fault.line,
                                fault.column, fault.what);
        return false;
    }
    for (uint32_t i = 0; json_is(&value, JSON_OBJECT) && i < value.n; i++)
        if (!set_member(settings, &value.u.members[i], arena, ret_why))
            return false;
    return true;
}

/* Calls for each `--name value` or `--name=value`; bare words are refused. */
struct flags {
    int argc;
    char **argv;
    int at;
};

static bool next_flag(struct flags *flags, str *ret_name, str *ret_value)
{
    if (flags->at >= flags->argc)
        return false;
    str word = str_z(flags->argv[flags->at++]);
    *ret_value = STR_NONE;
    if (!str_starts(word, STR("--"))) {
        *ret_name = STR_NONE;
        *ret_value = word;
        return true;
    }
    word = str_from(word, 2);
    size_t equals = str_find(word, '=');
    *ret_name = str_of(word.p, equals);
    if (equals < word.n)
        *ret_value = str_from(word, equals + 1);
    return true;
}

static str take_value(struct flags *flags, str value)
{
    if (!str_absent(value) || flags->at >= flags->argc)
        return value;
    return str_z(flags->argv[flags->at++]);
}

static bool read_flag(struct settings *settings, struct flags *flags, str name, str value,
                      struct arena *arena, str *ret_why)
{
    size_t i = find_row(name);
    if (str_eq(name, STR("print-settings")))
        return settings->print = true;
    if (str_eq(name, STR("json")))
        return settings->json = true;
    if (str_eq(name, STR("help")))
        return settings->help = true;
    if (str_absent(name) || i == COUNT_OF(rows)) {
        str word = str_absent(name) ? value : name;
        *ret_why = arena_printf(
            arena, "%s" STR_F " is no flag of it; see breakwater serve --help",
            str_absent(name) ? "" : "--", STR_A(word));
        return false;
    }
    value = take_value(flags, value);
    if (str_absent(value)) {
        *ret_why = arena_printf(
            arena, "--" STR_F " wants a value; see breakwater serve --help", STR_A(name));
        return false;
    }
    return set_or_say(settings, i, value, SETTING_FLAG, arena, ret_why);
}

/* The value of --config or BREAKWATER_CONFIG, which is read before all else. */
static str find_config(int argc, char **argv)
{
    struct flags flags = {argc, argv, 0};
    str name, value;
    while (next_flag(&flags, &name, &value))
        if (str_eq(name, STR("config")))
            return take_value(&flags, value);
    return str_z(getenv("BREAKWATER_CONFIG"));
}

bool settings_read(struct settings *settings, int argc, char **argv, struct arena *arena,
                   str *ret_why)
{
    struct flags flags = {argc, argv, 0};
    str name, value, config = find_config(argc, argv);
    *settings = (struct settings){0};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK(set(settings, i, str_z(rows[i].standard), SETTING_DEFAULT));
    if (config.n && !read_config(settings, config, arena, ret_why))
        return false;
    if (!read_environment(settings, arena, ret_why))
        return false;
    while (next_flag(&flags, &name, &value)) {
        if (str_eq(name, STR("config")))
            take_value(&flags, value);
        else if (!read_flag(settings, &flags, name, value, arena, ret_why))
            return false;
    }
    return true;
}

/* --- for people --- */

/* As it is, but for what stands before the host of a URL: the password of a proxy. */
static void put_text(str text, struct buf *buf)
{
    size_t scheme = str_find_str_nocase(text, STR("://"));
    size_t at = str_find_last(text, '@');
    if (scheme < text.n && at < text.n && at > scheme)
        buf_printf(buf, STR_F "://***" STR_F, STR_A(str_of(text.p, scheme)),
                   STR_A(str_from(text, at)));
    else
        buf_str(buf, text);
}

static void put_value(const struct row *row, const void *field, struct buf *buf)
{
    switch (row->kind) {
    case SETTING_TEXT:
        put_text(*(const str *)field, buf);
        return;
    case SETTING_UINT:
        buf_put_int(buf, (int64_t) * (const uint64_t *)field);
        return;
    case SETTING_DURATION:
        buf_printf(buf, "%gs", (double)*(const usec *)field / 1e6);
        return;
    case SETTING_BOOL:
        buf_str(buf, *(const bool *)field ? STR("true") : STR("false"));
        return;
    }
}

void settings_print(const struct settings *settings, struct buf *buf)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *quote = rows[i].kind == SETTING_TEXT ? "\"" : "";
        buf_printf(buf, "%s = %s", rows[i].name, quote);
        put_value(&rows[i], (const char *)settings + rows[i].offset, buf);
        buf_printf(buf, "%s  (%s)\n", quote, source_words[settings->sources[i]]);
    }
}

static void print_json_value(const struct row *row, const void *field,
                             struct json_out *out)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    put_value(row, field, &text);
    json_out_name(out, STR("value"));
    if (row->kind == SETTING_UINT || row->kind == SETTING_BOOL)
        json_out_raw(out, buf_peek(&text));
    else
        json_out_text(out, text.n ? buf_peek(&text) : STR(""));
    buf_fini(&text);
}

void settings_print_json(const struct settings *settings, struct buf *buf)
{
    struct json_out out;
    json_out_init(&out, buf);
    json_out_object(&out);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        json_out_name(&out, str_z(rows[i].name));
        json_out_object(&out);
        print_json_value(&rows[i], (const char *)settings + rows[i].offset, &out);
        json_out_member_text(&out, STR("source"),
                             str_z(source_words[settings->sources[i]]));
        json_out_end(&out);
    }
    json_out_end(&out);
    buf_char(buf, '\n');
}

void settings_table(struct buf *buf)
{
    buf_str(buf, STR("| setting | default | what |\n|---|---|---|\n"));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        buf_printf(buf, "| `%s` | %s%s%s | %s |\n", rows[i].name,
                   rows[i].standard[0] ? "`" : "", rows[i].standard,
                   rows[i].standard[0] ? "`" : "", rows[i].doc);
}

void settings_help(struct buf *buf)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char flag[64];
        size_t n = 0;
        for (const char *c = rows[i].name; *c; c++)
            flag[n++] = *c == '_' ? '-' : *c;
        flag[n] = 0;
        buf_printf(buf, "  --%s (%s)\n      %s\n", flag,
                   rows[i].standard[0] ? rows[i].standard : "empty", rows[i].doc);
    }
}
