/* SPDX-License-Identifier: MIT
 *
 * gaia-executor: options in, executor_run, exit status out.
 *
 * Invariant: SIGTERM and SIGINT are blocked before any thread starts, so that the one thread which
 * waits for them gets them all; and the sandbox is entered before, because it binds the threads
 * that come after.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_program.h"
#include "error.h"
#include "executor.h"
#include "file.h"
#include "log_options.h"
#include "map_place.h"
#include "sandbox.h"
#include "settings.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 128 };

static const struct option_spec own_specs[] = {
    PROGRAM_OWN_SPECS,
    {"id", OPTION_TEXT, "NAME", 0, 0, "name of this executor [host and process number]"},
    {"scheduler", OPTION_PATHS, "FILE", 0, 0, "the same as --scheduler-file"},
    {"replaces", OPTION_TEXT, "REASON", 0, 0,
     "why the process before it in its place went, for the scheduler's metrics [none]"},
};
enum { ID = OWN_FIRST, SCHEDULER, REPLACES, N_OWN };

static void signals_block(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    /* A reader that goes away, of the log too, is an error to handle and no reason to die; nor is a
     * terminal's end. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
}

/* Makes STATE/scratch/NAME, the one folder that the executor may write to, and has libraries use
 * it. "" where it cannot be made: then it writes nothing. */
static void scratch_make(const char *state, const char *name, char *scratch, size_t bytes,
                         const struct log *log)
{
    char plain[NAME_BYTES];
    gaia_error why = {.detail = "no state directory is known"};
    logger_name(name, plain, sizeof plain);
    const int n = snprintf(scratch, bytes, "%s/scratch/%s", state, plain);
    if (state[0] == '\0' || n < 0 || (size_t)n >= bytes ||
        directory_make(scratch, &why) != GAIA_OK) {
        log_event(log, LOG_APPLICATION, LOG_WARNING, "scratch_missing",
                  "there is no scratch folder", log_text("error", why.detail));
        scratch[0] = '\0';
        return;
    }
    (void)setenv("TMPDIR", scratch, 1);
    (void)setenv("CUDA_CACHE_PATH", scratch, 0);
}

/* Writes the results folder: the one that is named, else, where the scheduler is on this machine,
 * STATE/results. "" where there is none. */
static gaia_status results_find(const struct config *config, const char *state,
                                char results[PATH_BYTES], gaia_error *err)
{
    const char *named = config_text(config, CONFIG_RESULTS);
    int n = 0;
    results[0] = '\0';
    if (named != NULL) {
        n = snprintf(results, PATH_BYTES, "%s", named);
    } else if (config_text(config, CONFIG_SCHEDULER_FILE) == NULL) {
        n = snprintf(results, PATH_BYTES, "%s/results", state);
    }
    return n >= 0 && n < PATH_BYTES ? GAIA_OK
                                    : error_set(err, GAIA_DISK, "%.64s...: too long", results);
}

/* Makes the executor's own folder for error maps (map_place.h), and empties it of what a process of
 * this id has left. "" where there is none: then jobs with maps run elsewhere. */
static void staging_make(const struct config *config, const char *state, const char *id,
                         char *staging, size_t bytes, const struct log *log)
{
    char results[PATH_BYTES];
    char name[MAP_NAME];
    gaia_error why = {0};
    staging[0] = '\0';
    gaia_status status = results_find(config, state, results, &why);
    if (status == GAIA_OK && results[0] == '\0') {
        return;
    }
    if (status == GAIA_OK) {
        status = map_staging_make(id, name, &why);
    }
    if (status == GAIA_OK) {
        (void)snprintf(staging, bytes, "%s/" MAP_STAGING "/%s", results, name);
        status = directory_make(staging, &why);
    }
    if (status == GAIA_OK) {
        directory_clear(AT_FDCWD, staging);
    } else {
        log_event(log, LOG_APPLICATION, LOG_WARNING, "results_missing",
                  "there is no folder for error maps", log_text("error", why.detail));
        staging[0] = '\0';
    }
}

/* The folders of its own, in the first of several state directories. */
struct own_folders {
    char scratch[PATH_BYTES + NAME_BYTES];
    char staging[PATH_BYTES + sizeof "/" MAP_STAGING "/" + MAP_NAME];
};

