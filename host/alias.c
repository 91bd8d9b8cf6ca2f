/* SPDX-License-Identifier: MIT
 *
 * Ranking names.
 *
 * Invariant: the outcome depends on the set of names alone, not on their order.
 */
#include "alias.h"

#include <string.h>

#include "catalog.h"
#include "error.h"
#include "variable_name.h"

enum alias_rank alias_rank(const char *a, const char *b)
{
    return strcmp(a, b) == 0        ? ALIAS_EXACT
           : variable_same(a, b)    ? ALIAS_SAME
           : variable_related(a, b) ? ALIAS_RELATED
                                    : ALIAS_NONE;
}

gaia_status alias_ambiguous(const char *path, const char *a, const char *b, const char *name,
                            gaia_error *err)
{
    return error_set(
        err, GAIA_JOB_INVALID,
        "%s: variables '%s' and '%s' both mean '%s'; \"names\" says which one is meant", path, a, b,
        name);
}

/* The best fits so far. */
struct search {
    const char *name;
    enum alias_rank rank;
    size_t n;
    char found[2][ALIAS_BYTES];
};

static gaia_status name_consider(void *context, const char *name, gaia_error *err)
{
    struct search *search = context;
    const enum alias_rank rank = alias_rank(name, search->name);
    const size_t length = strlen(name);
    (void)err;
    if (rank == ALIAS_NONE || rank > search->rank || length >= ALIAS_BYTES) {
        return GAIA_OK;
    }
    search->n = rank < search->rank ? 0 : search->n;
    search->rank = rank;
    if (search->n < 2) {
        memcpy(search->found[search->n], name, length + 1);
    }
    search->n++;
    return GAIA_OK;
}

gaia_status alias_find(const struct reader_ops *ops, struct reader *reader, const char *path,
                       const char *name, char alias[ALIAS_BYTES], gaia_error *err)
{
    struct search search = {.name = name, .rank = ALIAS_NONE};
    alias[0] = '\0';
    if (variable_canonical(name) == NULL) {
        return GAIA_OK;
    }
    const gaia_status status = ops->list(reader, name_consider, &search, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (search.n > 1) {
        return alias_ambiguous(path, search.found[0], search.found[1], name, err);
    }
    if (search.n == 1) {
        memcpy(alias, search.found[0], ALIAS_BYTES);
    }
    return GAIA_OK;
}

size_t alias_match(const struct catalog *catalog, const char *name, enum alias_rank *rank,
                   size_t *second)
{
    size_t best = catalog->n_variables;
    *rank = ALIAS_NONE;
    *second = catalog->n_variables;
    for (size_t i = 0; i < catalog->n_variables; i++) {
        const enum alias_rank fit = alias_rank(catalog->variables[i].name, name);
        if (fit < *rank) {
            *rank = fit;
            best = i;
            *second = catalog->n_variables;
        } else if (fit != ALIAS_NONE && fit == *rank && *second == catalog->n_variables) {
            *second = i;
        }
    }
    return best;
}
