/* SPDX-License-Identifier: MIT
 *
 * The table of metrics. Those that Gaia's operators know keep their names where they mean the same.
 *
 * Invariant: what is here is in monitoring/README.md, word by word, and nothing else is.
 */
#include "core.h"
#include "metrics.h"
#include "recycle_reason.h"
#include "refusal.h"

#define NAME(code, name) name,
#define NAME_OF_REFUSAL(code, name, text) name,
#define NAME_OF_REASON(code, name, text) name,
#define NAMES(list, map, X) static const char *const list[] = {map(X)}

NAMES(batch_kinds, BATCH_KIND_MAP, NAME);
NAMES(losses, CORE_LOSS_MAP, NAME_OF_REFUSAL);
NAMES(sessions, CORE_SESSION_MAP, NAME);
NAMES(refusal_names, REFUSAL_MAP, NAME_OF_REFUSAL);
NAMES(errors, METRIC_ERROR_MAP, NAME);
NAMES(queues, METRIC_QUEUE_MAP, NAME);
NAMES(deads, METRIC_DEAD_MAP, NAME);
NAMES(results, METRIC_RESULT_MAP, NAME);
NAMES(routes, METRIC_ROUTE_MAP, NAME);
NAMES(answers, METRIC_ANSWER_MAP, NAME);
NAMES(limits, METRIC_LIMIT_MAP, NAME);
NAMES(listeners, METRIC_LISTENER_MAP, NAME);
NAMES(devices, METRIC_DEVICE_MAP, NAME);
NAMES(of, METRIC_OF_MAP, NAME);
NAMES(formats, METRIC_FORMAT_MAP, NAME);
NAMES(cache, METRIC_CACHE_MAP, NAME);
static const char *const recycles[] = {RECYCLE_REASON_MAP(NAME_OF_REASON)
                                           METRIC_RECYCLE_OTHER(NAME_OF_REASON)};
static const char *const versions[] = {GAIA_VERSION};
static const char *const executors[] = {"executor"};
/* In the order of enum job_state and of enum gaia_class. */
static const char *const active_states[] = {"queued", "planning", "running"};
static const char *const ended_states[] = {"succeeded", "failed", "cancelled"};
static const char *const classes[] = {"invalid", "unavailable", "resource", "internal"};

