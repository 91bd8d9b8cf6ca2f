/* SPDX-License-Identifier: MIT
 *
 * gaia-scheduler: queue, store, dispatch and HTTP API of one state directory. Puts the parts
 * together and waits for SIGTERM or SIGINT; the work is server.c's.
 *
 * Invariant: scheduler.json is there only while everything it names is listening.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <jansson.h>

#include "clock.h"
#include "error.h"
#include "file.h"
#include "http_api.h"
#include "log.h"
#include "options.h"
#include "server.h"
#include "state_dir.h"

enum {
    STORE_RETRY_MS = 1000,
    STORE_FILE_BYTES = STATE_PATH,
    HOST_BYTES = 64,
    RETAIN_DAYS_MAX = 36500
};
enum {
    STATE,
    STORE,
    STORE_FILE,
    RETAIN_DAYS,
    API_PORT,
    WORK_PORT,
    CONTROL_PORT,
    HELP,
    VERSION,
    N_OPTIONS
};

static const struct option_spec specs[N_OPTIONS] = {
    [STATE] = {"state", OPTION_TEXT, "DIR", 0, 0, "state directory (default $XDG_STATE_HOME/gaia)"},
    [STORE] = {"store", OPTION_TEXT, "NAME", 0, 0,
               "sqlite or postgres (default: postgres where STATE/postgres is, else sqlite)"},
    [STORE_FILE] = {"store-file", OPTION_TEXT, "FILE", 0, 0,
                    "one line, a connection string for PostgreSQL (default STATE/postgres; the PG* "
                    "variables say the rest)"},
    [RETAIN_DAYS] = {"retain-days", OPTION_NUMBER, "N", 0, RETAIN_DAYS_MAX,
                     "forget jobs that are over after so many days; 0: never (default)"},
    [API_PORT] = {"api-port", OPTION_NUMBER, "N", 0, 65535, "port of the HTTP API; 0: any"},
    [WORK_PORT] = {"work-port", OPTION_NUMBER, "N", 0, 65535, "port for FETCH and RESULT; 0: any"},
    [CONTROL_PORT] = {"control-port", OPTION_NUMBER, "N", 0, 65535,
                      "port for HELLO and BEAT; 0: any"},
    [HELP] = {"help", OPTION_FLAG, NULL, 0, 0, "print this and exit"},
    [VERSION] = {"version", OPTION_FLAG, NULL, 0, 0, "print the version and exit"},
};

/* Blocks the signals that end the program, in this thread and all it will start, and makes them
 * readable. -1 on failure. */
static int stop_fd_open(void)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static uint64_t seed_draw(void)
{
    char digits[17];
    random_hex(digits, sizeof digits / 2);
    return strtoull(digits, NULL, 16);
}

/* The store that was asked for; NULL if there is none of this name. */
static const struct store_ops *store_find(const char *name)
{
#ifdef GAIA_POSTGRES
    if (strcmp(name, "postgres") == 0) {
        return store_postgres();
    }
#endif
    return strcmp(name, "sqlite") == 0 ? store_sqlite() : NULL;
}

/* Reads the connection string, which may hold a password and so is in no argument. A file that was
 * not asked for need not be there: the environment says all then. */
static gaia_status conninfo_read(const char *path, bool is_wanted, char *conninfo, gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    const gaia_status status = file_read(path, STORE_FILE_BYTES - 1, &bytes, &length, err);
    conninfo[0] = '\0';
    if (status == GAIA_FILE_MISSING && !is_wanted) {
        return GAIA_OK;
    }
    if (status == GAIA_OK) {
        (void)snprintf(conninfo, STORE_FILE_BYTES, "%.*s", (int)strcspn(bytes, "\r\n"), bytes);
    }
    free(bytes);
    return status;
}

/* Chooses the store; path, [0 .. STATE_PATH), is where it is. */
static gaia_status store_choose(const struct state_dir *dir, const struct option_value *values,
                                const struct store_ops **store, char *path, gaia_error *err)
{
    char file[STATE_PATH];
    gaia_status status = state_dir_path(dir, "postgres", file, sizeof file, err);
    if (status != GAIA_OK) {
        return status;
    }
    const bool is_wanted = values[STORE_FILE].is_set;
    const char *place = is_wanted ? values[STORE_FILE].text : file;
    const char *guess = is_wanted || access(file, F_OK) == 0 ? "postgres" : "sqlite";
    const char *name = values[STORE].is_set ? values[STORE].text : guess;
    *store = store_find(name);
    if (*store == NULL) {
        return error_set(err, GAIA_USAGE, "--store %s: this program has no such store", name);
    }
    return *store == store_sqlite() ? state_dir_path(dir, "gaia.sqlite", path, STATE_PATH, err)
                                    : conninfo_read(place, is_wanted, path, err);
}

