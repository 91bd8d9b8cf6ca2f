/* SPDX-License-Identifier: MIT
 *
 * Writing maps, and reading files of them with suspicion.
 *
 * Invariant: nothing is allocated for a length that the file's own length does not bear out.
 */
#include "map_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <xxhash.h>

#include "arena.h"
#include "error.h"
#include "file.h"
#include "json.h"

#define MAP_MAGIC "GAIAMAP1"

enum { HEAD_BYTES_MAX = 1 << 16, AXIS_MAX = 1 << 20, MAPS_MAX = 1 << 20, BLOCK_BYTES = 1 << 18 };

/* As for plans that come as JSON. */
static const int64_t TIME_LIMIT_S = INT64_C(1000000000000);

/* What a map begins with. */
struct map_frame {
    char magic[8];
    uint64_t head_bytes;
    uint64_t n_lat;
    uint64_t n_lon;
};

_Static_assert(sizeof(struct map_frame) == 32, "the format's structs have no padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is written as it lies");

double map_mean_error(double count, double error)
{
    return count > 0.0 ? error / count : (double)NAN;
}

double map_rmse(double count, double square)
{
    return count > 0.0 ? sqrt(square / count) : (double)NAN;
}

bool map_grid_same(const struct gaia_grid *a, const struct gaia_grid *b)
{
    return a->n_lat == b->n_lat && a->n_lon == b->n_lon &&
           memcmp(a->lat, b->lat, a->n_lat * sizeof *a->lat) == 0 &&
           memcmp(a->lon, b->lon, a->n_lon * sizeof *a->lon) == 0;
}

/* ---- Writing ---- */

static void put(FILE *stream, XXH3_state_t *hash, const void *bytes, size_t length)
{
    (void)XXH3_64bits_update(hash, bytes, length);
    (void)fwrite(bytes, 1, length, stream); /* what went wrong, the stream remembers */
}

static char *head_text(const struct map_head *head)
{
    json_t *level = isnan(head->level) ? json_null() : json_real(head->level);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:s}", "forecast", head->forecast, "variable",
        head->variable, "units", head->units, "level", level, "lead_time_s",
        (json_int_t)head->lead_time_s, "first_init_time_s", (json_int_t)head->first_init_time_s,
        "last_init_time_s", (json_int_t)head->last_init_time_s, "n_times",
        (json_int_t)head->n_times, "calendar", gaia_calendar_name(head->calendar));
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

gaia_status map_write(FILE *stream, const struct map_head *head, const double *planes,
                      gaia_error *err)
{
    static const char blanks[8] = "        ";
    const size_t n_points = head->grid.n_lat * head->grid.n_lon;
    XXH3_state_t *hash = XXH3_createState();
    char *text = head_text(head);
    if (hash == NULL || text == NULL || XXH3_64bits_reset(hash) != XXH_OK) {
        free(text);
        (void)XXH3_freeState(hash);
        return error_memory(err, HEAD_BYTES_MAX);
    }
    const size_t length = strlen(text);
    struct map_frame frame = {
        .head_bytes = (length + 7) / 8 * 8, .n_lat = head->grid.n_lat, .n_lon = head->grid.n_lon};
    memcpy(frame.magic, MAP_MAGIC, sizeof frame.magic);
    put(stream, hash, &frame, sizeof frame);
    put(stream, hash, text, length);
    put(stream, hash, blanks, (size_t)frame.head_bytes - length);
    put(stream, hash, head->grid.lat, head->grid.n_lat * sizeof(double));
    put(stream, hash, head->grid.lon, head->grid.n_lon * sizeof(double));
    put(stream, hash, planes, MAP_PLANES * n_points * sizeof *planes);
    const uint64_t seal = XXH3_64bits_digest(hash);
    (void)fwrite(&seal, 1, sizeof seal, stream);
    (void)XXH3_freeState(hash);
    free(text);
    return ferror(stream) == 0
               ? GAIA_OK
               : error_set(err, GAIA_DISK, "a map cannot be written: %s", strerror(errno));
}

