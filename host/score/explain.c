/* SPDX-License-Identifier: MIT
 *
 * Why a forecast got its score, in sentences made from its composite document: one screen, the
 * greatest loss first.
 *
 * Invariant: no number is computed here that the document does not imply: losses are what each part
 * had to give less what it gave.
 */
#include "leaderboard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { VARIABLES_MAX = 4096, SHOWN_LOSSES = 6, SHOWN_FACTS = 6, LIST_BYTES = 400 };

/* What one variable gave and could have given to the composite, over all leads and times. */
struct loss {
    const char *variable;
    double weight; /* the greatest that it had */
    double possible;
    double lost;
    double lost_skill;
    double lost_acc;
    double lost_rrmse;
};

struct explanation {
    const json_t *document;
    const json_t *parameters;
    bool is_day1;
    double best_skill; /* the most that each part can give, times its weight in the formula */
    double best_acc;
    double best_rrmse;
    size_t n_losses;
    struct loss *losses; /* [VARIABLES_MAX] */
    struct text *out;
};

static const char *name_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "?";
}

static double number_or(const json_t *object, const char *key, double otherwise)
{
    const double value = composite_number(object, key);
    return isnan(value) ? otherwise : value;
}

static void best_make(struct explanation *e)
{
    const json_t *p = e->parameters;
    const double divide = number_or(p, "acc_divide_by", 1.0);
    const double add = number_or(p, "rrmse_add", 0.0);
    e->best_skill = number_or(p, "skill_weight", 0.0) * number_or(p, "skill_max", 0.0);
    e->best_acc = divide != 0.0 ? number_or(p, "acc_weight", 0.0) *
                                      (1.0 + number_or(p, "acc_add", 0.0)) / divide
                                : 0.0;
    e->best_rrmse = add > 0.0 ? number_or(p, "rrmse_weight", 0.0) / add : 0.0;
}

static struct loss *loss_of(struct explanation *e, const char *variable)
{
    size_t i = 0;
    while (i < e->n_losses && strcmp(e->losses[i].variable, variable) != 0) {
        i++;
    }
    if (i == e->n_losses && i < VARIABLES_MAX) {
        e->losses[e->n_losses++] = (struct loss){.variable = variable};
    }
    return i < VARIABLES_MAX ? &e->losses[i] : NULL;
}

static void losses_add(struct explanation *e, const json_t *lead, double share)
{
    const json_t *p = e->parameters;
    const json_t *variables = json_object_get(lead, "variables");
    for (size_t v = 0; v < json_array_size(variables); v++) {
        const json_t *variable = json_array_get(variables, v);
        const double weight = number_or(variable, "weight", 0.0);
        struct loss *loss = weight > 0.0 ? loss_of(e, name_of(variable, "variable")) : NULL;
        if (loss == NULL) {
            continue;
        }
        const double w = weight * share;
        const double skill =
            e->best_skill - number_or(p, "skill_weight", 0.0) * number_or(variable, "skill", 0.0);
        const double acc =
            e->best_acc - number_or(p, "acc_weight", 0.0) * number_or(variable, "acc", 0.0);
        const double rrmse =
            e->best_rrmse - number_or(p, "rrmse_weight", 0.0) * number_or(variable, "rrmse", 0.0);
        loss->weight = weight > loss->weight ? weight : loss->weight;
        loss->possible += w * (e->best_skill + e->best_acc + e->best_rrmse);
        loss->lost_skill += w * skill;
        loss->lost_acc += w * acc;
        loss->lost_rrmse += w * rrmse;
        loss->lost += w * (skill + acc + rrmse);
    }
}

static int loss_compare(const void *a, const void *b)
{
    const struct loss *x = a;
    const struct loss *y = b;
    if (x->lost != y->lost) {
        return x->lost > y->lost ? -1 : 1;
    }
    return strcmp(x->variable, y->variable);
}

/* Goes through every lead of every time. */
static void leads_visit(struct explanation *e,
                        void (*visit)(struct explanation *e, const json_t *lead, const char *init,
                                      double share))
{
    const json_t *times = json_object_get(e->document, "times");
    for (size_t t = 0; t < json_array_size(times); t++) {
        const json_t *time = json_array_get(times, t);
        const json_t *leads = json_object_get(time, "leads");
        const size_t n = json_array_size(leads);
        for (size_t l = 0; l < n; l++) {
            visit(e, json_array_get(leads, l), name_of(time, "init_time"),
                  1.0 / ((double)n * (double)json_array_size(times)));
        }
    }
}

