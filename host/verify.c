/* SPDX-License-Identifier: MIT
 *
 * The flow of a verification: requirements, source, shape, values, verdict.
 */
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "verification.h"

static gaia_status requirements_take(struct verification *v, gaia_error *err)
{
    const json_t *wanted = v->request->requirements;
    return json_is_string(wanted)
               ? requirements_named(json_string_value(wanted), &v->requirements, err)
               : requirements_read(wanted, &v->requirements, err);
}

/* The names of the required variables, each once. */
static gaia_status names_take(struct verification *v, gaia_error *err)
{
    const struct requirements *r = &v->requirements;
    v->names = calloc(r->n_variables, sizeof *v->names);
    if (v->names == NULL) {
        return error_memory(err, r->n_variables * sizeof *v->names);
    }
    for (size_t i = 0; i < r->n_variables; i++) {
        size_t k = 0;
        while (k < v->n_names && strcmp(v->names[k], r->variables[i].name) != 0) {
            k++;
        }
        if (k == v->n_names) {
            v->names[v->n_names++] = r->variables[i].name;
        }
    }
    return GAIA_OK;
}

/* What a finding about the whole source names: its file, or the first of several. */
static gaia_status where_take(struct verification *v, gaia_error *err)
{
    const struct gaia_source *source = &v->request->source;
    const size_t n = strlen(source->files[0]) + sizeof ", ...";
    char *where = arena_alloc(&v->requirements.arena, n, 1);
    if (where == NULL) {
        return error_memory(err, n);
    }
    (void)snprintf(where, n, "%s%s", source->files[0], source->n_files > 1 ? ", ..." : "");
    v->where = where;
    return GAIA_OK;
}

/* ---- Opening ---- */

static gaia_status walk_open(struct verification *v, const struct walk_options *options,
                             const char *const *names, size_t n_names, gaia_error *err)
{
    return field_walk_open(&v->request->source, SOURCE_FORECAST, names, n_names, options, &v->walk,
                           err);
}

/* Leaves only the names that a file has, and tells of the others. Each is looked for alone, which
 * takes a scan of the files for each: only a source that is rejected pays for it. */
static gaia_status names_probe(struct verification *v, const struct walk_options *options,
                               gaia_error *err)
{
    gaia_status status = GAIA_OK;
    size_t n_there = 0;
    for (size_t i = 0; status == GAIA_OK && i < v->n_names; i++) {
        gaia_error why = {0};
        status = walk_open(v, options, &v->names[i], 1, &why);
        if (status == GAIA_OK) {
            field_walk_close(&v->walk);
            v->names[n_there++] = v->names[i];
        } else if (status == GAIA_VARIABLE_MISSING) {
            const struct finding_place place = {.variable = v->names[i]};
            finding_add(&v->findings, FINDING_VARIABLE_MISSING, &place, "%s", why.detail);
            status = GAIA_OK;
        } else {
            status = error_set(err, status, "%s", why.detail);
        }
    }
    v->n_names = n_there;
    return status;
}

/* Opens the source with the required variables that it has. What is wrong with the source is a
 * finding; v->opened tells whether it is open. */
static gaia_status forecast_open(struct verification *v, const struct walk_options *options,
                                 gaia_error *err)
{
    gaia_error why = {0};
    gaia_status status = walk_open(v, options, v->names, v->n_names, &why);
    if (status == GAIA_VARIABLE_MISSING) {
        why = (gaia_error){0};
        status = names_probe(v, options, &why);
        if (status == GAIA_OK && v->n_names == 0) {
            return GAIA_OK;
        }
        if (status == GAIA_OK) {
            status = walk_open(v, options, v->names, v->n_names, &why);
        }
    }
    v->opened = status == GAIA_OK;
    if (finding_is_of_source(status)) {
        const struct finding_place place = {.file = NULL};
        finding_add(&v->findings, FINDING_UNREADABLE, &place, "%s", why.detail);
        return GAIA_OK;
    }
    return status == GAIA_OK ? GAIA_OK : error_set(err, status, "%s", why.detail);
}

/* ---- The verdict ---- */

static gaia_status verdict_memory(gaia_error *err)
{
    return error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the verdict");
}

/* Says who was verified by what; the rest is added as it is known. */
static gaia_status verdict_begin(const struct verification *v, json_t **verdict, gaia_error *err)
{
    *verdict = json_pack("{s:s, s:s, s:s, s:s}", "schema", "gaia.verdict/1", "verdict", "rejected",
                         "requirements", v->requirements.name, "source", v->request->source.id);
    return *verdict != NULL ? GAIA_OK : verdict_memory(err);
}

static gaia_status verdict_end(const struct verification *v, json_t *verdict, gaia_error *err)
{
    const char *word = finding_errors(&v->findings) == 0 ? "accepted" : "rejected";
    json_t *counts = finding_counts(&v->findings);
    const bool whole = !v->findings.failed && counts != NULL &&
                       json_object_set(verdict, "counts", counts) == 0 &&
                       json_object_set_new(verdict, "verdict", json_string(word)) == 0 &&
                       json_object_set(verdict, "findings", v->findings.array) == 0;
    json_decref(counts);
    return whole ? GAIA_OK : verdict_memory(err);
}

static gaia_status forecast_check(struct verification *v, json_t *verdict, gaia_error *err)
{
    const struct gaia_grid *grid = &v->walk.catalog.grid;
    const gaia_status status = verify_shape(v, err);
    if (status != GAIA_OK) {
        return status;
    }
    (void)json_object_set_new(verdict, "grid",
                              json_pack("{s:I, s:I}", "n_lat", (json_int_t)grid->n_lat, "n_lon",
                                        (json_int_t)grid->n_lon));
    return verify_fields(v, verdict, err);
}

gaia_status verify_forecast(const struct source_request *request,
                            const struct walk_options *options, json_t **verdict, gaia_error *err)
{
    struct verification v = {.request = request};
    json_t *made = NULL;
    gaia_status status = requirements_take(&v, err);
    if (status == GAIA_OK) {
        status = finding_list_init(&v.findings, request->findings_max, err);
    }
    if (status == GAIA_OK) {
        status = names_take(&v, err);
    }
    if (status == GAIA_OK) {
        status = where_take(&v, err);
    }
    if (status == GAIA_OK) {
        status = verdict_begin(&v, &made, err);
    }
    if (status == GAIA_OK) {
        status = forecast_open(&v, options, err);
    }
    if (status == GAIA_OK && v.opened) {
        status = forecast_check(&v, made, err);
    }
    if (status == GAIA_OK) {
        status = verdict_end(&v, made, err);
    }
    if (status == GAIA_OK) {
        *verdict = json_incref(made);
    }
    json_decref(made);
    if (v.opened) {
        field_walk_close(&v.walk);
    }
    free(v.fields);
    free(v.leads_s);
    free(v.names);
    finding_list_fini(&v.findings);
    requirements_fini(&v.requirements);
    return status;
}
