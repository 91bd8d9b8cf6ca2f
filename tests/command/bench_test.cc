// SPDX-License-Identifier: MIT
//
// `gaia bench` from outside: what it prints can be read and adds up. Nothing here asks how long
// anything took.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <jansson.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{

constexpr char kSmall[] = " --device cpu --grid 19x36 --seconds 1 --rounds 1 --threads 2";

struct Outcome {
    int status = -1;
    std::string out;
    std::string err;
};

struct Json {
    json_t *root = nullptr;
    explicit Json(const std::string &text)
    {
        json_error_t error;
        root = json_loads(text.c_str(), JSON_REJECT_DUPLICATES, &error);
        EXPECT_NE(root, nullptr) << error.text << " at line " << error.line << ": " << text;
    }
    ~Json()
    {
        json_decref(root);
    }
    Json(const Json &) = delete;
    Json &operator=(const Json &) = delete;
};

class Bench : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        std::string name = (fs::temp_directory_path() / "gaia_bench_XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override
    {
        fs::remove_all(folder);
    }

    Outcome run(const std::string &arguments) const
    {
        const std::string err = (folder / "err").string();
        FILE *pipe =
            popen((GAIA_BINARIES "/gaia bench " + arguments + " 2>'" + err + "'").c_str(), "r");
        Outcome outcome;
        char buffer[4096];
        for (size_t n; pipe != nullptr && (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
            outcome.out.append(buffer, n);
        }
        const int status = pipe != nullptr ? pclose(pipe) : -1;
        outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        std::ifstream said(err);
        outcome.err.assign(std::istreambuf_iterator<char>(said), {});
        return outcome;
    }

    fs::path folder;
};

double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    EXPECT_TRUE(json_is_number(value)) << name;
    return json_number_value(value);
}

std::string text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    EXPECT_TRUE(json_is_string(value)) << name;
    return json_is_string(value) ? json_string_value(value) : "";
}

// The figures of a case that follow from one another, and their signs.
void expect_sane(const json_t *one, const json_t *limits)
{
    SCOPED_TRACE(text(one, "name"));
    const double seconds = number(one, "seconds");
    const double bytes = number(one, "bytes");
    const double points = number(one, "points");
    const double floor_s = number(one, "floor_seconds");
    const double operations = number(json_object_get(one, "operations_per_point"), "in_floor");
    const double memory_s = bytes / number(limits, "read_gb_per_s") / 1e9;
    const double arithmetic_s = points * operations / number(limits, "float64_per_s");
    EXPECT_GT(seconds, 0);
    EXPECT_GE(number(one, "seconds_median"), seconds);
    EXPECT_NEAR(number(one, "gb_per_s"), bytes / seconds / 1e9, 1e-9 * bytes / seconds / 1e9);
    EXPECT_NEAR(number(one, "points_per_s"), points / seconds, 1e-9 * points / seconds);
    EXPECT_NEAR(floor_s, std::fmax(memory_s, arithmetic_s), 1e-9 * floor_s);
    EXPECT_NEAR(number(one, "share_of_floor"), floor_s / seconds, 1e-9 * floor_s / seconds);
    EXPECT_GT(number(one, "share_of_floor"), 0);
    EXPECT_LT(number(one, "share_of_floor"), 100);
    EXPECT_GT(number(one, "share_of_bandwidth"), 0);
    EXPECT_LT(number(one, "share_of_bandwidth"), 100);
    const json_t *stages = json_object_get(one, "stages");
    for (const char *stage : {"read", "decode", "upload", "kernel", "download", "reduce"}) {
        EXPECT_NE(json_object_get(stages, stage), nullptr) << stage;
    }
}

const json_t *case_named(const json_t *root, const std::string &name)
{
    size_t i = 0;
    const json_t *one = nullptr;
    json_array_foreach(json_object_get(root, "cases"), i, one)
    {
        if (text(one, "name") == name) {
            return one;
        }
    }
    ADD_FAILURE() << "no case " << name;
    return nullptr;
}

} // namespace

