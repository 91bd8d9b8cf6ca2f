/* SPDX-License-Identifier: MIT
 *
 * Writing gaia.composite/1: the head, the reasons, then times, leads, variables and levels.
 *
 * Invariant: the bytes depend on the evaluated parts and the profile alone.
 */
#include "composite_json.h"

#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include <gaia/time.h>

static void put_number(struct text *out, const char *key, double value)
{
    char number[TEXT_NUMBER];
    number_format(value, number);
    if (isnan(value)) {
        text_printf(out, ",\"%s\":null", key);
    } else if (isinf(value)) {
        text_printf(out, ",\"%s\":\"%s\"", key, value < 0.0 ? "-inf" : "inf");
    } else {
        text_printf(out, ",\"%s\":%s", key, number);
    }
}

static void put_bool(struct text *out, const char *key, bool value)
{
    text_printf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void put_count(struct text *out, const char *key, size_t value)
{
    text_printf(out, ",\"%s\":%zu", key, value);
}

static void append_string(struct text *out, const char *s)
{
    json_t *string = json_string(s);
    char *dumped = string != NULL ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    text_append(out, dumped != NULL ? dumped : "null");
    free(dumped);
    json_decref(string);
}

static void put_string(struct text *out, const char *key, const char *value)
{
    text_printf(out, ",\"%s\":", key);
    append_string(out, value);
}

static const char *kind_name(enum composite_kind kind)
{
    return kind == COMPOSITE_DAY1 ? "day1" : "lead_mean";
}

/* The numbers of the formula that a reader needs to follow the parts. */
static void parameters_write(const struct composite_spec *spec, struct text *out)
{
    text_printf(out, ",\n\"parameters\":{\"variable_mean\":\"%s\"",
                spec->is_weighted ? "weighted" : "plain");
    put_number(out, "skill_weight", spec->skill_weight);
    put_number(out, "skill_min", spec->skill_min);
    put_number(out, "skill_max", spec->skill_max);
    put_number(out, "acc_weight", spec->acc_weight);
    put_number(out, "acc_add", spec->acc_add);
    put_number(out, "acc_divide_by", spec->acc_divide_by);
    if (spec->kind == COMPOSITE_DAY1) {
        put_number(out, "clone_gamma", spec->clone_gamma);
        put_number(out, "clone_alarm_share", spec->clone_alarm_share);
        put_number(out, "clone_cap", spec->clone_cap);
        put_bool(out, "failed_check_fails", spec->failed_check_fails);
        put_number(out, "pass_at", spec->pass_at);
    } else {
        put_number(out, "rrmse_weight", spec->rrmse_weight);
        put_number(out, "rrmse_add", spec->rrmse_add);
        put_number(out, "era5_weight", spec->era5_weight);
    }
    put_number(out, "day1_weight", spec->day1_weight);
    text_append(out, "}");
}

/* What the times have in common, for the head. */
struct summary {
    double score;
    double score_min;
    double score_max;
    double overall;
    double skill; /* this and the next three: means over leads and times */
    double acc;
    double rrmse;
    double penalty;
    bool is_passed;
    bool is_capped;
    size_t n_leads_missing;
    size_t n_checks_failed;
    size_t n_penalties;
};

/* Adds the parts of a time's leads; one that is missing has parts of 0. */
static void parts_add(struct summary *sum, const struct composite_time *time, size_t n_leads)
{
    for (size_t l = 0; l < n_leads; l++) {
        sum->skill += time->leads[l].skill;
        sum->acc += time->leads[l].acc;
        sum->rrmse += time->leads[l].rrmse;
        sum->penalty += time->leads[l].penalty;
    }
}

static struct summary times_sum(const struct composite_document *document)
{
    struct summary sum = {
        .score_min = (double)INFINITY, .score_max = -(double)INFINITY, .is_passed = true};
    for (size_t t = 0; t < document->n_times; t++) {
        const struct composite_time *time = &document->times[t];
        sum.score += time->score;
        sum.overall += time->overall;
        sum.score_min = time->score < sum.score_min ? time->score : sum.score_min;
        sum.score_max = time->score > sum.score_max ? time->score : sum.score_max;
        sum.is_passed = sum.is_passed && time->is_passed;
        sum.is_capped = sum.is_capped || time->is_capped;
        sum.n_leads_missing += time->n_leads_missing;
        sum.n_checks_failed += time->n_checks_failed;
        sum.n_penalties += time->n_penalties;
        parts_add(&sum, time, document->layout->profile->n_leads);
    }
    const double n_parts = (double)document->n_times * (double)document->layout->profile->n_leads;
    sum.skill /= n_parts;
    sum.acc /= n_parts;
    sum.rrmse /= n_parts;
    sum.penalty /= n_parts;
    sum.score /= (double)document->n_times;
    sum.overall /= (double)document->n_times;
    return sum;
}

/* Appends one reason, which is cleared. */
static void reason_add(struct text *out, struct text *reason)
{
    if (out->length > 0 && out->s[out->length - 1] != '[') {
        text_append(out, ",");
    }
    append_string(out, reason->failed ? "" : reason->s);
    text_fini(reason);
    *reason = (struct text){0};
}

/* The main reasons of the score, for a leaderboard. */
static void reasons_write(const struct composite_document *document, const struct summary *sum,
                          struct text *out)
{
    const struct gaia_profile *profile = document->layout->profile;
    const struct composite_spec *spec = &profile->composite;
    struct text reason = {0};
    text_append(out, ",\"reasons\":[");
    if (sum->n_penalties > 0) {
        text_printf(&reason, "too close to the reference in %zu part%s", sum->n_penalties,
                    sum->n_penalties > 1 ? "s" : "");
        if (sum->is_capped) {
            text_printf(&reason, ", capped at %.6g", spec->clone_cap);
        }
        reason_add(out, &reason);
    }
    if (sum->n_leads_missing > 0) {
        text_printf(&reason, "%zu of %zu leads missing", sum->n_leads_missing,
                    profile->n_leads * document->n_times);
        reason_add(out, &reason);
    }
    if (sum->n_checks_failed > 0) {
        text_printf(&reason, "%zu check%s failed", sum->n_checks_failed,
                    sum->n_checks_failed > 1 ? "s" : "");
        reason_add(out, &reason);
    }
    if (spec->kind == COMPOSITE_DAY1 && sum->score_min < spec->pass_at) {
        text_printf(&reason, "below the %.6g to pass", spec->pass_at);
        reason_add(out, &reason);
    }
    text_append(out, "]");
}

static void head_write(const struct composite_document *document, struct text *out)
{
    const struct gaia_profile *profile = document->layout->profile;
    const struct composite_spec *spec = &profile->composite;
    const struct summary sum = times_sum(document);
    const bool day1 = spec->kind == COMPOSITE_DAY1;
    const char *comma = "";
    text_append(out, "{\"schema\":\"gaia.composite/1\"");
    put_string(out, "forecast", document->forecast);
    text_append(out, ",\"profile\":{\"name\":");
    append_string(out, profile->name);
    put_string(out, "hash", profile->hash);
    text_append(out, ",\"modified\":[");
    for (unsigned i = 0; i < PROFILE_LIST_COUNT; i++) {
        if ((profile->modified >> i & 1) != 0) {
            text_printf(out, "%s\"%s\"", comma, profile_list_name((enum profile_list)i));
            comma = ",";
        }
    }
    text_printf(out, "]},\"engine_version\":\"%s\",\"moments_version\":%d,\"kind\":\"%s\"",
                gaia_version(), GAIA_MOMENTS_VERSION, kind_name(spec->kind));
    put_string(out, "region", spec->region);
    put_string(out, "weighting", spec->weighting);
    put_string(out, "baseline",
               spec->baseline == BASELINE_CLIMATOLOGY ? "climatology" : "reference");
    parameters_write(spec, out);
    text_append(out, "\n");
    put_number(out, "score", sum.score);
    put_number(out, "score_min", sum.score_min);
    put_number(out, "score_max", sum.score_max);
    if (day1) {
        put_bool(out, "passed", sum.is_passed);
    } else {
        text_printf(out, ",\"day1_passed\":%s",
                    !document->has_day1        ? "null"
                    : document->is_day1_passed ? "true"
                                               : "false");
    }
    put_number(out, "overall", sum.overall);
    text_append(out, ",\"parts\":{\"of\":\"means over leads and times\"");
    put_number(out, "skill", sum.skill);
    put_number(out, "acc", sum.acc);
    put_number(out, "rrmse", sum.rrmse);
    put_number(out, "penalty", sum.penalty);
    text_append(out, "}");
    put_count(out, "n_times", document->n_times);
    reasons_write(document, &sum, out);
}

static void check_write(const struct composite_cell *cell, const struct profile_variable *variable,
                        const struct composite_spec *spec, enum composite_check check,
                        struct text *out)
{
    text_printf(out, "{\"check\":\"%s\"", composite_check_name(check));
    put_bool(out, "passed", (cell->failed >> check & 1) == 0);
    switch (check) {
    case CHECK_BOUNDS:
        put_number(out, "lowest", cell->raw.min);
        put_number(out, "highest", cell->raw.max);
        put_number(out, "min", variable->bounds_min);
        put_number(out, "max", variable->bounds_max);
        break;
    case CHECK_NON_NEGATIVE:
        put_number(out, "lowest", cell->raw.min);
        put_number(out, "min", 0.0);
        break;
    case CHECK_PATTERN:
        put_number(out, "value", cell->raw.pearson);
        put_number(out, "min", spec->pattern_correlation_min);
        break;
    case CHECK_ACC:
    case CHECK_COUNT:
        put_number(out, "value", cell->raw.acc);
        put_number(out, "min", spec->acc_min);
        break;
    }
    text_append(out, "}");
}

static void day1_write(const struct composite_cell *cell, const struct profile_variable *variable,
                       double level, const struct composite_spec *spec, struct text *out)
{
    const char *comma = "";
    put_number(out, "penalty", cell->penalty);
    if (variable->has_clone && (isnan(variable->clone_level) || variable->clone_level == level)) {
        const double unit = variable->clone_field_per_unit;
        put_number(out, "clone_delta", variable->clone_delta * (unit * unit));
        put_bool(out, "clone_alarm", cell->is_clone_alarm);
    }
    text_append(out, ",\"checks\":[");
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        if ((cell->checked >> i & 1) != 0) {
            text_append(out, comma);
            check_write(cell, variable, spec, (enum composite_check)i, out);
            comma = ",";
        }
    }
    text_append(out, "]");
}

