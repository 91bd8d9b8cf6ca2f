/* SPDX-License-Identifier: MIT
 *
 * From sums to a page in a file.
 *
 * Invariant: nothing is written unless all of the page could be made.
 */
#include "report_file.h"

#include <string.h>

#include "clock.h"
#include "command.h"
#include "error.h"
#include "moments_source.h"
#include "report_page.h"

enum { SECOND_MS = 1000 };

void command_line_append(struct text *out, int argc, char **argv)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "@%+=:,./_-";
    text_append(out, "gaia");
    for (int i = 0; i < argc; i++) {
        const char *at = argv[i];
        const bool is_plain = at[0] != '\0' && at[strspn(at, plain)] == '\0';
        text_append(out, is_plain ? " " : " '");
        for (; *at != '\0'; at++) {
            if (*at == '\'') {
                text_append(out, "'\\''");
            } else {
                text_append_n(out, at, 1);
            }
        }
        text_append(out, is_plain ? "" : "'");
    }
    if (!out->failed) {
        (void)text_clean(out->s);
    }
}

gaia_status report_file_write(struct report_request *request, const char *path, gaia_error *err)
{
    struct text json = {0};
    struct text page = {0};
    request->made_s = clock_realtime_ms() / SECOND_MS;
    gaia_status status = report_page_check(err);
    if (status == GAIA_OK) {
        status = report_data_write(request, &json, err);
    }
    if (status == GAIA_OK) {
        status = report_page_write(&json, &page, err);
    }
    text_fini(&json);
    if (status == GAIA_OK) {
        status = command_write(path, &page, err);
    }
    text_fini(&page);
    return status;
}

gaia_status report_json_write(struct report_request *request, const char *path, gaia_error *err)
{
    struct text json = {0};
    request->made_s = clock_realtime_ms() / SECOND_MS;
    gaia_status status = report_data_write(request, &json, err);
    text_append(&json, "\n");
    if (status == GAIA_OK) {
        status = command_write(path, &json, err);
    }
    text_fini(&json);
    return status;
}

gaia_status report_maps_take(const struct map_file *file, struct report_maps **maps,
                             gaia_error *err)
{
    struct report_maps *taken = NULL;
    gaia_status status = report_maps_open(map_file_count(file), &taken, err);
    if (status == GAIA_OK) {
        status = report_maps_add(taken, file, err);
    }
    if (status != GAIA_OK) {
        report_maps_close(taken);
        return status;
    }
    *maps = taken;
    return GAIA_OK;
}

static int piece_take(void *context, const char *bytes, size_t length)
{
    struct text *list = context;
    text_append_n(list, bytes, length);
    return list->failed;
}

gaia_status report_composites_fetch(struct gaia_client *client, const char *id, struct text *list,
                                    gaia_error *err)
{
    const gaia_status status = gaia_client_composites(client, id, piece_take, list, err);
    return list->failed ? error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the composites")
                        : status;
}

gaia_status report_job_write(struct gaia_client *client, const char *id, const char *command,
                             const char *path, gaia_error *err)
{
    struct moments_file *file = NULL;
    struct map_file *map_file = NULL;
    struct report_maps *maps = NULL;
    struct text composites = {0};
    gaia_status status = moments_source_open(id, NULL, &client, &file, err);
    if (status == GAIA_OK) {
        status = map_source_open(id, NULL, &client, &map_file, err);
    }
    if (status == GAIA_OK) {
        status = report_maps_take(map_file, &maps, err);
    }
    if (status == GAIA_OK) {
        status = report_composites_fetch(client, id, &composites, err);
    }
    if (status == GAIA_OK) {
        struct report_request request = {.file = file,
                                         .maps = maps,
                                         .composites = composites.s,
                                         .composites_length = composites.length,
                                         .command = command};
        status = report_file_write(&request, path, err);
    }
    text_fini(&composites);
    report_maps_close(maps);
    map_file_close(map_file);
    moments_file_close(file);
    return status;
}
