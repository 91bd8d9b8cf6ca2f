/* SPDX-License-Identifier: MIT
 *
 * Lists on the command line: "500,850", as JSON.
 *
 * Invariant: what an option can say is what the JSON of a job or a request can say.
 */
#ifndef COMMAND_OPTION_LIST_H
#define COMMAND_OPTION_LIST_H

#include <stdbool.h>

#include <jansson.h>

/* Splits "a,b,c" into an array of strings, or of numbers. NULL if an entry is no number. */
json_t *option_list(const char *text, bool numbers);

#endif