TEST_F(Bench, JsonHasEveryCaseOfTheLimitsAndItsFiguresAddUp)
{
    const Outcome outcome = run(std::string("--json --fields 16") + kSmall);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const Json json(outcome.out);
    EXPECT_EQ(text(json.root, "schema"), "gaia.bench/1");
    const json_t *machine = json_object_get(json.root, "machine");
    for (const char *name : {"cpu", "device", "instruction_set", "compiler", "version", "date"}) {
        EXPECT_NE(text(machine, name), "") << name;
    }
    EXPECT_GT(number(machine, "cores"), 0);
    const json_t *limits = json_object_get(json.root, "limits");
    EXPECT_GT(number(limits, "read_gb_per_s"), 0);
    EXPECT_GT(number(limits, "float64_per_s"), 0);
    EXPECT_TRUE(json_is_null(json_object_get(limits, "copy_gb_per_s"))) << "a GPU's";
    std::set<std::string> names;
    size_t i = 0;
    const json_t *one = nullptr;
    json_array_foreach(json_object_get(json.root, "cases"), i, one)
    {
        expect_sane(one, limits);
        names.insert(text(one, "name"));
    }
    EXPECT_EQ(names, (std::set<std::string>{"single", "missing", "global", "bands", "regions13",
                                            "error", "reference", "plane", "forecasts16", "int16"}))
        << "and no case from host memory on a CPU";
    EXPECT_GT(json_array_size(json_object_get(json.root, "comparisons")), 5U);
}

TEST_F(Bench, CountsBytesAndOperationsByTheRuleOfSummation)
{
    const Outcome outcome =
        run(std::string("--json --fields 8 --cases matrix --forecasts 1,4 --dtype float32,int16 "
                        "--regions 1") +
            kSmall);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Json json(outcome.out);
    EXPECT_EQ(json_array_size(json_object_get(json.root, "cases")), 2U * 2U * 4U);
    const double points = 19 * 36;
    const struct {
        const char *name;
        double bytes;
        double operations;
        double conversions;
    } wanted[] = {
        // Of a forecast: d, then sums of d, d^2, |d|, od. Of the truth: o, o^2.
        {"float32/e/r1/f1", 8 * 2 * 4 * points, 5 + 2, 2},
        {"float32/ec/r1/f1", 8 * 3 * 4 * points, 9 + 5, 3},
        {"float32/ec/r1/f4", 2 * 6 * 4 * points, 9 + 5 / 4.0, 1.5},
        {"float32/ecr/r1/f4", 2 * 7 * 4 * points, 11 + 8 / 4.0, 1.75},
        // Under the plane each group once more, its terms multiplied by m and m summed.
        {"float32/ec+plane/r1/f1", 8 * 4 * 4 * points, 14 + (9 + 2) + (5 + 4), 4},
        {"int16/ec/r1/f4", 2 * 6 * 2 * points, 9 + 5 / 4.0 + 2 * 1.5, 1.5},
    };
    for (const auto &want : wanted) {
        const json_t *one = case_named(json.root, want.name);
        ASSERT_NE(one, nullptr);
        const json_t *operations = json_object_get(one, "operations_per_point");
        EXPECT_EQ(number(one, "bytes"), want.bytes) << want.name;
        EXPECT_EQ(number(one, "points"), 8 * points) << want.name;
        EXPECT_EQ(number(operations, "in_floor"), want.operations) << want.name;
        EXPECT_EQ(number(operations, "conversions_not_in_floor"), want.conversions) << want.name;
    }
}

TEST_F(Bench, TableFitsAHundredColumns)
{
    const Outcome outcome = run(std::string("--fields 16") + kSmall);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    std::istringstream lines(outcome.out);
    size_t n = 0;
    for (std::string line; std::getline(lines, line); n++) {
        EXPECT_LE(line.size(), 100U) << line;
    }
    EXPECT_GT(n, 20U);
    EXPECT_NE(outcome.out.find("read bandwidth"), std::string::npos);
    EXPECT_NE(outcome.out.find("forecasts16"), std::string::npos);
}

