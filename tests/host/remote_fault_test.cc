// SPDX-License-Identifier: MIT
//
// Servers that fail, lie and lead astray: each ends in an error that says so, or in the right
// values, and soon.

#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <regex>
#include <string>

#include <curl/curl.h>

extern "C" {
#include "http_exchange.h"
}
#include "remote_access.h"

namespace
{

constexpr size_t kPoints = 2 * 3 * 5 * 7;
const char kKey[] = "STORE: key 'longitude/0': "; // the first object whose name is a number

class RemoteFault : public RemoteStores
{
  protected:
    void SetUp() override
    {
        make("s.zarr");
        begin_ = std::chrono::steady_clock::now();
    }

    void TearDown() override
    {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
        EXPECT_LT(took.count(), 20.0);
    }

    void expect_good(const std::string &fault)
    {
        expect_values(read(fault, "s.zarr", access_.access), counting(kPoints));
    }

    void expect_error(const std::string &fault, gaia_status status, const std::string &error)
    {
        expect_error(fault, status, error, access_.access);
    }

    void expect_error(const std::string &fault, gaia_status status, const std::string &error,
                      const source_access &access)
    {
        const ReadStore got = read(fault, "s.zarr", access);
        EXPECT_EQ(got.status, status) << fault << ": " << gaia_status_name(got.status);
        EXPECT_EQ(got.error, error.front() == 'S' ? error : kKey + error) << fault;
    }

    Access access_;

