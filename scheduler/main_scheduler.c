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
#include "config_program.h"
#include "error.h"
#include "http_api.h"
#include "library.h"
#include "listen.h"
#include "log_options.h"
#include "renew.h"
#include "server.h"
#include "settings.h"
#include "state_dir.h"
#include "store_choice.h"
#include "store_sqlite_backup.h"

enum { SHARES_MAX = 256, LISTENERS = 4 /* control and work, for this machine and for others */ };

static const struct option_spec own_specs[] = {
    PROGRAM_OWN_SPECS,
    {"restore", OPTION_PATH, "FILE", 0, 0,
     "put a backup (gaia backup) in the place of the SQLite file, and end"},
    {"replace", OPTION_FLAG, NULL, 0, 0,
     "with --restore: also where there is one, which is renamed"}};
enum { RESTORE = OWN_FIRST, REPLACE, N_OWN };

/* Blocks the signals that end the program, in this thread and all it will start, and makes them
 * readable; SIGHUP is blocked where it is waited for, and ends nothing where it is not. -1 on
 * failure. */
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
    (void)signal(SIGHUP, SIG_IGN);
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

/* How a scheduler that stands by calls this one. */
static void name_make(const struct state_dir *dir, char *name, size_t name_bytes)
{
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, name_bytes, "the scheduler of %s:%.150s", host, dir->path);
}

/* name is borrowed for the server's life. */
static gaia_status server_start(const struct state_dir *dir, const struct config *options,
                                const struct store_choice *store, const struct core_config *core,
                                const char *name, struct token_table *tokens, const struct log *log,
                                struct server **server, gaia_error *err)
{
    const char *named = config_text(options, CONFIG_RESULTS);
    struct listen listen = {0};
    char results[STATE_PATH];
    char control[64];
    char work[64];
    (void)snprintf(control, sizeof control, "tcp://127.0.0.1:%" PRIu64,
                   config_number(options, CONFIG_CONTROL_PORT));
    (void)snprintf(work, sizeof work, "tcp://127.0.0.1:%" PRIu64,
                   config_number(options, CONFIG_WORK_PORT));
    gaia_status status = state_dir_path(dir, "results", results, sizeof results, err);
    if (status == GAIA_OK) {
        status = settings_listen(options, &listen, err);
    }
    if (status != GAIA_OK) {
        listen_fini(&listen);
        return status;
    }
    const struct server_config config = {
        .core = *core,
        .store = store->ops,
        .store_path = store->path,
        .stall_ms = config_ms(options, CONFIG_STORE_STALL),
        .results_path = named != NULL ? named : results,
        .name = name,
        .retain_days = (int64_t)config_number(options, CONFIG_RETAIN_DAYS),
        .control_url = control,
        .work_url = work,
        .remote_control_url = listen.control[0] != '\0' ? listen.control : NULL,
        .remote_work_url = listen.work[0] != '\0' ? listen.work : NULL,
        .tls = listen.credentials.key != NULL ? &listen.tls : NULL,
        .connections_max = listen_connections(LISTENERS, settings_api(options).connections_max),
        .secret = dir->secret,
        .tokens = tokens,
        .seed = seed_draw(),
        .retry_ms = config_ms(options, CONFIG_STORE_RETRY),
        .lead_ms = config_ms(options, CONFIG_LEADER_LEASE),
        .log = log,
    };
    status = server_open(&config, server, err);
    if (status == GAIA_OK) {
        metrics_watch_disk(server_metrics(*server), dir->path);
        metrics_certificate(server_metrics(*server), METRIC_LISTENER_EXECUTORS,
                            listen.credentials.expires_s);
    }
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
    log_event(
        log, LOG_APPLICATION, LOG_INFO, "listening", "the scheduler takes jobs",
        log_text("state", dir->path), log_int("api_port", port), log_text("control", note.control),
        log_text("work", note.work),
        log_text("remote_api", remote_api[0] != '\0' ? remote_api : NULL),
        log_text("remote_control", note.remote_control[0] != '\0' ? note.remote_control : NULL),
        log_text("remote_work", note.remote_work[0] != '\0' ? note.remote_work : NULL));
    return GAIA_OK;
}

