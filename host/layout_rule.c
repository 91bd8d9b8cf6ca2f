/* SPDX-License-Identifier: MIT
 *
 * The rules of packing and of missing values.
 */
#include "layout_rule.h"

#include <float.h>
#include <math.h>

#include "error.h"

static bool is_real(enum layout_stored stored)
{
    return stored == STORED_FLOAT32 || stored == STORED_FLOAT64;
}

/* A missing value compares as the variable's type stores it; one that the type cannot store is
 * none. */
static void missing_add(struct missing_rule *rule, enum layout_stored stored, double value)
{
    const bool storable = stored == STORED_INT16
                              ? value >= INT16_MIN && value <= INT16_MAX && value == floor(value)
                          : stored == STORED_FLOAT32 ? fabs(value) <= (double)FLT_MAX
                                                     : isfinite(value);
    if (storable && rule->n_values < MISSING_VALUES_MAX) {
        rule->values[rule->n_values++] = stored == STORED_FLOAT32 ? (double)(float)value : value;
    }
}

/* Narrows the valid range by bounds in packed units, or in unpacked ones where the attribute is
 * real and the variable packed in integers (then with the slack that unpacking's rounding needs).
 */
static void range_narrow(struct missing_rule *rule, enum layout_stored stored, bool real,
                         const struct gaia_field *layout, double low, double high)
{
    const bool unpacked = real && !is_real(stored) && layout->packed && layout->scale != 0.0;
    if (unpacked) {
        const double a = (low - layout->offset) / layout->scale;
        const double b = (high - layout->offset) / layout->scale;
        low = ceil(fmin(a, b) - 1e-6);
        high = floor(fmax(a, b) + 1e-6);
    } else if (stored == STORED_FLOAT32) {
        low = fabs(low) <= (double)FLT_MAX ? (double)(float)low : low;
        high = fabs(high) <= (double)FLT_MAX ? (double)(float)high : high;
    }
    rule->valid_min = low > rule->valid_min ? low : rule->valid_min;
    rule->valid_max = high < rule->valid_max ? high : rule->valid_max;
}

static void range_make(const struct layout_attributes *a, const struct gaia_field *layout,
                       struct missing_rule *rule)
{
    if (a->valid_range.n == 2) {
        range_narrow(rule, a->stored, a->valid_range.real, layout, a->valid_range.value[0],
                     a->valid_range.value[1]);
    }
    if (a->valid_min.n == 1) {
        range_narrow(rule, a->stored, a->valid_min.real, layout, a->valid_min.value[0],
                     (double)INFINITY);
    }
    if (a->valid_max.n == 1) {
        range_narrow(rule, a->stored, a->valid_max.real, layout, -(double)INFINITY,
                     a->valid_max.value[0]);
    }
}

static void missing_make(const struct layout_attributes *a, const struct gaia_field *layout,
                         struct missing_rule *rule)
{
    *rule = (struct missing_rule){.valid_min = -(double)INFINITY, .valid_max = (double)INFINITY};
    if (a->fill_value.n == 1) {
        missing_add(rule, a->stored, a->fill_value.value[0]);
    } else if (!a->fill_value.present && a->has_default_fill) {
        missing_add(rule, a->stored, a->default_fill);
    }
    for (size_t i = 0; i < a->missing_value.n; i++) {
        missing_add(rule, a->stored, a->missing_value.value[i]);
    }
    if (!a->is_coordinate) {
        range_make(a, layout, rule);
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

static gaia_status packing_make(const struct layout_attributes *a, const char *where,
                                struct gaia_field *layout, gaia_error *err)
{
    const bool has_scale = a->scale_factor.n == 1;
    const bool has_offset = a->add_offset.n == 1;
    const double scale = has_scale ? a->scale_factor.value[0] : 1.0;
    const double offset = has_offset ? a->add_offset.value[0] : 0.0;
    const char *bad = !has_scale && a->scale_factor.present && !a->scale_factor.empty
                          ? "scale_factor"
                      : !has_offset && a->add_offset.present && !a->add_offset.empty ? "add_offset"
                                                                                     : NULL;
    if (bad != NULL) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: attribute %s is no number", where, bad);
    }
    if (!isfinite(scale) || !isfinite(offset)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: scale_factor %g, add_offset %g", where, scale,
                         offset);
    }
    layout->packed = has_scale || has_offset;
    layout->scale = scale;
    layout->offset = offset;
    return GAIA_OK;
}

/* Numbers that say what is missing must be as many as their attribute has. */
static gaia_status missing_check(const struct layout_attributes *a, const char *where,
                                 gaia_error *err)
{
    _Static_assert(MISSING_VALUES_MAX == 8, "the message says so");
    const struct {
        const struct layout_attribute *attribute;
        const char *name;
        const char *wrong;
        size_t n_min;
        bool of_range;
    } rows[] = {
        {&a->fill_value, "_FillValue", "no number", 1, false},
        {&a->missing_value, "missing_value", "no list of at most 8 numbers", 1, false},
        {&a->valid_range, "valid_range", "no pair of numbers", 2, true},
        {&a->valid_min, "valid_min", "no number", 1, true},
        {&a->valid_max, "valid_max", "no number", 1, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct layout_attribute *attribute = rows[i].attribute;
        if (attribute->present && !attribute->empty && attribute->n < rows[i].n_min &&
            !(rows[i].of_range && a->is_coordinate)) {
            return error_set(err, GAIA_FILE_DAMAGED, "%s: attribute %s is %s", where, rows[i].name,
                             attribute->text ? "text, no number" : rows[i].wrong);
        }
    }
    return GAIA_OK;
}

/* The lower end of a range, in one attribute or in two, must not be above the upper one. */
static gaia_status range_check(const struct layout_attributes *a, const char *where,
                               gaia_error *err)
{
    if (a->valid_range.n == 2 && a->valid_range.value[0] > a->valid_range.value[1]) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: attribute valid_range is reversed: %g, %g",
                         where, a->valid_range.value[0], a->valid_range.value[1]);
    }
    if (a->valid_min.n == 1 && a->valid_max.n == 1 &&
        a->valid_min.value[0] > a->valid_max.value[0]) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: valid_min %g is above valid_max %g", where,
                         a->valid_min.value[0], a->valid_max.value[0]);
    }
    return GAIA_OK;
}

gaia_status layout_rule_make(const struct layout_attributes *attributes, const char *where,
                             struct gaia_field *layout, struct missing_rule *rule, gaia_error *err)
{
    *layout = (struct gaia_field){.scale = 1.0};
    layout->dtype = attributes->stored == STORED_INT16     ? GAIA_INT16
                    : attributes->stored == STORED_FLOAT32 ? GAIA_FLOAT32
                                                           : GAIA_FLOAT64;
    gaia_status status = packing_make(attributes, where, layout, err);
    if (status == GAIA_OK) {
        status = missing_check(attributes, where, err);
    }
    if (status == GAIA_OK && !attributes->is_coordinate) {
        status = range_check(attributes, where, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    missing_make(attributes, layout, rule);
    if (layout->dtype == GAIA_INT16) {
        missing_code_choose(rule, layout);
    }
    return GAIA_OK;
}
