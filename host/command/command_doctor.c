/* SPDX-License-Identifier: MIT
 *
 * `gaia doctor`: what is installed here and whether it can be used.
 *
 * Invariant: whatever is found, every check that still has a meaning is made.
 */
#include "command.h"

#include <limits.h>

#include "doctor.h"
#include "file.h"

static const struct option_spec options[] = {
    OPTION_HELP,
    OPTION_STATE,
    {"json", OPTION_FLAG, NULL, 0, 0, "the findings as JSON (gaia.doctor/1)"},
};
enum { HELP, STATE, JSON, N_OPTIONS };

const struct command_spec command_doctor_spec = {
    .usage = "doctor [--state DIR] [--json]",
    .summary = "Says what is installed and usable here: programs, libraries, devices, memory, "
               "limits, the\nstate directory, the scheduler. A line each: ok, note or problem. "
               "Exit status 0 without a\nproblem, else that of the first.",
    .options = options,
    .n_options = N_OPTIONS,
};

static gaia_status examine(struct doctor *doctor, const char *option, gaia_error *err)
{
    char state[PATH_MAX];
    const gaia_status status = state_directory(option, state, sizeof state, err);
    if (status != GAIA_OK) {
        return status;
    }
    doctor_programs(doctor);
    doctor_devices(doctor);
    doctor_limits(doctor);
    if (doctor_state(doctor, state)) {
        doctor_scheduler(doctor, state);
    }
    return GAIA_OK;
}

int command_doctor(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    struct doctor doctor = {0};
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_doctor_spec, argc, argv, values, NULL, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = doctor_init(&doctor, &err);
    if (status == GAIA_OK) {
        status = examine(&doctor, values[STATE].text, &err);
    }
    if (status == GAIA_OK) {
        doctor_append(&doctor, values[JSON].is_set, &out);
        status = command_write(NULL, &out, &err);
    }
done:;
    /* A problem has been told already. */
    const int exit_status =
        status != GAIA_OK ? command_end(status, &err) : gaia_status_exit(doctor.first);
    doctor_fini(&doctor);
    text_fini(&out);
    return exit_status;
}
