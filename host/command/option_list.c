/* SPDX-License-Identifier: MIT
 *
 * Splitting lists at their commas.
 */
#include "option_list.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

enum { ITEM_BYTES = 256 };

json_t *option_list(const char *text, bool numbers)
{
    json_t *array = json_array();
    for (const char *at = text;; at++) {
        char item[ITEM_BYTES];
        double number = 0.0;
        const size_t length = strcspn(at, ",");
        const int kept = length < sizeof item ? (int)length : (int)sizeof item - 1;
        (void)snprintf(item, sizeof item, "%.*s", kept, at);
        if (numbers && !number_parse(item, &number)) {
            json_decref(array);
            return NULL;
        }
        (void)json_array_append_new(array, numbers ? json_real(number) : json_string(item));
        at += length;
        if (*at == '\0') {
            return array;
        }
    }
}
