// SPDX-License-Identifier: MIT
//
// Stores behind an address: the same values as from the folder, tokens that stay where they belong,
// and what is fetched at a time.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "remote_access.h"

namespace
{

constexpr size_t kPoints = 2 * 3 * 5 * 7;

using Remote = RemoteStores;

size_t entries(const char *directory)
{
    size_t n = 0;
    for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(directory)) {
        n++;
    }
    return n;
}

TEST_F(Remote, GivesWhatTheFolderGives)
{
    Access access;
    for (const int version : {2, 3}) {
        for (const bool consolidated : {false, true}) {
            for (const char *compressor : {"", "zstd", "blosc lz4 1"}) {
                SCOPED_TRACE(std::to_string(version) + compressor);
                make("s.zarr", made([&](MadeArray &a) { a.compressor = compressor; }), version,
                     consolidated);
                expect_values(read("plain", "s.zarr", access.access), counting(kPoints));
                expect_values(read("chunked", "s.zarr", access.access), counting(kPoints));
                expect_values(read("plain", "s.zarr/", access.access), counting(kPoints));
            }
        }
    }
}

TEST_F(Remote, ShardsAreReadInPartsAndWithAManifestWhole)
{
    for (const bool at_start : {false, true}) {
        make("shards.zarr", made([&](MadeArray &a) {
                 a.chunk = {2, 4, 4, 6};
                 a.inner = {1, 2, 2, 3};
                 a.index_at_start = at_start;
                 a.compressor = "zstd";
             }),
             3);
        Access access;
        (void)server->requests();
        expect_values(read("plain", "shards.zarr", access.access), counting(kPoints));
        const size_t n_parts = server->requests().size();
        EXPECT_EQ(read("whole", "shards.zarr", access.access).error,
                  "STORE: key 'v/c/0/0/0/0': the server sends no part of an object (range "
                  "requests)");
        access.check_against(root("shards.zarr"));
        (void)server->requests();
        expect_values(read("whole", "shards.zarr", access.access), counting(kPoints));
        EXPECT_LT(server->requests().size(), n_parts);
        expect_values(read_store(root("shards.zarr"), "v", kAmpleLimits, &access.access),
                      counting(kPoints));
        const ReadStore little = read_store(root("shards.zarr"), "v", {400, 400}, &access.access);
        EXPECT_EQ(little.status, GAIA_OUT_OF_MEMORY);
        EXPECT_EQ(little.error, "STORE: key 'v/c/0/0/0/0' is a shard that is read whole to be "
                                "checked, and takes more than 400 bytes, too many for --memory");
    }
}

TEST_F(Remote, MissingChunksAreTheFillValue)
{
    make("holes.zarr", made([](MadeArray &a) { a.fill = "-3"; }));
    std::filesystem::remove(root("holes.zarr/v/0.0.0.0"));
    std::filesystem::remove(root("holes.zarr/v/1.1.2.2"));
    Access access;
    access.check_against(root("holes.zarr"));
    const ReadStore folder = read_store(root("holes.zarr"));
    EXPECT_TRUE(std::isnan(values_of(folder)[0])); // what is filled is missing
    expect_values(read("plain", "holes.zarr", access.access), values_of(folder));
}

TEST_F(Remote, AManifestThatHasTheChunkMakesItsAbsenceAnError)
{
    make("lost.zarr");
    Access access;
    access.check_against(root("lost.zarr"));
    std::filesystem::remove(root("lost.zarr/v/0.0.0.0"));
    for (const std::string &store : {root("lost.zarr"), server->url("plain", "lost.zarr")}) {
        const ReadStore read = read_store(store, "v", kAmpleLimits, &access.access);
        EXPECT_EQ(read.status, GAIA_FILE_DAMAGED);
        const std::string manifest = store == root("lost.zarr") ? "STORE" : root("lost.zarr");
        EXPECT_EQ(read.error, "STORE: key 'v/0.0.0.0' is not there; the manifest " + manifest +
                                  " says 48 bytes with xxh64 " + access.hash("v/0.0.0.0"));
    }
}