static void losses_visit(struct explanation *e, const json_t *lead, const char *init, double share)
{
    (void)init;
    losses_add(e, lead, share);
}

static void verdict_write(struct explanation *e)
{
    const json_t *d = e->document;
    const json_t *passed = json_object_get(d, "passed");
    const json_t *times = json_object_get(d, "times");
    struct text *out = e->out;
    text_printf(out, "Forecast %s has a %s composite of %.6g", name_of(d, "forecast"),
                name_of(json_object_get(d, "profile"), "name"), composite_number(d, "score"));
    if (passed != NULL) {
        text_printf(out, " and has %s (%.6g is wanted)",
                    json_is_true(passed) ? "passed" : "not passed",
                    composite_number(e->parameters, "pass_at"));
    }
    text_append(out, ".\n");
    if (json_array_size(times) > 1) {
        text_printf(out, "It is the mean over %zu init times, which score %.6g to %.6g.\n",
                    json_array_size(times), composite_number(d, "score_min"),
                    composite_number(d, "score_max"));
    }
    text_printf(out, "Its overall score is %.6g", composite_number(d, "overall"));
    if (!e->is_day1) {
        const json_t *day1 = json_object_get(d, "day1_passed");
        text_append(out, json_is_true(day1)    ? ", with day 1 passed"
                         : json_is_false(day1) ? ", with day 1 not passed"
                                               : "; whether it passed day 1 was not told, which "
                                                 "counts as not passed");
    }
    text_append(out, ".\n");
}

static void modified_write(struct explanation *e)
{
    const json_t *modified = json_object_get(json_object_get(e->document, "profile"), "modified");
    const size_t n = json_array_size(modified);
    if (n > 0) {
        text_append(e->out, "The job changed the profile's ");
    }
    for (size_t i = 0; i < n; i++) {
        const char *list = json_string_value(json_array_get(modified, i));
        text_printf(e->out, "%s%s",
                    i == 0       ? ""
                    : i + 1 == n ? " and "
                                 : ", ",
                    list != NULL ? list : "?");
    }
    text_append(e->out, n > 0 ? ": the score does not compare with others of that name.\n" : "");
}

static void cap_write(struct explanation *e)
{
    const json_t *times = json_object_get(e->document, "times");
    for (size_t t = 0; t < json_array_size(times); t++) {
        const json_t *time = json_array_get(times, t);
        if (json_is_true(json_object_get(time, "capped"))) {
            text_printf(e->out,
                        "It is so close to the reference that the score of %s is capped at %.6g; "
                        "without the cap it would be %.6g.\n",
                        name_of(time, "init_time"), composite_number(e->parameters, "clone_cap"),
                        composite_number(time, "before_cap"));
        }
    }
}

static void losses_write(struct explanation *e)
{
    struct text *out = e->out;
    const double best = e->best_skill + e->best_acc + e->best_rrmse;
    qsort(e->losses, e->n_losses, sizeof *e->losses, loss_compare);
    text_printf(out, "\nA perfect forecast scores %.6g. What was lost, greatest first:\n", best);
    for (size_t i = 0; i < e->n_losses && i < SHOWN_LOSSES; i++) {
        const struct loss *loss = &e->losses[i];
        text_printf(out, "  %s (weight %.4g) lost %.4g of %.4g: %.4g by skill, %.4g by correlation",
                    loss->variable, loss->weight, loss->lost, loss->possible, loss->lost_skill,
                    loss->lost_acc);
        if (e->best_rrmse > 0.0) {
            text_printf(out, ", %.4g by relative error", loss->lost_rrmse);
        }
        text_append(out, ".\n");
    }
    if (e->n_losses > SHOWN_LOSSES) {
        double rest = 0.0;
        for (size_t i = SHOWN_LOSSES; i < e->n_losses; i++) {
            rest += e->losses[i].lost;
        }
        text_printf(out, "  %zu other variables lost %.4g together.\n", e->n_losses - SHOWN_LOSSES,
                    rest);
    }
}

static void leads_write(struct explanation *e)
{
    const json_t *time = json_array_get(json_object_get(e->document, "times"), 0);
    const json_t *leads = json_object_get(time, "leads");
    const size_t n = json_array_size(leads);
    text_printf(e->out, "\nLead scores of init time %s:", name_of(time, "init_time"));
    for (size_t l = 0; l < n; l++) {
        const json_t *lead = json_array_get(leads, l);
        text_printf(e->out, "%s%s %.6g h: ", l > 0 ? ";" : "", l > 0 && l % 5 == 0 ? "\n " : "",
                    composite_number(lead, "lead_hours"));
        if (json_is_false(json_object_get(lead, "present"))) {
            text_append(e->out, "missing");
        } else {
            text_printf(e->out, "%.4g", composite_number(lead, "score"));
        }
    }
    text_append(e->out, ".\n");
}