/* name: STORE_LEADER bytes for the server's life. */
static gaia_status server_start(const struct state_dir *dir, const struct option_value *values,
                                const struct log *log, char *name, struct server **server,
                                gaia_error *err)
{
    char store_path[STATE_PATH];
    char host[HOST_BYTES] = "";
    const struct store_ops *store = NULL;
    char control[64];
    char work[64];
    (void)snprintf(control, sizeof control, "tcp://127.0.0.1:%" PRIu64,
                   values[CONTROL_PORT].number);
    (void)snprintf(work, sizeof work, "tcp://127.0.0.1:%" PRIu64, values[WORK_PORT].number);
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, STORE_LEADER, "the scheduler of %s:%.150s", host, dir->path);
    const gaia_status status = store_choose(dir, values, &store, store_path, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct server_config config = {
        .core = core_config_default(),
        .store = store,
        .store_path = store_path,
        .name = name,
        .retain_days = (int64_t)values[RETAIN_DAYS].number,
        .control_url = control,
        .work_url = work,
        .secret = dir->secret,
        .seed = seed_draw(),
        .retry_ms = STORE_RETRY_MS,
        .log = log,
    };
    return server_open(&config, server, err);
}

/* Runs the scheduler of the directory until a signal ends it. */
static gaia_status scheduler_run(const struct state_dir *dir, const struct option_value *values,
                                 const struct log *log, int stop_fd, gaia_error *err)
{
    struct server *server = NULL;
    struct http_api *api = NULL;
    char name[STORE_LEADER];
    uint16_t port = 0;
    gaia_status status = server_start(dir, values, log, name, &server, err);
    if (status != GAIA_OK) {
        return status;
    }
    struct http_api_config config = http_api_config_default();
    config.port = (uint16_t)values[API_PORT].number;
    config.secret = dir->secret;
    config.ask = server_ask;
    config.context = server;
    config.log = log;
    status = http_api_open(&config, &api, &port, err);
    if (status == GAIA_OK) {
        status =
            state_dir_announce(dir, port, server_control_url(server), server_work_url(server), err);
    }
    if (status == GAIA_OK) {
        log_line(log, LOG_INFO, "api http://127.0.0.1:%u, control %s, work %s, state %s",
                 (unsigned)port, server_control_url(server), server_work_url(server), dir->path);
        server_run(server, stop_fd);
        state_dir_withdraw(dir);
        log_line(log, LOG_INFO, "stopped");
    }
    http_api_close(api);
    server_close(server);
    return status;
}

int main(int argc, char **argv)
{
    const struct log log = {.stream = stderr, .program = "gaia-scheduler", .level = LOG_INFO};
    struct option_value values[N_OPTIONS];
    struct state_dir dir;
    const char *none = NULL;
    size_t n = 0;
    gaia_error err = {0};
    gaia_status status = options_parse(specs, N_OPTIONS, argc, argv, values, &none, 0, &n, &err);
    if (status == GAIA_OK && values[HELP].is_set) {
        (void)printf("gaia-scheduler [--state DIR]: dispatches jobs to executors.\n\n");
        options_print(stdout, specs, N_OPTIONS);
        return 0;
    }
    if (status == GAIA_OK && values[VERSION].is_set) {
        (void)printf("gaia-scheduler %s\n", gaia_version());
        return 0;
    }
    const int stop_fd = stop_fd_open();
    json_object_seed(0); /* before there are threads that would do it at the same time */
    if (status == GAIA_OK && stop_fd < 0) {
        status = error_set(&err, GAIA_INTERNAL, "signals cannot be awaited");
    }
    if (status == GAIA_OK) {
        status = state_dir_open(values[STATE].text, &dir, &err);
        if (status == GAIA_OK) {
            status = scheduler_run(&dir, values, &log, stop_fd, &err);
            state_dir_close(&dir);
        }
    }
    if (status != GAIA_OK) {
        log_line(&log, LOG_ERROR, "%s", err.detail);
    }
    return gaia_status_exit(status);
}
