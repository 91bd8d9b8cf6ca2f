/* SPDX-License-Identifier: MIT
 *
 * From the table of options to the structures of core.h, http_api.h and listen.h: each value goes
 * to one member.
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

struct core_config settings_core(const struct config *config)
{
    struct core_config core = core_config_default();
    const int64_t longest_ms = config_ms(config, CONFIG_RETRY_LONGEST);
    const struct {
        enum gaia_class class;
        enum config_option tries;
    } retries[] = {{GAIA_CLASS_UNAVAILABLE, CONFIG_TRIES_UNAVAILABLE},
                   {GAIA_CLASS_RESOURCE, CONFIG_TRIES_RESOURCE},
                   {GAIA_CLASS_INTERNAL, CONFIG_TRIES_INTERNAL}};
    for (size_t i = 0; i < sizeof retries / sizeof *retries; i++) {
        struct core_retry *retry = &core.retry[retries[i].class];
        retry->tries_max = (uint32_t)config_number(config, retries[i].tries);
        retry->longest_ms = longest_ms;
    }
    core.lease_ms = config_ms(config, CONFIG_LEASE);
    core.beat_ms = config_ms(config, CONFIG_BEAT);
    core.park_ms = config_ms(config, CONFIG_PARK);
    core.suspect_ms = config_ms(config, CONFIG_SUSPECT);
    core.session_ms = config_ms(config, CONFIG_SESSION_TIME);
    core.losses_max = (uint32_t)config_number(config, CONFIG_LOSSES);
    core.kills_max = (uint32_t)config_number(config, CONFIG_QUARANTINE);
    core.leases_max = (uint32_t)config_number(config, CONFIG_LEASES_EACH);
    core.jobs_max = (uint32_t)config_number(config, CONFIG_JOBS_MAX);
    core.tenant_jobs_max = (uint32_t)config_number(config, CONFIG_TENANT_JOBS);
    core.batch_bytes = config_number(config, CONFIG_BATCH_BYTES);
    core.batch_ms = config_ms(config, CONFIG_BATCH_AIM);
    core.batch_units = (uint32_t)config_number(config, CONFIG_BATCH_UNITS);
    core.ageing_ms = config_ms(config, CONFIG_AGEING);
    core.affinity_ms = config_ms(config, CONFIG_AFFINITY);
    return core;
}

/* A time as whole seconds, rather more than less. */
static unsigned seconds(const struct config *config, enum config_option option)
{
    enum { SECOND_MS = 1000 };
    return (unsigned)((config_number(config, option) + SECOND_MS - 1) / SECOND_MS);
}

struct http_api_config settings_api(const struct config *config)
{
    struct http_api_config api = http_api_config_default();
    api.port = (uint16_t)config_number(config, CONFIG_API_PORT);
    api.remote =
        (struct http_remote_config){.host = config_text(config, CONFIG_API_LISTEN),
                                    .port = (uint16_t)config_number(config, CONFIG_API_LISTEN_PORT),
                                    .certificate = config_text(config, CONFIG_API_CERTIFICATE),
                                    .key = config_text(config, CONFIG_API_KEY),
                                    .is_insecure = config_number(config, CONFIG_API_INSECURE) == 1};
    api.body_bytes_max = config_number(config, CONFIG_API_BODY);
    api.header_bytes_max = config_number(config, CONFIG_API_HEADERS);
    api.connections_max = (unsigned)config_number(config, CONFIG_API_CONNECTIONS);
    api.of_address_max = (unsigned)config_number(config, CONFIG_API_CONNECTIONS_EACH);
    api.timeout_s = seconds(config, CONFIG_API_IDLE);
    api.request_s = seconds(config, CONFIG_API_REQUEST_TIME);
    api.rates.address_rate = config_number(config, CONFIG_API_RATE);
    api.rates.token_rate = config_number(config, CONFIG_TOKEN_RATE);
    api.rates.tenant_rate = config_number(config, CONFIG_TENANT_RATE);
    api.n_threads = (unsigned)config_number(config, CONFIG_API_THREADS);
    api.streams_max = (unsigned)config_number(config, CONFIG_API_STREAMS);
    api.page_bytes_max = config_number(config, CONFIG_API_PAGE_SUMS);
    return api;
}

gaia_status settings_listen(const struct config *config, struct listen *listen, gaia_error *err)
{
    const struct listen_options options = {
        .host = config_text(config, CONFIG_LISTEN),
        .control_port = config_number(config, CONFIG_LISTEN_CONTROL_PORT),
        .work_port = config_number(config, CONFIG_LISTEN_WORK_PORT),
        .ca = config_text(config, CONFIG_CA),
        .certificate = config_text(config, CONFIG_CERTIFICATE),
        .key = config_text(config, CONFIG_KEY)};
    return listen_prepare(&options, listen, err);
}

gaia_status settings_shares(char *text, struct core_share *shares, size_t n_max, size_t *n,
                            gaia_error *err)
{
    *n = 0;
    for (char *part = NULL; (part = strsep(&text, ",")) != NULL;) {
        char *number = strrchr(part, '=');
        if (*n == n_max) {
            return error_set(err, GAIA_USAGE, "shares: at most %zu of NAME=N are taken", n_max);
        }
        *number = '\0';
        shares[(*n)++] =
            (struct core_share){.tenant = part, .share = (uint32_t)strtoul(number + 1, NULL, 10)};
    }
    return GAIA_OK;
}
