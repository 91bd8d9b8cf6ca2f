/* SPDX-License-Identifier: MIT
 *
 * Reading composite documents, and the table of them.
 *
 * Invariant: a document may come from anywhere; what is not there reads as no value.
 */
#include "leaderboard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"

enum { CELL_BYTES = 40 };

double composite_number(const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);
    const char *text = json_string_value(member);
    if (json_is_number(member)) {
        return json_number_value(member);
    }
    if (text != NULL && strcmp(text, "-inf") == 0) {
        return -(double)INFINITY;
    }
    return text != NULL && strcmp(text, "inf") == 0 ? (double)INFINITY : (double)NAN;
}

/* Checks a document, and makes its texts ones that can be shown. */
static gaia_status document_take(const char *what, json_t *document, size_t i, gaia_error *err)
{
    const json_t *times = NULL;
    const char *schema = NULL;
    const char *forecast = NULL;
    char path[64];
    (void)snprintf(path, sizeof path, "%.40s[%zu]", what, i);
    if (!json_is_object(document)) {
        return error_set(err, GAIA_JOB_INVALID, "%s: an object is wanted, not %s", path,
                         json_type_text(document));
    }
    gaia_status status = json_get_string(document, path, "schema", true, &schema, err);
    if (status == GAIA_OK && strcmp(schema, "gaia.composite/1") != 0) {
        status = error_set(err, GAIA_JOB_INVALID,
                           "%s.schema: 'gaia.composite/1' is wanted, not '%s'", path, schema);
    }
    if (status == GAIA_OK) {
        status = json_get_string(document, path, "forecast", true, &forecast, err);
    }
    if (status == GAIA_OK) {
        status = json_get_array(document, path, "times", true, &times, err);
    }
    return status == GAIA_OK && !json_clean(document) ? error_memory(err, 1) : status;
}

gaia_status composites_read(const char *what, const char *bytes, size_t length, json_t **documents,
                            gaia_error *err)
{
    json_t *root = NULL;
    gaia_status status = json_parse(what, bytes, length, &root, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (json_is_object(root)) {
        /* A report of `--format json` holds the documents beside the scores. */
        json_t *inside = json_object_get(root, "composites");
        json_t *array = inside != NULL ? json_incref(inside) : json_pack("[O]", root);
        json_decref(root);
        root = array;
    }
    if (!json_is_array(root)) {
        status = error_set(err, GAIA_JOB_INVALID, "%s: an array of composites is wanted, not %s",
                           what, root != NULL ? json_type_text(root) : "nothing");
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(root); i++) {
        status = document_take(what, json_array_get(root, i), i, err);
    }
    if (status != GAIA_OK) {
        json_decref(root);
        return status;
    }
    *documents = root;
    return GAIA_OK;
}

static size_t blanks_skip(const char *bytes, size_t length, size_t at)
{
    while (at < length && memchr(" \t\r\n", bytes[at], 4) != NULL) {
        at++;
    }
    return at;
}

/* Puts an empty array in the place of the document's times. */
static bool times_drop(json_t *document)
{
    return json_object_set_new(document, "times", json_array()) == 0;
}

/* Adds the heads of an array of documents, each of which is parsed and cut down before the next.
 * False: the text is not just that, or there is too little memory. */
static bool heads_take(const char *what, const char *bytes, size_t length, json_t *heads)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK;
    size_t at = blanks_skip(bytes, length, 0);
    bool good = at < length && bytes[at] == '[';
    bool more = good;
    while (more) {
        json_error_t end;
        gaia_error why = {0};
        json_t *document = json_loadb(bytes + at + 1, length - at - 1, flags, &end);
        good = document != NULL &&
               document_take(what, document, json_array_size(heads), &why) == GAIA_OK &&
               times_drop(document) && json_array_append(heads, document) == 0;
        json_decref(document);
        at = good ? blanks_skip(bytes, length, at + 1 + (size_t)end.position) : length;
        more = at < length && bytes[at] == ',';
    }
    return good && at < length && bytes[at] == ']' && blanks_skip(bytes, length, at + 1) == length;
}

