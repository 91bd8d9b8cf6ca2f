/* SPDX-License-Identifier: MIT
 *
 * Starting and collecting the processes that gaia-node supervises.
 *
 * Invariant: pid and handle are both set or both not; a process is collected exactly once, so the
 * number that a signal goes to is never one that was given to a stranger.
 */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "process.h"

enum { EXIT_NO_PROGRAM = 127 };

/* In the new process. fork rather than posix_spawn, because only code that runs here can ask for a
 * signal at the parent's death, which keeps every program from outliving a node that was killed. */
static void child_become(const struct child *child, pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)setsid(); /* a group of its own, and no terminal */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(0); /* it died before it could be asked for */
    }
    if (child->address_bytes > 0) {
        const struct rlimit address = {child->address_bytes, child->address_bytes};
        (void)setrlimit(RLIMIT_AS, &address);
    }
    (void)signal(SIGHUP, SIG_IGN); /* which the node may pass on before the program awaits it */
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execv(child->arguments[0], (char *const *)(uintptr_t)child->arguments);
    _exit(EXIT_NO_PROGRAM);
}

gaia_status child_start(struct child *child, int64_t now_ms, gaia_error *err)
{
    const pid_t self = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        child_become(child, self);
    }
    if (pid < 0) {
        return error_set(err, GAIA_LIMIT, "%s: fork: %s", child->name, strerror(errno));
    }
    const int handle = pidfd_open(pid, 0);
    if (handle < 0) {
        const int why = errno;
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        return error_set(err, GAIA_LIMIT, "%s: pidfd_open: %s", child->name, strerror(why));
    }
    child->pid = pid;
    child->handle = handle;
    child->started_ms = now_ms;
    return GAIA_OK;
}

void child_signal(const struct child *child, int signal)
{
    if (child->handle >= 0) {
        (void)pidfd_send_signal(child->handle, signal, NULL, 0);
    }
}

bool child_collect(struct child *child, struct child_end *end)
{
    int result = 0;
    if (child->pid == 0 || waitpid(child->pid, &result, WNOHANG) != child->pid) {
        return false;
    }
    end->well = WIFEXITED(result) && WEXITSTATUS(result) == 0;
    end->overtime = WIFEXITED(result) && WEXITSTATUS(result) == PROGRAM_OVERTIME;
    if (WIFSIGNALED(result)) {
        (void)snprintf(end->how, sizeof end->how, "was killed by signal %d (%s)", WTERMSIG(result),
                       strsignal(WTERMSIG(result)));
    } else if (WEXITSTATUS(result) == EXIT_NO_PROGRAM) {
        (void)snprintf(end->how, sizeof end->how, "could not be executed (%s)",
                       child->arguments[0]);
    } else {
        (void)snprintf(end->how, sizeof end->how, "ended with status %d", WEXITSTATUS(result));
    }
    (void)close(child->handle);
    child->pid = 0;
    child->handle = -1;
    return true;
}
