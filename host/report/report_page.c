/* SPDX-License-Identifier: MIT
 *
 * Puts the document into the page.
 *
 * Invariant: JSON holds <, > and & in strings only, where \u003c means the same; so no text can end
 * its element or begin a comment.
 */
#include "report_page.h"

#include <string.h>

#include "error.h"
#include "report_embedded.h"

static const char place[] = "@DATA@";

/* The page of this name; NULL: there is none. */
static const char *page_find(const char *name)
{
    for (size_t i = 0; i < embedded_report_count; i++) {
        if (strcmp(embedded_report[i].name, name) == 0) {
            return embedded_report[i].text;
        }
    }
    return NULL;
}

const char *report_live_page(void)
{
    return page_find("live");
}

gaia_status report_page_check(gaia_error *err)
{
    return page_find("page") != NULL
               ? GAIA_OK
               : error_set(err, GAIA_FORMAT_UNSUPPORTED,
                           "this program was built without the page: install libjs-vega and build "
                           "with -DGAIA_REPORT=ON");
}

/* Appends JSON as it may stand in an HTML page. */
static void json_append(const struct text *json, struct text *out)
{
    for (const char *at = json->s; *at != '\0';) {
        const size_t plain = strcspn(at, "<>&");
        text_append_n(out, at, plain);
        at += plain;
        if (*at != '\0') {
            text_printf(out, "\\u%04x", (unsigned)*at);
            at++;
        }
    }
}

gaia_status report_page_write(const struct text *json, struct text *out, gaia_error *err)
{
    const gaia_status status = report_page_check(err);
    if (status != GAIA_OK) {
        return status;
    }
    const char *page = page_find("page");
    const char *data = strstr(page, place);
    if (data == NULL || json->length == 0) {
        return error_set(err, GAIA_INTERNAL, "the page has no place for its data");
    }
    text_append_n(out, page, (size_t)(data - page));
    json_append(json, out);
    text_append(out, data + strlen(place));
    return out->failed ? error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the page")
                       : GAIA_OK;
}
