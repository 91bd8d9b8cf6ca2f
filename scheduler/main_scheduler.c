/* SPDX-License-Identifier: MIT
 *
 * gaia-scheduler: queue, store, dispatch and HTTP API of one state directory. Puts the parts
 * together and waits for SIGTERM or SIGINT; the work is server.c's.
 *
 * Invariant: scheduler.json is there only while everything it names is listening.
 */
#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <jansson.h>

#include "api_options.h"
#include "clock.h"
#include "error.h"
#include "http_api.h"
#include "library.h"
#include "listen.h"
#include "log.h"
#include "options.h"
#include "renew.h"
#include "server.h"
#include "state_dir.h"
#include "store_choice.h"

enum {
    STORE_RETRY_MS = 1000,
    SHARES_MAX = 256,
    SHARE_MAX = 1000000,
    RETAIN_DAYS_MAX = 36500,
    LISTEN_CONTROL_DEFAULT = 7461,
    LISTEN_WORK_DEFAULT = 7462,
    API_LISTEN_DEFAULT = 7460
};
enum { LISTENERS = 4 }; /* control and work, for this machine and for others */
enum {
    STATE,
    STORE,
    STORE_FILE,
    RETAIN_DAYS,
    API_PORT,
    WORK_PORT,
    CONTROL_PORT,
    LISTEN,
    LISTEN_CONTROL_PORT,
    LISTEN_WORK_PORT,
    CA,
    CERTIFICATE,
    KEY,
    JOBS_MAX,
    BATCH_UNITS,
    QUARANTINE,
    SHARES,
    API_FIRST,
    HELP = API_FIRST + API_OPTIONS,
    VERSION,
    N_OPTIONS
};

static const struct option_spec specs[N_OPTIONS] = {
    [STATE] = {"state", OPTION_TEXT, "DIR", 0, 0, "state directory (default $XDG_STATE_HOME/gaia)"},
    [STORE] = {"store", OPTION_TEXT, "NAME", 0, 0,
               "sqlite or postgres (default: postgres where DIR/postgres is, else sqlite)"},
    [STORE_FILE] = {"store-file", OPTION_TEXT, "FILE", 0, 0,
                    "one line, a connection string for PostgreSQL (default DIR/postgres; the PG* "
                    "variables say the rest)"},
    [RETAIN_DAYS] = {"retain-days", OPTION_NUMBER, "N", 0, RETAIN_DAYS_MAX,
                     "forget jobs that are over after so many days; 0: never (default)"},
    [API_PORT] = {"api-port", OPTION_NUMBER, "N", 0, 65535, "port of the HTTP API; 0: any"},
    [WORK_PORT] = {"work-port", OPTION_NUMBER, "N", 0, 65535, "port for FETCH and RESULT; 0: any"},
    [CONTROL_PORT] = {"control-port", OPTION_NUMBER, "N", 0, 65535,
                      "port for HELLO and BEAT; 0: any"},
    [LISTEN] = {"listen", OPTION_TEXT, "HOST", 0, 0,
                "address for executors of other machines, with the certificates below"},
    [LISTEN_CONTROL_PORT] = {"listen-control-port", OPTION_NUMBER, "N", 0, 65535,
                             "port there for HELLO and BEAT; 0: any [7461]"},
    [LISTEN_WORK_PORT] = {"listen-work-port", OPTION_NUMBER, "N", 0, 65535,
                          "port there for FETCH and RESULT; 0: any [7462]"},
    [CA] = {"ca", OPTION_TEXT, "FILE", 0, 0, "the authority of executors' certificates, in PEM"},
    [CERTIFICATE] = {"certificate", OPTION_TEXT, "FILE", 0, 0,
                     "this scheduler's certificate, in PEM"},
    [KEY] = {"key", OPTION_TEXT, "FILE", 0, 0, "its private key, in PEM, mode 0600"},
    [JOBS_MAX] = {"jobs-max", OPTION_NUMBER, "N", 1, UINT32_MAX,
                  "jobs in the queue; beyond it none are taken (default 100000)"},
    [BATCH_UNITS] = {"batch-units", OPTION_NUMBER, "N", 1, 4096,
                     "fields in a batch, at most (default 128)"},
    [QUARANTINE] = {"quarantine", OPTION_NUMBER, "N", 1, 1000,
                    "executors that had run nothing else and end under a batch before it is given "
                    "up (default 3)"},
    [SHARES] = {"shares", OPTION_TEXT, "NAME=N,...", 0, 0,
                "tenants' shares of the executors (default 1 each)"},
    [API_FIRST] = API_OPTION_SPECS,
    [HELP] = {"help", OPTION_FLAG, NULL, 0, 0, "print this and exit"},
    [VERSION] = {"version", OPTION_FLAG, NULL, 0, 0,
                 "print the version, and those of libraries, and exit"},
};

/* Blocks the signals that end the program, in this thread and all it will start, and makes them
 * readable; SIGHUP is blocked where it is waited for. -1 on failure. */
