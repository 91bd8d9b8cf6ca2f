/* SPDX-License-Identifier: MIT
 *
 * From a request to its hash: choose entries, walk them, sort what came of them.
 *
 * Invariant: the order of the files, of their fields and of the threads enters nothing.
 */
#include "content_hash.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "catalog.h"
#include "climatology.h"
#include "content_form.h"
#include "content_set.h"
#include "error.h"
#include "field_walk.h"

enum { HOUR_S = 3600 };

/* ---- What is selected ---- */

static bool level_wanted(const struct source_request *r, double level)
{
    bool wanted = r->n_levels == 0 || isnan(level);
    for (size_t i = 0; i < r->n_levels; i++) {
        wanted = wanted || r->levels[i] == level;
    }
    return wanted;
}

static bool seconds_wanted(const int64_t *list, size_t n, int64_t seconds)
{
    bool wanted = n == 0;
    for (size_t i = 0; i < n; i++) {
        wanted = wanted || list[i] == seconds;
    }
    return wanted;
}

/* Everything that was named must be among what there is. */
static gaia_status named_check(const struct source_request *r, const int64_t *times_s,
                               const struct catalog *catalog, gaia_error *err)
{
    for (size_t k = 0; k < r->n_levels + r->n_leads + r->n_times; k++) {
        const size_t i_lead = k - r->n_levels; /* wraps below n_levels, and is not used then */
        const size_t i_time = i_lead - r->n_leads;
        bool found = false;
        for (size_t i = 0; !found && i < catalog->n_entries; i++) {
            const struct catalog_entry *entry = &catalog->entries[i];
            found = k < r->n_levels       ? entry->level == r->levels[k]
                    : i_lead < r->n_leads ? entry->lead_time_s == r->leads_s[i_lead]
                                          : entry->time_s == times_s[i_time];
        }
        if (!found && k < r->n_levels) {
            return error_set(err, GAIA_LEVEL_MISSING, "%s: no field at level %g hPa",
                             catalog->grid_path, r->levels[k]);
        }
        if (!found && i_lead < r->n_leads) {
            return error_set(err, GAIA_LEAD_MISSING, "%s: no field of lead time %g h",
                             catalog->grid_path, (double)r->leads_s[i_lead] / HOUR_S);
        }
        if (!found) {
            char time[GAIA_TIME_TEXT];
            gaia_calendar_format(catalog->calendar, times_s[i_time], time);
            return error_set(err, GAIA_TIME_MISSING, "%s: no field of time %s", catalog->grid_path,
                             time);
        }
    }
    return GAIA_OK;
}

/* Reads the request's times in the calendar that the files have. times_s: [n_times]. */
static gaia_status times_read(const struct source_request *r, const struct catalog *catalog,
                              int64_t *times_s, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < r->n_times; i++) {
        status = gaia_calendar_parse(catalog->calendar, r->times[i], &times_s[i], err);
        status = status == GAIA_OK ? GAIA_OK
                                   : error_prefix(err, error_restate(err, GAIA_JOB_INVALID),
                                                  "%s: request.times[%zu]", catalog->grid_path, i);
    }
    return status;
}

/* The entries that the request selects, in list [catalog->n_entries]. */
static gaia_status entries_pick(const struct source_request *r, const struct catalog *catalog,
                                int64_t *times_s, size_t *list, size_t *n, gaia_error *err)
{
    gaia_status status = times_read(r, catalog, times_s, err);
    *n = 0;
    if (status != GAIA_OK) {
        return status;
    }
    for (size_t i = 0; i < catalog->n_entries; i++) {
        const struct catalog_entry *entry = &catalog->entries[i];
        if (level_wanted(r, entry->level) &&
            seconds_wanted(r->leads_s, r->n_leads, entry->lead_time_s) &&
            seconds_wanted(times_s, r->n_times, entry->time_s)) {
            list[(*n)++] = i;
        }
    }
    status = named_check(r, times_s, catalog, err);
    return status != GAIA_OK || *n > 0
               ? status
               : error_set(err, GAIA_TIME_MISSING,
                           "%s: no field has a level, a lead time and a time of those asked for",
                           catalog->grid_path != NULL ? catalog->grid_path : r->source.files[0]);
}

