/*
 * Statements are prepared once per link and kept in a table by the address of their
 * `struct statement`. SQLite reads `$1` as a parameter with a name and numbers the names
 * as they first occur; `numbers` maps its numbering back to ours.
 *
 * Strength: in a write-ahead log synchronous=NORMAL does not sync at a commit, FULL syncs
 * the log, and with it every commit before. The setting may change between transactions
 * only, so begin() sets it.
 *
 * A sync that has failed is final. The kernel forgets what it could not write, and a
 * second sync would answer for pages that never reached the disk; so the link is sealed
 * and writes nothing more. Starting again reads the log by its checksums.
 */
#include "store/sqlite_link.h"

#include <errno.h>
#include <sqlite3.h>

#include "base/map.h"
#include "base/mem.h"

enum {
    BUSY_MS = 5000,
    CHECKPOINT_PAGES = 1000, /* of the write-ahead log */
    FAULT_BYTES_MAX = 512,
    MAGIC = 0x5917e11c
};

struct prepared {
    const struct statement *statement; /* its bytes are the key in the table */
    sqlite3_stmt *stmt;
    uint8_t numbers[STATEMENT_PARAMS_MAX]; /* ours, from 1, in SQLite's order */
    unsigned params;
};

struct sqlite_link {
    uint32_t magic;
    sqlite3 *db;
    struct map prepared;
    struct prepared *open; /* the query under way */
    enum link_role role;
    enum store_kind kind;     /* of the present transaction */
    enum store_kind strength; /* as last set */
    bool sealed;
    int log_pages; /* in the write-ahead log at the last commit */
    struct buf fault;
};

static void note_words(struct sqlite_link *link, int code)
{
    buf_clear(&link->fault);
    buf_printf(&link->fault, "%s (SQLite %d)", sqlite3_errmsg(link->db), code);
}

/* What the system said. SQLite forgets it on the way out of a commit; the file of the
 * log still knows. */