static int stop_fd_open(bool awaits_hangup)
{
    sigset_t signals;
    sigset_t hangup;
    (void)sigemptyset(&hangup);
    (void)sigaddset(&hangup, SIGHUP);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 ||
        (awaits_hangup && pthread_sigmask(SIG_BLOCK, &hangup, NULL) != 0)) {
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

/* Takes "a=3,b=1" apart, in place; n_max of them at most. */
static gaia_status shares_parse(char *text, struct core_share *shares, size_t n_max, size_t *n,
                                gaia_error *err)
{
    for (char *part = NULL; (part = strsep(&text, ",")) != NULL;) {
        char *number = strrchr(part, '=');
        char *end = NULL;
        const unsigned long share = number != NULL ? strtoul(number + 1, &end, 10) : 0;
        if (number == NULL || number == part || !isdigit((unsigned char)number[1]) ||
            *end != '\0' || share < 1 || share > SHARE_MAX || *n == n_max) {
            return error_set(err, GAIA_USAGE,
                             "--shares: '%.60s': at most %zu of NAME=N are wanted, N from 1 to %d",
                             part, n_max, SHARE_MAX);
        }
        *number = '\0';
        shares[(*n)++] = (struct core_share){.tenant = part, .share = (uint32_t)share};
    }
    return GAIA_OK;
}

static gaia_status listen_read(const struct option_value *values, struct listen *listen,
                               gaia_error *err)
{
    const struct option_value *control = &values[LISTEN_CONTROL_PORT];
    const struct option_value *work = &values[LISTEN_WORK_PORT];
    const struct listen_options options = {
        .host = values[LISTEN].text,
        .control_port = control->is_set ? control->number : LISTEN_CONTROL_DEFAULT,
        .work_port = work->is_set ? work->number : LISTEN_WORK_DEFAULT,
        .ca = values[CA].text,
        .certificate = values[CERTIFICATE].text,
        .key = values[KEY].text};
    return listen_prepare(&options, listen, err);
}

/* How a scheduler that stands by calls this one. */
static void name_make(const struct state_dir *dir, char *name, size_t name_bytes)
{
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, name_bytes, "the scheduler of %s:%.150s", host, dir->path);
}

static uint64_t number_or(const struct option_value *value, uint64_t otherwise)
{
    return value->is_set ? value->number : otherwise;
}

static struct http_api_config api_config_read(const struct option_value *values)
{
    const struct option_value *api = values + API_FIRST;
    struct http_api_config config = http_api_config_default();
    config.port = (uint16_t)values[API_PORT].number;
    config.remote = (struct http_remote_config){
        .host = api[API_OPT_LISTEN].text,
        .port = (uint16_t)number_or(&api[API_OPT_LISTEN_PORT], API_LISTEN_DEFAULT),
        .certificate = api[API_OPT_CERTIFICATE].text,
        .key = api[API_OPT_KEY].text,
        .is_insecure = api[API_OPT_INSECURE].is_set};
    config.body_bytes_max = number_or(&api[API_OPT_BODY], config.body_bytes_max);
    config.header_bytes_max = number_or(&api[API_OPT_HEADERS], config.header_bytes_max);
    config.connections_max = (unsigned)number_or(&api[API_OPT_CONNECTIONS], config.connections_max);
    config.of_address_max =
        (unsigned)number_or(&api[API_OPT_CONNECTIONS_EACH], config.of_address_max);
    config.timeout_s = (unsigned)number_or(&api[API_OPT_IDLE], config.timeout_s);
    config.request_s = (unsigned)number_or(&api[API_OPT_REQUEST_TIME], config.request_s);
    config.rates.address_rate = number_or(&api[API_OPT_RATE], config.rates.address_rate);
    config.rates.token_rate = number_or(&api[API_OPT_TOKEN_RATE], config.rates.token_rate);
    config.rates.tenant_rate = number_or(&api[API_OPT_TENANT_RATE], config.rates.tenant_rate);
    return config;
}

/* name is borrowed for the server's life. */
static gaia_status server_start(const struct state_dir *dir, const struct option_value *values,
                                const struct core_config *core, const char *name,
                                struct token_table *tokens, const struct log *log,
                                struct server **server, gaia_error *err)
{
    struct listen listen = {0};
    struct store_choice store;
    char control[64];
    char work[64];
    (void)snprintf(control, sizeof control, "tcp://127.0.0.1:%" PRIu64,
                   values[CONTROL_PORT].number);
    (void)snprintf(work, sizeof work, "tcp://127.0.0.1:%" PRIu64, values[WORK_PORT].number);
    gaia_status status =
        store_choose(dir, values[STORE].text, values[STORE_FILE].text, &store, err);
    if (status == GAIA_OK) {
        status = listen_read(values, &listen, err);
    }
    if (status != GAIA_OK) {
        listen_fini(&listen);
        return status;
    }
    const struct server_config config = {
        .core = *core,
        .store = store.ops,
        .store_path = store.path,
        .name = name,
        .retain_days = (int64_t)values[RETAIN_DAYS].number,
        .control_url = control,
        .work_url = work,
        .remote_control_url = listen.control[0] != '\0' ? listen.control : NULL,
        .remote_work_url = listen.work[0] != '\0' ? listen.work : NULL,
        .tls = listen.credentials.key != NULL ? &listen.tls : NULL,
        .connections_max = listen_connections(LISTENERS, api_config_read(values).connections_max),
        .secret = dir->secret,
        .tokens = tokens,
        .seed = seed_draw(),
        .retry_ms = STORE_RETRY_MS,
        .log = log,
    };
    status = server_open(&config, server, err);
    listen_fini(&listen);
    return status;
}

