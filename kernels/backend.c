/* SPDX-License-Identifier: MIT
 *
 * The list of backends of this build.
 */
#include "backend.h"

#include <string.h>

#include "error.h"

gaia_status backend_find(const char *name, const struct backend_ops **ops, gaia_error *err)
{
    if (strcmp(name, "cpu") == 0 || strcmp(name, "auto") == 0) {
        *ops = &backend_cpu;
        return GAIA_OK;
    }
    if (strcmp(name, "cuda") == 0) {
        return error_set(err, GAIA_DEVICE, "device 'cuda': this build has no CUDA backend");
    }
    return error_set(err, GAIA_USAGE, "device '%s': auto, cpu or cuda is wanted", name);
}
