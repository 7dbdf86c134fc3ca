/*
 * prepare: worker_turn, then one uv timer is set to the next due time
 *    poll: descriptors, signals, the wake-up of other threads. libuv calls back from
 *          within, after a wait of any length: the worker's clock is read for each
 *
 * A uv_poll_t must outlive its asynchronous close; it stands in an allocation of its own,
 * so that the owner of a `struct poll` may go at once.
 */
#include "loop/driver.h"

#include <signal.h>
#include <uv.h>

#include "base/check.h"
#include "base/mem.h"
#include "loop/poll.h"
#include "loop/worker.h"
#include "loop/world.h"

static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

struct driver {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_timer_t timer;
    uv_async_t wake;
    uv_signal_t signals[COUNT_OF(caught)];
    struct worker *worker;
    usec armed_at;
    atomic_bool stopping;
    void (*on_signal)(void *arg, int signal_number);
    void *on_signal_arg;
};

static void on_timer(uv_timer_t *timer)
{
    struct driver *driver = timer->data;
    driver->armed_at = USEC_NEVER;
}

static void arm(struct driver *driver, usec due)
{
    if (due == driver->armed_at || due == USEC_NEVER)
        return;
    if (due > driver->armed_at)
        return; /* the earlier wake-up arms it again */
    usec wait = usec_max(due - driver->worker->now, 0);
    driver->armed_at = due;
    uv_update_time(&driver->uv);
    uv_timer_start(&driver->timer, on_timer, (uint64_t)((wait + USEC_MS - 1) / USEC_MS),
                   0);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct driver *driver = prepare->data;
    arm(driver, worker_turn(driver->worker));
    if (atomic_load_explicit(&driver->stopping, memory_order_relaxed))
        uv_stop(&driver->uv);
}

static void on_wake(uv_async_t *wake)
{
    (void)wake; /* the next prepare turns the worker */
}

static void wake_driver(struct worker *worker)
{
    struct driver *driver = worker->driver;
    uv_async_send(&driver->wake);
}

struct driver *driver_create(struct worker *worker)
{
    struct driver *driver = mem_zalloc(sizeof(*driver));
    CHECK(uv_loop_init(&driver->uv) == 0);
    CHECK(uv_prepare_init(&driver->uv, &driver->prepare) == 0);
    CHECK(uv_timer_init(&driver->uv, &driver->timer) == 0);
    CHECK(uv_async_init(&driver->uv, &driver->wake, on_wake) == 0);
    driver->worker = worker;
    driver->armed_at = USEC_NEVER;
    driver->prepare.data = driver->timer.data = driver;
    uv_prepare_start(&driver->prepare, on_prepare);
    worker->driver = driver;
    worker->wake = wake_driver;
    return driver;
}

void driver_run(struct driver *driver)
{
    uv_run(&driver->uv, UV_RUN_DEFAULT);
}

void driver_stop(struct driver *driver)
{
    atomic_store(&driver->stopping, true);
    uv_async_send(&driver->wake);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void driver_destroy(struct driver **driver)
{
    if (!*driver)
        return;
    worker_settle((*driver)->worker);
    uv_walk(&(*driver)->uv, close_handle, NULL);
    uv_run(&(*driver)->uv, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&(*driver)->uv) == 0);
    (*driver)->worker->driver = NULL;
    mem_free(*driver);
    *driver = NULL;
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct driver *driver = handle->data;
    driver->worker->now = world_now(driver->worker->world);
    driver->on_signal(driver->on_signal_arg, number);
}

void driver_catch_signals(struct driver *driver, void (*fn)(void *arg, int signal_number),
                          void *arg)
{
    driver->on_signal = fn;
    driver->on_signal_arg = arg;
    for (size_t i = 0; i < COUNT_OF(caught); i++) {
        CHECK(uv_signal_init(&driver->uv, &driver->signals[i]) == 0);
        driver->signals[i].data = driver;
        CHECK(uv_signal_start(&driver->signals[i], on_signal, caught[i]) == 0);
    }
}

static void on_poll(uv_poll_t *watcher, int status, int events)
{
    struct poll *poll = watcher->data;
    unsigned ready = 0;
    poll->worker->now = world_now(poll->worker->world);
    if (events & UV_READABLE)
        ready |= POLL_READ;
    if (events & UV_WRITABLE)
        ready |= POLL_WRITE;
    if (status < 0) {
        /* libuv stops a watcher on POLLERR; the owner finds the error by reading. */
        ready = poll->wanted;
        poll->wanted = 0;
        poll_want(poll, ready);
    }
    poll->fn(poll, ready);
}

bool poll_open(struct poll *poll, struct worker *worker, int fd,
               void (*fn)(struct poll *poll, unsigned ready))
{
    struct driver *driver = worker->driver;
    uv_poll_t *watcher = mem_alloc(sizeof(*watcher));
    *poll = (struct poll){.worker = worker, .fn = fn};
    if (uv_poll_init(&driver->uv, watcher, fd) != 0) {
        mem_free(watcher);
        return false;
    }
    watcher->data = poll;
    poll->watcher = watcher;
    return true;
}

void poll_want(struct poll *poll, unsigned wanted)
{
    uv_poll_t *watcher = poll->watcher;
    if (wanted == poll->wanted)
        return;
    poll->wanted = wanted;
    if (!wanted) {
        uv_poll_stop(watcher);
        return;
    }
    int events =
        (wanted & POLL_READ ? UV_READABLE : 0) | (wanted & POLL_WRITE ? UV_WRITABLE : 0);
    CHECK(uv_poll_start(watcher, events, on_poll) == 0);
}

static void free_watcher(uv_handle_t *handle)
{
    mem_free(handle);
}

void poll_close(struct poll *poll)
{
    if (!poll->watcher)
        return;
    uv_poll_stop(poll->watcher);
    uv_close(poll->watcher, free_watcher);
    poll->watcher = NULL;
    poll->wanted = 0;
}
