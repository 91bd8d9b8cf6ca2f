/* SPDX-License-Identifier: MIT
 *
 * What GET /v1/jobs/{id}/scores needs of the loop: the names that a job's sums have, then the sums
 * that were chosen, page by page. Scores are derived from them on the asker's thread
 * (http_scores.c). Called by server_api.c.
 *
 * Invariant: a page reads and holds a bounded number of sums, however long the job is.
 */
#include <stdlib.h>
#include <string.h>

#include "derive.h"
#include "error.h"
#include "server_state.h"
#include "sums_page.h"

enum { PAGE_BYTES = 256 << 10, PAGE_RUNS_MAX = 64, RUN_UNITS_MAX = 1024 };

gaia_status scores_head_answer(struct server *server, struct api_request *request, int64_t job)
{
    struct plan plan;
    const gaia_status status = moments_plan(server, job, &plan);
    if (status != GAIA_OK) {
        return status;
    }
    json_t *head = plan_head_to_json(&plan);
    arena_fini(&plan.arena);
    return answer_json(server, request, HTTP_OK, head);
}

/* A page being made: the run of units that is read now. */
struct sums_page {
    struct text *out;
    const struct derive *choice;
    const struct plan *plan;
    uint64_t next; /* the unit that is to come */
    bool is_damaged;
};

static void sums_take(void *context, uint64_t unit, const double *sums, size_t n_doubles)
{
    struct sums_page *page = context;
    /* struct gaia_moments is an array of float64 and nothing else. */
    const struct gaia_moments *rows = (const struct gaia_moments *)(const void *)sums;
    struct sums_record record = {.unit = unit};
    if (page->is_damaged || unit != page->next || unit >= page->plan->n_units ||
        n_doubles != plan_rows_per_unit(page->plan) * GAIA_MOMENT_COUNT ||
        !derive_unit(page->choice, &page->plan->units[unit], &record.chosen)) {
        page->is_damaged = true;
        return;
    }
    page->next++;
    text_append_n(page->out, (const char *)&record, sizeof record);
    for (size_t i = 0; i < plan_rows_per_unit(&page->choice->plan); i++) {
        text_append_n(page->out, (const char *)&rows[page->choice->row[i]], sizeof *rows);
    }
}

/* Where the run of chosen units that begins at first ends; *next is the chosen unit behind it. */
static size_t run_find(const struct sums_page *page, size_t first, size_t units_max, size_t *next)
{
    size_t end = first + 1;
    *next = derive_next(page->choice, page->plan, first);
    while (*next == end && end - first < units_max && end < page->plan->n_units) {
        *next = derive_next(page->choice, page->plan, end);
        end++;
    }
    return end;
}

/* Fills the page from the unit on. */
static gaia_status page_fill(struct server *server, struct sums_page *page, int64_t job,
                             size_t unit, struct api_request *request)
{
    const struct store_visitor visitor = {.context = page, .moments = sums_take};
    const size_t unit_bytes = plan_rows_per_unit(page->plan) * sizeof(struct gaia_moments);
    const size_t units_max = PAGE_BYTES / unit_bytes < 1               ? 1
                             : PAGE_BYTES / unit_bytes > RUN_UNITS_MAX ? RUN_UNITS_MAX
                                                                       : PAGE_BYTES / unit_bytes;
    size_t n_units = 0;
    gaia_status status = GAIA_OK;
    for (int run = 0; status == GAIA_OK && !page->is_damaged && run < PAGE_RUNS_MAX &&
                      n_units < units_max && unit < page->plan->n_units;
         run++) {
        size_t next = 0;
        const size_t end = run_find(page, unit, units_max - n_units, &next);
        page->next = unit;
        status = server->store->ops->moments_read(server->store, job, unit, end - unit, &visitor,
                                                  &server->error);
        page->is_damaged = page->is_damaged || (status == GAIA_OK && page->next != end);
        n_units += end - unit;
        unit = next;
    }
    request->last = (int64_t)unit;
    request->more = unit < page->plan->n_units;
    return status;
}

/* Whether a page may begin with this unit: one that was chosen, the first of its lead. */
static bool cursor_is_good(const struct derive *choice, const struct plan *plan, int64_t after)
{
    struct gaia_unit named;
    return after >= 0 && (uint64_t)after < plan->n_units &&
           derive_unit(choice, &plan->units[after], &named) &&
           (after == 0 || !plan_lead_same(&plan->units[after - 1], &plan->units[after]));
}

gaia_status sums_answer(struct server *server, struct api_request *request, int64_t job)
{
    const struct job_texts *texts = NULL;
    gaia_error error = {0};
    char name[RECORD_ID + 8];
    gaia_status status =
        job_cache_get(&server->cache, server->store, job, true, &texts, &server->error);
    if (status != GAIA_OK) {
        return status;
    }
    struct sums_page page = {
        .out = &request->answer, .choice = request->choice, .plan = texts->plan};
    const bool begins = request->after < 0;
    (void)snprintf(name, sizeof name, "job %s", request->id);
    if ((begins || request->is_cursor) &&
        derive_check(request->choice, texts->plan, name, &error) != GAIA_OK) {
        api_refuse(request, HTTP_BAD_REQUEST, error.status, error.detail);
        return GAIA_OK;
    }
    if (request->is_cursor && !cursor_is_good(request->choice, texts->plan, request->after)) {
        api_refuse(request, HTTP_BAD_REQUEST, GAIA_USAGE, "cursor: not one of this answer's");
        return GAIA_OK;
    }
    request->http = HTTP_OK;
    status = page_fill(server, &page, job,
                       begins ? derive_first(request->choice, texts->plan) : (size_t)request->after,
                       request);
    if (status == GAIA_OK && page.is_damaged) {
        api_refuse(request, HTTP_INTERNAL, GAIA_INTERNAL, "the stored sums of the job are damaged");
    }
    return status == GAIA_OK && request->answer.failed ? error_memory(&server->error, 1) : status;
}
