/* SPDX-License-Identifier: MIT
 *
 * A task's document as text: the same bytes whether it came from a scheduler or was made here.
 */
#include "document.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"

gaia_status document_print(const json_t *document, const char *path, gaia_error *err)
{
    struct text out = {0};
    char *json = json_dumps(document, JSON_INDENT(1));
    out.failed = json == NULL;
    text_append(&out, json != NULL ? json : "");
    text_append(&out, "\n");
    const gaia_status status = command_write(path, &out, err);
    text_fini(&out);
    free(json);
    return status;
}

int document_exit(const json_t *document)
{
    const char *verdict = json_string_value(json_object_get(document, "verdict"));
    const bool rejected = verdict != NULL && strcmp(verdict, "rejected") == 0;
    return rejected ? gaia_status_exit(GAIA_FILE_DAMAGED) : 0;
}
