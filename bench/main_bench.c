/* SPDX-License-Identifier: MIT
 *
 * gaia-bench: what `gaia bench` does, as a program that needs no library, for machines that have
 * only the kernels.
 */
#include <stdio.h>

#include "bench.h"

static gaia_status arguments(int argc, char **argv, struct bench_options *options, bool *helped,
                             gaia_error *err)
{
    struct option_value values[BENCH_OPTIONS];
    size_t n_positional = 0;
    const gaia_status status =
        options_parse(bench_specs, BENCH_OPTIONS, argc, argv, values, NULL, 0, &n_positional, err);
    if (status != GAIA_OK) {
        return status;
    }
    *helped = values[0].is_set;
    if (*helped) {
        (void)printf("usage: gaia-bench %s\n\n%s\n\n", bench_usage, bench_summary);
        options_print(stdout, bench_specs, BENCH_OPTIONS);
        return GAIA_OK;
    }
    return bench_options_read(values, options, err);
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status = arguments(argc, argv, &options, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = bench_run(&options, &out, &err);
    }
    if (out.length > 0 && fwrite(out.s, 1, out.length, stdout) != out.length) {
        (void)fprintf(stderr, "gaia-bench: standard output cannot be written\n");
    }
    if (fflush(stdout) != 0 || out.failed) {
        status = status == GAIA_OK ? GAIA_DISK : status;
    }
    if (status != GAIA_OK) {
        (void)fprintf(stderr, "gaia-bench: %s\n",
                      err.detail[0] != '\0' ? err.detail : gaia_status_text(status));
    }
    text_fini(&out);
    return gaia_status_exit(status);
}
