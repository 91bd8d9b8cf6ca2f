/* SPDX-License-Identifier: MIT
 *
 * Errors, messages, closing and TLS for both ends of the transport over nng 1.5.2.
 *
 * nng_close of this version may never return: a message that arrives just when its connection is
 * closed leaves a receive that nobody ends, and the one thread of nng that buries connections waits
 * for it (nng issues 1543 and 1813, repaired after 1.7). So sockets are closed with a deadline, and
 * a process in which it was missed learns of ended connections no more, except by timeouts: dial
 * anew there.
 *
 * Invariant: there is no TLS without both certificates being asked for: nng checks the name of a
 * server only if it is told one, so a client without a name is refused here.
 */
#include "transport_nng.h"

#include <stdlib.h>
#include <string.h>

#include "deadline.h"
#include "error.h"

enum { CLOSE_MS = 1000 };

gaia_status nng_fail(gaia_error *err, int code, const char *what, const char *url)
{
    gaia_status status = GAIA_UNREACHABLE;
    if (code == NNG_ENOMEM) {
        status = GAIA_OUT_OF_MEMORY;
    } else if (code == NNG_ETIMEDOUT) {
        status = GAIA_TIMEOUT;
    } else if (code == NNG_ECANCELED) {
        status = GAIA_CANCELLED;
    }
    return error_set(err, status, "%s%s%s: %s", what, url[0] != '\0' ? " " : "", url,
                     nng_strerror(code));
}

unsigned char *nng_message_take(nng_msg *message, size_t *length)
{
    *length = nng_msg_len(message);
    unsigned char *bytes = malloc(*length + 1);
    if (bytes != NULL) {
        memcpy(bytes, nng_msg_body(message), *length);
        bytes[*length] = 0;
    }
    nng_msg_free(message);
    return bytes;
}

nng_msg *nng_message_make(const unsigned char *bytes, size_t length)
{
    nng_msg *message = NULL;
    if (nng_msg_alloc(&message, length) != 0) {
        return NULL;
    }
    memcpy(nng_msg_body(message), bytes, length);
    return message;
}

static void socket_close(uint32_t id)
{
    const nng_socket socket = {.id = id};
    (void)nng_close(socket);
}

bool nng_socket_end(nng_socket socket)
{
    return deadline_run(socket_close, socket.id, CLOSE_MS);
}

bool nng_url_is_tls(const char *url)
{
    static const char scheme[] = "tls+tcp";
    return strncmp(url, scheme, sizeof scheme - 1) == 0;
}

gaia_status nng_tls_make(nng_tls_mode mode, const struct transport_tls *tls, const char *url,
                         nng_tls_config **config, gaia_error *err)
{
    nng_tls_config *made = NULL;
    const bool named = tls != NULL && (mode == NNG_TLS_MODE_SERVER ||
                                       (tls->server_name != NULL && tls->server_name[0] != '\0'));
    if (!named) {
        return error_set(err, GAIA_DENIED, "%s: certificates%s are wanted", url,
                         tls != NULL ? " and the server's name" : "");
    }
    int code = nng_tls_config_alloc(&made, mode);
    if (code == 0) {
        code = nng_tls_config_version(made, NNG_TLS_1_2, NNG_TLS_1_2);
    }
    if (code == 0) {
        code = nng_tls_config_auth_mode(made, NNG_TLS_AUTH_MODE_REQUIRED);
    }
    if (code == 0) {
        code = nng_tls_config_ca_chain(made, tls->ca, NULL);
    }
    if (code == 0) {
        code = nng_tls_config_own_cert(made, tls->certificate, tls->key, NULL);
    }
    if (code == 0 && mode == NNG_TLS_MODE_CLIENT) {
        code = nng_tls_config_server_name(made, tls->server_name);
    }
    if (code != 0) {
        nng_tls_config_free(made);
        return error_set(err, code == NNG_ENOMEM ? GAIA_OUT_OF_MEMORY : GAIA_DENIED,
                         "%s: the certificates cannot be used: %s", url, nng_strerror(code));
    }
    *config = made;
    return GAIA_OK;
}

/* nng_stat_find_listener of this version finds the first listener, whichever was asked for. */
static nng_stat *listener_find(nng_stat *all, nng_listener listener)
{
    const uint64_t id = (uint64_t)nng_listener_id(listener);
    for (nng_stat *one = nng_stat_child(all); one != NULL; one = nng_stat_next(one)) {
        nng_stat *own_id = nng_stat_find(one, "id");
        if (strcmp(nng_stat_name(one), "listener") == 0 && own_id != NULL &&
            nng_stat_value(own_id) == id) {
            return one;
        }
    }
    return NULL;
}

uint64_t nng_handshakes_failed(nng_listener listener)
{
    static const char *const names[] = {"auth", "proto", "timeout"};
    nng_stat *all = NULL;
    uint64_t failed = 0;
    if (nng_stats_get(&all) != 0) {
        return 0;
    }
    nng_stat *of_listener = listener_find(all, listener);
    for (size_t i = 0; of_listener != NULL && i < sizeof names / sizeof *names; i++) {
        nng_stat *one = nng_stat_find(of_listener, names[i]);
        failed += one != NULL ? nng_stat_value(one) : 0;
    }
    nng_stats_free(all);
    return failed;
}

struct peer_key nng_pipe_peer(nng_pipe pipe)
{
    struct peer_key key = {{0}};
    nng_sockaddr address;
    if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &address) != 0) {
        return key;
    }
    if (address.s_family == NNG_AF_INET6) {
        memcpy(key.bytes, address.s_in6.sa_addr, 16);
        memcpy(key.bytes + 16, &address.s_in6.sa_port, 2);
    } else if (address.s_family == NNG_AF_INET) {
        key.bytes[10] = key.bytes[11] = 0xff;
        memcpy(key.bytes + 12, &address.s_in.sa_addr, 4);
        memcpy(key.bytes + 16, &address.s_in.sa_port, 2);
    }
    return key;
}