/* Says where the scheduler listens: in the state directory, and in the log. */
static gaia_status where_announce(const struct state_dir *dir, const struct server *server,
                                  unsigned port, const char *remote_api, const struct log *log,
                                  gaia_error *err)
{
    const struct state_note note = {.api_port = port,
                                    .remote_api = remote_api,
                                    .control = server_control_url(server),
                                    .work = server_work_url(server),
                                    .remote_control = server_remote_control_url(server),
                                    .remote_work = server_remote_work_url(server)};
    const gaia_status status = state_dir_announce(dir, &note, err);
    if (status != GAIA_OK) {
        return status;
    }
    log_line(log, LOG_INFO, "api http://127.0.0.1:%u, control %s, work %s, state %s", port,
             note.control, note.work, dir->path);
    if (note.remote_control[0] != '\0') {
        log_line(log, LOG_INFO, "for other machines: control %s, work %s", note.remote_control,
                 note.remote_work);
    }
    if (remote_api[0] != '\0') {
        log_line(log, LOG_INFO, "for other machines: api %s", remote_api);
    }
    return GAIA_OK;
}

/* Opens the HTTP API and runs the server until a signal ends it. */
static gaia_status api_run(const struct state_dir *dir, const struct option_value *values,
                           struct token_table *tokens, struct server *server, const struct log *log,
                           int stop_fd, gaia_error *err)
{
    struct http_api_config config = api_config_read(values);
    struct http_api *api = NULL;
    struct renewer *renewer = NULL;
    char remote_api[HTTP_URL];
    uint16_t port = 0;
    config.tokens = tokens;
    config.board = server_board(server);
    config.ask = server_ask;
    config.context = server;
    config.log = log;
    gaia_status status = http_api_open(&config, &api, &port, remote_api, err);
    if (status == GAIA_OK && values[API_FIRST + API_OPT_CERTIFICATE].is_set) {
        status = renewer_open(api, &renewer, err);
    }
    if (status == GAIA_OK) {
        status = where_announce(dir, server, port, remote_api, log, err);
    }
    if (status == GAIA_OK) {
        if (remote_api[0] != '\0' && config.remote.key == NULL) {
            log_line(log, LOG_WARNING, "%s has no TLS: tokens and jobs are sent in the clear",
                     remote_api);
        }
        server_run(server, stop_fd);
        state_dir_withdraw(dir);
        log_line(log, LOG_INFO, "stopped");
    }
    renewer_close(renewer);
    http_api_close(api);
    return status;
}

/* Runs the scheduler of the directory until a signal ends it. */
static gaia_status scheduler_run(const struct state_dir *dir, const struct option_value *values,
                                 const struct log *log, int stop_fd, gaia_error *err)
{
    struct server *server = NULL;
    struct token_table *tokens = NULL;
    char name[STORE_LEADER];
    struct core_share shares[SHARES_MAX];
    struct core_config core = core_config_default();
    char *texts = values[SHARES].is_set ? strdup(values[SHARES].text) : NULL;
    gaia_status status = values[SHARES].is_set && texts == NULL
                             ? error_memory(err, strlen(values[SHARES].text))
                             : GAIA_OK;
    if (texts != NULL) {
        status = shares_parse(texts, shares, SHARES_MAX, &core.n_shares, err);
    }
    core.shares = shares;
    core.batch_units =
        values[BATCH_UNITS].is_set ? (uint32_t)values[BATCH_UNITS].number : core.batch_units;
    core.kills_max =
        values[QUARANTINE].is_set ? (uint32_t)values[QUARANTINE].number : core.kills_max;
    core.jobs_max = values[JOBS_MAX].is_set ? (uint32_t)values[JOBS_MAX].number : core.jobs_max;
    core.tenant_jobs_max = (uint32_t)values[API_FIRST + API_OPT_TENANT_JOBS].number;
    name_make(dir, name, sizeof name);
    if (status == GAIA_OK) {
        status = token_table_open(dir->secret, &tokens, err);
    }
    if (status == GAIA_OK) {
        status = server_start(dir, values, &core, name, tokens, log, &server, err);
    }
    if (status != GAIA_OK) {
        token_table_free(tokens);
        free(texts);
        return status;
    }
    status = api_run(dir, values, tokens, server, log, stop_fd, err);
    server_close(server);
    token_table_free(tokens);
    free(texts);
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
        version_print("gaia-scheduler");
        return 0;
    }
    const int stop_fd = stop_fd_open(values[API_FIRST + API_OPT_CERTIFICATE].is_set);
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
