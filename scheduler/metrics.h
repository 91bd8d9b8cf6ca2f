/* SPDX-License-Identifier: MIT
 *
 * What the scheduler counts and measures of itself, for GET /metrics: one table of metrics (name,
 * type, unit, labels, help) and the numbers that go with it. The loop and the HTTP API's threads
 * count, metrics_text.c writes; monitoring/README.md's reference is held to the table by a test.
 *
 * Names and units are Prometheus': base units, `_total` for what only grows. Labels have values
 * from lists in this file alone: no job, tenant, executor or path is in them, so that there are as
 * many series on the first day as on the last.
 *
 * Thread-safe but for the turn's part, which is the loop's. Nobody waits: numbers are atomic, and
 * those of a histogram may be one observation apart from one another. NULL for a `struct metrics`
 * counts nothing.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "text.h"

enum metric {
    METRIC_BUILD,
    METRIC_CPU,
    METRIC_RSS,
    METRIC_START,
    METRIC_LEADS,
    METRIC_LAG,
    METRIC_TURNS,
    METRIC_ERRORS,
    METRIC_RUNS_ACTIVE,
    METRIC_RUNS_SUBMITTED,
    METRIC_RUNS_FINISHED,
    METRIC_QUEUES,
    METRIC_OLDEST,
    METRIC_LEASED,
    METRIC_GRANTED,
    METRIC_LOST,
    METRIC_DURATION,
    METRIC_FAILURES,
    METRIC_DEAD,
    METRIC_RESULTS,
    METRIC_MOMENTS,
    METRIC_EXECUTORS,
    METRIC_RESTARTS,
    METRIC_REFUSED,
    METRIC_REQUESTS,
    METRIC_CONNECTIONS,
    METRIC_LIMITED,
    METRIC_CERTIFICATES,
    METRIC_DB_ACTIVE,
    METRIC_DB_IDLE,
    METRIC_DISK_FREE,
    METRIC_DISK_SIZE,
    METRIC_LAST_RESULT,
    METRIC_SCORE_DAY1,
    METRIC_SCORE_ERA5,
    METRIC_RECYCLES,
    METRIC_DEVICES,
    METRIC_EXECUTOR_RSS,
    METRIC_EXECUTOR_CPU,
    METRIC_READ,
    METRIC_CACHE,
    METRIC_KERNEL_SECONDS,
    METRIC_KERNEL_BYTES,
    METRIC_UPLOADED,
    METRIC_GPU_USED,
    METRIC_GPU_LIMIT,
    METRIC_GPU_RESIDENT,
    METRIC_COUNT
};

/* Values of labels, X(code, name); those of states, kinds and the like are record.h's, core.h's and
 * refusal.h's. The outcomes are in the order of enum store_outcome, then what never got so far. */
#define METRIC_ERROR_MAP(X)                                                                        \
    X(TURN, "turn")                                                                                \
    X(LEAD, "lead")                                                                                \
    X(HTTP, "http")
#define METRIC_QUEUE_MAP(X)                                                                        \
    X(WORK, "work")                                                                                \
    X(DELAYED, "delayed")                                                                          \
    X(SUSPECT, "suspect")                                                                          \
    X(LOOP, "loop")                                                                                \
    X(FINISH, "finish")
#define METRIC_DEAD_MAP(X)                                                                         \
    X(INVALID, "invalid")                                                                          \
    X(TRIES, "tries")                                                                              \
    X(LOSSES, "losses")                                                                            \
    X(QUARANTINE, "quarantine")
#define METRIC_RESULT_MAP(X)                                                                       \
    X(COMMITTED, "committed")                                                                      \
    X(DUPLICATE, "duplicate")                                                                      \
    X(FENCED, "fenced")                                                                            \
    X(REFUSED, "refused")
#define METRIC_ROUTE_MAP(X)                                                                        \
    X(NONE, "none")                                                                                \
    X(HEALTH, "health")                                                                            \
    X(METRICS, "metrics")                                                                          \
    X(SUBMIT, "submit")                                                                            \
    X(JOBS, "jobs")                                                                                \
    X(RESULTS, "results")                                                                          \
    X(EVENTS, "events")                                                                            \
    X(ADMIN, "admin")                                                                              \
    X(REFERENCE, "reference")
#define METRIC_ANSWER_MAP(X)                                                                       \
    X(2XX, "2xx")                                                                                  \
    X(4XX, "4xx")                                                                                  \
    X(5XX, "5xx")
#define METRIC_LIMIT_MAP(X)                                                                        \
    X(CONNECTIONS, "connections")                                                                  \
    X(ADDRESS, "address")                                                                          \
    X(TOKEN, "token")                                                                              \
    X(TENANT, "tenant")                                                                            \
    X(QUEUE, "queue")
#define METRIC_LISTENER_MAP(X)                                                                     \
    X(API, "api")                                                                                  \
    X(EXECUTORS, "executors")

#define METRIC_RECYCLE_OTHER(X) X(OTHER, "other", "a reason that this program does not know")
#define METRIC_DEVICE_MAP(X)                                                                       \
    X(CPU, "cpu")                                                                                  \
    X(GPU, "gpu")
#define METRIC_OF_MAP(X)                                                                           \
    X(ALL, "all")                                                                                  \
    X(LARGEST, "largest")
#define METRIC_FORMAT_MAP(X)                                                                       \
    X(NETCDF, "netcdf")                                                                            \
    X(GRIB, "grib")                                                                                \
    X(ZARR, "zarr")
#define METRIC_CACHE_MAP(X)                                                                        \
    X(HIT, "hit")                                                                                  \
    X(MISS, "miss")

