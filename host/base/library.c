/* SPDX-License-Identifier: MIT
 *
 * Asking the libraries that are loaded. Their functions are looked up by name, because each header
 * may be included in one place only, and a program has some of the libraries and not others.
 *
 * Invariant: no library is loaded here.
 */
#include "library.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { PART = 10000 };

/* How a library tells its version. */
enum telling {
    TELLS_TEXT,    /* a text that has it somewhere */
    TELLS_CHOSEN,  /* the same, of OpenSSL's texts the one that is a version alone */
    TELLS_PARTS,   /* a number of two digits a part: 801 is 0.8.1 */
    TELLS_LONG,    /* the same as a long: 22701 is 2.27.1 */
    TELLS_MAJOR,   /* a number, the last four digits being the minor version: 150003 is 15.3 */
    TELLS_POINTERS /* three numbers, through pointers */
};

static const struct {
    const char *name;
    const char *symbol;
    enum telling telling;
} libraries[] = {
    {"netcdf-c", "nc_inq_libvers", TELLS_TEXT},
    {"HDF5", "H5get_libversion", TELLS_POINTERS},
    {"ecCodes", "codes_get_api_version", TELLS_LONG},
    {"libcurl", "curl_version", TELLS_TEXT},
    {"nng", "nng_version", TELLS_TEXT},
    {"SQLite", "sqlite3_libversion", TELLS_TEXT},
    {"libpq", "PQlibVersion", TELLS_MAJOR},
    {"libmicrohttpd", "MHD_get_version", TELLS_TEXT},
    {"OpenSSL", "OpenSSL_version", TELLS_CHOSEN},
    {"jansson", "jansson_version_str", TELLS_TEXT},
    {"blosc", "blosc_get_version_string", TELLS_TEXT},
    {"zstd", "ZSTD_versionString", TELLS_TEXT},
    {"lz4", "LZ4_versionString", TELLS_TEXT},
    {"zlib", "zlibVersion", TELLS_TEXT},
    {"xxHash", "XXH_versionNumber", TELLS_PARTS},
};

typedef const char *text_fn(void);
typedef const char *chosen_fn(int which);
typedef unsigned number_fn(void);
typedef long long_fn(void);
typedef int pointers_fn(unsigned *major, unsigned *minor, unsigned *release);

/* The version in a text, which begins at its first digit and ends before a blank. */
static void text_write(const char *told, char *out, size_t out_bytes)
{
    while (told != NULL && *told != '\0' && !isdigit((unsigned char)*told)) {
        told++;
    }
    (void)snprintf(out, out_bytes, "%.*s", told != NULL ? (int)strcspn(told, " ") : 0, told);
}

/* Asks through a symbol that was found; a pointer to a function is no void pointer in ISO C, hence
 * the copies. */
static void version_ask(void *symbol, enum telling telling, char *out, size_t out_bytes)
{
    enum { VERSION_ALONE = 6 }; /* OPENSSL_VERSION_STRING */
    unsigned part[3] = {0};
    text_fn *text = NULL;
    chosen_fn *chosen = NULL;
    number_fn *number = NULL;
    long_fn *long_number = NULL;
    pointers_fn *pointers = NULL;
    switch (telling) {
    case TELLS_TEXT:
        memcpy(&text, &symbol, sizeof text);
        text_write(text(), out, out_bytes);
        return;
    case TELLS_CHOSEN:
        memcpy(&chosen, &symbol, sizeof chosen);
        text_write(chosen(VERSION_ALONE), out, out_bytes);
        return;
    case TELLS_PARTS:
    case TELLS_MAJOR:
        memcpy(&number, &symbol, sizeof number);
        part[0] = number();
        break;
    case TELLS_LONG:
        memcpy(&long_number, &symbol, sizeof long_number);
        part[0] = (unsigned)long_number();
        break;
    case TELLS_POINTERS:
        memcpy(&pointers, &symbol, sizeof pointers);
        (void)pointers(&part[0], &part[1], &part[2]);
        break;
    }
    if (telling == TELLS_MAJOR) {
        (void)snprintf(out, out_bytes, "%u.%u", part[0] / PART, part[0] % PART);
    } else if (telling != TELLS_POINTERS) {
        (void)snprintf(out, out_bytes, "%u.%u.%u", part[0] / PART, part[0] / 100 % 100,
                       part[0] % 100);
    } else {
        (void)snprintf(out, out_bytes, "%u.%u.%u", part[0], part[1], part[2]);
    }
}

void libraries_append(struct text *out)
{
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        char version[64] = "";
        void *symbol = dlsym(RTLD_DEFAULT, libraries[i].symbol);
        if (symbol != NULL) {
            version_ask(symbol, libraries[i].telling, version, sizeof version);
            text_printf(out, "%s %s\n", libraries[i].name, version);
        }
    }
}

void version_print(const char *program)
{
    struct text text = {0};
    text_printf(&text, "%s %s\n", program, gaia_version());
    libraries_append(&text);
    (void)fputs(text.s != NULL ? text.s : "", stdout);
    text_fini(&text);
}
