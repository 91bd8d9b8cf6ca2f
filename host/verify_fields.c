/* SPDX-License-Identifier: MIT
 *
 * The values of a source: each required field is read once, and what is known of it afterwards is a
 * few numbers, which are then judged in the order of the catalog.
 */
#include "verification.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "content_form.h"
#include "content_set.h"
#include "error.h"
#include "field_decode.h"
#include "level.h"

/* What is known of a field. Indices count points, [n_lat][n_lon]. */
struct field_facts {
    bool read;
    double min; /* NaN: no point has a value */
    double max;
    size_t i_min;
    size_t i_max;
    size_t i_missing; /* the first */
    size_t n_present;
    size_t n_below; /* the bound by more than the tolerance */
    size_t n_above;
};

struct values_walk {
    struct verification *v;
    size_t n_points;
    struct field_facts *facts;            /* [n_fields] */
    double (*blocks)[FIELD_DECODE_BLOCK]; /* a thread's own */
    bool hashing;
    struct content_crew crew;
    unsigned char grid_digest[CONTENT_DIGEST];
    unsigned char *digests; /* [n_fields][CONTENT_DIGEST] */
};

/* ---- Looking ---- */

static void block_look(const struct requirement *r, const double *values, size_t from, size_t n,
                       struct field_facts *facts)
{
    const double lowest = r->min - r->tolerance;
    const double highest = r->max + r->tolerance;
    for (size_t i = 0; i < n; i++) {
        const double x = values[i];
        if (isnan(x)) {
            facts->i_missing = facts->n_present == from + i ? from + i : facts->i_missing;
            continue;
        }
        facts->n_present++;
        facts->n_below += x < lowest;
        facts->n_above += x > highest;
        if (!(x >= facts->min)) { /* also the first, against NaN */
            facts->min = x;
            facts->i_min = from + i;
        }
        if (!(x <= facts->max)) {
            facts->max = x;
            facts->i_max = from + i;
        }
    }
}

static gaia_status field_look(void *context, unsigned i_thread, size_t i,
                              const struct gaia_field *field, gaia_error *err)
{
    const struct values_walk *w = context;
    const struct verification *v = w->v;
    const struct requirement *r = &v->requirements.variables[v->fields[i].requirement];
    struct field_facts facts = {.read = true, .min = (double)NAN, .max = (double)NAN};
    double *values = w->blocks[i_thread];
    for (size_t from = 0; from < w->n_points; from += FIELD_DECODE_BLOCK) {
        const size_t left = w->n_points - from;
        const size_t n = left < FIELD_DECODE_BLOCK ? left : FIELD_DECODE_BLOCK;
        field_decode(field, from, n, values);
        block_look(r, values, from, n, &facts);
    }
    w->facts[i] = facts;
    if (!w->hashing) {
        return GAIA_OK;
    }
    const struct catalog *catalog = &v->walk.catalog;
    const struct content_key key = content_key_of(catalog, &catalog->entries[v->fields[i].entry]);
    return content_field(w->crew.hashers[i_thread], &key, w->grid_digest, field, w->n_points,
                         w->digests + i * CONTENT_DIGEST, err);
}

static struct finding_place field_place_of(const struct verification *v, size_t i)
{
    const struct catalog *catalog = &v->walk.catalog;
    const struct catalog_entry *entry = &catalog->entries[v->fields[i].entry];
    return (struct finding_place){.file = v->walk.files.files[entry->file].path,
                                  .variable = catalog->variables[entry->variable].name,
                                  .has_level = true,
                                  .level = entry->level,
                                  .has_lead = true,
                                  .lead_time_s = entry->lead_time_s,
                                  .has_init = true,
                                  .init_time_s = entry->time_s,
                                  .calendar = catalog->calendar};
}

static gaia_status field_failed(void *context, size_t i, const gaia_error *why, gaia_error *err)
{
    const struct values_walk *w = context;
    const struct finding_place place = field_place_of(w->v, i);
    (void)err;
    finding_add(&w->v->findings, FINDING_FIELD_UNREADABLE, &place, "%s", why->detail);
    return GAIA_OK;
}

/* ---- Judging ---- */

