/* SPDX-License-Identifier: MIT
 *
 * The list of formats that are read.
 */
#include "reader.h"

#include <string.h>

#include "error.h"

gaia_status reader_find(const char *format, const struct reader_ops **ops, gaia_error *err)
{
    if (strcmp(format, reader_netcdf.format) != 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "format '%s' is not supported; there is: %s",
                         format, reader_netcdf.format);
    }
    *ops = &reader_netcdf;
    return GAIA_OK;
}
