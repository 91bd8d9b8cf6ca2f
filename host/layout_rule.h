/* SPDX-License-Identifier: MIT
 *
 * How a variable stores its values, from attributes that NetCDF and Zarr share: packing, and what
 * means "missing" (NetCDF User's Guide, "Attribute Conventions"; CF 8.1).
 */
#ifndef HOST_LAYOUT_RULE_H
#define HOST_LAYOUT_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "grid.h"

/* The numbers of one attribute. n is 0 where it is absent, too long, or there but no number. */
struct layout_attribute {
    bool present;
    bool empty; /* there, but without a character or number */
    bool text;
    bool real; /* stored as float32 or float64 */
    size_t n;
    double value[MISSING_VALUES_MAX];
};

/* int16, float32 and float64 keep their type in the field; other integers become float64. */
enum layout_stored { STORED_INT16, STORED_FLOAT32, STORED_FLOAT64, STORED_OTHER_INTEGER };

struct layout_attributes {
    enum layout_stored stored;
    bool is_coordinate; /* its valid range does not count: tools that cut and join files leave an
                           old one behind */
    struct layout_attribute scale_factor;  /* 1 */
    struct layout_attribute add_offset;    /* 1 */
    struct layout_attribute fill_value;    /* 1 */
    struct layout_attribute missing_value; /* up to MISSING_VALUES_MAX */
    struct layout_attribute valid_range;   /* 2 */
    struct layout_attribute valid_min;     /* 1 */
    struct layout_attribute valid_max;     /* 1 */
    bool has_default_fill; /* what the format fills with where there is no fill_value */
    double default_fill;
};

/* Makes layout and rule of the attributes. In int16 every missing value becomes one code.
 * GAIA_FILE_DAMAGED: scale or offset no number or not finite; what says which values are missing is
 * text, of another count of numbers, or a range with its ends reversed (an empty attribute says
 * nothing). layout->dtype is set then too. where ("file: variable 'x'") is for messages. */
GAIA_MUST_USE gaia_status layout_rule_make(const struct layout_attributes *attributes,
                                           const char *where, struct gaia_field *layout,
                                           struct missing_rule *rule, gaia_error *err);

#endif
