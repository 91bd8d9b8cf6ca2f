// SPDX-License-Identifier: MIT
//
// The documents of tasks, in every store.
#include "stores.h"

namespace
{

class StoreDocument : public ::testing::TestWithParam<const struct store_ops *>
{
};

TEST_P(StoreDocument, IsKeptWithItsCommitAndOnce)
{
    const struct store_ops &ops = *GetParam();
    const StorePlace place(&ops);
    struct store *store = nullptr;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, place.Open(&store, &err)) << err.detail;
    struct store_job job = {};
    job.record = JobRecord("j1");
    job.name = "a task";
    int64_t seq = 0;
    char *document = nullptr;
    ASSERT_EQ(GAIA_OK, ops.begin(store, &err));
    ASSERT_EQ(GAIA_OK, ops.job_insert(store, &job, "{}", &seq, &err));
    EXPECT_EQ(GAIA_NOT_FOUND, ops.document_read(store, seq, &document, &err));
    ASSERT_EQ(GAIA_OK, ops.commit(store, &err));

    ASSERT_EQ(GAIA_OK, ops.begin(store, &err));
    ASSERT_EQ(GAIA_OK, ops.document_put(store, seq, "{\"lost\":1}", &err));
    ops.rollback(store);

    ASSERT_EQ(GAIA_OK, ops.begin(store, &err));
    ASSERT_EQ(GAIA_OK, ops.document_put(store, seq, "{\"é\":1}", &err));
    ASSERT_EQ(GAIA_OK, ops.commit(store, &err));
    ops.close(store);
    ASSERT_EQ(GAIA_OK, place.Open(&store, &err)) << err.detail;
    ASSERT_EQ(GAIA_OK, ops.document_read(store, seq, &document, &err));
    EXPECT_STREQ("{\"é\":1}", document);
    free(document);

    ASSERT_EQ(GAIA_OK, ops.begin(store, &err));
    const gaia_status put = ops.document_put(store, seq, "{}", &err);
    EXPECT_EQ(GAIA_STORE, put == GAIA_OK ? ops.commit(store, &err) : put);
    ops.rollback(store);
    ops.close(store);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreDocument, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
