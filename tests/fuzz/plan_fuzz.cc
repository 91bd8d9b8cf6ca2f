// SPDX-License-Identifier: MIT
//
// plan_from_json: a plan comes from an executor that has opened files of strangers.
#include "fuzz.h"

extern "C" {
#include "plan.h"
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    json_error_t unused;
    json_t *json =
        json_loadb(reinterpret_cast<const char *>(bytes), n, JSON_REJECT_DUPLICATES, &unused);
    if (json == nullptr) {
        return 0;
    }
    plan *made = nullptr;
    gaia_error err = {};
    const gaia_status status = plan_from_json(json, &made, &err);
    promised_error(status, err);
    if (made != nullptr) {
        // What was taken can be written and is taken again, with the same units in the same order.
        json_t *written = plan_to_json(made);
        plan *again = nullptr;
        promised(written != nullptr, "a plan can be written");
        promised(plan_from_json(written, &again, &err) == GAIA_OK, "a written plan is one");
        promised(again->n_units == made->n_units &&
                     plan_rows_per_unit(again) == plan_rows_per_unit(made),
                 "it is the same plan");
        for (size_t i = 1; i < made->n_units; i++) {
            promised(plan_unit_compare(&made->units[i - 1], &made->units[i]) < 0,
                     "units are sorted, none is there twice");
        }
        plan_free(again);
        json_decref(written);
    }
    plan_free(made);
    json_decref(json);
    return 0;
}