#define X(code, name) METRIC_ERROR_##code,
enum metric_error { METRIC_ERROR_MAP(X) METRIC_ERROR_KINDS };
#undef X
#define X(code, name) METRIC_QUEUE_##code,
enum metric_queue { METRIC_QUEUE_MAP(X) METRIC_QUEUE_KINDS };
#undef X
#define X(code, name) METRIC_DEAD_##code,
enum metric_dead { METRIC_DEAD_MAP(X) METRIC_DEAD_KINDS };
#undef X
#define X(code, name) METRIC_RESULT_##code,
enum metric_result { METRIC_RESULT_MAP(X) METRIC_RESULT_KINDS };
#undef X
#define X(code, name) METRIC_ROUTE_##code,
enum metric_route { METRIC_ROUTE_MAP(X) METRIC_ROUTE_KINDS };
#undef X
#define X(code, name) METRIC_ANSWER_##code,
enum metric_answer { METRIC_ANSWER_MAP(X) METRIC_ANSWER_KINDS };
#undef X
#define X(code, name) METRIC_LIMIT_##code,
enum metric_limit { METRIC_LIMIT_MAP(X) METRIC_LIMIT_KINDS };
#undef X
#define X(code, name) METRIC_LISTENER_##code,
enum metric_listener { METRIC_LISTENER_MAP(X) METRIC_LISTENER_KINDS };
#undef X
#define X(code, name) METRIC_DEVICE_##code,
enum metric_device { METRIC_DEVICE_MAP(X) METRIC_DEVICE_KINDS };
#undef X
#define X(code, name) METRIC_OF_##code,
enum metric_of { METRIC_OF_MAP(X) METRIC_OF_KINDS };
#undef X
#define X(code, name) METRIC_FORMAT_##code,
enum metric_format { METRIC_FORMAT_MAP(X) METRIC_FORMAT_KINDS };
#undef X
#define X(code, name) METRIC_CACHE_##code,
enum metric_cache { METRIC_CACHE_MAP(X) METRIC_CACHE_KINDS };
#undef X

/* The number of a series that has no value. */
#define METRIC_NONE INT64_MIN

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };

struct metric_label {
    const char *name; /* NULL: there is no such label */
    const char *const *values;
    size_t n_values;
};

enum { METRIC_LABELS = 2 };

struct metric_spec {
    const char *name;
    enum metric_type type;
    const char *unit; /* "seconds", "bytes", or "" for what is counted */
    const char *help;
    struct metric_label labels[METRIC_LABELS];
    const int64_t *bounds; /* [n_bounds] of a histogram, ascending, in its number's unit */
    size_t n_bounds;
    int64_t divisor;  /* from the number kept to the one shown: microseconds are kept; 0: 1 */
    bool is_optional; /* a series that was not set, or to METRIC_NONE, is not shown */
};

/* metrics_table.c: the table, [METRIC_COUNT]; it ends with the program. */
const struct metric_spec *metric_specs(void);
const char *metric_type_name(enum metric_type type);

/* Series of a metric: one for each value of its label, or each pair of values. */
size_t metric_n_series(const struct metric_spec *spec);

struct metrics;

/* GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status metrics_open(struct metrics **metrics, gaia_error *err);
/* NULL is allowed. */
void metrics_free(struct metrics *metrics);

/* i_series: the number of the label's value; of two labels, i_first * n_second + i_second. A
 * histogram observes microseconds. */
void metrics_add(struct metrics *metrics, enum metric metric, size_t i_series, int64_t n);
void metrics_set(struct metrics *metrics, enum metric metric, size_t i_series, int64_t value);
void metrics_observe(struct metrics *metrics, enum metric metric, size_t i_series, int64_t value);

/* The same for what is true only if the turn under way is committed: kept apart until then. Nothing
 * is taken away there: n and value are not negative. */
void metrics_turn_add(struct metrics *metrics, enum metric metric, size_t i_series, int64_t n);
void metrics_turn_observe(struct metrics *metrics, enum metric metric, size_t i_series,
                          int64_t value);
void metrics_turn_commit(struct metrics *metrics);
void metrics_turn_drop(struct metrics *metrics);

/* Since when the loop is at a turn, in microseconds of the monotonic clock; 0: it waits for one. A
 * turn that does not end shows as lag while it lasts. */
void metrics_loop_busy(struct metrics *metrics, int64_t since_us);
int64_t metrics_busy_us(const struct metrics *metrics);

/* When a listener's certificate ends; 0: there is none, or none that ends. */
void metrics_certificate(struct metrics *metrics, enum metric_listener listener, int64_t expires_s);

/* The folder whose disk is measured at each scrape; borrowed. Before the first scrape. */
void metrics_watch_disk(struct metrics *metrics, const char *folder);
const char *metrics_disk(const struct metrics *metrics);

/* Copies the numbers of a series: one, or of a histogram its buckets, [n_bounds + 1], each by
 * itself, and the sum. At most METRIC_NUMBERS. */
enum { METRIC_NUMBERS = 32 };
void metrics_read(const struct metrics *metrics, enum metric metric, size_t i_series,
                  int64_t numbers[METRIC_NUMBERS]);

/* metrics_text.c: appends the text exposition (Prometheus, version 0.0.4) of all metrics at this
 * time of the monotonic clock, with what the process has used by now. */
void metrics_write(struct metrics *metrics, int64_t now_us, struct text *out);
/* Appends s as the value of a label, or the text of a help line: what would end it is escaped. */
void metrics_escape(struct text *out, const char *s, bool is_label);

#endif
