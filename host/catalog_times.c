/* SPDX-License-Identifier: MIT
 *
 * Times by role.
 *
 * Invariant: a lead time is a difference of counts, so that it is right in every calendar.
 */
#include "catalog_times.h"

#include "calendar.h"
#include "catalog_entry.h"
#include "error.h"

/* Reads a time of the job in the calendar that the files turned out to have. */
static gaia_status job_time_read(const struct catalog *catalog, const char *path, const char *key,
                                 const char *text, int64_t *time_s, gaia_error *err)
{
    if (text == NULL) {
        return GAIA_OK;
    }
    const gaia_status status = gaia_calendar_parse(catalog->calendar, text, time_s, err);
    return status == GAIA_OK
               ? GAIA_OK
               : error_prefix(err, error_restate(err, GAIA_JOB_INVALID), "%s: %s", path, key);
}

/* The first field with a time decides on the calendar; every other must have the same. */
static gaia_status calendar_take(struct catalog *catalog, const char *path, const char *name,
                                 const struct reader_field *field, gaia_error *err)
{
    if (catalog->has_calendar) {
        return catalog->calendar == field->calendar
                   ? GAIA_OK
                   : error_set(err, GAIA_AXIS_INVALID,
                               "%s: variable '%s' has calendar '%s', other fields of %s have '%s'",
                               path, name, gaia_calendar_name(field->calendar), catalog->grid_path,
                               gaia_calendar_name(catalog->calendar));
    }
    catalog->has_calendar = true;
    catalog->calendar = field->calendar;
    const gaia_status status = job_time_read(
        catalog, path, "select.init", catalog->source->select_init, &catalog->select_init_s, err);
    return status == GAIA_OK
               ? job_time_read(catalog, path, "init", catalog->source->init, &catalog->init_s, err)
               : status;
}

/* A mask has the times that its file gives it, or the bin of a climatology, if any. */
static gaia_status mask_take(struct catalog *catalog, const char *path, const char *name,
                             struct catalog_entry *entry, bool *keep, gaia_error *err)
{
    const struct reader_field *field = &entry->field;
    if (!field->has_time) {
        return catalog_bin_take(path, name, entry, err);
    }
    const gaia_status status = calendar_take(catalog, path, name, field, err);
    entry->time_s = field->time_s;
    entry->lead_time_s = field->has_lead ? field->lead_time_s : 0;
    *keep = catalog->source->select_init == NULL || entry->time_s == catalog->select_init_s;
    return status;
}

/* The file has valid times, the job or a scalar of the file says the init time. */
static gaia_status lead_make(const struct catalog *catalog, const char *path, const char *name,
                             int64_t init_s, struct catalog_entry *entry, gaia_error *err)
{
    const struct reader_field *field = &entry->field;
    if (field->has_lead) {
        return error_set(err, GAIA_JOB_INVALID,
                         "%s: variable '%s' has lead times of its own; 'init' is for files with "
                         "valid times only",
                         path, name);
    }
    if (field->time_s < init_s) {
        char valid[GAIA_TIME_TEXT];
        char init[GAIA_TIME_TEXT];
        gaia_calendar_format(catalog->calendar, field->time_s, valid);
        gaia_calendar_format(catalog->calendar, init_s, init);
        return error_set(err, GAIA_AXIS_INVALID,
                         "%s: variable '%s' has a field valid %s, before the init time %s", path,
                         name, valid, init);
    }
    entry->time_s = init_s;
    entry->lead_time_s = field->time_s - init_s;
    return GAIA_OK;
}

/* Times are written, and asked for, in the proleptic Gregorian calendar. */
static gaia_status julian_refuse(const char *path, const char *name, int64_t time_s,
                                 gaia_error *err)
{
    const struct civil_time civil = civil_from_julian(time_s);
    return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                     "%s: variable '%s' has a field of %04lld-%02d-%02d, where calendar 'standard' "
                     "is Julian; times before 1582-10-15 can only be read in calendar "
                     "'proleptic_gregorian'",
                     path, name, (long long)civil.year, civil.month, civil.day);
}

gaia_status catalog_times(struct catalog *catalog, const char *path, const char *name,
                          struct catalog_entry *entry, bool *keep, gaia_error *err)
{
    const struct gaia_source *source = catalog->source;
    const struct reader_field *field = &entry->field;
    *keep = true;
    if (catalog->role == SOURCE_CLIMATOLOGY) {
        return catalog_bin_take(path, name, entry, err);
    }
    if (catalog->role == SOURCE_MASK) {
        return mask_take(catalog, path, name, entry, keep, err);
    }
    if (!field->has_time) {
        return error_set(err, GAIA_TIME_MISSING, "%s: variable '%s' has no time coordinate", path,
                         name);
    }
    if (field->is_julian) {
        return julian_refuse(path, name, field->time_s, err);
    }
    const gaia_status status = calendar_take(catalog, path, name, field, err);
    if (status != GAIA_OK) {
        return status;
    }
    entry->time_s = field->time_s;
    entry->lead_time_s = field->has_lead ? field->lead_time_s : source->step_override_s;
    *keep = source->select_init == NULL || field->time_s == catalog->select_init_s;
    if (catalog->role == SOURCE_TRUTH) {
        entry->time_s += field->has_lead && !source->as_truth ? field->lead_time_s : 0;
        entry->lead_time_s = 0;
    } else if (source->as_truth) {
        entry->lead_time_s = 0;
    } else if (source->init != NULL) {
        return lead_make(catalog, path, name, catalog->init_s, entry, err);
    } else if (field->has_init && !source->has_step_override) {
        *keep = source->select_init == NULL || field->init_s == catalog->select_init_s;
        return *keep ? lead_make(catalog, path, name, field->init_s, entry, err) : GAIA_OK;
    } else if (!field->has_lead && !source->has_step_override) {
        return error_set(err, GAIA_LEAD_MISSING,
                         "%s: variable '%s' has no lead time (step) coordinate: say it by --step "
                         "(gaia hash, gaia verify) or \"step_override\" (a job); where its times "
                         "are valid times, say the init time by --init (gaia score) or \"init\" (a "
                         "job)",
                         path, name);
    }
    return GAIA_OK;
}

gaia_status catalog_calendar_agrees(const struct catalog *catalog, const struct catalog *truth,
                                    gaia_error *err)
{
    return !catalog->has_calendar || !truth->has_calendar || catalog->calendar == truth->calendar
               ? GAIA_OK
               : error_set(err, GAIA_AXIS_INVALID,
                           "the times of %s are in calendar '%s', those of %s in '%s'",
                           catalog->grid_path, gaia_calendar_name(catalog->calendar),
                           truth->grid_path, gaia_calendar_name(truth->calendar));
}
