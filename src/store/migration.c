#include "store/migration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"

struct migration {
    int64_t number;
    const char *name;
    const char *sql;
};

static const struct migration migrations[] = {
#define X(number, name, sql) {number, name, sql},
#include "store/migration_list.h"
#undef X
};

struct checksum {
    char text[17]; /* hexadecimal */
};

int64_t migration_newest(void)
{
    return migrations[COUNT_OF(migrations) - 1].number;
}

static struct checksum checksum_of(const char *sql)
{
    struct checksum sum;
    snprintf(sum.text, sizeof(sum.text), "%016" PRIx64, hash_stable(str_z(sql)));
    return sum;
}

static bool say_fault(const struct store_ops *ops, void *link, struct arena *arena,
                      const char *what, str *ret_why)
{
    struct buf words;
    buf_init(&words, 512);
    ops->fault(link, &words);
    *ret_why = arena_printf(arena, "The store cannot be used: %s: " STR_F ".", what,
                            STR_A(buf_peek(&words)));
    buf_fini(&words);
    return false;
}

/* Looks at one recorded step; `at` is the next of ours. */
static bool compare(struct tx *tx, size_t at, struct arena *arena, str *ret_why)
{
    int64_t number = tx_int(tx, 0);
    str name = tx_text(tx, 1);
    if (at == COUNT_OF(migrations)) {
        *ret_why = arena_printf(
            arena,
            "The store was written by a newer Breakwater: it has step %" PRId64 " (" STR_F
            "), this one knows steps up to %" PRId64
            ". Run the newer version, or restore a backup.",
            number, STR_A(name), migration_newest());
        return false;
    }
    struct checksum sum = checksum_of(migrations[at].sql);
    if (number == migrations[at].number && str_eq(tx_text(tx, 2), str_z(sum.text)))
        return true;
    *ret_why = arena_printf(arena,
                            "The store was written by another Breakwater: its step "
                            "%" PRId64 " (" STR_F ") is not ours. Run the version that "
                            "wrote it, or restore a backup.",
                            number, STR_A(name));
    return false;
}

/* How many of our steps the store has; every one it has must be ours. */
static bool count_recorded(struct tx *tx, struct arena *arena, size_t *ret_n,
                           str *ret_why)
{
    static const struct statement query = {
        "SELECT number, name, checksum FROM migration ORDER BY number"};
    size_t n = 0;
    enum err err = tx_query(tx, &query, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        if (!compare(tx, n, arena, ret_why))
            return false;
        n++;
    }
    if (err != ERR_NONE)
        return say_fault(tx->ops, tx->link, arena, "its steps cannot be read", ret_why);
    *ret_n = n;
    return true;
}

static bool read_recorded(const struct store_ops *ops, void *link, struct arena *arena,
                          size_t *ret_n, str *ret_why)
{
    static const char table[] = "CREATE TABLE IF NOT EXISTS migration ("
                                " number BIGINT NOT NULL PRIMARY KEY,"
                                " name TEXT NOT NULL,"
                                " checksum TEXT NOT NULL)";
    struct tx tx = {.ops = ops, .link = link};
    if (ops->begin(link, STORE_FULL) != ERR_NONE ||
        ops->script(link, table) != ERR_NONE) {
        say_fault(ops, link, arena, "its steps cannot be read", ret_why);
        ops->rollback(link);
        return false;
    }
    if (!count_recorded(&tx, arena, ret_n, ret_why)) {
        ops->rollback(link);
        return false;
    }
    return ops->commit(link) == ERR_NONE ||
           say_fault(ops, link, arena, "it cannot be written", ret_why);
}

static enum err apply(const struct store_ops *ops, void *link,
                      const struct migration *migration)
{
    static const struct statement record = {
        "INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)"};
    struct tx tx = {.ops = ops, .link = link};
    struct checksum sum = checksum_of(migration->sql);
    struct value params[] = {V_INT(migration->number), V_TEXT(str_z(migration->name)),
                             V_TEXT(str_z(sum.text))};
    enum err err = ops->begin(link, STORE_FULL);
    if (err == ERR_NONE)
        err = ops->script(link, migration->sql);
    if (err == ERR_NONE)
        err = tx_exec(&tx, &record, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? ops->commit(link) : err;
}

bool migration_run(const struct store_ops *ops, void *link, struct arena *arena,
                   str *ret_why)
{
    size_t n = 0;
    if (!read_recorded(ops, link, arena, &n, ret_why))
        return false;
    for (; n < COUNT_OF(migrations); n++) {
        if (apply(ops, link, &migrations[n]) == ERR_NONE)
            continue;
        say_fault(ops, link, arena, migrations[n].name, ret_why);
        ops->rollback(link);
        return false;
    }
    return true;
}
