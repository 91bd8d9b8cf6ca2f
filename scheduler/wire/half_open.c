/* SPDX-License-Identifier: MIT
 *
 * Finds connections among this process's own descriptors. For transport_nng.c.
 *
 * Invariant: a descriptor is shut down, never closed, so it stays its owner's; and only if it has
 * led to the same peer, which no connection that was completed does, since HALF_OPEN_MS.
 */
#include "half_open.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct half_open_seen {
    int fd;
    struct peer_key peer;
    int64_t since_ms;
};

static int peer_compare(const void *a, const void *b)
{
    return memcmp(a, b, PEER_KEY);
}

static struct peer_key key_make(const struct sockaddr_storage *address)
{
    struct peer_key key = {{0}};
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        memcpy(key.bytes, &v6->sin6_addr, 16);
        memcpy(key.bytes + 16, &v6->sin6_port, 2);
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        key.bytes[10] = key.bytes[11] = 0xff;
        memcpy(key.bytes + 12, &v4->sin_addr, 4);
        memcpy(key.bytes + 16, &v4->sin_port, 2);
    }
    return key;
}

/* Whether the descriptor is a connection to the port, and who is at its other end. */
static bool connection_get(int fd, uint16_t port, struct peer_key *peer)
{
    struct sockaddr_storage own;
    struct sockaddr_storage other;
    socklen_t own_bytes = sizeof own;
    socklen_t other_bytes = sizeof other;
    if (getsockname(fd, (struct sockaddr *)&own, &own_bytes) != 0 ||
        (own.ss_family != AF_INET && own.ss_family != AF_INET6)) {
        return false;
    }
    const struct peer_key self = key_make(&own);
    const uint16_t wanted = htons(port);
    if (memcmp(self.bytes + 16, &wanted, sizeof wanted) != 0 ||
        getpeername(fd, (struct sockaddr *)&other, &other_bytes) != 0) {
        return false;
    }
    *peer = key_make(&other);
    return true;
}

static const struct half_open_seen *seen_find(const struct half_open *half_open, int fd,
                                              const struct peer_key *peer)
{
    for (size_t i = 0; i < half_open->n_seen; i++) {
        if (half_open->seen[i].fd == fd && peer_compare(&half_open->seen[i].peer, peer) == 0) {
            return &half_open->seen[i];
        }
    }
    return NULL;
}

/* Adds to a list that grows in powers of two; one that cannot is seen the next time. */
static void seen_add(struct half_open *now, const struct half_open_seen *one)
{
    if ((now->n_seen & (now->n_seen - 1)) == 0) {
        const size_t room = now->n_seen > 0 ? 2 * now->n_seen : 1;
        struct half_open_seen *grown = realloc(now->seen, room * sizeof *grown);
        if (grown == NULL) {
            return;
        }
        now->seen = grown;
    }
    now->seen[now->n_seen++] = *one;
}

void half_open_fini(struct half_open *half_open)
{
    free(half_open->seen);
    *half_open = (struct half_open){0};
}

void connection_shut(uint16_t port, const struct peer_key *peer)
{
    DIR *descriptors = opendir("/proc/self/fd");
    const struct dirent *entry = NULL;
    while (descriptors != NULL && (entry = readdir(descriptors)) != NULL) {
        struct peer_key other;
        char *end = NULL;
        const int fd = (int)strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && connection_get(fd, port, &other) &&
            peer_compare(&other, peer) == 0) {
            (void)shutdown(fd, SHUT_RDWR);
        }
    }
    if (descriptors != NULL) {
        (void)closedir(descriptors);
    }
}

unsigned half_open_end(struct half_open *half_open, uint16_t port, struct peer_key *known,
                       size_t n_known, int64_t now_ms)
{
    struct half_open now = {0};
    unsigned n_ended = 0;
    DIR *descriptors = opendir("/proc/self/fd");
    const struct dirent *entry = NULL;
    if (descriptors == NULL) {
        return 0;
    }
    if (n_known > 0) {
        qsort(known, n_known, sizeof *known, peer_compare);
    }
    while ((entry = readdir(descriptors)) != NULL) {
        struct half_open_seen one = {.since_ms = now_ms};
        char *end = NULL;
        one.fd = (int)strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || !connection_get(one.fd, port, &one.peer) ||
            (n_known > 0 &&
             bsearch(&one.peer, known, n_known, sizeof *known, peer_compare) != NULL)) {
            continue;
        }
        const struct half_open_seen *before = seen_find(half_open, one.fd, &one.peer);
        one.since_ms = before != NULL ? before->since_ms : now_ms;
        if (now_ms - one.since_ms >= HALF_OPEN_MS) {
            n_ended += shutdown(one.fd, SHUT_RDWR) == 0;
        } else {
            seen_add(&now, &one);
        }
    }
    (void)closedir(descriptors);
    half_open_fini(half_open);
    *half_open = now;
    return n_ended;
}
