/* SPDX-License-Identifier: MIT
 *
 * From headers to the list of fields.
 */
#include "grib_index.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "grib_header.h"

enum {
    INDEX_ARENA_BYTES_MAX = 512 << 20,
    GRIDS_MAX = 256,
};

struct grib_index_name {
    struct grib_index_name *next;
    const char *text;
};

/* The pass over a file. */
struct pass {
    int fd;
    struct grib_index *index;
    struct grib_buffer buffer;
};

/* The one copy of the text, or NULL: out of memory. */
static const char *name_intern(struct grib_index *index, const char *text)
{
    uint32_t hash = 2166136261U;
    for (const char *at = text; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    }
    struct grib_index_name **bucket = &index->names[hash % GRIB_NAME_BUCKETS];
    struct grib_index_name *name = *bucket;
    while (name != NULL && strcmp(name->text, text) != 0) {
        name = name->next;
    }
    if (name == NULL) {
        name = arena_alloc(&index->arena, 1, sizeof *name);
        char *copy = arena_strdup(&index->arena, text);
        if (name == NULL || copy == NULL) {
            return NULL;
        }
        *name = (struct grib_index_name){.next = *bucket, .text = copy};
        *bucket = name;
    }
    return name->text;
}

/* The grid with these axes, made if it is new; most often it is that of the field before. */
static gaia_status grid_take(struct grib_index *index, const struct grib_axes *axes, size_t *grid,
                             gaia_error *err)
{
    for (size_t i = index->n_grids; i > 0; i--) {
        if (memcmp(&index->grids[i - 1].axes, axes, sizeof *axes) == 0) {
            *grid = i - 1;
            return GAIA_OK;
        }
    }
    if (index->n_grids == GRIDS_MAX) {
        return error_set(err, GAIA_LIMIT, "the file has more than %d grids", GRIDS_MAX);
    }
    struct grib_index_grid *made = &index->grids[index->n_grids];
    memcpy(&made->axes, axes, sizeof *axes);
    const gaia_status status = grib_grid_make(&index->arena, axes, &made->grid, err);
    *grid = index->n_grids;
    index->n_grids += status == GAIA_OK;
    return status;
}

static struct grib_field *field_add(struct grib_index *index)
{
    if (index->n_fields == index->capacity) {
        const size_t capacity = index->capacity == 0 ? 64 : 2 * index->capacity;
        struct grib_field *grown = realloc(index->fields, capacity * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        index->fields = grown;
        index->capacity = capacity;
    }
    return &index->fields[index->n_fields++];
}

static gaia_status field_take(void *context, const struct grib_place *place, gaia_error *err)
{
    struct pass *pass = context;
    struct grib_index *index = pass->index;
    struct grib_header header;
    size_t grid = 0;
    gaia_status status = grib_header_read(pass->fd, place, &pass->buffer, &header, err);
    if (status == GAIA_OK && header.problem == GAIA_OK) {
        status = grid_take(index, &header.axes, &grid, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    struct grib_field *field = field_add(index);
    if (field == NULL) {
        return error_memory(err, index->capacity * sizeof *field);
    }
    *field = (struct grib_field){
        .place = *place,
        .short_name = name_intern(index, header.short_name),
        .parameter = name_intern(index, header.parameter),
        .units = name_intern(index, header.units),
        .level_type = name_intern(index, header.level_type),
        .step_type = name_intern(index, header.step_type),
        .problem_text = name_intern(index, header.problem_text),
        .param_id = header.param_id,
        .level = header.level,
        .on_pressure = header.on_pressure,
        .analysis = header.analysis,
        .init_time_s = header.init_time_s,
        .start_s = header.start_s,
        .end_s = header.end_s,
        .member = header.member,
        .grid = grid,
        .problem = header.problem,
    };
    if (field->problem == GAIA_OK) {
        field->problem = index->grids[grid].grid.problem;
        field->problem_text = index->grids[grid].grid.problem_text;
    }
    return field->short_name != NULL && field->parameter != NULL && field->units != NULL &&
                   field->level_type != NULL && field->step_type != NULL &&
                   (field->problem == GAIA_OK || field->problem_text != NULL)
               ? GAIA_OK
               : error_memory(err, sizeof header);
}

gaia_status grib_index_build(int fd, const char *path, uint64_t file_bytes,
                             struct grib_index *index, gaia_error *err)
{
    struct pass pass = {.fd = fd, .index = index};
    *index = (struct grib_index){.n_fields = 0};
    arena_init(&index->arena, INDEX_ARENA_BYTES_MAX);
    index->grids = arena_alloc(&index->arena, GRIDS_MAX, sizeof *index->grids);
    const gaia_status status =
        index->grids == NULL ? error_memory(err, GRIDS_MAX * sizeof *index->grids)
                             : grib_messages_walk(fd, path, file_bytes, field_take, &pass, err);
    free(pass.buffer.bytes);
    return status;
}

void grib_index_fini(struct grib_index *index)
{
    free(index->fields);
    arena_fini(&index->arena);
    *index = (struct grib_index){.n_fields = 0};
}
