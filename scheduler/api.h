/* SPDX-License-Identifier: MIT
 *
 * A request of the HTTP API as it crosses from a handler's thread to the loop and back: http_api.c
 * knows HTTP and nothing of jobs, server_api.c the reverse.
 *
 * Invariants: the request belongs to the loop from inbox_put until it is marked answered. A job of
 * another tenant than the asker's is for it as one that is not there.
 */
#ifndef API_H
#define API_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>

#include "inbox.h"
#include "submission.h"
#include "text.h"
#include "token_table.h"

struct derive;

enum api_verb {
    API_LIVE,        /* whether the process runs; this and the next six never reach the loop */
    API_METRICS,     /* what is counted and measured, for Prometheus */
    API_OVERVIEW,    /* a page for people */
    API_OPENAPI,     /* the description of the API */
    API_PROFILES,    /* the profiles that ship */
    API_PROFILE,     /* id: the name of one */
    API_BACKUP,      /* a copy of the embedded store */
    API_READY,       /* whether jobs are taken */
    API_SUBMIT,      /* submission */
    API_REPLAY,      /* id: of a failed job */
    API_ATTEMPTS,    /* id: what went wrong in its batches */
    API_BATCHES,     /* state: the first batches that are in it */
    API_DRAIN,       /* id: of an executor */
    API_UNDRAIN,     /* id: of an executor */
    API_SCHEDULE,    /* name, cron, zone, body: a job that gaia_job_parse accepts */
    API_SCHEDULES,   /* all schedules */
    API_UNSCHEDULE,  /* id */
    API_PAUSE,       /* id */
    API_RESUME,      /* id */
    API_JOBS,        /* jobs: a page of them; last is where to go on */
    API_LEADERBOARD, /* ranking: forecasts by their composites */
    API_JOB,         /* id */
    API_CANCEL,      /* id */
    API_WATCH,       /* id: whether there is such a job; news of it are on the board then */
    API_SCORES,      /* id: the names that its sums have */
    API_SUMS,        /* id, choice, after: a page of sums (sums_page.h); last is where to go on */
    API_MOMENTS,   /* id, after: the head (-1), or units from `after` on; last is where to go on */
    API_MAPS,      /* id: its error maps, as http_maps.c takes them: of each five texts, each with a
                      NUL behind it: path, forecast, variable, level, lead time */
    API_COMPOSITE, /* id: all composites */
    API_REPORT, /* id: a page of its scores; made of the three above, it never reaches the loop */
    API_RESULT, /* id: the document of a task */
    API_EXECUTORS,  /* all sessions */
    API_TOKENS,     /* all tokens */
    API_TOKEN_ADD,  /* token */
    API_TOKEN_DROP, /* id */
};

enum {
    HTTP_OK = 200,
    HTTP_CREATED = 201,
    HTTP_NO_CONTENT = 204,
    HTTP_BAD_REQUEST = 400,
    HTTP_UNAUTHORIZED = 401,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD_NOT_ALLOWED = 405,
    HTTP_CONFLICT = 409,
    HTTP_TOO_LARGE = 413,
    HTTP_TOO_MANY = 429,
    HTTP_INTERNAL = 500,
    HTTP_UNAVAILABLE = 503,
};

/* The question's strings are borrowed; the answer's body is the asker's to free. */
struct api_request {
    struct message message;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool is_answered;

    enum api_verb verb;
    const struct caller *caller; /* who asks */
    const char *id;
    enum batch_state state;
    const struct submission *submission;
    const struct token_record *token;
    const char *name; /* of a schedule, as cron, zone and body are */
    const char *cron;
    const char *zone;
    const char *body;
    const struct job_filter *jobs;
    const struct rank_filter *ranking;
    int64_t after;               /* where to go on; -1: begin */
    const struct derive *choice; /* what of the sums is wanted */
    bool is_cursor;              /* `after` came from outside: whether it may be is to be checked */

    int http;         /* HTTP_OK, HTTP_CREATED, or what error goes with */
    gaia_error error; /* status GAIA_OK unless the request failed */
    struct text answer;
    int64_t last; /* where the next page begins */
    bool more;    /* there is one */
};

#endif
