/* SPDX-License-Identifier: MIT
 *
 * Counting refusals and telling of them. Called by the files of the server that refuse.
 *
 * Invariant: every refusal is in the counts, and in the log either as a line of its own or in the
 * number of a later one.
 */
#include "refusal.h"

#include <stddef.h>

static const struct {
    const char *name;
    const char *text;
} reasons[REFUSAL_COUNT] = {
#define X(code, name, text) [REFUSAL_##code] = {name, text},
    REFUSAL_MAP(X)
#undef X
};

static void refusal_tell(struct refusals *refusals, size_t reason, const char *detail,
                         const struct log *log, int64_t now_ms)
{
    const uint64_t n = refusals->counts[reason] - refusals->log[reason].told;
    if (n == 0 || (refusals->log[reason].at_ms != 0 &&
                   now_ms - refusals->log[reason].at_ms < REFUSAL_QUIET_MS)) {
        return;
    }
    refusals->log[reason].told = refusals->counts[reason];
    refusals->log[reason].at_ms = now_ms;
    log_event(log, LOG_SECURITY, LOG_WARNING, "executor_refused", "executors were refused",
              log_text("reason", reasons[reason].name), log_text("what", reasons[reason].text),
              log_int("times", (int64_t)n), log_text("detail", detail));
}

void refusal_add(struct refusals *refusals, enum refusal reason, uint64_t n, const char *detail,
                 const struct log *log, int64_t now_ms)
{
    refusals->counts[reason] += n;
    refusal_tell(refusals, reason, detail, log, now_ms);
}

void refusals_tell(struct refusals *refusals, const struct log *log, int64_t now_ms)
{
    for (size_t i = 0; i < REFUSAL_COUNT; i++) {
        refusal_tell(refusals, i, NULL, log, now_ms);
    }
}

json_t *refusals_to_json(const struct refusals *refusals)
{
    json_t *json = json_object();
    for (size_t i = 0; i < REFUSAL_COUNT; i++) {
        json_t *count = json_integer((json_int_t)refusals->counts[i]);
        if (json_object_set_new(json, reasons[i].name, count) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}
