#include "loop/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "groups.h"
#include "loop/poll.h"
#include "loop/thread.h"
#include "loop/worker.h"
#include "loop/world.h"
#include "support/unit.h"

/* On the real clock and libuv. */

struct fixture {
    struct worker worker;
    struct driver *driver;
    struct timer limit; /* ends a test that would hang */
    bool late;
    int fds[2]; /* a pair of connected sockets, non-blocking */
};

static void on_limit(struct timer *timer)
{
    struct fixture *f = CONTAINER_OF(timer, struct fixture, limit);
    f->late = true;
    driver_stop(f->driver);
}

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    worker_init(&f->worker, 0, world_real());
    f->driver = driver_create(&f->worker);
    timer_init(&f->limit, &f->worker, on_limit);
    *state = f;
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, f->fds);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    driver_destroy(&f->driver);
    worker_fini(&f->worker);
    close(f->fds[0]);
    close(f->fds[1]);
    mem_free(f);
    return 0;
}

/* Runs until something stops the driver. */
static void run(struct fixture *f)
{
    timer_start(&f->limit, 20 * USEC_S);
    driver_run(f->driver);
    timer_cancel(&f->limit);
    assert_false(f->late);
}

/* --- timers and posts --- */

struct stopper {
    struct fixture *f;
    struct timer timer;
    struct post post;
    usec at;
    unsigned left;
};

static void on_time(struct timer *timer)
{
    struct stopper *stopper = CONTAINER_OF(timer, struct stopper, timer);
    stopper->at = world_now(world_real());
    if (--stopper->left == 0)
        driver_stop(stopper->f->driver);
    else
        timer_start(timer, 3 * USEC_MS);
}

static void timers_run_on_time(void **state)
{
    struct fixture *f = *state;
    struct stopper stopper = {.f = f, .left = 10};
    timer_init(&stopper.timer, &f->worker, on_time);
    usec start = world_now(world_real());
    timer_start(&stopper.timer, 3 * USEC_MS);
    run(f);
    assert_true(stopper.at - start >= 30 * USEC_MS);
    assert_true(stopper.at - start < 5 * USEC_S);
}

static void on_post(struct post *post)
{
    struct stopper *stopper = CONTAINER_OF(post, struct stopper, post);
    if (--stopper->left == 0)
        driver_stop(stopper->f->driver);
    else
        worker_defer(&stopper->f->worker, post, on_post);
}

static void deferred_work_needs_no_wake_up(void **state)
{
    struct fixture *f = *state;
    struct stopper stopper = {.f = f, .left = 1000};
    worker_defer(&f->worker, &stopper.post, on_post);
    run(f);
    assert_int_equal(stopper.left, 0);
}

struct sender {
    struct stopper stopper;
    struct post posts[100];
    unsigned arrived;
};

static void on_arrival(struct post *post);

static struct sender sender;

static void on_arrival(struct post *post)
{
    (void)post;
    if (++sender.arrived == COUNT_OF(sender.posts))
        driver_stop(sender.stopper.f->driver);
}

static void send_all(void *arg)
{
    struct fixture *f = arg;
    for (size_t i = 0; i < COUNT_OF(sender.posts); i++) {
        worker_post(&f->worker, &sender.posts[i], on_arrival);
        if (i % 10 == 0)
            usleep(500); /* so that the loop falls asleep in between */
    }
}

static void posts_of_another_thread_wake_the_loop(void **state)
{
    struct fixture *f = *state;
    sender = (struct sender){.stopper = {.f = f}};
    struct thread *thread = thread_start("sender", send_all, f);
    run(f);
    thread_join(&thread);
    assert_int_equal(sender.arrived, COUNT_OF(sender.posts));
}

static void stop_it(void *arg)
{
    struct fixture *f = arg;
    usleep(5000);
    driver_stop(f->driver);
}

static void another_thread_stops_the_loop(void **state)
{
    struct fixture *f = *state;
    struct thread *thread = thread_start("stopper", stop_it, f);
    run(f);
    thread_join(&thread);
}

/* --- descriptors --- */

struct watch {
    struct poll poll;
    struct fixture *f;
    int fd;
    unsigned told; /* everything that was told */
    unsigned times;
    size_t bytes; /* read or written */
    size_t until; /* stop then */
};

