/* SPDX-License-Identifier: MIT
 *
 * Conversions of a source's parts.
 *
 * Invariant: missing values are told by what the file stores, before any conversion.
 */
#include "source_units.h"

#include "alias.h"
#include "error.h"

static gaia_status part_settle(struct catalog_part *part, const struct catalog *catalog,
                               const struct catalog *truth, gaia_error *err)
{
    const struct catalog_variable *mine = &catalog->variables[part->variable];
    enum alias_rank rank = ALIAS_NONE;
    size_t second = 0;
    const size_t other = alias_match(truth, mine->name, &rank, &second);
    if (other == truth->n_variables || second < truth->n_variables) {
        return GAIA_OK; /* not scored, or plan_variables_choose says what is wrong */
    }
    const struct catalog_variable *theirs = &truth->variables[other];
    if (theirs->units != NULL && !units_convert(part->units, theirs->units, part->name,
                                                theirs->in_file, &part->conversion)) {
        return error_set(err, GAIA_UNITS_MISMATCH,
                         "variable '%s' is in '%s' in %s and '%s' is in '%s' in %s: one cannot be "
                         "converted into the other",
                         part->name, part->units, part->path, theirs->in_file, theirs->units,
                         truth->grid_path);
    }
    return GAIA_OK;
}

gaia_status source_units_settle(struct catalog *catalog, const struct catalog *truth,
                                gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < catalog->n_parts; i++) {
        status = part_settle(&catalog->parts[i], catalog, truth, err);
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
