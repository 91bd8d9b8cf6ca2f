/* SPDX-License-Identifier: MIT
 *
 * The thread of renew.h: reading certificates takes longer than the loop may be kept waiting.
 *
 * Invariant: the thread is gone when renewer_close returns.
 */
#include "renew.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "error.h"

struct renewer {
    struct http_api *api;
    int signal_fd;
    int stop_fd;
    pthread_t thread;
    bool is_running;
};

static void *renew(void *context)
{
    const struct renewer *renewer = context;
    struct pollfd fds[2] = {{.fd = renewer->signal_fd, .events = POLLIN},
                            {.fd = renewer->stop_fd, .events = POLLIN}};
    struct signalfd_siginfo signal_info;
    while ((fds[1].revents & POLLIN) == 0) {
        (void)poll(fds, 2, -1);
        if ((fds[0].revents & POLLIN) != 0 &&
            read(renewer->signal_fd, &signal_info, sizeof signal_info) > 0) {
            http_api_renew(renewer->api);
        }
    }
    return NULL;
}

gaia_status renewer_open(struct http_api *api, struct renewer **opened, gaia_error *err)
{
    sigset_t signals;
    struct renewer *renewer = calloc(1, sizeof *renewer);
    if (renewer == NULL) {
        return error_memory(err, sizeof *renewer);
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGHUP);
    renewer->api = api;
    renewer->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    renewer->stop_fd = eventfd(0, EFD_CLOEXEC);
    renewer->is_running = renewer->signal_fd >= 0 && renewer->stop_fd >= 0 &&
                          pthread_create(&renewer->thread, NULL, renew, renewer) == 0;
    if (!renewer->is_running) {
        renewer_close(renewer);
        return error_set(err, GAIA_LIMIT, "SIGHUP cannot be awaited");
    }
    *opened = renewer;
    return GAIA_OK;
}

void renewer_close(struct renewer *renewer)
{
    const uint64_t one = 1;
    if (renewer == NULL) {
        return;
    }
    if (renewer->is_running) {
        const ssize_t n = write(renewer->stop_fd, &one, sizeof one);
        (void)n;
        (void)pthread_join(renewer->thread, NULL);
    }
    if (renewer->signal_fd >= 0) {
        (void)close(renewer->signal_fd);
    }
    if (renewer->stop_fd >= 0) {
        (void)close(renewer->stop_fd);
    }
    free(renewer);
}
