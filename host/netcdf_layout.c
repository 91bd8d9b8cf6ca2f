/* SPDX-License-Identifier: MIT
 *
 * Attributes of packing and of missing values.
 */
#include "netcdf_layout.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "error.h"

/* Reads at most n_max numbers of an attribute; 0 if it is absent, too long or no number. */
static size_t numbers_read(int ncid, int varid, const char *name, size_t n_max, double *out,
                           nc_type *type)
{
    size_t n = 0;
    if (nc_inq_att(ncid, varid, name, type, &n) != NC_NOERR || n > n_max || *type == NC_CHAR ||
        *type == NC_STRING || nc_get_att_double(ncid, varid, name, out) != NC_NOERR) {
        return 0;
    }
    return n;
}

static bool is_real(nc_type type)
{
    return type == NC_FLOAT || type == NC_DOUBLE;
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

/* A missing value compares as the variable's type stores it; one that the type cannot store is
 * none. */
static void missing_add(struct missing_rule *rule, nc_type type, double value)
{
    const bool storable = type == NC_SHORT
                              ? value >= INT16_MIN && value <= INT16_MAX && value == floor(value)
                          : type == NC_FLOAT ? fabs(value) <= (double)FLT_MAX
                                             : isfinite(value);
    if (storable && rule->n_values < MISSING_VALUES_MAX) {
        rule->values[rule->n_values++] = type == NC_FLOAT ? (double)(float)value : value;
    }
}

/* Narrows the valid range by bounds in packed units, or in unpacked ones where the attribute is
 * real and the variable packed in integers (then with the slack that unpacking's rounding needs).
 */
static void range_narrow(struct missing_rule *rule, nc_type type, nc_type attribute_type,
                         const struct gaia_field *layout, double low, double high)
{
    const bool unpacked =
        is_real(attribute_type) && !is_real(type) && layout->packed && layout->scale != 0.0;
    if (unpacked) {
        const double a = (low - layout->offset) / layout->scale;
        const double b = (high - layout->offset) / layout->scale;
        low = ceil(fmin(a, b) - 1e-6);
        high = floor(fmax(a, b) + 1e-6);
    } else if (type == NC_FLOAT) {
        low = fabs(low) <= (double)FLT_MAX ? (double)(float)low : low;
        high = fabs(high) <= (double)FLT_MAX ? (double)(float)high : high;
    }
    rule->valid_min = low > rule->valid_min ? low : rule->valid_min;
    rule->valid_max = high < rule->valid_max ? high : rule->valid_max;
}

static void missing_read(int ncid, int varid, nc_type type, const struct gaia_field *layout,
                         struct missing_rule *rule)
{
    double value[MISSING_VALUES_MAX];
    nc_type attribute_type = NC_NAT;
    size_t length = 0;
    const bool has_fill =
        nc_inq_att(ncid, varid, "_FillValue", &attribute_type, &length) == NC_NOERR;
    *rule = (struct missing_rule){.valid_min = -(double)INFINITY, .valid_max = (double)INFINITY};
    if (numbers_read(ncid, varid, "_FillValue", 1, value, &attribute_type) == 1) {
        missing_add(rule, type, value[0]);
    } else if (!has_fill && default_fill(type, value)) {
        missing_add(rule, type, value[0]);
    }
    size_t n =
        numbers_read(ncid, varid, "missing_value", MISSING_VALUES_MAX, value, &attribute_type);
    for (size_t i = 0; i < n; i++) {
        missing_add(rule, type, value[i]);
    }
    if (numbers_read(ncid, varid, "valid_range", 2, value, &attribute_type) == 2) {
        range_narrow(rule, type, attribute_type, layout, value[0], value[1]);
    }
    if (numbers_read(ncid, varid, "valid_min", 1, value, &attribute_type) == 1) {
        range_narrow(rule, type, attribute_type, layout, value[0], (double)INFINITY);
    }
    if (numbers_read(ncid, varid, "valid_max", 1, value, &attribute_type) == 1) {
        range_narrow(rule, type, attribute_type, layout, -(double)INFINITY, value[0]);
    }
}

/* Chooses the int16 code that stands for every missing value: one that the rule calls missing
 * already, so no value is lost. */
static void missing_code_choose(const struct missing_rule *rule, struct gaia_field *layout)
{
    for (size_t i = 0; i < rule->n_values && !layout->has_missing_code; i++) {
        layout->has_missing_code = 1;
        layout->missing_code = (int16_t)rule->values[i];
    }
    if (!layout->has_missing_code && (rule->valid_min > INT16_MIN || rule->valid_max < INT16_MAX)) {
        layout->has_missing_code = 1;
        layout->missing_code = rule->valid_min > INT16_MIN ? INT16_MIN : INT16_MAX;
    }
}

static gaia_status packing_read(int ncid, int varid, const char *where, struct gaia_field *layout,
                                gaia_error *err)
{
    double scale = 1.0;
    double offset = 0.0;
    nc_type type = NC_NAT;
    const size_t n_scale = numbers_read(ncid, varid, "scale_factor", 1, &scale, &type);
    const size_t n_offset = numbers_read(ncid, varid, "add_offset", 1, &offset, &type);
    const char *bad =
        n_scale == 0 && nc_inq_att(ncid, varid, "scale_factor", NULL, NULL) == NC_NOERR
            ? "scale_factor"
        : n_offset == 0 && nc_inq_att(ncid, varid, "add_offset", NULL, NULL) == NC_NOERR
            ? "add_offset"
            : NULL;
    if (bad != NULL) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: attribute %s is no number", where, bad);
    }
    if (!isfinite(scale) || !isfinite(offset)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: scale_factor %g, add_offset %g", where, scale,
                         offset);
    }
    layout->packed = n_scale == 1 || n_offset == 1;
    layout->scale = scale;
    layout->offset = offset;
    return GAIA_OK;
}

gaia_status netcdf_layout_read(int ncid, int varid, const char *where, nc_type *type,
                               struct gaia_field *layout, struct missing_rule *rule,
                               gaia_error *err)
{
    char is_unsigned[8] = "";
    size_t length = 0;
    *layout = (struct gaia_field){.scale = 1.0};
    if (nc_inq_vartype(ncid, varid, type) != NC_NOERR || *type < NC_BYTE || *type > NC_UINT64 ||
        *type == NC_CHAR) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: its values are no numbers", where);
    }
    if (nc_inq_attlen(ncid, varid, "_Unsigned", &length) == NC_NOERR &&
        length < sizeof is_unsigned &&
        nc_get_att_text(ncid, varid, "_Unsigned", is_unsigned) == NC_NOERR &&
        strcasecmp(is_unsigned, "true") == 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: attribute _Unsigned is not supported",
                         where);
    }
    layout->dtype = *type == NC_SHORT   ? GAIA_INT16
                    : *type == NC_FLOAT ? GAIA_FLOAT32
                                        : GAIA_FLOAT64;
    const gaia_status status = packing_read(ncid, varid, where, layout, err);
    if (status != GAIA_OK) {
        return status;
    }
    missing_read(ncid, varid, *type, layout, rule);
    if (layout->dtype == GAIA_INT16) {
        missing_code_choose(rule, layout);
    }
    return GAIA_OK;
}
