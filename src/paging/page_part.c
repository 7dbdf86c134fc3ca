#include "paging/page_part.h"

enum { SIZE_BOUND = 100000 };

static const char *const then_words[] = {"error", "restart", NULL};

const char *const page_end_words[] = {
#define X(name, doc) #name,
#include "paging/page_end_list.h"
#undef X
    NULL};

static const struct bind_row records_rows[] = {
    {.name = "at",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct page_records, at),
     .custom = page_pointer_read,
     .custom_schema = PAGE_POINTER_SCHEMA,
     .doc = "The list, as a JSON pointer; \"\", the body itself, unless given."},
    {.name = "expression",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct page_records, expression),
     .custom = expression_read,
     .custom_schema = EXPRESSION_SCHEMA,
     .doc =
         "In place of `at`: JSONata over the answer that makes a list; written in [ ], "
         "so that it is one with a single record, or none, too."},
};

static void finish_records(struct binder *binder, void *obj)
{
    const struct page_records *records = obj;
    if (records->expression && records->at.n)
        bind_fault(binder, "has both `at` and `expression`; it takes one of them.");
}

const struct bind_table page_records_table = {
    .name = "place of the records",
    .rows = records_rows,
    .n = COUNT_OF(records_rows),
    .bytes = sizeof(struct page_records),
    .finish = finish_records,
    .shorthand = "at",
};

static const struct bind_row size_rows[] = {
    {.name = "put",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct page_size, put),
     .table = &page_place_table,
     .doc = "Where a request says it; without it the size cannot be chosen."},
    {.name = "default",
     .kind = BIND_UINT,
     .offset = offsetof(struct page_size, standard),
     .min = 1,
     .max = SIZE_BOUND,
     .doc = "The size of a page when nobody asks for one."},
    {.name = "min",
     .kind = BIND_UINT,
     .offset = offsetof(struct page_size, min),
     .min = 1,
     .max = SIZE_BOUND,
     .doc = "The smallest size that the vendor takes."},
    {.name = "max",
     .kind = BIND_UINT,
     .offset = offsetof(struct page_size, max),
     .min = 1,
     .max = SIZE_BOUND,
     .doc = "The largest size that the vendor takes."},
    {.name = "told",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct page_size, told),
     .table = &signal_table,
     .doc = "Where the answer tells the size that it took, when that may be a smaller "
            "one."},
};

static void finish_size(struct binder *binder, void *obj)
{
    const struct page_size *size = obj;
    if (size->max && size->standard > size->max)
        bind_fault_at(binder, STR("default"), "is %u, which is more than \"max\", %u.",
                      size->standard, size->max);
    if (size->max && size->min > size->max)
        bind_fault_at(binder, STR("min"), "is %u, which is more than \"max\", %u.",
                      size->min, size->max);
    if (size->standard && size->min > size->standard)
        bind_fault_at(binder, STR("default"), "is %u, which is less than \"min\", %u.",
                      size->standard, size->min);
}

const struct bind_table page_size_table = {
    .name = "page size",
    .rows = size_rows,
    .n = COUNT_OF(size_rows),
    .bytes = sizeof(struct page_size),
    .finish = finish_size,
};

static const struct bind_row end_rows[] = {
    {.name = "on",
     .kind = BIND_ENUM,
     .offset = offsetof(struct page_end_word, end),
     .required = true,
     .words = page_end_words,
     .doc = "token_absent, token_null, token_empty: `next` is so; header_absent: its "
            "header, or the Link, is not there; more_false, done_true; total_reached: "
            "`total` records have come; last_page: `pages` pages have; short_page: fewer "
            "records than were asked for; empty_page; no_content: 204."},
};

const struct bind_table page_end_table = {
    .name = "end signal",
    .rows = end_rows,
    .n = COUNT_OF(end_rows),
    .bytes = sizeof(struct page_end_word),
    .shorthand = "on",
};

static const struct bind_row window_rows[] = {
    {.name = "records",
     .kind = BIND_UINT,
     .offset = offsetof(struct page_window, records),
     .min = 1,
     .max = 1e9,
     .doc = "How many records of a list the vendor shows."},
    {.name = "pages",
     .kind = BIND_UINT,
     .offset = offsetof(struct page_window, pages),
     .min = 1,
     .max = 1e9,
     .doc = "How many pages of a list the vendor shows."},
    {.name = "then",
     .kind = BIND_ENUM,
     .offset = offsetof(struct page_window, then),
     .words = then_words,
     .doc = "What follows where it ends: an error that says so, or the walk goes on with "
            "`restart`."},
};

static void finish_window(struct binder *binder, void *obj)
{
    const struct page_window *window = obj;
    if (!window->records && !window->pages)
        bind_fault(binder, "is empty; add \"records\" or \"pages\".");
}

const struct bind_table page_window_table = {
    .name = "window of a list",
    .rows = window_rows,
    .n = COUNT_OF(window_rows),
    .bytes = sizeof(struct page_window),
    .finish = finish_window,
};

static const struct bind_row restart_rows[] = {
    {.name = "value",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct page_restart, value),
     .required = true,
     .custom = page_pointer_read,
     .custom_schema = PAGE_POINTER_SCHEMA,
     .doc = "The value of a record by which the list is sorted, as a JSON pointer within "
            "it."},
    {.name = "put",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct page_restart, put),
     .required = true,
     .table = &page_place_table,
     .doc = "The filter that the last record's value goes to; it lets through what is "
            "behind that value."},
};

const struct bind_table page_restart_table = {
    .name = "restart",
    .rows = restart_rows,
    .n = COUNT_OF(restart_rows),
    .bytes = sizeof(struct page_restart),
};

static const struct bind_row expired_rows[] = {
    {.name = "when",
     .kind = BIND_LIST,
     .offset = offsetof(struct page_expired, when),
     .required = true,
     .min = 1,
     .max = 10,
     .table = &condition_table,
     .doc = "Answers that say that the cursor is no longer good."},
    {.name = "then",
     .kind = BIND_ENUM,
     .offset = offsetof(struct page_expired, then),
     .words = then_words,
     .doc = "What follows: an error that says so; or the walk begins again, where it "
            "broke off if there is a `restart`, else with the first page."},
};

const struct bind_table page_expired_table = {
    .name = "expiry of cursors",
    .rows = expired_rows,
    .n = COUNT_OF(expired_rows),
    .bytes = sizeof(struct page_expired),
};

static const struct bind_row delta_rows[] = {
    {.name = "token",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct page_delta, token),
     .table = &signal_table,
     .doc = "Where the last page tells what the next walk begins with; what `next` said "
            "last unless given."},
    {.name = "put",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct page_delta, put),
     .table = &page_place_table,
     .doc = "Where it goes; without it, where cursors go, or it is a whole URL."},
    {.name = "expired",
     .kind = BIND_LIST,
     .offset = offsetof(struct page_delta, expired),
     .max = 10,
     .table = &condition_table,
     .doc = "Answers that say that it is no longer good: everything must be read anew."},
};

const struct bind_table page_delta_table = {
    .name = "delta block",
    .rows = delta_rows,
    .n = COUNT_OF(delta_rows),
    .bytes = sizeof(struct page_delta),
};
