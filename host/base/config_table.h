/* SPDX-License-Identifier: MIT
 *
 * The one table of what an operator configures: options of gaia-scheduler, gaia-node and
 * gaia-executor. Names in files, the environment and arguments, --help, `gaia config`, the
 * reference page and docker/.env.template all come from its rows.
 *
 * A row is X(group, programs, ID, name, kind, value, min, max, preset, text, help): where preset is
 * FIXED, text is the default as one would write it; where it is DERIVED, what holds in its place.
 *
 * Invariant: a default that an operator meets is the one that stands here. Where a part has one of
 * its own, for tests, scheduler/settings.c replaces it, and a test holds both to be the same.
 */
#ifndef BASE_CONFIG_TABLE_H
#define BASE_CONFIG_TABLE_H

/* clang-format off */
#define CONFIG_TABLE(X)                                                                            \
    /* ---- where everything is ---- */                                                            \
    X(STATE, SCHEDULER | NODE | EXECUTOR, STATE, "state", OPTION_PATHS, "DIR", 0, 0,               \
      DERIVED, "$XDG_STATE_HOME/gaia or ~/.local/state/gaia",                                      \
      "state directory; of an executor also several, of schedulers that share a database")         \
    X(STATE, SCHEDULER | NODE | EXECUTOR, RESULTS, "results", OPTION_PATH, "DIR", 0, 0,            \
      DERIVED, "STATE/results, and none for a scheduler elsewhere",                                \
      "folder for error maps, the same for scheduler and executors")                               \
    /* ---- the scheduler's store ---- */                                                          \
    X(STORE, SCHEDULER | NODE, STORE, "store", OPTION_CHOICE, "sqlite|postgres", 0, 0,             \
      DERIVED, "postgres where STATE/postgres is, else sqlite",                                    \
      "where jobs and sums are kept")                                                              \
    X(STORE, SCHEDULER | NODE, STORE_FILE, "store-file", OPTION_PATH, "FILE", 0, 0,                \
      DERIVED, "STATE/postgres",                                                                   \
      "one line, a connection string for PostgreSQL; the PG* variables say the rest")              \
    X(STORE, SCHEDULER | NODE, STORE_RETRY, "store-retry", OPTION_TIME, "TIME", 100, 60000,        \
      FIXED, "1s", "after which a store that failed is tried again; up to 8 times it")             \
    X(STORE, SCHEDULER | NODE, STORE_STALL, "store-stall", OPTION_TIME, "TIME", 1000, 600000,      \
      FIXED, "10s", "without a word from PostgreSQL after which the connection is given up")       \
    X(STORE, SCHEDULER | NODE, LEADER_LEASE, "leader-lease", OPTION_TIME, "TIME", 2000, 600000,    \
      FIXED, "8s",                                                                                 \
      "in which another scheduler of the database takes over from one that is silent")             \
    X(STORE, SCHEDULER | NODE, RETAIN_DAYS, "retain-days", OPTION_NUMBER, "N", 0, 36500,           \
      FIXED, "0", "days after which jobs that are over are forgotten; 0: never")                   \
    /* ---- the queue ---- */                                                                      \
    X(QUEUE, SCHEDULER | NODE, JOBS_MAX, "jobs-max", OPTION_NUMBER, "N", 1, UINT32_MAX,            \
      FIXED, "100000", "jobs in the queue; beyond it none are taken")                              \
    X(QUEUE, SCHEDULER | NODE, TENANT_JOBS, "tenant-jobs", OPTION_NUMBER, "N", 0, UINT32_MAX,      \
      FIXED, "0", "jobs in the queue of one tenant; 0: as many as of all")                         \
    X(QUEUE, SCHEDULER | NODE, SHARES, "shares", OPTION_SHARES, "NAME=N,...", 1, 1000000,          \
      DERIVED, "1 each", "tenants' shares of the executors")                                       \
    X(QUEUE, SCHEDULER | NODE, AGEING, "ageing", OPTION_TIME, "TIME", 1000, 86400000,              \
      FIXED, "1min", "waiting that makes up for a priority less by one")                           \
    X(QUEUE, SCHEDULER | NODE, AFFINITY, "affinity", OPTION_TIME, "TIME", 0, 86400000,             \
      FIXED, "1min",                                                                               \
      "age by which a job may be passed over for one whose truth an executor holds")               \
    X(QUEUE, SCHEDULER | NODE, BATCH_UNITS, "batch-units", OPTION_NUMBER, "N", 1, 4096,            \
      FIXED, "128", "fields in a batch, at most")                                                  \
    X(QUEUE, SCHEDULER | NODE, BATCH_BYTES, "batch-bytes", OPTION_BYTES, "SIZE",                   \
      32 << 20, UINT64_C(1) << 40,                                                                 \
      FIXED, "1GiB", "bytes of fields in a batch, at most")                                        \
    X(QUEUE, SCHEDULER | NODE, BATCH_AIM, "batch-aim", OPTION_TIME, "TIME", 100, 3600000,          \
      FIXED, "2s", "time that a batch is made for, between 32 MiB and batch-bytes")                \
    X(QUEUE, SCHEDULER | NODE, QUARANTINE, "quarantine", OPTION_NUMBER, "N", 1, 1000,              \
      FIXED, "3",                                                                                  \
      "executors that had run nothing else and end under a batch before it is given up")           \
    X(QUEUE, SCHEDULER | NODE, LOSSES, "losses", OPTION_NUMBER, "N", 1, 1000,                      \
      FIXED, "8", "executors lost under a batch before it is given up")                            \
    X(QUEUE, SCHEDULER | NODE, TRIES_UNAVAILABLE, "tries-unavailable", OPTION_NUMBER, "N",         \
      1, 1000, FIXED, "8", "tries of a batch whose sources cannot be reached")                     \
    X(QUEUE, SCHEDULER | NODE, TRIES_RESOURCE, "tries-resource", OPTION_NUMBER, "N", 1, 1000,      \
      FIXED, "4", "tries of a batch that lacks memory, a device or time")                          \
    X(QUEUE, SCHEDULER | NODE, TRIES_INTERNAL, "tries-internal", OPTION_NUMBER, "N", 1, 1000,      \
      FIXED, "3", "tries of a batch that ends in an internal error")                               \
    X(QUEUE, SCHEDULER | NODE, RETRY_LONGEST, "retry-longest", OPTION_TIME, "TIME",                \
      1000, 86400000, FIXED, "1min", "pause between two tries, at most")                           \
    /* ---- leases and beats ---- */                                                               \
    X(LEASES, SCHEDULER | NODE, BEAT, "beat", OPTION_TIME, "TIME", 100, 60000,                     \
      FIXED, "1s", "between two beats of an executor")                                             \
    X(LEASES, SCHEDULER | NODE, SUSPECT, "suspect", OPTION_TIME, "TIME", 200, 600000,              \
      FIXED, "3s",                                                                                 \
      "without a beat after which an executor gets nothing new; twice a beat or more")             \
    X(LEASES, SCHEDULER | NODE, LEASE, "lease", OPTION_TIME, "TIME", 400, 3600000,                 \
      FIXED, "10s", "without a beat after which a batch is given to another; suspect or more")     \
    X(LEASES, SCHEDULER | NODE, SESSION_TIME, "session-time", OPTION_TIME, "TIME",                 \
      1000, 86400000,                                                                              \
      FIXED, "1min", "without a beat after which an executor is forgotten; lease or more")         \
    X(LEASES, SCHEDULER | NODE, LEASES_EACH, "leases-each", OPTION_NUMBER, "N", 1, 256,            \
      FIXED, "16", "batches that an executor may be given at once")                                \
    X(LEASES, SCHEDULER | NODE, PARK, "park", OPTION_TIME, "TIME", 100, 60000,                     \
      FIXED, "5s", "that an executor waits for work before it asks again")                         \
    /* ---- where executors dial ---- */                                                           \
    X(LISTEN, SCHEDULER | NODE, CONTROL_PORT, "control-port", OPTION_NUMBER, "N", 0, 65535,        \
      FIXED, "0", "port on 127.0.0.1 for HELLO and BEAT; 0: any")                                  \
    X(LISTEN, SCHEDULER | NODE, WORK_PORT, "work-port", OPTION_NUMBER, "N", 0, 65535,              \
      FIXED, "0", "port on 127.0.0.1 for FETCH and RESULT; 0: any")                                \
    X(LISTEN, SCHEDULER | NODE, LISTEN, "listen", OPTION_TEXT, "HOST", 0, 0,                       \
      DERIVED, "this machine alone",                                                               \
      "address for executors of other machines, with the certificates below")                      \
    X(LISTEN, SCHEDULER | NODE, LISTEN_CONTROL_PORT, "listen-control-port", OPTION_NUMBER, "N",    \
      0, 65535, FIXED, "7461", "port there for HELLO and BEAT; 0: any")                            \
    X(LISTEN, SCHEDULER | NODE, LISTEN_WORK_PORT, "listen-work-port", OPTION_NUMBER, "N",          \
      0, 65535, FIXED, "7462", "port there for FETCH and RESULT; 0: any")                          \
    X(LISTEN, SCHEDULER | NODE, CA, "ca", OPTION_PATH, "FILE", 0, 0,                               \
      DERIVED, "none", "the authority of executors' certificates, in PEM")                         \
    X(LISTEN, SCHEDULER | NODE, CERTIFICATE, "certificate", OPTION_PATH, "FILE", 0, 0,             \
      DERIVED, "none", "the scheduler's certificate, in PEM")                                      \
    X(LISTEN, SCHEDULER | NODE, KEY, "key", OPTION_PATH, "FILE", 0, 0,                             \
      DERIVED, "none", "its private key, in PEM, mode 0600")                                       \
    /* ---- the HTTP API ---- */                                                                   \
    X(API, SCHEDULER | NODE, API_PORT, "api-port", OPTION_NUMBER, "N", 0, 65535,                   \
      FIXED, "0", "port of the HTTP API on 127.0.0.1; 0: any")                                     \
    X(API, SCHEDULER | NODE, API_LISTEN, "api-listen", OPTION_TEXT, "ADDRESS", 0, 0,               \
      DERIVED, "this machine alone",                                                               \
      "where the HTTP API is for other machines, too, with the certificate below")                 \
    X(API, SCHEDULER | NODE, API_LISTEN_PORT, "api-listen-port", OPTION_NUMBER, "N", 0, 65535,     \
      FIXED, "7460", "port there; 0: any")                                                         \
    X(API, SCHEDULER | NODE, API_CERTIFICATE, "api-certificate", OPTION_PATH, "FILE", 0, 0,        \
      DERIVED, "none",                                                                             \
      "certificate of the HTTP API, with those that signed it, in PEM; read again on SIGHUP")      \
    X(API, SCHEDULER | NODE, API_KEY, "api-key", OPTION_PATH, "FILE", 0, 0,                        \
      DERIVED, "none", "its private key, in PEM, mode 0600")                                       \
    X(API, SCHEDULER | NODE, API_INSECURE, "api-insecure", OPTION_SWITCH, NULL, 0, 1,              \
      FIXED, "no", "let api-listen go without a certificate: tokens are sent in the clear")        \
    X(API, SCHEDULER | NODE, API_RATE, "api-rate", OPTION_NUMBER, "N", 0, 1000000000,              \
      FIXED, "1000",                                                                               \
      "requests a second of one address, ten times as many at once; 0: without limit")             \
    X(API, SCHEDULER | NODE, TOKEN_RATE, "token-rate", OPTION_NUMBER, "N", 0, 1000000000,          \
      FIXED, "1000", "the same with one token")                                                    \
    X(API, SCHEDULER | NODE, TENANT_RATE, "tenant-rate", OPTION_NUMBER, "N", 0, 1000000000,        \
      FIXED, "0", "jobs that a tenant may submit a minute; 0: without limit")                      \
    X(API, SCHEDULER | NODE, API_CONNECTIONS, "api-connections", OPTION_NUMBER, "N", 1, 16384,     \
      FIXED, "512", "connections to the HTTP API at once")                                         \
    X(API, SCHEDULER | NODE, API_CONNECTIONS_EACH, "api-connections-each", OPTION_NUMBER, "N",     \
      0, 16384, FIXED, "128", "the same of one address; 0: as many as of all")                     \
    X(API, SCHEDULER | NODE, API_STREAMS, "api-streams", OPTION_NUMBER, "N", 1, 1024,              \
      FIXED, "32", "streams of events at once")                                                    \
    X(API, SCHEDULER | NODE, API_THREADS, "api-threads", OPTION_NUMBER, "N", 1, 256,               \
      FIXED, "32", "requests that are answered at once")                                           \
    X(API, SCHEDULER | NODE, API_IDLE, "api-idle", OPTION_TIME, "TIME", 1000, 3600000,             \
      FIXED, "30s", "after which a connection is closed on which nothing moves")                   \
    X(API, SCHEDULER | NODE, API_REQUEST_TIME, "api-request-time", OPTION_TIME, "TIME",            \
      1000, 86400000, FIXED, "60s", "in which a request must have come whole")                     \
    X(API, SCHEDULER | NODE, API_BODY, "api-body", OPTION_BYTES, "SIZE",                           \
      1024, UINT64_C(4095) << 20, FIXED, "64MiB", "of a request's body at most")                   \
    X(API, SCHEDULER | NODE, API_HEADERS, "api-headers", OPTION_BYTES, "SIZE", 4096, 1 << 20,      \
      FIXED, "32KiB", "of a request's first line and headers at most, about")                      \
    X(API, SCHEDULER | NODE, API_PAGE_SUMS, "api-page-sums", OPTION_BYTES, "SIZE",                 \
      1024, UINT64_C(1) << 40,                                                                     \
      FIXED, "1GiB", "sums of a job whose page is made here, at most")                             \
    /* ---- executors ---- */                                                                      \
    X(EXECUTOR, NODE | EXECUTOR, SCHEDULER_FILE, "scheduler-file", OPTION_PATHS, "FILE", 0, 0,     \
      DERIVED, "the scheduler of the state directory",                                             \
      "a scheduler on another machine: scheduler.json of `gaia cert make`; several: whichever "    \
      "leads")                                                                                     \
    X(EXECUTOR, NODE | EXECUTOR, DEVICE, "device", OPTION_CHOICE, "auto|cpu|cuda", 0, 0,           \
      FIXED, "auto", "what fields are summed on")                                                  \
    X(EXECUTOR, NODE | EXECUTOR, THREADS, "threads", OPTION_NUMBER, "N", 1, 1024,                  \
      DERIVED, "cores / executors", "compute threads per executor")                                \
    X(EXECUTOR, NODE | EXECUTOR, MEMORY, "memory", OPTION_BYTES, "SIZE",                           \
      1 << 20, UINT64_C(1) << 50,                                                                  \
      DERIVED, "2GiB, or half of its share of the machine", "memory for data per executor")        \
    X(EXECUTOR, NODE | EXECUTOR, GPU, "gpu", OPTION_NUMBERS, "LIST", 0, 1023,                      \
      DERIVED, "0", "such as 0,1: GPUs that the executors take in turn")                           \
    X(EXECUTOR, NODE | EXECUTOR, GPU_MEMORY, "gpu-memory", OPTION_BYTES, "SIZE",                   \
      1 << 20, UINT64_C(1) << 50,                                                                  \
      DERIVED, "most of what is free", "memory of its GPU for data per executor")                  \
    X(EXECUTOR, NODE | EXECUTOR, BATCHES, "batches", OPTION_NUMBER, "N", 0, 1000000000,            \
      FIXED, "10000", "batches after which a node replaces an executor, less by chance; 0: any; "  \
      "one by itself leaves after them only where this is given")                                  \
    X(EXECUTOR, NODE | EXECUTOR, LIFETIME_MIN, "lifetime-min", OPTION_TIME, "TIME",                \
      1, 31536000000,                                                                              \
      FIXED, "10s", "age below which it is not replaced; ends before count as failures")           \
    X(EXECUTOR, NODE | EXECUTOR, BATCH_TIME, "batch-time", OPTION_TIME, "TIME", 0, 31536000000,    \
      FIXED, "1h", "time that a batch may take; 0: any")                                           \
    X(EXECUTOR, NODE | EXECUTOR, BATCH_CPU, "batch-cpu", OPTION_TIME, "TIME", 0, 31536000000,      \
      FIXED, "0", "processor time that a batch may take; 0: any")                                  \
    X(EXECUTOR, NODE | EXECUTOR, NO_SANDBOX, "no-sandbox", OPTION_SWITCH, NULL, 0, 1,              \
      FIXED, "no", "let executors do what their user may: for debugging only")                     \
    X(EXECUTOR, NODE | EXECUTOR, RESULT_TIME, "result-time", OPTION_TIME, "TIME", 1000, 3600000,   \
      FIXED, "10s", "without an answer after which a result is sent again")                        \
    X(EXECUTOR, NODE | EXECUTOR, REMOTE_PARALLEL, "remote-parallel", OPTION_NUMBER, "N", 1, 32,    \
      FIXED, "8", "requests for parts of a store behind an address at a time")                     \
    X(EXECUTOR, NODE | EXECUTOR, REMOTE_TRIES, "remote-tries", OPTION_NUMBER, "N", 1, 1000,        \
      FIXED, "5", "tries of such a request")                                                       \
    X(EXECUTOR, NODE | EXECUTOR, REMOTE_CONNECT, "remote-connect", OPTION_TIME, "TIME",            \
      100, 600000, FIXED, "10s", "in which its connection must stand")                             \
    X(EXECUTOR, NODE | EXECUTOR, REMOTE_STALL, "remote-stall", OPTION_TIME, "TIME",                \
      1000, 3600000, FIXED, "20s", "with less than 1 KiB a second after which a try is given up")  \
    X(EXECUTOR, NODE | EXECUTOR, REMOTE_TIME, "remote-time", OPTION_TIME, "TIME",                  \
      1000, 86400000, FIXED, "3min", "that a try may take in all")                                 \
    X(EXECUTOR, NODE | EXECUTOR, REMOTE_PAUSE, "remote-pause", OPTION_TIME, "TIME", 0, 3600000,    \
      FIXED, "10s", "pause between two tries, at most")                                            \
    X(EXECUTOR, NODE | EXECUTOR, REMOTE_BUSY, "remote-busy", OPTION_TIME, "TIME", 0, 3600000,      \
      FIXED, "1min", "the same where the server asks for a pause")                                 \
    /* ---- the node, which replaces executors ---- */                                             \
    X(NODE, NODE, EXECUTORS, "executors", OPTION_NUMBER, "N", 1, 1024,                             \
      DERIVED, "one per GPU named, else per two cores", "executors to run")                        \
    X(NODE, NODE, LIFETIME, "lifetime", OPTION_TIME, "TIME", 0, 31536000000,                       \
      FIXED, "24h", "age at which an executor is replaced, less by chance; 0: any")                \
    X(NODE, NODE, RSS_SOFT, "rss-soft", OPTION_BYTES, "SIZE", 0, UINT64_C(1) << 50,                \
      DERIVED, "3/4 of rss-hard",                                                                  \
      "resident memory at which an executor is replaced after its batch; 0: any")                  \
    X(NODE, NODE, RSS_HARD, "rss-hard", OPTION_BYTES, "SIZE", 0, UINT64_C(1) << 50,                \
      DERIVED, "twice memory + 1GiB, or its share of the machine",                                 \
      "resident memory at which it is ended; 0: any")                                              \
    X(NODE, NODE, GPU_SOFT, "gpu-soft", OPTION_BYTES, "SIZE", 0, UINT64_C(1) << 50,                \
      DERIVED, "5/4 of gpu-memory + 1GiB, if given",                                               \
      "GPU memory at which an executor is replaced; 0: any")                                       \
    X(NODE, NODE, GPU_HARD, "gpu-hard", OPTION_BYTES, "SIZE", 0, UINT64_C(1) << 50,                \
      DERIVED, "3/2 of gpu-memory + 2GiB, if given",                                               \
      "GPU memory at which it is ended; 0: any")                                                   \
    X(NODE, NODE, ADDRESS_SPACE, "address-space", OPTION_BYTES, "SIZE", 0, UINT64_C(1) << 50,      \
      FIXED, "0", "address space of an executor; not with a GPU; 0: any")                          \
    X(NODE, NODE, RESTART_LONGEST, "restart-longest", OPTION_TIME, "TIME", 100, 3600000,           \
      FIXED, "5s", "pause before a program that failed is started again, at most; the first is "   \
      "of 100ms")                                                                                  \
    X(NODE, NODE, RESTART_FAILURES, "restart-failures", OPTION_NUMBER, "N", 1, 1000,               \
      FIXED, "12", "failures in a row after which it is started once in restart-broken")           \
    X(NODE, NODE, RESTART_BROKEN, "restart-broken", OPTION_TIME, "TIME", 100, 86400000,            \
      FIXED, "1min", "between two starts of a program that keeps failing; restart-longest or "     \
      "more")                                                                                      \
    /* ---- logs ---- */                                                                           \
    X(LOG, SCHEDULER | NODE | EXECUTOR, LOG_FORMAT, "log-format", OPTION_CHOICE, "console|json",   \
      0, 0, FIXED, "console", "of the log's lines: for people, or an object each")                 \
    X(LOG, SCHEDULER | NODE | EXECUTOR, LOG_LEVEL, "log-level", OPTION_CHOICE,                     \
      "error|warning|info|debug", 0, 0, FIXED, "info", "up to which events are logged")            \
    X(LOG, SCHEDULER | NODE | EXECUTOR, LOG_DIRECTORY, "log-directory", OPTION_PATH, "DIR", 0, 0,  \
      DERIVED, "standard error; of `gaia up` STATE/log",                                           \
      "where each program has a folder with its logs")                                             \
    X(LOG, SCHEDULER | NODE | EXECUTOR, LOG_SIZE, "log-size", OPTION_BYTES, "SIZE",                \
      4096, UINT64_C(1) << 50, FIXED, "16MiB", "of a file there at which a new one is begun")      \
    X(LOG, SCHEDULER | NODE | EXECUTOR, LOG_KEEP, "log-keep", OPTION_NUMBER, "N", 0, 1000,         \
      FIXED, "4", "older files that are kept of each")
/* clang-format on */

#endif