static void missing_judge(struct verification *v, const struct values_walk *w, size_t i)
{
    const struct field_facts *facts = &w->facts[i];
    const struct requirement *r = &v->requirements.variables[v->fields[i].requirement];
    const size_t n_lon = v->walk.catalog.grid.n_lon;
    const double share = (double)facts->n_present / (double)w->n_points;
    struct finding_place place = field_place_of(v, i);
    if (facts->n_present == w->n_points) {
        return;
    }
    place.has_index = true;
    place.i_lat = facts->i_missing / n_lon;
    place.i_lon = facts->i_missing % n_lon;
    if (share < r->finite_share) {
        finding_add(&v->findings, FINDING_MISSING_VALUES, &place,
                    "no value here; %zu of %zu points have one, a share of %.9g, where %.9g is "
                    "required",
                    facts->n_present, w->n_points, share, r->finite_share);
    } else {
        finding_add(&v->findings, FINDING_SOME_MISSING, &place,
                    "no value here; %zu of %zu points have one", facts->n_present, w->n_points);
    }
}

static void bound_judge(struct verification *v, size_t i, bool is_min, double value, size_t index,
                        size_t n_beyond)
{
    const struct requirement *r = &v->requirements.variables[v->fields[i].requirement];
    const size_t n_lon = v->walk.catalog.grid.n_lon;
    const double bound = is_min ? r->min : r->max;
    struct finding_place place = field_place_of(v, i);
    if (is_min ? !(value < bound) : !(value > bound)) {
        return;
    }
    place.has_index = true;
    place.i_lat = index / n_lon;
    place.i_lon = index % n_lon;
    if (n_beyond == 1) {
        finding_add(&v->findings, is_min ? FINDING_BELOW_MINIMUM : FINDING_ABOVE_MAXIMUM, &place,
                    "%.9g is %s %.9g; so is no other point", value, is_min ? "below" : "above",
                    bound);
    } else if (n_beyond > 1) {
        finding_add(&v->findings, is_min ? FINDING_BELOW_MINIMUM : FINDING_ABOVE_MAXIMUM, &place,
                    "%.9g is %s %.9g; so are %zu points in all", value, is_min ? "below" : "above",
                    bound, n_beyond);
    } else {
        finding_add(&v->findings,
                    is_min ? FINDING_BELOW_WITHIN_TOLERANCE : FINDING_ABOVE_WITHIN_TOLERANCE,
                    &place, "%.9g is %s %.9g, within the tolerance of %.9g", value,
                    is_min ? "below" : "above", bound, r->tolerance);
    }
}

static void fields_judge(struct verification *v, const struct values_walk *w)
{
    for (size_t i = 0; i < v->n_fields; i++) {
        const struct field_facts *facts = &w->facts[i];
        if (facts->read) {
            missing_judge(v, w, i);
            bound_judge(v, i, true, facts->min, facts->i_min, facts->n_below);
            bound_judge(v, i, false, facts->max, facts->i_max, facts->n_above);
        }
    }
}

/* ---- The numbers ---- */

