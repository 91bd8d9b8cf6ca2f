/* SPDX-License-Identifier: MIT
 *
 * A table of unit words, and products of their powers.
 *
 * Invariant: time and memory are bounded by the length of the text, which is bounded itself.
 */
#include "units.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "variable_name.h"

enum { POWER_MAX = 9, WORD_MAX = 32, SPELLINGS_MAX = 12 };

/* Smaller factors than this, and larger ones than its inverse, are no units of weather. */
static const double FACTOR_LEAST = 1e-60;

static const double WATER_DENSITY = 1000.0; /* kg m-3 */

struct unit_word {
    const char *spellings[SPELLINGS_MAX];
    struct units units;
};

/* power: metre, kilogram, second, kelvin. */
static const struct unit_word words[] = {
    {{"m", "metre", "metres", "meter", "meters", "gpm"}, {1.0, 0.0, {1, 0, 0, 0}}},
    {{"mm", "millimetre", "millimetres", "millimeter", "millimeters"}, {1e-3, 0.0, {1, 0, 0, 0}}},
    {{"cm", "centimetre", "centimeter"}, {1e-2, 0.0, {1, 0, 0, 0}}},
    {{"dm"}, {1e-1, 0.0, {1, 0, 0, 0}}},
    {{"dam", "gpdm", "dagpm"}, {10.0, 0.0, {1, 0, 0, 0}}},
    {{"km", "kilometre", "kilometer"}, {1e3, 0.0, {1, 0, 0, 0}}},
    {{"kg", "kilogram", "kilograms"}, {1.0, 0.0, {0, 1, 0, 0}}},
    {{"g", "gram", "grams"}, {1e-3, 0.0, {0, 1, 0, 0}}},
    {{"mg"}, {1e-6, 0.0, {0, 1, 0, 0}}},
    {{"s", "sec", "second", "seconds"}, {1.0, 0.0, {0, 0, 1, 0}}},
    {{"min", "minute", "minutes"}, {60.0, 0.0, {0, 0, 1, 0}}},
    {{"h", "hr", "hour", "hours"}, {3600.0, 0.0, {0, 0, 1, 0}}},
    {{"d", "day", "days"}, {86400.0, 0.0, {0, 0, 1, 0}}},
    {{"K", "kelvin", "Kelvin", "degK", "deg_K", "degrees_K", "degree_K"}, {1.0, 0.0, {0, 0, 0, 1}}},
    {{"degC", "C", "celsius", "Celsius", "deg_C", "degrees_C", "degree_C", "degree_Celsius",
      "degrees_Celsius", "degree_celsius", "degrees_celsius"},
     {1.0, 273.15, {0, 0, 0, 1}}},
    {{"degF", "fahrenheit", "Fahrenheit", "deg_F", "degrees_F", "degree_F"},
     {5.0 / 9.0, 459.67 * 5.0 / 9.0, {0, 0, 0, 1}}},
    {{"Pa", "pascal", "pascals", "Pascal"}, {1.0, 0.0, {-1, 1, -2, 0}}},
    {{"hPa", "hectopascal", "hectopascals", "mb", "mbar", "millibar", "millibars"},
     {100.0, 0.0, {-1, 1, -2, 0}}},
    {{"kPa", "kilopascal"}, {1e3, 0.0, {-1, 1, -2, 0}}},
    {{"bar", "bars"}, {1e5, 0.0, {-1, 1, -2, 0}}},
    {{"N", "newton"}, {1.0, 0.0, {1, 1, -2, 0}}},
    {{"J", "joule", "joules"}, {1.0, 0.0, {2, 1, -2, 0}}},
    {{"W", "watt", "watts"}, {1.0, 0.0, {2, 1, -3, 0}}},
    {{"Hz", "hertz"}, {1.0, 0.0, {0, 0, -1, 0}}},
    {{"knot", "knots", "kt", "kts", "kn"}, {1852.0 / 3600.0, 0.0, {1, 0, -1, 0}}},
    {{"%", "percent", "per_cent"}, {1e-2, 0.0, {0, 0, 0, 0}}},
    {{"dimensionless", "Numeric", "numeric", "fraction", "Fraction", "proportion", "Proportion",
      "unitless"},
     {1.0, 0.0, {0, 0, 0, 0}}},
};

