// SPDX-License-Identifier: MIT
//
// Lists and progress lines fit the window, and lose nothing of what they say.

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "listing.h"
#include "progress.h"
}

namespace
{

const struct listing_column kColumns[] = {{"id", false, false},
                                          {"fields", true, false},
                                          {"since", false, true},
                                          {"host", false, true},
                                          {"why", false, false}};

std::vector<std::string> lines(const std::string &text)
{
    std::vector<std::string> found;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        found.push_back(line);
    }
    return found;
}

std::string listed(size_t columns, bool colours, const std::string &why = "no such file")
{
    struct listing listing = {kColumns, 5, 0, {}};
    for (int i = 0; i < 2; i++) {
        listing_add(&listing, "job-%d", i);
        listing_add(&listing, "%d", i == 0 ? 7 : 12345);
        listing_add_time(&listing, i == 0 ? 0 : 1483228800000);
        listing_add(&listing, "%s", "node");
        listing_add(&listing, "%s", i == 0 ? "" : why.c_str());
    }
    const struct terminal terminal = {columns > 0, columns, colours};
    struct text out = {};
    listing_write(&listing, &terminal, &out);
    const std::string text = out.s != nullptr ? out.s : "";
    text_fini(&out);
    listing_fini(&listing);
    return text;
}

TEST(Listing, ColumnsAreAsWideAsTheirCells)
{
    EXPECT_EQ(listed(0, false), "id     fields  since          host  why\n"
                                "job-0       7  -              node  \n"
                                "job-1   12345  2017-01-01T00  node  no such file\n");
    EXPECT_EQ(listed(80, false), listed(0, false));
    EXPECT_EQ(lines(listed(80, true))[0], "\033[1mid     fields  since          host  why\033[0m");
}

TEST(Listing, WhatDoesNotFitIsWrappedOrSaidToBeLeftOut)
{
    const std::string long_why = "a reason of many words, which goes on for a while, and on";
    for (size_t columns = 34; columns < 100; columns++) {
        const std::string text = listed(columns, false, long_why);
        std::string words;
        for (const std::string &line : lines(text)) {
            if (line.find("left out, for want of room: ") == std::string::npos) {
                EXPECT_LE(line.size(), columns) << text;
            }
        }
        for (const char c : text) {
            words += c == '\n' ? ' ' : c;
        }
        size_t at = 0;
        std::istringstream of(long_why);
        for (std::string word; of >> word; at += word.size()) {
            at = words.find(word, at);
            ASSERT_NE(at, std::string::npos) << word << "\n" << text;
        }
        EXPECT_EQ(text.find("node") == std::string::npos,
                  text.find("host; ") != std::string::npos ||
                      text.find("since, host") != std::string::npos)
            << text;
    }
    EXPECT_EQ(listed(34, false), "id     fields  why\n"
                                 "job-0       7  \n"
                                 "job-1   12345  no such file\n"
                                 "left out, for want of room: since, host; --json has all\n");
}

TEST(Listing, CharactersCountNotBytes)
{
    const std::string why =
        "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac "
        "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\n\x1b[31m\xe2\x80\xae";
    const std::string text = listed(36, false, why);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
    for (const std::string &line : lines(text)) {
        EXPECT_TRUE(text_is_utf8(line.c_str())) << line;
    }
    EXPECT_EQ(terminal_width(why.c_str()), 3u + 1 + 3 + 1 + 4 + 1 + 4 + 7);
}

TEST(Listing, NoRowsIsNothing)
{
    struct listing listing = {kColumns, 5, 0, {}};
    const struct terminal terminal = {true, 80, true};
    struct text out = {};
    listing_write(&listing, &terminal, &out);
    EXPECT_EQ(out.length, 0u);
    text_fini(&out);
}

std::string progress(size_t columns, uint64_t done, uint64_t total, uint64_t counted,
                     int64_t elapsed_ms)
{
    const struct terminal terminal = {true, columns, false};
    struct text out = {};
    progress_line(&out, &terminal, "scoring", done, total, counted, elapsed_ms);
    const std::string line = out.s;
    text_fini(&out);
    return line;
}

TEST(Progress, SaysRateAndTimeLeft)
{
    EXPECT_EQ(progress(100, 0, 400, 0, 0),
              "[..............................]   0 %  0 of 400 fields, scoring");
    EXPECT_EQ(
        progress(100, 100, 400, 100, 10000),
        "[#######.......................]  25 %  100 of 400 fields, 10/s, 0:30 left, scoring");
    EXPECT_EQ(progress(100, 100, 40000, 10, 10000),
              "[..............................]   0 %  100 of 40000 fields, 1.0/s, 11:05:00 left, "
              "scoring");
    EXPECT_EQ(progress(100, 400, 400, 400, 499),
              "[##############################] 100 %  400 of 400 fields, scoring");
    EXPECT_EQ(progress(100, 7, 0, 7, 1000), // not planned yet
              "[..............................]   0 %  7 of 0 fields, 7.0/s, 0:00 left, scoring");
}

TEST(Progress, FitsTheWindow)
{
    for (size_t columns = 20; columns < 120; columns++) {
        const std::string line = progress(columns, 123456789, 987654321, 1, 3600000);
        EXPECT_LT(line.size(), columns) << line;
        EXPECT_NE(line.find(" 12 %"), std::string::npos);
    }
}

} // namespace
