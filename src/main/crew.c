#include "main/crew.h"

#include <unistd.h>

#include "call/transport.h"
#include "exchange/refresh.h"
#include "http/tls.h"
#include "loop/world.h"

static const usec drain_poll = 50 * USEC_MS;
static const usec cut_pause = 10 * USEC_MS;   /* for the last answers to leave */
static const usec cut_wait_max = 20 * USEC_S; /* for the store, which gives up before */

/* --- its life --- */

/* What was under way is stored, which the store does or refuses within its own limit. */
static void end_writes(struct writes *writes, struct worker *worker)
{
    writes_drain(writes, worker);
    writes_stop(writes, worker);
    while (writes_busy(writes, worker)) {
        worker_turn(worker);
        usleep(200);
    }
    writes_leave(writes, worker);
}

/* Their vendors are not waited for any more. */
static void end_leavers(struct crew_parts *parts, struct worker *worker)
{
    if (worker->id != 0)
        return;
    leavers_drain(parts->leavers);
    connect_stop(&parts->tokens->connect, worker);
    while (leavers_busy(parts->leavers)) {
        worker_turn(worker);
        usleep(200);
    }
}

static void crew_run(void *arg)
{
    struct crew *crew = arg;
    struct crew_parts *parts = crew->parts;
    struct worker *worker = &crew->worker;
    catalog_join(parts->catalog, worker);
    if (worker->id == 0 && parts->watch_folder)
        catalog_watch(parts->catalog, worker);
    transport_join(parts->h1, worker);
    transport_join(parts->curl, worker);
    keeper_join(parts->tokens->keeper, worker);
    writes_join(parts->writes, worker);
    hooking_join(parts->hooking, worker);
    delivering_join(parts->delivering, worker);
    if (worker->id == 0)
        leavers_join(parts->leavers, worker);
    listening_open(&crew->listening, parts->plan, parts->server, worker,
                   parts->server_tls);
    atomic_fetch_add(&parts->running, 1);
    driver_run(crew->driver);
    listening_close(&crew->listening);
    while (worker_turn(worker) <= worker->now) /* closed connections go */
        ;
    end_leavers(parts, worker);
    end_writes(parts->writes, worker);
    hooking_leave(parts->hooking, worker);
    delivering_leave(parts->delivering, worker);
    refreshes_leave(parts->gate->exchange.refreshes, worker);
    keeper_leave(parts->tokens->keeper, worker);
    while (worker_turn(worker) <= worker->now || /* its exchanges go */
           breaker_events_waiting(parts->breaker_events, worker))
        usleep(200);
    transport_leave(parts->curl, worker);
    transport_leave(parts->h1, worker);
    catalog_leave(parts->catalog, worker);
    worker_turn(worker); /* its pin comes back */
}

void crews_start(struct crew *crews, unsigned n, struct crew_parts *parts)
{
    for (unsigned i = 0; i < n; i++) {
        struct crew *crew = &crews[i];
        crew->parts = parts;
        worker_init(&crew->worker, i, world_real());
        crew->driver = driver_create(&crew->worker);
        crew->thread = thread_start("bw-worker", crew_run, crew);
    }
    while (atomic_load(&parts->running) < n)
        usleep(200);
}

void crew_join(struct crew *crew)
{
    thread_join(&crew->thread);
}

void crew_stop(struct crew *crew)
{
    if (!crew->driver)
        return;
    if (crew->thread) {
        driver_stop(crew->driver);
        thread_join(&crew->thread);
    }
    struct tls *untaken = atomic_exchange(&crew->next_tls, NULL);
    tls_unref(&untaken);
    driver_destroy(&crew->driver);
    worker_fini(&crew->worker);
}

/* --- draining --- */

/* What began is ended by its owner: a call by gate_stop, a login by connect_stop, a
 * change when the store answers, which it does within its own limit. */
static void on_cut_timer(struct timer *timer)
{
    struct crew *crew = CONTAINER_OF(timer, struct crew, drain_timer);
    bool over = crew->worker.now >= usec_add(crew->drain_until, cut_wait_max);
    if (connect_busy(&crew->parts->tokens->connect, &crew->worker) && !over) {
        timer_start(&crew->drain_timer, cut_pause);
        return;
    }
    listening_close(&crew->listening);
    if (listening_busy(&crew->listening) && !over)
        timer_start(&crew->drain_timer, drain_poll);
    else
        driver_stop(crew->driver);
}

static bool is_busy(struct crew *crew)
{
    struct tokens *tokens = crew->parts->tokens;
    return listening_busy(&crew->listening) ||
           keeper_busy(tokens->keeper, &crew->worker) > 0 ||
           writes_busy(crew->parts->writes, &crew->worker) > 0 ||
           hooking_busy(crew->parts->hooking, &crew->worker) > 0 ||
           deliver_busy(crew->parts->delivering->deliver, &crew->worker) > 0 ||
           connect_busy(&tokens->connect, &crew->worker) ||
           (crew->worker.id == 0 && leavers_busy(crew->parts->leavers));
}

static void on_drain_timer(struct timer *timer)
{
    struct crew *crew = CONTAINER_OF(timer, struct crew, drain_timer);
    if (!is_busy(crew)) {
        driver_stop(crew->driver);
        return;
    }
    bool late = crew->worker.now >= crew->drain_until;
    if (late) {
        gate_stop(crew->parts->gate, &crew->worker);
        connect_stop(&crew->parts->tokens->connect, &crew->worker);
        writes_stop(crew->parts->writes, &crew->worker);
        deliver_stop(crew->parts->delivering->deliver, &crew->worker);
        timer_init(&crew->drain_timer, &crew->worker, on_cut_timer);
    }
    timer_start(&crew->drain_timer, late ? cut_pause : drain_poll);
}

static void on_delay_timer(struct timer *timer)
{
    struct crew *crew = CONTAINER_OF(timer, struct crew, drain_timer);
    listening_drain(&crew->listening);
    keeper_drain(crew->parts->tokens->keeper, &crew->worker);
    writes_drain(crew->parts->writes, &crew->worker);
    deliver_drain(crew->parts->delivering->deliver, &crew->worker);
    if (crew->worker.id == 0)
        leavers_drain(crew->parts->leavers);
    crew->drain_until = crew->worker.now + crew->parts->drain_timeout;
    timer_init(&crew->drain_timer, &crew->worker, on_drain_timer);
    timer_start(&crew->drain_timer, 0);
}

static void on_drain(struct post *post)
{
    struct crew *crew = CONTAINER_OF(post, struct crew, drain);
    listening_foretell(&crew->listening);
    timer_init(&crew->drain_timer, &crew->worker, on_delay_timer);
    timer_start(&crew->drain_timer, crew->parts->drain_delay);
}

void crew_drain(struct crew *crew)
{
    worker_post(&crew->worker, &crew->drain, on_drain);
}

/* --- a new certificate --- */

static void on_reload_tls(struct post *post)
{
    struct crew *crew = CONTAINER_OF(post, struct crew, reload_tls);
    struct tls *tls = atomic_exchange(&crew->next_tls, NULL);
    listening_set_tls(&crew->listening, tls);
    tls_unref(&tls);
}

/* The post may still be under way from the reload before: then it takes this one along.
 */
void crew_give_tls(struct crew *crew, struct tls *tls)
{
    struct tls *waiting = atomic_exchange(&crew->next_tls, tls_ref(tls));
    if (!waiting)
        worker_post(&crew->worker, &crew->reload_tls, on_reload_tls);
    tls_unref(&waiting);
}
