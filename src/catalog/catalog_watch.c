/*
 * What happened in the folder is of no interest, only that something did: every event
 * starts the timer anew, and when it has been quiet for 200 ms the catalog's thread looks
 * at everything. Someone who writes all the time cannot put that off for ever.
 *
 * The scan adds a watch for each folder before it reads what is in there, so that a
 * change behind its back brings it again; a watch that exists already is not doubled by
 * the system.
 */
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "catalog/catalog_state.h"

static const usec quiet = 200 * USEC_MS;
static const usec longest = 2 * USEC_S;

void watch_open(struct watch *watch)
{
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

void watch_add(struct watch *watch, const char *path)
{
    static const uint32_t events =
        IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
    if (watch->fd >= 0 && inotify_add_watch(watch->fd, path, events) < 0)
        ODD(errno == ENOSPC); /* fs.inotify.max_user_watches is reached */
}

static void on_quiet(struct timer *timer)
{
    struct watch *watch = CONTAINER_OF(timer, struct watch, timer);
    struct catalog *catalog = CONTAINER_OF(watch, struct catalog, watch);
    watch->first = -1;
    pthread_mutex_lock(&catalog->lock);
    catalog->rescan = true;
    pthread_cond_signal(&catalog->more);
    pthread_mutex_unlock(&catalog->lock);
}

static void on_events(struct poll *poll, unsigned ready)
{
    struct watch *watch = CONTAINER_OF(poll, struct watch, poll);
    usec now = poll->worker->now;
    (void)ready;
    while (read(watch->fd, poll->worker->scratch, WORKER_SCRATCH_BYTES) > 0)
        continue;
    if (watch->first < 0)
        watch->first = now;
    timer_start_at(&watch->timer, usec_min(now + quiet, watch->first + longest));
}

bool catalog_watch(struct catalog *catalog, struct worker *worker)
{
    struct watch *watch = &catalog->watch;
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    CHECK(catalog->members[worker->id] && !watch->worker);
    if (!catalog->folder)
        return false;
    if (watch->fd < 0 || !poll_open(&watch->poll, worker, watch->fd, on_events)) {
        log_say(catalog->log, LOG_WARN, "integrations",
                "The folder cannot be watched; changes are seen on a reload only.");
        return false;
    }
    watch->worker = worker;
    watch->first = -1;
    timer_init(&watch->timer, worker, on_quiet);
    poll_want(&watch->poll, POLL_READ);
    return true;
}

void watch_leave(struct watch *watch, const struct worker *worker)
{
    if (watch->worker != worker)
        return;
    poll_close(&watch->poll);
    timer_cancel(&watch->timer);
    watch->worker = NULL;
}

void watch_close(struct watch *watch)
{
    CHECK(!watch->worker);
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}
