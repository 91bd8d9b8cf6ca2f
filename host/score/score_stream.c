/* SPDX-License-Identifier: MIT
 *
 * Moments in, scores out, one lead's aggregates in memory.
 *
 * Invariant: the aggregates hold exactly the units since the last change of forecast, variable,
 * level or lead time; they are emitted when the next unit belongs elsewhere, or at the end.
 */
#include "score_stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "metric.h"

struct score_stream {
    const struct plan *plan;
    void (*emit)(void *context, const struct gaia_score *);
    void *context;
    bool has_lead;
    struct gaia_unit lead;                /* a unit of the lead being aggregated */
    struct metric_aggregate aggregates[]; /* [n_regions][n_weights] */
};

gaia_status score_stream_open(const struct plan *plan,
                              void (*emit)(void *context, const struct gaia_score *), void *context,
                              struct score_stream **stream, gaia_error *err)
{
    const size_t bytes = plan_rows_per_unit(plan) * sizeof(struct metric_aggregate);
    struct score_stream *opened = calloc(1, sizeof *opened + bytes);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened + bytes);
    }
    opened->plan = plan;
    opened->emit = emit;
    opened->context = context;
    *stream = opened;
    return GAIA_OK;
}

void score_stream_close(struct score_stream *stream)
{
    free(stream);
}

static struct gaia_score score_of_unit(const struct plan *plan, const struct gaia_unit *unit)
{
    return (struct gaia_score){
        .forecast = plan->forecasts[unit->forecast].id,
        .variable = plan->variables[unit->variable],
        .level = unit->level,
        .lead_time_s = unit->lead_time_s,
        .init_time_s = unit->init_time_s,
        .valid_time_s = unit->init_time_s + unit->lead_time_s,
        .calendar = plan->calendar,
    };
}

/* Emits the aggregates of the lead and clears them. */
static void lead_finish(struct score_stream *stream)
{
    const struct plan *plan = stream->plan;
    if (!stream->has_lead) {
        return;
    }
    struct gaia_score score = score_of_unit(plan, &stream->lead);
    score.all_times = 1;
    for (size_t row = 0; row < plan_rows_per_unit(plan); row++) {
        score.region = plan->regions[row / plan->n_weights];
        score.weighting = plan->weights[row % plan->n_weights];
        for (unsigned i = 0; i < METRIC_COUNT; i++) {
            const struct metric_entry *entry = metric_describe((enum metric)i);
            if (entry->over_all_times && (plan->metrics >> i & 1) != 0) {
                score.metric = entry->name;
                score.value = metric_aggregate_value(&stream->aggregates[row], (enum metric)i);
                stream->emit(stream->context, &score);
            }
        }
    }
    stream->has_lead = false;
}

void score_stream_unit(struct score_stream *stream, size_t i_unit, const struct gaia_moments *rows)
{
    score_stream_take(stream, &stream->plan->units[i_unit], rows);
}

void score_stream_take(struct score_stream *stream, const struct gaia_unit *unit,
                       const struct gaia_moments *rows)
{
    const struct plan *plan = stream->plan;
    const size_t n_rows = plan_rows_per_unit(plan);
    if (!stream->has_lead || !plan_lead_same(&stream->lead, unit)) {
        lead_finish(stream);
        for (size_t row = 0; row < n_rows; row++) {
            stream->aggregates[row] = (struct metric_aggregate){.missing = plan->missing};
        }
    }
    stream->has_lead = true;
    stream->lead = *unit;
    struct gaia_score score = score_of_unit(plan, unit);
    for (size_t row = 0; row < n_rows; row++) {
        double value[METRIC_TIME_COUNT];
        metric_values(&rows[row], plan->missing, value);
        metric_aggregate_add(&stream->aggregates[row], &rows[row], value);
        score.region = plan->regions[row / plan->n_weights];
        score.weighting = plan->weights[row % plan->n_weights];
        for (unsigned i = 0; i < METRIC_TIME_COUNT; i++) {
            if ((plan->metrics >> i & 1) != 0) {
                score.metric = metric_describe((enum metric)i)->name;
                score.value = value[i];
                stream->emit(stream->context, &score);
            }
        }
    }
}

void score_stream_end(struct score_stream *stream)
{
    lead_finish(stream);
}
