/* SPDX-License-Identifier: MIT
 *
 * What a decision of the scheduler's core costs: events of many executors, and queues of many
 * batches, in one process without store or sockets. Prints two tables; bench/README.md tells what
 * came out.
 *
 * Invariant: every executor does what a real one does: it fetches, beats once, reports, for as long
 * as there is work.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

enum { EVENTS = 400000, REPEATS = 20000, TENANTS = 50 };

struct bench {
    struct core *core;
    struct core_actions actions;
    uint64_t rng;
    int64_t now_ms;
    uint64_t n_events;
};

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double resident_bytes(void)
{
    long pages = 0;
    long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%ld %ld", &pages, &resident) != 2) {
            resident = 0;
        }
        (void)fclose(file);
    }
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void step(struct bench *bench, struct core_event *event)
{
    event->wall_ms = 1700000000000 + bench->now_ms;
    bench->n_events++;
    if (core_step(bench->core, event, bench->now_ms, &bench->rng, &bench->actions) != GAIA_OK) {
        (void)fprintf(stderr, "bench-core: the core failed\n");
        exit(4);
    }
}

static struct bench bench_open(void)
{
    struct core_config config = core_config_default();
    config.parked_max = UINT32_MAX;
    config.jobs_max = UINT32_MAX;
    config.batch_units = 1;
    return (struct bench){.core = core_open(&config), .rng = 7, .now_ms = 1};
}

static void bench_close(struct bench *bench)
{
    core_actions_fini(&bench->actions);
    core_close(bench->core);
}

static void submit(struct bench *bench, int64_t seq, bool is_task)
{
    struct job_record record = {.seq = seq, .submitted_ms = seq};
    (void)snprintf(record.id, sizeof record.id, "job%" PRId64, seq);
    (void)snprintf(record.terms.tenant, sizeof record.terms.tenant, "tenant%" PRId64,
                   seq % TENANTS);
    struct core_event event = {.kind = CORE_SUBMIT,
                               .u.job = {.record = &record, .is_task = is_task}};
    step(bench, &event);
}

static void session_name(char *name, unsigned number)
{
    (void)snprintf(name, RECORD_ID, "session%u", number);
}

static void hello(struct bench *bench, unsigned number)
{
    struct session_record record = {.memory_bytes = 1};
    session_name(record.session, number);
    (void)snprintf(record.boot, sizeof record.boot, "boot%u", number);
    (void)snprintf(record.executor, sizeof record.executor, "executor%u", number);
    struct core_event event = {.kind = CORE_HELLO, .u.hello = &record, .pipe = number + 1};
    step(bench, &event);
}

/* Asks for one batch; false if there was none. */
static bool fetch(struct bench *bench, unsigned number, uint64_t seq, struct core_lease *lease,
                  char *job)
{
    char session[RECORD_ID];
    session_name(session, number);
    struct core_event event = {
        .kind = CORE_FETCH, .session = session, .pipe = number + 1, .u.fetch = {seq, 1, NULL, 0}};
    step(bench, &event);
    if (bench->actions.n_leases == 0) {
        return false;
    }
    *lease = bench->actions.leases[0];
    record_id_copy(job, lease->job->id);
    return true;
}

static void beat(struct bench *bench, unsigned number, const struct core_lease *lease)
{
    char session[RECORD_ID];
    session_name(session, number);
    const struct core_beat_lease named = {lease->attempt, 0};
    struct core_event event = {.kind = CORE_BEAT,
                               .session = session,
                               .pipe = number + 1,
                               .u.beat = {&named, 1, {.rss_bytes = 1}}};
    step(bench, &event);
}

static void report(struct bench *bench, const char *job, const struct core_lease *lease,
                   uint64_t n_units)
{
    const gaia_error ok = {GAIA_OK, ""};
    const struct core_plan plan = {
        .n_units = n_units, .field_bytes = 1, .unit_bytes = 1, .payload_bytes = 1};
    struct core_event event = {
        .kind = CORE_RESULT,
        .id = job,
        .u.result = {lease->batch, lease->attempt, CORE_COMMITTED, &ok, &plan}};
    step(bench, &event);
}