/* Microseconds. */
static const int64_t turn_bounds[] = {500,    1000,   2500,   5000,    10000,   25000,   50000,
                                      100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
static const int64_t batch_bounds[] = {50000,     100000,    250000,    500000,     1000000,
                                       2500000,   5000000,   10000000,  30000000,   60000000,
                                       120000000, 300000000, 600000000, 1800000000, 3600000000};

enum { MICROSECONDS = 1000000 };

#define LABEL(label, list)                                                                         \
    {                                                                                              \
        {                                                                                          \
            label, list, sizeof list / sizeof *list                                                \
        }                                                                                          \
    }
#define BOUNDS(list) .bounds = list, .n_bounds = sizeof list / sizeof *list, .divisor = MICROSECONDS

static const struct metric_spec specs[METRIC_COUNT] = {
    [METRIC_BUILD] = {"gaia_build_info", METRIC_GAUGE, "", "1; the program's version is its label.",
                      LABEL("version", versions)},
    [METRIC_CPU] = {"gaia_process_cpu_seconds_total", METRIC_COUNTER, "seconds",
                    "Processor time of the scheduler's process.", .divisor = MICROSECONDS},
    [METRIC_RSS] = {"gaia_process_memory_rss_bytes", METRIC_GAUGE, "bytes",
                    "Resident memory of the scheduler's process."},
    [METRIC_START] = {"gaia_process_start_time_seconds", METRIC_GAUGE, "seconds",
                      "When the scheduler began, since 1970."},
    [METRIC_LEADS] = {"gaia_scheduler_leads", METRIC_GAUGE, "",
                      "1: this scheduler leads and its queue is loaded; 0: it stands by, or its "
                      "database is away. What is about the queue is 0 then."},
    [METRIC_LAG] =
        {"gaia_io_event_loop_lag_seconds", METRIC_GAUGE, "seconds",
         "How long a message waited for the loop, the longest of the last 15 to 30 s; or "
         "how long the loop has been at its present turn, if that is longer.",
         .divisor = MICROSECONDS},
    [METRIC_TURNS] = {"gaia_store_turn_duration_seconds", METRIC_HISTOGRAM, "seconds",
                      "Turns of the loop, each one transaction: from its begin to its commit.",
                      BOUNDS(turn_bounds)},
    [METRIC_ERRORS] =
        {"gaia_errors_total", METRIC_COUNTER, "",
         "What went wrong in the scheduler itself: turns that were given up, failures "
         "to ask who leads, HTTP answers 500.",
         LABEL("kind", errors)},
    [METRIC_RUNS_ACTIVE] = {"gaia_weather_runs_active", METRIC_GAUGE, "", "Jobs that are not over.",
                            LABEL("status", active_states)},
    [METRIC_RUNS_SUBMITTED] = {"gaia_weather_runs_submitted_total", METRIC_COUNTER, "",
                               "Jobs that were made, by users and by schedules."},
    [METRIC_RUNS_FINISHED] = {"gaia_weather_runs_finished_total", METRIC_COUNTER, "",
                              "Jobs that came to their end.", LABEL("status", ended_states)},
    [METRIC_QUEUES] = {"gaia_ipc_queue_depth", METRIC_GAUGE, "",
                       "What waits: batches for an executor (work), for the end of a delay "
                       "(delayed), for a fresh executor (suspect); messages for the loop (loop); "
                       "jobs for their scores (finish).",
                       LABEL("queue", queues)},
    [METRIC_OLDEST] = {"gaia_queue_oldest_batch_seconds", METRIC_GAUGE, "seconds",
                       "How long the batch that has waited longest for an executor has done so; 0: "
                       "none waits. Counted anew where another scheduler takes over.",
                       .divisor = MICROSECONDS},
    [METRIC_LEASED] = {"gaia_batches_leased", METRIC_GAUGE, "", "Batches that executors hold."},
    [METRIC_GRANTED] = {"gaia_leases_granted_total", METRIC_COUNTER, "",
                        "Leases of batches that were given to executors."},
    [METRIC_LOST] =
        {"gaia_leases_lost_total", METRIC_COUNTER, "",
         "Leases that ended without a result: no beat in time (expired), the "
         "executor's connection ended (ended), another process in its place (replaced), "
         "given back (returned), no longer named (unnamed), its executor forgotten "
         "(unheard).",
         LABEL("reason", losses)},
    [METRIC_DURATION] = {"gaia_compute_job_duration_seconds", METRIC_HISTOGRAM, "seconds",
                         "Batches from lease to result, failed ones too.",
                         LABEL("kind", batch_kinds), BOUNDS(batch_bounds)},
    [METRIC_FAILURES] =
        {"gaia_compute_job_failures_total", METRIC_COUNTER, "",
         "Attempts of batches that ended with an error, by its class; what is tried "
         "again counts each time.",
         LABEL("class", classes)},
    [METRIC_DEAD] = {"gaia_batches_dead_total", METRIC_COUNTER, "",
                     "Batches that were given up: an error that no retry mends (invalid), too many "
                     "errors (tries), too many lost leases (losses), too many executors that ended "
                     "under it (quarantine).",
                     LABEL("reason", deads)},
    [METRIC_RESULTS] =
        {"gaia_results_total", METRIC_COUNTER, "",
         "Results that executors sent: taken (committed), sent again (duplicate), of "
         "a lease that was over (fenced), messages that could not be read (refused).",
         LABEL("outcome", results)},
    [METRIC_MOMENTS] = {"gaia_moments_stored_bytes_total", METRIC_COUNTER, "bytes",
                        "Sums that were written to the store."},
    [METRIC_EXECUTORS] = {"gaia_executors", METRIC_GAUGE, "", "Executors that are known.",
                          LABEL("state", sessions)},
    [METRIC_RESTARTS] = {"gaia_child_process_restarts_total", METRIC_COUNTER, "",
                         "Executors in whose place another process came, replaced by their node or "
                         "after a crash; why is in the node's log.",
                         LABEL("process_type", executors)},
    [METRIC_REFUSED] = {"gaia_wire_refusals_total", METRIC_COUNTER, "",
                        "What executors, or those who only look like one, were refused.",
                        LABEL("reason", refusal_names)},
    [METRIC_REQUESTS] = {"gaia_http_requests_total",
                         METRIC_COUNTER,
                         "",
                         "HTTP requests that were answered, counted at the end of the answer.",
                         {{"route", routes, METRIC_ROUTE_KINDS},
                          {"status", answers, METRIC_ANSWER_KINDS}}},
    [METRIC_CONNECTIONS] = {"gaia_http_connections", METRIC_GAUGE, "",
                            "Connections to the HTTP API that are open."},
    [METRIC_LIMITED] = {"gaia_http_refusals_total", METRIC_COUNTER, "",
                        "HTTP requests beyond a limit: connections of an address, requests of an "
                        "address or a token, submissions of a tenant, jobs in the queue.",
                        LABEL("limit", limits)},
    [METRIC_CERTIFICATES] = {"gaia_certificate_expiry_timestamp_seconds", METRIC_GAUGE, "seconds",
                             "When the certificate of a TLS listener ends, since 1970; none "
                             "without TLS.",
                             LABEL("listener", listeners), .is_optional = true},
    [METRIC_DB_ACTIVE] = {"gaia_db_connections_active", METRIC_GAUGE, "",
                          "Connections to the database that a turn of the loop is using: there is "
                          "one, and each turn is a transaction."},
    [METRIC_DB_IDLE] = {"gaia_db_connections_idle", METRIC_GAUGE, "",
                        "Connections to the database that wait for the next turn. Both 0: the "
                        "database is away."},
    [METRIC_DISK_FREE] = {"gaia_state_disk_free_bytes", METRIC_GAUGE, "bytes",
                          "Free space of the disk that the state directory is on.",
                          .is_optional = true},
    [METRIC_DISK_SIZE] = {"gaia_state_disk_size_bytes", METRIC_GAUGE, "bytes", "Size of that disk.",
                          .is_optional = true},
    [METRIC_LAST_RESULT] = {"gaia_last_result_timestamp_seconds", METRIC_GAUGE, "seconds",
                            "When a result was committed last, since 1970; none before the first.",
                            .is_optional = true},
    [METRIC_SCORE_DAY1] = {"gaia_weather_score_day1", METRIC_GAUGE, "",
                           "The day 1 composite of the forecast that got one last; none before "
                           "the first.",
                           .divisor = MICROSECONDS, .is_optional = true},
    [METRIC_SCORE_ERA5] = {"gaia_weather_score_era5_final", METRIC_GAUGE, "",
                           "The ERA5 composite, a mean over leads, of the forecast that got one "
                           "last; none before the first.",
                           .divisor = MICROSECONDS, .is_optional = true},
    [METRIC_RECYCLES] = {"gaia_executor_recycles_total", METRIC_COUNTER, "",
                         "Executors that their node put in the place of one that was gone, by why "
                         "it went.",
                         LABEL("reason", recycles)},
    [METRIC_DEVICES] = {"gaia_executor_devices", METRIC_GAUGE, "",
                        "Executors that are connected, by what they sum on.",
                        LABEL("device", devices)},
    [METRIC_EXECUTOR_RSS] = {"gaia_executor_memory_rss_bytes", METRIC_GAUGE, "bytes",
                             "Resident memory of the connected executors, of all together and of "
                             "the one that has most.",
                             LABEL("of", of)},
    [METRIC_EXECUTOR_CPU] = {"gaia_executor_cpu_seconds_total", METRIC_COUNTER, "seconds",
                             "Processor time that executors spent on what they sent results of.",
                             .divisor = MICROSECONDS},
    [METRIC_READ] = {"gaia_read_bytes_total", METRIC_COUNTER, "bytes",
                     "Fields that executors read from files, in bytes once decoded.",
                     LABEL("format", formats)},
    [METRIC_CACHE] = {"gaia_field_cache_requests_total", METRIC_COUNTER, "",
                      "Fields of truths, climatologies and references that batches wanted: still "
                      "in memory (hit), or read (miss).",
                      LABEL("outcome", cache)},
    [METRIC_KERNEL_SECONDS] = {"gaia_kernel_seconds_total", METRIC_COUNTER, "seconds",
                               "Time in which kernels summed; of several threads, together.",
                               LABEL("device", devices), .divisor = MICROSECONDS},
    [METRIC_KERNEL_BYTES] = {"gaia_kernel_bytes_total", METRIC_COUNTER, "bytes",
                             "Fields that kernels went through, each once for a tile. Over the "
                             "kernels' seconds it is the bandwidth that they achieved.",
                             LABEL("device", devices)},
    [METRIC_UPLOADED] = {"gaia_gpu_uploaded_bytes_total", METRIC_COUNTER, "bytes",
                         "Fields that were copied to GPUs."},
    [METRIC_GPU_USED] = {"gaia_gpu_memory_used_bytes", METRIC_GAUGE, "bytes",
                         "Memory of GPUs that executors have taken for data."},
    [METRIC_GPU_LIMIT] = {"gaia_gpu_memory_limit_bytes", METRIC_GAUGE, "bytes",
                          "Memory of GPUs that executors may take for data."},
    [METRIC_GPU_RESIDENT] = {"gaia_gpu_resident_bytes", METRIC_GAUGE, "bytes",
                             "Truths, climatologies and references that stay in the memory of "
                             "GPUs from batch to batch."},
};

const struct metric_spec *metric_specs(void)
{
    return specs;
}

size_t metric_n_series(const struct metric_spec *spec)
{
    size_t n = 1;
    for (size_t i = 0; i < METRIC_LABELS; i++) {
        n *= spec->labels[i].name != NULL ? spec->labels[i].n_values : 1;
    }
    return n;
}

const char *metric_type_name(enum metric_type type)
{
    static const char *const names[] = {
        [METRIC_GAUGE] = "gauge", [METRIC_COUNTER] = "counter", [METRIC_HISTOGRAM] = "histogram"};
    return names[type];
}
