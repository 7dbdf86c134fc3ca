#include "sim/sim_page.h"

#include "base/encode.h"

enum { CURSOR_MAX = 1000000000 };

/* The number inside of a cursor. */
static bool parse_cursor(const struct sim_list *list, struct arena *arena, str cursor,
                         uint64_t *ret_number)
{
    str text = cursor;
    if (list->base64 && !decode_base64(arena, cursor, &text))
        return false;
    if (!str_starts(text, list->prefix) ||
        !str_to_u64(str_from(text, list->prefix.n), CURSOR_MAX, ret_number) ||
        *ret_number < list->plus)
        return false;
    *ret_number -= list->plus;
    return true;
}

static bool find_start(const struct sim_list *list, struct sim_asked *asked,
                       uint64_t size, uint64_t *ret_first)
{
    uint64_t number;
    str cursor = sim_asked_text(asked, &list->start_from);
    *ret_first = 0;
    if (cursor.n == 0)
        return true;
    if (!parse_cursor(list, asked->arena, cursor, &number))
        return false;
    if (list->counts == SIM_COUNTS_ITEMS)
        *ret_first = number;
    else if (number > 0)
        *ret_first = (number - 1) * size;
    return true;
}

bool sim_page_find(const struct sim_list *list, struct sim_asked *asked,
                   struct sim_page *ret_page)
{
    uint64_t size;
    uint64_t first;
    if (!str_to_u64(sim_asked_text(asked, &list->size_from), CURSOR_MAX, &size) ||
        size == 0)
        size = list->size;
    if (size > list->size_max)
        size = list->size_max;
    if (!find_start(list, asked, size, &first))
        return false;
    uint64_t left = first < list->total ? list->total - first : 0;
    *ret_page = (struct sim_page){list, first, size, left < size ? left : size};
    return true;
}

str sim_page_next(const struct sim_page *page, struct arena *arena)
{
    const struct sim_list *list = page->list;
    uint64_t behind = page->first + page->count;
    uint64_t number =
        list->counts == SIM_COUNTS_PAGES ? page->first / page->size + 2 : behind;
    str text = arena_printf(arena, STR_F "%llu", STR_A(list->prefix),
                            (unsigned long long)(number + list->plus));
    return list->base64 ? encode_base64(arena, text) : text;
}

void sim_page_print(const struct sim_page *page, struct sim_asked *asked, struct buf *buf)
{
    sim_asked_json(asked); /* or its value would be rewound with the first item */
    buf_char(buf, '[');
    for (uint64_t i = 0; i < page->count && buf_ok(buf); i++) {
        struct arena_mark mark = arena_mark(asked->arena);
        asked->item = page->first + i + 1;
        if (i)
            buf_char(buf, ',');
        sim_template_print(&page->list->item, asked, buf);
        arena_rewind(asked->arena, mark);
    }
    buf_char(buf, ']');
}
