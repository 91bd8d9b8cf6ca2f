/* SPDX-License-Identifier: MIT
 *
 * Socket, certificate and daemons of http_remote.h. Opened and closed by http_api.c; renewed from a
 * thread of main_scheduler.c.
 *
 * Invariant: each daemon has a descriptor of its own for the one socket, and closes it.
 */
#include "http_remote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "listen.h"

enum { BACKLOG = 512 };

struct http_remote {
    struct http_remote_config config;
    int fd;
    struct MHD_Daemon *daemon;
    struct MHD_Daemon *retired; /* it still has connections; NULL: none */
    int retired_fd;             /* of it */
};

/* An address of either family, as sockets take it. */
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static gaia_status address_parse(const struct http_remote_config *config, union address *address,
                                 socklen_t *bytes, gaia_error *err)
{
    const char *host = strcmp(config->host, "localhost") == 0 ? "127.0.0.1" : config->host;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(config->port);
        *bytes = sizeof address->v4;
        return GAIA_OK;
    }
    if (inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(config->port);
        *bytes = sizeof address->v6;
        return GAIA_OK;
    }
    return error_set(err, GAIA_USAGE, "--api-listen %s: a numeric address is wanted", host);
}

static gaia_status config_check(const struct http_remote_config *config, gaia_error *err)
{
    if ((config->certificate == NULL) != (config->key == NULL)) {
        return error_set(err, GAIA_USAGE, "--api-certificate and --api-key go together");
    }
    if (config->certificate == NULL && !config->is_insecure && !host_is_loopback(config->host)) {
        return error_set(err, GAIA_USAGE,
                         "--api-listen %s: tokens would go through the network in the clear; "
                         "--api-certificate and --api-key are wanted, or --api-insecure, where "
                         "something else encrypts",
                         config->host);
    }
    return config->certificate == NULL || MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "--api-certificate: libmicrohttpd has no TLS here");
}

static gaia_status socket_open(struct http_remote *remote, char *url, gaia_error *err)
{
    const struct http_remote_config *config = &remote->config;
    const int yes = 1;
    union address address;
    socklen_t bytes = 0;
    const gaia_status status = address_parse(config, &address, &bytes, err);
    if (status != GAIA_OK) {
        return status;
    }
    const bool v6 = address.any.sa_family == AF_INET6;
    remote->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (remote->fd < 0 || setsockopt(remote->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(remote->fd, &address.any, bytes) != 0 || listen(remote->fd, BACKLOG) != 0 ||
        getsockname(remote->fd, &address.any, &bytes) != 0) {
        return error_set(err, GAIA_UNREACHABLE, "the HTTP API cannot listen on %s port %u: %s",
                         config->host, (unsigned)config->port, strerror(errno));
    }
    (void)snprintf(url, HTTP_URL, "%s://%s%s%s:%u", config->key != NULL ? "https" : "http",
                   v6 ? "[" : "", config->host, v6 ? "]" : "",
                   (unsigned)ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port));
    return GAIA_OK;
}

/* Another daemon on the socket. */
static gaia_status daemon_make(const struct http_remote *remote, struct MHD_Daemon **daemon,
                               gaia_error *err)
{
    const struct http_remote_config *config = &remote->config;
    struct credentials credentials = {0};
    gaia_status status = GAIA_OK;
    if (config->key != NULL) {
        status = credentials_read(CREDENTIALS_SCHEDULER, NULL, config->certificate, config->key,
                                  &credentials, err);
    }
    if (status == GAIA_OK) {
        const int fd = fcntl(remote->fd, F_DUPFD_CLOEXEC, 0);
        *daemon =
            fd >= 0 ? config->start(config->context, fd, config->key != NULL ? &credentials : NULL)
                    : NULL;
        if (*daemon == NULL) {
            status = error_set(err, GAIA_UNREACHABLE,
                               "the HTTP API cannot be started on %s; is %s a certificate that "
                               "GnuTLS takes?",
                               config->host,
                               config->certificate != NULL ? config->certificate : "there");
            (void)(fd >= 0 ? close(fd) : 0);
        }
    }
    credentials_fini(&credentials);
    return status;
}

gaia_status http_remote_open(const struct http_remote_config *config, struct http_remote **opened,
                             char *url, gaia_error *err)
{
    gaia_status status = config_check(config, err);
    if (status != GAIA_OK) {
        return status;
    }
    struct http_remote *remote = calloc(1, sizeof *remote);
    if (remote == NULL) {
        return error_memory(err, sizeof *remote);
    }
    remote->config = *config;
    remote->fd = -1;
    remote->retired_fd = -1;
    status = socket_open(remote, url, err);
    if (status == GAIA_OK) {
        status = daemon_make(remote, &remote->daemon, err);
    }
    if (status != GAIA_OK) {
        http_remote_close(remote);
        return status;
    }
    *opened = remote;
    return GAIA_OK;
}

/* Ends the connections that a renewal left behind. */
static void retired_stop(struct http_remote *remote)
{
    if (remote->retired != NULL) {
        remote->config.stop(remote->config.context, remote->retired);
        (void)close(remote->retired_fd);
        remote->retired = NULL;
        remote->retired_fd = -1;
    }
}

gaia_status http_remote_renew(struct http_remote *remote, gaia_error *err)
{
    struct MHD_Daemon *daemon = NULL;
    const gaia_status status = daemon_make(remote, &daemon, err);
    if (status != GAIA_OK) {
        return status;
    }
    retired_stop(remote);
    remote->retired_fd = MHD_quiesce_daemon(remote->daemon);
    remote->retired = remote->daemon;
    remote->daemon = daemon;
    return GAIA_OK;
}

void http_remote_close(struct http_remote *remote)
{
    if (remote == NULL) {
        return;
    }
    retired_stop(remote);
    if (remote->daemon != NULL) {
        remote->config.stop(remote->config.context, remote->daemon);
    }
    if (remote->fd >= 0) {
        (void)close(remote->fd);
    }
    free(remote);
}
