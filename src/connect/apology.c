#include "connect/apology.h"

struct apology {
    enum err err;
    str title;
    str text;
    bool again;
};

static const struct apology rows[] = {
#define X(symbol, title, text, again) {ERR_##symbol, STR(title), STR(text), again},
#include "connect/apology_list.h"
#undef X
};

/* See apology_list.h. */
static int status_of(enum err err)
{
    int status = err_row(err)->status;
    return status >= 500 && status != 503 ? 422 : status;
}

static const struct apology *row_of(enum err err)
{
    size_t i = 0;
    while (i < COUNT_OF(rows) - 1 && rows[i].err != err)
        i++;
    return &rows[i];
}

static str with_vendor(str text, str vendor, struct arena *arena)
{
    str mark = STR("{vendor}");
    str name = vendor.n ? vendor : STR("the other service");
    for (size_t at; (at = str_find_str(text, mark)) < text.n;) {
        str parts[] = {str_of(text.p, at), name, str_from(text, at + mark.n)};
        if (str_find_str(name, mark) < name.n)
            return text;
        text = arena_join(arena, parts, COUNT_OF(parts));
    }
    return text;
}

bool apology_make(enum err err, str vendor, struct arena *arena, struct page *ret_page)
{
    const struct apology *row = row_of(err);
    *ret_page = (struct page){.status = status_of(err),
                              .title = row->title,
                              .text = with_vendor(row->text, vendor, arena),
                              .code = err_row(err)->code};
    return row->again;
}
