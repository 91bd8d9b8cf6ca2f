/* SPDX-License-Identifier: MIT
 *
 * `gaia cert make` and `gaia cert show`: what a scheduler and executors on other machines need to
 * trust each other. Each machine gets a folder of its own, with all that is to be copied there:
 *
 *     DIR/ca.pem, ca.key                 the authority; its key stays here
 *     DIR/scheduler/                     ca.pem, certificate.pem, key.pem
 *     DIR/NAME/                          the same, secret and scheduler.json (gaia.remote/1)
 *
 * Invariant: nothing that exists is replaced unless --renew says so, and an authority never is.
 */
#include "command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "certificate.h"
#include "clock.h"
#include "credentials.h"
#include "error.h"
#include "file.h"
#include "private_file.h"
#include "proof.h"

enum { AUTHORITY_DAYS = 3650, DAYS = 365, CONTROL_PORT_DEFAULT = 7461, WORK_PORT_DEFAULT = 7462 };

enum {
    HELP,
    SCHEDULER,
    EXECUTORS,
    ADDRESS,
    CONTROL,
    WORK,
    N_DAYS,
    RENEW,
    STATE,
    MAKE_JSON,
    N_OPTIONS
};

/* The files of one machine. */
struct folder {
    char path[PATH_MAX];
    char ca[PATH_MAX];
    char certificate[PATH_MAX];
    char key[PATH_MAX];
    char secret[PATH_MAX];
    char note[PATH_MAX];
};

struct making {
    const struct option_value *values;
    char ca[PATH_MAX];
    char ca_key[PATH_MAX];
    char *ca_pem;
    struct folder scheduler;
    unsigned days;
    struct text said;
};

static gaia_status path_join(char *out, const char *folder, const char *name, gaia_error *err)
{
    const int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return n > 0 && n < PATH_MAX ? GAIA_OK
                                 : error_set(err, GAIA_USAGE, "%s: path too long", folder);
}

static gaia_status folder_find(struct folder *folder, const char *dir, const char *name,
                               gaia_error *err)
{
    gaia_status status = path_join(folder->path, dir, name, err);
    const struct {
        char *path;
        const char *name;
    } files[] = {{folder->ca, "ca.pem"},
                 {folder->certificate, "certificate.pem"},
                 {folder->key, "key.pem"},
                 {folder->secret, "secret"},
                 {folder->note, "scheduler.json"}};
    for (size_t i = 0; status == GAIA_OK && i < sizeof files / sizeof *files; i++) {
        status = path_join(files[i].path, folder->path, files[i].name, err);
    }
    return status;
}

/* Makes the authority unless it is there. */
static gaia_status authority_make(struct making *making, const char *dir, gaia_error *err)
{
    size_t length = 0;
    gaia_status status = directory_make(dir, err);
    if (status == GAIA_OK) {
        status = path_join(making->ca, dir, "ca.pem", err);
    }
    if (status == GAIA_OK) {
        status = path_join(making->ca_key, dir, "ca.key", err);
    }
    if (status == GAIA_OK && access(making->ca, F_OK) != 0) {
        const unsigned days = making->days > AUTHORITY_DAYS ? making->days : AUTHORITY_DAYS;
        status = certificate_make_authority(making->ca, making->ca_key, days, err);
        text_printf(&making->said, "%s\n", making->ca);
    }
    if (status == GAIA_OK) {
        status = file_read_regular(making->ca, 1 << 20, &making->ca_pem, &length, err);
    }
    return status;
}

/* Makes key and certificate of one machine in its folder, and checks that they would be taken. */
static gaia_status pair_make(struct making *making, const struct folder *folder, bool scheduler,
                             const char *subject, gaia_error *err)
{
    struct credentials made = {NULL, NULL, NULL};
    const struct certificate_request request = {.scheduler = scheduler,
                                                .subject = subject,
                                                .names = making->values[SCHEDULER].text,
                                                .days = making->days,
                                                .ca_path = making->ca,
                                                .ca_key_path = making->ca_key,
                                                .certificate_path = folder->certificate,
                                                .key_path = folder->key};
    if (access(folder->certificate, F_OK) == 0 && !making->values[RENEW].is_set) {
        return error_set(err, GAIA_USAGE, "%s: exists; --renew replaces it", folder->certificate);
    }
    gaia_status status = directory_make(folder->path, err);
    if (status == GAIA_OK) {
        status = file_write(folder->ca, making->ca_pem, strlen(making->ca_pem), 0644, err);
    }
    if (status == GAIA_OK) {
        status = certificate_make(&request, err);
    }
    if (status == GAIA_OK) {
        status = credentials_read(scheduler ? CREDENTIALS_SCHEDULER : CREDENTIALS_EXECUTOR,
                                  folder->ca, folder->certificate, folder->key, &made, err);
    }
    credentials_fini(&made);
    text_printf(&making->said, "%s\n", folder->path);
    return status;
}