static int system_errno(struct sqlite_link *link)
{
    int number = sqlite3_system_errno(link->db);
    sqlite3_file *log = NULL;
    if (number != 0)
        return number;
    sqlite3_file_control(link->db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

static bool no_space(struct sqlite_link *link)
{
    int number = system_errno(link);
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

static enum err err_of_io(struct sqlite_link *link, int code)
{
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
        link->sealed = true;
    return no_space(link) ? ERR_STORE_FULL : ERR_STORE_UNAVAILABLE;
}

/* What a result code of SQLite means to us. */
static enum err err_of(struct sqlite_link *link, int code)
{
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return ERR_NONE;
    note_words(link, code);
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
            return ERR_OBJECT_EXISTS;
        return code == SQLITE_CONSTRAINT_FOREIGNKEY ? ERR_OBJECT_IN_USE : ERR_INTERNAL;
    case SQLITE_FULL:
        return ERR_STORE_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return err_of_io(link, code);
    case SQLITE_READONLY:
        return link->kind == STORE_READ ? ERR_INTERNAL : ERR_STORE_UNAVAILABLE;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return ERR_INTERNAL;
    default:
        return ERR_STORE_UNAVAILABLE;
    }
}

/* --- opening --- */

/* Settings of every connection. */
static const char settings[] = "PRAGMA foreign_keys = ON;"
                               "PRAGMA secure_delete = OFF;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cache_size = -8192;"
                               "PRAGMA synchronous = FULL;";

/* Replaces the checkpoint that SQLite would make inside a commit; see upkeep. */
static int on_log(void *arg, sqlite3 *db, const char *schema, int pages)
{
    struct sqlite_link *link = arg;
    (void)db;
    (void)schema;
    link->log_pages = pages;
    return SQLITE_OK;
}

static int set_up(struct sqlite_link *link)
{
    sqlite3_extended_result_codes(link->db, 1);
    sqlite3_busy_timeout(link->db, BUSY_MS);
    sqlite3_wal_hook(link->db, on_log, link);
    int code = sqlite3_exec(link->db, settings, NULL, NULL, NULL);
    if (code == SQLITE_OK && link->role == LINK_READER)
        code = sqlite3_exec(link->db, "PRAGMA query_only = ON", NULL, NULL, NULL);
    return code;
}

struct sqlite_link *sqlite_link_open(const char *path, enum link_role role,
                                     struct arena *arena, str *ret_why)
{
    struct sqlite_link *link = mem_zalloc(sizeof(*link));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    link->magic = MAGIC;
    link->role = role;
    link->strength = STORE_FULL;
    map_init(&link->prepared);
    buf_init(&link->fault, FAULT_BYTES_MAX);
    if (role == LINK_WRITER)
        flags |= SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(path, &link->db, flags, NULL);
    if (code == SQLITE_OK)
        code = set_up(link);
    if (code == SQLITE_OK)
        return link;
    note_words(link, code);
    *ret_why = sqlite_link_why(link, path, "cannot be opened", arena);
    sqlite_link_close(link);
    return NULL;
}

void sqlite_link_close(void *arg)
{
    struct sqlite_link *link = arg;
    CHECK_MAGIC(link, MAGIC);
    size_t at = 0;
    for (struct prepared *p; (p = map_next(&link->prepared, &at)) != NULL;) {
        sqlite3_finalize(p->stmt);
        mem_free(p);
    }
    map_fini(&link->prepared);
    ODD(sqlite3_close(link->db) != SQLITE_OK);
    buf_fini(&link->fault);
    link->magic = 0;
    mem_free(link);
}

str sqlite_link_why(struct sqlite_link *link, const char *path, const char *what,
                    struct arena *arena)
{
    return arena_printf(arena, "The store %s %s: " STR_F ".", path, what,
                        STR_A(buf_peek(&link->fault)));
}

bool sqlite_link_sealed(void *arg)
{
    const struct sqlite_link *link = arg;
    return link->sealed;
}

void sqlite_link_fault(void *arg, struct buf *buf)
{
    struct sqlite_link *link = arg;
    buf_str(buf, buf_peek(&link->fault));
}

/* --- statements --- */

static str key_of(const struct statement *const *statement)
{
    return str_of((const char *)statement, sizeof(*statement));
}

static void read_numbers(struct prepared *prepared)
{
    int n = sqlite3_bind_parameter_count(prepared->stmt);
    CHECK(n <= STATEMENT_PARAMS_MAX);
    for (int i = 0; i < n; i++) {
        uint64_t number = 0;
        str name = str_z(sqlite3_bind_parameter_name(prepared->stmt, i + 1));
        CHECK(name.n > 1 && name.p[0] == '$');
        CHECK(str_to_u64(str_from(name, 1), STATEMENT_PARAMS_MAX, &number) && number > 0);
        prepared->numbers[i] = (uint8_t)number;
    }
    prepared->params = (unsigned)n;
}

static enum err prepare(struct sqlite_link *link, const struct statement *statement,
                        struct prepared **ret_prepared)
{
    struct prepared *prepared = map_find(&link->prepared, key_of(&statement));
    if (prepared) {
        *ret_prepared = prepared;
        return ERR_NONE;
    }
    sqlite3_stmt *stmt;
    int code = sqlite3_prepare_v3(link->db, statement->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &stmt, NULL);
    if (code != SQLITE_OK)
        return err_of(link, code);
    prepared = mem_zalloc(sizeof(*prepared));
    prepared->statement = statement;
    prepared->stmt = stmt;
    read_numbers(prepared);
    map_put(&link->prepared, key_of(&prepared->statement), prepared);
    *ret_prepared = prepared;
    return ERR_NONE;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct value *value,
                    sqlite3_destructor_type keep)
{
    if (value->type == VALUE_INT)
        return sqlite3_bind_int64(stmt, at, value->i);
    if (value->type == VALUE_NULL || str_absent(value->s))
        return sqlite3_bind_null(stmt, at);
    if (value->type == VALUE_TEXT)
        return sqlite3_bind_text64(stmt, at, value->s.p, value->s.n, keep, SQLITE_UTF8);
    return sqlite3_bind_blob64(stmt, at, value->s.p, value->s.n, keep);
}

static int bind_all(struct prepared *prepared, const struct value *params, unsigned n,
                    sqlite3_destructor_type keep)
{
    int code = SQLITE_OK;
    for (unsigned i = 0; i < prepared->params && code == SQLITE_OK; i++) {
        CHECK(prepared->numbers[i] <= n);
        code =
            bind_one(prepared->stmt, (int)i + 1, &params[prepared->numbers[i] - 1], keep);
    }
    return code;
}

/* Ends a statement, and lets go of the values that were bound to it. */
static void finish(struct prepared *prepared)
{
    sqlite3_reset(prepared->stmt);
    sqlite3_clear_bindings(prepared->stmt);
}

static void close_query(struct sqlite_link *link)
{
    if (link->open)
        finish(link->open);
    link->open = NULL;
}

enum err sqlite_link_exec(void *arg, const struct statement *statement,
                          const struct value *params, unsigned n, int64_t *ret_changed)
{
    struct sqlite_link *link = arg;
    struct prepared *prepared;
    CHECK_MAGIC(link, MAGIC);
    close_query(link);
    enum err err = prepare(link, statement, &prepared);
    if (err != ERR_NONE)
        return err;
    int code = bind_all(prepared, params, n, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(prepared->stmt);
    err = err_of(link, code);
    finish(prepared);
    *ret_changed = sqlite3_changes64(link->db);
    return err;
}

enum err sqlite_link_query(void *arg, const struct statement *statement,
                           const struct value *params, unsigned n)
{
    struct sqlite_link *link = arg;
    struct prepared *prepared;
    CHECK_MAGIC(link, MAGIC);
    close_query(link);
    enum err err = prepare(link, statement, &prepared);
    if (err != ERR_NONE)
        return err;
    link->open = prepared;
    return err_of(link, bind_all(prepared, params, n, SQLITE_TRANSIENT));
}

bool sqlite_link_next(void *arg, enum err *ret_err)
{
    struct sqlite_link *link = arg;
    *ret_err = ERR_NONE;
    if (!link->open)
        return false;
    int code = sqlite3_step(link->open->stmt);
    if (code == SQLITE_ROW)
        return true;
    *ret_err = err_of(link, code);
    close_query(link);
    return false;
}

static sqlite3_stmt *row(void *arg, unsigned column)
{
    struct sqlite_link *link = arg;
    CHECK(link->open && (int)column < sqlite3_data_count(link->open->stmt));
    return link->open->stmt;
}

int64_t sqlite_link_int(void *link, unsigned column)
{
    return sqlite3_column_int64(row(link, column), (int)column);
}

bool sqlite_link_null(void *link, unsigned column)
{
    return sqlite3_column_type(row(link, column), (int)column) == SQLITE_NULL;
}

/* Zero bytes come as a NULL pointer, which is our absent: the empty text is "". */
str sqlite_link_text(void *link, unsigned column)
{
    sqlite3_stmt *stmt = row(link, column);
    int at = (int)column;
    int type = sqlite3_column_type(stmt, at);
    if (type == SQLITE_NULL)
        return STR_NONE;
    const void *p = type == SQLITE_BLOB ? sqlite3_column_blob(stmt, at)
                                        : (const void *)sqlite3_column_text(stmt, at);
    size_t n = (size_t)sqlite3_column_bytes(stmt, at);
    return p && n ? str_of(p, n) : STR("");
}

/* --- transactions --- */

static enum err control(struct sqlite_link *link, const struct statement *statement)
{
    int64_t changed;
    return sqlite_link_exec(link, statement, NULL, 0, &changed);
}

/* A PRAGMA acts while it is prepared, so that these are not kept. */
static enum err set(struct sqlite_link *link, const char *pragma)
{
    return err_of(link, sqlite3_exec(link->db, pragma, NULL, NULL, NULL));
}

static enum err set_strength(struct sqlite_link *link, enum store_kind kind)
{
    if (kind == link->strength)
        return ERR_NONE;
    enum err err = set(link, kind == STORE_FULL ? "PRAGMA synchronous = FULL"
                                                : "PRAGMA synchronous = NORMAL");
    if (err == ERR_NONE)
        link->strength = kind;
    return err;
}

enum err sqlite_link_begin(void *arg, enum store_kind kind)
{
    static const struct statement begin_write = {"BEGIN IMMEDIATE"};
    static const struct statement begin_read = {"BEGIN"};
    struct sqlite_link *link = arg;
    CHECK_MAGIC(link, MAGIC);
    link->kind = kind;
    enum err err = ERR_NONE;
    if (kind != STORE_READ)
        err = link->sealed ? ERR_STORE_UNAVAILABLE : set_strength(link, kind);
    else if (link->role == LINK_WRITER)
        err = set(link, "PRAGMA query_only = ON");
    if (err != ERR_NONE)
        return err;
    return control(link, kind == STORE_READ ? &begin_read : &begin_write);
}

/* A writer's link that has read must be able to write again. */
static void end(struct sqlite_link *link)
{
    if (link->kind == STORE_READ && link->role == LINK_WRITER)
        ODD(set(link, "PRAGMA query_only = OFF") != ERR_NONE);
    link->kind = STORE_FULL;
}

enum err sqlite_link_commit(void *arg)
{
    static const struct statement commit = {"COMMIT"};
    struct sqlite_link *link = arg;
    enum err err = control(link, &commit);
    if (err != ERR_NONE)
        sqlite_link_rollback(link);
    else
        end(link);
    return err;
}

void sqlite_link_rollback(void *arg)
{
    static const struct statement rollback = {"ROLLBACK"};
    struct sqlite_link *link = arg;
    close_query(link);
    if (!sqlite3_get_autocommit(link->db))
        ODD(control(link, &rollback) != ERR_NONE);
    end(link);
}

enum err sqlite_link_savepoint(void *arg)
{
    static const struct statement savepoint = {"SAVEPOINT operation"};
    return control(arg, &savepoint);
}

enum err sqlite_link_release(void *arg)
{
    static const struct statement release = {"RELEASE operation"};
    return control(arg, &release);
}

void sqlite_link_undo(void *arg)
{
    static const struct statement undo = {"ROLLBACK TO operation"};
    struct sqlite_link *link = arg;
    close_query(link);
    if (sqlite3_get_autocommit(link->db))
        return;
    if (control(link, &undo) != ERR_NONE || sqlite_link_release(link) != ERR_NONE)
        sqlite_link_rollback(link);
}

/*
 * The checkpoint copies the log into the database. SQLite would do it inside the commit
 * that made the log long and hide its errors; here it comes when everybody has had his
 * answer, and a sync that fails seals the link.
 */
enum err sqlite_link_upkeep(void *arg)
{
    struct sqlite_link *link = arg;
    if (link->log_pages < CHECKPOINT_PAGES || link->sealed)
        return ERR_NONE;
    link->log_pages = 0;
    int code =
        sqlite3_wal_checkpoint_v2(link->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return code == SQLITE_BUSY ? ERR_NONE : err_of(link, code);
}

bool sqlite_link_lost(void *arg)
{
    struct sqlite_link *link = arg;
    return sqlite3_get_autocommit(link->db) != 0;
}

enum err sqlite_link_script(void *arg, const char *sql)
{
    struct sqlite_link *link = arg;
    close_query(link);
    return err_of(link, sqlite3_exec(link->db, sql, NULL, NULL, NULL));
}
