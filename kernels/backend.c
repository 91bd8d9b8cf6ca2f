/* SPDX-License-Identifier: MIT
 *
 * Finds a backend by name, loading the one for GPUs at run time, and checks what backends are
 * given.
 *
 * The CUDA backend lies in a library of its own, so that one program runs on machines with and
 * without a driver. It is looked for beside the program or the library that this is in, then in the
 * folders beside it that packages use, and stays loaded once found.
 */
#include "backend.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend_cuda.h"
#include "error.h"

/* The module's path relative to the folder of the program, or of the library that this is in. */
static const char *const module_places[] = {
    CUDA_MODULE,           "gaia/" CUDA_MODULE,        "../gaia/" CUDA_MODULE,
    "../lib/" CUDA_MODULE, "../lib/gaia/" CUDA_MODULE,
};

enum cuda_found { CUDA_NO_MODULE, CUDA_UNUSABLE, CUDA_READY };

/* The module below the folder of this file; NULL if there is none that can be loaded. */
static void *module_open_beside(const char *file, const char **why)
{
    const char *name = strrchr(file, '/');
    void *module = NULL;
    for (size_t i = 0;
         name != NULL && module == NULL && i < sizeof module_places / sizeof *module_places; i++) {
        char place[PATH_MAX + 64];
        (void)snprintf(place, sizeof place, "%.*s%s", (int)(name + 1 - file), file,
                       module_places[i]);
        if (access(place, R_OK) == 0) {
            module = dlopen(place, RTLD_NOW | RTLD_LOCAL);
            *why = module == NULL ? dlerror() : NULL;
        }
    }
    return module;
}

/* NULL if there is none that can be loaded; *why then says what is wrong with one that is there,
 * until the next call of dlopen. In a program of somebody else's (Python) it lies beside
 * libgaia.so, of which only an absolute path is trusted: a relative one would lead elsewhere once
 * the program has changed its folder. */
static void *module_open(const char **why)
{
    char path[PATH_MAX];
    Dl_info here;
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    void *module = module_open_beside(path, why);
    if (module == NULL && dladdr(module_places, &here) != 0 && here.dli_fname[0] == '/') {
        module = module_open_beside(here.dli_fname, why);
    }
    return module;
}

/* Loads the module and asks it for a device; why says what is missing, until this thread's next
 * call. */
static enum cuda_found cuda_find(const struct backend_ops **ops, const char **why)
{
    static _Thread_local char broken[256];
    const char *failed = NULL;
    void *module = module_open(&failed);
    if (module == NULL && failed == NULL) {
        *why = "its library, " CUDA_MODULE ", is not installed";
        return CUDA_NO_MODULE;
    }
    if (module == NULL) {
        (void)snprintf(broken, sizeof broken, "its library cannot be loaded: %s", failed);
        *why = broken;
        return CUDA_UNUSABLE;
    }
    /* POSIX lets a function's address pass through void *; ISO C does not, hence the copy. */
    cuda_backend_fn *find = NULL;
    void *symbol = dlsym(module, CUDA_BACKEND_SYMBOL);
    memcpy(&find, &symbol, sizeof find);
    if (find == NULL) {
        *why = "its library, " CUDA_MODULE ", is of another version";
        return CUDA_UNUSABLE;
    }
    *ops = find(why);
    return *ops != NULL ? CUDA_READY : CUDA_UNUSABLE;
}

gaia_status backend_find(const char *name, const struct backend_ops **ops, const char **note,
                         gaia_error *err)
{
    const bool is_auto = strcmp(name, "auto") == 0;
    const char *why = NULL;
    if (note != NULL) {
        *note = NULL;
    }
    if (is_auto || strcmp(name, "cuda") == 0) {
        const enum cuda_found found = cuda_find(ops, &why);
        if (found == CUDA_READY) {
            return GAIA_OK;
        }
        if (!is_auto) {
            return error_set(err, GAIA_DEVICE, "device 'cuda': %s", why);
        }
        if (note != NULL && found == CUDA_UNUSABLE) {
            *note = why;
        }
    } else if (strcmp(name, "cpu") != 0) {
        return error_set(err, GAIA_USAGE, "device '%s': auto, cpu or cuda is wanted", name);
    }
    *ops = &backend_cpu;
    return GAIA_OK;
}

/* What is wrong with a field, NULL if nothing is. */
static const char *field_fault(const struct gaia_field *field, bool optional)
{
    const size_t size = gaia_dtype_bytes(field->dtype);
    if (field->data == NULL) {
        return optional ? NULL : "a null pointer";
    }
    if (size == 0) {
        return "of no known type";
    }
    return (uintptr_t)field->data % size != 0 ? "misaligned for its type" : NULL;
}

static gaia_status tile_check(const struct tile *tile, size_t i, gaia_error *err)
{
    const struct {
        const char *name;
        const char *fault;
    } shared[] = {
        {"the truth", field_fault(&tile->truth, false)},
        {"the climatology", field_fault(&tile->climatology, true)},
        {"the reference", field_fault(&tile->reference, true)},
    };
    for (size_t k = 0; k < sizeof shared / sizeof *shared; k++) {
        if (shared[k].fault != NULL) {
            return error_set(err, GAIA_USAGE, "tile %zu: %s is %s", i, shared[k].name,
                             shared[k].fault);
        }
    }
    for (size_t k = 0; k < tile->n_forecasts; k++) {
        const char *fault = field_fault(&tile->forecasts[k], false);
        if (fault != NULL) {
            return error_set(err, GAIA_USAGE, "tile %zu: forecast %zu is %s", i, k, fault);
        }
    }
    return GAIA_OK;
}

gaia_status tiles_check(const struct tile *tiles, size_t n_tiles, size_t n_tiles_max,
                        size_t n_forecasts_max, gaia_error *err)
{
    size_t n_forecasts = 0;
    if (tiles == NULL || n_tiles == 0 || n_tiles > n_tiles_max) {
        return error_set(err, GAIA_USAGE, "%zu tiles: 1 to %zu can be summed at once", n_tiles,
                         n_tiles_max);
    }
    for (size_t i = 0; i < n_tiles; i++) {
        if (tiles[i].n_forecasts == 0 || tiles[i].forecasts == NULL) {
            return error_set(err, GAIA_USAGE, "tile %zu has no forecasts", i);
        }
        if (tiles[i].n_forecasts > n_forecasts_max - n_forecasts) {
            return error_set(err, GAIA_USAGE,
                             "more than the %zu forecasts that can be summed at once",
                             n_forecasts_max);
        }
        n_forecasts += tiles[i].n_forecasts;
        const gaia_status status = tile_check(&tiles[i], i, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    return GAIA_OK;
}