/* Sentences about single cells: so many are shown, the rest is counted. */
struct facts {
    struct explanation *e;
    size_t n;
};

static bool fact_begin(struct facts *facts, const json_t *variable, const json_t *cell,
                       double lead_hours)
{
    const double level = composite_number(cell, "level");
    struct text *out = facts->e->out;
    if (++facts->n > SHOWN_FACTS) {
        return false;
    }
    text_printf(out, "  %s", name_of(variable, "variable"));
    if (!isnan(level)) {
        text_printf(out, " at %.6g hPa", level);
    }
    text_printf(out, ", %.6g h: ", lead_hours);
    return true;
}

static void check_write(struct facts *facts, const json_t *variable, const json_t *cell,
                        const json_t *check, double lead_hours)
{
    struct text *out = facts->e->out;
    const char *name = name_of(check, "check");
    const double min = composite_number(check, "min");
    const double max = composite_number(check, "max");
    const double low = composite_number(check, "lowest");
    const double high = composite_number(check, "highest");
    const double value = composite_number(check, "value");
    if (!fact_begin(facts, variable, cell, lead_hours)) {
        return;
    }
    if (strcmp(name, "bounds") == 0) {
        text_printf(out, "values from %.6g to %.6g leave the bounds %.6g to %.6g.\n", low, high,
                    min, max);
    } else if (strcmp(name, "non_negative") == 0) {
        text_printf(out, "the lowest value %.6g is negative.\n", low);
    } else if (isnan(value)) {
        text_printf(out, "the %s has no value; at least %.6g is wanted.\n",
                    strcmp(name, "acc") == 0 ? "anomaly correlation" : "pattern correlation", min);
    } else {
        text_printf(out, "the %s is %.6g, below %.6g.\n",
                    strcmp(name, "acc") == 0 ? "anomaly correlation" : "pattern correlation", value,
                    min);
    }
}

static void penalty_write(struct facts *facts, const json_t *variable, const json_t *cell,
                          double lead_hours)
{
    if (composite_number(cell, "penalty") > 0.0 && fact_begin(facts, variable, cell, lead_hours)) {
        text_printf(facts->e->out,
                    "the mean squared difference from the reference, %.6g, is below %.6g: penalty "
                    "%.6g.\n",
                    composite_number(cell, "mse_reference"), composite_number(cell, "clone_delta"),
                    composite_number(cell, "penalty"));
    }
}

static void cell_write(struct facts *facts, const json_t *variable, const json_t *cell,
                       double lead_hours, bool penalties)
{
    const json_t *checks = json_object_get(cell, "checks");
    if (penalties) {
        penalty_write(facts, variable, cell, lead_hours);
        return;
    }
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        if (json_is_false(json_object_get(check, "passed"))) {
            check_write(facts, variable, cell, check, lead_hours);
        }
    }
}

/* Tells the penalties, or the failed checks, of every cell that counts. */
static void facts_write(struct explanation *e, const char *heading, bool penalties)
{
    struct facts facts = {.e = e};
    const json_t *times = json_object_get(e->document, "times");
    const size_t before = e->out->length;
    text_printf(e->out, "\n%s\n", heading);
    for (size_t t = 0; t < json_array_size(times); t++) {
        const json_t *leads = json_object_get(json_array_get(times, t), "leads");
        for (size_t l = 0; l < json_array_size(leads); l++) {
            const json_t *lead = json_array_get(leads, l);
            const json_t *variables = json_object_get(lead, "variables");
            for (size_t v = 0; v < json_array_size(variables); v++) {
                const json_t *variable = json_array_get(variables, v);
                const json_t *levels = json_object_get(variable, "levels");
                const bool counts = json_is_true(json_object_get(variable, "counts"));
                for (size_t i = 0; counts && i < json_array_size(levels); i++) {
                    cell_write(&facts, variable, json_array_get(levels, i),
                               composite_number(lead, "lead_hours"), penalties);
                }
            }
        }
    }
    if (facts.n == 0 && !e->out->failed) {
        e->out->length = before;
        e->out->s[before] = '\0';
    } else if (facts.n > SHOWN_FACTS) {
        text_printf(e->out, "  and %zu more.\n", facts.n - SHOWN_FACTS);
    }
}

