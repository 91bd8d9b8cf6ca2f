/* SPDX-License-Identifier: MIT
 *
 * Three tables of rates, and what is said to those beyond them. Runs on the connections' threads.
 *
 * Invariant: the tables' memory is settled when they are opened.
 */
#include "http_limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "http_request.h"
#include "http_respond.h"
#include "rate_limit.h"

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60000,
    BURST_S = 10, /* of a rate a second */
    ADDRESSES = 1 << 16,
    TENANTS = 1 << 13,
};

struct http_limits {
    struct http_limits_config config;
    struct rate_limit *addresses;
    struct rate_limit *tokens;
    struct rate_limit *tenants;
};

static gaia_status table_open(uint64_t number, int64_t period_ms, uint64_t burst, size_t n_keys,
                              struct rate_limit **table, gaia_error *err)
{
    char digits[17];
    random_hex(digits, sizeof digits / 2);
    const struct rate_limit_config config = {.number = number,
                                             .period_ms = period_ms,
                                             .burst = burst,
                                             .n_keys = n_keys,
                                             .seed = strtoull(digits, NULL, 16)};
    return rate_limit_open(&config, table, err);
}

gaia_status http_limits_open(const struct http_limits_config *config, struct http_limits **opened,
                             gaia_error *err)
{
    struct http_limits *limits = calloc(1, sizeof *limits);
    if (limits == NULL) {
        return error_memory(err, sizeof *limits);
    }
    limits->config = *config;
    gaia_status status = table_open(config->address_rate, SECOND_MS, config->address_rate * BURST_S,
                                    ADDRESSES, &limits->addresses, err);
    if (status == GAIA_OK) {
        status = table_open(config->token_rate, SECOND_MS, config->token_rate * BURST_S,
                            (size_t)2 * TOKENS_MAX, &limits->tokens, err);
    }
    if (status == GAIA_OK) {
        status = table_open(config->tenant_rate, MINUTE_MS, config->tenant_rate, TENANTS,
                            &limits->tenants, err);
    }
    if (status != GAIA_OK) {
        http_limits_close(limits);
        return status;
    }
    *opened = limits;
    return GAIA_OK;
}

void http_limits_close(struct http_limits *limits)
{
    if (limits != NULL) {
        rate_limit_free(limits->addresses);
        rate_limit_free(limits->tokens);
        rate_limit_free(limits->tenants);
        free(limits);
    }
}

/* Counts and logs a refusal. */
static void limit_tell(const struct http_limits *limits, enum metric_limit limit,
                       const gaia_error *error, struct MHD_Connection *connection)
{
    static const char *const events[] = {[METRIC_LIMIT_CONNECTIONS] = "connections_limited",
                                         [METRIC_LIMIT_ADDRESS] = "address_limited",
                                         [METRIC_LIMIT_TOKEN] = "token_limited",
                                         [METRIC_LIMIT_TENANT] = "tenant_limited"};
    char peer[HTTP_PEER];
    http_peer(connection, peer);
    metrics_add(limits->config.metrics, METRIC_LIMITED, limit, 1);
    log_event(limits->config.log, LOG_SECURITY | LOG_OFTEN, LOG_WARNING, events[limit],
              "a request beyond a limit was refused", log_text("address", peer),
              log_text("why", error->detail));
}

/* Answers whoever has to wait; true if nobody has. */
static bool wait_answer(const struct http_limits *limits, enum metric_limit limit, int64_t wait_ms,
                        const gaia_error *error, struct MHD_Connection *connection,
                        enum MHD_Result *result)
{
    if (wait_ms > 0) {
        limit_tell(limits, limit, error, connection);
        *result = http_refuse_for(connection, (wait_ms + SECOND_MS - 1) / SECOND_MS, false, error);
    }
    return wait_ms == 0;
}

bool http_limits_address(struct http_limits *limits, const struct http_connection *from,
                         struct MHD_Connection *connection, enum MHD_Result *result)
{
    gaia_error error = {0};
    if (http_connection_is_over(from)) {
        (void)error_set(&error, GAIA_LIMIT, "this address has too many connections");
        limit_tell(limits, METRIC_LIMIT_CONNECTIONS, &error, connection);
        *result = http_refuse_for(connection, 1, true, &error);
        return false;
    }
    (void)error_set(&error, GAIA_LIMIT, "this address sends more than %" PRIu64 " requests/s",
                    limits->config.address_rate);
    return wait_answer(limits, METRIC_LIMIT_ADDRESS,
                       rate_limit_take(limits->addresses, http_connection_address(from),
                                       HTTP_ADDRESS, clock_monotonic_ms()),
                       &error, connection, result);
}

bool http_limits_token(struct http_limits *limits, const struct caller *caller,
                       struct MHD_Connection *connection, enum MHD_Result *result)
{
    gaia_error error = {0};
    if (caller->id[0] == '\0') {
        return true;
    }
    (void)error_set(&error, GAIA_LIMIT, "with this token come more than %" PRIu64 " requests/s",
                    limits->config.token_rate);
    return wait_answer(
        limits, METRIC_LIMIT_TOKEN,
        rate_limit_take(limits->tokens, caller->id, strlen(caller->id), clock_monotonic_ms()),
        &error, connection, result);
}

bool http_limits_tenant(struct http_limits *limits, const char *tenant,
                        struct MHD_Connection *connection, enum MHD_Result *result)
{
    gaia_error error = {0};
    (void)error_set(&error, GAIA_LIMIT, "tenant '%s' submits more than %" PRIu64 " jobs a minute",
                    tenant, limits->config.tenant_rate);
    return wait_answer(
        limits, METRIC_LIMIT_TENANT,
        rate_limit_take(limits->tenants, tenant, strlen(tenant), clock_monotonic_ms()), &error,
        connection, result);
}
