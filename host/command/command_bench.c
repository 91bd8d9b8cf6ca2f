/* SPDX-License-Identifier: MIT
 *
 * `gaia bench`: what bench/ measures, as a subcommand.
 */
#include "command.h"

#include "bench.h"

const struct command_spec command_bench_spec = {.usage = "bench [OPTION]...",
                                                .summary = bench_summary,
                                                .options = bench_specs,
                                                .n_options = BENCH_OPTIONS};

int command_bench(int argc, char **argv)
{
    struct option_value values[BENCH_OPTIONS];
    struct bench_options options;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_bench_spec, argc, argv, values, NULL, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = bench_options_read(values, &options, &err);
    if (status == GAIA_OK) {
        status = bench_run(&options, &out, &err);
    }
    /* A peer that disagrees is an error with a report. */
    if (out.length > 0) {
        gaia_error write_err = {0};
        const gaia_status written = command_write(NULL, &out, &write_err);
        if (status == GAIA_OK && written != GAIA_OK) {
            status = written;
            err = write_err;
        }
    }
done:
    text_fini(&out);
    return command_end(status, &err);
}
