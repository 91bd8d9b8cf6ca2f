// SPDX-License-Identifier: MIT
//
// Versions of the schema: older ones are brought up to date, one additive migration more than this
// program's is served, anything newer is refused; and what tells a store from others. Here alone
// tests look into the databases.
#include <sqlite3.h>

#include "stores.h"

namespace
{

class SqliteSchema : public ::testing::Test
{
  protected:
    StorePlace place_{store_sqlite()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};

    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, Reopened()) << err_.detail;
    }
    void TearDown() override
    {
        store_sqlite()->close(store_);
    }
    gaia_status Reopened()
    {
        store_sqlite()->close(store_);
        store_ = nullptr;
        return place_.Open(&store_, &err_);
    }
    int Run(const std::string &script, int (*row)(void *, int, char **, char **) = nullptr,
            void *context = nullptr)
    {
        sqlite3 *db = nullptr;
        EXPECT_EQ(SQLITE_OK, sqlite3_open(place_.Path().c_str(), &db));
        const int code = sqlite3_exec(db, script.c_str(), row, context, nullptr);
        sqlite3_close(db);
        return code;
    }
    int Version()
    {
        int version = 0;
        EXPECT_EQ(SQLITE_OK, Run(
                                 "PRAGMA user_version",
                                 [](void *out, int, char **values, char **) {
                                     *static_cast<int *>(out) = atoi(values[0]);
                                     return 0;
                                 },
                                 &version));
        return version;
    }
};

TEST_F(SqliteSchema, IsBroughtUpToDate)
{
    const int latest = Version();
    ASSERT_EQ(SQLITE_OK, Run("ALTER TABLE sessions DROP COLUMN drained; PRAGMA user_version = " +
                             std::to_string(latest - 1)));
    ASSERT_EQ(GAIA_OK, Reopened()) << err_.detail;
    EXPECT_EQ(latest, Version());
    EXPECT_EQ(SQLITE_OK, Run("ALTER TABLE sessions DROP COLUMN drained"));
}

TEST_F(SqliteSchema, ServesOneAdditiveMigrationMore)
{
    const std::string next = std::to_string(Version() + 1);
    ASSERT_EQ(SQLITE_OK, Run("ALTER TABLE jobs ADD COLUMN colour TEXT DEFAULT 'red';"
                             "UPDATE meta SET value = " +
                             next +
                             " WHERE key = 'additive_schema';"
                             "PRAGMA user_version = " +
                             next));
    ASSERT_EQ(GAIA_OK, Reopened()) << err_.detail;
    struct store_job job = {};
    int64_t seq = 0;
    job.record = JobRecord("j1");
    job.name = "";
    EXPECT_EQ(GAIA_OK, store_sqlite()->job_insert(store_, &job, "{}", &seq, &err_)) << err_.detail;
    EXPECT_EQ(std::stoi(next), Version());
}

TEST_F(SqliteSchema, RefusesWhatIsNewer)
{
    const int latest = Version();
    ASSERT_EQ(SQLITE_OK, Run("PRAGMA user_version = " + std::to_string(latest + 1)));
    EXPECT_EQ(GAIA_STORE, Reopened());
    ASSERT_EQ(SQLITE_OK, Run("UPDATE meta SET value = " + std::to_string(latest + 2) +
                             " WHERE key = 'additive_schema';"
                             "PRAGMA user_version = " +
                             std::to_string(latest + 2)));
    EXPECT_EQ(GAIA_STORE, Reopened());
    EXPECT_NE(nullptr, strstr(err_.detail, "too new")) << err_.detail;
}

