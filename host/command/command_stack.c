/* SPDX-License-Identifier: MIT
 *
 * `gaia up` and `gaia down`: the stack of one machine, on or off. gaia-node does the work; here it
 * is started apart from this terminal, and told to end.
 *
 * Invariant: what runs is known by the lock on STATE/node.lock alone, which ends with its holder;
 * the number in STATE/node.pid is believed only while the lock is held and the process is a
 * gaia-node.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gaia/client.h>

#include "clock.h"
#include "config_program.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "process.h"

enum {
    READY_MS = 30000, /* so long may a start take */
    DOWN_MS = 15000,  /* the node gives its children 5 s */
    POLL_MS = 50,
    NAME_BYTES = PATH_MAX + 32,
    SMALL_FILE_BYTES = 1 << 16,
    ARGUMENTS_MAX = CONFIG_OPTIONS + 2,
};

/* The state directory as an absolute path, and the files in it that matter here. */
struct stack {
    char state[PATH_MAX];
    char lock[NAME_BYTES];
    char pid[NAME_BYTES];
    char log[NAME_BYTES]; /* what the programs print beside their logs */
    const char *logs;     /* the folder of those */
    char address[NAME_BYTES];
};

/* clang-format off */
static const struct option_spec up_options[] = {
    OPTION_HELP,
    OPTION_JSON,
    CONFIG_FILE_SPEC,
    CONFIG_TABLE(CONFIG_SPEC)
};
/* clang-format on */
static const struct option_spec down_options[] = {OPTION_HELP, OPTION_JSON, OPTION_STATE};
enum {
    HELP,
    JSON,
    CONFIG_FILE,
    UP_FIRST,
    N_UP_OPTIONS = UP_FIRST + CONFIG_OPTIONS,
    STATE = 2,
    N_DOWN_OPTIONS
};

