#include "paging/page_kind.h"

#include <math.h>

/* Above it a double no longer tells whole numbers apart. */
#define NUMBER_MAX 9007199254740991.0

/* --- asking --- */

static struct json position_value(const struct page_position *at)
{
    return at->form == POSITION_NUMBER ? json_of_number((double)at->number)
                                       : json_of_text(at->text);
}

enum err page_ask_put(const struct page_rule *rule, const struct walk *walk,
                      const struct page_reach *reach, struct page_request *request,
                      str *ret_detail)
{
    (void)reach;
    struct json value = position_value(&walk->at);
    return page_place_put(&rule->put, &value, request, ret_detail) ? ERR_NONE
                                                                   : ERR_PAGE_INVALID;
}

enum err page_ask_url(const struct page_rule *rule, const struct walk *walk,
                      const struct page_reach *reach, struct page_request *request,
                      str *ret_detail)
{
    (void)rule;
    enum err err = page_link_check(reach, walk->at.text, request->arena, ret_detail);
    if (!err)
        request->url = walk->at.text;
    return err;
}

/* A vendor may tell a number below the first one. */
uint64_t page_before(const struct page_rule *rule, const struct page_position *at)
{
    return at->number > rule->first ? at->number - rule->first : 0;
}

uint32_t page_size_at(const struct page_rule *rule, const struct walk *walk)
{
    const struct page_window *window = rule->window;
    if (!window || !window->records || !page_ops_of(rule)->by_record || !walk->size)
        return walk->size;
    uint64_t before = page_before(rule, &walk->at);
    uint64_t left = window->records > before ? window->records - before : 0;
    return left && left < walk->size ? (uint32_t)left : walk->size;
}

/* --- reading --- */

enum err page_invalid(struct page_look *look, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    look->detail = arena_vprintf(look->arena, fmt, args);
    va_end(args);
    return ERR_PAGE_INVALID;
}

enum err page_position_text(struct page_look *look, str text,
                            struct page_position *ret_next)
{
    if (text.n == 0 || text.n > PAGE_TEXT_MAX)
        return page_invalid(look, "The next page's cursor has %zu bytes, not 1 to %d.",
                            text.n, PAGE_TEXT_MAX);
    *ret_next = (struct page_position){.form = POSITION_TEXT, .text = text};
    return ERR_NONE;
}

static enum err require_token(struct page_look *look)
{
    if (look->token.form == TELLS_TEXT)
        return ERR_NONE;
    return page_invalid(look, "The answer says that there is more, and not where.");
}

enum err page_next_text(struct page_look *look, struct page_position *ret_next)
{
    enum err err = require_token(look);
    return err ? err : page_position_text(look, look->token.text, ret_next);
}

static enum page_link_form link_form(const struct page_look *look)
{
    if (look->rule->kind == PAGE_url_in_body_absolute)
        return PAGE_LINK_ABSOLUTE;
    return look->rule->against == PAGE_AGAINST_BASE ? PAGE_LINK_BELOW_BASE
                                                    : PAGE_LINK_RELATIVE;
}

enum err page_next_url(struct page_look *look, struct page_position *ret_next)
{
    str url = STR_NONE;
    enum err err = require_token(look);
    if (!err)
        err = page_link_read(look->reach, look->token.text, link_form(look), look->arena,
                             &url, &look->detail);
    return err ? err : page_position_text(look, url, ret_next);
}

/* As the answer tells it: whole, and a number also when it comes as a text. */
static enum err told_number(struct page_look *look, struct page_position *ret_next)
{
    double number;
    if (!str_to_double(look->token.text, &number) || number < 0 || number > NUMBER_MAX ||
        number != floor(number))
        return page_invalid(look, "What names the next page is no whole number.");
    *ret_next =
        (struct page_position){.form = POSITION_NUMBER, .number = (uint64_t)number};
    return ERR_NONE;
}

enum err page_next_number(struct page_look *look, struct page_position *ret_next)
{
    uint64_t step = 1;
    if (look->token.form == TELLS_TEXT)
        return told_number(look, ret_next);
    if (look->ops->by_record)
        step = look->rule->advance == PAGE_BY_SIZE ? look->size : look->records.n;
    *ret_next = (struct page_position){.form = POSITION_NUMBER,
                                       .number = look->walk->at.number + step};
    return ERR_NONE;
}
