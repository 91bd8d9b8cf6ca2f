/* SPDX-License-Identifier: MIT
 *
 * Addresses beyond this machine.
 *
 * Invariant: what is sent in the clear stays on the loopback interface; every other address has
 * certificates, or the program does not start.
 */
#include "listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "error.h"

enum {
    FILES_MAX = 65536,    /* beyond it the kernel's own work for each descriptor would show */
    FILES_RESERVED = 256, /* for the store and connections not yet counted */
    CONNECTIONS_MIN = 64,
    CONNECTIONS_MAX = 8192,
};

/* Names are not resolved: what localhost means is the one thing known of any. */
bool host_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (inet_pton(AF_INET6, host, &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
    }
    return strcmp(host, "localhost") == 0;
}

static gaia_status url_make(const char *scheme, const char *host, uint64_t port, char *url,
                            gaia_error *err)
{
    const bool v6 = strchr(host, ':') != NULL;
    const int n = snprintf(url, TRANSPORT_BOUND, "%s://%s%s%s:%llu", scheme, v6 ? "[" : "", host,
                           v6 ? "]" : "", (unsigned long long)port);
    /* The port may get longer when it is chosen. */
    return n > 0 && n < TRANSPORT_BOUND - 5
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "--listen %s: too long; give the address", host);
}

static gaia_status options_check(const struct listen_options *options, bool secure, gaia_error *err)
{
    const bool all = options->ca != NULL && options->certificate != NULL && options->key != NULL;
    if (options->host == NULL) {
        return secure ? error_set(err, GAIA_USAGE,
                                  "--ca, --certificate and --key are for --listen HOST")
                      : GAIA_OK;
    }
    if (options->host[0] == '\0') {
        return error_set(err, GAIA_USAGE, "--listen: an address or a name is wanted");
    }
    if (secure && !all) {
        return error_set(err, GAIA_USAGE, "--ca, --certificate and --key go together");
    }
    if (!secure && !host_is_loopback(options->host)) {
        return error_set(err, GAIA_USAGE,
                         "--listen %s: only this machine may be spoken to in the clear; other "
                         "addresses want --ca, --certificate and --key (gaia cert make)",
                         options->host);
    }
    return GAIA_OK;
}

gaia_status listen_prepare(const struct listen_options *options, struct listen *listen,
                           gaia_error *err)
{
    const bool secure = options->ca != NULL || options->certificate != NULL || options->key != NULL;
    const char *scheme = secure ? "tls+tcp" : "tcp";
    *listen = (struct listen){0};
    gaia_status status = options_check(options, secure, err);
    if (status != GAIA_OK || options->host == NULL) {
        return status;
    }
    status = url_make(scheme, options->host, options->control_port, listen->control, err);
    if (status == GAIA_OK) {
        status = url_make(scheme, options->host, options->work_port, listen->work, err);
    }
    if (status == GAIA_OK && secure) {
        status = credentials_read(CREDENTIALS_SCHEDULER, options->ca, options->certificate,
                                  options->key, &listen->credentials, err);
    }
    listen->tls = (struct transport_tls){.ca = listen->credentials.ca,
                                         .certificate = listen->credentials.certificate,
                                         .key = listen->credentials.key};
    return status;
}

void listen_fini(struct listen *listen)
{
    credentials_fini(&listen->credentials);
}

unsigned listen_connections(unsigned n_listeners, unsigned n_api)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return CONNECTIONS_MIN;
    }
    const rlim_t most = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
    if (limit.rlim_cur < most) {
        const struct rlimit raised = {.rlim_cur = most, .rlim_max = limit.rlim_max};
        limit.rlim_cur = setrlimit(RLIMIT_NOFILE, &raised) == 0 ? most : limit.rlim_cur;
    }
    const rlim_t files = limit.rlim_cur < FILES_MAX ? limit.rlim_cur : FILES_MAX;
    const rlim_t reserved = (rlim_t)FILES_RESERVED + n_api;
    const rlim_t each = files > reserved ? (files - reserved) / n_listeners : 0;
    if (each < CONNECTIONS_MIN) {
        return CONNECTIONS_MIN;
    }
    return each < CONNECTIONS_MAX ? (unsigned)each : CONNECTIONS_MAX;
}