gaia_status composites_heads_read(const char *what, const char *bytes, size_t length,
                                  json_t **documents, gaia_error *err)
{
    json_t *heads = json_array();
    if (heads != NULL && heads_take(what, bytes, length, heads)) {
        *documents = heads;
        return GAIA_OK;
    }
    json_decref(heads);
    /* Something else, an empty array or an error: the whole of it, so that one place judges it. */
    const gaia_status status = composites_read(what, bytes, length, documents, err);
    bool good = true;
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(*documents); i++) {
        good = times_drop(json_array_get(*documents, i)) && good;
    }
    if (!good) {
        json_decref(*documents);
        *documents = NULL;
        return error_memory(err, length);
    }
    return status;
}

struct standing {
    size_t index;
    double score;
};

static int standing_compare(const void *a, const void *b)
{
    const struct standing *x = a;
    const struct standing *y = b;
    const bool x_none = isnan(x->score);
    const bool y_none = isnan(y->score);
    if (x_none != y_none) {
        return x_none ? 1 : -1;
    }
    if (!x_none && x->score != y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return (x->index > y->index) - (x->index < y->index);
}

static void number_text(double value, char *cell)
{
    (void)snprintf(cell, CELL_BYTES, isnan(value) ? "-" : "%.6g", value);
}

static void reasons_append(const json_t *document, struct text *out)
{
    const json_t *reasons = json_object_get(document, "reasons");
    const json_t *modified = json_object_get(json_object_get(document, "profile"), "modified");
    const char *gap = "";
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const char *reason = json_string_value(json_array_get(reasons, i));
        text_printf(out, "%s%s", gap, reason != NULL ? reason : "");
        gap = "; ";
    }
    for (size_t i = 0; i < json_array_size(modified); i++) {
        const char *list = json_string_value(json_array_get(modified, i));
        text_printf(out, "%s%s",
                    i > 0                      ? ", "
                    : i == 0 && gap[0] != '\0' ? "; modified: "
                                               : "modified: ",
                    list != NULL ? list : "");
    }
}

static void line_append(const json_t *document, size_t rank, int width, struct text *out)
{
    char score[CELL_BYTES];
    char overall[CELL_BYTES];
    const json_t *passed = json_object_get(document, "passed");
    number_text(composite_number(document, "score"), score);
    number_text(composite_number(document, "overall"), overall);
    text_printf(out, "%4zu  %-*s  %9s  %9s  %-4s  ", rank, width,
                json_string_value(json_object_get(document, "forecast")), score, overall,
                passed == NULL         ? "-"
                : json_is_true(passed) ? "yes"
                                       : "no");
    reasons_append(document, out);
    while (out->length > 0 && out->s[out->length - 1] == ' ') {
        out->s[--out->length] = '\0';
    }
    text_append(out, "\n");
}

gaia_status leaderboard_write(const json_t *documents, struct text *out, gaia_error *err)
{
    const size_t n = json_array_size(documents);
    struct standing *standings = calloc(n > 0 ? n : 1, sizeof *standings);
    size_t width = strlen("forecast");
    if (standings == NULL) {
        return error_memory(err, n * sizeof *standings);
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *document = json_array_get(documents, i);
        const size_t length = json_string_length(json_object_get(document, "forecast"));
        width = length > width ? length : width;
        standings[i] = (struct standing){i, composite_number(document, "score")};
    }
    width = width < 64 ? width : 64;
    qsort(standings, n, sizeof *standings, standing_compare);
    if (n > 0) {
        const json_t *profile = json_object_get(json_array_get(documents, 0), "profile");
        const char *name = json_string_value(json_object_get(profile, "name"));
        text_printf(out, "\n%s\nrank  %-*s  composite    overall  pass  why\n",
                    name != NULL ? name : "-", (int)width, "forecast");
    }
    for (size_t i = 0; i < n; i++) {
        line_append(json_array_get(documents, standings[i].index), i + 1, (int)width, out);
    }
    free(standings);
    return out->failed ? error_memory(err, n) : GAIA_OK;
}