static void watch_open(struct fixture *f, struct watch *watch, int fd,
                       void (*fn)(struct poll *, unsigned))
{
    *watch = (struct watch){.f = f, .fd = fd};
    assert_true(poll_open(&watch->poll, &f->worker, fd, fn));
}

static void on_readable(struct poll *poll, unsigned ready)
{
    struct watch *watch = CONTAINER_OF(poll, struct watch, poll);
    watch->told |= ready;
    watch->times++;
    ssize_t n = read(watch->fd, watch->f->worker.scratch, 3); /* level-triggered */
    if (n > 0)
        watch->bytes += (size_t)n;
    if (n == 0 || watch->bytes >= watch->until) {
        poll_close(poll);
        driver_stop(watch->f->driver);
    }
}

static void what_is_not_read_is_told_again(void **state)
{
    struct fixture *f = *state;
    struct watch watch;
    assert_int_equal(write(f->fds[1], "0123456789", 10), 10);
    watch_open(f, &watch, f->fds[0], on_readable);
    watch.until = 10;
    poll_want(&watch.poll, POLL_READ);
    run(f);
    assert_int_equal(watch.told, POLL_READ);
    assert_int_equal(watch.times, 4);
    assert_int_equal(watch.bytes, 10);
}

/* A timer that is started from here counts from the present, not from the last turn. */
static void on_readable_late(struct poll *poll, unsigned ready)
{
    struct watch *watch = CONTAINER_OF(poll, struct watch, poll);
    usec behind = world_now(world_real()) - poll->worker->now;
    watch->bytes = behind < 10 * USEC_MS;
    on_readable(poll, ready);
}

static void write_late(void *arg)
{
    struct fixture *f = arg;
    usleep(50000);
    assert_int_equal(write(f->fds[1], "x", 1), 1);
}

static void the_clock_is_read_after_a_wait(void **state)
{
    struct fixture *f = *state;
    struct watch watch;
    struct thread *thread = thread_start("writer", write_late, f);
    watch_open(f, &watch, f->fds[0], on_readable_late);
    poll_want(&watch.poll, POLL_READ);
    run(f);
    thread_join(&thread);
    assert_int_equal(watch.bytes, 2); /* in time, and one byte read */
}

static void on_writable(struct poll *poll, unsigned ready)
{
    struct watch *watch = CONTAINER_OF(poll, struct watch, poll);
    watch->told |= ready;
    ssize_t n = write(watch->fd, watch->f->worker.scratch, WORKER_SCRATCH_BYTES);
    if (n > 0)
        watch->bytes += (size_t)n;
    if (watch->bytes >= watch->until) {
        poll_want(poll, 0);
        shutdown(watch->fd, SHUT_WR);
    }
}

static void bytes_go_through_a_full_pipe(void **state)
{
    struct fixture *f = *state;
    struct watch in, out;
    watch_open(f, &in, f->fds[0], on_readable);
    watch_open(f, &out, f->fds[1], on_writable);
    memset(f->worker.scratch, 'x', WORKER_SCRATCH_BYTES);
    in.until = SIZE_MAX; /* until the end of the stream */
    out.until = 300000;  /* more than a socket holds */
    poll_want(&in.poll, POLL_READ);
    poll_want(&out.poll, POLL_WRITE);
    run(f);
    poll_close(&out.poll);
    assert_int_equal(out.told, POLL_WRITE);
    assert_int_equal(in.bytes, out.bytes);
}

static void on_ready_note(struct poll *poll, unsigned ready)
{
    struct watch *watch = CONTAINER_OF(poll, struct watch, poll);
    watch->told |= ready;
    watch->times++;
    poll_want(poll, 0);
    driver_stop(watch->f->driver);
}

static void nothing_is_told_that_is_not_wanted(void **state)
{
    struct fixture *f = *state;
    struct watch watch;
    struct stopper stopper = {.f = f, .left = 2};
    assert_int_equal(write(f->fds[1], "x", 1), 1);
    watch_open(f, &watch, f->fds[0], on_ready_note);
    timer_init(&stopper.timer, &f->worker, on_time);
    timer_start(&stopper.timer, 3 * USEC_MS);
    run(f);
    assert_int_equal(watch.times, 0);
    poll_close(&watch.poll);
    poll_close(&watch.poll); /* twice is harmless */
}