static void folders_make(const struct config *config, const char *states, const char *name,
                         struct own_folders *own, const struct log *log)
{
    const struct address_options all = {.state = states};
    struct address_place first;
    address_pick(&all, 0, &first);
    scratch_make(first.text, name, own->scratch, sizeof own->scratch, log);
    staging_make(config, first.text, name, own->staging, sizeof own->staging, log);
}

/* Checks the files of schedulers elsewhere; the first one names this machine. */
static gaia_status remotes_check(const char *files, char *machine, gaia_error *err)
{
    const struct address_options all = {.remote = files};
    struct address_place place;
    char other[NAME_BYTES / 2];
    address_pick(&all, 0, &place);
    gaia_status status = address_check_remote(place.text, machine, sizeof other, err);
    for (size_t i = 1; status == GAIA_OK && i < place.count; i++) {
        address_pick(&all, i, &place);
        status = address_check_remote(place.text, other, sizeof other, err);
    }
    return status;
}

/* The executor's id: what --id says or host and process number, behind the machine's name where
 * the scheduler is elsewhere. */
static gaia_status id_make(const char *named, const char *remotes, char *id, gaia_error *err)
{
    char host[NAME_BYTES / 4] = "host";
    char name[NAME_BYTES / 2];
    char machine[NAME_BYTES / 2] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, sizeof name, "%s-%ld", host, (long)getpid());
    if (remotes != NULL) {
        const gaia_status status = remotes_check(remotes, machine, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    const int n = snprintf(id, NAME_BYTES, "%s%s%s", machine, machine[0] != '\0' ? "/" : "",
                           named != NULL ? named : name);
    return n > 0 && n < NAME_BYTES ? GAIA_OK : error_set(err, GAIA_USAGE, "--id: too long");
}

/* Runs the executor of this id, which every line of its log has. */
static gaia_status executor_start(const struct config *config, const char *state, const char *id,
                                  const char *replaces, struct logger *logger, gaia_error *err)
{
    const struct log_field about[] = {log_text("executor", id), LOG_END};
    const struct log all = {.logger = logger};
    const struct log log = log_bound(&all, about);
    struct own_folders own;
    const struct http_limits remote = settings_remote(config);
    struct executor_options options = settings_executor(config);
    program_log_ignored(config, &log);
    folders_make(config, state, id, &own, &log);
    options.address = (struct address_options){
        .state = state, .remote = config_text(config, CONFIG_SCHEDULER_FILE), .executor = id};
    options.remote = &remote;
    options.replaces = replaces;
    options.log = &log;
    options.scratch = own.scratch[0] != '\0' ? own.scratch : NULL;
    options.staging = own.staging[0] != '\0' ? own.staging : NULL;
    if (options.sandbox) {
        sandbox_files(options.scratch, options.staging, logger_folder(logger), &log);
    } else {
        log_event(&log, LOG_SECURITY, LOG_WARNING, "sandbox_off",
                  "a hostile file may do whatever this executor's user may", LOG_END);
    }
    return executor_run(&options, err);
}

static gaia_status run(struct config *config, const struct option_value *own,
                       struct logger **logger, gaia_error *err)
{
    if (own[SCHEDULER].is_set) {
        config_choose(config, CONFIG_SCHEDULER_FILE, own[SCHEDULER].text);
    }
    const char *remotes = config_text(config, CONFIG_SCHEDULER_FILE);
    char state[PATH_BYTES] = "";
    char id[NAME_BYTES];
    gaia_status status =
        state_directory(config_text(config, CONFIG_STATE), state, sizeof state, err);
    if (remotes != NULL) { /* which needs no state; without one there is no scratch */
        status = GAIA_OK;
    }
    if (config_number(config, CONFIG_GPU) > 1) {
        status = error_set(err, GAIA_USAGE, "gpu '%s': one executor takes one GPU",
                           config_text(config, CONFIG_GPU));
    }
    if (status == GAIA_OK) {
        status = id_make(own[ID].text, remotes, id, err);
    }
    if (status == GAIA_OK) {
        status = log_start(config, "gaia-executor", id, logger, err);
    }
    return status == GAIA_OK ? executor_start(config, state, id, own[REPLACES].text, *logger, err)
                             : status;
}

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "gaia-executor",
        .bit = PROGRAM_EXECUTOR,
        .what =
            "Leases batches from the scheduler of a state directory and runs them until SIGTERM.",
        .own = own_specs,
        .n_own = N_OWN,
        .run = run};
    signals_block();
    return program_main(&program, argc, argv);
}
