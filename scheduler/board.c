/* SPDX-License-Identifier: MIT
 *
 * A few places, each a job and its latest news, behind one lock that is held for a copy.
 */
#include "board.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct place {
    unsigned n_watchers; /* 0: the place is free */
    uint64_t version;    /* of the news; 0: none yet */
    bool is_over;        /* the job was, and nobody has come since */
    struct job_news news;
};

struct board {
    pthread_mutex_t lock;
    uint64_t clock; /* the latest version given */
    uint64_t n_breaks;
    struct place places[BOARD_JOBS_MAX];
};

struct board *board_open(void)
{
    struct board *board = calloc(1, sizeof *board);
    if (board != NULL) {
        (void)pthread_mutex_init(&board->lock, NULL);
    }
    return board;
}

void board_free(struct board *board)
{
    if (board != NULL) {
        (void)pthread_mutex_destroy(&board->lock);
        free(board);
    }
}

/* The place of a job that is watched; NULL if it is not. */
static struct place *place_find(struct board *board, const char *id)
{
    for (size_t i = 0; i < BOARD_JOBS_MAX; i++) {
        struct place *place = &board->places[i];
        if (place->n_watchers > 0 && strcmp(place->news.id, id) == 0) {
            return place;
        }
    }
    return NULL;
}

bool board_watch(struct board *board, const char *id, struct board_view *view)
{
    (void)pthread_mutex_lock(&board->lock);
    struct place *found = place_find(board, id);
    for (size_t i = 0; found == NULL && i < BOARD_JOBS_MAX; i++) {
        if (board->places[i].n_watchers == 0) {
            found = &board->places[i];
            *found = (struct place){.version = 0};
            record_id_copy(found->news.id, id);
        }
    }
    if (found != NULL) {
        found->n_watchers++;
        found->is_over = false; /* a job that failed may have been taken up again */
        *view = (struct board_view){.place = (size_t)(found - board->places),
                                    .n_breaks = board->n_breaks};
    }
    (void)pthread_mutex_unlock(&board->lock);
    return found != NULL;
}

void board_leave(struct board *board, const struct board_view *view)
{
    (void)pthread_mutex_lock(&board->lock);
    board->places[view->place].n_watchers--;
    (void)pthread_mutex_unlock(&board->lock);
}

enum board_look board_read(struct board *board, struct board_view *view, bool is_peek,
                           struct job_news *news)
{
    enum board_look look = BOARD_NOTHING;
    (void)pthread_mutex_lock(&board->lock);
    const struct place *place = &board->places[view->place];
    if (view->n_breaks != board->n_breaks) {
        look = BOARD_BROKEN;
    } else if (place->version > view->version) {
        look = BOARD_NEWS;
        view->version = is_peek ? view->version : place->version;
    }
    if (look == BOARD_NEWS && news != NULL) {
        *news = place->news;
    }
    (void)pthread_mutex_unlock(&board->lock);
    return look;
}

void board_break(struct board *board)
{
    (void)pthread_mutex_lock(&board->lock);
    board->n_breaks++;
    (void)pthread_mutex_unlock(&board->lock);
}

size_t board_wanted(struct board *board, char (*ids)[RECORD_ID])
{
    size_t n = 0;
    (void)pthread_mutex_lock(&board->lock);
    for (size_t i = 0; i < BOARD_JOBS_MAX; i++) {
        const struct place *place = &board->places[i];
        if (place->n_watchers > 0 && !place->is_over) {
            record_id_copy(ids[n++], place->news.id);
        }
    }
    (void)pthread_mutex_unlock(&board->lock);
    return n;
}

static bool news_same(const struct job_news *a, const struct job_news *b)
{
    return a->state == b->state && a->units_total == b->units_total &&
           a->units_done == b->units_done && a->batches_total == b->batches_total &&
           a->batches_done == b->batches_done && a->attempts_failed == b->attempts_failed;
}

void board_post(struct board *board, const struct job_news *news)
{
    (void)pthread_mutex_lock(&board->lock);
    struct place *place = place_find(board, news->id);
    if (place != NULL && (place->version == 0 || !news_same(&place->news, news))) {
        place->news = *news;
        place->version = ++board->clock;
    }
    if (place != NULL) {
        place->is_over = job_state_over(news->state);
    }
    (void)pthread_mutex_unlock(&board->lock);
}