/* A job of n batches, planned by executor 0. */
static void plan(struct bench *bench, int64_t seq, uint64_t n, uint64_t *fetched)
{
    struct core_lease lease;
    char job[RECORD_ID];
    submit(bench, seq, false);
    if (fetch(bench, 0, ++*fetched, &lease, job)) {
        report(bench, job, &lease, n);
    }
}

/* Nanoseconds an event, while n executors work off one job. */
static double executors_run(unsigned n)
{
    struct bench bench = bench_open();
    uint64_t *seqs = calloc(n, sizeof *seqs);
    struct core_lease *leases = calloc(n, sizeof *leases);
    char(*jobs)[RECORD_ID] = calloc(n, sizeof *jobs);
    if (bench.core == NULL || seqs == NULL || leases == NULL || jobs == NULL) {
        exit(5);
    }
    for (unsigned i = 0; i < n; i++) {
        hello(&bench, i);
    }
    plan(&bench, 1, EVENTS, &seqs[0]);
    bool *is_busy = calloc(n, sizeof *is_busy);
    const uint64_t before = bench.n_events;
    const double begin = seconds();
    while (is_busy != NULL && bench.n_events - before < EVENTS) {
        for (unsigned i = 0; i < n && bench.n_events - before < EVENTS; i++) {
            if (is_busy[i]) {
                beat(&bench, i, &leases[i]);
                report(&bench, jobs[i], &leases[i], 0);
            }
            is_busy[i] = fetch(&bench, i, ++seqs[i], &leases[i], jobs[i]);
        }
        bench.now_ms += 1;
    }
    const double took = seconds() - begin;
    const double events = (double)(bench.n_events - before);
    bench_close(&bench);
    free(is_busy);
    free(jobs);
    free(leases);
    free(seqs);
    return 1e9 * took / events;
}

/* Microseconds from FETCH to a reported result, with n batches queued, as one job or as n. In a
 * process of its own, so that what another run left behind is not taken for its memory. */
static void depth_measure(uint64_t n, bool as_jobs)
{
    const double resident = resident_bytes();
    struct bench bench = bench_open();
    uint64_t seq = 0;
    hello(&bench, 0);
    for (uint64_t i = 0; as_jobs && i < n; i++) {
        submit(&bench, (int64_t)i + 1, true);
    }
    if (!as_jobs) {
        plan(&bench, 1, n, &seq);
    }
    const double grown = resident_bytes() - resident;
    const uint64_t repeats = n < REPEATS ? n / 2 : REPEATS;
    const double begin = seconds();
    for (uint64_t i = 0; i < repeats; i++) {
        struct core_lease lease;
        char job[RECORD_ID];
        if (!fetch(&bench, 0, ++seq, &lease, job)) {
            (void)fprintf(stderr, "bench-core: nothing was leased\n");
            exit(4);
        }
        report(&bench, job, &lease, 0);
    }
    const double took = seconds() - begin;
    (void)printf("| %" PRIu64 " | %s | %.2f | %.0f |\n", n, as_jobs ? "jobs" : "one job",
                 1e6 * took / (double)repeats, grown / (double)n);
    bench_close(&bench);
}

static void depth_run(uint64_t n, bool as_jobs)
{
    (void)fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        depth_measure(n, as_jobs);
        (void)fflush(stdout);
        _exit(0);
    }
    (void)waitpid(child, NULL, 0);
}

int main(void)
{
    double first = 0;
    (void)printf("| executors | ns an event | against 10 |\n|---|---|---|\n");
    for (unsigned n = 10; n <= 10000; n *= 10) {
        const double ns = executors_run(n);
        first = n == 10 ? ns : first;
        (void)printf("| %u | %.0f | %.2f |\n", n, ns, ns / first);
    }
    (void)printf("\n| queued batches | as | us a claim and its result | bytes each |\n"
                 "|---|---|---|---|\n");
    for (uint64_t n = 1000; n <= 1000000; n *= 10) {
        depth_run(n, false);
    }
    for (uint64_t n = 1000; n <= 1000000; n *= 10) {
        depth_run(n, true);
    }
    return 0;
}
