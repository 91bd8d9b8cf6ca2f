/* SPDX-License-Identifier: MIT
 *
 * Attributes of packing and of missing values, as netcdf-c gives them.
 */
#include "netcdf_layout.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "layout_rule.h"

enum { BLANKS_MAX = 64 };

/* Whether an attribute of n elements has nothing in it: some writers pad "" by NULs or blanks. */
static bool attribute_empty(int ncid, int varid, const char *name, nc_type type, size_t n)
{
    char letters[BLANKS_MAX + 1] = "";
    char *string = NULL;
    if (type == NC_CHAR && n <= BLANKS_MAX &&
        nc_get_att_text(ncid, varid, name, letters) == NC_NOERR) {
        return strspn(letters, " ") == strlen(letters);
    }
    if (n == 1 && type == NC_STRING && nc_get_att_string(ncid, varid, name, &string) == NC_NOERR) {
        const bool empty = string == NULL || strspn(string, " ") == strlen(string);
        (void)nc_free_string(1, &string);
        return empty;
    }
    return n == 0;
}

/* Reads at most n_max numbers of an attribute. */
static struct layout_attribute attribute_read(int ncid, int varid, const char *name, size_t n_max)
{
    struct layout_attribute attribute = {.n = 0};
    nc_type type = NC_NAT;
    size_t n = 0;
    if (nc_inq_att(ncid, varid, name, &type, &n) != NC_NOERR) {
        return attribute;
    }
    attribute.present = true;
    attribute.empty = attribute_empty(ncid, varid, name, type, n);
    attribute.text = type == NC_CHAR || type == NC_STRING;
    attribute.real = type == NC_FLOAT || type == NC_DOUBLE;
    if (n <= n_max && !attribute.text &&
        nc_get_att_double(ncid, varid, name, attribute.value) == NC_NOERR) {
        attribute.n = n;
    }
    return attribute;
}

/* The value that the library fills what was never written with; false where the type has none. */
static bool default_fill(nc_type type, double *fill)
{
    switch (type) {
    case NC_SHORT:
        *fill = NC_FILL_SHORT;
        return true;
    case NC_USHORT:
        *fill = NC_FILL_USHORT;
        return true;
    case NC_INT:
        *fill = NC_FILL_INT;
        return true;
    case NC_UINT:
        *fill = NC_FILL_UINT;
        return true;
    case NC_FLOAT:
        *fill = (double)NC_FILL_FLOAT;
        return true;
    case NC_DOUBLE:
        *fill = NC_FILL_DOUBLE;
        return true;
    default:
        return false;
    }
}

gaia_status netcdf_layout_read(int ncid, int varid, const char *where, bool is_coordinate,
                               nc_type *type, struct gaia_field *layout, struct missing_rule *rule,
                               gaia_error *err)
{
    char is_unsigned[8] = "";
    size_t length = 0;
    *layout = (struct gaia_field){.scale = 1.0};
    if (nc_inq_vartype(ncid, varid, type) != NC_NOERR || *type < NC_BYTE || *type > NC_UINT64 ||
        *type == NC_CHAR) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: its values are no numbers", where);
    }
    if (!is_coordinate && nc_inq_attlen(ncid, varid, "_Unsigned", &length) == NC_NOERR &&
        length < sizeof is_unsigned &&
        nc_get_att_text(ncid, varid, "_Unsigned", is_unsigned) == NC_NOERR &&
        strcasecmp(is_unsigned, "true") == 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: attribute _Unsigned is not supported",
                         where);
    }
    struct layout_attributes attributes = {
        .stored = *type == NC_SHORT    ? STORED_INT16
                  : *type == NC_FLOAT  ? STORED_FLOAT32
                  : *type == NC_DOUBLE ? STORED_FLOAT64
                                       : STORED_OTHER_INTEGER,
        .is_coordinate = is_coordinate,
        .scale_factor = attribute_read(ncid, varid, "scale_factor", 1),
        .add_offset = attribute_read(ncid, varid, "add_offset", 1),
        .fill_value = attribute_read(ncid, varid, "_FillValue", 1),
        .missing_value = attribute_read(ncid, varid, "missing_value", MISSING_VALUES_MAX),
        .valid_range = attribute_read(ncid, varid, "valid_range", 2),
        .valid_min = attribute_read(ncid, varid, "valid_min", 1),
        .valid_max = attribute_read(ncid, varid, "valid_max", 1),
    };
    attributes.has_default_fill = default_fill(*type, &attributes.default_fill);
    return layout_rule_make(&attributes, where, layout, rule, err);
}