/* Texts that are no product of words. */
static const struct {
    const char *text;
    const char *means;
} phrases[] = {
    {"(0 - 1)", "1"},
    {"(0-1)", "1"},
    {"0-1", "1"},
    {"-", "1"},
    {"~", "1"},
    {"m of water equivalent", "m"},
    {"m of water", "m"},
    {"geopotential meters", "m"},
    {"geopotential meter", "m"},
    {"geopotential metres", "m"},
    {"geopotential metre", "m"},
    {"degrees C", "degC"},
    {"degree C", "degC"},
    {"deg C", "degC"},
    {"\xc2\xb0"
     "C",
     "degC"},
};

static const struct units *word_find(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (size_t k = 0; k < SPELLINGS_MAX && words[i].spellings[k] != NULL; k++) {
            if (strcmp(word, words[i].spellings[k]) == 0) {
                return &words[i].units;
            }
        }
    }
    return NULL;
}

/* Reads the power behind a word: nothing, 2, -2, ^2, **-2, with a sign of either kind. */
static bool power_read(const char **at, int *power)
{
    const char *text = *at;
    const bool marked = *text == '^' || (text[0] == '*' && text[1] == '*');
    int sign = 1;
    text += *text == '^' ? 1 : marked ? 2 : 0;
    *power = 1;
    if (*text == '-' || *text == '+') {
        sign = *text == '-' ? -1 : 1;
        text++;
    }
    if (!isdigit((unsigned char)*text)) {
        return text == *at; /* a mark or a sign asks for digits */
    }
    if (isdigit((unsigned char)text[1])) {
        return false; /* no unit has a power of two digits */
    }
    *power = sign * (*text - '0');
    *at = text + 1;
    return true;
}

/* Multiplies product by unit^power. An offset is kept where it is the only factor. */
static bool factor_apply(struct units *product, const struct units *unit, int power, bool alone)
{
    for (int i = 0; i < power || i < -power; i++) {
        product->factor =
            power > 0 ? product->factor * unit->factor : product->factor / unit->factor;
    }
    product->offset = alone && power == 1 ? unit->offset : 0.0;
    for (int base = 0; base < UNITS_BASES; base++) {
        product->power[base] += power * unit->power[base];
        if (abs(product->power[base]) > POWER_MAX) {
            return false;
        }
    }
    return true;
}

/* Reads one factor, a number or a word, with its power. */
static bool factor_read(const char **at, struct units *unit)
{
    char word[WORD_MAX];
    size_t length = 0;
    if (isdigit((unsigned char)**at)) {
        char *end = NULL;
        *unit = (struct units){.factor = strtod(*at, &end)};
        *at = end;
        return unit->factor > 0.0 && unit->factor < 1e30 && unit->factor > 1e-30;
    }
    while (isalpha((unsigned char)(*at)[length]) || (*at)[length] == '_' || (*at)[length] == '%') {
        length++;
    }
    if (length == 0 || length >= sizeof word) {
        return false;
    }
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length;
    const struct units *found = word_find(word);
    *unit = found != NULL ? *found : (struct units){.factor = 1.0};
    return found != NULL;
}

/* Steps over what may stand between two factors; *divides: a slash was among it. */
static bool between_read(const char **at, bool *divides)
{
    *divides = false;
    for (; **at == ' ' || **at == '.' || **at == '*' || **at == '/'; (*at)++) {
        if (**at == '/' && *divides) {
            return false;
        }
        *divides = *divides || **at == '/';
    }
    return true;
}

static bool powers_are(const struct units *units, int metre, int kilogram, int second, int kelvin)
{
    return units->power[UNITS_METRE] == metre && units->power[UNITS_KILOGRAM] == kilogram &&
           units->power[UNITS_SECOND] == second && units->power[UNITS_KELVIN] == kelvin;
}