static void cell_write(const struct composite_document *document, size_t v, size_t i,
                       const struct composite_cell *cell, struct text *out)
{
    const struct composite_spec *spec = &document->layout->profile->composite;
    const struct composite_raw *raw = &cell->raw;
    text_printf(out, "\n   {\"present\":%s", raw->is_present ? "true" : "false");
    put_number(out, "level", document->layout->level[i]);
    put_number(out, "layer_weight", cell->layer_weight);
    if (raw->is_present) {
        put_number(out, "n_valid", raw->n_valid);
        put_number(out, "n_missing", raw->n_missing);
        put_number(out, "mse", raw->mse);
        put_number(out, "rmse", raw->rmse);
        put_number(out, "mae", raw->mae);
        put_number(out, "bias", raw->bias);
        put_number(out, "mse_debiased", raw->mse_debiased);
        put_number(out, "mse_baseline", raw->mse_baseline);
        put_number(out, "mse_reference", raw->mse_reference);
        put_number(out, "acc", raw->acc);
        put_number(out, "pearson", raw->pearson);
        put_number(out, "min", raw->min);
        put_number(out, "max", raw->max);
        put_number(out, "skill", cell->skill);
        put_bool(out, "clamped", cell->is_clamped);
        put_number(out, "rrmse", cell->rrmse);
        put_number(out, "part_skill", cell->part_skill);
        put_number(out, "part_acc", cell->part_acc);
        put_number(out, "part_rrmse", cell->part_rrmse);
        if (spec->kind == COMPOSITE_DAY1) {
            day1_write(cell, &document->layout->profile->variables[v], document->layout->level[i],
                       spec, out);
        }
    }
    text_append(out, "}");
}

