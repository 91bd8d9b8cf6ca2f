// SPDX-License-Identifier: MIT
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "text.h"
}

namespace
{

std::string csv(const char *cell)
{
    struct text text = {};
    text_csv(&text, cell);
    const std::string made = text.s;
    text_fini(&text);
    return made;
}

std::string formatted(double value)
{
    char out[TEXT_NUMBER];
    memset(out, '#', sizeof out);
    number_format(value, out);
    return out;
}

// Digits of the significand, without zeros at either end.
size_t significant_digits(const std::string &number)
{
    std::string digits;
    for (const char c : number.substr(0, number.find('e'))) {
        if (c >= '0' && c <= '9') {
            digits += c;
        }
    }
    const size_t first = digits.find_first_not_of('0');
    return first == std::string::npos ? 0 : digits.find_last_not_of('0') - first + 1;
}

// Whether a decimal with this many digits, one of the two around value, reads back as value.
bool reads_back_with(double value, int n_digits)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", n_digits - 1, value);
    if (strtod(text, nullptr) == value) {
        return true;
    }
    char *last = strchr(text, 'e') - 1;
    const char was = *last;
    for (const char c : {static_cast<char>(was + 1), static_cast<char>(was - 1)}) {
        *last = c;
        if (c >= '0' && c <= '9' && strtod(text, nullptr) == value) {
            return true;
        }
    }
    return false;
}

void expect_shortest(double value)
{
    const std::string text = formatted(value);
    double back = 0;
    ASSERT_TRUE(number_parse(text.c_str(), &back)) << text;
    ASSERT_EQ(memcmp(&back, &value, sizeof back), 0) << text;
    const size_t n = significant_digits(text);
    ASSERT_LE(n, 17u) << text;
    ASSERT_FALSE(n > 1 && reads_back_with(value, static_cast<int>(n) - 1)) << text;
}

} // namespace

TEST(Text, GrowsAsItIsAppendedTo)
{
    struct text text = {};
    std::string same;
    for (int i = 0; i < 5000; i++) {
        text_printf(&text, "%d,", i);
        same += std::to_string(i) + ",";
    }
    text_append(&text, "end");
    text_append_n(&text, "xyz", 2);
    same += "endxy";
    EXPECT_FALSE(text.failed);
    EXPECT_EQ(text.length, same.size());
    EXPECT_STREQ(text.s, same.c_str());
    text_fini(&text);
    EXPECT_EQ(text.s, nullptr);
    EXPECT_EQ(text.length, 0u);
}

TEST(Text, NothingAppendedIsStillText)
{
    struct text text = {};
    text_append(&text, "");
    EXPECT_STREQ(text.s, "");
    text_fini(&text);
}

TEST(Text, KeepsNulBytes)
{
    struct text text = {};
    text_append_n(&text, "a\0b", 3);
    EXPECT_EQ(text.length, 3u);
    EXPECT_EQ(memcmp(text.s, "a\0b", 4), 0);
    text_fini(&text);
}

TEST(Text, FormatsMoreThanItsFirstCapacity)
{
    struct text text = {};
    const std::string more(10000, 'x');
    text_printf(&text, "<%s>", more.c_str());
    EXPECT_EQ(std::string(text.s), "<" + more + ">");
    text_fini(&text);
}

TEST(Text, CsvCellIsQuotedOnlyWhereNeeded)
{
    EXPECT_EQ(csv("plain text"), "plain text");
    EXPECT_EQ(csv(""), "");
    EXPECT_EQ(csv("a,b"), "\"a,b\"");
    EXPECT_EQ(csv("say \"x\""), "\"say \"\"x\"\"\"");
    EXPECT_EQ(csv("two\nlines"), "\"two\nlines\"");
    EXPECT_EQ(csv("two\r\nlines"), "\"two\r\nlines\"");
    EXPECT_EQ(csv("\""), "\"\"\"\"");
}

