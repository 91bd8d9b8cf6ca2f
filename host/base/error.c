/* SPDX-License-Identifier: MIT
 *
 * Status names, texts, classes and exit codes from the one map; formatting of error details.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

struct status_entry {
    const char *name;
    const char *text;
    enum gaia_class class;
};

static const struct status_entry status_table[GAIA_STATUS_COUNT] = {
#define X(code, class_, name_, text_) [GAIA_##code] = {name_, text_, GAIA_CLASS_##class_},
    GAIA_STATUS_MAP(X)
#undef X
};

static const struct status_entry *status_entry(gaia_status status)
{
    if ((unsigned)status >= GAIA_STATUS_COUNT) {
        status = GAIA_INTERNAL;
    }
    return &status_table[status];
}

const char *gaia_status_name(gaia_status status)
{
    return status_entry(status)->name;
}

const char *gaia_status_text(gaia_status status)
{
    return status_entry(status)->text;
}

enum gaia_class gaia_status_class(gaia_status status)
{
    return status_entry(status)->class;
}

gaia_status gaia_status_from_name(const char *name)
{
    for (int i = 0; name != NULL && i < GAIA_STATUS_COUNT; i++) {
        if (strcmp(status_table[i].name, name) == 0) {
            return (gaia_status)i;
        }
    }
    return GAIA_INTERNAL;
}

int gaia_status_exit(gaia_status status)
{
    if (status == GAIA_USAGE) {
        return 2;
    }
    switch (gaia_status_class(status)) {
    case GAIA_CLASS_NONE:
        return 0;
    case GAIA_CLASS_INVALID:
        return 3;
    case GAIA_CLASS_UNAVAILABLE:
    case GAIA_CLASS_RESOURCE:
        return 5;
    case GAIA_CLASS_INTERNAL:
        break;
    }
    return 4;
}

const char *gaia_version(void)
{
    return GAIA_VERSION;
}

int gaia_abi_version(void)
{
    return GAIA_ABI_VERSION;
}

gaia_status error_set(gaia_error *err, gaia_status status, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        err->status = status;
        (void)vsnprintf(err->detail, sizeof err->detail, format, args);
        va_end(args);
        (void)text_clean(err->detail);
    }
    return status;
}

gaia_status error_prefix(gaia_error *err, gaia_status status, const char *format, ...)
{
    if (err != NULL) {
        char rest[GAIA_ERROR_DETAIL];
        char prefix[GAIA_ERROR_DETAIL / 2];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(prefix, sizeof prefix, format, args);
        va_end(args);
        memcpy(rest, err->detail, sizeof rest);
        (void)error_set(err, status, "%s: %s", prefix, rest);
    }
    return status;
}

gaia_status error_restate(gaia_error *err, gaia_status status)
{
    if (err != NULL) {
        err->status = status;
    }
    return status;
}

gaia_status error_memory(gaia_error *err, size_t bytes)
{
    return error_set(err, GAIA_OUT_OF_MEMORY, "out of memory (%zu bytes asked for)", bytes);
}
