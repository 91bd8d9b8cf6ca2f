/* SPDX-License-Identifier: MIT
 *
 * From pages of sums to rows of scores: derive.h chooses, score_stream.h or met_stat.h computes,
 * report.h writes.
 *
 * Invariant: in memory are the names, one page of sums, the aggregates of one lead, and a piece of
 * text or one page of rows.
 */
#include "http_scores.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "http_stream.h"
#include "http_respond.h"
#include "http_scores_query.h"
#include "json.h"
#include "met_stat.h"
#include "report.h"
#include "score_stream.h"
#include "sums_page.h"

enum { PIECE_BYTES = 64 << 10 };

struct scores {
    const struct http_api_config *config;
    const struct caller *caller;
    char id[RECORD_ID];
    char name[RECORD_ID + 8]; /* "job ID" */
    struct scores_query query;
    struct plan *head;     /* the job's names */
    struct derive *choice; /* among them */
    struct score_stream *stream;
    struct report *report;
    struct text made;  /* what was written and not yet taken */
    struct text lines; /* of MET, of one unit */
    struct text page;  /* of sums */
    size_t at;         /* the next record of it */
    int64_t next;      /* where the next page begins; -1: at the beginning */
    bool more;         /* there is one */
    bool is_over;
    bool has_lead;
    struct gaia_unit lead; /* that rows are made of */
    uint64_t lead_unit;    /* its first unit */
    uint64_t lead_rows;    /* rows of it so far */
    uint64_t left;         /* rows that this page still takes */
    bool is_full;          /* there was a row beyond it, ... */
    uint64_t next_unit;    /* ... of this lead, after ... */
    uint64_t next_rows;    /* ... so many */
};

static void scores_free(void *context)
{
    struct scores *scores = context;
    report_close(scores->report);
    score_stream_close(scores->stream);
    derive_close(scores->choice);
    plan_free(scores->head);
    text_fini(&scores->made);
    text_fini(&scores->lines);
    text_fini(&scores->page);
    scores_query_fini(&scores->query);
    free(scores);
}

/* Counts a row, and says whether it belongs to this page. */
static bool row_count(struct scores *scores)
{
    const bool is_earlier = scores->query.skip > 0;
    if (is_earlier) {
        scores->query.skip--;
    } else if (scores->left == 0) {
        if (!scores->is_full) {
            scores->is_full = true;
            scores->next_unit = scores->lead_unit;
            scores->next_rows = scores->lead_rows;
        }
        return false;
    } else {
        scores->left--;
    }
    scores->lead_rows++;
    return !is_earlier;
}

static void on_score(void *context, const struct gaia_score *score)
{
    struct scores *scores = context;
    const enum scores_rows kind = score->all_times ? SCORES_AGGREGATES : SCORES_TIMES;
    if ((scores->query.rows == SCORES_ALL || scores->query.rows == kind) && row_count(scores)) {
        report_row(scores->report, score);
    }
}

static gaia_status stat_lines(struct scores *scores, const struct gaia_unit *unit,
                              const struct gaia_moments *rows, gaia_error *err)
{
    const struct plan *plan = &scores->choice->plan;
    const gaia_status status = met_stat_time_check(plan, unit, err);
    if (status != GAIA_OK) {
        return error_restate(err, GAIA_FORMAT_UNSUPPORTED);
    }
    scores->lines.length = 0;
    met_stat_unit(plan, unit, rows, &scores->lines);
    if (scores->lines.failed) {
        return error_memory(err, sizeof *rows);
    }
    for (const char *line = scores->lines.s; line != NULL && *line != '\0';) {
        const size_t length = strcspn(line, "\n") + 1;
        if (row_count(scores)) {
            text_append_n(&scores->made, line, length);
        }
        line += length;
    }
    return GAIA_OK;
}

static gaia_status cursor_wrong(gaia_error *err)
{
    return error_set(err, GAIA_USAGE, "cursor: not one of this answer's");
}

/* Takes one unit. Aggregates of the lead before it come first, and are counted as that lead's. */
static gaia_status unit_take(struct scores *scores, const struct sums_record *record,
                             const struct gaia_moments *rows, gaia_error *err)
{
    const struct gaia_unit *unit = &record->chosen;
    if (!scores->has_lead || !plan_lead_same(&scores->lead, unit)) {
        score_stream_end(scores->stream);
        if (scores->has_lead && scores->query.skip > 0) {
            return cursor_wrong(err);
        }
        scores->has_lead = true;
        scores->lead = *unit;
        scores->lead_unit = record->unit;
        scores->lead_rows = 0;
    }
    if (scores->query.format == SCORES_STAT) {
        return stat_lines(scores, unit, rows, err);
    }
    score_stream_take(scores->stream, unit, rows);
    return GAIA_OK;
}