/* The entries that the request selects, to be freed. */
static gaia_status entries_select(const struct source_request *r, const struct catalog *catalog,
                                  size_t **entries, size_t *n, gaia_error *err)
{
    int64_t *times_s = calloc(r->n_times > 0 ? r->n_times : 1, sizeof *times_s);
    *entries = calloc(catalog->n_entries > 0 ? catalog->n_entries : 1, sizeof **entries);
    const gaia_status status = times_s != NULL && *entries != NULL
                                   ? entries_pick(r, catalog, times_s, *entries, n, err)
                                   : error_memory(err, catalog->n_entries * sizeof **entries);
    free(times_s);
    return status;
}

/* ---- The walk ---- */

struct hashing {
    const struct field_walk *walk;
    const size_t *entries;
    size_t n_points;
    struct content_crew crew;
    unsigned char grid_digest[CONTENT_DIGEST];
    unsigned char *digests; /* [n][CONTENT_DIGEST] */
};

static gaia_status field_look(void *context, unsigned i_thread, size_t i,
                              const struct gaia_field *field, gaia_error *err)
{
    struct hashing *h = context;
    const struct catalog *catalog = &h->walk->catalog;
    const struct content_key key = content_key_of(catalog, &catalog->entries[h->entries[i]]);
    return content_field(h->crew.hashers[i_thread], &key, h->grid_digest, field, h->n_points,
                         h->digests + i * CONTENT_DIGEST, err);
}

/* A hash is of everything that was asked for, or there is none: says which field is the trouble. */
static gaia_status field_failed(void *context, size_t i, const gaia_error *why, gaia_error *err)
{
    const struct hashing *h = context;
    const struct catalog *catalog = &h->walk->catalog;
    const struct catalog_entry *entry = &catalog->entries[h->entries[i]];
    char time[CATALOG_TIME_TEXT];
    char at_level[CATALOG_LEVEL_TEXT];
    catalog_time_text(catalog, entry, time);
    catalog_level_text(entry->level, at_level);
    return error_set(err, why->status, "%.*s (%s%s, time %s, lead %g h)", GAIA_ERROR_DETAIL - 128,
                     why->detail, catalog->variables[entry->variable].name, at_level, time,
                     (double)entry->lead_time_s / HOUR_S);
}

/* ---- The document ---- */

/* What a climatology's field is for. */
static void bin_describe(struct climatology_bin bin, json_t *field)
{
    if (climatology_has_month(bin.kind) || climatology_has_day(bin.kind)) {
        (void)json_object_set_new(field, climatology_has_month(bin.kind) ? "month" : "dayofyear",
                                  json_integer(bin.part));
    }
    if (climatology_has_hour(bin.kind)) {
        (void)json_object_set_new(field, "hour", json_integer(bin.hour));
    }
}

static json_t *field_describe(enum gaia_calendar calendar, const struct content_key *key,
                              const unsigned char *digest)
{
    char hex[CONTENT_DIGEST_TEXT];
    char time[GAIA_TIME_TEXT];
    json_t *field = json_pack("{s:s}", "variable", key->variable);
    content_digest_text(digest, hex);
    if (!isnan(key->level)) {
        (void)json_object_set_new(field, "level", json_real(key->level));
    }
    if (key->role != SOURCE_CLIMATOLOGY) {
        gaia_calendar_format(calendar, key->time_s, time);
        (void)json_object_set_new(field, "time", json_string(time));
    } else {
        bin_describe(climatology_bin_of(key->time_s), field);
    }
    if (key->role == SOURCE_FORECAST) {
        (void)json_object_set_new(field, "lead", json_real((double)key->lead_time_s / HOUR_S));
    }
    (void)json_object_set_new(field, "sha256", json_string(hex));
    return field;
}

