/* SPDX-License-Identifier: MIT
 *
 * Writing the JSON document of a task.
 */
#ifndef COMMAND_DOCUMENT_H
#define COMMAND_DOCUMENT_H

#include <jansson.h>

#include <gaia/status.h>

/* Writes the document, indented, to the file, or to stdout where path is NULL. GAIA_DISK,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status document_print(const json_t *document, const char *path, gaia_error *err);

/* The exit status that goes with a document: that of bad input if its verdict is a rejection. */
int document_exit(const json_t *document);

#endif
