/* SPDX-License-Identifier: MIT
 *
 * A job's moments for GET /v1/jobs/{id}/moments, page by page, as host/score/moments_file.h lays
 * them out; the asker adds the tail. Called by server_api.c. Nothing is computed here: scores are
 * derived where they are wanted.
 *
 * Invariant: units of forecasts that failed are left out, and the head says why they failed.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "moments_file.h"
#include "server_state.h"

enum { PAGE_BYTES = 1 << 20, PAGE_UNITS_MAX = 4096 };

/* A page being made. */
struct page {
    struct api_request *request;
    struct plan plan; /* borrowed from the cache but for its forecasts */
    uint64_t next_unit;
    bool is_damaged;
};

static void forecast_note(void *context, const struct store_forecast *forecast)
{
    struct page *page = context;
    if (forecast->status == GAIA_OK || forecast->index >= page->plan.n_forecasts) {
        return;
    }
    struct plan_forecast *noted = &page->plan.forecasts[forecast->index];
    noted->status = forecast->status;
    noted->detail = arena_strdup(&page->plan.arena, forecast->detail);
    noted->detail = noted->detail != NULL ? noted->detail : "";
}

static bool unit_failed(const struct page *page, uint64_t unit)
{
    return page->plan.forecasts[page->plan.units[unit].forecast].status != GAIA_OK;
}

/* Passes the units before `unit`, which must be of forecasts that failed. */
static void units_pass(struct page *page, uint64_t unit)
{
    for (; page->next_unit < unit; page->next_unit++) {
        page->is_damaged = page->is_damaged || !unit_failed(page, page->next_unit);
    }
}

static void unit_take(void *context, uint64_t unit, const double *sums, size_t n_doubles)
{
    struct page *page = context;
    const size_t n_rows = plan_rows_per_unit(&page->plan);
    if (unit >= page->plan.n_units || n_doubles != n_rows * GAIA_MOMENT_COUNT) {
        page->is_damaged = true;
        return;
    }
    units_pass(page, unit);
    page->next_unit = unit + 1;
    if (!unit_failed(page, unit)) {
        /* struct gaia_moments is an array of float64 and nothing else. */
        moments_record_write(&page->plan.units[unit],
                             (const struct gaia_moments *)(const void *)sums, n_rows,
                             &page->request->answer);
    }
}

/* The head, or a page of records. */
static gaia_status page_fill(struct server *server, struct page *page, int64_t job)
{
    struct api_request *request = page->request;
    const struct store_visitor visitor = {.context = page, .moments = unit_take};
    const size_t unit_bytes = plan_rows_per_unit(&page->plan) * sizeof(struct gaia_moments);
    uint64_t n = unit_bytes > 0 ? PAGE_BYTES / unit_bytes : 1;
    if (request->after < 0) {
        request->last = 0;
        request->more = page->plan.n_units > 0;
        return moments_head_write(&page->plan, &request->answer, &server->error);
    }
    page->next_unit = (uint64_t)request->after;
    const uint64_t left =
        page->next_unit < page->plan.n_units ? page->plan.n_units - page->next_unit : 0;
    n = n < 1 ? 1 : n < PAGE_UNITS_MAX ? n : PAGE_UNITS_MAX;
    n = n < left ? n : left;
    const uint64_t end = page->next_unit + n;
    const gaia_status status = server->store->ops->moments_read(server->store, job, page->next_unit,
                                                                n, &visitor, &server->error);
    if (status == GAIA_OK) {
        units_pass(page, end);
    }
    request->last = (int64_t)end;
    request->more = end < page->plan.n_units;
    return status;
}

gaia_status moments_plan(struct server *server, int64_t job, struct plan *plan)
{
    const struct job_texts *texts = NULL;
    struct page page = {.next_unit = 0};
    const struct store_visitor visitor = {.context = &page, .forecast = forecast_note};
    gaia_status status =
        job_cache_get(&server->cache, server->store, job, true, &texts, &server->error);
    if (status != GAIA_OK) {
        return status;
    }
    page.plan = *texts->plan;
    arena_init(&page.plan.arena, SIZE_MAX);
    page.plan.forecasts =
        arena_alloc(&page.plan.arena, page.plan.n_forecasts, sizeof *page.plan.forecasts);
    if (page.plan.forecasts == NULL) {
        return error_memory(&server->error, page.plan.n_forecasts);
    }
    memcpy(page.plan.forecasts, texts->plan->forecasts,
           page.plan.n_forecasts * sizeof *page.plan.forecasts);
    status = server->store->ops->forecasts_read(server->store, job, &visitor, &server->error);
    if (status != GAIA_OK) {
        arena_fini(&page.plan.arena);
        return status;
    }
    *plan = page.plan;
    return GAIA_OK;
}

gaia_status moments_answer(struct server *server, struct api_request *request, int64_t job)
{
    struct page page = {.request = request};
    gaia_status status = moments_plan(server, job, &page.plan);
    if (status != GAIA_OK) {
        return status;
    }
    status = page_fill(server, &page, job);
    if (status == GAIA_LIMIT) { /* no fault of the store's: the turn goes on */
        api_refuse(request, HTTP_CONFLICT, GAIA_LIMIT, server->error.detail);
        status = GAIA_OK;
    } else if (status == GAIA_OK && page.is_damaged) {
        api_refuse(request, HTTP_INTERNAL, GAIA_INTERNAL, "the stored sums of the job are damaged");
    } else {
        request->http = HTTP_OK;
    }
    arena_fini(&page.plan.arena);
    return status == GAIA_OK && request->answer.failed ? error_memory(&server->error, 1) : status;
}
