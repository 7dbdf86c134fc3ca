#include "loop/thread.h"

#include <pthread.h>
#include <signal.h>

#include "base/check.h"
#include "base/mem.h"

struct thread {
    pthread_t id;
    const char *name;
    void (*fn)(void *arg);
    void *arg;
};

static void *thread_main(void *arg)
{
    struct thread *thread = arg;
    pthread_setname_np(pthread_self(), thread->name);
    thread->fn(thread->arg);
    return NULL;
}

struct thread *thread_start(const char *name, void (*fn)(void *arg), void *arg)
{
    struct thread *thread = mem_zalloc(sizeof(*thread));
    sigset_t all, before;
    thread->name = name;
    thread->fn = fn;
    thread->arg = arg;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    CHECK(pthread_create(&thread->id, NULL, thread_main, thread) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return thread;
}

void thread_join(struct thread **thread)
{
    CHECK(pthread_join((*thread)->id, NULL) == 0);
    mem_free(*thread);
    *thread = NULL;
}
