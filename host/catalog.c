/* SPDX-License-Identifier: MIT
 *
 * Listing a source: each reader's fields, understood by the role of the source.
 */
#include "catalog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "catalog_entry.h"
#include "catalog_missing.h"
#include "catalog_times.h"
#include "error.h"
#include "layout.h"
#include "text.h"

enum { CATALOG_ARENA_BYTES_MAX = 1 << 30, HOUR_S = 3600, CATALOG_ENTRIES_MAX = 1 << 22 };

/* The state of listing one file. */
struct listing {
    struct catalog *catalog;
    struct file_table *files;
    size_t file;
    size_t first_part; /* of the file, in the catalog */
    size_t next_part;  /* of the file: behind the one that was found last */
    size_t checked;    /* variables of the reader whose grid was compared */
    bool named;        /* the file's names are the catalog's variables, in order */
};

size_t catalog_variable(const struct catalog *catalog, const char *name)
{
    size_t i = 0;
    while (i < catalog->n_variables && strcmp(catalog->variables[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* What the source says that this variable is called in its files; NULL if it says nothing. */
static const char *name_in_file(const struct gaia_source *source, const char *name)
{
    for (size_t i = 0; i < source->n_names; i++) {
        if (strcmp(source->names[i].name, name) == 0) {
            return source->names[i].in_file;
        }
    }
    return NULL;
}

static const char *name_in_job(const struct gaia_source *source, const char *in_file)
{
    for (size_t i = 0; i < source->n_names; i++) {
        if (strcmp(source->names[i].in_file, in_file) == 0) {
            return source->names[i].name;
        }
    }
    return in_file;
}

static gaia_status variable_add(struct catalog *catalog, const char *name, const char *in_file,
                                gaia_error *err)
{
    struct catalog_variable *grown =
        realloc(catalog->variables, (catalog->n_variables + 1) * sizeof *grown);
    if (grown == NULL) {
        return error_memory(err, sizeof *grown);
    }
    catalog->variables = grown;
    struct catalog_variable *variable = &grown[catalog->n_variables];
    *variable = (struct catalog_variable){.name = arena_strdup(&catalog->arena, name),
                                          .in_file = arena_strdup(&catalog->arena, in_file)};
    if (variable->name == NULL || variable->in_file == NULL) {
        return error_memory(err, strlen(name));
    }
    catalog->n_variables++;
    return GAIA_OK;
}

/* Takes the first grid, which must have no more points than can be summed, as the catalog's and
 * compares every other with it. */
static gaia_status grid_take(struct catalog *catalog, const struct reader_variable *variable,
                             const char *path, gaia_error *err)
{
    const struct gaia_grid *grid = &variable->grid;
    if (catalog->grid_path != NULL) {
        return grid_compare(grid, path, &catalog->grid, catalog->grid_path, err);
    }
    if (grid->n_lat > LAYOUT_POINTS_MAX / grid->n_lon) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: a grid of %zu x %zu points, where at most 2^31 can be summed", path,
                         grid->n_lat, grid->n_lon);
    }
    double *lat = arena_alloc(&catalog->arena, grid->n_lat, sizeof *lat);
    double *lon = arena_alloc(&catalog->arena, grid->n_lon, sizeof *lon);
    if (lat == NULL || lon == NULL) {
        return error_memory(err, (grid->n_lat + grid->n_lon) * sizeof *lat);
    }
    memcpy(lat, grid->lat, grid->n_lat * sizeof *lat);
    memcpy(lon, grid->lon, grid->n_lon * sizeof *lon);
    catalog->grid = (struct gaia_grid){grid->n_lat, grid->n_lon, lat, lon};
    catalog->grid_path = path;
    return GAIA_OK;
}

static gaia_status part_add(struct catalog *catalog, const struct reader_variable *variable,
                            const char *path, size_t i_variable, gaia_error *err)
{
    if (catalog->n_parts == catalog->part_capacity) {
        const size_t capacity = catalog->part_capacity == 0 ? 16 : 2 * catalog->part_capacity;
        struct catalog_part *grown = realloc(catalog->parts, capacity * sizeof *grown);
        if (grown == NULL) {
            return error_memory(err, capacity * sizeof *grown);
        }
        catalog->parts = grown;
        catalog->part_capacity = capacity;
    }
    struct catalog_variable *mine = &catalog->variables[i_variable];
    const char *name = strcmp(mine->in_file, variable->name) == 0
                           ? mine->in_file
                           : arena_strdup(&catalog->arena, variable->name);
    const char *units = mine->units != NULL && strcmp(mine->units, variable->units) == 0
                            ? mine->units
                            : arena_strdup(&catalog->arena, variable->units);
    if (name == NULL || units == NULL) {
        return error_memory(err, 1);
    }
    if (variable->damage != NULL && mine->damage == NULL) {
        mine->damage = arena_strdup(&catalog->arena, variable->damage);
        if (mine->damage == NULL) {
            return error_memory(err, strlen(variable->damage));
        }
    }
    catalog->parts[catalog->n_parts++] = (struct catalog_part){.variable = i_variable,
                                                               .path = path,
                                                               .name = name,
                                                               .units = units,
                                                               .conversion = {1.0, 0.0}};
    if (mine->units == NULL) {
        mine->units = units;
        mine->in_file = name;
    }
    return GAIA_OK;
}

/* Notes what the reader's variable adds to the catalog: its grid, units and sizes. */
static gaia_status variable_take(struct listing *listing, const struct reader_variable *variable,
                                 size_t i_variable, gaia_error *err)
{
    struct catalog *catalog = listing->catalog;
    const char *path = listing->files->files[listing->file].path;
    const gaia_status status = grid_take(catalog, variable, path, err);
    if (status != GAIA_OK) {
        return error_prefix(err, status, "variable '%s'", variable->name);
    }
    const size_t placed =
        variable->grid.n_lat * variable->grid.n_lon * gaia_dtype_bytes(variable->layout.dtype);
    const size_t raw = reader_raw_bytes(variable);
    if (catalog->source->interpolate) {
        catalog->field_bytes = variable->grid.n_lat * variable->grid.n_lon * sizeof(double);
    }
    catalog->field_bytes = placed > catalog->field_bytes ? placed : catalog->field_bytes;
    catalog->raw_bytes = raw > catalog->raw_bytes ? raw : catalog->raw_bytes;
    return part_add(catalog, variable, path, i_variable, err);
}

static gaia_status entry_add(struct catalog *catalog, const struct catalog_entry *entry,
                             gaia_error *err)
{
    if (catalog->n_entries == CATALOG_ENTRIES_MAX) {
        return error_set(err, GAIA_LIMIT, "%s: more than %d fields", catalog->grid_path,
                         CATALOG_ENTRIES_MAX);
    }
    if (catalog->n_entries == catalog->entry_capacity) {
        const size_t capacity = catalog->entry_capacity == 0 ? 256 : 2 * catalog->entry_capacity;
        struct catalog_entry *grown = realloc(catalog->entries, capacity * sizeof *grown);
        if (grown == NULL) {
            return error_memory(err, capacity * sizeof *grown);
        }
        catalog->entries = grown;
        catalog->entry_capacity = capacity;
    }
    catalog->entries[catalog->n_entries++] = *entry;
    return GAIA_OK;
}

/* Passes over a variable without times that nobody asked for: a climatology or what never changes,
 * a mask say, beside the fields that are meant. If there are none, its name is wanted. */
static gaia_status untimed_note(const struct listing *listing, const char *path, const char *name,
                                gaia_error *err)
{
    struct catalog *catalog = listing->catalog;
    if (catalog->untimed == NULL) {
        catalog->untimed = arena_strdup(&catalog->arena, name);
        catalog->untimed_path = path;
    }
    return catalog->untimed != NULL ? GAIA_OK : error_memory(err, strlen(name));
}

static gaia_status field_found(void *context, const struct reader_field *field, gaia_error *err)
{
    struct listing *listing = context;
    struct catalog *catalog = listing->catalog;
    const struct file_entry *file = &listing->files->files[listing->file];
    const struct reader_variable *variable = file->ops->variable(file->reader, field->variable);
    const char *name = name_in_job(catalog->source, variable->name);
    struct catalog_entry entry = {.variable = listing->named ? file->i_name
                                                             : catalog_variable(catalog, name),
                                  .level = field->level,
                                  .file = listing->file,
                                  .field = *field};
    bool keep = true;
    gaia_status status = GAIA_OK;
    if (!listing->named && !field->has_time &&
        (catalog->role == SOURCE_FORECAST || catalog->role == SOURCE_TRUTH)) {
        return untimed_note(listing, file->path, variable->name, err);
    }
    if (entry.variable == catalog->n_variables) {
        status = variable_add(catalog, name, variable->name, err);
    }
    if (status == GAIA_OK && listing->checked != field->variable + 1) {
        status = variable_take(listing, variable, entry.variable, err);
        listing->checked = field->variable + 1;
    }
    entry.part = catalog->n_parts - 1;
    if (status == GAIA_OK) {
        status = catalog_times(catalog, file->path, variable->name, &entry, &keep, err);
    }
    return status == GAIA_OK && keep ? entry_add(catalog, &entry, err) : status;
}

/* Whether the file gave fields of its variable `name`. Names mostly come in the order of parts. */
static bool part_find(struct listing *listing, const char *name)
{
    const struct catalog *catalog = listing->catalog;
    const size_t n = catalog->n_parts - listing->first_part;
    for (size_t i = 0; i < n; i++) {
        const size_t at = (listing->next_part + i) % n;
        if (strcmp(catalog->parts[listing->first_part + at].name, name) == 0) {
            listing->next_part = at + 1;
            return true;
        }
    }
    return false;
}

static gaia_status name_listed(void *context, const char *name, gaia_error *err)
{
    struct listing *listing = context;
    struct catalog *catalog = listing->catalog;
    bool is_known =
        catalog->n_others == CATALOG_OTHERS_MAX || !text_is_clean(name) || part_find(listing, name);
    for (size_t i = 0; !is_known && i < catalog->n_others; i++) {
        is_known = strcmp(catalog->others[i].in_file, name) == 0;
    }
    if (is_known) {
        return GAIA_OK;
    }
    if (catalog->others == NULL) {
        catalog->others = arena_alloc(&catalog->arena, CATALOG_OTHERS_MAX, sizeof *catalog->others);
    }
    const char *in_file = arena_strdup(&catalog->arena, name);
    if (catalog->others == NULL || in_file == NULL) {
        return error_memory(err, CATALOG_OTHERS_MAX * sizeof *catalog->others);
    }
    catalog->others[catalog->n_others++] =
        (struct catalog_other){name_in_job(catalog->source, in_file), in_file, listing->file};
    return GAIA_OK;
}

/* Notes the variables of the file, which is open, that gave no field, and fields without a name. */
static gaia_status others_note(struct listing *listing, gaia_error *err)
{
    struct catalog *catalog = listing->catalog;
    const struct file_entry *file = &listing->files->files[listing->file];
    char text[GAIA_ERROR_DETAIL] = "";
    if (listing->named) {
        return GAIA_OK;
    }
    if (file->ops->nameless != NULL && catalog->nameless == NULL) {
        file->ops->nameless(file->reader, text, sizeof text);
        catalog->nameless = text[0] != '\0' ? arena_strdup(&catalog->arena, text) : NULL;
        if (text[0] != '\0' && catalog->nameless == NULL) {
            return error_memory(err, sizeof text);
        }
    }
    return file->ops->list(file->reader, name_listed, listing, err);
}

/* The names to look for in each file of the source, and which of them are meant to the letter. */
static gaia_status names_make(struct catalog *catalog, size_t n_names, struct file_names *names,
                              gaia_error *err)
{
    const char **in_file = arena_alloc(&catalog->arena, n_names, sizeof *in_file);
    bool *exact = arena_alloc(&catalog->arena, n_names, sizeof *exact);
    if ((in_file == NULL || exact == NULL) && n_names > 0) {
        return error_memory(err, n_names * sizeof *in_file);
    }
    for (size_t i = 0; i < n_names; i++) {
        in_file[i] = catalog->variables[i].in_file;
        exact[i] = name_in_file(catalog->source, catalog->variables[i].name) != NULL;
    }
    *names = (struct file_names){n_names, in_file, exact};
    return GAIA_OK;
}

static gaia_status files_list(struct file_table *files, struct catalog *catalog, size_t n_names,
                              gaia_error *err)
{
    const struct gaia_source *source = catalog->source;
    const struct source_access *access = NULL;
    struct file_names names = {.n = 0};
    gaia_status status = source_access_get(&files->accesses, source, &access, err);
    if (status == GAIA_OK) {
        status = names_make(catalog, n_names, &names, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < source->n_files; i++) {
        struct listing listing = {.catalog = catalog,
                                  .files = files,
                                  .file = files->n_files,
                                  .first_part = catalog->n_parts,
                                  .named = n_names > 0};
        const struct reader_ops *ops = NULL;
        size_t index = 0;
        status = reader_choose(source->format, source->files[i], &ops, err);
        if (status == GAIA_OK) {
            status = file_table_add(files, ops, source->files[i], access, &names, field_found,
                                    &listing, &index, err);
        }
        if (status == GAIA_OK) {
            status = others_note(&listing, err);
        }
        if (status == GAIA_VARIABLE_MISSING && source->n_files > 1) {
            status = GAIA_OK; /* one file of several may hold other variables: names_check */
        }
    }
    return status;
}

gaia_status catalog_open(struct file_table *files, const struct gaia_source *source,
                         enum source_role role, const char *const *names, size_t n_names,
                         struct catalog *catalog, gaia_error *err)
{
    const size_t first_file = files->n_files;
    gaia_status status = GAIA_OK;
    *catalog = (struct catalog){.source = source, .role = role, .named = n_names > 0};
    arena_init(&catalog->arena, CATALOG_ARENA_BYTES_MAX);
    for (size_t i = 0; status == GAIA_OK && i < n_names; i++) {
        const char *in_file = name_in_file(source, names[i]);
        status = variable_add(catalog, names[i], in_file != NULL ? in_file : names[i], err);
    }
    if (status == GAIA_OK) {
        status = files_list(files, catalog, n_names, err);
    }
    if (status == GAIA_OK) {
        status = catalog_missing_check(catalog, files, first_file, err);
    }
    if (status == GAIA_OK) {
        status = catalog_entries_sort(catalog, files, err);
    }
    if (status != GAIA_OK) {
        catalog_close(catalog);
    }
    return status;
}

void catalog_close(struct catalog *catalog)
{
    free(catalog->entries);
    free(catalog->parts);
    free(catalog->variables);
    arena_fini(&catalog->arena);
    *catalog = (struct catalog){0};
}

const struct catalog_entry *catalog_find(const struct catalog *catalog, size_t variable,
                                         double level, int64_t time_s, int64_t lead_time_s)
{
    const struct catalog_entry key = {
        .variable = variable, .level = level, .time_s = time_s, .lead_time_s = lead_time_s};
    return catalog->n_entries == 0 ? NULL
                                   : bsearch(&key, catalog->entries, catalog->n_entries,
                                             sizeof *catalog->entries, catalog_entry_compare);
}

/* The number of entries before `key`. */
static size_t entries_below(const struct catalog *catalog, const struct catalog_entry *key)
{
    size_t low = 0;
    size_t high = catalog->n_entries;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (catalog_entry_compare(&catalog->entries[middle], key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct catalog_entry *catalog_level_entries(const struct catalog *catalog, size_t variable,
                                                  double level, size_t *n)
{
    struct catalog_entry key = {
        .variable = variable, .level = level, .time_s = INT64_MIN, .lead_time_s = INT64_MIN};
    const size_t first = entries_below(catalog, &key);
    key.time_s = INT64_MAX;
    key.lead_time_s = INT64_MAX;
    *n = entries_below(catalog, &key) - first;
    return *n > 0 ? &catalog->entries[first] : NULL;
}

bool catalog_has_level(const struct catalog *catalog, size_t variable, double level)
{
    size_t n = 0;
    return catalog_level_entries(catalog, variable, level, &n) != NULL;
}

/* Appends number, "none" for NaN, to the list unless it is there already. */
static void list_add(char *out, size_t out_bytes, double number)
{
    char text[TEXT_NUMBER + 2];
    char item[TEXT_NUMBER] = "none";
    const size_t used = strlen(out);
    if (!isnan(number)) {
        number_format(number, item);
    }
    (void)snprintf(text, sizeof text, ", %s", item);
    for (const char *at = strstr(out, item); at != NULL; at = strstr(at + 1, item)) {
        const char after = at[strlen(item)];
        if ((at == out || at[-1] == ' ') && (after == ',' || after == '\0')) {
            return;
        }
    }
    if (used + strlen(text) + strlen(", ...") < out_bytes) {
        (void)snprintf(out + used, out_bytes - used, "%s", used == 0 ? text + 2 : text);
    } else if (used < 3 || strcmp(out + used - 3, "...") != 0) {
        (void)snprintf(out + used, out_bytes - used, ", ...");
    }
}

void catalog_list_levels(const struct catalog *catalog, size_t variable, char *out,
                         size_t out_bytes)
{
    out[0] = '\0';
    for (size_t i = 0; i < catalog->n_entries; i++) {
        if (catalog->entries[i].variable == variable) {
            list_add(out, out_bytes, catalog->entries[i].level);
        }
    }
}

void catalog_list_leads(const struct catalog *catalog, size_t variable, char *out, size_t out_bytes)
{
    out[0] = '\0';
    for (size_t i = 0; i < catalog->n_entries; i++) {
        if (catalog->entries[i].variable == variable) {
            list_add(out, out_bytes, (double)catalog->entries[i].lead_time_s / HOUR_S);
        }
    }
}