static void a_peer_that_goes_is_told(void **state)
{
    struct fixture *f = *state;
    struct watch watch;
    watch_open(f, &watch, f->fds[0], on_ready_note);
    poll_want(&watch.poll, POLL_READ | POLL_WRITE);
    close(f->fds[1]);
    f->fds[1] = open("/dev/null", O_RDONLY);
    run(f);
    assert_true(watch.told & POLL_READ);
    poll_close(&watch.poll);
}

static void a_pipe_without_a_reader_is_told_as_ready(void **state)
{
    struct fixture *f = *state;
    struct watch watch;
    int fds[2];
    char filler[65536] = {0};
    assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
    while (write(fds[1], filler, sizeof(filler)) > 0)
        ;
    watch_open(f, &watch, fds[1], on_ready_note);
    poll_want(&watch.poll, POLL_WRITE);
    close(fds[0]); /* an error on the writing end: POLLERR */
    run(f);
    assert_int_equal(watch.told, POLL_WRITE);
    poll_close(&watch.poll);
    close(fds[1]);
}

static void a_file_cannot_be_watched(void **state)
{
    struct fixture *f = *state;
    struct poll poll;
    int fd = open("/proc/self/exe", O_RDONLY);
    assert_false(poll_open(&poll, &f->worker, fd, on_ready_note));
    close(fd);
}

/* The owner closes its descriptor and forgets the poll inside the callback. */
static void on_ready_free(struct poll *poll, unsigned ready)
{
    struct watch *watch = CONTAINER_OF(poll, struct watch, poll);
    struct fixture *f = watch->f;
    (void)ready;
    poll_close(poll);
    mem_free(watch);
    driver_stop(f->driver);
}

static void a_poll_may_go_in_its_own_function(void **state)
{
    struct fixture *f = *state;
    struct watch *watch = mem_alloc(sizeof(*watch));
    assert_int_equal(write(f->fds[1], "x", 1), 1);
    watch_open(f, watch, f->fds[0], on_ready_free);
    poll_want(&watch->poll, POLL_READ | POLL_WRITE);
    run(f);
}

/* --- signals --- */

static int caught;

static void on_signal(void *arg, int number)
{
    struct fixture *f = arg;
    caught = number;
    driver_stop(f->driver);
}

static void signals_arrive_on_the_loop(void **state)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    struct fixture *f = *state;
    driver_catch_signals(f->driver, on_signal, f);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        kill(getpid(), numbers[i]);
        run(f);
        assert_int_equal(caught, numbers[i]);
        driver_destroy(&f->driver);
        f->driver = driver_create(&f->worker);
        driver_catch_signals(f->driver, on_signal, f);
    }
}

static void look_at_signals(void *arg)
{
    sigset_t blocked;
    bool *good = arg;
    char name[16];
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    pthread_getname_np(pthread_self(), name, sizeof(name));
    *good = sigismember(&blocked, SIGTERM) == 1 && strcmp(name, "a-name") == 0;
}

static void threads_leave_signals_alone(void **state)
{
    bool good = false;
    (void)state;
    struct thread *thread = thread_start("a-name", look_at_signals, &good);
    thread_join(&thread);
    assert_true(good);
    assert_null(thread);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int test_driver(void)
{
    const struct CMUnitTest tests[] = {
        TEST(timers_run_on_time),
        TEST(deferred_work_needs_no_wake_up),
        TEST(posts_of_another_thread_wake_the_loop),
        TEST(another_thread_stops_the_loop),
        TEST(what_is_not_read_is_told_again),
        TEST(the_clock_is_read_after_a_wait),
        TEST(bytes_go_through_a_full_pipe),
        TEST(nothing_is_told_that_is_not_wanted),
        TEST(a_peer_that_goes_is_told),
        TEST(a_pipe_without_a_reader_is_told_as_ready),
        TEST(a_file_cannot_be_watched),
        TEST(a_poll_may_go_in_its_own_function),
        TEST(signals_arrive_on_the_loop),
        TEST(threads_leave_signals_alone),
    };
    return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}