static void parts_write(const struct composite_parts *parts, struct text *out)
{
    put_bool(out, "present", parts->is_present);
    put_number(out, "skill", parts->skill);
    put_number(out, "acc", parts->acc);
    put_number(out, "rrmse", parts->rrmse);
    put_number(out, "penalty", parts->penalty);
    put_number(out, "score", parts->score);
}

static void lead_write(const struct composite_document *document, const struct composite_time *time,
                       size_t l, struct text *out)
{
    const struct composite_layout *layout = document->layout;
    const struct gaia_profile *profile = layout->profile;
    char hours[TEXT_NUMBER];
    number_format(profile->lead_hours[l], hours);
    text_printf(out, "%s\n {\"lead_hours\":%s", l > 0 ? "," : "", hours);
    parts_write(&time->leads[l], out);
    text_append(out, ",\"variables\":[");
    for (size_t v = 0; v < profile->n_variables; v++) {
        const struct composite_parts *parts = &time->variables[l * profile->n_variables + v];
        text_printf(out, "%s\n  {\"variable\":", v > 0 ? "," : "");
        append_string(out, profile->variables[v].name);
        put_bool(out, "counts", layout->is_used[v]);
        put_number(out, "weight", parts->weight);
        parts_write(parts, out);
        text_append(out, ",\"levels\":[");
        for (size_t i = layout->first[v]; i < layout->first[v + 1]; i++) {
            text_append(out, i > layout->first[v] ? "," : "");
            cell_write(document, v, i, &time->cells[l * layout->n_cells + i], out);
        }
        text_append(out, "]}");
    }
    text_append(out, "]}");
}