  private:
    std::chrono::steady_clock::time_point begin_;
};

// A text with each number in it as one '#'.
std::string without_numbers(const std::string &text)
{
    std::string out;
    for (const char c : text) {
        if (std::isdigit(static_cast<unsigned char>(c)) == 0) {
            out += c;
        } else if (out.empty() || out.back() != '#') {
            out += '#';
        }
    }
    return out;
}

TEST_F(RemoteFault, WhatPassesIsTriedAgain)
{
    expect_good("twice-500");
    expect_good("twice-503");
    expect_good("twice-429");
    expect_good("twice-408");
    expect_good("once");
}

TEST_F(RemoteFault, WhatStaysIsAnError)
{
    expect_error("status-500", GAIA_UNREACHABLE, "HTTP 500 (3 attempts)");
    expect_error("status-429", GAIA_UNREACHABLE, "HTTP 429 (3 attempts)");
    (void)server->requests();
    expect_error("status-403", GAIA_DENIED, "HTTP 403: access denied (no token was sent)");
    expect_error("status-418", GAIA_FILE_UNREADABLE, "HTTP 418");
    size_t n_asked = 0;
    for (const std::string &line : server->requests()) {
        n_asked += line.find("/longitude/0") != std::string::npos ? 1U : 0U;
    }
    EXPECT_EQ(n_asked, 2u); // no use in trying these again
    expect_error("early", GAIA_UNREACHABLE, "Empty reply from server (3 attempts)");
}

TEST_F(RemoteFault, ChunksThatAreNotThere)
{
    const ReadStore gone = read("status-404", "s.zarr", access_.access);
    EXPECT_EQ(gone.status, GAIA_FILE_DAMAGED);
    EXPECT_EQ(gone.error, "STORE: array 'longitude': chunk 'longitude/0': it is missing, and there "
                          "is no fill_value");
    EXPECT_EQ(read("plain", "none.zarr", access_.access).error,
              "STORE: not a Zarr store: it has no zarr.json, .zmetadata or .zgroup");
}

TEST_F(RemoteFault, RetryAfterIsHonouredAndBounded)
{
    for (const char *fault : {"busy-1", "busy-3600"}) {
        const auto begin = std::chrono::steady_clock::now();
        http_request *request = nullptr;
        zarr_buffer body = {};
        gaia_error err = {};
        bool found = false;
        ASSERT_EQ(http_request_start(access_.access.pool, &access_.access.origin,
                                     server->url(fault, "s.zarr/longitude/0").c_str(), nullptr, 56,
                                     false, &request, &err),
                  GAIA_OK);
        EXPECT_EQ(http_request_wait(request, &body, &found, &err), GAIA_OK) << err.detail;
        EXPECT_TRUE(found);
        EXPECT_EQ(body.length, 56u);
        zarr_buffer_fini(&body);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        EXPECT_GE(took.count(), 0.99) << fault;
        EXPECT_LT(took.count(), 5.0) << fault;
    }
}

TEST_F(RemoteFault, PausesDoubleWithFullJitterUpToABound)
{
    http_limits limits = quick_limits();
    limits.backoff_ms = 100;
    limits.backoff_max_ms = 350;
    limits.retry_after_max_ms = 5000;
    const int64_t bounds[] = {0, 100, 200, 350, 350};
    for (unsigned attempt = 1; attempt <= 4; attempt++) {
        int64_t least = 1000;
        int64_t most = 0;
        for (uint64_t random = 0; random < 2000; random++) {
            const int64_t pause = http_pause_ms(&limits, attempt, 0, random * 7919);
            least = std::min(least, pause);
            most = std::max(most, pause);
        }
        EXPECT_EQ(least, 0);
        EXPECT_EQ(most, bounds[attempt]);
    }
    EXPECT_EQ(http_pause_ms(&limits, 1, 3, 99), 3000);
    EXPECT_EQ(http_pause_ms(&limits, 1, INT64_MAX, 99), 5000);
    EXPECT_LE(http_pause_ms(&limits, 1000000, 0, UINT64_MAX), 350);
}

TEST_F(RemoteFault, SlowServersEndInTime)
{
    http_limits limits = quick_limits();
    limits.attempts = 2;
    limits.total_ms = 300;
    const Access hurried(limits);
    expect_error("stall", GAIA_TIMEOUT,
                 "no whole answer in time, but 4 bytes of its body (2 attempts)", hurried.access);
    limits.total_ms = 10000;
    limits.attempts = 1;
    limits.stall_s = 1;
    limits.stall_bytes_per_s = 1000;
    const Access patient(limits);
    const ReadStore got = read("trickle", "s.zarr", patient.access);
    EXPECT_EQ(got.status, GAIA_TIMEOUT);
    EXPECT_EQ(without_numbers(got.error.substr(sizeof kKey - 1)),
              "no whole answer in time, but # bytes of its body (# attempt)");
}

TEST_F(RemoteFault, NobodyListens)
{
    const std::string url = "http://127.0.0.1:1/s.zarr";
    const ReadStore got = read_store(url, "v", kAmpleLimits, &access_.access);
    EXPECT_EQ(got.status, GAIA_UNREACHABLE);
    EXPECT_EQ(without_numbers(got.error),
              "STORE: key 'zarr.json': Failed to connect to #.#.#.# port # after # ms: Couldn't "
              "connect to server (# attempts)");
}

TEST_F(RemoteFault, LengthsThatAreLies)
{
    expect_error("short", GAIA_UNREACHABLE, "its body ended after 5 bytes, too early (3 attempts)");
    expect_error("long", GAIA_PROTOCOL, "its body goes on after the 56 bytes of its length");
    const std::string more = "STORE: array 'longitude': chunk 'longitude/0': more than the 56 "
                             "bytes that it can have";
    expect_error("lies", GAIA_FILE_DAMAGED, more);
    // Metadata say nothing of their length: what is read of them has a limit.
    EXPECT_EQ(read("endless", "s.zarr", access_.access, "all").error,
              "STORE: key '.zmetadata': more than the 16777216 bytes that are read");
    expect_error("endless", GAIA_FILE_DAMAGED, more);
}

TEST(HttpReach, IsThatOfTheNetwork)
{
    for (const char *address :
         {"127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"}) {
        EXPECT_EQ(http_reach_of(address), HTTP_SELF) << address;
    }
    for (const char *address : {"169.254.169.254", "fe80::1", "::ffff:169.254.0.1"}) {
        EXPECT_EQ(http_reach_of(address), HTTP_LINK) << address;
    }
    for (const char *address : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                                "100.64.0.1", "100.127.255.255", "fd00::1", "::ffff:10.1.2.3"}) {
        EXPECT_EQ(http_reach_of(address), HTTP_PRIVATE) << address;
    }
    for (const char *address : {"8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "100.128.0.1",
                                "169.253.0.1", "126.0.0.1", "2001:db8::1", "a name", ""}) {
        EXPECT_EQ(http_reach_of(address), HTTP_PUBLIC) << address;
    }
}

// One that was led here by a server of the internet, and by one of this machine.
TEST_F(RemoteFault, ARedirectLeadsNoNearer)
{
    const http_limits limits = quick_limits();
    for (const http_reach first : {HTTP_PUBLIC, HTTP_PRIVATE, HTTP_LINK, HTTP_SELF}) {
        http_exchange exchange;
        gaia_error err = {};
        int64_t retry_after_s = 0;
        ASSERT_EQ(http_exchange_init(&exchange, &err), GAIA_OK);
        exchange.origin = &access_.access.origin;
        exchange.limits = &limits;
        exchange.bytes_max = 1 << 20;
        exchange.redirected = true;
        exchange.reach = first;
        (void)server->requests();
        text_append(&exchange.url, server->url("plain", "s.zarr/.zgroup").c_str());
        ASSERT_EQ(http_exchange_prepare(&exchange, nullptr, &err), GAIA_OK);
        const int code = curl_easy_perform(exchange.easy);
        EXPECT_EQ(http_exchange_judge(&exchange, code, &retry_after_s, &err),
                  first == HTTP_SELF ? HTTP_FOUND : HTTP_FAILED);
        EXPECT_EQ(server->requests().size(), first == HTTP_SELF ? 1u : 0u); // nothing was sent
        if (first != HTTP_SELF) {
            EXPECT_EQ(err.status, GAIA_DENIED);
            EXPECT_STREQ(err.detail,
                         "redirected to an address of this machine or its network, which "
                         "is not followed");
        }
        exchange.redirected = false; // asked for by its own name it may be
        ASSERT_EQ(http_exchange_prepare(&exchange, nullptr, &err), GAIA_OK);
        EXPECT_EQ(curl_easy_perform(exchange.easy), CURLE_OK);
        EXPECT_EQ(exchange.reach, HTTP_SELF);
        http_exchange_fini(&exchange);
    }
}

