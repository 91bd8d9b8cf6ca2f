// SPDX-License-Identifier: MIT
//
// Every store there is, and a place for one of each: a file in a folder of its own, or a schema of
// its own in a real PostgreSQL. Used by the suites that run over each store.
//
// Invariant: a test names no store but through this.
#ifndef STORES_H
#define STORES_H

#include <unistd.h>

#include <fstream>

#include "store_harness.h"
#ifdef GAIA_POSTGRES
#include "postgres_server.h"
#endif

inline std::vector<const struct store_ops *> AllStores()
{
#ifdef GAIA_POSTGRES
    return {store_sqlite(), store_postgres()};
#else
    return {store_sqlite()};
#endif
}

template <typename Tested> std::string StoreName(const Tested &tested)
{
    return tested.param->name;
}

class StorePlace
{
  public:
    explicit StorePlace(const struct store_ops *ops) : ops_(*ops)
    {
        path_ = directory_ / "db";
#ifdef GAIA_POSTGRES
        if (ops == store_postgres()) {
            path_ = PostgresServer::Shared().NewSchema();
        }
#endif
    }
    const std::string &Path() const
    {
        return path_;
    }
    // Paths where no database can be opened.
    std::vector<std::string> BadPaths() const
    {
        if (std::string(ops_.name) == "postgres") {
            return {"host=" + directory_.Path() + " user=gaia password=s3cret",
                    "pass s3cret ==", path_ + " dbname=absent"};
        }
        std::ofstream(directory_ / "garbage") << std::string(5000, 'x');
        return {directory_ / "garbage", directory_ / "no/such/directory"};
    }
    // Opens the store and takes the lead, which an earlier one may hold for a moment longer.
    gaia_status Open(struct store **store, gaia_error *err, int64_t ttl_ms = 60000) const
    {
        struct store_lead lead = {};
        gaia_status status = ops_.open(path_.c_str(), kStallMs, store, err);
        for (int i = 0; status == GAIA_OK && !lead.is_leader && i < 6000; i++) {
            usleep(i > 0 ? 10000 : 0);
            status = ops_.lead(*store, "a test", ttl_ms, &lead, err);
        }
        return status == GAIA_OK && !lead.is_leader
                   ? error_set(err, GAIA_UNREACHABLE, "'%s' leads", lead.leader)
                   : status;
    }

  private:
    const struct store_ops &ops_;
    TemporaryDirectory directory_;
    std::string path_;
};

#endif
