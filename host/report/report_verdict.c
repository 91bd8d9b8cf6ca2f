/* SPDX-License-Identifier: MIT
 *
 * Picking out of verdicts what a page shows of them.
 *
 * Invariant: a document may come from anywhere; what is not there is not shown.
 */
#include "report_verdict.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "json.h"

/* Copies the members that are there. */
static bool members_copy(json_t *to, const json_t *from, const char *const *keys, size_t n)
{
    bool good = to != NULL;
    for (size_t i = 0; good && i < n; i++) {
        json_t *member = json_object_get(from, keys[i]);
        good = member == NULL || json_object_set(to, keys[i], member) == 0;
    }
    return good;
}

static bool findings_copy(json_t *verdict, const json_t *from)
{
    static const char *const keys[] = {"severity", "kind",       "file",      "variable",
                                       "level",    "lead_hours", "init_time", "what"};
    size_t i = 0;
    json_t *finding = NULL;
    json_t *list = json_array();
    bool good = json_object_set_new(verdict, "findings", list) == 0;
    json_array_foreach(from, i, finding)
    {
        json_t *copy = json_object();
        good = good && members_copy(copy, finding, keys, sizeof keys / sizeof *keys) &&
               json_array_append(list, copy) == 0;
        json_decref(copy);
    }
    return good;
}

static gaia_status verdict_add(json_t *list, const json_t *document, size_t i, gaia_error *err)
{
    static const char *const own[] = {"source", "verdict", "requirements"};
    static const char *const counted[] = {"errors", "warnings", "unlisted"};
    const json_t *findings = NULL;
    const char *schema = NULL;
    const char *text = NULL;
    char path[32];
    (void)snprintf(path, sizeof path, "verdicts[%zu]", i);
    if (!json_is_object(document)) {
        return error_set(err, GAIA_JOB_INVALID, "%s: an object is wanted, not %s", path,
                         json_type_text(document));
    }
    gaia_status status = json_get_string(document, path, "schema", true, &schema, err);
    if (status == GAIA_OK && strcmp(schema, "gaia.verdict/1") != 0) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.schema: 'gaia.verdict/1' is wanted, not '%s'",
                           path, schema);
    }
    for (size_t k = 0; status == GAIA_OK && k < 2; k++) {
        status = json_get_string(document, path, own[k], true, &text, err);
    }
    if (status == GAIA_OK) {
        status = json_get_array(document, path, "findings", true, &findings, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    json_t *verdict = json_object();
    const bool good = members_copy(verdict, document, own, sizeof own / sizeof *own) &&
                      members_copy(verdict, json_object_get(document, "counts"), counted,
                                   sizeof counted / sizeof *counted) &&
                      findings_copy(verdict, findings) && json_array_append(list, verdict) == 0;
    json_decref(verdict);
    return good ? GAIA_OK : error_memory(err, 1);
}

gaia_status report_verdicts_read(const char *bytes, size_t length, json_t **verdicts,
                                 gaia_error *err)
{
    json_t *root = NULL;
    json_t *list = json_array();
    gaia_status status =
        bytes != NULL ? json_parse("verdicts", bytes, length, &root, err) : GAIA_OK;
    const size_t n = json_is_array(root) ? json_array_size(root) : root != NULL;
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        status = verdict_add(list, json_is_array(root) ? json_array_get(root, i) : root, i, err);
    }
    json_decref(root);
    if (status != GAIA_OK) {
        json_decref(list);
        return status;
    }
    *verdicts = list;
    return GAIA_OK;
}
