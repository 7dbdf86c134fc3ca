#include "watch/watch.h"

#include <stdatomic.h>

#include "base/map.h"
#include "base/mem.h"

/* Upper bounds of the latency buckets, in microseconds; the last is +Inf. */
static const usec bounds[] = {500,     1000,     2500,     5000,    10000,   25000,
                              50000,   100000,   250000,   500000,  1000000, 2500000,
                              5000000, 10000000, 30000000, 60000000};
enum { BUCKETS = COUNT_OF(bounds) + 1, CUT_BYTES = 1024 };

struct histogram {
    uint64_t buckets[BUCKETS];
    uint64_t count;
    double sum; /* seconds */
};

struct series {
    str integration;
    uint64_t classes[OUTCOME_COUNT];
    uint64_t errors[ERR_COUNT];
    uint64_t attempts;
    uint64_t retries;
    uint64_t throttles;
    uint64_t freshness[FRESHNESS_COUNT];
    uint64_t bytes_in;
    uint64_t bytes_out;
    struct histogram total;    /* what callers waited */
    struct histogram upstream; /* what vendors took */
    char name[];
};

/* One worker's counts. The lock is the worker's but for a reader now and then. */
struct part {
    _Alignas(64) pthread_mutex_t lock;
    struct map series;
};

struct watch {
    const struct log *log;
    unsigned workers;
    struct part *parts;
    _Atomic bool cut; /* the metrics were, when last read */
};

struct watch *watch_create(unsigned workers, const struct log *log)
{
    struct watch *watch = mem_zalloc(sizeof(*watch));
    watch->log = log;
    watch->workers = workers;
    watch->parts = mem_lines(workers * sizeof(watch->parts[0]));
    for (unsigned i = 0; i < workers; i++) {
        CHECK(pthread_mutex_init(&watch->parts[i].lock, NULL) == 0);
        map_init(&watch->parts[i].series);
    }
    return watch;
}

void watch_destroy(struct watch **watch)
{
    if (!*watch)
        return;
    for (unsigned i = 0; i < (*watch)->workers; i++) {
        struct part *part = &(*watch)->parts[i];
        size_t at = 0;
        for (void *series; (series = map_next(&part->series, &at));)
            mem_free(series);
        map_fini(&part->series);
        pthread_mutex_destroy(&part->lock);
    }
    mem_free((*watch)->parts);
    mem_free(*watch);
    *watch = NULL;
}

/* The integration's series among at most `max`, past which all are one. */
static struct series *series_of(struct part *part, str integration, size_t max)
{
    if (!integration.n)
        integration = STR("none");
    struct series *series = map_find(&part->series, integration);
    if (series)
        return series;
    if (part->series.n >= max) {
        integration = STR("other");
        series = map_find(&part->series, integration);
    }
    if (series)
        return series;
    series = mem_zalloc(sizeof(*series) + integration.n);
    memcpy(series->name, integration.p, integration.n);
    series->integration = str_of(series->name, integration.n);
    map_put(&part->series, series->integration, series);
    return series;
}

static void note_time(struct histogram *histogram, usec took)
{
    size_t at = 0;
    while (at < COUNT_OF(bounds) && took > bounds[at])
        at++;
    histogram->buckets[at]++;
    histogram->count++;
    histogram->sum += (double)took / 1e6;
}

static void count(struct watch *watch, const struct visit *visit, usec total)
{
    struct part *part = &watch->parts[visit->in->worker->id];
    const struct outcome *outcome = visit->outcome;
    pthread_mutex_lock(&part->lock);
    struct series *series =
        series_of(part, visit->integration ? visit->integration->name : STR_NONE,
                  WATCH_INTEGRATIONS_MAX);
    note_time(&series->total, total);
    series->bytes_in += visit->bytes_in;
    series->bytes_out += visit->bytes_out;
    if (visit->err)
        series->errors[visit->err]++;
    if (outcome) {
        series->classes[outcome->class]++;
        series->attempts += outcome->attempts;
        series->retries += outcome->attempts > 1 ? outcome->attempts - 1 : 0;
        series->throttles += outcome->throttle.throttled;
        if (visit->answered && outcome->class == OUTCOME_OK && !visit->err)
            series->freshness[outcome->freshness]++;
        if (outcome->attempts)
            note_time(&series->upstream, outcome->upstream);
    }
    pthread_mutex_unlock(&part->lock);
}

