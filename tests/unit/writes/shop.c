#include "shop.h"

#include "base/mem.h"
#include "loop/worker.h"
#include "support/unit.h"

/* One request under way. */
struct order {
    struct shop *shop;
    struct call *call;
    enum shop_fate fate;
    struct timer timer;
    bool answered;
    str found; /* of a search: its answer; absent: it is a write */
};

static size_t below(struct shop *shop, size_t n)
{
    return unit_below(&shop->chance, n);
}

/* The answer that it gave is what the vendor knows of a key. */
static bool is_known(struct shop *shop, unsigned n)
{
    const struct shop_write *write = &shop->writes[n];
    return write->done && atomic_load(&shop->world->now) < write->known_until;
}

void shop_do(struct shop *shop, unsigned n, bool keyed)
{
    usec now = atomic_load(&shop->world->now);
    struct shop_write *write = &shop->writes[n];
    if (keyed && is_known(shop, n))
        return;
    write->known_until = now + SHOP_WINDOW;
    if (!write->done++) {
        write->at = ++shop->acts;
        write->found_from = now + (usec)below(shop, SHOP_LAG);
    }
}

static void end_order(struct order *order)
{
    timer_cancel(&order->timer);
    order->call->carrier = NULL;
    mem_free(order);
}

static void break_off(struct order *order, enum call_fault fault)
{
    struct call *call = order->call;
    call->fault = fault;
    call->fault_text = STR("as it was chosen");
    end_order(order);
    call->events->on_fault(call);
}

static void give_head(struct order *order)
{
    static const int statuses[SHOP_FATES] = {
        [SHOP_GOOD] = 201,   [SHOP_SLOW] = 201,    [SHOP_BUSY] = 503,
        [SHOP_BROKEN] = 500, [SHOP_LIMITED] = 429, [SHOP_REFUSED] = 422};
    struct call *call = order->call;
    order->answered = true;
    call->first_byte_at = call->worker->now;
    call->head =
        (struct message_head){.status = statuses[order->fate], .content_length = -1};
    headers_init(&call->head.headers, call->arena, 2);
    if (!str_absent(order->found)) {
        call->head.status = 200;
        header_add_name(&call->head.headers, STR("Content-Type"),
                        STR("application/json"));
    }
    if (order->fate == SHOP_LIMITED)
        header_add_name(
            &call->head.headers, STR("Retry-After"),
            arena_printf(call->arena, "%u", 1 + (unsigned)below(order->shop, 7200)));
    timer_start(&order->timer, 0);
    call->events->on_head(call);
}

static void go_on(struct timer *timer)
{
    struct order *order = CONTAINER_OF(timer, struct order, timer);
    struct call *call = order->call;
    if (order->answered && order->found.n) {
        str found = order->found;
        order->found.n = 0;
        timer_start(&order->timer, 0);
        call->events->on_body(call, found);
    } else if (order->answered) {
        end_order(order);
        call->events->on_end(call);
    } else if (order->fate == SHOP_UNREACHABLE) {
        break_off(order, CALL_FAULT_CONNECT);
    } else if (order->fate == SHOP_LOST || order->fate == SHOP_UNHEARD) {
        break_off(order, CALL_FAULT_RESET);
    } else if (call->worker->now >= call->limits.deadline) {
        break_off(order, CALL_FAULT_TOTAL_TIMEOUT);
    } else {
        give_head(order);
    }
}

static unsigned read_number(struct call *call)
{
    uint64_t n;
    str chunk;
    assert_int_equal(call->events->pull(call, &chunk), CALL_PULL_DATA);
    assert_true(str_to_u64(chunk, SHOP_WRITES_MAX - 1, &n));
    assert_int_equal(call->events->pull(call, &chunk), CALL_PULL_END);
    call->sent_at = call->worker->now;
    return (unsigned)n;
}

static bool is_done(struct order *order)
{
    switch (order->fate) {
    case SHOP_GOOD:
    case SHOP_SLOW:
    case SHOP_LOST:
        return true;
    case SHOP_BROKEN:
        return below(order->shop, 2) == 0;
    case SHOP_BUSY:
    case SHOP_UNREACHABLE:
    case SHOP_UNHEARD:
    case SHOP_LIMITED:
    case SHOP_REFUSED:
    case SHOP_FATES:
        break;
    }
    return false;
}

/* What the search has of the write, as often as it was done. */
static str search(struct shop *shop, struct call *call)
{
    uint64_t n;
    str query = call->url.query, list = STR("");
    assert_true(str_starts(query, STR("n=")));
    assert_true(str_to_u64(str_from(query, 2), SHOP_WRITES_MAX - 1, &n));
    const struct shop_write *write = &shop->writes[n];
    bool known = atomic_load(&shop->world->now) >= write->found_from;
    for (unsigned i = 0; known && i < write->done; i++)
        list = arena_printf(call->arena, STR_F "%s{\"n\":%u,\"id\":\"thing-%u\"}",
                            STR_A(list), i ? "," : "", (unsigned)n, i);
    shop->searches++;
    return arena_printf(call->arena, "{\"things\":[" STR_F "]}", STR_A(list));
}

static void act(struct shop *shop, struct order *order)
{
    struct call *call = order->call;
    unsigned n = read_number(call);
    bool keyed = str_eq(call->url.host, STR("keyed.test")) &&
                 !str_absent(header_value_name(call->headers, STR("Idempotency-Key")));
    if (order->fate == SHOP_REFUSED && keyed && is_known(shop, n))
        order->fate = SHOP_GOOD;
    if (is_done(order))
        shop_do(shop, n, keyed);
}

static void start(struct transport *transport, struct call *call)
{
    struct shop *shop = CONTAINER_OF(transport, struct shop, transport);
    struct order *order = mem_zalloc(sizeof(*order));
    *order = (struct order){.shop = shop,
                            .call = call,
                            .found = STR_NONE,
                            .fate = shop->choose ? shop->choose(shop) : SHOP_GOOD};
    usec slow = order->fate == SHOP_SLOW ? 70 * USEC_S : USEC_S;
    call->carrier = order;
    call->sent = order->fate != SHOP_UNREACHABLE;
    shop->calls++;
    if (call->sent && str_eq(call->method, STR("GET")))
        order->found = order->fate == SHOP_GOOD || order->fate == SHOP_SLOW
                           ? search(shop, call)
                           : STR_NONE;
    else if (call->sent)
        act(shop, order);
    timer_init(&order->timer, call->worker, go_on);
    timer_start(&order->timer, (usec)below(shop, (size_t)slow));
}

static void cancel(struct call *call)
{
    end_order(call->carrier);
}

static void nothing(struct call *call)
{
    (void)call;
}

void shop_init(struct shop *shop, struct false_world *world, uint64_t seed)
{
    static const struct transport_ops ops = {.name = STR("shop"),
                                             .start = start,
                                             .cancel = cancel,
                                             .pause = nothing,
                                             .resume = nothing,
                                             .body_ready = nothing,
                                             .set_deadline = nothing};
    *shop = (struct shop){.world = world, .chance = seed * 2 + 1};
    shop->transport.ops = &ops;
}
