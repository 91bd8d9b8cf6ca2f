/* SPDX-License-Identifier: MIT
 *
 * What `gaia doctor` says of a state directory: whose it is, whether its secrets are secret, and
 * whether a scheduler answers there and has executors.
 *
 * Invariant: nothing that is in a secret file is shown.
 */
#include "doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <gaia/client.h>

#include "error.h"
#include "file.h"
#include "private_file.h"

enum { NAME_BYTES = PATH_MAX + 32, SMALL_FILE_BYTES = 1 << 16, SPACE_MIB = 1024 };

static const char own_secret[] = "secret";
static const char choose[] = "choose another with --state or GAIA_STATE";

/* The directory itself: there, a directory, this user's, nobody else's to write. */
static bool directory_tell(struct doctor *doctor, const char *state)
{
    struct stat about;
    static const char check[] = "state";
    if (stat(state, &about) != 0) {
        const bool is_absent = errno == ENOENT;
        doctor_tell(doctor, check, is_absent ? VERDICT_NOTE : VERDICT_PROBLEM,
                    is_absent ? GAIA_OK : GAIA_FILE_UNREADABLE,
                    is_absent ? "`gaia up` makes it" : choose, "%s: %s", state, strerror(errno));
        return false;
    }
    if (!S_ISDIR(about.st_mode)) {
        doctor_tell(doctor, check, VERDICT_PROBLEM, GAIA_FILE_UNREADABLE, choose,
                    "%s: not a directory", state);
        return false;
    }
    if (about.st_uid != geteuid()) {
        const bool is_root = geteuid() == 0; /* who looks after another user's */
        doctor_tell(doctor, check, is_root ? VERDICT_NOTE : VERDICT_PROBLEM,
                    is_root ? GAIA_OK : GAIA_DENIED,
                    "run the programs as its owner, or choose another with --state",
                    "%s: belongs to user %lu, not to %lu", state, (unsigned long)about.st_uid,
                    (unsigned long)geteuid());
        return access(state, R_OK | X_OK) == 0;
    }
    if (access(state, R_OK | W_OK | X_OK) != 0) {
        doctor_tell(doctor, check, VERDICT_PROBLEM, GAIA_DISK, "chmod 0700", "%s: %s", state,
                    strerror(errno));
        return false;
    }
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        doctor_tell(doctor, check, VERDICT_PROBLEM, GAIA_DENIED, "chmod 0700",
                    "%s: its mode %04o lets others put files there", state,
                    (unsigned)(about.st_mode & 07777));
        return true;
    }
    doctor_tell(doctor, check, VERDICT_OK, GAIA_OK, NULL, "%s, mode %04o", state,
                (unsigned)(about.st_mode & 07777));
    return true;
}

static void space_tell(struct doctor *doctor, const char *state)
{
    struct statvfs about;
    if (statvfs(state, &about) != 0) {
        return;
    }
    const unsigned long long free_mib =
        (unsigned long long)((double)about.f_bavail * (double)about.f_frsize / (1 << 20));
    doctor_tell(doctor, "disk", free_mib < SPACE_MIB ? VERDICT_NOTE : VERDICT_OK, GAIA_OK,
                free_mib < SPACE_MIB
                    ? "make room; `gaia-scheduler --retain-days N` forgets old jobs"
                    : NULL,
                "%llu MiB free where the state is", free_mib);
}

