/* SPDX-License-Identifier: MIT
 *
 * The walk: a ring of slots between one reader and several that look.
 *
 * Invariant: a slot belongs to the reader while it is empty, and to the thread that took it
 * otherwise. The first error ends the walk; later ones are not told.
 */
#include "field_walk.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "finding.h"
#include "read_counts.h"

enum { FILES_OPEN = 32, SHARE = 4 };
static const uint64_t MEMORY_DEFAULT = UINT64_C(2) << 30;

struct slot {
    bool full;
    size_t i; /* which field it holds */
    struct gaia_field field;
    void *data;
};

struct ring {
    struct field_walk *walk;
    const struct walk_visitor *visitor;
    size_t n_slots;
    struct slot *slots;
    size_t head;      /* the next slot that the reader fills */
    size_t tail;      /* the next that is taken */
    size_t n_full;    /* filled and not taken */
    bool closed;      /* no more comes */
    gaia_error error; /* the first */
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_cond_t emptied;
};

struct looker {
    struct ring *ring;
    unsigned i;
    pthread_t thread;
};

static unsigned cores(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > WALK_THREADS_MAX ? WALK_THREADS_MAX : (unsigned)n;
}

gaia_status field_walk_open(const struct gaia_source *source, enum source_role role,
                            const char *const *names, size_t n_names,
                            const struct walk_options *options, struct field_walk *walk,
                            gaia_error *err)
{
    *walk = (struct field_walk){.options = *options,
                                .files.open_max = FILES_OPEN,
                                .files.accesses.given.limits = options->remote};
    struct walk_options *o = &walk->options;
    o->memory_bytes = o->memory_bytes == 0 ? MEMORY_DEFAULT : o->memory_bytes;
    o->n_threads = o->n_threads == 0                 ? cores()
                   : o->n_threads > WALK_THREADS_MAX ? WALK_THREADS_MAX
                                                     : o->n_threads;
    const gaia_status status =
        catalog_open(&walk->files, source, role, names, n_names, &walk->catalog, err);
    if (status != GAIA_OK) {
        field_walk_close(walk);
    }
    return status;
}

void field_walk_close(struct field_walk *walk)
{
    catalog_close(&walk->catalog);
    file_table_fini(&walk->files);
    *walk = (struct field_walk){0};
}

/* ---- The order of reading ---- */

struct ordered {
    const struct catalog_entry *entry;
    size_t i;
};

static int ordered_compare(const void *a, const void *b)
{
    const struct catalog_entry *x = ((const struct ordered *)a)->entry;
    const struct catalog_entry *y = ((const struct ordered *)b)->entry;
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    if (x->field.variable != y->field.variable) {
        return x->field.variable < y->field.variable ? -1 : 1;
    }
    return (x->field.offset > y->field.offset) - (x->field.offset < y->field.offset);
}

/* ---- Those who look ---- */

static void error_keep(struct ring *ring, gaia_status status, const gaia_error *why)
{
    if (ring->error.status == GAIA_OK) {
        ring->error = *why;
        ring->error.status = status;
    }
    ring->closed = true;
    (void)pthread_cond_broadcast(&ring->filled);
    (void)pthread_cond_broadcast(&ring->emptied);
}

