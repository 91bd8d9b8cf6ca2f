/* SPDX-License-Identifier: MIT
 *
 * Collecting findings, and printing them.
 *
 * Invariant: lines and JSON are made of the same array.
 */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static const char *const verdict_names[] = {
    [VERDICT_OK] = "ok", [VERDICT_NOTE] = "note", [VERDICT_PROBLEM] = "problem"};

gaia_status doctor_init(struct doctor *doctor, gaia_error *err)
{
    *doctor = (struct doctor){.findings = json_array(), .first = GAIA_OK};
    return doctor->findings != NULL ? GAIA_OK : error_memory(err, sizeof(json_t));
}

void doctor_fini(struct doctor *doctor)
{
    json_decref(doctor->findings);
    *doctor = (struct doctor){0};
}

void doctor_tell(struct doctor *doctor, const char *check, enum verdict verdict, gaia_status status,
                 const char *advice, const char *format, ...)
{
    char text[GAIA_ERROR_DETAIL];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* What comes from files, other programs and the environment may be no text. */
    (void)text_clean(text);
    json_t *finding = json_pack("{s:s, s:s, s:s, s:s*}", "check", check, "verdict",
                                verdict_names[verdict], "text", text, "advice", advice);
    if (json_array_append_new(doctor->findings, finding) != 0) {
        doctor->failed = true;
    }
    if (verdict == VERDICT_PROBLEM) {
        doctor->first = doctor->n_problems == 0 ? status : doctor->first;
        doctor->n_problems++;
    }
}

static void json_append(const struct doctor *doctor, struct text *out)
{
    json_t *root =
        json_pack("{s:s, s:s, s:I, s:O}", "schema", "gaia.doctor/1", "version", gaia_version(),
                  "problems", (json_int_t)doctor->n_problems, "findings", doctor->findings);
    char *json = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    out->failed = out->failed || json == NULL;
    text_append(out, json != NULL ? json : "");
    text_append(out, "\n");
    free(json);
    json_decref(root);
}

static const char *member(const json_t *finding, const char *key)
{
    const char *text = json_string_value(json_object_get(finding, key));
    return text != NULL ? text : "";
}

void doctor_append(const struct doctor *doctor, bool as_json, struct text *out)
{
    size_t i = 0;
    const json_t *finding = NULL;
    out->failed = out->failed || doctor->failed;
    if (as_json) {
        json_append(doctor, out);
        return;
    }
    json_array_foreach(doctor->findings, i, finding)
    {
        const char *advice = member(finding, "advice");
        text_printf(out, "%-8s %-16s %s%s%s\n", member(finding, "verdict"),
                    member(finding, "check"), member(finding, "text"),
                    advice[0] != '\0' ? "; " : "", advice);
    }
    if (doctor->n_problems == 0) {
        text_append(out, "no problem\n");
    } else {
        text_printf(out, "%zu problem%s\n", doctor->n_problems, doctor->n_problems > 1 ? "s" : "");
    }
}
