/* SPDX-License-Identifier: MIT
 *
 * News of the jobs that are watched, once a turn: collected before the commit, posted after it.
 * Called by server.c.
 *
 * Invariant: a turn in which nobody watches costs a look at the board; one with watchers costs a
 * look at each watched job in the core, and in the store once when it is over.
 */
#include "error.h"
#include "server_state.h"

enum { MS_PER_S = 1000 };

static void record_take(struct job_news *news, const struct job_record *record)
{
    news->state = record->state;
    news->units_total = record->units_total;
    news->units_done = record->units_done;
    news->batches_total = record->batches_total;
    news->batches_done = record->batches_done;
    news->remaining_ms = -1;
    news->error = record->error != NULL ? *record->error : (gaia_error){0};
}

/* How fast the job is, by now or by its end. */
static void rate_set(struct job_news *news, const struct job_record *record, int64_t now_ms)
{
    const int64_t end_ms = record->finished_ms != 0 ? record->finished_ms : now_ms;
    if (record->started_ms != 0 && end_ms > record->started_ms) {
        news->rate = (double)news->units_done * MS_PER_S / (double)(end_ms - record->started_ms);
    }
}

/* A job that the core no longer knows. */
struct ended {
    struct job_news *news;
    int64_t seq;
};

static void ended_take(void *context, const struct store_job *job)
{
    struct ended *ended = context;
    record_take(ended->news, &job->record);
    rate_set(ended->news, &job->record, job->record.finished_ms);
    ended->seq = job->record.seq;
}

static void attempt_count(void *context, const struct store_attempt *attempt)
{
    struct ended *ended = context;
    (void)attempt;
    ended->news->attempts_failed++;
}

/* Reads such a job; *found is false if there is none. */
static gaia_status ended_read(struct server *server, struct job_news *news, bool *found)
{
    struct ended ended = {.news = news};
    const struct store_visitor visitor = {
        .context = &ended, .job = ended_take, .attempt = attempt_count};
    gaia_error error = {0};
    gaia_status status = server->store->ops->job_find(server->store, news->id, &visitor, &error);
    *found = status == GAIA_OK;
    if (status == GAIA_NOT_FOUND) {
        return GAIA_OK;
    }
    if (status == GAIA_OK) {
        status = server->store->ops->attempts_read(server->store, ended.seq, &visitor, &error);
    }
    if (status != GAIA_OK) {
        server->error = error;
    }
    return status;
}

gaia_status watch_turn(struct server *server)
{
    char ids[BOARD_JOBS_MAX][RECORD_ID];
    const size_t n = board_wanted(server->board, ids);
    gaia_status status = GAIA_OK;
    server->n_news = 0;
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        struct job_news *news = &server->news[server->n_news];
        struct core_job_view view;
        bool found = core_job_get(server->core, ids[i], &view);
        *news = (struct job_news){.state = JOB_QUEUED};
        record_id_copy(news->id, ids[i]);
        if (found) {
            record_take(news, view.record);
            news->units_done += view.units_running;
            news->attempts_failed = view.n_failures;
            news->remaining_ms = view.remaining_ms;
            rate_set(news, view.record, server->wall_ms);
        } else {
            status = ended_read(server, news, &found);
        }
        server->n_news += found;
    }
    return status;
}

void watch_post(struct server *server)
{
    for (size_t i = 0; i < server->n_news; i++) {
        board_post(server->board, &server->news[i]);
    }
}