static gaia_status note_write(const struct making *making, const struct folder *folder,
                              const char *name, gaia_error *err)
{
    const struct option_value *values = making->values;
    char server[256];
    char control[320];
    char work[320];
    gaia_status status =
        certificate_name(making->scheduler.certificate, server, sizeof server, err);
    if (status != GAIA_OK) {
        return status;
    }
    const char *host = values[ADDRESS].is_set ? values[ADDRESS].text : server;
    const bool v6 = strchr(host, ':') != NULL;
    const unsigned ports[] = {
        values[CONTROL].is_set ? (unsigned)values[CONTROL].number : CONTROL_PORT_DEFAULT,
        values[WORK].is_set ? (unsigned)values[WORK].number : WORK_PORT_DEFAULT};
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(i == 0 ? control : work, sizeof control, "tls+tcp://%s%.250s%s:%u",
                       v6 ? "[" : "", host, v6 ? "]" : "", ports[i]);
    }
    json_t *note =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "schema", "gaia.remote/1",
                  "executor", name, "control", control, "work", work, "server_name", server, "ca",
                  "ca.pem", "certificate", "certificate.pem", "key", "key.pem", "secret", "secret");
    char *text = note != NULL ? json_dumps(note, JSON_INDENT(1)) : NULL;
    status = text != NULL ? file_write(folder->note, text, strlen(text), 0600, err)
                          : error_memory(err, 1);
    free(text);
    json_decref(note);
    return status;
}

/* A folder's and a certificate's name, so nothing that either would read in its own way. */
static bool name_good(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const size_t length = strlen(name);
    return length > 0 && length < 64 && strspn(name, letters) == length && name[0] != '-' &&
           strcmp(name, "scheduler") != 0;
}

static gaia_status executor_make(struct making *making, const char *dir, const char *name,
                                 const char *master, gaia_error *err)
{
    struct folder folder;
    char secret[WIRE_SECRET];
    if (!name_good(name)) {
        return error_set(err, GAIA_USAGE,
                         "--executors '%s': letters, digits, - and _ are wanted, and not "
                         "'scheduler'",
                         name);
    }
    gaia_status status = folder_find(&folder, dir, name, err);
    if (status == GAIA_OK) {
        status = pair_make(making, &folder, false, name, err);
    }
    if (status == GAIA_OK) {
        proof_secret(master, name, secret);
        status = file_write(folder.secret, secret, strlen(secret), 0600, err);
    }
    if (status == GAIA_OK) {
        status = note_write(making, &folder, name, err);
    }
    return status;
}

static gaia_status executors_make(struct making *making, const char *dir, gaia_error *err)
{
    char state[PATH_MAX];
    char path[PATH_MAX];
    char master[SECRET_TEXT];
    gaia_status status = state_directory(making->values[STATE].text, state, sizeof state, err);
    if (status == GAIA_OK) {
        status = directory_make(state, err);
    }
    if (status == GAIA_OK) {
        status = path_join(path, state, "secret", err);
    }
    if (status == GAIA_OK) {
        status = private_secret_make(path, err);
    }
    if (status == GAIA_OK) {
        status = private_secret_read(path, master, err);
    }
    for (const char *at = making->values[EXECUTORS].text; status == GAIA_OK && *at != '\0';) {
        char name[128];
        const size_t n = strcspn(at, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name), at);
        status = executor_make(making, dir, name, master, err);
        at += n + (at[n] == ',');
    }
    return status;
}

