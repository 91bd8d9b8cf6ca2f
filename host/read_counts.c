/* SPDX-License-Identifier: MIT
 *
 * Counts bytes by the format that they came in. Called for each field that was read.
 */
#include "read_counts.h"

#include <string.h>

#include "reader.h"

void read_count(struct read_counts *counts, const struct reader_ops *ops,
                const struct reader_variable *variable)
{
#define X(code, name) name,
    static const char *const names[READ_FORMATS] = {READ_FORMAT_MAP(X)};
#undef X
    for (size_t i = 0; counts != NULL && i < READ_FORMATS; i++) {
        if (strcmp(ops->format, names[i]) == 0) {
            atomic_fetch_add(&counts->bytes[i], reader_raw_bytes(variable));
        }
    }
}