#ifdef GAIA_POSTGRES
class PostgresSchema : public ::testing::Test
{
  protected:
    StorePlace place_{store_postgres()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};

    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, Reopened()) << err_.detail;
    }
    void TearDown() override
    {
        store_postgres()->close(store_);
    }
    gaia_status Reopened()
    {
        store_postgres()->close(store_);
        store_ = nullptr;
        return place_.Open(&store_, &err_);
    }
    std::string Ask(const std::string &command)
    {
        return PostgresServer::Shared().Ask(place_.Path(), command);
    }
    int Version()
    {
        return std::stoi(Ask("SELECT max(number) FROM migrations"));
    }
    gaia_status Insert(const std::string &id)
    {
        struct store_job job = {};
        int64_t seq = 0;
        job.record = JobRecord(id);
        job.name = "";
        return store_postgres()->job_insert(store_, &job, "{}", &seq, &err_);
    }
    void Note(int number, bool is_additive)
    {
        Ask("INSERT INTO migrations VALUES(" + std::to_string(number) + ", " +
            (is_additive ? "true" : "false") + ")");
    }
};

TEST_F(PostgresSchema, IsBroughtUpToDateByWhoTakesTheLead)
{
    const int latest = Version();
    store_postgres()->close(store_);
    store_ = nullptr;
    Ask("ALTER TABLE sessions DROP COLUMN drained");
    Ask("DELETE FROM migrations WHERE number = " + std::to_string(latest));
    ASSERT_EQ(GAIA_OK, store_postgres()->open(place_.Path().c_str(), kStallMs, &store_, &err_));
    EXPECT_EQ(latest - 1, Version()); // standing by: an older program may be leading
    ASSERT_EQ(GAIA_OK, Reopened()) << err_.detail;
    EXPECT_EQ(latest, Version());
    Ask("ALTER TABLE sessions DROP COLUMN drained");
}

TEST_F(PostgresSchema, ServesOneAdditiveMigrationMore)
{
    Note(Version() + 1, true);
    Ask("ALTER TABLE jobs ADD COLUMN colour text NOT NULL DEFAULT 'red'");
    EXPECT_EQ(GAIA_OK, Insert("j1")) << err_.detail; // also while it is open
    ASSERT_EQ(GAIA_OK, Reopened()) << err_.detail;
    EXPECT_EQ(GAIA_OK, Insert("j2")) << err_.detail;
    Collected all;
    const struct store_visitor visitor = all.Visitor();
    ASSERT_EQ(GAIA_OK, store_postgres()->load(store_, &visitor, &err_)) << err_.detail;
    EXPECT_EQ(2u, all.jobs.size());
}

TEST_F(PostgresSchema, RefusesWhatIsNewer)
{
    const int latest = Version();
    Note(latest + 1, false);
    EXPECT_EQ(GAIA_STORE, Reopened());
    EXPECT_NE(nullptr, strstr(err_.detail, "too new")) << err_.detail;
    Ask("UPDATE migrations SET additive = true");
    Note(latest + 2, true);
    EXPECT_EQ(GAIA_STORE, Reopened());
}

TEST_F(PostgresSchema, RefusesMomentsOfAnotherRule)
{
    Ask("UPDATE meta SET value = '99' WHERE key = 'moments_version'");
    EXPECT_EQ(GAIA_STORE, Reopened());
    EXPECT_NE(nullptr, strstr(err_.detail, "moments_version 99")) << err_.detail;
}
#endif

class StoreIdentity : public ::testing::TestWithParam<const struct store_ops *>
{
};

TEST_P(StoreIdentity, IsItsOwnAndStays)
{
    const StorePlace places[] = {StorePlace(GetParam()), StorePlace(GetParam())};
    std::string identities[2];
    gaia_error err = {};
    for (int i = 0; i < 4; i++) {
        struct store *store = nullptr;
        ASSERT_EQ(GAIA_OK, places[i % 2].Open(&store, &err)) << err.detail;
        const std::string identity = store->identity;
        GetParam()->close(store);
        EXPECT_EQ(32U, identity.size());
        EXPECT_EQ(std::string::npos, identity.find_first_not_of("0123456789abcdef")) << identity;
        EXPECT_TRUE(i < 2 || identity == identities[i % 2]);
        identities[i % 2] = identity;
    }
    EXPECT_NE(identities[0], identities[1]);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreIdentity, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
