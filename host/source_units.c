/* SPDX-License-Identifier: MIT
 *
 * Conversions of a source's parts.
 *
 * Invariant: missing values are told by what the file stores, before any conversion.
 */
#include "source_units.h"

#include "alias.h"
#include "error.h"
#include "variable_name.h"

/* The name that tells most of what a variable is: the file's, else the job's. */
static const char *telling(const char *in_file, const char *in_job)
{
    return variable_kind(in_file) != VARIABLE_PLAIN ? in_file : in_job;
}

/* The units that fields are brought to. The numbers of a composite (bounds, differences that are
 * too small) are in ECMWF's units, whatever the truth is in. */
static const char *target_units(const struct gaia_profile *profile, const char *name,
                                const struct catalog_variable *truth)
{
    const char *units =
        profile != NULL && profile->composite.kind != COMPOSITE_NONE ? variable_units(name) : NULL;
    return units != NULL ? units : truth->units;
}

static gaia_status part_settle(struct catalog_part *part, const struct catalog *catalog,
                               const struct catalog *truth, const struct gaia_profile *profile,
                               gaia_error *err)
{
    const struct catalog_variable *mine = &catalog->variables[part->variable];
    enum alias_rank rank = ALIAS_NONE;
    size_t second = 0;
    const size_t other = alias_match(truth, mine->name, &rank, &second);
    if (other == truth->n_variables || second < truth->n_variables) {
        return GAIA_OK; /* not scored, or plan_variables_choose says what is wrong */
    }
    const struct catalog_variable *theirs = &truth->variables[other];
    const char *target = target_units(profile, mine->name, theirs);
    if (target != theirs->units &&
        !units_convert(part->units, target, telling(part->name, mine->name), mine->name,
                       &part->conversion)) {
        return error_set(err, GAIA_UNITS_MISMATCH,
                         "variable '%s' is in '%s' in %s, which cannot be converted into the '%s' "
                         "that the profile's composite is in",
                         part->name, part->units, part->path, target);
    }
    if (target != NULL && target == theirs->units &&
        !units_convert(part->units, target, telling(part->name, mine->name),
                       telling(theirs->in_file, theirs->name), &part->conversion)) {
        return error_set(err, GAIA_UNITS_MISMATCH,
                         "variable '%s' is in '%s' in %s and '%s' is in '%s' in %s: one cannot be "
                         "converted into the other",
                         part->name, part->units, part->path, theirs->in_file, theirs->units,
                         truth->grid_path);
    }
    return GAIA_OK;
}

gaia_status source_units_settle(struct catalog *catalog, const struct catalog *truth,
                                const struct gaia_profile *profile, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < catalog->n_parts; i++) {
        status = part_settle(&catalog->parts[i], catalog, truth, profile, err);
    }
    return status;
}

void source_units_apply(const struct catalog *catalog, const struct catalog_entry *entry,
                        struct gaia_field *field)
{
    const struct units_conversion *conversion = &catalog->parts[entry->part].conversion;
    if (units_conversion_changes(conversion)) {
        const double scale = field->packed ? field->scale : 1.0;
        const double offset = field->packed ? field->offset : 0.0;
        field->packed = 1;
        field->scale = scale * conversion->scale;
        field->offset = offset * conversion->scale + conversion->offset;
    }
}
