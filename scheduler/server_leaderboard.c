/* SPDX-License-Identifier: MIT
 *
 * Forecasts ranked by their composites: what is ranked is noted when a composite is written, and
 * made up for where an older program wrote it. Called by server.c, server_finish.c, server_api.c.
 *
 * Invariant: a ranking is made of heads that are parts of stored documents, in their own bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "server_state.h"
#include "standing.h"

enum { RANKED_IN_A_TURN = 4 };

gaia_status composite_store(struct server *server, int64_t job,
                            const struct store_composite *composite, double *score)
{
    struct store_composite ranked = *composite;
    struct standing standing = {.head = NULL};
    gaia_error error = {0};
    *score = (double)NAN;
    gaia_status status = standing_read(composite->json, &standing, &error);
    if (status == GAIA_OUT_OF_MEMORY) {
        server->error = error;
        return status;
    }
    /* A damaged document is not looked at again and again. */
    ranked.name = standing.profile != NULL ? standing.profile : "";
    ranked.head = standing.head != NULL ? standing.head : "";
    ranked.score = standing.head != NULL ? standing.score : (double)NAN;
    *score = ranked.score;
    status = server->store->ops->composite_put(server->store, job, &ranked, &server->error);
    standing_fini(&standing);
    return status;
}

/* Copies of composites: they cannot be written while they are being read. */
struct unranked {
    size_t n;
    bool failed;
    struct {
        int64_t job;
        uint32_t index;
        char *forecast;
        char *profile;
        char *json;
    } items[RANKED_IN_A_TURN];
};

static void unranked_take(void *context, int64_t job, const struct store_composite *composite)
{
    struct unranked *unranked = context;
    if (unranked->n == RANKED_IN_A_TURN) {
        return;
    }
    const size_t i = unranked->n++;
    unranked->items[i].job = job;
    unranked->items[i].index = composite->index;
    unranked->items[i].forecast = strdup(composite->forecast);
    unranked->items[i].profile = strdup(composite->profile);
    unranked->items[i].json = strdup(composite->json);
    unranked->failed = unranked->failed || unranked->items[i].forecast == NULL ||
                       unranked->items[i].profile == NULL || unranked->items[i].json == NULL;
}

gaia_status rank_turn(struct server *server)
{
    struct unranked unranked = {.n = 0};
    const struct store_visitor visitor = {.context = &unranked, .unranked = unranked_take};
    if (!server->is_rank_due) {
        return GAIA_OK;
    }
    gaia_status status = server->store->ops->composites_unranked(server->store, RANKED_IN_A_TURN,
                                                                 &visitor, &server->error);
    if (status == GAIA_OK && unranked.failed) {
        status = error_memory(&server->error, 1);
    }
    for (size_t i = 0; i < unranked.n; i++) {
        const struct store_composite composite = {.index = unranked.items[i].index,
                                                  .forecast = unranked.items[i].forecast,
                                                  .profile = unranked.items[i].profile,
                                                  .json = unranked.items[i].json};
        double score = (double)NAN;
        if (status == GAIA_OK) {
            status = composite_store(server, unranked.items[i].job, &composite, &score);
        }
        free(unranked.items[i].forecast);
        free(unranked.items[i].profile);
        free(unranked.items[i].json);
    }
    server->is_rank_due = status != GAIA_OK || unranked.n > 0;
    return status;
}

/* The answer as it is made. */
struct ranking {
    struct text *out;
    size_t n;
};

static void string_append(struct text *out, const char *key, const char *value)
{
    json_t *string = text_to_json(value);
    char *dumped = string != NULL ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    text_printf(out, "\"%s\":%s,", key, dumped != NULL ? dumped : "null");
    out->failed = out->failed || dumped == NULL;
    free(dumped);
    json_decref(string);
}

static void standing_append(void *context, const struct store_standing *standing)
{
    struct ranking *ranking = context;
    text_printf(ranking->out, "%s\n{\"rank\":%zu,", ranking->n > 0 ? "," : "", ranking->n + 1);
    string_append(ranking->out, "job", standing->job);
    string_append(ranking->out, "name", standing->name);
    string_append(ranking->out, "tenant", standing->tenant);
    text_printf(ranking->out,
                "\"finished_ms\":%lld,\"composite\":", (long long)standing->finished_ms);
    text_append(ranking->out, standing->head);
    text_append(ranking->out, "}");
    ranking->n++;
}

gaia_status leaderboard_answer(struct server *server, struct api_request *request)
{
    struct ranking ranking = {.out = &request->answer};
    const struct store_visitor visitor = {.context = &ranking, .standing = standing_append};
    request->http = HTTP_OK;
    text_append(&request->answer, "{\"leaderboard\":[");
    struct rank_filter filter = *request->ranking;
    gaia_status status = GAIA_OK;
    if (tenant_narrow(request, &filter.tenant)) {
        status =
            server->store->ops->standings_list(server->store, &filter, &visitor, &server->error);
    }
    text_append(&request->answer, ranking.n > 0 ? "\n]}\n" : "]}\n");
    return status == GAIA_OK && request->answer.failed ? error_memory(&server->error, 1) : status;
}
