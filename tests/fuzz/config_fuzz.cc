// SPDX-License-Identifier: MIT
//
// config_take_text: whoever configures the services may write anything into the file.
#include "fuzz.h"

#include <string>

extern "C" {
#include "config.h"
}

// The options that were given, as a file that gives them again.
static std::string written(const config &of)
{
    std::string text;
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        if (of.values[i].source != CONFIG_FROM_DEFAULT) {
            promised(of.values[i].text != nullptr, "what was given has a text");
            text += std::string(config_specs[i].name) + " = " + of.values[i].text + "\n";
        }
    }
    return text;
}

static void take(config *into, const char *bytes, size_t n, gaia_error *err)
{
    config_init(into);
    config_take_text(into, "gaia.conf", "/etc/gaia", bytes, n);
    promised_error(config_settle(into, err), *err);
    promised((err->status == GAIA_OK) == (into->n_faults == 0), "a fault is an error");
    promised((into->faults.length == 0) == (into->n_faults == 0), "each fault is told");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    config first = {};
    config second = {};
    gaia_error err = {};
    take(&first, reinterpret_cast<const char *>(bytes), n, &err);
    if (err.status == GAIA_OK) {
        const std::string text = written(first);
        take(&second, text.data(), text.size(), &err);
        promised(written(second) == text, "what was read can be written and read again");
        for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
            promised(first.values[i].number == second.values[i].number, "with the same numbers");
        }
        config_fini(&second);
    }
    config_fini(&first);
    return 0;
}
