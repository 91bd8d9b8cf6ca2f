/* SPDX-License-Identifier: MIT
 *
 * Walking the frames (WMO No. 306, FM 92): lengths and section numbers are read here, meaning is
 * left to ecCodes.
 */
#include "grib_message.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

enum {
    BLOCK_BYTES = 65536,
    BLANKS_MAX = 256, /* behind the last message */
    MESSAGES_MAX = 1 << 20,
    EDITION_1_HEAD = 8,
    EDITION_2_HEAD = 16,
    END_BYTES = 4,
    LARGE_FLAG = 0x800000, /* of an edition 1 length: it may count units of 120 bytes */
    LARGE_UNIT = 120,
    BITMAP_BEFORE = 254, /* edition 2: the bitmap of an earlier field of the message */
};

struct walk {
    int fd;
    uint64_t file_bytes;
    grib_found *found;
    void *context;
    struct grib_place place;
};

gaia_status grib_bytes_read(int fd, uint64_t at, size_t n, unsigned char *out, gaia_error *err)
{
    size_t done = 0;
    while (done < n) {
        const ssize_t got = pread(fd, out + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_set(err, GAIA_FILE_UNREADABLE, "byte %llu cannot be read: %s",
                             (unsigned long long)(at + done), strerror(errno));
        }
        if (got == 0) {
            return error_set(err, GAIA_FILE_DAMAGED, "the file ends at byte %llu",
                             (unsigned long long)(at + done));
        }
        done += (size_t)got;
    }
    return GAIA_OK;
}

/* Steps over zero bytes; *at is the file's size where nothing else follows. */
static gaia_status padding_skip(const struct walk *walk, uint64_t *at, gaia_error *err)
{
    unsigned char block[BLOCK_BYTES];
    while (*at < walk->file_bytes) {
        const uint64_t left = walk->file_bytes - *at;
        const size_t n = left < sizeof block ? (size_t)left : sizeof block;
        const gaia_status status = grib_bytes_read(walk->fd, *at, n, block, err);
        size_t i = 0;
        while (status == GAIA_OK && i < n && block[i] == 0) {
            i++;
        }
        *at += i;
        if (status != GAIA_OK || i < n) {
            return status;
        }
    }
    return GAIA_OK;
}

/* Whether nothing but a few blanks, line ends and zeros is from `at` to the end of the file, as
 * editors and transfers leave them. */
static bool blanks_end(const struct walk *walk, uint64_t at)
{
    unsigned char rest[BLANKS_MAX];
    gaia_error none = {0};
    const uint64_t n = walk->file_bytes - at;
    if (n > sizeof rest || grib_bytes_read(walk->fd, at, (size_t)n, rest, &none) != GAIA_OK) {
        return false;
    }
    size_t i = 0;
    while (i < n && (rest[i] == '\n' || rest[i] == '\r' || rest[i] == '\t' || rest[i] == ' ' ||
                     rest[i] == '\0')) {
        i++;
    }
    return i == n;
}

static gaia_status message_truncated(const struct walk *walk, gaia_error *err)
{
    return error_set(err, GAIA_FILE_DAMAGED,
                     "truncated: it takes %llu bytes from byte %llu on, the file has %llu",
                     (unsigned long long)walk->place.bytes, (unsigned long long)walk->place.at,
                     (unsigned long long)walk->file_bytes);
}

/* Holds section `number`, said to be at `from`, against the bytes up to `end`. */
static gaia_status section_take(struct walk *walk, int number, uint64_t from, uint64_t size,
                                uint64_t size_min, uint64_t end, gaia_error *err)
{
    if (size < size_min || size > UINT32_MAX || from > end || size > end - from) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "section %d says it has %llu bytes, of at least %llu and at most %llu",
                         number, (unsigned long long)size, (unsigned long long)size_min,
                         (unsigned long long)(from > end ? 0 : end - from));
    }
    walk->place.from[number] = from;
    walk->place.size[number] = (uint32_t)size;
    return GAIA_OK;
}

static gaia_status end_check(const struct walk *walk, gaia_error *err)
{
    unsigned char end[END_BYTES];
    const gaia_status status = grib_bytes_read(
        walk->fd, walk->place.at + walk->place.bytes - END_BYTES, sizeof end, end, err);
    return status != GAIA_OK || memcmp(end, "7777", sizeof end) == 0
               ? status
               : error_set(err, GAIA_FILE_DAMAGED, "it does not end in '7777'");
}

/* Sections 1 to 4 of edition 1. A message beyond 8 MB counts its length in units of 120 bytes, and
 * the length of section 4 then says how far the last unit is filled. */
static gaia_status edition_1_walk(struct walk *walk, uint32_t length, gaia_error *err)
{
    static const uint64_t size_min[5] = {0, 28, 32, 6, 11};
    struct grib_place *place = &walk->place;
    uint64_t at = place->at + EDITION_1_HEAD;
    unsigned char flags = 0;
    place->bytes = length;
    if ((length & LARGE_FLAG) == 0 &&
        (length < EDITION_1_HEAD + END_BYTES || length > walk->file_bytes - place->at)) {
        return message_truncated(walk, err);
    }
    uint64_t end = (length & LARGE_FLAG) == 0 ? place->at + length - END_BYTES : walk->file_bytes;
    for (int number = 1; number <= 4; number++) {
        unsigned char head[8] = {0};
        const bool there = number == 1 || number == 4 || (flags & (number == 2 ? 0x80 : 0x40)) != 0;
        if (!there) {
            continue;
        }
        gaia_status status = grib_bytes_read(walk->fd, at, number == 1 ? 8 : 3, head, err);
        if (status != GAIA_OK) {
            return status;
        }
        uint64_t size = grib_number(head, 3);
        if (number == 4 && (length & LARGE_FLAG) != 0) {
            if (size < LARGE_UNIT) {
                place->bytes =
                    (uint64_t)(length & ~(uint32_t)LARGE_FLAG) * LARGE_UNIT - size + END_BYTES;
                size = place->at + place->bytes - END_BYTES - at;
            }
            if (place->bytes > walk->file_bytes - place->at || place->bytes < EDITION_1_HEAD) {
                return message_truncated(walk, err);
            }
            end = place->at + place->bytes - END_BYTES;
        }
        status = section_take(walk, number, at, size, size_min[number], end, err);
        if (status != GAIA_OK) {
            return status;
        }
        flags = number == 1 ? head[7] : flags;
        at += size;
    }
    const gaia_status status = end_check(walk, err);
    return status == GAIA_OK ? walk->found(walk->context, place, err) : status;
}

