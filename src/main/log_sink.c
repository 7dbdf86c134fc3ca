/*
 * Two buffers: writers fill one under a lock while the thread writes the other. After a
 * line has woken it the thread waits a little for more, so that a busy daemon makes some
 * two hundred writes a second and not one a line.
 */
#include "main/log_sink.h"

#include <pthread.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "loop/thread.h"
#include "loop/world.h"

enum { PENDING_BYTES_MAX = 8 << 20, GATHER_US = 5000 };

struct log_sink {
    int fd;
    struct thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct buf pending;
    uint64_t dropped;
    bool stopping;
};

static void write_all(int fd, str text)
{
    while (text.n) {
        ssize_t put = write(fd, text.p, text.n);
        if (put <= 0)
            return;
        text = str_from(text, (size_t)put);
    }
}

static void run(void *arg)
{
    struct log_sink *sink = arg;
    struct buf writing;
    bool stopping = false;
    buf_init(&writing, PENDING_BYTES_MAX);
    while (!stopping) {
        pthread_mutex_lock(&sink->lock);
        while (sink->pending.n == 0 && !sink->stopping)
            pthread_cond_wait(&sink->some, &sink->lock);
        stopping = sink->stopping;
        pthread_mutex_unlock(&sink->lock);
        if (!stopping)
            usleep(GATHER_US);
        pthread_mutex_lock(&sink->lock);
        struct buf full = sink->pending;
        sink->pending = writing;
        writing = full;
        pthread_mutex_unlock(&sink->lock);
        write_all(sink->fd, buf_peek(&writing));
        buf_clear(&writing);
    }
    buf_fini(&writing);
}

static void take_line(void *arg, str line)
{
    struct log_sink *sink = arg;
    pthread_mutex_lock(&sink->lock);
    bool first = sink->pending.n == 0;
    if (line.n > PENDING_BYTES_MAX - sink->pending.n)
        sink->dropped++;
    else
        buf_str(&sink->pending, line);
    pthread_mutex_unlock(&sink->lock);
    if (first)
        pthread_cond_signal(&sink->some);
}

static usec wall(void *arg)
{
    (void)arg;
    return world_wall(world_real());
}

struct log_sink *log_sink_start(int fd)
{
    struct log_sink *sink = mem_zalloc(sizeof(*sink));
    sink->fd = fd;
    CHECK(pthread_mutex_init(&sink->lock, NULL) == 0);
    CHECK(pthread_cond_init(&sink->some, NULL) == 0);
    buf_init(&sink->pending, PENDING_BYTES_MAX);
    sink->thread = thread_start("bw-log", run, sink);
    return sink;
}

void log_sink_stop(struct log_sink **sink)
{
    pthread_mutex_lock(&(*sink)->lock);
    (*sink)->stopping = true;
    pthread_mutex_unlock(&(*sink)->lock);
    pthread_cond_signal(&(*sink)->some);
    thread_join(&(*sink)->thread);
    buf_fini(&(*sink)->pending);
    if ((*sink)->fd != STDERR_FILENO)
        close((*sink)->fd);
    pthread_cond_destroy(&(*sink)->some);
    pthread_mutex_destroy(&(*sink)->lock);
    mem_free(*sink);
    *sink = NULL;
}

void log_sink_bind(struct log_sink *sink, struct log *log)
{
    log->sink = take_line;
    log->wall = wall;
    log->arg = sink;
}

uint64_t log_sink_dropped(struct log_sink *sink)
{
    pthread_mutex_lock(&sink->lock);
    uint64_t dropped = sink->dropped;
    pthread_mutex_unlock(&sink->lock);
    return dropped;
}