TEST_F(Bench, PeersDoTheSameWorkOrAreNamedAsAbsent)
{
    const Outcome outcome = run(std::string("--json --vs --fields 4 --cases single") + kSmall);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Json json(outcome.out);
    const json_t *peers = json_object_get(json.root, "peers");
    ASSERT_EQ(json_array_size(peers), 4U);
    size_t i = 0;
    const json_t *peer = nullptr;
    json_array_foreach(peers, i, peer)
    {
        SCOPED_TRACE(text(peer, "name"));
        if (json_is_true(json_object_get(peer, "available"))) {
            EXPECT_TRUE(json_is_true(json_object_get(peer, "agrees")));
            EXPECT_LE(number(peer, "difference"), 1e-6);
            EXPECT_GT(number(peer, "ratio"), 0);
        } else {
            EXPECT_NE(text(peer, "reason"), "");
            EXPECT_EQ(text(peer, "reason").find("peers.py"), std::string::npos)
                << "the script is in the source tree";
            EXPECT_NE(i, 0U) << "the loop is always there";
        }
    }
}

TEST_F(Bench, GridsOfOnePointAndFieldsAllMissingAreNoSpecialCase)
{
    for (const char *arguments : {"--grid 1x1", "--grid 2x3 --missing 1", "--grid 33x7 --missing 0",
                                  "--grid 1x100 --weights 0"}) {
        const Outcome outcome = run(std::string(arguments) + " --device cpu --json --fields 16 "
                                                             "--seconds 1 --rounds 1 --threads 1");
        EXPECT_EQ(outcome.status, 0) << arguments << ": " << outcome.err;
        const Json json(outcome.out);
    }
}

TEST_F(Bench, WrongOptionsAreNamed)
{
    const struct {
        const char *arguments;
        const char *said;
    } wrong[] = {
        {"--device tpu", "device 'tpu': auto, cpu or cuda is wanted"},
        {"--grid 721", "--grid '721'"},
        {"--grid 0x4", "--grid '0x4'"},
        {"--grid 999999x999999", "--grid '999999x999999'"},
        {"--forecasts 257", "--forecasts '257'"},
        {"--forecasts 1,,4", "--forecasts '1,,4'"},
        {"--dtype float16", "--dtype 'float16'"},
        {"--regions 7", "--regions '7'"},
        {"--cases fast", "--cases 'fast'"},
        {"--missing 1.5", "--missing '1.5'"},
        {"--weights 5", "--weights '5'"},
        {"--rounds 0", "--rounds '0'"},
        {"--gpu-memory lots", "--gpu-memory 'lots'"},
        {"--device cpu --fields 4 --forecasts 16", "--fields 4"},
        {"--device cpu --cases host", "--cases"},
        {"--round 3", "did you mean --rounds?"},
        {"now", "unexpected argument 'now'"},
    };
    for (const auto &one : wrong) {
        const Outcome outcome = run(one.arguments);
        EXPECT_EQ(outcome.status, 2) << one.arguments;
        EXPECT_EQ(outcome.out, "") << one.arguments;
        EXPECT_NE(outcome.err.find(one.said), std::string::npos)
            << one.arguments << ": " << outcome.err;
    }
}

TEST_F(Bench, MoreThanFitsInMemoryIsRefusedBeforeItIsTaken)
{
    const Outcome outcome = run("--device cpu --fields 1048576");
    EXPECT_EQ(outcome.status, 5);
    EXPECT_NE(outcome.err.find("MiB"), std::string::npos) << outcome.err;
}

TEST_F(Bench, DeviceThatIsNotThereIsAnErrorOfTheDevice)
{
    const Outcome outcome = run("--device cuda --grid 19x36 --fields 16 --seconds 1 --rounds 1");
    if (outcome.status == 0) { // there is one
        EXPECT_NE(outcome.out.find("cuda"), std::string::npos) << outcome.out;
        return;
    }
    EXPECT_EQ(outcome.status, 5);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("device 'cuda'"), std::string::npos) << outcome.err;
}