/* --- the log line --- */

static void say_who(struct log_line *line, const struct visit *visit)
{
    log_str(line, "request_id", str_z(visit->request_id));
    log_str(line, "caller_request_id", visit->caller_request_id);
    log_str(line, "trace_id", visit->trace_id);
    log_str(line, "peer", gate_client(visit->gate, visit->in));
    if (visit->key)
        log_str(line, "key", tenant_id_str(&visit->key->id));
    if (visit->account) {
        log_str(line, "account", tenant_id_str(&visit->account->id));
        log_str(line, "environment", tenant_id_str(&visit->account->environment->id));
    }
    if (visit->integration)
        log_str(line, "integration", visit->integration->name);
    if (visit->method) {
        log_str(line, "resource", visit->method->resource->name);
        log_str(line, "method", visit->method->name);
    }
}

static void say_outcome(struct log_line *line, const struct visit *visit)
{
    const struct outcome *outcome = visit->outcome;
    log_str(line, "class", outcome_word(outcome->class));
    if (outcome->vendor_status)
        log_int(line, "vendor_status", outcome->vendor_status);
    log_str(line, "vendor_code", outcome->vendor.code);
    log_str(line, "vendor_request_id", outcome->vendor.request_id);
    log_str(line, "expression_fault", outcome->expression_fault);
    if (outcome->freshness != FRESHNESS_LIVE) {
        log_str(line, "freshness", str_z(freshness_words[outcome->freshness]));
        log_int(line, "age_s", outcome->age / USEC_S);
    }
    if (outcome->failed != OUTCOME_OK)
        log_str(line, "failed", outcome_word(outcome->failed));
    log_int(line, "attempts", outcome->attempts);
    log_bool(line, "sent", outcome->sent);
    if (visit->exchanging)
        log_bool(line, "reused", visit->exchange.call.reused);
    log_str(line, "breaker", breaker_state_word(outcome->breaker));
    if (outcome->retry_after >= 0)
        log_int(line, "retry_after_s", usec_ceil_s(outcome->retry_after));
    log_int(line, "queue_us", outcome->queued);
    log_int(line, "upstream_us", outcome->upstream);
    if (outcome->starved)
        log_int(line, "caller_us", outcome->starved);
}

static void say(struct watch *watch, const struct visit *visit, usec total)
{
    struct log_line line;
    bool bad = visit->err != ERR_NONE || visit->aborted;
    log_open(&line, watch->log, bad ? LOG_WARN : LOG_INFO, "call");
    if (!line.log)
        return;
    say_who(&line, visit);
    log_str(&line, "verb", visit->in->head.method);
    log_str(&line, "path", visit->path); /* without the query: it may hold secrets */
    log_int(&line, "status", visit->status);
    if (visit->err)
        log_str(&line, "code", err_code(visit->err));
    log_str(&line, "detail", bad ? visit->err_detail : STR_NONE);
    if (visit->outcome)
        say_outcome(&line, visit);
    log_int(&line, "total_us", total);
    log_int(&line, "bytes_in", (int64_t)visit->bytes_in);
    log_int(&line, "bytes_out", (int64_t)visit->bytes_out);
    if (visit->gone)
        log_bool(&line, "caller_gone", true);
    if (visit->aborted)
        log_bool(&line, "cut", true);
    log_close(&line);
}

void watch_visit(void *arg, const struct visit *visit)
{
    struct watch *watch = arg;
    usec total = visit->in->worker->now - visit->in->began;
    count(watch, visit, total);
    say(watch, visit, total);
}

