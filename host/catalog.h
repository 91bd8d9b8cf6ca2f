/* SPDX-License-Identifier: MIT
 *
 * What one source of a job holds: every field of its files by variable, level and time, in one
 * order.
 *
 * Invariant: entries are sorted by variable, level, time and lead time, and no two have the same.
 */
#ifndef HOST_CATALOG_H
#define HOST_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/grid.h>
#include <gaia/job.h>
#include <gaia/status.h>
#include <gaia/time.h>

#include "arena.h"
#include "file_table.h"
#include "reader.h"
#include "units.h"

enum source_role { SOURCE_FORECAST, SOURCE_TRUTH, SOURCE_CLIMATOLOGY, SOURCE_MASK };

/* A forecast has init time and lead time; a truth its valid time and lead time 0; a climatology the
 * key of its bin (climatology.h) and lead time 0; a mask what its file says, or 0. */
struct catalog_entry {
    size_t variable; /* index in the catalog's names */
    double level;    /* hPa; NaN: none */
    int64_t time_s;
    int64_t lead_time_s;
    size_t file; /* in the file table */
    size_t part; /* in the catalog's parts */
    struct reader_field field;
};

/* One variable of one file. */
struct catalog_part {
    size_t variable; /* index in the catalog's names */
    const char *path;
    const char *name; /* in the file */
    const char *units;
    struct units_conversion conversion; /* to the truth's units: source_units.h */
};

struct catalog_variable {
    const char *name;    /* in the job */
    const char *in_file; /* in the source's files */
    const char *units;   /* in the first file that has it */
    const char *damage;  /* in some file: why it cannot be read; NULL: none */
};

/* A variable that some file has without a field of it that could be listed: its shape is none of a
 * field, or has dimensions that mean nothing, or it has no times. */
struct catalog_other {
    const char *name; /* in the job */
    const char *in_file;
    size_t file; /* the first such, in the file table */
};

enum { CATALOG_OTHERS_MAX = 256 };

struct catalog {
    const struct gaia_source *source;
    enum source_role role;
    bool named;        /* the variables are those that were asked for */
    bool has_calendar; /* of its times; a climatology has none */
    enum gaia_calendar calendar;
    int64_t select_init_s; /* the source's times in that calendar */
    int64_t init_s;
    const char *untimed;      /* the first variable without times that was passed over, or NULL, */
    const char *untimed_path; /* and its file */
    const char *nameless;     /* what of the first such file has no name, or NULL: reader.h */
    size_t n_variables;
    struct catalog_variable *variables;
    size_t n_entries;
    size_t entry_capacity;
    struct catalog_entry *entries;
    size_t n_parts;
    size_t part_capacity;
    struct catalog_part *parts;
    size_t n_others; /* of a catalog that no names were given; what is beyond the most is lost */
    struct catalog_other *others;
    struct gaia_grid grid;
    const char *grid_path; /* the file that the grid is from */
    size_t field_bytes;    /* the largest field as placed */
    size_t raw_bytes;      /* the largest field as stored */
    struct arena arena;
};

/* Opens the source's files and lists its fields: of the named variables (each must be there, by its
 * name or by one that means the same), or of all gridded ones if n_names is 0. Every file must have
 * the same grid and calendar. Errors name file, variable and index. */
GAIA_MUST_USE gaia_status catalog_open(struct file_table *files, const struct gaia_source *source,
                                       enum source_role role, const char *const *names,
                                       size_t n_names, struct catalog *catalog, gaia_error *err);

void catalog_close(struct catalog *catalog);

/* Index of the variable of this name, or n_variables. */
size_t catalog_variable(const struct catalog *catalog, const char *name);

/* The entry with this key, or NULL. */
const struct catalog_entry *catalog_find(const struct catalog *catalog, size_t variable,
                                         double level, int64_t time_s, int64_t lead_time_s);

/* Whether there is a field of this variable at this level, at any time. */
bool catalog_has_level(const struct catalog *catalog, size_t variable, double level);

/* The entries of this variable and level, which lie side by side, and how many there are. */
const struct catalog_entry *catalog_level_entries(const struct catalog *catalog, size_t variable,
                                                  double level, size_t *n);

/* Writes the entry's time for messages: a date, or a climatology's bin. text: at least
 * CATALOG_TIME_TEXT bytes. */
enum { CATALOG_TIME_TEXT = 48 };
void catalog_time_text(const struct catalog *catalog, const struct catalog_entry *entry,
                       char *text);

/* Writes ", level 500" for messages, and nothing where there is no level (NaN). text: at least
 * CATALOG_LEVEL_TEXT bytes. */
enum { CATALOG_LEVEL_TEXT = 32 };
void catalog_level_text(double level, char *text);

/* What a variable's entries have of a coordinate, for messages: "500, 850", "12, 24", "none". The
 * list ends in ", ..." where it does not fit. */
void catalog_list_levels(const struct catalog *catalog, size_t variable, char *out,
                         size_t out_bytes);
void catalog_list_leads(const struct catalog *catalog, size_t variable, char *out,
                        size_t out_bytes);

#endif
