// SPDX-License-Identifier: MIT
//
// Opens the backend that cases are run on, and runs them.
//
// Invariant: a backend that is not there is told apart from one that does not work.
#include "contract.h"

#include <cstdlib>
#include <cstring>
#include <exception>

#if defined(CONTRACT_EMULATED)
#include "emulated_backend.h"
#endif

namespace contract
{

std::vector<Case> all_cases()
{
    std::vector<Case> all;
    for (const auto &cases :
         {value_cases(), type_cases(), tile_cases(), region_cases(), plane_cases(), seam_cases()}) {
        all.insert(all.end(), cases.begin(), cases.end());
    }
    return all;
}

// What the emulation saw go wrong that the sums need not show: lanes that missed each other.
static void faults_check(const Target &target)
{
#if defined(CONTRACT_EMULATED)
    if (target.ops == emulated_backend() && emulation_faults() > 0) {
        emulation_reset();
        throw Failure("lanes of a warp did not meet in a collective");
    }
#else
    (void)target;
#endif
}

std::string case_run(const Case &one, const Target &target)
{
    try {
        one.run(target);
        faults_check(target);
    } catch (const std::exception &failure) {
        const std::string text = failure.what();
        return text.empty() ? "failed without a text" : text;
    }
    return "";
}

static const backend_ops *ops_find(const Choice &choice, std::string *why)
{
    if (std::strcmp(choice.device, "emulated") == 0) {
#if defined(CONTRACT_EMULATED)
        return emulated_backend();
#else
        *why = "the emulated device is not linked into this program";
        return nullptr;
#endif
    }
    const backend_ops *ops = nullptr;
    gaia_error err = {};
    const gaia_status status = backend_find(choice.device, &ops, nullptr, &err);
    if (status != GAIA_OK && status != GAIA_DEVICE) {
        throw Failure(err.detail);
    }
    *why = err.detail;
    return status == GAIA_OK ? ops : nullptr;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSlow = true;
#else
constexpr bool kIsSlow = false;
#endif

bool target_open(const Choice &choice, Target *target, std::string *why)
{
    const char *wish = std::getenv("GAIA_LONG");
    const bool is_emulated = std::strcmp(choice.device, "emulated") == 0;
    target->ops = ops_find(choice, why);
    target->opened = nullptr;
    target->is_long = wish != nullptr && std::strcmp(wish, "1") == 0;
    target->size = is_emulated || (kIsSlow && !target->is_long) ? Size::MIDDLE : Size::FULL;
    if (target->ops == nullptr) {
        return false;
    }
    backend_config config = {};
    config.instruction_set = choice.instruction_set;
    gaia_error err = {};
    const gaia_status status = target->ops->open(&config, &target->opened, &err);
    *why = err.detail;
    if (status != GAIA_OK && status != GAIA_DEVICE) {
        throw Failure(err.detail);
    }
    return status == GAIA_OK;
}

void target_close(Target *target)
{
    if (target->opened != nullptr) {
        target->ops->close(target->opened);
    }
    target->opened = nullptr;
}

} // namespace contract
