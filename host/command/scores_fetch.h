/* SPDX-License-Identifier: MIT
 *
 * A job's scores from the scheduler to a file or the terminal.
 */
#ifndef COMMAND_SCORES_FETCH_H
#define COMMAND_SCORES_FETCH_H

#include <gaia/client.h>
#include <gaia/status.h>

#include "options.h"
#include "report.h"

/* Where scores and composites are written, and as what. */
struct destination {
    enum report_format format;
    const char *path;           /* NULL: stdout */
    const char *composite_path; /* NULL: no file of composites is wanted */
    const char *page_path;      /* NULL: no page is wanted; set by the caller, as is the next */
    const char *command;        /* that repeats the page */
};

/* Where to, from --format, --out and --composite-out; a table on stdout unless said. formats: the
 * names that an error says are wanted. GAIA_USAGE. */
GAIA_MUST_USE gaia_status destination_read(const struct option_value *format,
                                           const struct option_value *out,
                                           const struct option_value *composite_out,
                                           const char *formats, struct destination *to,
                                           gaia_error *err);

/* Fetches the scores of the job, and what its profile made of them, and writes them. */
GAIA_MUST_USE gaia_status scores_write(struct gaia_client *client, const char *id,
                                       const struct destination *to, gaia_error *err);

/* Fetches the document of a job that is a task and writes it, indented, to the file, or to stdout
 * where path is NULL. *exit_status: document_exit of it. */
GAIA_MUST_USE gaia_status document_write(struct gaia_client *client, const char *id,
                                         const char *path, int *exit_status, gaia_error *err);

#endif
