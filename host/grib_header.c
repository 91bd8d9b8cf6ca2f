/* SPDX-License-Identifier: MIT
 *
 * A small message is made of each field's describing sections and read through ecCodes' keys.
 */
#include "grib_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <eccodes.h>

#include "axis.h"
#include "calendar.h"
#include "error.h"
#include "grib_guard.h"
#include "text.h"

enum {
    HEADER_BYTES_MAX = 4 << 20, /* of the sections that describe a field */
    GUARD_BYTES_MAX = 64 << 20,
    EDITION_1_HEAD = 8,
    EDITION_1_FLAGS = 15, /* which sections follow: the last octet of section 1's first eight */
    EDITION_2_HEAD = 16,
    END_BYTES_MAX = 36,   /* of the empty data sections */
    SECTION_3_POINTS = 6, /* where section 3 has its number of points */
    UNIT_MONTH = 3,       /* code table 4.4 and its edition 1 twin: 3 to 7 have no fixed length */
    UNIT_CENTURY = 7,
    HOUR_S = 3600,
    DAY_S = 86400,
};

/* Steps beyond this many seconds (about 1,000 years) are no steps. */
static const int64_t STEP_MAX_S = 32000000000;

gaia_status grib_buffer_reserve(struct grib_buffer *buffer, size_t n, gaia_error *err)
{
    if (n > buffer->capacity) {
        free(buffer->bytes);
        buffer->capacity = 0;
        buffer->bytes = malloc(n);
        if (buffer->bytes == NULL) {
            return error_memory(err, n);
        }
        buffer->capacity = n;
    }
    return GAIA_OK;
}

static void number_put(unsigned char *out, int n, uint64_t value)
{
    for (int i = n - 1; i >= 0; i--) {
        out[i] = (unsigned char)(value & 0xff);
        value >>= 8;
    }
}

/* Ends the message of edition 1 with a data section that says "all zero". */
static size_t edition_1_end(unsigned char *message, size_t used)
{
    static const unsigned char data[] = {0, 0, 12, 8, 0, 0, 0, 0, 0, 0, 0, 0, '7', '7', '7', '7'};
    message[EDITION_1_FLAGS] &= 0x80; /* no bitmap */
    memcpy(message + used, data, sizeof data);
    number_put(message + 4, 3, used + sizeof data);
    return used + sizeof data;
}

/* The same in edition 2: simple packing of no bits, no bitmap, no data. */
static size_t edition_2_end(unsigned char *message, size_t used, const unsigned char *n_points)
{
    static const unsigned char data[] = {0, 0, 0,   21, 5, 0, 0, 0, 0,   0,   0,   0,
                                         0, 0, 0,   0,  0, 0, 0, 0, 0,   0,   0,   0,
                                         6, 6, 255, 0,  0, 0, 5, 7, '7', '7', '7', '7'};
    memcpy(message + used, data, sizeof data);
    memcpy(message + used + 5, n_points, 4);
    number_put(message + 8, 8, used + sizeof data);
    return used + sizeof data;
}

/* Makes the message that ecCodes is shown; *n is its length. */
static gaia_status message_make(int fd, const struct grib_place *place, struct grib_buffer *buffer,
                                size_t *n, gaia_error *err)
{
    const int last = place->edition == 1 ? 2 : 4;
    const size_t head = place->edition == 1 ? EDITION_1_HEAD : EDITION_2_HEAD;
    size_t bytes = head + END_BYTES_MAX;
    for (int i = 1; i <= last; i++) {
        bytes += place->size[i];
    }
    if (bytes > HEADER_BYTES_MAX) {
        return error_set(err, GAIA_LIMIT, "its header takes %zu bytes, more than %d", bytes,
                         HEADER_BYTES_MAX);
    }
    gaia_status status = grib_buffer_reserve(buffer, bytes, err);
    if (status == GAIA_OK) {
        status = grib_bytes_read(fd, place->at, head, buffer->bytes, err);
    }
    size_t used = head;
    size_t grid = 0;
    for (int i = 1; status == GAIA_OK && i <= last; i++) {
        grid = i == 3 ? used : grid;
        if (place->size[i] > 0) {
            status = grib_bytes_read(fd, place->from[i], place->size[i], buffer->bytes + used, err);
        }
        used += place->size[i];
    }
    if (status == GAIA_OK) {
        *n = place->edition == 1
                 ? edition_1_end(buffer->bytes, used)
                 : edition_2_end(buffer->bytes, used, buffer->bytes + grid + SECTION_3_POINTS);
    }
    return status;
}

/* What the guarded call gets and gives. */
struct reading {
    const unsigned char *message;
    size_t n;
    bool has_grid;
    struct grib_header *header;
    bool opened;
    const char *key; /* the one that failed; NULL: none */
    int code;
    long date;
    long time;
    long unit;
    long forecast_time; /* of edition 2: as it is coded */
};