static gaia_status make_run(const char *dir, const struct option_value *values, gaia_error *err)
{
    struct making making = {.values = values,
                            .days = values[N_DAYS].is_set ? (unsigned)values[N_DAYS].number : DAYS};
    if (!values[SCHEDULER].is_set && !values[EXECUTORS].is_set) {
        return error_set(err, GAIA_USAGE, "gaia cert make: --scheduler, --executors or both");
    }
    gaia_status status = authority_make(&making, dir, err);
    if (status == GAIA_OK) {
        status = folder_find(&making.scheduler, dir, "scheduler", err);
    }
    if (status == GAIA_OK && values[SCHEDULER].is_set) {
        status = pair_make(&making, &making.scheduler, true, "gaia scheduler", err);
    }
    if (status == GAIA_OK && values[EXECUTORS].is_set) {
        status = executors_make(&making, dir, err);
    }
    if (status == GAIA_OK) {
        status = command_write_lines(values[MAKE_JSON].is_set, "made", &making.said, err);
    }
    text_fini(&making.said);
    free(making.ca_pem);
    return status;
}

static const struct option_spec make_options[N_OPTIONS] = {
    [HELP] = OPTION_HELP,
    [SCHEDULER] = {"scheduler", OPTION_TEXT, "NAMES", 0, 0,
                   "make the scheduler's, with the names or addresses that it is reached by"},
    [EXECUTORS] = {"executors", OPTION_TEXT, "NAMES", 0, 0,
                   "make those of machines with executors, such as gpu1,gpu2"},
    [ADDRESS] = {"address", OPTION_TEXT, "HOST", 0, 0,
                 "where the executors dial [the first name of --scheduler]"},
    [CONTROL] = {"control-port", OPTION_NUMBER, "N", 1, 65535, "for HELLO and BEAT [7461]"},
    [WORK] = {"work-port", OPTION_NUMBER, "N", 1, 65535, "for FETCH and RESULT [7462]"},
    [N_DAYS] = {"days", OPTION_NUMBER, "N", 1, 36500, "until they expire [365]"},
    [RENEW] = {"renew", OPTION_FLAG, NULL, 0, 0, "replace certificates that are there"},
    [STATE] = OPTION_STATE,
    [MAKE_JSON] = OPTION_JSON,
};

const struct command_spec command_cert_make_spec = {
    "cert make DIR [--scheduler NAMES] [--executors NAMES]",
    "Makes a private authority in DIR, unless it is there, and a folder below DIR for each\n"
    "machine, with its certificate, its key and what else is to be copied there.",
    make_options,
    N_OPTIONS,
    1,
    0};

static int cert_make_command(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *dir = NULL;
    bool helped = false;
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_cert_make_spec, argc, argv, values, &dir, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = make_run(dir, values, &err);
    }
    return command_end(status, &err);
}

static const struct option_spec show_options[] = {OPTION_HELP, OPTION_JSON};
enum { SHOW_HELP, SHOW_JSON, N_SHOW_OPTIONS };

const struct command_spec command_cert_show_spec = {
    "cert show FILE [--json]",
    "Says whose the certificate is, what it names, what it is for and when it expires.",
    show_options,
    N_SHOW_OPTIONS,
    1,
    0};

static int cert_show_command(int argc, char **argv)
{
    struct option_value values[N_SHOW_OPTIONS];
    struct text text = {0};
    const char *path = NULL;
    bool helped = false;
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_cert_show_spec, argc, argv, values, &path, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = certificate_describe(path, clock_realtime_ms() / 1000, &text, &err);
    }
    if (status == GAIA_OK && !helped) {
        status = command_write_lines(values[SHOW_JSON].is_set, "lines", &text, &err);
    }
    text_fini(&text);
    return command_end(status, &err);
}

int command_cert(int argc, char **argv)
{
    gaia_error err = {0};
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "make") == 0) {
        return cert_make_command(argc - 1, argv + 1);
    }
    if (strcmp(verb, "show") == 0) {
        return cert_show_command(argc - 1, argv + 1);
    }
    if (strcmp(verb, "--help") == 0) {
        return command_help_print("cert");
    }
    return command_end(
        error_set(&err, GAIA_USAGE, "usage: gaia cert make DIR | gaia cert show FILE"), &err);
}
