// SPDX-License-Identifier: MIT
//
// The configuration in one process; tests/command/config_test.py has the programs.
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "config.h"
}

namespace
{

class Config : public testing::Test
{
  protected:
    Config()
    {
        config_init(&config_);
    }
    ~Config() override
    {
        config_fini(&config_);
    }

    void File(const std::string &text)
    {
        config_take_text(&config_, "gaia.conf", "/etc/gaia", text.data(), text.size());
    }

    void Environment(std::vector<std::string> variables)
    {
        std::vector<char *> environment;
        for (auto &variable : variables) {
            environment.push_back(variable.data());
        }
        environment.push_back(nullptr);
        config_take_environment(&config_, environment.data());
    }

    // The first fault; "" if there is none.
    std::string Settle()
    {
        gaia_error err = {};
        const gaia_status status = config_settle(&config_, &err);
        EXPECT_EQ(status, config_.n_faults > 0 ? GAIA_USAGE : GAIA_OK);
        return err.detail;
    }

    std::vector<std::string> Arguments(enum config_program program)
    {
        struct config_arguments made = {};
        std::vector<std::string> list;
        EXPECT_EQ(config_arguments_make(&config_, program, &made, nullptr), GAIA_OK);
        for (char **each = made.each; *each != nullptr; each++) {
            list.emplace_back(*each);
        }
        config_arguments_free(&made);
        return list;
    }

    struct config config_;
};

} // namespace

TEST_F(Config, EveryFixedDefaultIsAValueThatItsOptionTakes)
{
    ASSERT_EQ(Settle(), "");
    ASSERT_FALSE(config_.failed);
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        EXPECT_EQ(config_rows[i].is_fixed, config_.values[i].text != nullptr)
            << config_specs[i].name;
        EXPECT_FALSE(config_is_given(&config_, static_cast<enum config_option>(i)));
    }
}

TEST_F(Config, NamesAreUniqueAndFitTheEnvironment)
{
    char name[CONFIG_NAME];
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        config_environment_name(static_cast<enum config_option>(i), name);
        EXPECT_EQ(std::string(name).size(), std::string(config_specs[i].name).size() + 5);
        for (size_t k = 0; k < i; k++) {
            EXPECT_STRNE(config_specs[i].name, config_specs[k].name);
        }
    }
}

TEST_F(Config, ALaterSourceTakesOver)
{
    File("beat = 1500ms\nmemory = 1GiB\nstate = here");
    Environment({"HOME=/", "GAIA_MEMORY=3GiB", "GAIA_BEAT="});
    ASSERT_EQ(Settle(), "");
    EXPECT_EQ(config_ms(&config_, CONFIG_BEAT), 1500);
    EXPECT_EQ(config_.values[CONFIG_BEAT].source, CONFIG_FROM_FILE);
    EXPECT_EQ(config_.values[CONFIG_BEAT].line, 1u);
    EXPECT_EQ(config_number(&config_, CONFIG_MEMORY), uint64_t{3} << 30);
    EXPECT_EQ(config_.values[CONFIG_MEMORY].source, CONFIG_FROM_ENVIRONMENT);
    EXPECT_STREQ(config_text(&config_, CONFIG_STATE), "/etc/gaia/here");
}

TEST_F(Config, AFaultLeavesWhatWasThere)
{
    File("beat = 1500ms");
    Environment({"GAIA_BEAT=soon"});
    EXPECT_EQ(Settle(), "GAIA_BEAT 'soon': a time such as 10s from 100ms to 1min is wanted");
    EXPECT_EQ(config_ms(&config_, CONFIG_BEAT), 1500);
}

TEST_F(Config, AVariableOfAnotherIsNoFaultAndIsNamed)
{
    Environment({"GAIA_SCHEDULER=https://a.example", "GAIA_TOKEN_FILE=t", "GAIA_CA_FILE=c",
                 "GAIA_CONFIG=x", "GAIA_LONG=1", "GAIA_KEEP=1", "GAIA_CASE=2", "GAIA_SLACK_S=3",
                 "GAIA_API_PORT_80_TCP=tcp://10.0.0.1:80", "GAIA_"});
    EXPECT_EQ(Settle(), "");
    EXPECT_STREQ(config_.ignored.s,
                 "GAIA_LONG\nGAIA_KEEP\nGAIA_CASE\nGAIA_SLACK_S\nGAIA_API_PORT_80_TCP\n");
}

TEST_F(Config, WhatDoesNotGoTogether)
{
    File("suspect = 20s\nrss-hard = 1GiB\nrss-soft = 2GiB\ngpu-soft = 2GiB\ngpu-hard = 0\n");
    EXPECT_EQ(Settle(),
              "suspect '20s' and lease '10s': lease must be at least suspect (and 1 more: "
              "gaia config check)");
    EXPECT_STREQ(config_.faults.s,
                 "suspect '20s' and lease '10s': lease must be at least suspect\n"
                 "rss-soft '2GiB' and rss-hard '1GiB': rss-hard must be at least rss-soft\n");
}

TEST_F(Config, AChildGetsItsPartAsArguments)
{
    File("no-sandbox = yes\nbeat = 2s\nsuspect = 4s\nexecutors = 3\n");
    config_choose(&config_, CONFIG_MEMORY, "1073741824");
    ASSERT_EQ(Settle(), "");
    EXPECT_EQ(Arguments(PROGRAM_SCHEDULER),
              (std::vector<std::string>{"--beat=2s", "--suspect=4s"}));
    EXPECT_EQ(Arguments(PROGRAM_EXECUTOR),
              (std::vector<std::string>{"--memory=1073741824", "--no-sandbox=yes"}));
    EXPECT_EQ(Arguments(PROGRAM_NODE).size(), 5u);
}

TEST_F(Config, TheEnvironmentIsClearedOfOptions)
{
    ASSERT_EQ(setenv("GAIA_API_RATE", "5", 1) | setenv("GAIA_CONFIG", "x", 1) |
                  setenv("GAIA_OTHER", "x", 1) | setenv("GAIA_SCHEDULER", "https://a.example", 1),
              0);
    config_environment_clear(nullptr);
    EXPECT_STREQ(getenv("GAIA_OTHER"), "x");
    Environment({"GAIA_OTHER=x"});
    config_environment_clear(&config_);
    EXPECT_EQ(getenv("GAIA_OTHER"), nullptr);
    EXPECT_EQ(getenv("GAIA_API_RATE"), nullptr);
    EXPECT_EQ(getenv("GAIA_CONFIG"), nullptr);
    EXPECT_STREQ(getenv("GAIA_SCHEDULER"), "https://a.example");
    (void)unsetenv("GAIA_SCHEDULER");
}