/* ---- Reading ---- */

struct map_entry {
    struct map_head head;
    uint64_t planes_at;
};

struct map_file {
    int fd;
    char *name;
    uint64_t bytes;
    size_t n_maps;
    size_t capacity;
    struct map_entry *maps;
    struct arena arena; /* of heads */
};

const char *map_file_name(const struct map_file *file)
{
    return file->name;
}

size_t map_file_count(const struct map_file *file)
{
    return file->n_maps;
}

const struct map_head *map_file_head(const struct map_file *file, size_t i)
{
    return &file->maps[i].head;
}

void map_file_close(struct map_file *file)
{
    if (file != NULL) {
        if (file->fd >= 0) {
            (void)close(file->fd);
        }
        arena_fini(&file->arena);
        free(file->maps);
        free(file->name);
        free(file);
    }
}

static gaia_status damaged(const struct map_file *file, const char *why, gaia_error *err)
{
    return error_set(err, GAIA_FILE_DAMAGED, "%s: map %zu: %s", file->name, file->n_maps, why);
}

/* Where the map at `at` ends, by its frame; 0: beyond the file. */
static uint64_t map_end(const struct map_file *file, const struct map_frame *frame, uint64_t at)
{
    const uint64_t left = file->bytes - at - sizeof *frame;
    if (frame->n_lat == 0 || frame->n_lat > AXIS_MAX || frame->n_lon == 0 ||
        frame->n_lon > AXIS_MAX || frame->head_bytes > HEAD_BYTES_MAX ||
        frame->head_bytes % 8 != 0) {
        return 0;
    }
    const uint64_t bytes =
        frame->head_bytes +
        (frame->n_lat + frame->n_lon + MAP_PLANES * frame->n_lat * frame->n_lon) * sizeof(double) +
        sizeof(uint64_t);
    return bytes <= left ? at + sizeof *frame + bytes : 0;
}

/* Holds the bytes [at, end) against their hash, which is the last of them. */
static gaia_status hash_check(const struct map_file *file, uint64_t at, uint64_t end,
                              gaia_error *err)
{
    const uint64_t last = end - sizeof(uint64_t);
    const size_t room = last - at < BLOCK_BYTES ? (size_t)(last - at) : BLOCK_BYTES;
    uint64_t stored = 0;
    XXH3_state_t *hash = XXH3_createState();
    char *block = malloc(room);
    gaia_status status = hash != NULL && block != NULL && XXH3_64bits_reset(hash) == XXH_OK
                             ? GAIA_OK
                             : error_memory(err, room);
    while (status == GAIA_OK && at < last) {
        const size_t n = last - at < room ? (size_t)(last - at) : room;
        status = file_read_at(file->fd, file->name, at, block, n, err);
        if (status == GAIA_OK) {
            (void)XXH3_64bits_update(hash, block, n);
        }
        at += n;
    }
    if (status == GAIA_OK) {
        status = file_read_at(file->fd, file->name, last, &stored, sizeof stored, err);
    }
    if (status == GAIA_OK && stored != XXH3_64bits_digest(hash)) {
        status = damaged(file, "its hash is another", err);
    }
    free(block);
    (void)XXH3_freeState(hash);
    return status;
}

/* Whether the axes are those of a canonical placement: columns ascend, past the origin once. */
static bool grid_is_sound(const struct gaia_grid *grid)
{
    bool sound = true;
    double turn = 0.0;
    for (size_t i = 0; i < grid->n_lat; i++) {
        sound = sound && fabs(grid->lat[i]) <= 90.0 && (i == 0 || grid->lat[i] < grid->lat[i - 1]);
    }
    for (size_t i = 0; i < grid->n_lon; i++) {
        turn += i > 0 && grid->lon[i] < grid->lon[i - 1] ? 360.0 : 0.0;
        sound = sound && grid->lon[i] >= 0.0 && grid->lon[i] < 360.0 &&
                (i == 0 || grid->lon[i] != grid->lon[i - 1]) &&
                grid->lon[i] + turn < grid->lon[0] + 360.0;
    }
    return sound;
}

