/* SPDX-License-Identifier: MIT
 *
 * The inbox of inbox.h: a list under a lock, and an eventfd for the loop's poll.
 *
 * Invariant: the eventfd is readable whenever the list is not empty and nobody is about to take it.
 */
#include "inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "error.h"

struct inbox {
    pthread_mutex_t lock;
    struct message_list messages;
    bool closed;
    int fd;
};

gaia_status inbox_open(struct inbox **opened, gaia_error *err)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL) {
        return error_memory(err, sizeof *inbox);
    }
    inbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (inbox->fd < 0) {
        free(inbox);
        return error_set(err, GAIA_LIMIT, "eventfd: %s", strerror(errno));
    }
    TAILQ_INIT(&inbox->messages);
    (void)pthread_mutex_init(&inbox->lock, NULL);
    *opened = inbox;
    return GAIA_OK;
}

void inbox_free(struct inbox *inbox)
{
    if (inbox != NULL) {
        (void)close(inbox->fd);
        (void)pthread_mutex_destroy(&inbox->lock);
        free(inbox);
    }
}

bool inbox_put(struct inbox *inbox, struct message *message)
{
    (void)pthread_mutex_lock(&inbox->lock);
    const bool open = !inbox->closed;
    if (open) {
        TAILQ_INSERT_TAIL(&inbox->messages, message, in_list);
        const uint64_t one = 1;
        /* It cannot fail in a way that matters: a full counter is readable already. */
        const ssize_t n = write(inbox->fd, &one, sizeof one);
        (void)n;
    }
    (void)pthread_mutex_unlock(&inbox->lock);
    return open;
}

void inbox_take(struct inbox *inbox, struct message_list *list)
{
    uint64_t count = 0;
    (void)pthread_mutex_lock(&inbox->lock);
    const ssize_t n = read(inbox->fd, &count, sizeof count);
    (void)n;
    TAILQ_CONCAT(list, &inbox->messages, in_list);
    (void)pthread_mutex_unlock(&inbox->lock);
}

void inbox_close(struct inbox *inbox)
{
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->closed = true;
    (void)pthread_mutex_unlock(&inbox->lock);
}

int inbox_fd(const struct inbox *inbox)
{
    return inbox->fd;
}
