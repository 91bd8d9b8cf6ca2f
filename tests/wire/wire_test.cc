/* SPDX-License-Identifier: MIT
 *
 * Messages: what is encoded comes back to the bit, and nothing that a peer can send does harm.
 */
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

extern "C" {
#include "clock.h"
#include "wire.h"
}

namespace
{

using Bytes = std::vector<unsigned char>;

Bytes encode(const char *header, const std::vector<double> &sums)
{
    json_error_t at;
    json_t *json = json_loads(header, 0, &at);
    unsigned char *bytes = nullptr;
    size_t length = 0;
    gaia_error err = {};
    EXPECT_EQ(GAIA_OK, wire_encode(json, sums.empty() ? nullptr : sums.data(), sums.size(), &bytes,
                                   &length, &err))
        << err.detail;
    json_decref(json);
    Bytes message(bytes, bytes + length);
    free(bytes);
    return message;
}

/* Decodes a copy that ends where the heap block ends, so that ASan sees a read beyond it. */
gaia_status decode(const Bytes &message, std::string *header, std::vector<double> *sums,
                   gaia_error *err)
{
    unsigned char *exact = static_cast<unsigned char *>(malloc(message.size() + 1));
    std::copy(message.begin(), message.end(), exact + 1);
    json_t *json = nullptr;
    double *values = nullptr;
    size_t count = 0;
    const gaia_status status =
        wire_decode(&wire_work_limits, exact + 1, message.size(), &json, &values, &count, err);
    if (status == GAIA_OK) {
        char *text = json_dumps(json, JSON_COMPACT);
        *header = text;
        sums->assign(values, values + count);
        free(text);
    }
    json_decref(json);
    free(values);
    free(exact);
    return status;
}

TEST(Wire, HeaderWithoutSums)
{
    std::string header;
    std::vector<double> sums;
    gaia_error err = {};
    for (const char *text : {"{}", "{\"a\":1}", "{\"ab\":12}", "{\"abc\":\"\xc3\xa4\"}",
                             "{\"verb\":\"FETCH\",\"seq\":9007199254740993}"}) {
        const Bytes message = encode(text, {});
        EXPECT_EQ(0u, message.size() % 8);
        ASSERT_EQ(GAIA_OK, decode(message, &header, &sums, &err)) << err.detail;
        EXPECT_EQ(text, header);
        EXPECT_TRUE(sums.empty());
    }
}

TEST(Wire, SumsKeepEveryBit)
{
    uint64_t payload = 0x7ff8dead0000beefu;
    double nan_with_payload;
    memcpy(&nan_with_payload, &payload, sizeof payload);
    const std::vector<double> sent = {0.0,
                                      -0.0,
                                      1.0 / 3.0,
                                      nan_with_payload,
                                      std::numeric_limits<double>::infinity(),
                                      std::numeric_limits<double>::denorm_min(),
                                      -1.7976931348623157e308};
    const Bytes message = encode("{\"verb\":\"RESULT\"}", sent);
    std::string header;
    std::vector<double> got;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, decode(message, &header, &got, &err)) << err.detail;
    ASSERT_EQ(sent.size(), got.size());
    EXPECT_EQ(0, memcmp(sent.data(), got.data(), sent.size() * sizeof(double)));
}

TEST(Wire, EncodeLeavesTheHeaderAlone)
{
    json_t *header = json_pack("{s:s}", "verb", "RESULT");
    const double one = 1.0;
    unsigned char *bytes = nullptr;
    size_t length = 0;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, wire_encode(header, &one, 1, &bytes, &length, &err));
    EXPECT_EQ(1u, json_object_size(header));
    free(bytes);
    json_decref(header);
}

TEST(Wire, EncodeRefusesWhatNoPeerWouldTake)
{
    json_t *header = json_object();
    unsigned char *bytes = nullptr;
    size_t length = 0;
    gaia_error err = {};
    EXPECT_EQ(GAIA_LIMIT, wire_encode(header, nullptr, SIZE_MAX / 4, &bytes, &length, &err));
    EXPECT_EQ(nullptr, bytes);
    json_decref(header);
}

TEST(Wire, EveryTruncationIsRefused)
{
    const Bytes message = encode("{\"verb\":\"RESULT\",\"session\":\"s\"}", {1.5, 2.5, 3.5});
    std::string header;
    std::vector<double> sums;
    for (size_t length = 0; length < message.size(); length++) {
        gaia_error err = {};
        EXPECT_EQ(GAIA_PROTOCOL,
                  decode(Bytes(message.begin(), message.begin() + static_cast<long>(length)),
                         &header, &sums, &err))
            << length;
        EXPECT_EQ(GAIA_PROTOCOL, err.status);
        EXPECT_NE(0u, strlen(err.detail));
    }
    Bytes longer = message;
    longer.insert(longer.end(), 8, 0);
    gaia_error err = {};
    EXPECT_EQ(GAIA_PROTOCOL, decode(longer, &header, &sums, &err));
}

TEST(Wire, EveryFlippedBitOfTheSumsIsFound)
{
    const Bytes message = encode("{}", {1.5, -2.25});
    std::string header;
    std::vector<double> sums;
    for (size_t i = message.size() - 16; i < message.size(); i++) {
        for (int bit = 0; bit < 8; bit++) {
            Bytes changed = message;
            changed[i] = static_cast<unsigned char>(changed[i] ^ (1 << bit));
            gaia_error err = {};
            EXPECT_EQ(GAIA_PROTOCOL, decode(changed, &header, &sums, &err)) << i << " " << bit;
        }
    }
}

