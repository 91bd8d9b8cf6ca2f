/* SPDX-License-Identifier: MIT
 *
 * Spellings of units.
 */
#include "units.h"

#include <ctype.h>
#include <string.h>

/* Brings "m**2 s**-2", "m^2 s^-2", "m2/s2" to one spelling. */
static void units_normalise(const char *units, char *out, size_t size)
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

bool units_agree(const char *a, const char *b)
{
    char x[128];
    char y[128];
    if (a[0] == '\0' || b[0] == '\0') {
        return true; /* nothing said is nothing to disagree with */
    }
    units_normalise(a, x, sizeof x);
    units_normalise(b, y, sizeof y);
    return strcmp(x, y) == 0;
}