/* The node runs in the root directory, so its state directory must be absolute. */
static gaia_status stack_locate(const char *option, struct stack *stack, gaia_error *err)
{
    char named[PATH_MAX];
    gaia_status status = state_directory(option, named, sizeof named, err);
    if (status == GAIA_OK) {
        status = directory_make(named, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    if (realpath(named, stack->state) == NULL) {
        return error_set(err, GAIA_DISK, "%s: %s", named, strerror(errno));
    }
    (void)snprintf(stack->lock, sizeof stack->lock, "%s/node.lock", stack->state);
    (void)snprintf(stack->pid, sizeof stack->pid, "%s/node.pid", stack->state);
    (void)snprintf(stack->log, sizeof stack->log, "%s/log/node.log", stack->state);
    (void)snprintf(stack->address, sizeof stack->address, "%s/scheduler.json", stack->state);
    return GAIA_OK;
}

static gaia_status stack_running(const struct stack *stack, bool *running, gaia_error *err)
{
    bool taken = false;
    int fd = -1;
    const gaia_status status = lock_take(stack->lock, &taken, &fd, err);
    if (taken) {
        (void)close(fd);
    }
    *running = !taken;
    return status;
}

/* Runs program with arguments in a session of its own, with its output in the log. */
static gaia_status node_spawn(const struct stack *stack, const char *program,
                              char *const *arguments, pid_t *pid, gaia_error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    if (posix_spawn_file_actions_init(&files) != 0) {
        return error_memory(err, sizeof files);
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return error_memory(err, sizeof attributes);
    }
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    int code = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (code == 0) {
        code = posix_spawn_file_actions_addopen(&files, 1, stack->log,
                                                O_WRONLY | O_CREAT | O_APPEND, 0600);
    }
    code = code == 0 ? posix_spawn_file_actions_adddup2(&files, 1, 2) : code;
    /* A daemon keeps no directory busy and no pipe of its starter open. */
    code = code == 0 ? posix_spawn_file_actions_addchdir_np(&files, "/") : code;
    code = code == 0 ? posix_spawn_file_actions_addclosefrom_np(&files, 3) : code;
    if (code == 0) {
        code = posix_spawn(pid, program, &files, &attributes, arguments, environ);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return code == 0 ? GAIA_OK : error_set(err, GAIA_DISK, "%s: %s", program, strerror(code));
}

/* The node gets everything as arguments, so that what was said here holds there. */
static gaia_status node_start(const struct stack *stack, struct config *config, pid_t *pid,
                              gaia_error *err)
{
    char program[NAME_BYTES];
    char directory[NAME_BYTES];
    struct config_arguments node = {0};
    char *arguments[ARGUMENTS_MAX] = {program};
    (void)snprintf(directory, sizeof directory, "%s/log", stack->state);
    gaia_status status = program_beside("gaia-node", program, sizeof program, err);
    if (status == GAIA_OK) {
        status = directory_make(directory, err);
    }
    if (status == GAIA_OK) {
        config_choose(config, CONFIG_STATE, stack->state);
        status = config_arguments_make(config, PROGRAM_NODE, &node, err);
    }
    if (status == GAIA_OK) {
        memcpy(arguments + 1, node.each, sizeof node.each);
        config_environment_clear(NULL);
        status = node_spawn(stack, program, arguments, pid, err);
    }
    config_arguments_free(&node);
    return status;
}

/* Where the logs are: in the state directory unless another place was named. */
static void logs_choose(struct stack *stack, struct config *config)
{
    char own[NAME_BYTES];
    (void)snprintf(own, sizeof own, "%s/log", stack->state);
    if (!config_is_given(config, CONFIG_LOG_DIRECTORY)) {
        config_choose(config, CONFIG_LOG_DIRECTORY, own);
    }
    stack->logs = config_text(config, CONFIG_LOG_DIRECTORY);
}

/* Whether the scheduler answers, and knows this state directory's secret: an old address may have
 * gone to another program since. */
static bool scheduler_answers(const struct stack *stack)
{
    struct gaia_client *client = NULL;
    struct gaia_client_jobs *jobs = NULL;
    gaia_status status = gaia_client_open(stack->state, &client, NULL);
    if (status == GAIA_OK) {
        status = gaia_client_ready(client, NULL);
    }
    if (status == GAIA_OK) {
        status = gaia_client_list(client, &jobs, NULL);
    }
    gaia_client_jobs_free(jobs);
    gaia_client_close(client);
    return status == GAIA_OK;
}

/* Waits until the scheduler answers, or the node that was started (0: none) has ended and no other
 * runs. */
static gaia_status stack_wait(const struct stack *stack, pid_t pid, gaia_error *err)
{
    const int64_t deadline_ms = clock_monotonic_ms() + READY_MS;
    while (!scheduler_answers(stack)) {
        bool running = true;
        if (pid > 0 && waitpid(pid, NULL, WNOHANG) == pid) {
            pid = 0;
            const gaia_status status = stack_running(stack, &running, err);
            if (status != GAIA_OK) {
                return status;
            }
        }
        if (!running) {
            return error_set(err, GAIA_UNREACHABLE, "gaia-node ended at once; %s says why",
                             stack->log);
        }
        if (clock_monotonic_ms() > deadline_ms) {
            return error_set(err, GAIA_TIMEOUT, "the scheduler does not answer; %s may say why",
                             stack->logs);
        }
        clock_sleep_ms(POLL_MS);
    }
    return GAIA_OK;
}

static gaia_status stack_print(const struct stack *stack, const char *what, bool as_json,
                               gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    json_t *root = NULL;
    const char *api = "?";
    if (file_read(stack->address, SMALL_FILE_BYTES, &bytes, &length, NULL) == GAIA_OK &&
        json_parse(stack->address, bytes, length, &root, NULL) == GAIA_OK &&
        json_get_string(root, stack->address, "api", true, &api, NULL) != GAIA_OK) {
        api = "?";
    }
    gaia_status status = GAIA_OK;
    struct text out = {0};
    if (as_json) {
        status = command_write_json(json_pack("{s:s, s:s, s:s, s:s}", "done", what, "api", api,
                                              "state", stack->state, "log", stack->logs),
                                    err);
    } else {
        text_printf(&out, "gaia %s: %s\nstate  %s\nlog    %s\n", what, api, stack->state,
                    stack->logs);
        status = command_write(NULL, &out, err);
    }
    text_fini(&out);
    json_decref(root);
    free(bytes);
    return status;
}

const struct command_spec command_up_spec = {
    "up [OPTION]...",
    "Starts the scheduler and the executors of this machine, and waits until they take jobs.",
    up_options,
    N_UP_OPTIONS,
    0,
    0};

int command_up(int argc, char **argv)
{
    struct option_value values[N_UP_OPTIONS];
    struct config config = {0};
    struct stack stack;
    gaia_error err = {0};
    bool helped = false;
    bool running = false;
    pid_t pid = 0;
    gaia_status status =
        command_arguments(&command_up_spec, argc, argv, values, NULL, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = config_take_all(&config, values[CONFIG_FILE].text, values + UP_FIRST, &err);
    if (status == GAIA_OK) {
        status = stack_locate(config_text(&config, CONFIG_STATE), &stack, &err);
    }
    if (status == GAIA_OK) {
        logs_choose(&stack, &config);
        status = stack_running(&stack, &running, &err);
    }
    if (status == GAIA_OK && !running) {
        status = node_start(&stack, &config, &pid, &err);
    }
    if (status == GAIA_OK) {
        status = stack_wait(&stack, pid, &err);
    }
    if (status == GAIA_OK) {
        status =
            stack_print(&stack, running ? "is up already" : "is up", values[JSON].is_set, &err);
    }
done:
    config_fini(&config);
    return command_end(status, &err);
}

/* A handle of the node that holds the lock, -1 if its number is stale or not written yet: the
 * process must be a gaia-node, or the signal would go to a stranger. */
static int node_handle(const struct stack *stack)
{
    char *bytes = NULL;
    size_t length = 0;
    char link[64];
    char program[PATH_MAX];
    int handle = -1;
    if (file_read(stack->pid, SMALL_FILE_BYTES, &bytes, &length, NULL) != GAIA_OK) {
        return -1;
    }
    const long pid = strtol(bytes, NULL, 10);
    free(bytes);
    if (pid <= 1 || pid > INT_MAX) {
        return -1;
    }
    handle = pidfd_open((pid_t)pid, 0);
    (void)snprintf(link, sizeof link, "/proc/%ld/exe", pid);
    const ssize_t n = readlink(link, program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    const char *name = strrchr(program, '/');
    if (handle >= 0 && (name == NULL || strncmp(name, "/gaia-node", 10) != 0)) {
        (void)close(handle);
        return -1;
    }
    return handle;
}

/* Ends the node that holds the lock: asked first, killed after the deadline. */
static gaia_status node_end(const struct stack *stack, gaia_error *err)
{
    const int64_t deadline_ms = clock_monotonic_ms() + DOWN_MS;
    bool running = true;
    bool asked = false;
    bool killed = false;
    gaia_status status = GAIA_OK;
    while (status == GAIA_OK && running) {
        const int handle = node_handle(stack);
        const bool late = clock_monotonic_ms() > deadline_ms;
        if (late && (killed || handle < 0)) {
            return error_set(err, GAIA_TIMEOUT, "%s is still held", stack->lock);
        }
        if (handle >= 0 && (late || !asked)) {
            (void)pidfd_send_signal(handle, late ? SIGKILL : SIGTERM, NULL, 0);
            asked = true;
            killed = late;
        }
        if (handle >= 0) {
            struct pollfd gone = {.fd = handle, .events = POLLIN};
            (void)poll(&gone, 1, 10 * POLL_MS);
            (void)close(handle);
        } else {
            clock_sleep_ms(POLL_MS);
        }
        status = stack_running(stack, &running, err);
    }
    return status;
}

static gaia_status down_print(const struct stack *stack, bool was_up, bool as_json, gaia_error *err)
{
    const char *what = was_up ? "is down" : "was not up";
    struct text out = {0};
    if (as_json) {
        return command_write_json(json_pack("{s:s, s:s}", "done", what, "state", stack->state),
                                  err);
    }
    text_printf(&out, "gaia %s\n", what);
    const gaia_status status = command_write(NULL, &out, err);
    text_fini(&out);
    return status;
}

const struct command_spec command_down_spec = {
    "down [--state DIR] [--json]",
    "Ends the scheduler and the executors of this machine. Jobs go on at the next `gaia up`.",
    down_options,
    N_DOWN_OPTIONS,
    0,
    0};

int command_down(int argc, char **argv)
{
    struct option_value values[N_DOWN_OPTIONS];
    struct stack stack;
    gaia_error err = {0};
    bool helped = false;
    bool running = false;
    gaia_status status =
        command_arguments(&command_down_spec, argc, argv, values, NULL, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = stack_locate(values[STATE].text, &stack, &err);
    if (status == GAIA_OK) {
        status = stack_running(&stack, &running, &err);
    }
    if (status == GAIA_OK && running) {
        status = node_end(&stack, &err);
    }
    if (status == GAIA_OK) {
        status = down_print(&stack, running, values[JSON].is_set, &err);
    }
done:
    return command_end(status, &err);
}
