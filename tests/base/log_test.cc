// SPDX-License-Identifier: MIT
#include <cctype>
#include <cstdio>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "log.h"
}

namespace
{

// What `write` logs. Through a file: a stream in memory grows without ThreadSanitizer seeing its
// lock.
template <typename Write> std::string logged(enum log_level level, Write write)
{
    FILE *stream = tmpfile();
    if (stream == nullptr) {
        return "no temporary file";
    }
    const struct log log = {stream, "gaia-test", level};
    write(&log);
    std::string text;
    rewind(stream);
    for (int c = fgetc(stream); c != EOF; c = fgetc(stream)) {
        text += static_cast<char>(c);
    }
    (void)fclose(stream);
    return text;
}

// The text with every digit written as 0.
std::string without_digits(std::string text)
{
    for (char &c : text) {
        c = isdigit(static_cast<unsigned char>(c)) != 0 ? '0' : c;
    }
    return text;
}

} // namespace

TEST(Log, ALineHasTimeLevelProgramAndText)
{
    const std::string text = logged(
        LOG_INFO, [](const struct log *log) { log_line(log, LOG_WARNING, "lease %s lost", "x"); });
    EXPECT_EQ(without_digits(text), "0000-00-00T00:00:00.000Z warning gaia-test: lease x lost\n");
}

TEST(Log, LinesAboveTheLevelAreDropped)
{
    EXPECT_EQ(logged(LOG_WARNING, [](const struct log *log) { log_line(log, LOG_INFO, "x"); }), "");
    EXPECT_NE(logged(LOG_WARNING, [](const struct log *log) { log_line(log, LOG_ERROR, "x"); }),
              "");
    log_line(nullptr, LOG_ERROR, "nowhere to");
}

TEST(Log, ForeignTextCannotStartALineOfItsOwn)
{
    const std::string text = logged(LOG_INFO, [](const struct log *log) {
        log_line(log, LOG_INFO, "%s", "a\nb\x1b[31m\r\tc");
    });
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Log, ALongLineIsCut)
{
    const std::string text = logged(LOG_INFO, [](const struct log *log) {
        log_line(log, LOG_INFO, "%s", std::string(10000, 'x').c_str());
    });
    EXPECT_LE(text.size(), 2048u);
    EXPECT_EQ(text.back(), '\n');
}

TEST(Log, LinesOfSeveralThreadsDoNotMix)
{
    const std::string text = logged(LOG_INFO, [](const struct log *log) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++) {
            threads.emplace_back([log] {
                for (int k = 0; k < 200; k++) {
                    log_line(log, LOG_INFO, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
                }
            });
        }
        for (auto &thread : threads) {
            thread.join();
        }
    });
    std::istringstream lines(without_digits(text));
    int n = 0;
    for (std::string line; std::getline(lines, line); n++) {
        ASSERT_EQ(line,
                  "0000-00-00T00:00:00.000Z info gaia-test: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    }
    EXPECT_EQ(n, 800);
}
