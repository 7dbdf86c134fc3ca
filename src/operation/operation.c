/*
 * The machine of an operation. Waits, and who ends them:
 *   VENDOR  the exchange, bounded by its total limit and the starter's deadline; the
 *           starter's leaving (except for a write that is on its way)
 *   NOTED   the starter, who notes down what is about to be written, or leaves
 *   HELD    the starter, who takes more or leaves
 * What an exchange tells is looked at in a turn of its own: what follows frees what the
 * exchange's last call stands on.
 */
#include "operation/operation_steps.h"

#include "base/mem.h"
#include "loop/world.h"

enum {
    OPERATION_MAGIC = 0x4F504552,
    ARENA_BYTES = 4096,
    ARENA_BYTES_MAX = 64 << 20,
    /* JSON that is made for it takes fifty times its text */
    PAGE_ARENA_BYTES_MAX = 512 << 20,
    RECORD_ARENA_BYTES_MAX = 128 << 20
};

static enum operation_step step_make(struct operation *operation);
static enum operation_step step_read(struct operation *operation);

struct step {
    enum operation_step (*run)(struct operation *operation); /* NULL: it waits */
    unsigned moves;
};

#define TO(step) (1u << OPERATION_##step)

static const struct step steps[] = {
    [OPERATION_IDLE] = {NULL, TO(MAKE) | TO(READ)},
    [OPERATION_MAKE] = {step_make, TO(VENDOR) | TO(NOTED) | TO(DONE)},
    [OPERATION_NOTED] = {NULL, TO(VENDOR) | TO(DONE)},
    [OPERATION_VENDOR] = {NULL, TO(READ) | TO(DONE)},
    [OPERATION_READ] = {step_read, TO(MAKE) | TO(HELD) | TO(DONE)},
    [OPERATION_HELD] = {NULL, TO(MAKE) | TO(DONE)},
    [OPERATION_DONE] = {NULL, 0},
};

static void move(struct operation *operation, enum operation_step next)
{
    CHECK_MAGIC(operation, OPERATION_MAGIC);
    for (;;) {
        CHECK(steps[operation->step].moves & (1u << next));
        operation->step = next;
        if (!steps[next].run)
            break;
        next = steps[next].run(operation);
    }
    if (next == OPERATION_NOTED)
        operation->ops->on_write(operation);
    if (next == OPERATION_VENDOR)
        exchange_start(&operation->exchange);
    if (next == OPERATION_DONE)
        operation->ops->on_done(operation);
}

enum operation_step operation_fail(struct operation *operation, enum err err, str detail)
{
    if (err && operation->outcome.class == OUTCOME_OK)
        operation->outcome.class = OUTCOME_LOCAL;
    operation->err = err;
    operation->detail = detail;
    return OPERATION_DONE;
}

/* --- which step of the mapping --- */

const struct mapping_step *operation_mapping_step(const struct operation *operation)
{
    const struct mapping *mapping = operation->wish.mapping;
    if (!mapping)
        return NULL;
    return mapping
        ->steps[operation->part == OPERATION_MAIN ? operation->wish.kind : MAPPING_GET];
}

int operation_status(enum mapping_operation kind)
{
    if (kind == MAPPING_DELETE)
        return 204;
    if (kind == MAPPING_CREATE_MANY)
        return 207;
    return kind == MAPPING_CREATE ? 201 : 200;
}

const struct page_rule *operation_rule(const struct operation *operation)
{
    const struct method *method = operation->wish.method;
    return method ? method->pagination : operation->integration->pagination;
}

/* --- the exchange --- */

static void on_answer(struct exchange *exchange)
{
    struct operation *operation = exchange->owner;
    operation->answer = exchange_keep_answer(exchange, &operation->page);
    operation->answered = true;
    operation->large = exchange->answer.large;
    if (operation->large)
        timer_start(&operation->timer, 0);
}

static void on_exchange_done(struct exchange *exchange)
{
    struct operation *operation = exchange->owner;
    timer_start(&operation->timer, 0);
}

