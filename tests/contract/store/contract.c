#include "contract.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"

const char *contract_store;

static atomic_uint_fast64_t commit_ordinal;

bool contract_is_durable(void)
{
    return strcmp(contract_store, "mem") != 0;
}

enum err create_table(struct tx *tx, struct step *step)
{
    static const struct statement create = {
        "CREATE TABLE t (id BIGINT PRIMARY KEY, text TEXT, bytes BYTEA)"};
    (void)step;
    return tx_exec(tx, &create, NULL, 0, NULL);
}

void contract_reopen(struct contract *c)
{
    str why = STR_NONE;
    store_close(&c->store);
    c->store = store_open(str_z(contract_store), str_z(c->dir), &c->arena, &why);
    if (!c->store)
        fail_msg("the store does not open: " STR_F, STR_A(why));
}

str contract_refusal(struct contract *c)
{
    str why = STR_NONE;
    assert_null(c->store);
    c->store = store_open(str_z(contract_store), str_z(c->dir), &c->arena, &why);
    assert_null(c->store);
    return why;
}

const char *contract_path(struct contract *c, const char *name)
{
    return arena_printf(&c->arena, "%s/%s", c->dir, name).p;
}

int contract_setup(void **state)
{
    struct contract *c = mem_zalloc(sizeof(*c));
    strcpy(c->dir, "/tmp/breakwater-store-XXXXXX");
    if (!mkdtemp(c->dir))
        return -1;
    arena_init(&c->arena, 4096, 1 << 20);
    false_world_init(&c->world, 1);
    false_loop_init(&c->loop, &c->world, 2);
    contract_reopen(c);
    *state = c;
    return contract_do(c, STORE_FULL, create_table, NULL) == ERR_NONE ? 0 : -1;
}

static void remove_folder(struct contract *c)
{
    DIR *dir = opendir(c->dir);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        unlink(contract_path(c, entry->d_name));
    if (dir)
        closedir(dir);
    rmdir(c->dir);
}

int contract_teardown(void **state)
{
    struct contract *c = *state;
    store_close(&c->store);
    false_loop_fini(&c->loop);
    remove_folder(c);
    arena_fini(&c->arena);
    mem_free(c);
    return 0;
}

static void note_commit(struct store_op *op)
{
    struct step *step = CONTAINER_OF(op, struct step, op);
    step->ordinal = atomic_fetch_add(&commit_ordinal, 1) + 1;
}

static void on_done(struct store_op *op)
{
    struct step *step = CONTAINER_OF(op, struct step, op);
    step->done = true;
}

static enum err run_step(struct tx *tx, struct store_op *op)
{
    struct step *step = CONTAINER_OF(op, struct step, op);
    step->runs++;
    return step->fn(tx, step);
}

void step_init(struct contract *c, struct step *step, enum store_kind kind, step_fn fn)
{
    *step = (struct step){.fn = fn};
    step->op = (struct store_op){.kind = kind,
                                 .run = run_step,
                                 .committed = note_commit,
                                 .done = on_done,
                                 .worker = false_loop_worker(&c->loop, 0)};
}

void step_start(struct contract *c, struct step *step)
{
    store_submit(c->store, &step->op);
}

void step_wait(struct contract *c, struct step *step)
{
    assert_true(false_loop_wait(&c->loop, &step->done));
}

void steps_wait(struct contract *c, struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        step_wait(c, &steps[i]);
}

enum err contract_do(struct contract *c, enum store_kind kind, step_fn fn, void *arg)
{
    struct step step;
    step_init(c, &step, kind, fn);
    step.arg = arg;
    step_start(c, &step);
    assert_false(step.done); /* never from inside store_submit */
    step_wait(c, &step);
    return step.op.err;
}

static enum err count_rows(struct tx *tx, struct step *step)
{
    static const struct statement count = {"SELECT COUNT(*) FROM t"};
    int64_t *ret_count = step->arg;
    return tx_number(tx, &count, NULL, 0, ret_count);
}

int64_t contract_rows(struct contract *c)
{
    int64_t count = -1;
    assert_int_equal(contract_do(c, STORE_READ, count_rows, &count), ERR_NONE);
    return count;
}

enum err insert_number(struct tx *tx, struct step *step)
{
    static const struct statement insert = {"INSERT INTO t (id) VALUES ($1)"};
    return tx_exec(tx, &insert, (struct value[]){V_INT(step->number)}, 1, NULL);
}