static void missing_write(struct explanation *e)
{
    const json_t *times = json_object_get(e->document, "times");
    size_t n = 0;
    char list[LIST_BYTES] = "";
    size_t used = 0;
    for (size_t t = 0; t < json_array_size(times); t++) {
        const json_t *leads = json_object_get(json_array_get(times, t), "leads");
        for (size_t l = 0; l < json_array_size(leads); l++) {
            const json_t *lead = json_array_get(leads, l);
            if (json_is_false(json_object_get(lead, "present"))) {
                n++;
                used += used < sizeof list ? (size_t)snprintf(list + used, sizeof list - used,
                                                              "%s%.6g", n > 1 ? ", " : "",
                                                              composite_number(lead, "lead_hours"))
                                           : 0;
            }
        }
    }
    if (n > 0) {
        text_printf(e->out,
                    "\n%zu lead%s missing (%s h); a missing lead counts 0 unless the "
                    "profile leaves it out.\n",
                    n, n > 1 ? "s are" : " is", list);
    }
}

/* Layer weights of the first lead in which they are known, a line for each set of levels. */
static void layers_write(struct explanation *e)
{
    const json_t *time = json_array_get(json_object_get(e->document, "times"), 0);
    const json_t *lead = json_array_get(json_object_get(time, "leads"), 0);
    const json_t *variables = json_object_get(lead, "variables");
    char last[LIST_BYTES] = "";
    for (size_t v = 0; v < json_array_size(variables); v++) {
        const json_t *variable = json_array_get(variables, v);
        const json_t *levels = json_object_get(variable, "levels");
        char line[LIST_BYTES] = "";
        size_t used = 0;
        for (size_t i = 0; json_array_size(levels) > 1 && i < json_array_size(levels); i++) {
            const json_t *cell = json_array_get(levels, i);
            used += used < sizeof line
                        ? (size_t)snprintf(line + used, sizeof line - used, "%s%.6g hPa %.3g",
                                           i > 0 ? ", " : "", composite_number(cell, "level"),
                                           composite_number(cell, "layer_weight"))
                        : 0;
        }
        if (line[0] != '\0' && strcmp(line, last) != 0) {
            text_printf(e->out, "%sLevels of %s weigh by layer thickness: %s.\n",
                        last[0] == '\0' ? "\n" : "", name_of(variable, "variable"), line);
            memcpy(last, line, sizeof last);
        }
    }
}

/* The document of the forecast; NULL with the error set. */
static const json_t *document_find(const json_t *documents, const char *forecast, gaia_error *err)
{
    char list[LIST_BYTES] = "";
    size_t used = 0;
    const size_t n = json_array_size(documents);
    for (size_t i = 0; i < n; i++) {
        const json_t *document = json_array_get(documents, i);
        const char *id = name_of(document, "forecast");
        if (forecast != NULL ? strcmp(id, forecast) == 0 : n == 1) {
            return document;
        }
        used += used < sizeof list ? (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                                      i > 0 ? ", " : "", id)
                                   : 0;
    }
    if (n == 0) {
        (void)error_set(err, GAIA_NOT_FOUND, "there is no composite");
    } else if (forecast != NULL) {
        (void)error_set(err, GAIA_NOT_FOUND, "no composite of forecast '%s'; there are: %s",
                        forecast, list);
    } else {
        (void)error_set(err, GAIA_NOT_FOUND, "which forecast? --forecast says; there are: %s",
                        list);
    }
    return NULL;
}

gaia_status explain_write(const json_t *documents, const char *forecast, struct text *out,
                          gaia_error *err)
{
    struct explanation e = {.document = document_find(documents, forecast, err), .out = out};
    if (e.document == NULL) {
        return GAIA_NOT_FOUND;
    }
    e.parameters = json_object_get(e.document, "parameters");
    e.is_day1 = strcmp(name_of(e.document, "kind"), "day1") == 0;
    e.losses = calloc(VARIABLES_MAX, sizeof *e.losses);
    if (e.losses == NULL) {
        return error_memory(err, VARIABLES_MAX * sizeof *e.losses);
    }
    best_make(&e);
    leads_visit(&e, losses_visit);
    verdict_write(&e);
    modified_write(&e);
    cap_write(&e);
    losses_write(&e);
    leads_write(&e);
    missing_write(&e);
    facts_write(&e, "Too close to the reference:", true);
    facts_write(&e, "Checks that failed:", false);
    layers_write(&e);
    free(e.losses);
    return out->failed ? error_memory(err, 1) : GAIA_OK;
}