static void release_exchange(struct operation *operation)
{
    if (!operation->exchanging)
        return;
    exchange_fini(&operation->exchange);
    body_fini(&operation->body);
    operation->exchanging = false;
}

/* The request under way is the one that changes something. */
static bool is_write(const struct operation *operation)
{
    return operation->part == OPERATION_MAIN && operation->wish.mapping &&
           mapping_operation_kind(operation->wish.kind) >= MAPPING_WRITES;
}

static enum operation_step step_make(struct operation *operation)
{
    static const struct exchange_ops ops = {.on_answer = on_answer,
                                            .on_done = on_exchange_done};
    struct exchange *exchange = &operation->exchange;
    str detail = STR_NONE;
    release_exchange(operation);
    arena_wipe(&operation->page); /* the request had credentials */
    arena_reset(&operation->page);
    exchange_init(exchange, operation->env, operation->worker, &operation->page);
    enum err err = operation_make(operation, &detail);
    if (err)
        return operation_fail(operation, err, detail);
    exchange->ops = &ops;
    exchange->owner = operation;
    exchange->pin = operation->pin;
    exchange->integration = operation->integration;
    exchange->account = operation->account;
    exchange->way = operation->way;
    exchange->method = operation->method;
    operation->exchanging = true;
    operation->answered = operation->large = false;
    operation->response = (struct json){0};
    return operation->ops->on_write && is_write(operation) ? OPERATION_NOTED
                                                           : OPERATION_VENDOR;
}

void operation_go_on(struct operation *operation)
{
    CHECK_MAGIC(operation, OPERATION_MAGIC);
    CHECK(operation->step == OPERATION_NOTED);
    move(operation, OPERATION_VENDOR);
}

/* Attempts and times of all vendor requests together; the freshness of the least fresh.
 */
static void take_outcome(struct operation *operation)
{
    struct outcome before = operation->outcome;
    struct outcome *outcome = &operation->outcome;
    *outcome = operation->exchange.outcome;
    outcome->attempts += before.attempts;
    outcome->queued += before.queued;
    outcome->upstream += before.upstream;
    outcome->starved += before.starved;
    outcome->sent |= before.sent;
    operation->written |= is_write(operation) && operation->exchange.outcome.sent;
    outcome->fresh_until = usec_min(outcome->fresh_until, before.fresh_until);
    outcome->age = usec_max(outcome->age, before.age);
    if (before.freshness > outcome->freshness) {
        outcome->freshness = before.freshness;
        outcome->failed = before.failed;
    }
}

/* --- reading --- */

static const struct json *find_record(const struct operation *operation)
{
    const struct mapping_step *step = operation_mapping_step(operation);
    const struct json *body = operation->answer.body;
    return body ? pointer_find(&step->record, body) : NULL;
}

/* The record that is fetched next is the one whose id the answer gives, or that was asked
 * for. */
static enum operation_step go_on_to_then(struct operation *operation)
{
    const struct json none = {0}, *record = find_record(operation);
    struct mapping_fault fault;
    struct json model = {0};
    str id = json_member_text(&operation->wish.request, STR("id"));
    if (operation_map(operation, record ? record : &none, &model, &fault) ==
            MAPPING_MADE &&
        !str_absent(json_member_text(&model, STR("id"))))
        id = json_member_text(&model, STR("id"));
    operation->id = arena_str(&operation->arena, id);
    if (str_absent(id)) {
        operation_tell_id(operation, STR_NONE, "id",
                          STR("the vendor's answer does not tell the id of the record"));
        return OPERATION_DONE;
    }
    operation->part = OPERATION_THEN;
    operation->made = false;
    return OPERATION_MAKE;
}

/* The answer is good, and the item in it is not: then the vendor has refused. */
static bool has_failed_item(struct operation *operation)
{
    const struct item_rule *rule = operation->method->items;
    struct outcome *outcome = &operation->outcome;
    struct item_failure failure;
    if (!rule || !items_failed(rule, &operation->answer, &operation->page, &failure))
        return false;
    outcome->class = failure.class;
    outcome->vendor = failure.error;
    outcome->status = failure.error.status;
    return true;
}