TEST_F(RemoteFault, RedirectsAreFollowedWithinReason)
{
    expect_good("other");
    expect_good("same");
    expect_error("loop", GAIA_DENIED, "more than 3 redirects");
    expect_error("nowhere", GAIA_PROTOCOL, "a redirect that does not say where to");
    expect_error("file", GAIA_DENIED, "redirected to scheme 'file', which is not followed");
}

TEST_F(RemoteFault, WhatWasNotAskedFor)
{
    expect_error("gzip", GAIA_FORMAT_UNSUPPORTED,
                 "content-encoding 'gzip', which was not asked for");
    make("shard.zarr", made([](MadeArray &a) {
             a.chunk = {2, 4, 4, 6};
             a.inner = {1, 2, 2, 3};
         }),
         3);
    EXPECT_EQ(
        read("elsewhere", "shard.zarr", access_.access, "chunks").error,
        "STORE: key 'v/c/0/0/0/0': another part than asked for: content-range 'bytes 1-2/1028'");
    expect_error("status-206", GAIA_FORMAT_UNSUPPORTED, "a part was sent where all was asked for");
    expect_error("headers-200000", GAIA_UNREACHABLE, "its headers take more than 65536 bytes");
    expect_error("headers-500", GAIA_UNREACHABLE, "its headers take more than 65536 bytes");
}

TEST_F(RemoteFault, PagesInPlaceOfChunksAndMetadata)
{
    expect_error("page", GAIA_FILE_DAMAGED,
                 "STORE: array 'longitude': chunk 'longitude/0': there are 40 bytes instead of 56");
    const ReadStore got = read("page", "s.zarr", access_.access, "all");
    EXPECT_EQ(got.status, GAIA_FILE_DAMAGED);
    EXPECT_EQ(got.error, "STORE: .zmetadata: line 1, column 1: '[' or '{' expected");
    Access checked;
    checked.check_against(root("s.zarr"));
    EXPECT_EQ(read("page", "s.zarr", checked.access).error,
              checked.differs("STORE", "longitude/0", page()));
}

TEST_F(RemoteFault, AnErrorAmidAFieldLeavesNothingBehind)
{
    make("s.zarr", made([](MadeArray &a) { a.chunk = {1, 1, 1, 1}; }));
    reader *opened = nullptr;
    gaia_error err = {};
    std::vector<double> raw(35);
    std::vector<double> placed(35);
    const reader_field field = {};
    ASSERT_EQ(reader_zarr.open_with(server->url("plain", "s.zarr").c_str(), &access_.access,
                                    &opened, &err),
              GAIA_OK)
        << err.detail;
    ASSERT_EQ(reader_zarr.scan(opened, "v", nullptr, nullptr, &err), GAIA_OK) << err.detail;
    file_put(root("s.zarr/v/0.0.1.1"), Bytes(3));
    EXPECT_EQ(reader_zarr.read(opened, &field, raw.data(), &kAmpleLimits, placed.data(), &err),
              GAIA_FILE_DAMAGED);
    EXPECT_EQ(http_pool_bytes(access_.access.pool), 0u);
    make("s.zarr", made([](MadeArray &a) { a.chunk = {1, 1, 1, 1}; }));
    EXPECT_EQ(reader_zarr.read(opened, &field, raw.data(), &kAmpleLimits, placed.data(), &err),
              GAIA_OK);
    reader_zarr.close(opened);
}

TEST_F(RemoteFault, NobodyWaitsForWhatIsCancelled)
{
    http_limits limits = quick_limits();
    limits.stall_s = 1000; // it would be waited for long enough to be seen
    limits.total_ms = 1000000;
    Access access(limits);
    make("cancelled.zarr");
    http_pool_watch(
        access.access.pool, [](const void *) { return true; }, nullptr);
    const ReadStore got = read("stall", "cancelled.zarr", access.access);
    EXPECT_EQ(got.status, GAIA_CANCELLED);
    // The key whose answer was not there at the first look: any, and at the latest the first chunk.
    EXPECT_TRUE(std::regex_match(got.error, std::regex("STORE: key '[^']+': cancelled")))
        << got.error;
    http_pool_watch(access.access.pool, nullptr, nullptr);
    EXPECT_EQ(read("plain", "cancelled.zarr", access.access).status, GAIA_OK);
}

} // namespace
