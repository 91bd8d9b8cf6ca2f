// SPDX-License-Identifier: MIT
//
// profile_parse: a profile may come inline with a job.
#include "fuzz.h"

extern "C" {
#include "profile.h"
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    gaia_profile *made = nullptr;
    gaia_error err = {};
    const gaia_status status =
        profile_parse("profile", reinterpret_cast<const char *>(bytes), n, &made, &err);
    promised_error(status, err);
    promised((status == GAIA_OK) == (made != nullptr), "a profile comes on success alone");
    if (made != nullptr) {
        promised(made->n_variables > 0, "a profile has a variable");
        for (size_t i = 0; i < made->n_variables; i++) {
            const profile_variable &variable = made->variables[i];
            promised(profile_variable_find(made, variable.name) == &variable,
                     "each variable is there once and is found");
            for (size_t k = 1; k < variable.n_levels; k++) {
                promised(variable.levels[k - 1] < variable.levels[k], "levels ascend");
            }
        }
        const int64_t leads[] = {43200, 86400};
        promised(profile_set_leads(made, leads, 2, &err) == GAIA_OK || err.status != GAIA_OK,
                 "a refusal says why");
    }
    profile_free(made);
    return 0;
}
