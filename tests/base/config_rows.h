/* SPDX-License-Identifier: MIT
 *
 * From the table of options to the parts of a program: what tests of a program's settings share.
 * Parts is what such a test makes of a text of options: Parts(text), without one the defaults.
 */
#ifndef TESTS_CONFIG_ROWS_H
#define TESTS_CONFIG_ROWS_H

#include <cstdint>
#include <functional>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "config.h"
}

/* The options that a text sets, all of them known; the others have their defaults. */
struct ConfigOf {
    explicit ConfigOf(const std::string &text)
    {
        config_init(&config);
        config_take_text(&config, "test", "/", text.data(), text.size());
        EXPECT_EQ(0u, config.n_faults) << (config.faults.s != nullptr ? config.faults.s : "");
    }
    ~ConfigOf()
    {
        config_fini(&config);
    }
    ConfigOf(const ConfigOf &) = delete;
    ConfigOf &operator=(const ConfigOf &) = delete;

    struct config config;
};

/* An option, a text for it, and the member that it sets: to which value. */
template <typename Parts> struct ConfigRow {
    const char *option;
    const char *text;
    uint64_t value;
    std::function<uint64_t(const Parts &)> member;
};

/* Each option sets its own members, to what is no default, and no other row's. */
template <typename Parts, size_t N> void ExpectEachSetsItsOwn(const ConfigRow<Parts> (&rows)[N])
{
    const Parts before;
    for (const ConfigRow<Parts> &row : rows) {
        const Parts after(std::string(row.option) + " = " + row.text);
        for (const ConfigRow<Parts> &other : rows) {
            const uint64_t was = other.member(before);
            const bool changes = std::string(other.option) == row.option;
            EXPECT_EQ(changes ? other.value : was, other.member(after))
                << row.option << ", " << other.option;
            EXPECT_TRUE(!changes || other.value != was) << other.option;
        }
    }
}

#endif
