/* SPDX-License-Identifier: MIT
 *
 * Units of fields: reading their texts and converting one into another.
 *
 * A table of our own and not udunits: its parser keeps state that threads share and reads a
 * database from disk at run time, while the units of gridded weather are a few dozen words with
 * powers. Texts come from strangers' files: they are bounded, and what is not understood is said to
 * be so, never guessed.
 */
#ifndef SCORE_UNITS_H
#define SCORE_UNITS_H

#include <stdbool.h>

/* Longest text that is read as units. */
enum { UNITS_TEXT_MAX = 127 };

/* The base units that all others are made of. */
enum units_base { UNITS_METRE, UNITS_KILOGRAM, UNITS_SECOND, UNITS_KELVIN, UNITS_BASES };

/* value * factor + offset is the value in base units, of which each is raised to power[base]. */
struct units {
    double factor;
    double offset;
    int power[UNITS_BASES];
};

/* What brings a value to other units: value * scale + offset. */
struct units_conversion {
    double scale;
    double offset;
};

static inline bool units_conversion_changes(const struct units_conversion *conversion)
{
    return conversion->scale != 1.0 || conversion->offset != 0.0;
}

/* Reads "m s-1", "m s**-1", "m/s", "m2.s-2", "kg kg-1", "hPa", "degC", "%", "100 Pa", "gpm", "(0 -
 * 1)". "" is no units. False: not understood. */
bool units_parse(const char *text, struct units *units);

/* The conversion from one text to another. Equal texts, and texts that differ in spelling alone,
 * are the same units even if nobody understands them; where one side says nothing (""), nothing is
 * changed. Two names of a variable tell what it is: between metres and m2 s-2 a factor of
 * VARIABLE_GRAVITY leads if one of the names is geopotential or its height, and between metres and
 * kg m-2 the density of water, 1000 kg m-3, if one is precipitation (variable_name.h). False: one
 * cannot be converted into the other. */
bool units_convert(const char *from, const char *to, const char *name, const char *other_name,
                   struct units_conversion *conversion);

#endif
