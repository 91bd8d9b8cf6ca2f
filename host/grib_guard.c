/* SPDX-License-Identifier: MIT
 *
 * ecCodes knows one set of hooks a process, and they carry no argument of their owner: the run that
 * is under way is therefore found through a pointer of its thread, the one variable of this kind
 * here.
 */
#include "grib_guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <eccodes.h>

#include "error.h"

enum { PATH_BYTES = 4096 };

static _Thread_local struct grib_guard *running;

static void text_keep(const char *text)
{
    if (running != NULL && running->text[0] == '\0') {
        (void)snprintf(running->text, sizeof running->text, "%s", text);
        running->text[strcspn(running->text, "\n")] = '\0';
    }
}

static void log_take(const codes_context *context, int level, const char *text)
{
    (void)context;
    if (level == GRIB_LOG_ERROR || level == GRIB_LOG_FATAL) {
        text_keep(text);
    }
}

static void print_take(const codes_context *context, void *descriptor, const char *text)
{
    (void)context;
    (void)descriptor;
    (void)text;
}

static void assertion_take(const char *text)
{
    text_keep(text);
    if (running != NULL) {
        longjmp(running->leave, 1);
    }
}

/* ecCodes does not expect an allocation to fail: the run is left instead. */
static void bytes_take(size_t bytes)
{
    if (running == NULL) {
        return;
    }
    if (bytes > running->bytes_max - running->bytes_used) {
        running->refused = true;
        longjmp(running->leave, 1);
    }
    running->bytes_used += bytes;
}

static void *checked(void *memory)
{
    if (memory == NULL && running != NULL) {
        running->refused = true;
        longjmp(running->leave, 1);
    }
    return memory;
}

static void *memory_take(const codes_context *context, size_t bytes)
{
    (void)context;
    bytes_take(bytes);
    return checked(malloc(bytes > 0 ? bytes : 1));
}

static void *memory_grow(const codes_context *context, void *memory, size_t bytes)
{
    (void)context;
    bytes_take(bytes);
    return checked(realloc(memory, bytes > 0 ? bytes : 1));
}

static void memory_give(const codes_context *context, void *memory)
{
    (void)context;
    free(memory);
}

/* Whether one folder of the path has the definitions' first file. */
static bool definitions_there(const char *path)
{
    char file[PATH_BYTES];
    while (path != NULL && *path != '\0') {
        const size_t length = strcspn(path, ":");
        const int n = snprintf(file, sizeof file, "%.*s/boot.def", (int)length, path);
        if (n > 0 && (size_t)n < sizeof file && access(file, R_OK) == 0) {
            return true;
        }
        path += length + (path[length] == ':');
    }
    return false;
}

gaia_status grib_guard_install(gaia_error *err)
{
    codes_context *context = codes_context_get_default();
    codes_context_set_logging_proc(context, log_take);
    codes_context_set_print_proc(context, print_take);
    codes_context_set_memory_proc(context, memory_take, memory_give, memory_grow);
    codes_set_codes_assertion_failed_proc(assertion_take);
    const char *path = codes_definition_path(context);
    return definitions_there(path)
               ? GAIA_OK
               : error_set(err, GAIA_FORMAT_UNSUPPORTED,
                           "GRIB cannot be read: ecCodes' definitions are not in %s",
                           path != NULL ? path : "any folder");
}

bool grib_guard_run(struct grib_guard *guard, grib_guard_call *call, void *context)
{
    guard->bytes_used = 0;
    guard->refused = false;
    guard->text[0] = '\0';
    running = guard;
    const bool entered = setjmp(guard->leave) == 0;
    if (entered) {
        call(context);
    }
    running = NULL;
    return entered;
}
