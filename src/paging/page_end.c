/*
 * What an answer says about the end of the list. First everything is read that the rule
 * names, so that a value that cannot be read is a fault; then each end is a question
 * about what was read.
 */
#include "paging/page_kind.h"

#include "json/json_write.h"

/* --- reading --- */

static struct page_token token_of_text(str text)
{
    return (struct page_token){text.n ? TELLS_TEXT : TELLS_EMPTY, text};
}

static enum err read_link(struct page_look *look)
{
    str uri;
    switch (page_link_find(look->answer->headers, look->rule->rel, look->arena, &uri)) {
    case PAGE_LINK_NONE:
        return ERR_NONE;
    case PAGE_LINK_MALFORMED:
        return page_invalid(look, "The Link header cannot be read.");
    case PAGE_LINK_FOUND:
        look->token = token_of_text(uri);
        return ERR_NONE;
    }
    return ERR_NONE;
}

/* A value's text, without finding it a second time unless a part of it is asked for. */
static str text_of(struct page_look *look, const struct signal *signal,
                   const struct json *value)
{
    bool whole = !signal->item.n && !signal->part && !signal->after.n;
    return whole ? json_as_text(value, look->arena)
                 : signal_text(signal, look->answer, look->arena);
}

/* false is as good as nothing; true, a list or an object names no page. */
static enum err read_next(struct page_look *look)
{
    const struct signal *next = &look->rule->next;
    struct json value = signal_value(next, look->answer, look->arena);
    str text = text_of(look, next, &value);
    if (json_is(&value, JSON_UNDEFINED) || json_is(&value, JSON_FALSE))
        return ERR_NONE;
    if (json_is(&value, JSON_NULL)) {
        look->token.form = TELLS_NULL;
        return ERR_NONE;
    }
    if (!json_is(&value, JSON_STRING) && !json_is(&value, JSON_NUMBER))
        return page_invalid(look, "What \"next\" names is no text and no number.");
    if (!str_absent(text)) /* item, part or after may find nothing in it */
        look->token = token_of_text(str_trim(text));
    return ERR_NONE;
}

/* Not there or null: not true. */
static enum err read_truth(struct page_look *look, const struct signal *signal,
                           const char *member, bool *ret_truth)
{
    static const char *const yes[] = {"true", "1", "yes"};
    static const char *const no[] = {"false", "0", "no", ""};
    *ret_truth = false;
    if (signal->source == SIGNAL_NONE)
        return ERR_NONE;
    struct json value = signal_value(signal, look->answer, look->arena);
    str text = text_of(look, signal, &value);
    for (size_t i = 0; !str_absent(text) && i < COUNT_OF(yes); i++)
        if (str_eq_nocase(text, str_z(yes[i]))) {
            *ret_truth = true;
            return ERR_NONE;
        }
    for (size_t i = 0; !str_absent(text) && i < COUNT_OF(no); i++)
        if (str_eq_nocase(text, str_z(no[i])))
            return ERR_NONE;
    if (str_absent(text) && !json_is(&value, JSON_ARRAY) && !json_is(&value, JSON_OBJECT))
        return ERR_NONE;
    return page_invalid(look, "What \"%s\" names is neither true nor false.", member);
}

/* −1: not told, or no number. */
static double read_number(struct page_look *look, const struct signal *signal)
{
    double number;
    if (signal->source == SIGNAL_NONE ||
        !signal_number(signal, look->answer, look->arena, &number))
        return -1;
    return number >= 0 ? number : -1;
}

static void read_size(struct page_look *look)
{
    double told = read_number(look, &look->rule->size.told);
    look->size = page_size_at(look->rule, look->walk);
    if (told >= 1 && told <= UINT32_MAX)
        look->size = (uint32_t)told;
}

enum err page_look_fill(struct page_look *look)
{
    const struct page_rule *rule = look->rule;
    bool link = (look->ops->takes & PAGE_MEMBER_REL) != 0;
    enum err err = link ? read_link(look) : read_next(look);
    if (!err)
        err = read_truth(look, &rule->more, "more", &look->more);
    if (!err)
        err = read_truth(look, &rule->done, "done", &look->done);
    look->total = read_number(look, &rule->total);
    look->pages = read_number(look, &rule->pages);
    read_size(look);
    return err;
}

/* --- the ends --- */

static double records_with_page(const struct page_look *look)
{
    const struct page_rule *rule = look->rule;
    bool by_size = rule->advance == PAGE_BY_SIZE;
    if (look->ops->by_record)
        return (double)page_before(rule, &look->walk->at) +
               (by_size ? look->size : look->records.n);
    return (double)look->walk->seen + look->records.n;
}

static double pages_with_page(const struct page_look *look)
{
    bool numbered = look->ops->numbered && !look->ops->by_record;
    return numbered ? (double)page_before(look->rule, &look->walk->at) + 1
                    : (double)look->walk->pages + 1;
}

static bool is_token_absent(const struct page_look *look)
{
    return look->token.form == TELLS_NOTHING;
}

static bool is_token_null(const struct page_look *look)
{
    return look->token.form == TELLS_NULL;
}

static bool is_token_empty(const struct page_look *look)
{
    return look->token.form == TELLS_EMPTY;
}

static bool is_header_absent(const struct page_look *look)
{
    return look->token.form == TELLS_NOTHING;
}

static bool is_more_false(const struct page_look *look)
{
    return !look->more;
}

static bool is_done_true(const struct page_look *look)
{
    return look->done;
}

static bool is_total_reached(const struct page_look *look)
{
    return look->total >= 0 && records_with_page(look) >= look->total;
}

static bool is_last_page(const struct page_look *look)
{
    return look->pages >= 0 && pages_with_page(look) >= look->pages;
}

static bool is_short_page(const struct page_look *look)
{
    return look->records.n < look->size;
}

static bool is_empty_page(const struct page_look *look)
{
    return look->records.n == 0;
}

static bool is_no_content(const struct page_look *look)
{
    return look->answer->status == 204;
}

bool page_ends(const struct page_look *look)
{
    static bool (*const holds[PAGE_END_COUNT])(const struct page_look *look) = {
#define X(name, doc) [PAGE_END_##name] = is_##name,
#include "paging/page_end_list.h"
#undef X
    };
    for (uint32_t i = 0; i < PAGE_END_COUNT; i++)
        if ((look->rule->ends >> i & 1) && holds[i](look))
            return true;
    return !look->ops->next;
}