/* A text that ecCodes does not know is empty. */
static void text_get(codes_handle *handle, const char *key, char *out, size_t size)
{
    size_t length = size;
    if (codes_get_string(handle, key, out, &length) != CODES_SUCCESS ||
        strcmp(out, "unknown") == 0 || strcmp(out, "~") == 0) {
        out[0] = '\0';
    }
}

static bool long_get(struct reading *reading, codes_handle *handle, const char *key, long *value)
{
    if (reading->key == NULL) {
        reading->code = codes_get_long(handle, key, value);
        reading->key = reading->code == CODES_SUCCESS ? NULL : key;
    }
    return reading->key == NULL;
}

/* Start and end of the step range, in seconds: asked for in a unit that divides every other. */
static void steps_get(struct reading *reading, codes_handle *handle)
{
    struct grib_header *header = reading->header;
    size_t length = 2;
    long start = 0;
    long end = 0;
    if (codes_get_long(handle, "indicatorOfUnitOfTimeRange", &reading->unit) != CODES_SUCCESS &&
        codes_get_long(handle, "unitOfTimeRange", &reading->unit) != CODES_SUCCESS) {
        reading->unit = 1;
    }
    if (codes_get_long(handle, "forecastTime", &reading->forecast_time) != CODES_SUCCESS) {
        reading->forecast_time = 0;
    }
    if (reading->key == NULL && codes_set_string(handle, "stepUnits", "s", &length) != 0) {
        reading->key = "stepUnits";
    }
    if (long_get(reading, handle, "startStep", &start) &&
        long_get(reading, handle, "endStep", &end)) {
        header->start_s = start;
        header->end_s = end;
    }
    text_get(handle, "stepType", header->step_type, sizeof header->step_type);
}

/* An analysis says so; edition 1 of other centres than ECMWF has no word for it but step 0. */
static bool analysis_get(codes_handle *handle)
{
    char type[GRIB_NAME];
    text_get(handle, "dataType", type, sizeof type);
    return strcmp(type, "an") == 0 || type[0] == '\0';
}

/* The first surface of edition 2, scaled * 10^-scale Pa, in hPa, as the decimal that it is:
 * ecCodes' own key is cut to whole hPa, or is in Pa. False where the message does not say it. */
static bool surface_hpa(codes_handle *handle, double *level)
{
    long scale = 0;
    long scaled = 0;
    char text[TEXT_NUMBER];
    if (codes_get_long(handle, "scaledValueOfFirstFixedSurface", &scaled) != CODES_SUCCESS ||
        codes_get_long(handle, "scaleFactorOfFirstFixedSurface", &scale) != CODES_SUCCESS ||
        scaled == CODES_MISSING_LONG) {
        return false;
    }
    scale = scale == CODES_MISSING_LONG ? 0 : scale;
    (void)snprintf(text, sizeof text, "%lde%ld", scaled, -scale - 2);
    return number_parse(text, level);
}

/* Every pressure level is one in hPa, whichever unit ecCodes shows it in. */
static void level_get(struct grib_header *header, codes_handle *handle)
{
    text_get(handle, "typeOfLevel", header->level_type, sizeof header->level_type);
    const bool in_pa = strcmp(header->level_type, GRIB_LEVEL_PA) == 0;
    if (codes_get_double(handle, "level", &header->level) != CODES_SUCCESS) {
        header->level = 0.0;
    }
    header->on_pressure = in_pa || strcmp(header->level_type, GRIB_LEVEL_HPA) == 0;
    if (header->on_pressure && !surface_hpa(handle, &header->level) && in_pa) {
        header->level = axis_level_hpa(header->level, 100.0);
    }
    if (in_pa) {
        (void)snprintf(header->level_type, sizeof header->level_type, "%s", GRIB_LEVEL_HPA);
    }
}

/* What a field without a short name is, as its message says it. */
static void parameter_get(struct grib_header *header, codes_handle *handle)
{
    long discipline = 0;
    long category = 0;
    long number = 0;
    long centre = 0;
    (void)codes_get_long(handle, "centre", &centre);
    if (header->param_id != 0) {
        (void)snprintf(header->parameter, sizeof header->parameter, "paramId %ld",
                       header->param_id);
    } else if (codes_get_long(handle, "discipline", &discipline) == CODES_SUCCESS &&
               codes_get_long(handle, "parameterCategory", &category) == CODES_SUCCESS &&
               codes_get_long(handle, "parameterNumber", &number) == CODES_SUCCESS) {
        (void)snprintf(header->parameter, sizeof header->parameter,
                       "%ld/%ld/%ld (discipline/category/number) of centre %ld", discipline,
                       category, number, centre);
    } else {
        const bool read = codes_get_long(handle, "table2Version", &category) == CODES_SUCCESS &&
                          codes_get_long(handle, "indicatorOfParameter", &number) == CODES_SUCCESS;
        (void)snprintf(header->parameter, sizeof header->parameter,
                       read ? "%ld of table %ld of centre %ld" : "one that it cannot read", number,
                       category, centre);
    }
}

