/* SPDX-License-Identifier: MIT
 *
 * Composites in PostgreSQL, and the heads of them by which forecasts are ranked, in a table of
 * their own, so that a ranking reads no long document. Behind store.h, beside store_postgres.c.
 *
 * Invariant: a standing is of the composite that is stored, or there is none.
 */
#include "store_postgres.h"

gaia_status pg_composite_put(struct store *base, int64_t job,
                             const struct store_composite *composite, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    const int64_t index = (int64_t)composite->index;
    const gaia_status status = pg_write(store, PG_COMPOSITE_PUT, err, "iisss", job, index,
                                        composite->forecast, composite->profile, composite->json);
    if (status != GAIA_OK) {
        return status;
    }
    return composite->head != NULL
               ? pg_write(store, PG_STANDING_PUT, err, "iisssds", job, index, composite->forecast,
                          composite->profile, composite->name, composite->score, composite->head)
               : pg_write(store, PG_STANDING_DROP, err, "ii", job, index);
}

gaia_status pg_composites_unranked(struct store *store, int64_t limit,
                                   const struct store_visitor *visitor, gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status =
        pg_read(postgres_of(store), PG_UNRANKED_LIST, &rows, err, "i", limit);
    for (int i = 0; status == GAIA_OK && i < PQntuples(rows); i++) {
        const struct store_composite composite = {
            .index = (uint32_t)pg_int(rows, i, 1),
            .forecast = PQgetvalue(rows, i, 2),
            .profile = PQgetvalue(rows, i, 3),
            .json = PQgetvalue(rows, i, 4),
        };
        visitor->unranked(visitor->context, pg_int(rows, i, 0), &composite);
    }
    PQclear(rows);
    return status;
}

gaia_status pg_standings_list(struct store *store, const struct rank_filter *filter,
                              const struct store_visitor *visitor, gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status =
        pg_read(postgres_of(store), PG_STANDINGS_LIST, &rows, err, "ssssi", filter->profile,
                filter->tenant, filter->name, filter->forecast, filter->limit);
    for (int i = 0; status == GAIA_OK && i < PQntuples(rows); i++) {
        const struct store_standing standing = {
            .job = PQgetvalue(rows, i, 0),
            .name = PQgetvalue(rows, i, 1),
            .tenant = PQgetvalue(rows, i, 2),
            .finished_ms = pg_int(rows, i, 3),
            .head = PQgetvalue(rows, i, 4),
        };
        visitor->standing(visitor->context, &standing);
    }
    PQclear(rows);
    return status;
}
