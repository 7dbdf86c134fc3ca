/*
 * Statements inside an operation. The first one that fails is remembered, so that an
 * operation that overlooks it is rolled back all the same: PostgreSQL refuses everything
 * after an error, and what would pass on SQLite only is a bug.
 */
#include "store/store_ops.h"

static enum err note(struct tx *tx, enum err err)
{
    if (err != ERR_NONE && tx->err == ERR_NONE)
        tx->err = err;
    return err;
}

enum err tx_exec(struct tx *tx, const struct statement *statement,
                 const struct value *params, unsigned n, int64_t *ret_changed)
{
    int64_t changed = 0;
    CHECK(n <= STATEMENT_PARAMS_MAX);
    enum err err = note(tx, tx->ops->exec(tx->link, statement, params, n, &changed));
    if (err == ERR_NONE && ret_changed)
        *ret_changed = changed;
    return err;
}

enum err tx_query(struct tx *tx, const struct statement *statement,
                  const struct value *params, unsigned n)
{
    CHECK(n <= STATEMENT_PARAMS_MAX);
    return note(tx, tx->ops->query(tx->link, statement, params, n));
}

bool tx_next(struct tx *tx, enum err *ret_err)
{
    bool row = tx->ops->next(tx->link, ret_err);
    note(tx, *ret_err);
    return row;
}

int64_t tx_int(struct tx *tx, unsigned column)
{
    return tx->ops->column_int(tx->link, column);
}

str tx_text(struct tx *tx, unsigned column)
{
    return tx->ops->column_text(tx->link, column);
}

bool tx_null(struct tx *tx, unsigned column)
{
    return tx->ops->column_null(tx->link, column);
}

void tx_announce(struct tx *tx)
{
    tx->announced = true;
}

enum err tx_number(struct tx *tx, const struct statement *statement,
                   const struct value *params, unsigned n, int64_t *ret_number)
{
    enum err err = tx_query(tx, statement, params, n);
    if (err != ERR_NONE)
        return err;
    int64_t number = tx_next(tx, &err) ? tx_int(tx, 0) : 0;
    if (err == ERR_NONE)
        *ret_number = number;
    return err;
}