TEST_F(Remote, EveryObjectIsCheckedBeforeItIsDecoded)
{
    make("changed.zarr", made([](MadeArray &a) { a.compressor = "zstd"; }));
    for (const digest_kind kind : {DIGEST_XXH64, DIGEST_SHA256}) {
        Access access;
        access.check_against(root("changed.zarr"), kind);
        expect_values(read("plain", "changed.zarr", access.access), counting(kPoints));
        for (const char *scope : {"chunks", "all"}) {
            const ReadStore got = read("changed", "changed.zarr", access.access, scope);
            // "chunks" are also those of coordinates.
            const std::string key = scope[0] == 'a' ? ".zmetadata" : "longitude/0";
            EXPECT_EQ(got.status, GAIA_FILE_DAMAGED);
            EXPECT_EQ(got.error,
                      access.differs("STORE", key, changed(file_get(root("changed.zarr/" + key)))));
        }
        EXPECT_EQ(read("page", "changed.zarr", access.access, "all").error,
                  access.differs("STORE", ".zmetadata", page()));
    }
}

TEST_F(Remote, AManifestOfTheFolderAboveWillDo)
{
    std::filesystem::create_directories(root("above"));
    make("above/s.zarr");
    Access access;
    access.check_against(root("above"));
    ASSERT_NE(manifest_find(access.access.manifest, "s.zarr/v/0.0.0.0"), nullptr);
    expect_values(read("plain", "above/s.zarr", access.access), counting(kPoints));
    EXPECT_EQ(read("changed", "above/s.zarr", access.access).error,
              access.differs("STORE", "s.zarr/longitude/0",
                             changed(file_get(root("above/s.zarr/longitude/0")))));
}

TEST_F(Remote, ATokenGoesToItsHostAndNoFurther)
{
    make("t.zarr");
    Access access;
    access.access.origin.token = "the.SECRET-1";
    expect_values(read("token-the.SECRET-1", "t.zarr", access.access), counting(kPoints));
    const ReadStore wrong = read("token-other", "t.zarr", access.access, "all");
    EXPECT_EQ(wrong.status, GAIA_DENIED);
    EXPECT_EQ(wrong.error, "STORE: key '.zmetadata': HTTP 403: access denied (the token was sent)");
    (void)server->requests();
    for (const char *fault : {"same", "other", "back"}) {
        SCOPED_TRACE(fault);
        expect_values(read(fault, "t.zarr", access.access), counting(kPoints));
        bool elsewhere = false;
        for (const std::string &line : server->requests()) {
            const bool at_home = line.rfind(server->port(0), 0) == 0;
            const bool returned = std::string(fault) == "back" &&
                                  line.find(" /plain/all/t.zarr/") != std::string::npos;
            elsewhere = elsewhere || !at_home;
            EXPECT_EQ(line.find("the.SECRET-1") != std::string::npos, at_home && !returned) << line;
        }
        EXPECT_EQ(elsewhere, std::string(fault) != "same");
    }
    access.access.origin.token = nullptr;
    EXPECT_EQ(read("token-other", "t.zarr", access.access, "all").error,
              "STORE: key '.zmetadata': HTTP 401: access denied (no token was sent)");
}

TEST_F(Remote, TheCertificateIsChecked)
{
    make("tls.zarr");
    const std::string certificate = scratch->path("certificate");
    Access access;
    const ReadStore refused =
        read_store(server->https("plain", "tls.zarr"), "v", kAmpleLimits, &access.access);
    EXPECT_EQ(refused.status, GAIA_UNREACHABLE);
    EXPECT_NE(refused.error.find("certificate"), std::string::npos) << refused.error;
    access.access.origin.ca_file = certificate.c_str();
    expect_values(read_store(server->https("plain", "tls.zarr"), "v", kAmpleLimits, &access.access),
                  counting(kPoints));
    const ReadStore renamed = read_store(server->https("plain", "tls.zarr", "localhost"), "v",
                                         kAmpleLimits, &access.access);
    EXPECT_EQ(renamed.status, GAIA_UNREACHABLE) << renamed.error;
    EXPECT_EQ(
        read_store(server->https("other", "tls.zarr"), "v", kAmpleLimits, &access.access).error,
        "STORE: key '.zmetadata': redirected from https to http, which is not followed");
    const std::string none = scratch->path("none");
    access.access.origin.ca_file = none.c_str();
    EXPECT_EQ(
        read_store(server->https("plain", "tls.zarr"), "v", kAmpleLimits, &access.access).status,
        GAIA_UNREACHABLE);
}

