// SPDX-License-Identifier: MIT
#include <cstring>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "json.h"
}

namespace
{

struct failure {
    gaia_status status;
    std::string detail;
};

struct failure parse_failure(const std::string &text)
{
    gaia_error err = {};
    json_t *root = nullptr;
    const gaia_status status = json_parse("job.json", text.data(), text.size(), &root, &err);
    EXPECT_EQ(root, nullptr) << text;
    return {status, err.detail};
}

class Members : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        const char text[] = "{\"name\": \"z500\", \"lead\": 24, \"level\": 0.5, \"list\": [1],"
                            " \"null\": null, \"yes\": true, \"large\": 1e300}";
        ASSERT_EQ(json_parse("test", text, strlen(text), &root, &err), GAIA_OK) << err.detail;
    }

    void TearDown() override
    {
        json_decref(root);
    }

    void expect_wrong(gaia_status status, const char *wanted, const char *found)
    {
        EXPECT_EQ(status, GAIA_JOB_INVALID);
        const std::string detail = err.detail;
        EXPECT_NE(detail.find("job.truth"), std::string::npos) << detail;
        EXPECT_NE(detail.find(wanted), std::string::npos) << detail;
        EXPECT_NE(detail.find(found), std::string::npos) << detail;
    }

    json_t *root = nullptr;
    gaia_error err = {};
};

} // namespace

TEST(Json, MalformedTextGivesDocumentLineAndColumn)
{
    const struct failure wrong = parse_failure("{\n  \"a\": 1,\n  \"b\": }\n");
    EXPECT_EQ(wrong.status, GAIA_JOB_INVALID);
    EXPECT_NE(wrong.detail.find("job.json: line 3, column 8"), std::string::npos) << wrong.detail;
}

TEST(Json, EveryKindOfMalformedTextIsRefused)
{
    for (const char *text :
         {"", "{", "[1,]", "{\"a\": 1,}", "{'a': 1}", "{\"a\" 1}", "1", "\"text\"", "nul", "{} {}",
          "{\"a\": 01}", "{\"a\": NaN}", "{\"a\": 1e999}", "[\"\\u0000\"]", "[\"\xff\"]",
          "{\"a\": \"\t\"}", "// note\n{}"}) {
        const struct failure wrong = parse_failure(text);
        EXPECT_EQ(wrong.status, GAIA_JOB_INVALID) << text;
        EXPECT_EQ(wrong.detail.find('\n'), std::string::npos) << wrong.detail;
    }
}

TEST(Json, CleanMakesEveryTextWithinFitToBeShown)
{
    json_t *value =
        json_pack("{s:[s, i, {s:s}], s:n}", "a", "x\xe2\x80\xaey", 1, "b\n", "c\nd", "e");
    EXPECT_TRUE(json_clean(value));
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    EXPECT_STREQ(R"({"a":["x?y",1,{"b\n":"c d"}],"e":null})", dumped);
    free(dumped);
    json_decref(value);
}

TEST(Json, DuplicateKeysAreRefused)
{
    EXPECT_NE(parse_failure("{\"a\": 1, \"a\": 2}").detail.find("duplicate"), std::string::npos);
}

TEST(Json, NestingWithoutEndIsRefused)
{
    EXPECT_EQ(parse_failure(std::string(100000, '[')).status, GAIA_JOB_INVALID);
}

TEST(Json, OnlyTheGivenLengthIsRead)
{
    json_t *root = nullptr;
    gaia_error err = {};
    ASSERT_EQ(json_parse("test", "{}garbage", 2, &root, &err), GAIA_OK);
    json_decref(root);
}

TEST_F(Members, UnknownKeysAreNamed)
{
    const char *const all[] = {"name", "lead", "level", "list", "null", "yes", "large"};
    EXPECT_EQ(json_check_keys(root, "job.truth", all, 7, &err), GAIA_OK);
    expect_wrong(json_check_keys(root, "job.truth", all, 6, &err), "unknown key", "'large'");
    expect_wrong(json_check_keys(json_object_get(root, "list"), "job.truth", all, 7, &err),
                 "an object", "an array");
}

TEST_F(Members, OfTheRightTypeAreRead)
{
    const char *name = nullptr;
    int64_t lead = 0;
    double level = 0;
    double also = 0;
    const json_t *list = nullptr;
    EXPECT_EQ(json_get_string(root, "job.truth", "name", true, &name, &err), GAIA_OK);
    EXPECT_STREQ(name, "z500");
    EXPECT_EQ(json_get_int(root, "job.truth", "lead", true, &lead, &err), GAIA_OK);
    EXPECT_EQ(lead, 24);
    EXPECT_EQ(json_get_number(root, "job.truth", "level", true, &level, &err), GAIA_OK);
    EXPECT_EQ(level, 0.5);
    EXPECT_EQ(json_get_number(root, "job.truth", "lead", true, &also, &err), GAIA_OK);
    EXPECT_EQ(also, 24);
    EXPECT_EQ(json_get_array(root, "job.truth", "list", true, &list, &err), GAIA_OK);
    EXPECT_EQ(json_array_size(list), 1u);
}

TEST_F(Members, OfTheWrongTypeAreNamedWithBothSides)
{
    const char *text = nullptr;
    int64_t integer = 0;
    double number = 0;
    const json_t *array = nullptr;
    expect_wrong(json_get_string(root, "job.truth", "lead", true, &text, &err), "a string",
                 "an integer");
    expect_wrong(json_get_int(root, "job.truth", "level", true, &integer, &err), "an integer",
                 "a real");
    expect_wrong(json_get_int(root, "job.truth", "large", true, &integer, &err), "an integer",
                 "a real");
    expect_wrong(json_get_number(root, "job.truth", "name", true, &number, &err), "a number",
                 "a string");
    expect_wrong(json_get_number(root, "job.truth", "yes", true, &number, &err), "a number",
                 "a boolean");
    expect_wrong(json_get_array(root, "job.truth", "name", true, &array, &err), "an array",
                 "a string");
    expect_wrong(json_get_string(root, "job.truth", "null", false, &text, &err), "a string",
                 "null");
    EXPECT_EQ(text, nullptr);
}

TEST_F(Members, MissingOnesAreAnErrorOnlyIfRequired)
{
    const char *text = "untouched";
    EXPECT_EQ(json_get_string(root, "job.truth", "gone", false, &text, &err), GAIA_OK);
    EXPECT_STREQ(text, "untouched");
    expect_wrong(json_get_string(root, "job.truth", "gone", true, &text, &err), "'gone'",
                 "missing");
    int64_t integer = 7;
    EXPECT_EQ(json_get_int(root, "job.truth", "gone", false, &integer, &err), GAIA_OK);
    EXPECT_EQ(integer, 7);
}
