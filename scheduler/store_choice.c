/* SPDX-License-Identifier: MIT
 *
 * Choosing the store, and reading the connection string of PostgreSQL.
 *
 * Invariant: a connection string may hold a password, so it comes from a file or the environment
 * and goes nowhere but to libpq.
 */
#include "store_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

/* The store of this name; NULL if there is none in this program. */
static const struct store_ops *store_find(const char *name)
{
#ifdef GAIA_POSTGRES
    if (strcmp(name, "postgres") == 0) {
        return store_postgres();
    }
#endif
    return strcmp(name, "sqlite") == 0 ? store_sqlite() : NULL;
}

/* Reads the first line of the file, which must be there if it was asked for. */
static gaia_status conninfo_read(const char *path, bool is_wanted, struct store_choice *choice,
                                 gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    const gaia_status status = file_read(path, sizeof choice->path - 1, &bytes, &length, err);
    choice->path[0] = '\0';
    if (status == GAIA_FILE_MISSING && !is_wanted) {
        return GAIA_OK;
    }
    if (status == GAIA_OK) {
        (void)snprintf(choice->path, sizeof choice->path, "%.*s", (int)strcspn(bytes, "\r\n"),
                       bytes);
    }
    free(bytes);
    return status;
}

gaia_status store_choose(const struct state_dir *dir, const char *name, const char *file,
                         struct store_choice *choice, gaia_error *err)
{
    char usual[STATE_PATH];
    const gaia_status status = state_dir_path(dir, "postgres", usual, sizeof usual, err);
    if (status != GAIA_OK) {
        return status;
    }
    const char *guess = file != NULL || access(usual, F_OK) == 0 ? "postgres" : "sqlite";
    const char *chosen = name != NULL ? name : guess;
    choice->ops = store_find(chosen);
    if (choice->ops == NULL) {
        return error_set(err, GAIA_USAGE, "--store: this program has no store '%.60s'", chosen);
    }
    return choice->ops == store_sqlite()
               ? state_dir_path(dir, "gaia.sqlite", choice->path, sizeof choice->path, err)
               : conninfo_read(file != NULL ? file : usual, file != NULL, choice, err);
}