static void time_write(const struct composite_document *document, const struct composite_time *time,
                       struct text *out)
{
    const struct gaia_profile *profile = document->layout->profile;
    char init[GAIA_TIME_TEXT];
    gaia_calendar_format(document->calendar, time->init_time_s, init);
    text_printf(out, "\n{\"init_time\":\"%s\"", init);
    put_number(out, "score", time->score);
    put_number(out, "overall", time->overall);
    put_count(out, "leads_missing", time->n_leads_missing);
    if (profile->composite.kind == COMPOSITE_DAY1) {
        put_bool(out, "passed", time->is_passed);
        put_number(out, "before_cap", time->unclamped);
        put_bool(out, "capped", time->is_capped);
        put_count(out, "checks_failed", time->n_checks_failed);
        put_count(out, "penalties", time->n_penalties);
    }
    text_append(out, ",\"leads\":[");
    for (size_t l = 0; l < profile->n_leads; l++) {
        lead_write(document, time, l, out);
    }
    text_append(out, "]}");
}

void composite_json_write(const struct composite_document *document, struct text *out)
{
    head_write(document, out);
    text_append(out, ",\"times\":[");
    for (size_t t = 0; t < document->n_times; t++) {
        text_append(out, t > 0 ? "," : "");
        time_write(document, &document->times[t], out);
    }
    text_append(out, "]}");
}

void composite_list_add(struct text *list, const char *json, size_t length)
{
    text_append(list, list->length > 0 ? ",\n" : "[\n");
    text_append_n(list, json, length);
}

void composite_list_end(struct text *list)
{
    text_append(list, list->length > 0 ? "\n]\n" : "[]\n");
}
