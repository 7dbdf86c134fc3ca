#include "main/reference.h"

#include <stdio.h>

#include "api/api.h"
#include "base/err.h"
#include "catalog/integration.h"
#include "catalog/override.h"
#include "event/event.h"
#include "http/header.h"
#include "main/settings.h"
#include "policy/outcome.h"

enum { PAGE_BYTES_MAX = 4 << 20 };

static const char *retry_sentence(enum err_retry retry)
{
    switch (retry) {
    case ERR_RETRY_NEVER:
        return "The same request fails again.";
    case ERR_RETRY_LATER:
        return "It may succeed after a while; see `Retry-After`.";
    case ERR_RETRY_CHECK:
        return "Look at what happened before you repeat it.";
    }
    return "";
}

static void write_errors(struct buf *buf)
{
    buf_printf(buf,
               "# Errors\n\n"
               "Made from `src/base/err_list.h`. Every refusal of Breakwater's own is a "
               "problem document (RFC 9457) with one of these codes; its `type` is "
               "`urn:breakwater:error:CODE`. On the proxy a vendor's own errors pass "
               "through as they are, "
               "unless the caller asks for `X-Breakwater-Errors: problem`.\n\n"
               "| code | status | |\n|---|---|---|\n");
    for (int err = ERR_NONE + 1; err < ERR_COUNT; err++) {
        const struct err_row *row = err_row((enum err)err);
        buf_printf(buf, "| [`" STR_F "`](#" STR_F ") | %d | " STR_F " |\n",
                   STR_A(row->code), STR_A(row->code), row->status, STR_A(row->title));
    }
    for (int err = ERR_NONE + 1; err < ERR_COUNT; err++) {
        const struct err_row *row = err_row((enum err)err);
        buf_printf(buf, "\n## " STR_F "\n\n**%d** " STR_F ".\n" STR_F " %s\n",
                   STR_A(row->code), row->status, STR_A(row->title), STR_A(row->mend),
                   retry_sentence(row->retry));
    }
}

static void write_settings(struct buf *buf)
{
    buf_printf(
        buf, "# Settings\n\n"
             "Made from `src/main/setting_list.h`. Each is a flag of `serve` "
             "(`--name-with-dashes`), an environment variable (`BREAKWATER_NAME`) and a "
             "member of the JSON file that `--config` or `BREAKWATER_CONFIG` names; a "
             "flag wins over a variable, that over the file. `serve --print-settings` "
             "shows what is in force and where it came from.\n\n");
    settings_table(buf);
}

static void write_classes(struct buf *buf)
{
    static const char *const effects[] = {"ends a row of failures", "prolongs it",
                                          "is not counted"};
    static const char *const retries[] = {
        "", "none", "none", "passed on at once", "`server`", "`timeout`", "`network`"};
    buf_printf(buf,
               "# Outcome classes\n\n"
               "Made from `src/policy/outcome_list.h`. What an answer, or its absence, "
               "means: the `class` of log lines, metrics, problem documents and "
               "`X-Breakwater-Class`, and what `errors.classes` of an integration may "
               "assign.\n\n"
               "| class | retried as | the breaker |\n|---|---|---|\n");
    for (int class = 0; class < OUTCOME_COUNT; class ++)
        buf_printf(buf, "| `" STR_F "` | %s | %s |\n",
                   STR_A(outcome_word((enum outcome_class) class)),
                   retries[outcome_retry((enum outcome_class) class)],
                   effects[outcome_effect((enum outcome_class) class)]);
}

static void write_events(struct buf *buf)
{
    buf_printf(buf,
               "# Events\n\n"
               "Made from `src/event/event_list.h`. What happened to accounts, in the "
               "order in which it did: `GET /v1/events`, `breakwater events list`. An "
               "event is written in the transaction that makes it happen, so that "
               "no state changes without one. `detail` of these has `from`, `to` and, "
               "where there is one, `reason`; no event holds a secret.\n\n"
               "| type | |\n|---|---|\n");
    for (int type = 0; type < EVENT_TYPE_COUNT; type++)
        buf_printf(buf, "| `" STR_F "` | " STR_F " |\n",
                   STR_A(event_type_name((enum event_type)type)),
                   STR_A(event_type_doc((enum event_type)type)));
}

static void write_override_rows(struct buf *buf)
{
    static const struct {
        const char *rule;
        const char *doc;
    } rules[] = {{"SET", "merged"},
                 {"MOST", "merged; not above the platform's"},
                 {"LEAST", "merged; not below the platform's"},
                 {"LAYER", "an expression, whose output is merged"}};
    const struct override_row *row;
    buf_printf(
        buf, "# What an override may have\n\n"
             "Made from `src/catalog/override_list.h`. In a place `*` is a name that the "
             "document has there, `+` any name. Everything else belongs to the platform; "
             "an override that has it is refused.\n\n"
             "| place | how | |\n|---|---|---|\n");
    for (size_t i = 0; (row = override_row_at(i)) != NULL; i++) {
        const char *how = "";
        for (size_t k = 0; k < COUNT_OF(rules); k++)
            if (strcmp(rules[k].rule, row->rule) == 0)
                how = rules[k].doc;
        buf_printf(buf, "| `/%s` | %s | %s |\n", row->path, how, row->doc);
    }
}

const struct reference_page reference_pages[] = {
    {"errors.md", write_errors},
    {"settings.md", write_settings},
    {"classes.md", write_classes},
    {"events.md", write_events},
    {"integration.schema.json", integration_schema},
    {"routes.md", api_routes_page},
    {"overrides.md", write_override_rows},
    {NULL, NULL},
};

int reference_main(int argc, char **argv)
{
    for (const struct reference_page *page = reference_pages; page->name; page++) {
        if (argc != 1 || !str_eq(str_z(argv[0]), str_z(page->name)))
            continue;
        struct buf text;
        buf_init(&text, PAGE_BYTES_MAX);
        page->write(&text);
        fwrite(text.p, 1, text.n, stdout);
        buf_fini(&text);
        return 0;
    }
    fprintf(stderr, "usage: breakwater reference PAGE\n");
    return 2;
}
