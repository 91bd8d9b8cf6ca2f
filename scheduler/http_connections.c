/* SPDX-License-Identifier: MIT
 *
 * The table of http_connections.h and the thread that looks through it. libmicrohttpd ends a
 * connection on which nothing moves; one on which a byte comes now and then is ended here.
 *
 * Invariant: the table's size is that of the limit; a place is free while its fd is -1.
 */
#include "http_connections.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "error.h"

enum { WATCH_MS = 250, SPARE = 16, IPV4_BYTES = 4 };

struct http_connection {
    int fd;
    bool is_over;
    unsigned char address[HTTP_ADDRESS];
    _Atomic int64_t since_ms; /* it owes a request; 0: it owes none */
};

struct http_connections {
    pthread_mutex_t lock;
    pthread_cond_t stopping;
    pthread_t watcher;
    bool is_stopped;
    unsigned of_address_max;
    int64_t request_ms;
    size_t n;
    struct http_connection places[]; /* [n] */
};

static void late_end(struct http_connections *connections, int64_t now_ms)
{
    for (size_t i = 0; i < connections->n; i++) {
        const struct http_connection *one = &connections->places[i];
        const int64_t since_ms = atomic_load(&one->since_ms);
        if (one->fd >= 0 && since_ms != 0 && now_ms - since_ms > connections->request_ms) {
            (void)shutdown(one->fd, SHUT_RDWR); /* its thread sees the end and closes it */
        }
    }
}

static void *watch(void *context)
{
    struct http_connections *connections = context;
    (void)pthread_mutex_lock(&connections->lock);
    while (!connections->is_stopped) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)WATCH_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&connections->stopping, &connections->lock, &until);
        late_end(connections, clock_monotonic_ms());
    }
    (void)pthread_mutex_unlock(&connections->lock);
    return NULL;
}

gaia_status http_connections_open(unsigned connections_max, unsigned of_address_max,
                                  int64_t request_ms, struct http_connections **opened,
                                  gaia_error *err)
{
    const size_t n = (size_t)connections_max + SPARE;
    const size_t bytes = sizeof(struct http_connections) + n * sizeof(struct http_connection);
    pthread_condattr_t monotonic;
    struct http_connections *connections = calloc(1, bytes);
    if (connections == NULL) {
        return error_memory(err, bytes);
    }
    connections->n = n;
    connections->of_address_max = of_address_max;
    connections->request_ms = request_ms;
    for (size_t i = 0; i < n; i++) {
        connections->places[i].fd = -1;
    }
    (void)pthread_mutex_init(&connections->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&connections->stopping, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    connections->is_stopped = request_ms == 0;
    if (request_ms != 0 && pthread_create(&connections->watcher, NULL, watch, connections) != 0) {
        connections->is_stopped = true;
        http_connections_close(connections);
        return error_set(err, GAIA_LIMIT, "the HTTP API's connections: no thread can be started");
    }
    *opened = connections;
    return GAIA_OK;
}

void http_connections_close(struct http_connections *connections)
{
    if (connections == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&connections->lock);
    const bool is_watched = !connections->is_stopped;
    connections->is_stopped = true;
    (void)pthread_cond_signal(&connections->stopping);
    (void)pthread_mutex_unlock(&connections->lock);
    if (is_watched) {
        (void)pthread_join(connections->watcher, NULL);
    }
    (void)pthread_cond_destroy(&connections->stopping);
    (void)pthread_mutex_destroy(&connections->lock);
    free(connections);
}

void http_address(const struct sockaddr *from, unsigned char address[HTTP_ADDRESS])
{
    memset(address, 0, HTTP_ADDRESS);
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
        memcpy(address, &v4->sin_addr, IPV4_BYTES);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
        const bool is_v4 = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        memcpy(address, v6->sin6_addr.s6_addr + (is_v4 ? 12 : 0),
               is_v4 ? IPV4_BYTES : HTTP_ADDRESS);
    }
}

/* How many there are of the address. The lock is held. */
static unsigned address_count(const struct http_connections *connections,
                              const unsigned char *address)
{
    unsigned n = 0;
    for (size_t i = 0; i < connections->n; i++) {
        const struct http_connection *one = &connections->places[i];
        n += one->fd >= 0 && memcmp(one->address, address, HTTP_ADDRESS) == 0;
    }
    return n;
}

bool http_connections_admit(struct http_connections *connections, const struct sockaddr *from)
{
    unsigned char address[HTTP_ADDRESS];
    const unsigned most = connections->of_address_max + connections->of_address_max / 4 + 1;
    if (connections->of_address_max == 0) {
        return true;
    }
    http_address(from, address);
    (void)pthread_mutex_lock(&connections->lock);
    const unsigned n = address_count(connections, address);
    (void)pthread_mutex_unlock(&connections->lock);
    return n < most;
}

struct http_connection *http_connection_add(struct http_connections *connections,
                                            const struct sockaddr *from, int fd)
{
    struct http_connection *made = NULL;
    unsigned char address[HTTP_ADDRESS];
    const unsigned most = connections->of_address_max;
    http_address(from, address);
    (void)pthread_mutex_lock(&connections->lock);
    for (size_t i = 0; made == NULL && i < connections->n; i++) {
        made = connections->places[i].fd < 0 ? &connections->places[i] : NULL;
    }
    if (made != NULL) {
        made->is_over = most != 0 && address_count(connections, address) >= most;
        memcpy(made->address, address, HTTP_ADDRESS);
        made->fd = fd;
        atomic_store(&made->since_ms, clock_monotonic_ms());
    }
    (void)pthread_mutex_unlock(&connections->lock);
    return made;
}

void http_connection_remove(struct http_connections *connections,
                            struct http_connection *connection)
{
    (void)pthread_mutex_lock(&connections->lock);
    connection->fd = -1;
    (void)pthread_mutex_unlock(&connections->lock);
}

void http_connection_received(struct http_connection *connection)
{
    atomic_store(&connection->since_ms, 0);
}

void http_connection_answered(struct http_connection *connection)
{
    atomic_store(&connection->since_ms, clock_monotonic_ms());
}

bool http_connection_is_over(const struct http_connection *connection)
{
    return connection->is_over;
}

const unsigned char *http_connection_address(const struct http_connection *connection)
{
    return connection->address;
}