/* Asks for the next page of sums. */
static gaia_status page_ask(struct scores *scores, bool is_cursor, struct api_request *request)
{
    *request = (struct api_request){.verb = API_SUMS,
                                    .caller = scores->caller,
                                    .id = scores->id,
                                    .choice = scores->choice,
                                    .after = scores->next,
                                    .is_cursor = is_cursor};
    scores->config->ask(scores->config->context, request);
    if (request->error.status != GAIA_OK) {
        return request->error.status;
    }
    text_fini(&scores->page);
    scores->page = request->answer;
    scores->at = 0;
    scores->next = request->last;
    scores->more = request->more;
    return GAIA_OK;
}

/* Makes the last rows and what closes the document. */
static gaia_status scores_end(struct scores *scores, gaia_error *err)
{
    if (!scores->is_full) {
        score_stream_end(scores->stream);
    }
    if (scores->query.skip > 0) {
        return cursor_wrong(err);
    }
    if (scores->report != NULL) {
        report_end(scores->report);
    }
    scores->is_over = true;
    return GAIA_OK;
}

/* Makes rows until so many bytes of them are there, or all. */
static gaia_status scores_make(struct scores *scores, size_t bytes, gaia_error *err)
{
    const size_t n_rows = plan_rows_per_unit(&scores->choice->plan);
    const size_t record_bytes = sizeof(struct sums_record) + n_rows * sizeof(struct gaia_moments);
    gaia_status status = GAIA_OK;
    while (status == GAIA_OK && !scores->is_over && scores->made.length < bytes) {
        if (scores->is_full || (scores->at == scores->page.length && !scores->more)) {
            status = scores_end(scores, err);
        } else if (scores->at == scores->page.length) {
            struct api_request request;
            status = page_ask(scores, false, &request);
            if (status != GAIA_OK) {
                *err = request.error;
                text_fini(&request.answer);
            }
        } else {
            /* Pages are made of records, and what malloc gives is aligned for them. */
            const void *at = scores->page.s + scores->at;
            const struct sums_record *record = at;
            scores->at += record_bytes;
            status = unit_take(scores, record,
                               (const struct gaia_moments *)(const void *)(record + 1), err);
        }
    }
    return status == GAIA_OK && scores->made.failed ? error_memory(err, bytes) : status;
}

static bool scores_next(void *context, struct text *piece, bool *more)
{
    struct scores *scores = context;
    gaia_error error = {0};
    if (scores_make(scores, PIECE_BYTES, &error) != GAIA_OK) {
        log_event(scores->config->log, LOG_APPLICATION | LOG_OFTEN, LOG_ERROR, "scores_cut",
                  "an answer with scores ends early", log_text("job", scores->name),
                  log_text("error", error.detail));
        return false;
    }
    text_fini(piece);
    *piece = scores->made;
    scores->made = (struct text){0};
    *more = !scores->is_over;
    return true;
}

/* ---- Opening ---- */

/* Reads the job's names and chooses among them. */
static gaia_status choice_open(struct scores *scores, const struct text *head, gaia_error *err)
{
    json_t *json = NULL;
    gaia_status status = json_parse("names", head->s, head->length, &json, err);
    if (status == GAIA_OK) {
        status = plan_from_json(json, &scores->head, err);
    }
    json_decref(json);
    if (status != GAIA_OK) {
        return error_restate(err, GAIA_INTERNAL);
    }
    status = derive_choose(scores->head, scores->name, &scores->query.filter, &scores->choice, err);
    if (status == GAIA_OK && scores->query.format == SCORES_STAT) {
        status = met_stat_check(&scores->choice->plan, err);
        return status == GAIA_USAGE ? error_restate(err, GAIA_FORMAT_UNSUPPORTED) : status;
    }
    return status;
}

/* Opens what writes rows, and writes what comes before them. */
static gaia_status rows_open(struct scores *scores, gaia_error *err)
{
    gaia_status status =
        score_stream_open(&scores->choice->plan, on_score, scores, &scores->stream, err);
    if (status == GAIA_OK && scores->query.format == SCORES_STAT) {
        met_stat_header(&scores->made);
    } else if (status == GAIA_OK) {
        status = report_open(scores->query.format == SCORES_CSV ? REPORT_CSV : REPORT_JSON,
                             &scores->made, &scores->report, err);
    }
    return status;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, const char *field,
                              const gaia_error *error)
{
    const bool invalid = gaia_status_class(error->status) == GAIA_CLASS_INVALID;
    return http_refuse(connection,
                       invalid                          ? HTTP_BAD_REQUEST
                       : error->status == GAIA_INTERNAL ? HTTP_INTERNAL
                                                        : HTTP_UNAVAILABLE,
                       field, error);
}