static void *looker_run(void *context)
{
    const struct looker *looker = context;
    struct ring *ring = looker->ring;
    (void)pthread_mutex_lock(&ring->lock);
    for (;;) {
        while (ring->n_full == 0 && !ring->closed) {
            (void)pthread_cond_wait(&ring->filled, &ring->lock);
        }
        if (ring->n_full == 0 || ring->error.status != GAIA_OK) {
            break;
        }
        struct slot *slot = &ring->slots[ring->tail];
        ring->tail = (ring->tail + 1) % ring->n_slots;
        ring->n_full--;
        (void)pthread_mutex_unlock(&ring->lock);
        gaia_error err = {0};
        const gaia_status status =
            ring->visitor->look(ring->visitor->context, looker->i, slot->i, &slot->field, &err);
        (void)pthread_mutex_lock(&ring->lock);
        slot->full = false;
        if (status != GAIA_OK) {
            error_keep(ring, status, &err);
        }
        (void)pthread_cond_signal(&ring->emptied);
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return NULL;
}

/* ---- The reader ---- */

/* The next empty slot, or NULL if the walk has ended. */
static struct slot *slot_wait(struct ring *ring)
{
    struct slot *slot = &ring->slots[ring->head];
    (void)pthread_mutex_lock(&ring->lock);
    while (slot->full && !ring->closed) {
        (void)pthread_cond_wait(&ring->emptied, &ring->lock);
    }
    const bool ended = ring->closed;
    (void)pthread_mutex_unlock(&ring->lock);
    return ended ? NULL : slot;
}

static void slot_push(struct ring *ring, struct slot *slot)
{
    (void)pthread_mutex_lock(&ring->lock);
    slot->full = true;
    ring->head = (ring->head + 1) % ring->n_slots;
    ring->n_full++;
    (void)pthread_cond_signal(&ring->filled);
    (void)pthread_mutex_unlock(&ring->lock);
}

static gaia_status field_read(struct field_walk *walk, const struct catalog_entry *entry, void *raw,
                              struct slot *slot, gaia_error *err)
{
    struct reader *reader = NULL;
    const struct file_table *files = &walk->files;
    const size_t n_open = files->n_files < files->open_max ? files->n_files : files->open_max;
    const size_t share = (size_t)(walk->options.memory_bytes / SHARE);
    const struct read_limits limits = {.chunk_bytes = share,
                                       .cache_bytes = share / (n_open > 0 ? n_open : 1)};
    gaia_status status = file_table_get(&walk->files, entry->file, &reader, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct file_entry *file = &files->files[entry->file];
    const struct reader_variable *variable = file->ops->variable(reader, entry->field.variable);
    const struct gaia_grid *grid = &walk->catalog.grid;
    if (variable->grid.n_lat != grid->n_lat || variable->grid.n_lon != grid->n_lon ||
        reader_raw_bytes(variable) > walk->catalog.raw_bytes ||
        grid->n_lat * grid->n_lon * gaia_dtype_bytes(variable->layout.dtype) >
            walk->catalog.field_bytes) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: it changed while it was read", file->path);
    }
    status = file->ops->read(reader, &entry->field, raw, &limits, slot->data, err);
    if (status == GAIA_OK) {
        read_count(walk->options.counts, file->ops, variable);
    }
    slot->field = variable->layout;
    slot->field.data = slot->data;
    return status;
}

static gaia_status fields_read(struct ring *ring, const struct ordered *order, size_t n, void *raw,
                               gaia_error *err)
{
    struct field_walk *walk = ring->walk;
    const struct walk_watch *watch = &walk->options.watch;
    gaia_status status = GAIA_OK;
    for (size_t k = 0; status == GAIA_OK && k < n; k++) {
        gaia_error why = {0};
        struct slot *slot = slot_wait(ring);
        if (slot == NULL) {
            break;
        }
        slot->i = order[k].i;
        status = field_read(walk, order[k].entry, raw, slot, &why);
        if (status == GAIA_OK) {
            slot_push(ring, slot);
        } else if (finding_is_of_source(status)) {
            status = ring->visitor->failed(ring->visitor->context, slot->i, &why, err);
        } else {
            status = error_set(err, status, "%s", why.detail);
        }
        if (status == GAIA_OK && watch->go_on != NULL && !watch->go_on(watch->context, k + 1, n)) {
            status = error_set(err, GAIA_CANCELLED, "cancelled");
        }
    }
    return status;
}

/* ---- The run ---- */

static gaia_status ring_make(struct ring *ring, gaia_error *err)
{
    const struct field_walk *walk = ring->walk;
    const uint64_t memory = walk->options.memory_bytes;
    const uint64_t field_bytes = walk->catalog.field_bytes;
    const uint64_t taken = memory / SHARE + walk->catalog.raw_bytes;
    const uint64_t room = memory > taken && field_bytes > 0 ? (memory - taken) / field_bytes : 0;
    const size_t wanted = (size_t)walk->options.n_threads + 2;
    if (room == 0) {
        return error_set(err, GAIA_LIMIT,
                         "%s: fields of %zu x %zu points do not fit into %llu bytes of memory",
                         walk->catalog.grid_path, walk->catalog.grid.n_lat,
                         walk->catalog.grid.n_lon, (unsigned long long)memory);
    }
    ring->n_slots = room < wanted ? (size_t)room : wanted;
    ring->slots = calloc(ring->n_slots, sizeof *ring->slots);
    if (ring->slots == NULL) {
        return error_memory(err, ring->n_slots * sizeof *ring->slots);
    }
    for (size_t i = 0; i < ring->n_slots; i++) {
        ring->slots[i].data = malloc((size_t)field_bytes);
        if (ring->slots[i].data == NULL) {
            return error_memory(err, (size_t)field_bytes);
        }
    }
    return GAIA_OK;
}

static void ring_free(struct ring *ring)
{
    for (size_t i = 0; ring->slots != NULL && i < ring->n_slots; i++) {
        free(ring->slots[i].data);
    }
    free(ring->slots);
    (void)pthread_mutex_destroy(&ring->lock);
    (void)pthread_cond_destroy(&ring->filled);
    (void)pthread_cond_destroy(&ring->emptied);
}

/* Reads while the lookers look, and lets them finish. */
static gaia_status run_with(struct ring *ring, const struct ordered *order, size_t n, void *raw,
                            gaia_error *err)
{
    struct looker lookers[WALK_THREADS_MAX];
    unsigned n_started = 0;
    gaia_status status = GAIA_OK;
    while (n_started < ring->walk->options.n_threads) {
        lookers[n_started] = (struct looker){.ring = ring, .i = n_started};
        if (pthread_create(&lookers[n_started].thread, NULL, looker_run, &lookers[n_started]) !=
            0) {
            break;
        }
        n_started++;
    }
    status = n_started > 0 ? fields_read(ring, order, n, raw, err)
                           : error_set(err, GAIA_OUT_OF_MEMORY, "no thread could be started");
    (void)pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    (void)pthread_cond_broadcast(&ring->filled);
    (void)pthread_mutex_unlock(&ring->lock);
    for (unsigned i = 0; i < n_started; i++) {
        (void)pthread_join(lookers[i].thread, NULL);
    }
    return status == GAIA_OK && ring->error.status != GAIA_OK
               ? error_set(err, ring->error.status, "%s", ring->error.detail)
               : status;
}

gaia_status field_walk_run(struct field_walk *walk, const size_t *entries, size_t n,
                           const struct walk_visitor *visitor, gaia_error *err)
{
    struct ring ring = {.walk = walk, .visitor = visitor};
    (void)pthread_mutex_init(&ring.lock, NULL);
    (void)pthread_cond_init(&ring.filled, NULL);
    (void)pthread_cond_init(&ring.emptied, NULL);
    gaia_status status = ring_make(&ring, err);
    struct ordered *order = calloc(n > 0 ? n : 1, sizeof *order);
    void *raw = status == GAIA_OK ? malloc(walk->catalog.raw_bytes) : NULL;
    if (status == GAIA_OK && (order == NULL || raw == NULL)) {
        status = error_memory(err, walk->catalog.raw_bytes);
    }
    if (status == GAIA_OK) {
        for (size_t i = 0; i < n; i++) {
            order[i] = (struct ordered){&walk->catalog.entries[entries[i]], i};
        }
        qsort(order, n, sizeof *order, ordered_compare);
        status = run_with(&ring, order, n, raw, err);
    }
    free(raw);
    free(order);
    ring_free(&ring);
    return status;
}
