/*
 * What happened, counted and said: one structured log line for each visit, and Prometheus
 * metrics summed over the workers when they are read. An observer: it is told when a
 * visit has ended and changes nothing.
 *
 * Cardinality is bounded: series have the integration and a word of a fixed list as
 * labels, and past WATCH_INTEGRATIONS_MAX integrations a worker counts the rest as
 * "other".
 */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "base/buf.h"
#include "gate/visit.h"

struct keeper_stats;
struct watch;
struct deliver_stats;
struct writes_stats;

enum { WATCH_INTEGRATIONS_MAX = 1000 };

struct watch *watch_create(unsigned workers, const struct log *log);
void watch_destroy(struct watch **watch);

/* gate->observe: on the visit's worker. `arg` is the watch. */
void watch_visit(void *arg, const struct visit *visit);

/* gate->exchange.on_breaker: a log line. `arg` is the watch. */
void watch_breaker(void *arg, const struct exchange *exchange, str breaker,
                   enum breaker_event event);

/* The series of visits, in the Prometheus text format 0.0.4, behind what stands in `buf`.
 * Where they would pass its limit none is written, breakwater_metrics_cut is 1, and the
 * log says so. Any thread. */
void watch_metrics(struct watch *watch, struct buf *buf);

/* The tokens of all accounts together. */
void watch_tokens(struct buf *buf, const struct keeper_stats *stats);

/* The queued writes of all accounts together. */
void watch_writes(struct buf *buf, const struct writes_stats *stats);

/* The same of deliveries of events to endpoints. */
void watch_deliveries(struct buf *buf, const struct deliver_stats *stats);

/* One sample of a gauge or counter with its HELP and TYPE, for the others. */
void watch_sample(struct buf *buf, const char *name, const char *type, const char *help,
                  double value);

#endif
