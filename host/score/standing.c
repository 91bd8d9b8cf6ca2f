/* SPDX-License-Identifier: MIT
 *
 * Cutting the head off a document, so that the times, which may be long, need not be parsed.
 */
#include "standing.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "leaderboard.h"

gaia_status standing_read(const char *document, struct standing *standing, gaia_error *err)
{
    /* Quotes within a string are escaped, so that no name can look like this. */
    static const char times[] = ",\"times\":[";
    const char *profile = NULL;
    json_t *root = NULL;
    const char *end = strstr(document, times);
    if (end == NULL) {
        return error_set(err, GAIA_JOB_INVALID, "composite: no times");
    }
    const size_t length = (size_t)(end - document);
    char *head = malloc(length + 2);
    if (head == NULL) {
        return error_memory(err, length + 2);
    }
    memcpy(head, document, length);
    memcpy(head + length, "}", 2);
    gaia_status status = json_parse("composite", head, length + 1, &root, err);
    if (status == GAIA_OK) {
        status = json_get_string(json_object_get(root, "profile"), "composite.profile", "name",
                                 true, &profile, err);
    }
    char *name = status == GAIA_OK ? strdup(profile) : NULL;
    if (status == GAIA_OK && name == NULL) {
        status = error_memory(err, strlen(profile) + 1);
    }
    if (status == GAIA_OK) {
        *standing = (struct standing){head, name, composite_number(root, "score")};
    } else {
        free(head);
    }
    json_decref(root);
    return status;
}

void standing_fini(struct standing *standing)
{
    free(standing->head);
    free(standing->profile);
    *standing = (struct standing){.head = NULL};
}