static json_t *number_or_null(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

/* What the fields [first, end) of one variable and level come to. */
static json_t *numbers_describe(const struct values_walk *w, size_t first, size_t end)
{
    const struct verification *v = w->v;
    const struct catalog *catalog = &v->walk.catalog;
    const struct catalog_entry *entry = &catalog->entries[v->fields[first].entry];
    double low = (double)NAN;
    double high = (double)NAN;
    double n_present = 0.0;
    size_t n_read = 0;
    for (size_t i = first; i < end; i++) {
        const struct field_facts *facts = &w->facts[i];
        if (facts->read) {
            low = fmin(low, facts->min); /* of NaN and a number, the number */
            high = fmax(high, facts->max);
            n_present += (double)facts->n_present;
            n_read++;
        }
    }
    const double share =
        n_read > 0 ? n_present / ((double)n_read * (double)w->n_points) : (double)NAN;
    return json_pack(
        "{s:s, s:o, s:I, s:o, s:o, s:o}", "variable", catalog->variables[entry->variable].name,
        "level", number_or_null(entry->level), "n_fields", (json_int_t)n_read, "min",
        number_or_null(low), "max", number_or_null(high), "finite_share", number_or_null(share));
}

static bool same_series(const struct verification *v, size_t a, size_t b)
{
    const struct catalog_entry *x = &v->walk.catalog.entries[v->fields[a].entry];
    const struct catalog_entry *y = &v->walk.catalog.entries[v->fields[b].entry];
    return x->variable == y->variable && level_same(x->level, y->level);
}

static gaia_status numbers_add(const struct values_walk *w, json_t *verdict, gaia_error *err)
{
    const struct verification *v = w->v;
    json_t *numbers = json_array();
    size_t n_read = 0;
    bool whole = numbers != NULL;
    for (size_t first = 0, end = 0; whole && first < v->n_fields; first = end) {
        while (end < v->n_fields && same_series(v, first, end)) {
            n_read += w->facts[end++].read;
        }
        whole = json_array_append_new(numbers, numbers_describe(w, first, end)) == 0;
    }
    whole = whole && json_object_set(verdict, "fields", numbers) == 0 &&
            json_object_set_new(verdict, "n_fields", json_integer((json_int_t)n_read)) == 0 &&
            json_object_set_new(verdict, "n_points", json_integer((json_int_t)w->n_points)) == 0;
    json_decref(numbers);
    return whole ? GAIA_OK
                 : error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the verdict");
}

/* The hash of all that is required and there; null if some of it could not be read. */
static gaia_status hash_add(const struct values_walk *w, const size_t *entries, json_t *verdict,
                            gaia_error *err)
{
    const struct verification *v = w->v;
    char text[CONTENT_HASH_TEXT] = "";
    gaia_status status = GAIA_OK;
    if (v->findings.n[FINDING_FIELD_UNREADABLE] == 0 && v->n_fields > 0) {
        status = content_hash_set(w->crew.hashers[0], &v->walk.catalog, entries, w->digests,
                                  v->n_fields, w->grid_digest, text, err);
    }
    if (status == GAIA_OK &&
        json_object_set_new(verdict, "content_hash",
                            text[0] != '\0' ? json_string(text) : json_null()) != 0) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the verdict");
    }
    return status;
}

/* ---- The pass ---- */

static gaia_status walk_make(struct values_walk *w, gaia_error *err)
{
    const struct verification *v = w->v;
    const size_t n = v->n_fields > 0 ? v->n_fields : 1;
    const size_t n_threads = v->walk.options.n_threads;
    w->facts = calloc(n, sizeof *w->facts);
    w->blocks = calloc(n_threads, sizeof *w->blocks);
    w->digests = w->hashing ? calloc(n, CONTENT_DIGEST) : NULL;
    if (w->facts == NULL || w->blocks == NULL || (w->hashing && w->digests == NULL)) {
        return error_memory(err, n * sizeof *w->facts);
    }
    gaia_status status = w->hashing ? content_crew_open(n_threads, &w->crew, err) : GAIA_OK;
    return status == GAIA_OK && w->hashing
               ? content_grid(w->crew.hashers[0], &v->walk.catalog.grid, w->grid_digest, err)
               : status;
}

gaia_status verify_fields(struct verification *v, json_t *verdict, gaia_error *err)
{
    const struct gaia_grid *grid = &v->walk.catalog.grid;
    struct values_walk w = {
        .v = v, .n_points = grid->n_lat * grid->n_lon, .hashing = v->request->content_hash};
    const struct walk_visitor visitor = {&w, field_look, field_failed};
    size_t *entries = calloc(v->n_fields > 0 ? v->n_fields : 1, sizeof *entries);
    gaia_status status =
        entries != NULL ? walk_make(&w, err) : error_memory(err, v->n_fields * sizeof *entries);
    for (size_t i = 0; entries != NULL && i < v->n_fields; i++) {
        entries[i] = v->fields[i].entry;
    }
    if (status == GAIA_OK && v->n_fields > 0) {
        status = field_walk_run(&v->walk, entries, v->n_fields, &visitor, err);
    }
    if (status == GAIA_OK) {
        fields_judge(v, &w);
        status = numbers_add(&w, verdict, err);
    }
    if (status == GAIA_OK && w.hashing) {
        status = hash_add(&w, entries, verdict, err);
    }
    content_crew_close(&w.crew);
    free(w.digests);
    free(w.blocks);
    free(w.facts);
    free(entries);
    return status;
}