TEST(Wire, MutatedMessagesNeverCrash)
{
    const Bytes whole =
        encode("{\"verb\":\"RESULT\",\"results\":[{\"n\":[1,2,{\"x\":null}]}],\"t\":\"a\\u00e4\"}",
               {1.0, 2.0, 3.0, 4.0});
    std::string header;
    std::vector<double> sums;
    uint64_t seed = 20170101;
    int accepted = 0;
    for (int round = 0; round < 20000; round++) {
        Bytes changed = whole;
        for (uint64_t n = random_next(&seed) % 4 + 1; n > 0; n--) {
            changed[random_next(&seed) % changed.size()] =
                static_cast<unsigned char>(random_next(&seed));
        }
        if (round % 3 == 0) {
            changed.resize(random_next(&seed) % (changed.size() + 16));
        }
        gaia_error err = {};
        const gaia_status status = decode(changed, &header, &sums, &err);
        EXPECT_TRUE(status == GAIA_OK || status == GAIA_PROTOCOL);
        accepted += status == GAIA_OK;
    }
    EXPECT_LT(accepted, 20000);
}

TEST(Wire, HostileHeaders)
{
    const auto raw = [](uint32_t header_bytes, const std::string &rest) {
        Bytes message = {'G', 'A', 'S', '1'};
        for (int i = 0; i < 4; i++) {
            message.push_back(static_cast<unsigned char>(header_bytes >> (8 * i)));
        }
        message.insert(message.end(), rest.begin(), rest.end());
        while (message.size() % 8 != 0) {
            message.push_back(0);
        }
        return message;
    };
    const auto json = [&](const std::string &text) {
        return raw(static_cast<uint32_t>(text.size()), text);
    };
    const std::string deep = std::string(100000, '[');
    std::string header;
    std::vector<double> sums;
    for (const Bytes &message :
         {raw(0xffffffffu, "{}"), raw(0xfffffff8u, "{}"), raw(0, ""), json("[]"), json("1"),
          json("{} x"), json(deep), json("{\"a\":1,\"a\":2}"), json("{\"a\":\"\\u0000\"}"),
          json("{\"a\":\"\xff\"}"), json("{\"sums\":{\"count\":1,\"xxh3\":\"0000000000000000\"}}"),
          json("{\"sums\":{\"count\":0,\"xxh3\":\"2d06800538d394c2\"}}"),
          json("{\"sums\":{\"count\":-1,\"xxh3\":\"0000000000000000\"}}"),
          json("{\"sums\":{\"count\":2305843009213693952,\"xxh3\":\"0000000000000000\"}}"),
          json("{\"sums\":null}"), json("{\"sums\":[]}"), Bytes()}) {
        gaia_error err = {};
        EXPECT_EQ(GAIA_PROTOCOL, decode(message, &header, &sums, &err))
            << std::string(message.begin(), message.end()).substr(0, 80);
    }
}

/* What a header may hold is counted before anything of it is parsed; strings hold what they like.
 */
TEST(Wire, LimitsHoldBeforeTheHeaderIsParsed)
{
    const wire_limits limits = {256, 8, 3};
    const auto status_of = [&](const std::string &header) {
        const Bytes message = encode(header.c_str(), {});
        json_t *json = nullptr;
        double *sums = nullptr;
        size_t n_sums = 0;
        gaia_error err = {};
        const gaia_status status =
            wire_decode(&limits, message.data(), message.size(), &json, &sums, &n_sums, &err);
        EXPECT_EQ(status == GAIA_OK, json != nullptr);
        json_decref(json);
        return status;
    };
    EXPECT_EQ(GAIA_OK, status_of("{\"a\":[1,2,3,4,5,6,7]}"));
    EXPECT_EQ(GAIA_PROTOCOL, status_of("{\"a\":[1,2,3,4,5,6,7,8]}"));
    EXPECT_EQ(GAIA_OK, status_of("{\"a\":[[1]]}"));
    EXPECT_EQ(GAIA_PROTOCOL, status_of("{\"a\":[[[1]]]}"));
    EXPECT_EQ(GAIA_OK, status_of("{\"a\":\"[[[[,,,,,,,,,,\\\"[[[[\\\\\",\"b\":[[1]]}"));
    EXPECT_EQ(GAIA_PROTOCOL, status_of("{\"a\":\"\\\\\",\"b\":[[[1]]]}"));
    EXPECT_EQ(GAIA_OK, status_of("{\"a\":\"" + std::string(200, 'x') + "\"}"));
    EXPECT_EQ(GAIA_PROTOCOL, status_of("{\"a\":\"" + std::string(300, 'x') + "\"}"));
}

/* The largest BEAT and the largest plan that there are pass the limits of their channels. */
TEST(Wire, LimitsLetThroughWhatTheProtocolAsksFor)
{
    json_t *leases = json_array();
    for (int i = 0; i < 4096; i++) {
        json_array_append_new(
            leases, json_pack("{s:s, s:I, s:I}", "attempt", std::string(39, 'a').c_str(), "done",
                              INT64_C(1000000000000), "total", INT64_C(1000000000000)));
    }
    json_t *beat = json_pack("{s:s, s:s, s:o}", "verb", "BEAT", "session",
                             std::string(39, 's').c_str(), "leases", leases);
    unsigned char *bytes = nullptr;
    size_t length = 0;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, wire_encode(beat, nullptr, 0, &bytes, &length, &err));
    json_t *read = nullptr;
    double *sums = nullptr;
    size_t n_sums = 0;
    EXPECT_EQ(GAIA_OK,
              wire_decode(&wire_control_limits, bytes, length, &read, &sums, &n_sums, &err))
        << err.detail;
    EXPECT_TRUE(json_equal(beat, read));
    json_decref(read);
    json_decref(beat);
    free(bytes);
}

} // namespace