void watch_breaker(void *arg, const struct exchange *exchange, str breaker,
                   enum breaker_event event)
{
    const struct watch *watch = arg;
    struct log_line line;
    log_open(&line, watch->log, LOG_WARN, "breaker");
    log_str(&line, "breaker", breaker);
    log_str(&line, "state", event == BREAKER_EVENT_OPENED ? STR("open") : STR("closed"));
    log_str(&line, "integration", exchange->integration->name);
    log_str(&line, "reason", exchange->call.fault_text);
    if (exchange->outcome.vendor_status)
        log_int(&line, "vendor_status", exchange->outcome.vendor_status);
    log_close(&line);
}

/* --- the metrics --- */

static void add_histogram(struct histogram *sum, const struct histogram *part)
{
    for (size_t i = 0; i < BUCKETS; i++)
        sum->buckets[i] += part->buckets[i];
    sum->count += part->count;
    sum->sum += part->sum;
}

static void add_series(struct series *sum, const struct series *part)
{
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        sum->classes[i] += part->classes[i];
    for (size_t i = 0; i < ERR_COUNT; i++)
        sum->errors[i] += part->errors[i];
    sum->attempts += part->attempts;
    sum->retries += part->retries;
    sum->throttles += part->throttles;
    for (size_t i = 0; i < FRESHNESS_COUNT; i++)
        sum->freshness[i] += part->freshness[i];
    sum->bytes_in += part->bytes_in;
    sum->bytes_out += part->bytes_out;
    add_histogram(&sum->total, &part->total);
    add_histogram(&sum->upstream, &part->upstream);
}

/* All workers' counts together, in `ret`. */
static void collect(struct watch *watch, struct part *ret)
{
    map_init(&ret->series);
    for (unsigned i = 0; i < watch->workers; i++) {
        struct part *part = &watch->parts[i];
        size_t at = 0;
        pthread_mutex_lock(&part->lock);
        for (struct series *series; (series = map_next(&part->series, &at));)
            add_series(series_of(ret, series->integration, SIZE_MAX), series);
        pthread_mutex_unlock(&part->lock);
    }
}

static void put_type(struct buf *buf, const char *name, const char *type,
                     const char *help)
{
    buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void watch_sample(struct buf *buf, const char *name, const char *type, const char *help,
                  double value)
{
    put_type(buf, name, type, help);
    buf_printf(buf, "%s %.15g\n", name, value);
}

static void put_histogram(struct buf *buf, const char *name, const struct series *series,
                          const struct histogram *histogram)
{
    uint64_t below = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        below += histogram->buckets[i];
        buf_printf(buf, "%s_bucket{integration=\"" STR_F "\",le=\"", name,
                   STR_A(series->integration));
        if (i < COUNT_OF(bounds))
            buf_printf(buf, "%g", (double)bounds[i] / 1e6);
        else
            buf_str(buf, STR("+Inf"));
        buf_printf(buf, "\"} %llu\n", (unsigned long long)below);
    }
    buf_printf(buf, "%s_sum{integration=\"" STR_F "\"} %.9g\n", name,
               STR_A(series->integration), histogram->sum);
    buf_printf(buf, "%s_count{integration=\"" STR_F "\"} %llu\n", name,
               STR_A(series->integration), (unsigned long long)histogram->count);
}

static void put_labelled(struct buf *buf, const char *name, const struct series *series,
                         const char *label, str word, uint64_t value)
{
    if (value)
        buf_printf(buf, "%s{integration=\"" STR_F "\",%s=\"" STR_F "\"} %llu\n", name,
                   STR_A(series->integration), label, STR_A(word),
                   (unsigned long long)value);
}

static void put_classes(struct buf *buf, struct part *all)
{
    static const char name[] = "breakwater_calls_total";
    size_t at = 0;
    put_type(buf, name, "counter", "Vendor calls that have ended, by what came of them.");
    for (struct series *series; (series = map_next(&all->series, &at));)
        for (unsigned i = 0; i < OUTCOME_COUNT; i++)
            put_labelled(buf, name, series, "class", outcome_word((enum outcome_class)i),
                         series->classes[i]);
}

