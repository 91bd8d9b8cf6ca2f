/* SPDX-License-Identifier: MIT
 *
 * Where a text gives a secret away, and how that is shown. For everything that people read: logs,
 * values of options, errors.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

#include "text.h"

/* What stands where a secret was. */
#define SECRET_MASK "[redacted]"

/* Finds the first secret in a text: the user and password of an address (scheme://user:password@),
 * a token of this program, what follows Bearer or Basic, and the value in NAME=VALUE whose name has
 * a word such as password, secret, token or signature. Returns its length, 0 if there is none;
 * *begin is where it begins. Blanks, line ends and double quotes end it. */
size_t secret_find(const char *s, size_t *begin);

/* Appends s with the mask in the place of each of its secrets. */
void secret_append_masked(struct text *text, const char *s);

#endif
