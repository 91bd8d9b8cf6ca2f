/* SPDX-License-Identifier: MIT
 *
 * The list of formats that are read.
 */
#include "reader.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

gaia_status reader_find(const char *format, const struct reader_ops **ops, gaia_error *err)
{
    static const struct reader_ops *const readers[] = {&reader_netcdf, &reader_grib, &reader_zarr};
    char list[64] = "";
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        const size_t used = strlen(list);
        if (strcmp(format, readers[i]->format) == 0) {
            *ops = readers[i];
            return GAIA_OK;
        }
        (void)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                       readers[i]->format);
    }
    return error_set(err, GAIA_FORMAT_UNSUPPORTED, "format '%s' is not supported; there are: %s",
                     format, list);
}