static json_t *fields_describe(const struct hashing *h, size_t n)
{
    json_t *fields = json_array();
    struct content_member *members = content_members(&h->walk->catalog, h->entries, h->digests, n);
    for (size_t i = 0; members != NULL && i < n; i++) {
        (void)json_array_append_new(
            fields, field_describe(h->walk->catalog.calendar, &members[i].key, members[i].digest));
    }
    free(members);
    return fields;
}

static gaia_status document_make(const struct source_request *request, const struct hashing *h,
                                 size_t n, const char *hash, json_t **document, gaia_error *err)
{
    const struct catalog *catalog = &h->walk->catalog;
    char hex[CONTENT_DIGEST_TEXT];
    content_digest_text(h->grid_digest, hex);
    json_t *made =
        json_pack("{s:s, s:s, s:s, s:I, s:{s:I, s:I, s:s}, s:[]}", "schema", "gaia.content/1",
                  "hash", hash, "role", content_role_name(catalog->role), "n_fields", (json_int_t)n,
                  "grid", "n_lat", (json_int_t)catalog->grid.n_lat, "n_lon",
                  (json_int_t)catalog->grid.n_lon, "sha256", hex, "variables");
    json_t *fields = request->fields ? fields_describe(h, n) : NULL;
    bool whole = made != NULL && (!request->fields || json_array_size(fields) == n);
    for (size_t i = 0; whole && i < catalog->n_variables; i++) {
        whole = json_array_append_new(json_object_get(made, "variables"),
                                      json_string(catalog->variables[i].name)) == 0;
    }
    if (whole && fields != NULL) {
        whole = json_object_set(made, "fields", fields) == 0;
    }
    json_decref(fields);
    if (!whole) {
        json_decref(made);
        return error_set(err, GAIA_OUT_OF_MEMORY,
                         "not enough memory for the result, or a name is not valid UTF-8");
    }
    *document = made;
    return GAIA_OK;
}

gaia_status content_hash(const struct source_request *request, const struct walk_options *options,
                         json_t **document, gaia_error *err)
{
    static const enum source_role roles[] = {[REQUEST_FORECAST] = SOURCE_FORECAST,
                                             [REQUEST_TRUTH] = SOURCE_TRUTH,
                                             [REQUEST_CLIMATOLOGY] = SOURCE_CLIMATOLOGY};
    struct field_walk walk;
    struct hashing h = {.walk = &walk};
    size_t *entries = NULL;
    size_t n = 0;
    char text[CONTENT_HASH_TEXT] = "";
    gaia_status status = field_walk_open(&request->source, roles[request->role], request->variables,
                                         request->n_variables, options, &walk, err);
    if (status != GAIA_OK) {
        return status;
    }
    status = entries_select(request, &walk.catalog, &entries, &n, err);
    if (status == GAIA_OK) {
        h.entries = entries;
        h.n_points = walk.catalog.grid.n_lat * walk.catalog.grid.n_lon;
        h.digests = calloc(n, CONTENT_DIGEST);
        status = h.digests != NULL ? content_crew_open(walk.options.n_threads, &h.crew, err)
                                   : error_memory(err, n * CONTENT_DIGEST);
    }
    if (status == GAIA_OK) {
        status = content_grid(h.crew.hashers[0], &walk.catalog.grid, h.grid_digest, err);
    }
    if (status == GAIA_OK) {
        const struct walk_visitor visitor = {&h, field_look, field_failed};
        status = field_walk_run(&walk, entries, n, &visitor, err);
    }
    if (status == GAIA_OK) {
        status = content_hash_set(h.crew.hashers[0], &walk.catalog, entries, h.digests, n,
                                  h.grid_digest, text, err);
    }
    if (status == GAIA_OK) {
        status = document_make(request, &h, n, text, document, err);
    }
    content_crew_close(&h.crew);
    free(h.digests);
    free(entries);
    field_walk_close(&walk);
    return status;
}
