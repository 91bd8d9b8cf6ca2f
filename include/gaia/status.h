/* SPDX-License-Identifier: MIT
 *
 * Status codes and the error that goes with them. Every call that can fail returns a gaia_status
 * and fills the caller's gaia_error; the class of a status, not its code, decides whether to try
 * again.
 */
#ifndef GAIA_STATUS_H
#define GAIA_STATUS_H

#if defined(__GNUC__)
#define GAIA_API __attribute__((visibility("default")))
#define GAIA_MUST_USE __attribute__((warn_unused_result))
#define GAIA_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define GAIA_API
#define GAIA_MUST_USE
#define GAIA_PRINTF(format_at, first_at)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* INVALID: never retry. UNAVAILABLE: retry later. RESOURCE: retry elsewhere or with less. INTERNAL:
 * a bug. */
enum gaia_class {
    GAIA_CLASS_NONE,
    GAIA_CLASS_INVALID,
    GAIA_CLASS_UNAVAILABLE,
    GAIA_CLASS_RESOURCE,
    GAIA_CLASS_INTERNAL,
};

/* X(code, class, name, text) */
#define GAIA_STATUS_MAP(X)                                                                         \
    X(OK, NONE, "ok", "success")                                                                   \
    X(USAGE, INVALID, "usage", "wrong use of a command or function")                               \
    X(JOB_INVALID, INVALID, "job_invalid", "the job is malformed")                                 \
    X(FILE_MISSING, INVALID, "file_missing", "no such file")                                       \
    X(FILE_UNREADABLE, INVALID, "file_unreadable", "the file cannot be read")                      \
    X(FILE_DAMAGED, INVALID, "file_damaged",                                                       \
      "the file is damaged, truncated or not of its format")                                       \
    X(FORMAT_UNSUPPORTED, INVALID, "format_unsupported", "the format or feature is not supported") \
    X(VARIABLE_MISSING, INVALID, "variable_missing", "the variable is not in the file")            \
    X(LEVEL_MISSING, INVALID, "level_missing", "the level is not in the file")                     \
    X(LEAD_MISSING, INVALID, "lead_missing", "the lead time is not in the file")                   \
    X(TIME_MISSING, INVALID, "time_missing", "the time is not in the file")                        \
    X(NO_OVERLAP, INVALID, "no_overlap", "forecast and truth share no valid time")                 \
    X(AXIS_INVALID, INVALID, "axis_invalid", "a coordinate axis is unusable")                      \
    X(GRID_MISMATCH, INVALID, "grid_mismatch", "the grids differ")                                 \
    X(UNITS_MISMATCH, INVALID, "units_mismatch", "the units differ")                               \
    X(CONTENT_MISMATCH, INVALID, "content_mismatch", "the content hashes differ")                  \
    X(REGION_UNKNOWN, INVALID, "region_unknown", "no such region")                                 \
    X(METRIC_UNKNOWN, INVALID, "metric_unknown", "no such metric")                                 \
    X(WEIGHTING_UNKNOWN, INVALID, "weighting_unknown", "no such weighting")                        \
    X(NOT_FOUND, INVALID, "not_found", "no such job, batch or executor")                           \
    X(DENIED, INVALID, "denied", "not allowed")                                                    \
    X(PROTOCOL, INVALID, "protocol", "a message does not follow the protocol")                     \
    X(CANCELLED, INVALID, "cancelled", "cancelled on request")                                     \
    X(UNREACHABLE, UNAVAILABLE, "unreachable", "the other side cannot be reached")                 \
    X(TIMEOUT, UNAVAILABLE, "timeout", "no answer in time")                                        \
    X(STORE, UNAVAILABLE, "store", "the database failed")                                          \
    X(OUT_OF_MEMORY, RESOURCE, "out_of_memory", "not enough memory")                               \
    X(LIMIT, RESOURCE, "limit", "a configured limit was reached")                                  \
    X(DISK, RESOURCE, "disk", "a file could not be written")                                       \
    X(DEVICE, RESOURCE, "device", "the device failed or is absent")                                \
    X(INTERNAL, INTERNAL, "internal", "an internal error")

typedef enum gaia_status {
#define X(code, class_, name, text) GAIA_##code,
    GAIA_STATUS_MAP(X)
#undef X
        GAIA_STATUS_COUNT
} gaia_status;

enum { GAIA_ERROR_DETAIL = 1024 };

/* Owned by the caller, who sets it to {0}; written only by a call that fails.
 * detail: one line, UTF-8, names file, variable and index where there are any. */
typedef struct gaia_error {
    gaia_status status;
    char detail[GAIA_ERROR_DETAIL];
} gaia_error;

/* The status's stable identifier, its text and its class. Any value is allowed; unknown ones read
 * as internal. Static strings, thread-safe. */
GAIA_API const char *gaia_status_name(gaia_status status);
GAIA_API const char *gaia_status_text(gaia_status status);
GAIA_API enum gaia_class gaia_status_class(gaia_status status);

/* The status with this name, GAIA_INTERNAL if there is none. */
GAIA_API gaia_status gaia_status_from_name(const char *name);

/* Exit status of the programs: 0 success, 2 usage, 3 input, 4 internal, 5 unavailable or out of
 * resources. */
GAIA_API int gaia_status_exit(gaia_status status);

/* "0.1.0". Static, thread-safe. */
GAIA_API const char *gaia_version(void);

/* The binary interface: functions, structures and numbers that a program is compiled against. It is
 * raised when any of them changes for a program that is there already, and is the number in the
 * library's name, libgaia.so.1. A program that loads the library by itself asks gaia_abi_version,
 * which is the library's, and goes on only where both are the same. Thread-safe. */
#define GAIA_ABI_VERSION 1
GAIA_API int gaia_abi_version(void);

#ifdef __cplusplus
}
#endif
#endif