/* Several that were to be made: each is told, whatever became of it. */
static enum operation_step read_many(struct operation *operation)
{
    static const struct json none = {0};
    const struct mapping_step *step = operation_mapping_step(operation);
    const struct json *records = json_member(&operation->wish.request, STR("body"));
    struct batch_item *items =
        arena_array(&operation->page, records->n, sizeof(items[0]));
    items_read(operation->method->items, &operation->answer, &operation->page, items,
               records->n);
    for (uint32_t i = 0; i < records->n; i++) {
        const struct json *original =
            items[i].value ? pointer_find(&step->record, items[i].value) : NULL;
        operation_tell_item(operation, &items[i], original ? original : &none);
    }
    return OPERATION_DONE;
}

static enum operation_step read_single(struct operation *operation)
{
    const struct mapping_step *step = operation_mapping_step(operation);
    const struct json *record = find_record(operation);
    if (operation->part == OPERATION_FIRST) {
        if (record)
            operation->current = json_copy(&operation->arena, record);
        operation->part = OPERATION_MAIN;
        operation->made = false;
        return OPERATION_MAKE;
    }
    operation->done = true;
    if (operation->wish.kind == MAPPING_DELETE)
        operation_note_written(
            operation, json_member_text(&operation->wish.request, STR("id")), NULL);
    if (operation->part == OPERATION_MAIN && step->then_get)
        return go_on_to_then(operation);
    if (step->response) {
        const struct json none = {0};
        (void)operation_tell(operation, record ? record : &none);
    }
    return OPERATION_DONE;
}

/* What was written stays written: that it could not be fetched afterwards is told beside
 * it. */
static enum operation_step fail_then(struct operation *operation)
{
    operation_tell_id(
        operation, operation->id, "then",
        STR("it was written, but the vendor did not give it out afterwards"));
    return OPERATION_DONE;
}

static enum operation_step read_large(struct operation *operation)
{
    static const str why = STR("the vendor's answer is larger than 8 MiB");
    if (operation_is_list(operation))
        return operation_read_large(operation);
    if (operation->wish.kind == MAPPING_CREATE_MANY) {
        operation->answer.body = NULL; /* a part of it at most: nothing is known */
        return read_many(operation);
    }
    operation->done |= is_write(operation);
    if (operation->wish.kind == MAPPING_GET || operation->part == OPERATION_FIRST)
        return operation_fail(operation, ERR_MAPPING_FAILED, why);
    operation_tell_id(operation, STR_NONE, "size", why);
    return OPERATION_DONE;
}

static enum operation_step step_read(struct operation *operation)
{
    const struct outcome *outcome = &operation->outcome;
    if (operation->large)
        return read_large(operation);
    bool good = operation->answered && !outcome->cut && outcome->class == OUTCOME_OK;
    if (good && operation_is_list(operation))
        return operation_read_page(operation);
    if (good && operation->wish.kind == MAPPING_CREATE_MANY)
        return read_many(operation);
    if (good && !has_failed_item(operation))
        return read_single(operation);
    if (operation->part == OPERATION_THEN)
        return fail_then(operation);
    if (operation_is_list(operation))
        return operation_read_refusal(operation);
    operation->refused = operation->answered && !outcome->cut;
    if (!operation->refused)
        return operation_fail(operation, outcome->err ? outcome->err : ERR_UPSTREAM_RESET,
                              outcome->detail);
    return OPERATION_DONE;
}

/* --- life --- */

/* An answer that is too large may be endless. */
static void end_large(struct operation *operation)
{
    enum outcome_class class = operation->exchange.outcome.class;
    operation->large = operation->large && class == OUTCOME_OK;
    if (operation->exchange.step != EXCHANGE_DONE)
        exchange_cancel(&operation->exchange);
    operation->exchange.outcome.class = class;
}

/* As if the answer had just come. */
static void take_found(struct operation *operation)
{
    operation->part = OPERATION_MAIN;
    operation->method = operation->wish.method;
    operation->answered = true;
    struct headers *none = arena_alloc(&operation->arena, sizeof(*none));
    headers_init(none, &operation->arena, 0);
    operation->answer = (struct answer){.status = 200,
                                        .headers = none,
                                        .text = STR(""),
                                        .body = operation->wish.found,
                                        .wall = world_wall(operation->worker->world)};
    operation->outcome.class = OUTCOME_OK;
    move(operation, OPERATION_READ);
}

