/* SPDX-License-Identifier: MIT
 *
 * The page as a file: what `gaia report` and the option --report of other commands share.
 */
#ifndef COMMAND_REPORT_FILE_H
#define COMMAND_REPORT_FILE_H

#include <gaia/client.h>
#include <gaia/status.h>

#include "map_file.h"
#include "report_data.h"
#include "report_maps.h"

#define OPTION_REPORT                                                                              \
    {                                                                                              \
        "report", OPTION_OUTPUT, "FILE", 0, 0, "write a scorecard page to FILE (see gaia report)"  \
    }

/* Appends the command line as a shell reads it, beginning with "gaia". */
void command_line_append(struct text *out, int argc, char **argv);

/* Makes the page now and writes it to path, whole or not at all, or to stdout where path is NULL.
 * request->made_s is set here. The errors of report_data_write and report_page_write, GAIA_DISK. */
GAIA_MUST_USE gaia_status report_file_write(struct report_request *request, const char *path,
                                            gaia_error *err);

/* Writes what the page is made of, gaia.report/1. The errors of report_data_write, GAIA_DISK. */
GAIA_MUST_USE gaia_status report_json_write(struct report_request *request, const char *path,
                                            gaia_error *err);

/* Takes the maps of a file for a page. *maps is the caller's. The errors of report_maps_add. */
GAIA_MUST_USE gaia_status report_maps_take(const struct map_file *file, struct report_maps **maps,
                                           gaia_error *err);

/* The page of a job of the scheduler, with its composites. */
GAIA_MUST_USE gaia_status report_job_write(struct gaia_client *client, const char *id,
                                           const char *command, const char *path, gaia_error *err);

/* Fetches a job's composites into a list; empty where it has none. */
GAIA_MUST_USE gaia_status report_composites_fetch(struct gaia_client *client, const char *id,
                                                  struct text *list, gaia_error *err);

#endif
