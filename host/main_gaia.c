/* SPDX-License-Identifier: MIT
 *
 * The command line: finds the subcommand in one table and runs it.
 *
 * Invariant: numbers are read and written in the C locale, whatever the user's is.
 */
#include <stdio.h>
#include <string.h>

#include <gaia/status.h>

#include "command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"score", command_score, "score forecasts in this process"},
    {"hash", command_hash, "one hash of a source's content, whatever files hold it"},
    {"verify", command_verify, "hold a forecast against requirements"},
    {"up", command_up, "start the scheduler and the executors of this machine"},
    {"down", command_down, "end them"},
    {"submit", command_submit, "send a job to the scheduler"},
    {"jobs", command_jobs, "list the scheduler's jobs"},
    {"job", command_job, "show one job"},
    {"scores", command_scores, "print a job's scores"},
    {"cancel", command_cancel, "cancel a job"},
    {"dead", command_dead, "list the batches that were given up, and how each went wrong"},
    {"replay", command_replay, "take a failed job up again"},
    {"schedule", command_schedule, "submit a job again and again"},
    {"executors", command_executors, "list the executors, or let one leave"},
    {"task", command_task, "run a validator's task in this process, or print a task's document"},
    {"profile", command_profile, "list, show or check scoring recipes"},
    {"explain", command_explain, "say why a forecast got its composite"},
    {"cert", command_cert, "make or show the certificates of executors on other machines"},
    {"manifest", command_manifest, "write the hashes of a folder's files, or check them"},
    {"bench", command_bench, "time this machine's CPU or GPU on synthetic fields"},
    {"climatology", command_climatology, "make a climatology of years of analyses"},
};

static void usage_print(FILE *out)
{
    (void)fprintf(out, "usage: gaia COMMAND [OPTION]...\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        (void)fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    (void)fprintf(out, "\n`gaia COMMAND --help` tells more.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage_print(stderr);
        return gaia_status_exit(GAIA_USAGE);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage_print(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("gaia %s\n", gaia_version());
        return 0;
    }
    (void)fprintf(stderr, "gaia: unknown command '%s'; see gaia --help\n", argv[1]);
    return gaia_status_exit(GAIA_USAGE);
}
