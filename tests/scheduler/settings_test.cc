// SPDX-License-Identifier: MIT
//
// From the table of options to the scheduler's parts: its defaults are theirs, and each option
// changes its own member.
#include <string>

#include <gtest/gtest.h>

#include "config_rows.h"

extern "C" {
#include "settings.h"
}

namespace
{

struct Settings {
    explicit Settings(const std::string &text = "")
    {
        const ConfigOf of(text);
        core = settings_core(&of.config);
        api = settings_api(&of.config);
        api.remote.host = nullptr; // the texts end with config
        api.remote.certificate = nullptr;
        api.remote.key = nullptr;
    }

    struct core_config core;
    struct http_api_config api;
};

#define MEMBER(member) [](const Settings &of) { return static_cast<uint64_t>(of.member); }
#define CORE(of_core) MEMBER(core.of_core)
#define API(of_api) MEMBER(api.of_api)

const ConfigRow<Settings> kRows[] = {
    {"lease", "11s", 11000, CORE(lease_ms)},
    {"beat", "1100ms", 1100, CORE(beat_ms)},
    {"park", "7s", 7000, CORE(park_ms)},
    {"suspect", "4s", 4000, CORE(suspect_ms)},
    {"session-time", "2min", 120000, CORE(session_ms)},
    {"tries-unavailable", "5", 5, CORE(retry[GAIA_CLASS_UNAVAILABLE].tries_max)},
    {"tries-resource", "5", 5, CORE(retry[GAIA_CLASS_RESOURCE].tries_max)},
    {"tries-internal", "5", 5, CORE(retry[GAIA_CLASS_INTERNAL].tries_max)},
    {"retry-longest", "5s", 5000, CORE(retry[GAIA_CLASS_UNAVAILABLE].longest_ms)},
    {"retry-longest", "5s", 5000, CORE(retry[GAIA_CLASS_RESOURCE].longest_ms)},
    {"retry-longest", "5s", 5000, CORE(retry[GAIA_CLASS_INTERNAL].longest_ms)},
    {"losses", "5", 5, CORE(losses_max)},
    {"quarantine", "5", 5, CORE(kills_max)},
    {"leases-each", "5", 5, CORE(leases_max)},
    {"jobs-max", "5", 5, CORE(jobs_max)},
    {"tenant-jobs", "5", 5, CORE(tenant_jobs_max)},
    {"batch-bytes", "64MiB", 64 << 20, CORE(batch_bytes)},
    {"batch-aim", "5s", 5000, CORE(batch_ms)},
    {"batch-units", "5", 5, CORE(batch_units)},
    {"ageing", "5s", 5000, CORE(ageing_ms)},
    {"affinity", "5s", 5000, CORE(affinity_ms)},
    {"api-body", "1MiB", 1 << 20, API(body_bytes_max)},
    {"api-headers", "8KiB", 8192, API(header_bytes_max)},
    {"api-connections", "5", 5, API(connections_max)},
    {"api-connections-each", "5", 5, API(of_address_max)},
    {"api-idle", "1500ms", 2, API(timeout_s)},
    {"api-request-time", "5s", 5, API(request_s)},
    {"api-rate", "5", 5, API(rates.address_rate)},
    {"token-rate", "5", 5, API(rates.token_rate)},
    {"tenant-rate", "5", 5, API(rates.tenant_rate)},
    {"api-threads", "5", 5, API(n_threads)},
    {"api-streams", "5", 5, API(streams_max)},
    {"api-page-sums", "1MiB", 1 << 20, API(page_bytes_max)},
};

} // namespace

TEST(Settings, TheTablesDefaultsAreThoseOfTheParts)
{
    const Settings settings;
    Settings parts;
    parts.core = core_config_default();
    parts.api = http_api_config_default();
    for (const ConfigRow<Settings> &row : kRows) {
        EXPECT_EQ(row.member(parts), row.member(settings)) << row.option;
    }
}

TEST(Settings, EachOptionChangesItsOwnMember)
{
    ExpectEachSetsItsOwn(kRows);
}

TEST(Settings, PortsAndTheInsecureSwitch)
{
    const Settings settings("api-port = 1234\napi-listen-port = 0\napi-insecure = yes\n");
    EXPECT_EQ(1234, settings.api.port);
    EXPECT_EQ(0, settings.api.remote.port);
    EXPECT_TRUE(settings.api.remote.is_insecure);
    EXPECT_EQ(7460, Settings().api.remote.port);
    EXPECT_FALSE(Settings().api.remote.is_insecure);
}

TEST(Settings, SharesAreTakenApart)
{
    struct core_share shares[2] = {};
    size_t n = 0;
    std::string text = "a=b=3,c=1";
    ASSERT_EQ(GAIA_OK, settings_shares(text.data(), shares, 2, &n, nullptr));
    ASSERT_EQ(2u, n);
    EXPECT_STREQ("a=b", shares[0].tenant);
    EXPECT_EQ(3u, shares[0].share);
    EXPECT_STREQ("c", shares[1].tenant);
    std::string many = "a=1,b=2,c=3";
    EXPECT_EQ(GAIA_USAGE, settings_shares(many.data(), shares, 2, &n, nullptr));
}