TEST(Number, SpecialValues)
{
    EXPECT_EQ(formatted(std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(formatted(-std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(formatted(HUGE_VAL), "inf");
    EXPECT_EQ(formatted(-HUGE_VAL), "-inf");
    EXPECT_EQ(formatted(0.0), "0");
    EXPECT_EQ(formatted(-0.0), "-0");
}

TEST(Number, ShortOnesStayShort)
{
    EXPECT_EQ(formatted(0.1), "0.1");
    EXPECT_EQ(formatted(7320), "7320");
    EXPECT_EQ(formatted(-2.5), "-2.5");
    EXPECT_EQ(formatted(1e22), "1e+22");
    EXPECT_EQ(formatted(1.0 / 3), "0.3333333333333333");
    EXPECT_EQ(formatted(0.1 + 0.2), "0.30000000000000004");
    EXPECT_EQ(formatted(147003.48862586613), "147003.48862586613");
}

TEST(Number, ExtremesReadBack)
{
    for (const double value :
         {DBL_MAX, DBL_MIN, DBL_EPSILON, std::numeric_limits<double>::denorm_min(),
          std::nextafter(DBL_MIN, 0.0), std::nextafter(1.0, 2.0)}) {
        expect_shortest(value);
        expect_shortest(-value);
    }
    EXPECT_EQ(formatted(std::numeric_limits<double>::denorm_min()), "5e-324");
}

TEST(Number, PowersOfTwoAreShortest)
{
    for (int exponent = -1074; exponent < 1024; exponent++) {
        expect_shortest(std::ldexp(1.0, exponent));
        expect_shortest(std::nextafter(std::ldexp(1.0, exponent), 0.0));
    }
    EXPECT_EQ(formatted(std::ldexp(1.0, -44)), "5.684341886080802e-14");
}

TEST(Number, RandomBitsAreShortest)
{
    std::mt19937_64 random(20170101);
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = random();
        double value;
        memcpy(&value, &bits, sizeof value);
        if (std::isfinite(value)) {
            expect_shortest(value);
        }
    }
}

TEST(Text, CleanLeavesOneLineOfUtf8)
{
    const auto cleaned = [](std::string s, bool want) {
        EXPECT_EQ(text_clean(s.data()), want) << s;
        return std::string(s.c_str());
    };
    EXPECT_EQ(cleaned("m\xc2\xb2 \xe2\x82\xac \xf0\x9f\x8c\x8d", true),
              "m\xc2\xb2 \xe2\x82\xac \xf0\x9f\x8c\x8d");
    EXPECT_EQ(cleaned("a\nb\tc\x7f", false), "a b c ");
    EXPECT_EQ(cleaned("cut \xe2\x82", false), "cut ??");
    EXPECT_EQ(cleaned("\xff\xc0\xaf\xed\xa0\x80z", false), "??????z"); // never, overlong, surrogate
    EXPECT_EQ(cleaned("a\xe2\x80\xaegpj.exe", false), "a?gpj.exe");    // right to left from here
    EXPECT_EQ(cleaned("\xc2\x9b"
                      "31m\xe2\x80\xa8\xe2\x80\xa9x\xc2\xad\xf0\x9d\x85\xb3",
                      false),
              " 31m  x??"); // C1, separators of lines and paragraphs, a soft hyphen, a tie of notes
}

// A character in UTF-8.
std::string utf8(uint32_t code)
{
    const auto byte = [&](uint32_t lead, int shift, uint32_t mask) {
        return static_cast<char>(lead | (code >> shift & mask));
    };
    const auto tail = [&](int shift) { return byte(0x80, shift, 0x3f); };
    return code < 0x80      ? std::string{byte(0, 0, 0x7f)}
           : code < 0x800   ? std::string{byte(0xc0, 6, 0x1f), tail(0)}
           : code < 0x10000 ? std::string{byte(0xe0, 12, 0xf), tail(6), tail(0)}
                            : std::string{byte(0xf0, 18, 0x7), tail(12), tail(6), tail(0)};
}

// Each with what stands beside it and is shown.
TEST(Text, HiddenCharactersAreThoseOfFourCategories)
{
    const struct {
        uint32_t first, last;
    } runs[] = {{0x1, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},      {0x61c, 0x61c},
                {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},  {0x2060, 0x2064},
                {0x2066, 0x206f},   {0xfeff, 0xfeff},   {0xfff9, 0xfffb},  {0x1bca0, 0x1bca3},
                {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}};
    for (const auto &run : runs) {
        for (uint32_t code = run.first; code <= run.last; code++) {
            EXPECT_TRUE(text_is_hidden(code)) << std::hex << code;
            EXPECT_FALSE(text_is_clean(utf8(code).c_str())) << std::hex << code;
        }
        EXPECT_FALSE(text_is_hidden(run.last + 1)) << std::hex << run.last + 1;
        EXPECT_TRUE(run.first == 1 || !text_is_hidden(run.first - 1)) << std::hex << run.first - 1;
    }
    size_t n = 0;
    for (uint32_t code = 0; code < 0x110000; code++) {
        n += text_is_hidden(code);
    }
    EXPECT_EQ(n, 65u + 170 + 2); // Cc, Cf, Zl and Zp
}

TEST(Text, CleanIsAppendedAsItIsShown)
{
    text out = {};
    text_append(&out, "a\n");
    text_append_clean(&out, "b\nc\xe2\x80\x8b");
    text_append_clean(&out, "");
    text_append(&out, "\n");
    EXPECT_STREQ(out.s, "a\nb c?\n");
    EXPECT_EQ(out.length, strlen(out.s));
    text_fini(&out);
}

TEST(Number, RandomSubnormalsAreShortest)
{
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = (random() & 0xfffffffffffffu) >> (i % 52);
        double value;
        memcpy(&value, &bits, sizeof value);
        expect_shortest(value);
    }
}

TEST(Number, DecimalsOfUpTo15DigitsComeBackAsWritten)
{
    std::mt19937_64 random(11);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        (void)snprintf(
            text, sizeof text, "%.*g", 1 + i % 15,
            std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 100));
        EXPECT_EQ(significant_digits(formatted(strtod(text, nullptr))), significant_digits(text));
    }
}

TEST(Number, ParseTakesAWholeFiniteNumberOnly)
{
    double value = 42;
    for (const char *text :
         {"", " ", "x", "1x", "1 ", "nan", "inf", "-inf", "1e999", "--1", "1,5"}) {
        EXPECT_FALSE(number_parse(text, &value)) << text;
    }
    EXPECT_EQ(value, 42);
    EXPECT_TRUE(number_parse("-1.5e3", &value));
    EXPECT_EQ(value, -1500);
    EXPECT_TRUE(number_parse("500", &value));
    EXPECT_EQ(value, 500);
}
