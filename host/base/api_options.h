/* SPDX-License-Identifier: MIT
 *
 * The options of gaia-scheduler about its HTTP API that gaia-node takes too and passes on: one
 * table for both.
 */
#ifndef BASE_API_OPTIONS_H
#define BASE_API_OPTIONS_H

#include "options.h"

enum { API_RATE_MAX = 1000000000 };

/* clang-format off */
#define API_OPTION_SPECS                                                                           \
    {"api-listen", OPTION_TEXT, "ADDRESS", 0, 0,                                                   \
     "where the HTTP API is for other machines, too, with the certificate below"},                 \
    {"api-listen-port", OPTION_NUMBER, "N", 0, 65535, "port there; 0: any [7460]"},                \
    {"api-certificate", OPTION_TEXT, "FILE", 0, 0,                                                 \
     "certificate of the HTTP API, with those that signed it, in PEM; read again on SIGHUP"},      \
    {"api-key", OPTION_TEXT, "FILE", 0, 0, "its private key, in PEM, mode 0600"},                  \
    {"api-insecure", OPTION_FLAG, NULL, 0, 0,                                                      \
     "let --api-listen go without a certificate: tokens are sent in the clear"},                   \
    {"api-rate", OPTION_NUMBER, "N", 0, API_RATE_MAX,                                              \
     "requests a second of one address, ten times as many at once; 0: without limit [1000]"},      \
    {"token-rate", OPTION_NUMBER, "N", 0, API_RATE_MAX, "the same with one token [1000]"},         \
    {"tenant-rate", OPTION_NUMBER, "N", 0, API_RATE_MAX,                                           \
     "jobs that a tenant may submit a minute; 0: without limit [0]"},                              \
    {"tenant-jobs", OPTION_NUMBER, "N", 0, UINT32_MAX,                                             \
     "jobs in the queue of one tenant; 0: as many as of all [0]"},                                 \
    {"api-connections", OPTION_NUMBER, "N", 1, 16384,                                              \
     "connections to the HTTP API at once [512]"},                                                 \
    {"api-connections-each", OPTION_NUMBER, "N", 0, 16384,                                         \
     "the same of one address; 0: as many as of all [128]"},                                       \
    {"api-idle", OPTION_NUMBER, "SECONDS", 1, 3600,                                                \
     "after which a connection is closed on which nothing moves [30]"},                            \
    {"api-request-time", OPTION_NUMBER, "SECONDS", 1, 86400,                                       \
     "in which a request must have come whole [60]"},                                              \
    {"api-body", OPTION_BYTES, "SIZE", 1024, UINT32_MAX,                                           \
     "of a request's body at most [64MiB]"},                                                       \
    {"api-headers", OPTION_BYTES, "SIZE", 4096, 1 << 20,                                           \
     "of a request's first line and headers at most, about [32KiB]"}
/* clang-format on */

/* In the order of the rows. */
enum api_option {
    API_OPT_LISTEN,
    API_OPT_LISTEN_PORT,
    API_OPT_CERTIFICATE,
    API_OPT_KEY,
    API_OPT_INSECURE,
    API_OPT_RATE,
    API_OPT_TOKEN_RATE,
    API_OPT_TENANT_RATE,
    API_OPT_TENANT_JOBS,
    API_OPT_CONNECTIONS,
    API_OPT_CONNECTIONS_EACH,
    API_OPT_IDLE,
    API_OPT_REQUEST_TIME,
    API_OPT_BODY,
    API_OPT_HEADERS,
    API_OPTIONS
};

#endif