static void on_timer(struct timer *timer)
{
    struct operation *operation = CONTAINER_OF(timer, struct operation, timer);
    if (operation->step == OPERATION_IDLE && operation->wish.found) {
        take_found(operation);
        return;
    }
    if (operation->step == OPERATION_IDLE) {
        move(operation, OPERATION_MAKE);
        return;
    }
    if (operation->large)
        end_large(operation);
    take_outcome(operation);
    if (operation->cut)
        move(operation, operation_fail(operation, operation->outcome.err,
                                       operation->outcome.detail));
    else
        move(operation, OPERATION_READ);
}

void operation_init(struct operation *operation, const struct exchange_env *env,
                    struct worker *worker, struct body_budget *budget)
{
    *operation =
        (struct operation){.magic = OPERATION_MAGIC,
                           .env = env,
                           .worker = worker,
                           .budget = budget,
                           .total = -1,
                           .outcome = {.retry_after = -1, .fresh_until = USEC_NEVER}};
    arena_init(&operation->arena, ARENA_BYTES, ARENA_BYTES_MAX);
    arena_init(&operation->page, 4 * ARENA_BYTES, PAGE_ARENA_BYTES_MAX);
    arena_init(&operation->record, 4 * ARENA_BYTES, RECORD_ARENA_BYTES_MAX);
    arena_init(&operation->walks[0], ARENA_BYTES, ARENA_BYTES_MAX);
    arena_init(&operation->walks[1], ARENA_BYTES, ARENA_BYTES_MAX);
    timer_init(&operation->timer, worker, on_timer);
}

void operation_start(struct operation *operation)
{
    const struct mapping *mapping = operation->wish.mapping;
    CHECK_MAGIC(operation, OPERATION_MAGIC);
    CHECK(operation->step == OPERATION_IDLE && operation->ops && operation->way);
    bool first = mapping && !operation->wish.frozen &&
                 mapping->steps[operation->wish.kind]->first_get;
    operation->part = first ? OPERATION_FIRST : OPERATION_MAIN;
    timer_start(&operation->timer, 0);
}

void operation_resume(struct operation *operation)
{
    CHECK_MAGIC(operation, OPERATION_MAGIC);
    if (operation->step == OPERATION_HELD)
        move(operation, OPERATION_MAKE);
}

bool operation_cancel(struct operation *operation)
{
    CHECK_MAGIC(operation, OPERATION_MAGIC);
    if (operation->step == OPERATION_VENDOR && !exchange_cancel(&operation->exchange))
        return false;
    if (operation->step == OPERATION_VENDOR)
        take_outcome(operation);
    timer_cancel(&operation->timer);
    operation->step = OPERATION_DONE;
    return true;
}

/* While its exchange is under way, that ends it. */
void operation_stop(struct operation *operation)
{
    CHECK_MAGIC(operation, OPERATION_MAGIC);
    if (operation->step == OPERATION_DONE)
        return;
    operation->cut = true;
    if (operation->step == OPERATION_VENDOR) {
        exchange_stop(&operation->exchange);
        return;
    }
    timer_cancel(&operation->timer);
    operation->detail = STR("Breakwater was stopped.");
    operation->step = OPERATION_DONE;
    operation->ops->on_done(operation);
}

void operation_fini(struct operation *operation)
{
    CHECK_MAGIC(operation, OPERATION_MAGIC);
    CHECK(operation->step == OPERATION_DONE || operation->step == OPERATION_IDLE);
    timer_cancel(&operation->timer);
    release_exchange(operation);
    arena_fini(&operation->walks[1]);
    arena_fini(&operation->walks[0]);
    arena_fini(&operation->record);
    arena_wipe(&operation->page);
    arena_fini(&operation->page);
    arena_fini(&operation->arena);
    operation->magic = 0;
}
