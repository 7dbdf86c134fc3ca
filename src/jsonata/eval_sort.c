/*
 * Order-by: a stable merge sort. The keys of all items are evaluated first, once; that
 * two of them cannot be compared is said when they meet. Undefined keys come last,
 * whatever the direction.
 */
#include "jsonata/eval.h"
#include "picture/text_units.h"

struct row {
    struct json item;
    const struct json *keys;
};

struct sorting {
    struct eval *eval;
    const struct node *sort;
};

static void check_key(struct eval *eval, const struct node *sort, struct json key)
{
    if (key.type != JSON_NUMBER && key.type != JSON_STRING)
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_T2008,
                                                 .position = sort->position,
                                                 .value = key});
}

static int compare_keys(const struct sorting *s, struct json a, struct json b)
{
    bool a_missing = eval_is_nothing(a), b_missing = eval_is_nothing(b);
    if (a_missing || b_missing)
        return a_missing - b_missing;
    check_key(s->eval, s->sort, a);
    check_key(s->eval, s->sort, b);
    if (a.type != b.type)
        eval_throw(s->eval, &(struct jsonata_fault){.code = JSONATA_T2007,
                                                    .position = s->sort->position,
                                                    .value = a,
                                                    .value2 = b});
    if (a.type == JSON_STRING)
        return text_compare(json_text(&a), json_text(&b));
    double x = eval_double(a), y = eval_double(b);
    return (x > y) - (x < y);
}

/* Whether `b` belongs before `a`. */
static bool is_before(const struct sorting *s, const struct row *b, const struct row *a)
{
    for (uint32_t i = 0; i < s->sort->n; i++) {
        int order = compare_keys(s, a->keys[i], b->keys[i]);
        bool missing = eval_is_nothing(a->keys[i]) || eval_is_nothing(b->keys[i]);
        if (order == 0)
            continue;
        if ((s->sort->items[i]->flags & NODE_DESCENDING) && !missing)
            order = -order;
        return order > 0;
    }
    return false;
}

static void merge(const struct sorting *s, struct row *rows, struct row *scratch,
                  uint32_t n)
{
    uint32_t middle = n / 2, left = 0, right = middle;
    memcpy(scratch, rows, n * sizeof(*rows));
    for (uint32_t i = 0; i < n; i++) {
        bool take_right = left == middle ||
                          (right < n && is_before(s, &scratch[right], &scratch[left]));
        rows[i] = scratch[take_right ? right++ : left++];
    }
}

static void sort_rows(const struct sorting *s, struct row *rows, struct row *scratch,
                      uint32_t n)
{
    if (n < 2)
        return;
    eval_charge(s->eval, n);
    sort_rows(s, rows, scratch, n / 2);
    sort_rows(s, rows + n / 2, scratch, n - n / 2);
    merge(s, rows, scratch, n);
}

static void fill_row(struct eval *eval, const struct node *sort, struct row *row,
                     bool tuples, struct frame *frame)
{
    struct json context = row->item;
    struct json *keys = arena_alloc(&eval->arena, sort->n * sizeof(*keys));
    if (tuples) {
        frame = eval_tuple_frame(eval, frame, row->item.u.items);
        context = row->item.u.items[0];
    }
    for (uint32_t i = 0; i < sort->n; i++)
        keys[i] = eval_node(eval, sort->items[i], context, frame);
    row->keys = keys;
}

struct json eval_sorted(struct eval *eval, const struct node *sort, struct json input,
                        struct frame *frame)
{
    const struct sorting sorting = {eval, sort};
    bool tuples = input.mark & MARK_TUPLES;
    if (!eval_is_array(input) || input.n < 2)
        return input;
    struct row *rows = arena_alloc(&eval->arena, input.n * sizeof(*rows));
    struct row *scratch = arena_alloc(&eval->arena, input.n * sizeof(*rows));
    for (uint32_t i = 0; i < input.n; i++) {
        rows[i].item = eval_item(input, i);
        fill_row(eval, sort, &rows[i], tuples, frame);
    }
    sort_rows(&sorting, rows, scratch, input.n);
    struct json *items = arena_alloc(&eval->arena, input.n * sizeof(*items));
    for (uint32_t i = 0; i < input.n; i++)
        items[i] = rows[i].item;
    return (struct json){.type = JSON_ARRAY,
                         .mark = tuples ? MARK_SEQUENCE | MARK_TUPLES : 0,
                         .n = input.n,
                         .u.items = items};
}

struct json eval_sort(struct eval *eval, const struct node *node, struct json input,
                      struct frame *frame)
{
    return eval_sorted(eval, node, input, frame);
}