/* Whether section `next` of edition 2 may follow section `last`. */
static bool section_follows(int last, int next)
{
    switch (next) {
    case 2:
        return last == 1 || last == 7;
    case 3:
        return last == 1 || last == 2 || last == 7;
    case 4:
        return last == 3 || last == 7;
    case 1:
    case 5:
    case 6:
    case 7:
        return last == next - 1;
    default:
        return false;
    }
}

/* A bitmap section that refers to an earlier one leaves that one in its place. */
static gaia_status bitmap_take(struct walk *walk, uint64_t at, uint32_t size, uint64_t end,
                               gaia_error *err)
{
    unsigned char head[6] = {0};
    const gaia_status status = grib_bytes_read(walk->fd, at, sizeof head, head, err);
    if (status != GAIA_OK || head[5] != BITMAP_BEFORE) {
        return status == GAIA_OK ? section_take(walk, 6, at, size, 6, end, err) : status;
    }
    return walk->place.size[6] != 0
               ? GAIA_OK
               : error_set(err, GAIA_FILE_DAMAGED,
                           "section 6 refers to an earlier bitmap, and there is none");
}

static gaia_status edition_2_walk(struct walk *walk, uint64_t length, gaia_error *err)
{
    static const uint64_t size_min[GRIB_SECTIONS] = {0, 21, 5, 14, 9, 11, 6, 5};
    struct grib_place *place = &walk->place;
    place->bytes = length;
    if (length < EDITION_2_HEAD + END_BYTES || length > walk->file_bytes - place->at) {
        return message_truncated(walk, err);
    }
    const uint64_t end = place->at + length - END_BYTES;
    uint64_t at = place->at + EDITION_2_HEAD;
    int last = 0;
    gaia_status status = end_check(walk, err);
    while (status == GAIA_OK && at < end) {
        unsigned char head[5] = {0};
        status = grib_bytes_read(walk->fd, at, sizeof head, head, err);
        const uint32_t size = grib_number(head, 4);
        const int number = head[4];
        if (status == GAIA_OK && !section_follows(last, number)) {
            return error_set(err, GAIA_FILE_DAMAGED, "section %d follows section %d", number, last);
        }
        if (status == GAIA_OK && number == 6 && size >= 6) {
            status = bitmap_take(walk, at, size, end, err);
        } else if (status == GAIA_OK) {
            status = section_take(walk, number, at, size, size_min[number], end, err);
        }
        if (status == GAIA_OK && number == 7) {
            place->field++;
            status = walk->found(walk->context, place, err);
        }
        last = number;
        at += size;
    }
    return status != GAIA_OK || last == 7
               ? status
               : error_set(err, GAIA_FILE_DAMAGED, "it ends after section %d", last);
}

static gaia_status message_walk(struct walk *walk, gaia_error *err)
{
    unsigned char head[EDITION_2_HEAD] = {0};
    const uint64_t left = walk->file_bytes - walk->place.at;
    const size_t n = left < sizeof head ? (size_t)left : sizeof head;
    const gaia_status status = grib_bytes_read(walk->fd, walk->place.at, n, head, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (memcmp(head, "GRIB", n < 4 ? n : 4) != 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "byte %llu ought to begin a message with 'GRIB'",
                         (unsigned long long)walk->place.at);
    }
    walk->place.edition = head[7];
    if (n < sizeof head) {
        walk->place.bytes = sizeof head;
        return message_truncated(walk, err);
    }
    if (walk->place.edition == 1) {
        walk->place.field = 1;
        return edition_1_walk(walk, grib_number(head + 4, 3), err);
    }
    if (walk->place.edition != 2) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "GRIB edition %d is not supported; there are: 1, 2", walk->place.edition);
    }
    return edition_2_walk(
        walk, (uint64_t)grib_number(head + 8, 4) << 32 | grib_number(head + 12, 4), err);
}

gaia_status grib_messages_walk(int fd, const char *path, uint64_t file_bytes, grib_found *found,
                               void *context, gaia_error *err)
{
    struct walk walk = {.fd = fd, .file_bytes = file_bytes, .found = found, .context = context};
    uint64_t at = 0;
    for (uint32_t message = 1;; message++) {
        gaia_status status = padding_skip(&walk, &at, err);
        if (status == GAIA_OK && (at == file_bytes || (message > 1 && blanks_end(&walk, at)))) {
            return GAIA_OK;
        }
        if (status == GAIA_OK && message > MESSAGES_MAX) {
            return error_set(err, GAIA_LIMIT, "%s: more than %d messages", path, MESSAGES_MAX);
        }
        walk.place = (struct grib_place){.at = at, .message = message};
        status = status == GAIA_OK ? message_walk(&walk, err) : status;
        if (status != GAIA_OK) {
            return error_prefix(err, status, "%s: message %u", path, message);
        }
        at += walk.place.bytes;
    }
}
