/*
 * What a row of a bind table says about itself, for the binder and the schema alike.
 */
#ifndef JSON_BIND_ROW_H
#define JSON_BIND_ROW_H

#include "json/bind.h"

static inline bool bind_row_has_min(const struct bind_row *row)
{
    return row->min != 0 || row->max != 0;
}

static inline bool bind_row_has_max(const struct bind_row *row)
{
    return bind_row_has_min(row) && row->max >= row->min;
}

/* The rows of a table, those of its base first. */
static inline size_t bind_row_count(const struct bind_table *table)
{
    return table->n + (table->base ? table->base->n : 0);
}

static inline const struct bind_row *bind_row_at(const struct bind_table *table, size_t i)
{
    size_t before = table->base ? table->base->n : 0;
    return i < before ? &table->base->rows[i] : &table->rows[i - before];
}

/* Whether the JSON type of a value is one that the row reads. */
static inline bool bind_row_takes(const struct bind_row *row, const struct json *value)
{
    enum { NOTHING = 1, TEXT = 2, NUMBER = 4, BOOL = 8, ARRAY = 16, OBJECT = 32 };
    static const unsigned char types[JSON_TYPE_COUNT] = {
        [JSON_NULL] = NOTHING,  [JSON_FALSE] = BOOL,  [JSON_TRUE] = BOOL,
        [JSON_NUMBER] = NUMBER, [JSON_STRING] = TEXT, [JSON_ARRAY] = ARRAY,
        [JSON_OBJECT] = OBJECT,
    };
    static const unsigned char taken[] = {
        [BIND_BOOL] = BOOL,
        [BIND_UINT] = NUMBER,
        [BIND_NUMBER] = NUMBER,
        [BIND_TEXT] = TEXT,
        [BIND_ENUM] = TEXT,
        [BIND_DURATION] = TEXT,
        [BIND_OBJECT] = OBJECT,
        [BIND_OPTION] = OBJECT,
        [BIND_LIST] = ARRAY,
        [BIND_NAMED] = OBJECT,
        [BIND_TEXTS] = TEXT | ARRAY,
        [BIND_UINTS] = NUMBER | ARRAY,
        [BIND_OBJECTS] = OBJECT | ARRAY,
        [BIND_JSON] = 0xff,
        [BIND_CUSTOM] = 0xff,
    };
    return value->type < JSON_TYPE_COUNT && (types[value->type] & taken[row->kind]);
}

#endif
