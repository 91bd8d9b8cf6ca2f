/* SPDX-License-Identifier: MIT
 *
 * The client's end of request and reply over nng 1.5.2, for the executor: one call at a time.
 *
 * Invariant: a call is begun under the client's lock, so that an interruption comes either before
 * it or finds something to abort.
 */
#include "transport.h"

#include <pthread.h>
#include <stdlib.h>

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>

#include "clock.h"
#include "error.h"
#include "transport_nng.h"
#include "wire.h"

enum {
    CONNECT_MS = 500,      /* a request finds a connection in this time or fails */
    CONNECT_TLS_MS = 5000, /* between machines, with a handshake */
    REDIAL_MIN_MS = 50,
    REDIAL_MAX_MS = 200,
};

struct transport_client {
    nng_socket socket;
    nng_ctx context;
    nng_aio *aio;
    int64_t connect_ms;
    pthread_mutex_t lock;
    bool interrupted;
};

/* The socket's options, then its context, which copies the resend time, then the dialer. */
static int client_start(struct transport_client *client, const char *url, nng_tls_config *tls)
{
    nng_dialer dialer = NNG_DIALER_INITIALIZER;
    int code = nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    if (code == 0) {
        code = nng_socket_set_size(client->socket, NNG_OPT_RECVMAXSZ, WIRE_MESSAGE_BYTES_MAX);
    }
    if (code == 0) {
        code = nng_socket_set_ms(client->socket, NNG_OPT_RECONNMINT, REDIAL_MIN_MS);
    }
    if (code == 0) {
        code = nng_socket_set_ms(client->socket, NNG_OPT_RECONNMAXT, REDIAL_MAX_MS);
    }
    if (code == 0) {
        code = nng_ctx_open(&client->context, client->socket);
    }
    if (code == 0) {
        code = nng_dialer_create(&dialer, client->socket, url);
    }
    if (code == 0 && tls != NULL) {
        code = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, tls);
    }
    if (code == 0) {
        (void)nng_dialer_set_bool(dialer, NNG_OPT_TCP_KEEPALIVE, true);
        code = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    }
    return code;
}

gaia_status transport_dial(const char *url, const struct transport_tls *tls,
                           struct transport_client **client, gaia_error *err)
{
    nng_tls_config *config = NULL;
    gaia_status status = GAIA_OK;
    struct transport_client *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    if (nng_url_is_tls(url)) {
        status = nng_tls_make(NNG_TLS_MODE_CLIENT, tls, url, &config, err);
    }
    int code = status == GAIA_OK ? nng_req0_open(&made->socket) : 0;
    if (status != GAIA_OK || code != 0) {
        free(made);
        status = status != GAIA_OK ? status : nng_fail(err, code, "cannot dial", url);
        goto done;
    }
    made->connect_ms = config != NULL ? CONNECT_TLS_MS : CONNECT_MS;
    (void)pthread_mutex_init(&made->lock, NULL);
    code = nng_aio_alloc(&made->aio, NULL, NULL);
    code = code == 0 ? client_start(made, url, config) : code;
    if (code != 0) {
        transport_hang_up(made);
        status = nng_fail(err, code, "cannot dial", url);
    } else {
        *client = made;
    }
done:
    if (config != NULL) {
        nng_tls_config_free(config); /* the dialer holds it as long as it needs it */
    }
    return status;
}

/* Begins one half of a call unless it was interrupted, and waits for its end. The beginning is
 * under the lock so that an interruption comes either before it or finds something to abort. */
static int call_half(struct transport_client *client, int64_t deadline_ms,
                     void (*begin)(nng_ctx, nng_aio *))
{
    /* Not nng's own clock, which is the time of day and may be set while a call waits. */
    const int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (left_ms <= 0) {
        return NNG_ETIMEDOUT;
    }
    (void)pthread_mutex_lock(&client->lock);
    const bool interrupted = client->interrupted;
    if (!interrupted) {
        nng_aio_set_timeout(client->aio, left_ms < INT32_MAX ? (nng_duration)left_ms : INT32_MAX);
        begin(client->context, client->aio);
    }
    (void)pthread_mutex_unlock(&client->lock);
    if (interrupted) {
        return NNG_ECANCELED;
    }
    nng_aio_wait(client->aio);
    return nng_aio_result(client->aio);
}

gaia_status transport_call(struct transport_client *client, const unsigned char *bytes,
                           size_t length, int64_t timeout_ms, unsigned char **reply,
                           size_t *reply_length, gaia_error *err)
{
    const int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    nng_msg *message = nng_message_make(bytes, length);
    if (message == NULL) {
        return error_memory(err, length);
    }
    nng_aio_set_msg(client->aio, message);
    /* nng takes a request as sent once there is a connection to send it on. */
    const int64_t connect_ms = timeout_ms < client->connect_ms ? timeout_ms : client->connect_ms;
    int code = call_half(client, deadline_ms - timeout_ms + connect_ms, nng_ctx_send);
    if (code == NNG_ETIMEDOUT && connect_ms < timeout_ms) {
        code = NNG_ECONNREFUSED;
    }
    nng_aio_set_msg(client->aio, NULL);
    if (code != 0) {
        nng_msg_free(message);
        return nng_fail(err, code, "request not sent", "");
    }
    code = call_half(client, deadline_ms, nng_ctx_recv);
    if (code != 0) {
        /* The next request on the context discards this one, and with it a late reply. */
        return nng_fail(err, code, "no reply", "");
    }
    message = nng_aio_get_msg(client->aio);
    nng_aio_set_msg(client->aio, NULL);
    size_t taken_length = 0;
    unsigned char *taken = nng_message_take(message, &taken_length);
    if (taken == NULL) {
        return error_memory(err, taken_length);
    }
    *reply = taken;
    *reply_length = taken_length;
    return GAIA_OK;
}

void transport_interrupt(struct transport_client *client)
{
    (void)pthread_mutex_lock(&client->lock);
    client->interrupted = true;
    nng_aio_abort(client->aio, NNG_ECANCELED);
    (void)pthread_mutex_unlock(&client->lock);
}

void transport_hang_up(struct transport_client *client)
{
    if (client == NULL) {
        return;
    }
    (void)nng_socket_end(client->socket);
    if (client->aio != NULL) {
        nng_aio_stop(client->aio);
        nng_aio_free(client->aio);
    }
    (void)pthread_mutex_destroy(&client->lock);
    free(client);
}