static void keys_get(struct reading *reading, codes_handle *handle)
{
    struct grib_header *header = reading->header;
    text_get(handle, "shortName", header->short_name, sizeof header->short_name);
    text_get(handle, "units", header->units, sizeof header->units);
    level_get(header, handle);
    if (codes_get_long(handle, "paramId", &header->param_id) != CODES_SUCCESS) {
        header->param_id = 0;
    }
    if (header->short_name[0] == '\0') {
        parameter_get(header, handle);
    }
    if (codes_get_long(handle, "number", &header->member) != CODES_SUCCESS) {
        header->member = GRIB_NO_MEMBER;
    }
    header->analysis = analysis_get(handle);
    (void)(long_get(reading, handle, "dataDate", &reading->date) &&
           long_get(reading, handle, "dataTime", &reading->time));
    steps_get(reading, handle);
    if (reading->has_grid && reading->key == NULL) {
        const char *key = NULL;
        reading->code = grib_axes_read(handle, &header->axes, &key);
        reading->key = reading->code == CODES_SUCCESS ? NULL : key;
    }
}

static void header_get(void *context)
{
    struct reading *reading = context;
    codes_handle *handle = codes_handle_new_from_message(NULL, reading->message, reading->n);
    if (handle != NULL) {
        reading->opened = true;
        keys_get(reading, handle);
        (void)codes_handle_delete(handle);
    }
}

static void problem_set(struct grib_header *header, gaia_status status, const char *text)
{
    if (header->problem == GAIA_OK) {
        header->problem = status;
        (void)snprintf(header->problem_text, sizeof header->problem_text, "%s", text);
    }
}

/* Init time and steps in seconds, once they are known to be times. */
static void times_make(const struct reading *reading)
{
    struct grib_header *header = reading->header;
    const long date = reading->date;
    const long hour = reading->time / 100;
    const long minute = reading->time % 100;
    char text[GRIB_PROBLEM];
    if (date < 0 || date > 99991231 ||
        !gregorian_valid(date / 10000, (int)(date / 100 % 100), (int)(date % 100)) || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59) {
        (void)snprintf(text, sizeof text, "dataDate %ld, dataTime %04ld is no date and time", date,
                       reading->time);
        problem_set(header, GAIA_AXIS_INVALID, text);
        return;
    }
    header->init_time_s =
        days_from_gregorian(date / 10000, (int)(date / 100 % 100), (int)(date % 100)) * DAY_S +
        hour * HOUR_S + minute * 60;
    if (reading->unit >= UNIT_MONTH && reading->unit <= UNIT_CENTURY) {
        problem_set(header, GAIA_FORMAT_UNSUPPORTED,
                    "its step is counted in months or years, which have no fixed length");
    }
    if (header->start_s < 0 || header->end_s < header->start_s || header->end_s > STEP_MAX_S) {
        (void)snprintf(text, sizeof text, "a step from %.9g to %.9g h is none",
                       (double)header->start_s / HOUR_S, (double)header->end_s / HOUR_S);
        problem_set(header, GAIA_AXIS_INVALID, text);
    }
}

gaia_status grib_header_read(int fd, const struct grib_place *place, struct grib_buffer *buffer,
                             struct grib_header *header, gaia_error *err)
{
    struct grib_guard guard = {.bytes_max = GUARD_BYTES_MAX};
    struct reading reading = {.header = header,
                              .has_grid = place->edition == 2 || place->size[2] > 0};
    *header = (struct grib_header){.member = GRIB_NO_MEMBER};
    const gaia_status status = message_make(fd, place, buffer, &reading.n, err);
    if (status != GAIA_OK) {
        return status;
    }
    reading.message = buffer->bytes;
    if (!grib_guard_run(&guard, header_get, &reading) || !reading.opened) {
        return error_set(err, guard.refused ? GAIA_LIMIT : GAIA_FILE_DAMAGED,
                         "ecCodes cannot read its header%s%s", guard.text[0] != '\0' ? ": " : "",
                         guard.text);
    }
    if (reading.forecast_time < 0) {
        char text[GRIB_PROBLEM];
        (void)snprintf(text, sizeof text, "its forecast time is %ld, before its init time",
                       reading.forecast_time);
        problem_set(header, GAIA_AXIS_INVALID, text);
        return GAIA_OK;
    }
    if (reading.key != NULL) {
        char text[GRIB_PROBLEM];
        (void)snprintf(text, sizeof text, "ecCodes finds no '%s': %s", reading.key,
                       guard.text[0] != '\0' ? guard.text : codes_get_error_message(reading.code));
        problem_set(header, GAIA_FILE_DAMAGED, text);
        return GAIA_OK;
    }
    if (!reading.has_grid) {
        problem_set(header, GAIA_FORMAT_UNSUPPORTED, "it has no grid description section");
    }
    times_make(&reading);
    return GAIA_OK;
}
