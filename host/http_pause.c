/* SPDX-License-Identifier: MIT
 *
 * What a request may take where nobody says otherwise, and how long is waited between its attempts:
 * arithmetic alone.
 */
#include "http.h"

enum { MS_PER_S = 1000 };

struct http_limits http_limits_default(void)
{
    return (struct http_limits){.parallel = 8,
                                .attempts = 5,
                                .redirects = 5,
                                .connect_ms = 10000,
                                .stall_s = 20,
                                .stall_bytes_per_s = 1024,
                                .total_ms = 180000,
                                .backoff_ms = 250,
                                .backoff_max_ms = 10000,
                                .retry_after_max_ms = 60000};
}

int64_t http_pause_ms(const struct http_limits *limits, unsigned attempt, int64_t retry_after_s,
                      uint64_t random)
{
    int64_t bound_ms = limits->backoff_ms;
    for (unsigned i = 1; i < attempt && bound_ms < limits->backoff_max_ms; i++) {
        bound_ms *= 2;
    }
    bound_ms = bound_ms < limits->backoff_max_ms ? bound_ms : limits->backoff_max_ms;
    const int64_t pause_ms = (int64_t)(random % ((uint64_t)bound_ms + 1));
    const int64_t asked_ms = retry_after_s > limits->retry_after_max_ms / MS_PER_S
                                 ? limits->retry_after_max_ms
                                 : retry_after_s * MS_PER_S;
    return pause_ms > asked_ms ? pause_ms : asked_ms;
}
