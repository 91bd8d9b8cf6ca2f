// SPDX-License-Identifier: MIT
//
// Events of a job out of pieces that end anywhere, and out of what is none.
#include <gtest/gtest.h>

#include <string>
#include <vector>

extern "C" {
#include "client_events.h"
}

namespace
{

const char kStream[] =
    "id: queued-0.1-0.0-0\nevent: state\ndata: {\"state\":\"queued\",\"units_done\":0,"
    "\"units_total\":0,\"batches_done\":0,\"batches_total\":1,\"rate\":null}\n\n: still here\n\n"
    "id: running-1.3-7.12-0\nevent: progress\ndata: {\"state\":\"running\",\"units_done\":7,"
    "\"units_total\":12,\"batches_done\":1,\"batches_total\":3,\"rate\":2.5,\"more\":[]}\n\n";

struct Seen {
    std::vector<std::string> lines;
    size_t stop_at = SIZE_MAX;
};

int Take(void *context, const gaia_client_progress *now)
{
    auto *seen = static_cast<Seen *>(context);
    seen->lines.push_back(std::string(now->state) + " " + std::to_string(now->units_done) + "/" +
                          std::to_string(now->units_total) + " " +
                          std::to_string(now->batches_done) + "/" +
                          std::to_string(now->batches_total) + " " + std::to_string(now->rate));
    return seen->lines.size() >= seen->stop_at;
}

// What comes of the text in pieces of this size.
int Feed(const std::string &text, size_t piece, Seen *seen, gaia_status wanted)
{
    client_events events = {};
    events.take = Take;
    events.context = seen;
    int stop = 0;
    for (size_t at = 0; stop == 0 && at < text.size(); at += piece) {
        const std::string part = text.substr(at, piece);
        stop = client_events_take(&events, part.data(), part.size());
    }
    EXPECT_EQ(wanted, events.error.status) << events.error.detail;
    text_fini(&events.line);
    return stop;
}

TEST(ClientEvents, AreTheSameInWhateverPiecesTheyCome)
{
    const std::vector<std::string> wanted = {"queued 0/0 0/1 0.000000",
                                             "running 7/12 1/3 2.500000"};
    for (const size_t piece : {1u, 2u, 3u, 7u, 50u, 100u, 10000u}) {
        Seen seen;
        EXPECT_EQ(0, Feed(kStream, piece, &seen, GAIA_OK));
        EXPECT_EQ(wanted, seen.lines) << piece;
    }
}

TEST(ClientEvents, StopWhenTheReceiverWantsNoMore)
{
    Seen seen;
    seen.stop_at = 1;
    EXPECT_NE(0, Feed(kStream, 10000, &seen, GAIA_OK));
    EXPECT_EQ(1u, seen.lines.size());
}

TEST(ClientEvents, ThatAreNoneAreSaidToBe)
{
    for (const std::string &data :
         {std::string("{"), std::string("[]"), std::string("{}"), std::string("{\"state\":7}"),
          std::string("{\"state\":\"running\",\"units_done\":\"x\"}"), std::string("\xff"),
          std::string("{\"state\":\"\\u0000\"}"), std::string(70000, 'x')}) {
        Seen seen;
        EXPECT_NE(0, Feed("data: " + data + "\n", 1000, &seen, GAIA_PROTOCOL))
            << data.substr(0, 80);
        EXPECT_TRUE(seen.lines.empty());
    }
    Seen seen;
    EXPECT_EQ(0, Feed("\n\n\n:\ndata\ndat: {}\nDATA: {}\nretry: 7\n", 5, &seen, GAIA_OK));
    EXPECT_TRUE(seen.lines.empty());
}

} // namespace