TEST_F(Remote, KeysStayBelowTheAddress)
{
    text url = {};
    const auto made_of = [&](const char *key) {
        http_url_key("http://h/a%20b/", key, &url);
        return std::string(url.s);
    };
    EXPECT_EQ(made_of("v/c/0"), "http://h/a%20b/v/c/0");
    EXPECT_EQ(made_of("%2e%2e/x?y#z"), "http://h/a%20b/%252e%252e/x%3Fy%23z");
    EXPECT_EQ(made_of("a\\..\\b\x01 \xc3\xa4"), "http://h/a%20b/a%5C..%5Cb%01%20%C3%A4");
    text_fini(&url);
    make("odd.zarr", made([](MadeArray &a) { a.name = "a b%2e\xc3\xa4"; }));
    Access access;
    expect_values(read_store(server->url("plain", "odd.zarr"), "a b%2e\xc3\xa4", kAmpleLimits,
                             &access.access),
                  counting(kPoints));
}

TEST_F(Remote, AddressesThatCannotBeTheBaseOfKeysAreRefused)
{
    Access access;
    const auto refused = [&](const std::string &url) {
        const ReadStore got = read_store(url, "v", kAmpleLimits, &access.access);
        EXPECT_EQ(got.status, GAIA_JOB_INVALID) << url;
        return got.error;
    };
    EXPECT_EQ(refused("http://me:pass@h/s.zarr"),
              "an address of h has a user or password in it; token_file is the place of a secret");
    EXPECT_EQ(refused("https://h/s.zarr?sig=1"),
              "https://h/s.zarr: an address with a query or fragment has no keys below it");
    EXPECT_EQ(refused("https:///s.zarr"), "STORE: an address without a host");
    EXPECT_EQ(refused("https://h/a/%2E./s.zarr"), "STORE: '.' or '..' in an address");
    EXPECT_EQ(refused("https://h/a b"),
              "STORE: blanks and letters beyond ASCII are percent-encoded in an address");
    EXPECT_EQ(read_store("http://h/s.zarr", "v", kAmpleLimits, nullptr).error,
              "STORE: no address can be read here");
}

// Reads a store of six fields, 20 chunks each, from a server that takes its time.
double seconds_of(const StoreServer &server, size_t parallel, const read_limits &limits)
{
    http_limits http = quick_limits();
    http.parallel = parallel;
    Access access(http);
    const auto begin = std::chrono::steady_clock::now();
    const ReadStore read =
        read_store(server.url("latency-20", "many.zarr", "chunks"), "v", limits, &access.access);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    expect_values(read, counting(kPoints));
    return took.count();
}

TEST_F(Remote, ChunksOfAFieldAreFetchedAtATime)
{
    make("many.zarr", made([](MadeArray &a) { a.chunk = {1, 1, 1, 2}; }));
    const auto most_at_a_time = [] {
        int most = 0;
        for (const std::string &line : server->requests()) {
            most = std::max(most, std::stoi(line.substr(line.rfind(' ') + 1)));
        }
        return most;
    };
    (void)server->requests();
    const double serial = seconds_of(*server, 1, kAmpleLimits);
    EXPECT_EQ(most_at_a_time(), 1);
    const double parallel = seconds_of(*server, 8, kAmpleLimits);
    std::printf("120 chunks, 20 ms each: %.2f s one at a time, %.2f s eight at a time (%.1f)\n",
                serial, parallel, serial / parallel);
    EXPECT_GT(most_at_a_time(), 4);
    // What has no room in the cache is not fetched ahead.
    (void)seconds_of(*server, 8, {1 << 24, 7});
    EXPECT_EQ(most_at_a_time(), 1);
}

TEST_F(Remote, NothingIsLeftOpen)
{
    make("open.zarr");
    {
        const Access first; // libcurl's own, once
    }
    const size_t files = entries("/proc/self/fd");
    const size_t threads = entries("/proc/self/task");
    for (int i = 0; i < 5; i++) {
        Access access;
        (void)read("plain", "open.zarr", access.access);
        (void)read("short", "open.zarr", access.access);
        (void)read("status-500", "open.zarr", access.access);
    }
    EXPECT_EQ(entries("/proc/self/fd"), files);
    EXPECT_EQ(entries("/proc/self/task"), threads);
}

} // namespace