/* What the loop refused: a parameter of the choice, or the job itself. */
static enum MHD_Result refuse_answer(struct MHD_Connection *connection, struct api_request *request)
{
    if (request->http != HTTP_BAD_REQUEST) {
        return http_respond_answer(connection, request);
    }
    const char *field = scores_query_field(request->error.status);
    text_fini(&request->answer);
    return http_refuse(connection, HTTP_BAD_REQUEST, field != NULL ? field : "cursor",
                       &request->error);
}

static enum MHD_Result scores_send(struct scores *scores, struct http_work *work,
                                   struct MHD_Connection *connection)
{
    static const char *const types[] = {[SCORES_CSV] = "text/csv; charset=utf-8",
                                        [SCORES_JSON] = "application/json",
                                        [SCORES_STAT] = "text/plain; charset=utf-8"};
    const char *type = types[scores->query.format];
    const bool is_page = scores->query.limit > 0;
    const struct http_stream_source source = {
        .context = scores, .next = scores_next, .free = scores_free};
    struct text piece = scores->made;
    struct text link = {0};
    struct MHD_Response *response = NULL;
    scores->made = (struct text){0};
    if (!is_page) {
        const bool more = !scores->is_over;
        response = http_stream_make(work, connection, &source, &piece, more);
        return http_respond(connection, HTTP_OK, type, response);
    }
    if (scores->is_full) {
        scores_query_link(&scores->query, scores->id, scores->next_unit, scores->next_rows, &link);
    }
    response = MHD_create_response_from_buffer(piece.length, piece.s, MHD_RESPMEM_MUST_FREE);
    if (response != NULL && link.length > 0) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_LINK, link.s);
    }
    text_fini(&link);
    scores_free(scores);
    return http_respond(connection, HTTP_OK, type, response);
}

/* From the parameters to the first piece; what fails is sent, and *done is the outcome of that. */
static bool scores_open(struct scores *scores, struct MHD_Connection *connection, const char *id,
                        enum MHD_Result *done)
{
    struct api_request request = {
        .verb = API_SCORES, .caller = scores->caller, .id = id}; /* one that is cut is another */
    const char *field = NULL;
    gaia_error error = {0};
    gaia_status status = scores_query_read(connection, scores->id, &scores->query, &field, &error);
    if (status != GAIA_OK) {
        *done = refuse(connection, field, &error);
        return false;
    }
    scores->config->ask(scores->config->context, &request);
    if (request.error.status != GAIA_OK) {
        *done = http_respond_answer(connection, &request);
        return false;
    }
    status = choice_open(scores, &request.answer, &error);
    text_fini(&request.answer);
    if (status == GAIA_OK) {
        status = rows_open(scores, &error);
    }
    if (status != GAIA_OK) { /* what has no parameter of its own is a metric without its sums */
        field = scores_query_field(status);
        *done =
            refuse(connection, field != NULL || status != GAIA_USAGE ? field : "metric", &error);
        return false;
    }
    scores->next = scores->query.unit;
    scores->left = scores->query.limit > 0 ? (uint64_t)scores->query.limit : UINT64_MAX;
    if (page_ask(scores, scores->query.unit >= 0, &request) != GAIA_OK) {
        *done = refuse_answer(connection, &request);
        return false;
    }
    status = scores_make(scores, scores->query.limit > 0 ? SIZE_MAX : PIECE_BYTES, &error);
    if (status != GAIA_OK) {
        field = scores_query_field(status);
        *done =
            refuse(connection, field != NULL || status != GAIA_USAGE ? field : "cursor", &error);
        return false;
    }
    return true;
}

enum MHD_Result http_scores_answer(const struct http_api_config *config, struct http_work *work,
                                   const struct caller *caller, struct MHD_Connection *connection,
                                   const char *id)
{
    enum MHD_Result result = MHD_NO;
    struct scores *scores = calloc(1, sizeof *scores);
    if (scores == NULL) {
        return MHD_NO;
    }
    scores->config = config;
    scores->caller = caller;
    record_id_copy(scores->id, id);
    (void)snprintf(scores->name, sizeof scores->name, "job %s", scores->id);
    if (!scores_open(scores, connection, id, &result)) {
        scores_free(scores);
        return result;
    }
    return scores_send(scores, work, connection);
}
