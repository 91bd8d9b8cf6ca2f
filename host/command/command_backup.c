/* SPDX-License-Identifier: MIT
 *
 * `gaia backup`: the scheduler's SQLite file as it is at one moment, in a file of its own. What it
 * is put back with is gaia-scheduler --restore. Needs the scope admin, which the state directory's
 * secret has.
 *
 * Invariant: the file is there whole or not at all, and nobody else's to read: it holds what jobs
 * hold.
 */
#include "command.h"

#include <stdio.h>
#include <unistd.h>

#include <jansson.h>

#include <gaia/client.h>

#include "error.h"
#include "file.h"

enum { HELP, STATE, JSON, N_OPTIONS };

/* Bytes that are written before the disk has them: one that is the scheduler's too, whose commits
 * wait for it, is not asked for more at once. */
enum { SYNC_BYTES = 8 << 20 };

struct sink {
    FILE *stream;
    json_int_t bytes;
    size_t unsynced;
};

static int piece_take(void *context, const char *bytes, size_t length)
{
    struct sink *sink = context;
    sink->bytes += (json_int_t)length;
    sink->unsynced += length;
    if (fwrite(bytes, 1, length, sink->stream) != length) {
        return 1;
    }
    if (sink->unsynced < SYNC_BYTES) {
        return 0;
    }
    sink->unsynced = 0;
    return fflush(sink->stream) != 0 || fdatasync(fileno(sink->stream)) != 0;
}

static gaia_status backup_write(struct gaia_client *client, const char *path, bool as_json,
                                gaia_error *err)
{
    struct file_stream file;
    gaia_status status = file_stream_open(path, 0600, &file, err);
    if (status != GAIA_OK) {
        return status;
    }
    struct sink sink = {.stream = file.stream};
    status = gaia_client_backup(client, piece_take, &sink, err);
    if (status == GAIA_CANCELLED) { /* the receiver, which is here */
        status = error_set(err, GAIA_DISK, "%s: it could not be written", path);
    }
    const gaia_status closed =
        file_stream_close(&file, status == GAIA_OK, status == GAIA_OK ? err : NULL);
    status = status == GAIA_OK ? closed : status;
    if (status == GAIA_OK && as_json) {
        status =
            command_write_json(json_pack("{s:s, s:I}", "file", path, "bytes", sink.bytes), err);
    }
    return status;
}

static const struct option_spec options[N_OPTIONS] = {OPTION_HELP, OPTION_STATE, OPTION_JSON};

const struct command_spec command_backup_spec = {
    "backup FILE [OPTION]...",
    "Copies the scheduler's SQLite database into FILE while jobs run: whole or not at all, as it "
    "is\n"
    "at one moment. With the scheduler stopped, gaia-scheduler --restore FILE puts it back. A "
    "queue\n"
    "in PostgreSQL is backed up with pg_dump.",
    options,
    N_OPTIONS,
    1,
    0};

int command_backup(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *path = NULL;
    struct gaia_client *client = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_backup_spec, argc, argv, values, &path, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = gaia_client_open(values[STATE].text, &client, &err);
        if (status == GAIA_OK) {
            status = backup_write(client, path, values[JSON].is_set, &err);
        }
    }
    gaia_client_close(client);
    return command_end(status, &err);
}
