/* SPDX-License-Identifier: MIT
 *
 * Attributes of packing and of missing values, as Zarr's JSON has them.
 */
#include "zarr_layout.h"

#include <strings.h>

#include "error.h"
#include "layout_rule.h"
#include "zarr_json.h"
#include "zarr_type.h"

/* The numbers of an attribute: one number, or a list of at most n_max. */
static struct layout_attribute attribute_read(const json_t *attributes, const char *name,
                                              size_t n_max)
{
    struct layout_attribute attribute = {.n = 0};
    const json_t *value = json_object_get(attributes, name);
    const size_t n = json_is_array(value) ? json_array_size(value) : 1;
    attribute.present = value != NULL && !json_is_null(value);
    attribute.empty = n == 0 || (json_is_string(value) && json_string_length(value) == 0);
    attribute.text = json_is_string(value);
    for (size_t i = 0; attribute.present && n <= n_max && i < n; i++) {
        const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
        bool real = false;
        if (!zarr_json_number(item, &attribute.value[i], &real)) {
            attribute.n = 0;
            break;
        }
        attribute.real = attribute.real || real;
        attribute.n = i + 1;
    }
    return attribute;
}

/* The value that stands for "missing". */
static struct layout_attribute fill_read(const struct zarr_array *array, bool is_coordinate)
{
    struct layout_attribute fill = attribute_read(array->attributes, "_FillValue", 1);
    if (!is_coordinate && array->version == 2 && array->has_fill) {
        fill = (struct layout_attribute){.present = true, .n = 1};
        fill.value[0] = zarr_type_number(&array->type, array->fill);
    } else if (fill.n == 0 &&
               zarr_json_base64_float64(json_object_get(array->attributes, "_FillValue"),
                                        &fill.value[0])) {
        fill.n = 1;
    }
    return fill;
}

gaia_status zarr_layout_read(const struct zarr_array *array, const char *where, bool is_coordinate,
                             struct gaia_field *layout, struct missing_rule *missing,
                             gaia_error *err)
{
    const json_t *attributes = array->attributes;
    const struct zarr_type *type = &array->type;
    const struct layout_attributes rules = {
        .stored = type->kind == ZARR_FLOAT ? type->bytes == 4 ? STORED_FLOAT32 : STORED_FLOAT64
                  : zarr_type_kept(type)   ? STORED_INT16
                                           : STORED_OTHER_INTEGER,
        .is_coordinate = is_coordinate,
        .scale_factor = attribute_read(attributes, "scale_factor", 1),
        .add_offset = attribute_read(attributes, "add_offset", 1),
        .fill_value = fill_read(array, is_coordinate),
        .missing_value = attribute_read(attributes, "missing_value", MISSING_VALUES_MAX),
        .valid_range = attribute_read(attributes, "valid_range", 2),
        .valid_min = attribute_read(attributes, "valid_min", 1),
        .valid_max = attribute_read(attributes, "valid_max", 1),
    };
    if (type->units != NULL) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: its values are no numbers", where);
    }
    if (!is_coordinate && strcasecmp(zarr_text(attributes, "_Unsigned"), "true") == 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: attribute _Unsigned is not supported",
                         where);
    }
    return layout_rule_make(&rules, where, layout, missing, err);
}