static void put_freshness(struct buf *buf, struct part *all)
{
    static const char name[] = "breakwater_answers_total";
    size_t at = 0;
    put_type(buf, name, "counter", "Good answers to callers, by how fresh they were.");
    for (struct series *series; (series = map_next(&all->series, &at));)
        for (unsigned i = 0; i < FRESHNESS_COUNT; i++)
            put_labelled(buf, name, series, "freshness", str_z(freshness_words[i]),
                         series->freshness[i]);
}

static void put_errors(struct buf *buf, struct part *all)
{
    static const char name[] = "breakwater_errors_total";
    size_t at = 0;
    put_type(buf, name, "counter", "Answers of our own that said no, by code.");
    for (struct series *series; (series = map_next(&all->series, &at));)
        for (unsigned i = 1; i < ERR_COUNT; i++)
            put_labelled(buf, name, series, "code", err_code((enum err)i),
                         series->errors[i]);
}

static void put_counter(struct buf *buf, struct part *all, const char *name,
                        const char *help, size_t offset)
{
    size_t at = 0;
    put_type(buf, name, "counter", help);
    for (struct series *series; (series = map_next(&all->series, &at));) {
        uint64_t value;
        memcpy(&value, (char *)series + offset, sizeof(value));
        buf_printf(buf, "%s{integration=\"" STR_F "\"} %llu\n", name,
                   STR_A(series->integration), (unsigned long long)value);
    }
}

static void put_times(struct buf *buf, struct part *all)
{
    size_t at = 0;
    put_type(buf, "breakwater_call_seconds", "histogram",
             "From the caller's head to the end of the answer.");
    for (struct series *series; (series = map_next(&all->series, &at));)
        put_histogram(buf, "breakwater_call_seconds", series, &series->total);
    at = 0;
    put_type(buf, "breakwater_upstream_seconds", "histogram",
             "In attempts at the vendor, until the answer began.");
    for (struct series *series; (series = map_next(&all->series, &at));)
        put_histogram(buf, "breakwater_upstream_seconds", series, &series->upstream);
}

static void put_series(struct buf *buf, struct part *all)
{
    put_classes(buf, all);
    put_freshness(buf, all);
    put_errors(buf, all);
    put_counter(buf, all, "breakwater_attempts_total", "Attempts at vendors.",
                offsetof(struct series, attempts));
    put_counter(buf, all, "breakwater_retries_total", "Attempts after the first.",
                offsetof(struct series, retries));
    put_counter(buf, all, "breakwater_throttles_total", "Answers that were throttles.",
                offsetof(struct series, throttles));
    put_counter(buf, all, "breakwater_request_bytes_total", "Bytes of request bodies.",
                offsetof(struct series, bytes_in));
    put_counter(buf, all, "breakwater_answer_bytes_total", "Bytes of answers' bodies.",
                offsetof(struct series, bytes_out));
    put_times(buf, all);
}

/* Said once, until they fit again. */
static void note_cut(struct watch *watch, bool cut)
{
    if (atomic_exchange(&watch->cut, cut) || !cut)
        return;
    log_say(watch->log, LOG_ERROR, "metrics",
            "the series of all integrations do not fit into one answer; it says "
            "breakwater_metrics_cut 1 instead of them");
}

/* Half a text of metrics would look like a whole one: all series, or none. */
void watch_metrics(struct watch *watch, struct buf *buf)
{
    struct part all;
    struct buf series;
    size_t at = 0;
    size_t room = buf->bytes_max - buf->n;
    buf_init(&series, room > CUT_BYTES ? room - CUT_BYTES : 0);
    collect(watch, &all);
    put_series(&series, &all);
    bool cut = !buf_ok(&series);
    note_cut(watch, cut);
    watch_sample(buf, "breakwater_metrics_cut", "gauge",
                 "1: the series of integrations did not fit and are missing.", cut);
    if (!cut)
        buf_str(buf, buf_peek(&series));
    buf_fini(&series);
    for (void *one; (one = map_next(&all.series, &at));)
        mem_free(one);
    map_fini(&all.series);
}
