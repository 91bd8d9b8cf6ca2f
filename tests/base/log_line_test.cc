// SPDX-License-Identifier: MIT
//
// One line: whatever texts hold, it is one line, and JSON where JSON is wanted.
#include <limits.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <jansson.h>

extern "C" {
#include "log_line.h"
#include "text.h"
}

namespace
{

using Json = std::unique_ptr<json_t, decltype(&json_decref)>;

struct Made {
    log_form form = LOG_CONSOLE;
    bool is_coloured = false;
    bool is_journal = false;
    log_level level = LOG_INFO;
    unsigned kind = LOG_APPLICATION;

    std::string line(std::vector<log_field> fields, const struct log *log = nullptr) const
    {
        const log_site site = {kind, level, "lease_lost", "a lease was lost"};
        const log_head head = {form,        is_coloured, is_journal, 1796032192123,
                               "gaia-test", 4711,        &site};
        struct log_line made = {};
        fields.push_back({});
        log_line_make(&made, &head, log, fields.data());
        EXPECT_LE(made.used, static_cast<size_t>(PIPE_BUF));
        return {made.bytes, made.used};
    }

    Json json(std::vector<log_field> fields, const struct log *log = nullptr) const
    {
        Made made = *this;
        made.form = LOG_JSON;
        const std::string text = made.line(std::move(fields), log);
        EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
        json_error_t error = {};
        json_t *root = json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, &error);
        EXPECT_NE(nullptr, root) << error.text << ": " << text;
        return {root, json_decref};
    }
};

std::string text_in(const Json &json, const char *key)
{
    const char *text = json_string_value(json_object_get(json.get(), key));
    return text != nullptr ? text : "(none)";
}

// The value that the text of a field becomes.
std::string value(const char *text)
{
    return text_in(Made().json({log_text("value", text)}), "value");
}

} // namespace

TEST(LogLine, OnTheConsoleItIsReadFromTheLeft)
{
    EXPECT_EQ("2026-11-30T09:49:52.123Z info application gaia-test[4711] lease_lost: a lease was "
              "lost job=ab12 batch=7 name=\"two words\" good=true share=0.25\n",
              Made().line({log_text("job", "ab12"), log_int("batch", 7),
                           log_text("name", "two words"), log_flag("good", true),
                           log_number("share", 0.25), log_text("absent", nullptr)}));
}

TEST(LogLine, AsJsonItHasEveryPart)
{
    Made made;
    made.kind = LOG_SECURITY | LOG_OFTEN;
    made.level = LOG_WARNING;
    made.form = LOG_JSON;
    EXPECT_EQ(
        "{\"time\":\"2026-11-30T09:49:52.123Z\",\"level\":\"warning\",\"stream\":\"security\","
        "\"program\":\"gaia-test\",\"pid\":4711,\"event\":\"lease_lost\",\"message\":\"a lease "
        "was lost\",\"job\":\"ab12\",\"batch\":-7,\"share\":null,\"good\":false}\n",
        made.line({log_text("job", "ab12"), log_int("batch", -7), log_number("share", NAN),
                   log_flag("good", false)}));
}

TEST(LogLine, WhatIsBoundComesFirstAndTheInnerOfTwoNamesCounts)
{
    const log_field outer[] = {log_text("executor", "e1"), log_int("batch", 1), {}};
    const log_field inner[] = {log_text("job", "j"), log_int("batch", 2), {}};
    const struct log first = {nullptr, nullptr, outer};
    const struct log second = log_bound(&first, inner);
    const std::string line = Made().line({log_text("own", "x")}, &second);
    EXPECT_NE(std::string::npos, line.find(" executor=e1 batch=2 job=j own=x\n")) << line;
}

TEST(LogLine, HostileTextsStayTexts)
{
    const std::string hostile[] = {"a\nb\r\tc",
                                   "\x1b[31mred\x1b[0m",
                                   "\"}\n{\"level\":\"error\"",
                                   "\xff\xfe\x80",
                                   "\xc3",
                                   "\xed\xa0\x80",
                                   "\xf4\x90\x80\x80",
                                   "\\",
                                   "\x7f\x01",
                                   "\xc2\x9b"
                                   "31m",
                                   "\xe2\x80\xae"
                                   "gpj.exe",
                                   "\xe2\x80\xa8",
                                   "\xe2\x80\x8b",
                                   "\xf0\x9d\x85\xb3",
                                   "\xf0\x9f\x8c\x8d",
                                   "",
                                   "=",
                                   "null"};
    for (const std::string &text : hostile) {
        const Json json = Made().json({log_text("name", text.c_str()), log_int("last", 1)});
        EXPECT_EQ(1, json_integer_value(json_object_get(json.get(), "last"))) << text;
        const std::string line = Made().line({log_text("name", text.c_str()), log_int("last", 1)});
        EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
        EXPECT_NE(std::string::npos, line.rfind(" last=1\n")) << line;
        EXPECT_TRUE(text_is_utf8(line.c_str())) << line;
        for (const char *control : {"\x1b", "\x7f", "\r", "\t", "\xc2\x9b", "\xe2\x80\xae",
                                    "\xe2\x80\x8b", "\xf0\x9d\x85\xb3"}) {
            EXPECT_EQ(std::string::npos, line.find(control)) << line;
        }
    }
    for (const char *text : {"a\nb\r\tc", "\xe2\x80\xae", "\xf0\x9d\x85\xb3", "\xf3\xa0\x81\xbf"}) {
        EXPECT_EQ(text, value(text)); // escaped, not lost
    }
    EXPECT_EQ("\xef\xbf\xbd\xef\xbf\xbd!", value("\xff\xfe!"));
}

