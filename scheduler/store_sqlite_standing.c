/* SPDX-License-Identifier: MIT
 *
 * Composites in the embedded store, and the heads of them by which forecasts are ranked, in a table
 * of their own, so that a ranking reads no long document. Behind store.h, beside store_sqlite.c.
 *
 * Invariant: a standing is of the composite that is stored, or there is none.
 */
#include "store_sqlite.h"

gaia_status sqlite_composite_put(struct store *base, int64_t job,
                                 const struct store_composite *composite, gaia_error *err)
{
    struct sqlite_store *store = sqlite_of(base);
    const int64_t index = (int64_t)composite->index;
    const gaia_status status = sqlite_run(store, SQL_COMPOSITE_PUT, err, "iisss", job, index,
                                          composite->forecast, composite->profile, composite->json);
    if (status != GAIA_OK) {
        return status;
    }
    return composite->head != NULL ? sqlite_run(store, SQL_STANDING_PUT, err, "iisssds", job, index,
                                                composite->forecast, composite->profile,
                                                composite->name, composite->score, composite->head)
                                   : sqlite_run(store, SQL_STANDING_DROP, err, "ii", job, index);
}

static gaia_status unranked_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                 gaia_error *err)
{
    (void)err;
    const struct store_composite composite = {
        .index = (uint32_t)sqlite3_column_int64(row, 1),
        .forecast = sqlite_text(row, 2),
        .profile = sqlite_text(row, 3),
        .json = sqlite_text(row, 4),
    };
    visitor->unranked(visitor->context, sqlite3_column_int64(row, 0), &composite);
    return GAIA_OK;
}

gaia_status sqlite_composites_unranked(struct store *store, int64_t limit,
                                       const struct store_visitor *visitor, gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    const gaia_status status =
        sqlite_bind(sqlite_of(store), SQL_UNRANKED_LIST, &statement, err, "i", limit);
    return status == GAIA_OK ? sqlite_rows(sqlite_of(store), statement, unranked_take, visitor, err)
                             : status;
}

static gaia_status standing_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                 gaia_error *err)
{
    (void)err;
    const struct store_standing standing = {
        .job = sqlite_text(row, 0),
        .name = sqlite_text(row, 1),
        .tenant = sqlite_text(row, 2),
        .finished_ms = sqlite3_column_int64(row, 3),
        .head = sqlite_text(row, 4),
    };
    visitor->standing(visitor->context, &standing);
    return GAIA_OK;
}

gaia_status sqlite_standings_list(struct store *store, const struct rank_filter *filter,
                                  const struct store_visitor *visitor, gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    const gaia_status status =
        sqlite_bind(sqlite_of(store), SQL_STANDINGS_LIST, &statement, err, "ssssi", filter->profile,
                    filter->tenant, filter->name, filter->forecast, filter->limit);
    return status == GAIA_OK ? sqlite_rows(sqlite_of(store), statement, standing_take, visitor, err)
                             : status;
}