/* Opens the HTTP API and runs the server until a signal ends it. */
static gaia_status api_run(const struct state_dir *dir, const struct config *options,
                           const struct store_choice *store, struct token_table *tokens,
                           struct server *server, const struct log *log, int stop_fd,
                           gaia_error *err)
{
    struct http_api_config config = settings_api(options);
    struct http_api *api = NULL;
    struct renewer *renewer = NULL;
    char remote_api[HTTP_URL];
    uint16_t port = 0;
    config.tokens = tokens;
    config.board = server_board(server);
    config.metrics = server_metrics(server);
    config.database = store->ops == store_sqlite() ? store->path : NULL;
    config.ask = server_ask;
    config.context = server;
    config.log = log;
    gaia_status status = http_api_open(&config, &api, &port, remote_api, err);
    if (status == GAIA_OK && config_text(options, CONFIG_API_CERTIFICATE) != NULL) {
        status = renewer_open(api, &renewer, err);
    }
    if (status == GAIA_OK) {
        status = where_announce(dir, server, port, remote_api, log, err);
    }
    if (status == GAIA_OK) {
        if (remote_api[0] != '\0' && config.remote.key == NULL) {
            log_event(log, LOG_SECURITY, LOG_WARNING, "api_in_clear",
                      "the HTTP API has no TLS: tokens and jobs are sent in the clear",
                      log_text("remote_api", remote_api));
        }
        server_run(server, stop_fd);
        state_dir_withdraw(dir);
        log_event(log, LOG_APPLICATION, LOG_INFO, "stopped", "the scheduler has stopped", LOG_END);
    }
    renewer_close(renewer);
    http_api_close(api);
    return status;
}

/* Runs the scheduler of the directory until a signal ends it. */
static gaia_status scheduler_run(const struct state_dir *dir, const struct config *options,
                                 const struct log *log, int stop_fd, gaia_error *err)
{
    struct server *server = NULL;
    struct token_table *tokens = NULL;
    struct store_choice store;
    char name[STORE_LEADER];
    struct core_share shares[SHARES_MAX];
    struct core_config core = settings_core(options);
    const char *shared = config_text(options, CONFIG_SHARES);
    char *texts = shared != NULL ? strdup(shared) : NULL;
    gaia_status status =
        shared != NULL && texts == NULL ? error_memory(err, strlen(shared)) : GAIA_OK;
    if (texts != NULL) {
        status = settings_shares(texts, shares, SHARES_MAX, &core.n_shares, err);
    }
    core.shares = shares;
    name_make(dir, name, sizeof name);
    if (status == GAIA_OK) {
        status = store_choose(dir, config_text(options, CONFIG_STORE),
                              config_text(options, CONFIG_STORE_FILE), &store, err);
    }
    if (status == GAIA_OK) {
        status = token_table_open(dir->secret, &tokens, err);
    }
    if (status == GAIA_OK) {
        status = server_start(dir, options, &store, &core, name, tokens, log, &server, err);
    }
    if (status != GAIA_OK) {
        token_table_free(tokens);
        free(texts);
        return status;
    }
    status = api_run(dir, options, &store, tokens, server, log, stop_fd, err);
    server_close(server);
    token_table_free(tokens);
    free(texts);
    return status;
}

/* Puts a backup in the place of the store, which nobody uses while the directory is locked. */
static gaia_status store_restore(const struct state_dir *dir, const struct config *options,
                                 const struct option_value *own, const struct log *log,
                                 gaia_error *err)
{
    struct store_choice store;
    struct sqlite_extent extent;
    gaia_status status = store_choose(dir, config_text(options, CONFIG_STORE),
                                      config_text(options, CONFIG_STORE_FILE), &store, err);
    if (status == GAIA_OK && store.ops != store_sqlite()) {
        status = error_set(err, GAIA_USAGE,
                           "--restore: this scheduler's queue is in PostgreSQL (pg_restore)");
    }
    if (status == GAIA_OK) {
        status = sqlite_restore(store.path, own[RESTORE].text, own[REPLACE].is_set, &extent, err);
    }
    if (status == GAIA_OK) {
        log_event(log, LOG_APPLICATION, LOG_INFO, "restored",
                  "a backup is in the place of the database", log_text("database", store.path),
                  log_int("jobs", extent.n_jobs));
    }
    return status;
}

static gaia_status state_use(const struct config *options, const struct option_value *own,
                             const struct log *log, gaia_error *err)
{
    struct state_dir dir;
    const int stop_fd = stop_fd_open(config_text(options, CONFIG_API_CERTIFICATE) != NULL);
    json_object_seed(0); /* before there are threads that would do it at the same time */
    if (stop_fd < 0) {
        return error_set(err, GAIA_INTERNAL, "signals cannot be awaited");
    }
    gaia_status status = state_dir_open(config_text(options, CONFIG_STATE), &dir, err);
    if (status == GAIA_OK) {
        status = own[RESTORE].is_set ? store_restore(&dir, options, own, log, err)
                                     : scheduler_run(&dir, options, log, stop_fd, err);
        state_dir_close(&dir);
    }
    return status;
}

static gaia_status run(struct config *config, const struct option_value *own,
                       struct logger **logger, gaia_error *err)
{
    const gaia_status status = log_start(config, "gaia-scheduler", "scheduler", logger, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct log log = {.logger = *logger};
    program_log_ignored(config, &log);
    return state_use(config, own, &log, err);
}

int main(int argc, char **argv)
{
    static const struct program program = {.name = "gaia-scheduler",
                                           .bit = PROGRAM_SCHEDULER,
                                           .what = "Dispatches jobs to executors until SIGTERM.",
                                           .own = own_specs,
                                           .n_own = N_OWN,
                                           .run = run};
    return program_main(&program, argc, argv);
}