// Every byte, alone and in pairs.
TEST(LogLine, AnyBytesMakeJson)
{
    for (int first = 1; first < 256; first++) {
        for (int second = 1; second < 256; second += 3) {
            const char text[] = {static_cast<char>(first), static_cast<char>(second), 0};
            ASSERT_NE("(none)", value(text)) << first << " " << second;
        }
    }
}

TEST(LogLine, ALongTextIsCutAtACharacterAndTheLineSaysSo)
{
    for (const char *piece : {"x", "\"", "\x01", "\xf0\x9f\x8c\x8d"}) {
        std::string text;
        for (int i = 0; i < 6000; i++) {
            text += piece;
        }
        const Json json = Made().json({log_int("first", 1), log_text("text", text.c_str()),
                                       log_text("text2", text.c_str()), log_int("last", 2)});
        EXPECT_TRUE(json_is_true(json_object_get(json.get(), "cut")));
        EXPECT_EQ(1, json_integer_value(json_object_get(json.get(), "first")));
        EXPECT_EQ(0u, text.find(text_in(json, "text")));
        EXPECT_GT(text_in(json, "text").size(), 500u);
        const std::string line = Made().line({log_text("text", text.c_str())});
        EXPECT_NE(std::string::npos, line.rfind(" cut=true\n"));
    }
}

TEST(LogLine, ManyFieldsAreCutToo)
{
    std::vector<std::string> names;
    std::vector<log_field> fields;
    for (int i = 0; i < 100; i++) {
        names.push_back("field_" + std::to_string(i));
    }
    for (const std::string &name : names) {
        fields.push_back(log_int(name.c_str(), 1));
    }
    const Json json = Made().json(fields);
    EXPECT_TRUE(json_is_true(json_object_get(json.get(), "cut")));
}

TEST(LogLine, ASecretIsNeverWritten)
{
    const std::string line =
        Made().line({log_secret("password", "hunter2"), log_secret("none", nullptr),
                     log_short("session", "0123456789abcdef")});
    EXPECT_NE(std::string::npos, line.find(" password=\"[redacted]\" session=01234567\n")) << line;
    const struct {
        const char *text;
        const char *written;
    } cases[] = {
        {"https://user:pass@host/f.zarr: 403", "https://[redacted]@host/f.zarr: 403"},
        {"https://token@host/", "https://[redacted]@host/"},
        {"s3://a:b@h and ftp://c:d@k", "s3://[redacted]@h and ftp://[redacted]@k"},
        {"http://u:p@ss@host", "http://[redacted]@host"},
        {"http://user:secr", "http://[redacted]"}, // cut before its host
        {"postgresql://gaia:p/w@rd@db/gaia", "postgresql://[redacted]@db/gaia"},
        {"https://token@host/a@b https://host:80/a@b",
         "https://[redacted]@host/a@b https://host:80/a@b"},
        {"https://host:8080/a?X-Amz-Signature=abc&part=1",
         "https://host:8080/a?X-Amz-Signature=[redacted]&part=1"},
        {"https://host/a?sig=abc", "https://host/a?sig=[redacted]"},
        {"host=db user=gaia password='two words' dbname=x",
         "host=db user=gaia password='[redacted]' dbname=x"},
        {"password=one,two;) dbname=x", "password=[redacted] dbname=x"},
        {"password='it\\'s one' dbname=x", "password='[redacted]' dbname=x"},
        {"password=a&b dbname=x", "password=[redacted] dbname=x"},
        {"password=a\\ b dbname=x", "password=[redacted] dbname=x"},
        {"password = a dbname=x", "password = [redacted] dbname=x"},
        {"password = 'a b' dbname=x", "password = '[redacted]' dbname=x"},
        {"?token=abc&user=x", "?token=[redacted]&user=x"},
        {"PGPASSWORD=x host=y", "PGPASSWORD=[redacted] host=y"},
        {"Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [redacted]"},
        {"gaia_0123456789abcdef0123456789abcdef", "[redacted]"},
        {"the bearer token is missing or wrong", "the bearer token is missing or wrong"},
        {"http://[::1]:80/x http://127.0.0.1:34377", "http://[::1]:80/x http://127.0.0.1:34377"},
        {"design=3 mail a@b.c gaia_scheduler", "design=3 mail a@b.c gaia_scheduler"},
    };
    for (const auto &c : cases) {
        EXPECT_EQ(c.written, value(c.text));
    }
}

TEST(LogLine, TheJournalGetsPrioritiesAndTerminalsGetColours)
{
    Made made;
    made.is_journal = true;
    for (const auto &[level, start] : {std::pair(LOG_ERROR, "<3>"), std::pair(LOG_WARNING, "<4>"),
                                       std::pair(LOG_INFO, "<6>"), std::pair(LOG_DEBUG, "<7>")}) {
        made.level = level;
        EXPECT_EQ(0u, made.line({}).find(start));
    }
    Made coloured;
    coloured.is_coloured = true;
    coloured.level = LOG_ERROR;
    EXPECT_NE(std::string::npos, coloured.line({}).find("\x1b[31merror\x1b[0m"));
}