/* Whether only its owner can read the file, and it is a secret. GAIA_OK also if there is none. */
static gaia_status secret_tell(struct doctor *doctor, const char *state, const char *name)
{
    char path[NAME_BYTES];
    char secret[SECRET_TEXT];
    char *bytes = NULL;
    size_t length = 0;
    gaia_error err = {0};
    const bool is_own = strcmp(name, own_secret) == 0;
    (void)snprintf(path, sizeof path, "%s/%s", state, name);
    const gaia_status status =
        is_own ? private_secret_read(path, secret, &err)
               : private_file_read(path, SMALL_FILE_BYTES, &bytes, &length, &err);
    explicit_bzero(secret, sizeof secret);
    private_free(bytes);
    if (status == GAIA_FILE_MISSING) {
        return GAIA_OK;
    }
    if (status == GAIA_OK) {
        doctor_tell(doctor, name, VERDICT_OK, GAIA_OK, NULL, "nobody else can read it");
        return GAIA_OK;
    }
    doctor_tell(doctor, name, VERDICT_PROBLEM, status,
                status == GAIA_DENIED ? "then change it: others may have read it"
                : is_own              ? "remove it while no scheduler runs; `gaia up` makes another"
                                      : "mend or remove it",
                "%s", err.detail);
    return status;
}

bool doctor_state(struct doctor *doctor, const char *state)
{
    static const char *const others[] = {"postgres", "key.pem"};
    if (!directory_tell(doctor, state)) {
        return false;
    }
    space_tell(doctor, state);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        (void)secret_tell(doctor, state, others[i]);
    }
    /* One that others can read still opens the scheduler's door; one that is none does not. */
    const gaia_status status = secret_tell(doctor, state, own_secret);
    return status == GAIA_OK || status == GAIA_DENIED;
}

static int text_take(void *context, const char *bytes, size_t length)
{
    struct text *text = context;
    text_append_n(text, bytes, length);
    return text->failed;
}

static void executors_tell(struct doctor *doctor, struct gaia_client *client)
{
    static const char check[] = "executors";
    struct text text = {0};
    gaia_error err = {0};
    const gaia_status status =
        gaia_client_list_json(client, GAIA_CLIENT_EXECUTORS, NULL, text_take, &text, &err);
    json_t *root =
        status == GAIA_OK && text.s != NULL ? json_loadb(text.s, text.length, 0, NULL) : NULL;
    const json_t *list = json_object_get(root, "executors");
    if (status != GAIA_OK) {
        doctor_tell(doctor, check, VERDICT_PROBLEM, status, "try again", "%s", err.detail);
    } else if (!json_is_array(list)) {
        doctor_tell(doctor, check, VERDICT_PROBLEM, GAIA_PROTOCOL,
                    "see that scheduler and gaia are of one version",
                    "the scheduler's answer is not the API's");
    } else if (json_array_size(list) == 0) {
        doctor_tell(
            doctor, check, VERDICT_PROBLEM, GAIA_UNREACHABLE,
            "jobs wait; log/node/application.log in the state directory says why none stays",
            "the scheduler has none");
    } else {
        doctor_tell(doctor, check, VERDICT_OK, GAIA_OK, NULL, "%zu", json_array_size(list));
    }
    json_decref(root);
    text_fini(&text);
}

void doctor_scheduler(struct doctor *doctor, const char *state)
{
    static const char check[] = "scheduler";
    char path[NAME_BYTES];
    char *bytes = NULL;
    size_t length = 0;
    struct gaia_client *client = NULL;
    gaia_error err = {0};
    (void)snprintf(path, sizeof path, "%s/scheduler.json", state);
    gaia_status status = file_read_regular(path, SMALL_FILE_BYTES, &bytes, &length, &err);
    free(bytes);
    if (status == GAIA_FILE_MISSING) {
        doctor_tell(doctor, check, VERDICT_NOTE, GAIA_OK, "`gaia up` starts one", "none runs on %s",
                    state);
        return;
    }
    if (status == GAIA_OK) {
        status = gaia_client_open(state, &client, &err);
    }
    if (status == GAIA_OK) {
        status = gaia_client_ready(client, &err);
    }
    if (status != GAIA_OK) {
        doctor_tell(
            doctor, check, VERDICT_PROBLEM, status,
            "`gaia up` starts it; log/node/application.log in the state directory may say why",
            "%s", err.detail);
    } else {
        doctor_tell(doctor, check, VERDICT_OK, GAIA_OK, NULL, "takes jobs");
        executors_tell(doctor, client);
    }
    gaia_client_close(client);
}