static gaia_status axis_read(struct map_file *file, uint64_t at, size_t n, const double **axis,
                             gaia_error *err)
{
    double *values = arena_alloc(&file->arena, n, sizeof *values);
    *axis = values;
    return values != NULL ? file_read_at(file->fd, file->name, at, values, n * sizeof *values, err)
                          : error_memory(err, n * sizeof *values);
}

static gaia_status text_read(struct map_file *file, const json_t *json, const char *key,
                             const char **text, gaia_error *err)
{
    const gaia_status status = json_get_string(json, "head", key, true, text, err);
    if (status == GAIA_OK) {
        *text = arena_strdup(&file->arena, *text);
    }
    return status == GAIA_OK && *text == NULL ? error_memory(err, 1) : status;
}

/* Reads the head's members; what is wrong is not yet said to be of this file. */
static gaia_status head_take(struct map_file *file, const json_t *json, struct map_head *head,
                             gaia_error *err)
{
    static const char *const keys[] = {"lead_time_s", "first_init_time_s", "last_init_time_s",
                                       "n_times"};
    int64_t numbers[4] = {0};
    const char *calendar = NULL;
    gaia_status status = text_read(file, json, "forecast", &head->forecast, err);
    if (status == GAIA_OK) {
        status = text_read(file, json, "variable", &head->variable, err);
    }
    if (status == GAIA_OK) {
        status = text_read(file, json, "units", &head->units, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < 4; i++) {
        status = json_get_int(json, "head", keys[i], true, &numbers[i], err);
        if (status == GAIA_OK && (numbers[i] <= -TIME_LIMIT_S || numbers[i] >= TIME_LIMIT_S)) {
            status = error_set(err, GAIA_FILE_DAMAGED, "head.%s: out of range", keys[i]);
        }
    }
    if (status == GAIA_OK) {
        status = json_get_string(json, "head", "calendar", true, &calendar, err);
    }
    const json_t *level = json_object_get(json, "level");
    if (status == GAIA_OK && (numbers[3] < 0 || !gaia_calendar_find(calendar, &head->calendar) ||
                              (!json_is_null(level) && !json_is_number(level)))) {
        status = error_set(err, GAIA_FILE_DAMAGED, "head: n_times, calendar or level is none");
    }
    head->level = json_is_number(level) ? json_number_value(level) : (double)NAN;
    head->lead_time_s = numbers[0];
    head->first_init_time_s = numbers[1];
    head->last_init_time_s = numbers[2];
    head->n_times = (uint64_t)numbers[3];
    return status;
}

static gaia_status head_read(struct map_file *file, const struct map_frame *frame, uint64_t at,
                             struct map_head *head, gaia_error *err)
{
    const size_t length = (size_t)frame->head_bytes;
    json_t *json = NULL;
    char *bytes = malloc(length + 1);
    gaia_status status = bytes != NULL ? file_read_at(file->fd, file->name, at, bytes, length, err)
                                       : error_memory(err, length + 1);
    if (status == GAIA_OK) {
        status = json_parse("head", bytes, length, &json, err);
    }
    if (status == GAIA_OK) {
        status = head_take(file, json, head, err);
    }
    if (status != GAIA_OK && status != GAIA_OUT_OF_MEMORY && status != GAIA_FILE_UNREADABLE) {
        status = error_prefix(err, GAIA_FILE_DAMAGED, "%s: map %zu", file->name, file->n_maps);
    }
    json_decref(json);
    free(bytes);
    return status;
}

static struct map_entry *entry_add(struct map_file *file)
{
    if (file->n_maps == file->capacity) {
        const size_t capacity = file->capacity == 0 ? 16 : 2 * file->capacity;
        struct map_entry *grown =
            capacity <= MAPS_MAX ? realloc(file->maps, capacity * sizeof *grown) : NULL;
        if (grown == NULL) {
            return NULL;
        }
        file->maps = grown;
        file->capacity = capacity;
    }
    return &file->maps[file->n_maps];
}

/* Reads the map at *at, which moves behind it. */
static gaia_status map_scan(struct map_file *file, uint64_t *at, gaia_error *err)
{
    struct map_frame frame;
    struct map_entry *entry = entry_add(file);
    if (entry == NULL) {
        return error_memory(err, file->capacity * 2 * sizeof *entry);
    }
    if (file->bytes - *at < sizeof frame) {
        return damaged(file, "cut short", err);
    }
    gaia_status status = file_read_at(file->fd, file->name, *at, &frame, sizeof frame, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (memcmp(frame.magic, MAP_MAGIC, sizeof frame.magic) != 0) {
        return damaged(file, "not a map", err);
    }
    const uint64_t end = map_end(file, &frame, *at);
    const uint64_t axes_at = *at + sizeof frame + frame.head_bytes;
    if (end == 0) {
        return damaged(file, "cut short, or its lengths are wrong", err);
    }
    *entry = (struct map_entry){
        .head.grid = {.n_lat = (size_t)frame.n_lat, .n_lon = (size_t)frame.n_lon},
        .planes_at = axes_at + (frame.n_lat + frame.n_lon) * sizeof(double)};
    struct gaia_grid *grid = &entry->head.grid;
    status = hash_check(file, *at, end, err);
    if (status == GAIA_OK) {
        status = head_read(file, &frame, *at + sizeof frame, &entry->head, err);
    }
    if (status == GAIA_OK) {
        status = axis_read(file, axes_at, grid->n_lat, &grid->lat, err);
    }
    if (status == GAIA_OK) {
        status =
            axis_read(file, axes_at + frame.n_lat * sizeof(double), grid->n_lon, &grid->lon, err);
    }
    if (status == GAIA_OK && !grid_is_sound(grid)) {
        status = damaged(file, "its axes are none", err);
    }
    *at = end;
    file->n_maps += status == GAIA_OK;
    return status;
}

static gaia_status maps_scan(struct map_file *file, gaia_error *err)
{
    struct stat info;
    gaia_status status = GAIA_OK;
    if (fstat(file->fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", file->name);
    }
    file->bytes = (uint64_t)info.st_size;
    for (uint64_t at = 0; status == GAIA_OK && at < file->bytes;) {
        status = map_scan(file, &at, err);
    }
    return status;
}

gaia_status map_file_open_fd(int fd, const char *name, struct map_file **file, gaia_error *err)
{
    struct map_file *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        (void)close(fd);
        return error_memory(err, sizeof *opened);
    }
    opened->fd = fd;
    opened->name = strdup(name);
    arena_init(&opened->arena, SIZE_MAX);
    const gaia_status status =
        opened->name != NULL ? maps_scan(opened, err) : error_memory(err, strlen(name) + 1);
    if (status != GAIA_OK) {
        map_file_close(opened);
        return status;
    }
    *file = opened;
    return GAIA_OK;
}

gaia_status map_file_open(const char *path, struct map_file **file, gaia_error *err)
{
    int fd = -1;
    const gaia_status status = file_open_regular(path, &fd, err);
    return status == GAIA_OK ? map_file_open_fd(fd, path, file, err) : status;
}

gaia_status map_file_read(const struct map_file *file, size_t i, double *planes, gaia_error *err)
{
    const struct gaia_grid *grid = &file->maps[i].head.grid;
    return file_read_at(file->fd, file->name, file->maps[i].planes_at, planes,
                        MAP_PLANES * grid->n_lat * grid->n_lon * sizeof *planes, err);
}
