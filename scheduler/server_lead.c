/* SPDX-License-Identifier: MIT
 *
 * What a scheduler does about the lead: takes it, keeps it, or stands by and says who leads; and
 * what only the leader may do now and then, forgetting old jobs. Called by server.c.
 *
 * Invariant: a scheduler that does not lead has no core, so nothing can be decided in it.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "server_state.h"
#include "wire.h"

enum {
    LEAD_MS = 8000,     /* of a lease */
    RENEWALS = 4,       /* in that time */
    STAND_BY_MS = 1000, /* between two looks at a lease of another */
    FORGET_MS = 600000, /* between two looks for old jobs */
    BACKOFF_DOUBLINGS = 3,
};

static const int64_t day_ms = 86400000;

int64_t backoff_ms(const struct server *server)
{
    const unsigned n =
        server->n_failures < BACKOFF_DOUBLINGS ? server->n_failures : BACKOFF_DOUBLINGS;
    return server->config.retry_ms << n;
}

gaia_status lead_seek(struct server *server)
{
    const int64_t lead_ms = server->config.lead_ms > 0 ? server->config.lead_ms : LEAD_MS;
    const char *name = server->config.name != NULL ? server->config.name : "";
    const bool led = server->leads;
    struct store_lead lead = {0};
    gaia_error error = {0};
    const gaia_status status =
        server->store->ops->lead(server->store, name, lead_ms, &lead, &error);
    server->leads = status == GAIA_OK && lead.is_leader;
    server->stands_by = status == GAIA_OK && !lead.is_leader;
    if (status != GAIA_OK) {
        server->lead_due_ms = server->now_ms + backoff_ms(server);
        server->n_failures++;
        server->error = error;
        return status;
    }
    server->lead_due_ms = server->now_ms + (server->leads ? lead_ms / RENEWALS : STAND_BY_MS);
    if (server->stands_by) {
        server->n_failures = 0;
        (void)error_set(&server->error, GAIA_UNREACHABLE, "this scheduler stands by: %s leads",
                        lead.leader[0] != '\0' ? lead.leader : "no other yet");
    }
    if (server->leads != led) {
        log_event(server->config.log, LOG_APPLICATION, LOG_INFO, "lead_changed",
                  "who leads has changed", log_flag("leads", server->leads),
                  log_text("leader", server->leads ? name : lead.leader));
    }
    return GAIA_OK;
}

/* Answers an executor so that it looks for another scheduler: no session is known here. */
static void wire_stand_by(struct server *server, struct message *message)
{
    unsigned char *bytes = NULL;
    double *sums = NULL;
    size_t length = 0;
    size_t n_sums = 0;
    json_t *header = NULL;
    json_t *reply = NULL;
    const struct wire_limits *limits =
        message->channel == CORE_CONTROL ? &wire_control_limits : &wire_work_limits;
    if (wire_decode(limits, message->bytes, message->length, &header, &sums, &n_sums, NULL) ==
        GAIA_OK) {
        const char *verb = json_string_value(json_object_get(header, "verb"));
        reply = verb != NULL && strcmp(verb, "HELLO") == 0
                    ? json_pack("{s:s, s:s, s:s}", "verb", "REFUSED", "status",
                                gaia_status_name(GAIA_UNREACHABLE), "detail", server->error.detail)
                    : json_pack("{s:s}", "verb", "UNKNOWN_SESSION");
    }
    if (reply != NULL && wire_encode(reply, NULL, 0, &bytes, &length, NULL) == GAIA_OK) {
        transport_reply(message->request, bytes, length);
    } else {
        transport_drop(message->request);
    }
    json_decref(reply);
    json_decref(header);
    free(sums);
    free(bytes);
}

void message_refuse(struct server *server, struct message *message)
{
    if (message->kind == MESSAGE_API) {
        api_refuse(
            message->api, HTTP_UNAVAILABLE, server->stands_by ? GAIA_UNREACHABLE : GAIA_STORE,
            server->error.detail[0] != '\0' ? server->error.detail : "the scheduler is stopping");
        api_complete(message->api);
        return;
    }
    if (message->kind == MESSAGE_WIRE && server->stands_by) {
        wire_stand_by(server, message);
    } else if (message->kind == MESSAGE_WIRE) {
        transport_drop(message->request);
    }
    if (message->kind == MESSAGE_WIRE) {
        free(message->bytes);
    }
    free(message);
}

gaia_status forget_turn(struct server *server)
{
    const int64_t before_ms = server->wall_ms - server->config.retain_days * day_ms;
    bool more = false;
    if (server->config.retain_days <= 0 || server->now_ms < server->forget_due_ms) {
        return GAIA_OK;
    }
    const gaia_status status =
        server->store->ops->jobs_forget(server->store, before_ms, &more, &server->error);
    more = status == GAIA_OK && (more || maps_sweep(server));
    server->forget_due_ms = more ? server->now_ms : server->now_ms + FORGET_MS;
    return status;
}
