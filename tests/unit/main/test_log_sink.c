#include "support/given.h"

#include <signal.h>
#include <stdlib.h>
#include <pthread.h>
#include <unistd.h>

#include "main/log_sink.h"
#include "tests.h"

enum { THREADS = 4, LINES = 5000 };

static struct log the_log;

static void *write_lines(void *arg)
{
    for (int i = 0; i < LINES; i++) {
        struct log_line line;
        log_open(&line, &the_log, LOG_INFO, "test");
        log_int(&line, "writer", *(int *)arg);
        log_int(&line, "i", i);
        log_close(&line);
    }
    return NULL;
}

static void lines_of_all_threads_come_out_whole_and_in_order(void **state)
{
    int fds[2], who[THREADS], next[THREADS] = {0};
    pthread_t threads[THREADS];
    char path[] = "/tmp/breakwater-log-XXXXXX";
    fds[0] = mkstemp(path);
    assert_true(fds[0] >= 0);
    struct log_sink *sink = log_sink_start(fds[0]);
    log_sink_bind(sink, &the_log);
    for (int i = 0; i < THREADS; i++) {
        who[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &who[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(log_sink_dropped(sink), 0);
    log_sink_stop(&sink); /* writes what waits */
    str text = given_file(*state, path), line;
    unlink(path);
    unsigned count = 0;
    while (text.n && str_next(&text, '\n', &line)) {
        const struct json *value = given_json(*state, line);
        uint64_t writer, i;
        assert_true(json_to_u64(json_member(value, STR("writer")), THREADS, &writer));
        assert_true(json_to_u64(json_member(value, STR("i")), LINES, &i));
        assert_int_equal(i, next[writer]++);
        count++;
    }
    assert_int_equal(count, THREADS * LINES);
}

/* Nobody reads the pipe: writers go on, and what has no room is counted. */
static void a_reader_that_is_stuck_holds_nobody_up(void **state)
{
    static char large[3000];
    int fds[2];
    (void)state;
    memset(large, 'x', sizeof(large));
    assert_int_equal(pipe(fds), 0);
    struct log_sink *sink = log_sink_start(fds[1]);
    log_sink_bind(sink, &the_log);
    for (int i = 0; i < 10000; i++) {
        struct log_line line;
        log_open(&line, &the_log, LOG_INFO, "test");
        log_str(&line, "text", str_of(large, sizeof(large)));
        log_close(&line);
    }
    assert_true(log_sink_dropped(sink) > 0);
    close(fds[0]); /* the writing thread's write fails, and it ends */
    log_sink_stop(&sink);
}

int test_log_sink(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(lines_of_all_threads_come_out_whole_and_in_order),
        GIVEN_TEST(a_reader_that_is_stuck_holds_nobody_up),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("main/log_sink", tests, NULL, NULL);
}
