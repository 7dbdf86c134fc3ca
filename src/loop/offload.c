#include "loop/offload.h"

#include <pthread.h>

#include "base/check.h"
#include "base/mem.h"
#include "loop/thread.h"

struct offload {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct offload_task *first;
    struct offload_task *last;
    bool stopping;
    struct thread *thread;
};

static struct offload_task *take(struct offload *offload)
{
    pthread_mutex_lock(&offload->lock);
    while (!offload->first && !offload->stopping)
        pthread_cond_wait(&offload->filled, &offload->lock);
    struct offload_task *task = offload->first;
    if (task)
        offload->first = task->next;
    if (!offload->first)
        offload->last = NULL;
    pthread_mutex_unlock(&offload->lock);
    return task;
}

static void on_answer(struct post *post)
{
    struct offload_task *task = CONTAINER_OF(post, struct offload_task, post);
    task->done(task);
}

static void serve(void *arg)
{
    struct offload *offload = arg;
    for (struct offload_task *task; (task = take(offload)) != NULL;) {
        struct worker *worker = task->worker;
        task->run(task);
        if (worker)
            worker_post(worker, &task->post, on_answer);
    }
}

struct offload *offload_start(const char *name)
{
    struct offload *offload = mem_zalloc(sizeof(*offload));
    pthread_mutex_init(&offload->lock, NULL);
    pthread_cond_init(&offload->filled, NULL);
    offload->thread = thread_start(name, serve, offload);
    return offload;
}

void offload_stop(struct offload **offload)
{
    struct offload *it = *offload;
    if (!it)
        return;
    pthread_mutex_lock(&it->lock);
    it->stopping = true;
    pthread_cond_signal(&it->filled);
    pthread_mutex_unlock(&it->lock);
    thread_join(&it->thread);
    pthread_cond_destroy(&it->filled);
    pthread_mutex_destroy(&it->lock);
    mem_free(it);
    *offload = NULL;
}

void offload_submit(struct offload *offload, struct offload_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&offload->lock);
    CHECK(!offload->stopping);
    if (offload->last)
        offload->last->next = task;
    else
        offload->first = task;
    offload->last = task;
    pthread_cond_signal(&offload->filled);
    pthread_mutex_unlock(&offload->lock);
}