bool units_parse(const char *text, struct units *units)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (strcmp(text, phrases[i].text) == 0) {
            text = phrases[i].means;
        }
    }
    *units = (struct units){.factor = 1.0};
    if (text[0] == '\0' || strnlen(text, UNITS_TEXT_MAX + 1) > UNITS_TEXT_MAX) {
        return false;
    }
    size_t n = 0;
    bool offset = false;
    for (const char *at = text; *at != '\0';) {
        struct units unit;
        int power = 1;
        bool divides = false;
        if (!between_read(&at, &divides)) {
            return false;
        }
        if (*at == '\0') {
            break; /* blanks at the end, or a slash that divides by nothing */
        }
        if (!factor_read(&at, &unit) || !power_read(&at, &power) ||
            !factor_apply(units, &unit, divides ? -power : power, n == 0)) {
            return false;
        }
        offset = offset || unit.offset != 0.0;
        n++;
    }
    /* "1 degC": whether its zero is meant is not known. */
    const bool temperature = powers_are(units, 0, 0, 0, 1);
    return n > 0 && !(offset && n > 1 && temperature) && text[strlen(text) - 1] != '/' &&
           units->factor > FACTOR_LEAST && units->factor < 1.0 / FACTOR_LEAST;
}

/* Brings "m**2 s**-2", "m^2 s^-2", "m2/s2" to one spelling. */
static void spelling_normalise(const char *units, char *out, size_t size)
{
    size_t used = 0;
    bool divide = false;
    for (const char *at = units; *at != '\0' && used + 3 < size; at++) {
        const char next = at[1];
        if (*at == '*' || *at == '^' || *at == ' ' || *at == '.') {
            continue;
        }
        if (*at == '/') {
            divide = true;
            continue;
        }
        out[used++] = *at;
        if (divide && !isalpha((unsigned char)next)) {
            out[used++] = '-';
            divide = false;
            if (!isdigit((unsigned char)next)) {
                out[used++] = '1';
            }
        }
    }
    out[used] = '\0';
}

static bool spelling_same(const char *a, const char *b)
{
    char x[UNITS_TEXT_MAX + 1];
    char y[UNITS_TEXT_MAX + 1];
    if (strnlen(a, sizeof x) == sizeof x || strnlen(b, sizeof y) == sizeof y) {
        return false; /* longer than what is compared */
    }
    spelling_normalise(a, x, sizeof x);
    spelling_normalise(b, y, sizeof y);
    return strcmp(x, y) == 0;
}

/* Brings from to the quantity of to where the kind of variable says how. */
static void kind_apply(enum variable_kind kind, struct units *from, const struct units *to)
{
    const bool height = kind == VARIABLE_GEOPOTENTIAL || kind == VARIABLE_GEOPOTENTIAL_HEIGHT;
    double factor = 1.0;
    if (height && powers_are(from, 1, 0, 0, 0) && powers_are(to, 2, 0, -2, 0)) {
        factor = VARIABLE_GRAVITY;
    } else if (height && powers_are(from, 2, 0, -2, 0) && powers_are(to, 1, 0, 0, 0)) {
        factor = 1.0 / VARIABLE_GRAVITY;
    } else if (kind == VARIABLE_WATER_DEPTH && powers_are(from, 1, 0, 0, 0) &&
               powers_are(to, -2, 1, 0, 0)) {
        factor = WATER_DENSITY;
    } else if (kind == VARIABLE_WATER_DEPTH && powers_are(from, -2, 1, 0, 0) &&
               powers_are(to, 1, 0, 0, 0)) {
        factor = 1.0 / WATER_DENSITY;
    } else {
        return;
    }
    from->factor *= factor;
    memcpy(from->power, to->power, sizeof from->power);
}

bool units_convert(const char *from, const char *to, const char *name, const char *other_name,
                   struct units_conversion *conversion)
{
    struct units a;
    struct units b;
    *conversion = (struct units_conversion){.scale = 1.0, .offset = 0.0};
    if (from[0] == '\0' || to[0] == '\0' || strcmp(from, to) == 0) {
        return true; /* nothing said is nothing to convert */
    }
    if (!units_parse(from, &a) || !units_parse(to, &b)) {
        return spelling_same(from, to);
    }
    const enum variable_kind kind = variable_kind(name);
    kind_apply(kind != VARIABLE_PLAIN ? kind : variable_kind(other_name), &a, &b);
    if (memcmp(a.power, b.power, sizeof a.power) != 0) {
        return false;
    }
    conversion->scale = a.factor / b.factor;
    conversion->offset = (a.offset - b.offset) / b.factor;
    return true;
}
