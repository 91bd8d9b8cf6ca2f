/* SPDX-License-Identifier: MIT
 *
 * The table itself. What a command takes stands beside its code, as command_NAME_spec.
 */
#include "command_table.h"

#include <string.h>

const struct command commands[] = {
    {"score",
     command_score,
     "score forecasts in this process",
     "gaia score forecast.nc truth.nc climatology.nc\n"
     "gaia score forecast.nc truth.nc --metrics all --format csv --out scores.csv\n"
     "gaia score forecast.nc truth.nc climatology.nc --regions global,zonal --report page.html\n"
     "gaia score forecast.nc truth.nc climatology.nc --profile gaia-era5 --composite-out era5.json",
     {&command_score_spec}},
    {"hash",
     command_hash,
     "one hash of a source's content, whatever files hold it",
     "gaia hash forecast.nc --variables z,t --levels 500\n"
     "gaia hash analysis.grib --format grib --role truth --json",
     {&command_hash_spec}},
    {"verify",
     command_verify,
     "hold a forecast against requirements",
     "gaia verify forecast.nc\n"
     "gaia verify forecast.zarr --format zarr --requirements mine.json --json",
     {&command_verify_spec}},
    {"up",
     command_up,
     "start the scheduler and the executors of this machine",
     "gaia up\n"
     "gaia up --executors 2 --memory 4GiB --device cpu",
     {&command_up_spec}},
    {"down", command_down, "end them", "gaia down", {&command_down_spec}},
    {"submit",
     command_submit,
     "send a job to the scheduler",
     "gaia submit job.json\n"
     "gaia submit job.json --wait --format csv --out scores.csv",
     {&command_submit_spec}},
    {"jobs",
     command_jobs,
     "list the scheduler's jobs",
     "gaia jobs\n"
     "gaia jobs --of-state failed --tenant lab --limit 20",
     {&command_jobs_spec}},
    {"job", command_job, "show one job", "gaia job ID", {&command_job_spec}},
    {"scores",
     command_scores,
     "print a job's scores",
     "gaia scores ID --metrics all --missing propagate\n"
     "gaia scores sums.gm --against old.gm --leads 24,120 --format csv",
     {&command_scores_spec}},
    {"report",
     command_report,
     "make a scorecard page",
     "gaia report sums.gm --out scorecard.html\n"
     "gaia report sums.gm --against old.gm --regions global,europe --out scorecard.html\n"
     "gaia report ID --out scorecard.html",
     {&command_report_spec}},
    {"maps",
     command_maps,
     "list error maps, or write them as NetCDF",
     "gaia maps ID\n"
     "gaia maps errors.gmap --out errors.nc",
     {&command_maps_spec}},
    {"leaderboard",
     command_leaderboard,
     "rank the forecasts of all jobs by their composites",
     "gaia leaderboard --profile gaia-day1\n"
     "gaia leaderboard --profile gaia-era5 --tenant lab --limit 10 --json",
     {&command_leaderboard_spec}},
    {"cancel", command_cancel, "cancel a job", "gaia cancel ID", {&command_cancel_spec}},
    {"backup",
     command_backup,
     "copy the scheduler's database while it is in use",
     "gaia backup gaia.backup",
     {&command_backup_spec}},
    {"dead",
     command_dead,
     "list the batches that were given up, and how each went wrong",
     "gaia dead\n"
     "gaia dead JOB --json",
     {&command_dead_spec}},
    {"replay",
     command_replay,
     "take a failed job up again",
     "gaia replay JOB",
     {&command_replay_spec}},
    {"schedule",
     command_schedule,
     "submit a job again and again",
     "gaia schedule add day1.json --cron \"30 6,18 * * *\" --zone Europe/Berlin\n"
     "gaia schedule list\n"
     "gaia schedule pause ID",
     {&command_schedule_spec}},
    {"executors",
     command_executors,
     "list the executors, or let one get no more work",
     "gaia executors\n"
     "gaia executors drain EXECUTOR\n"
     "gaia executors resume EXECUTOR",
     {&command_executors_spec}},
    {"token",
     command_token,
     "make, list and revoke tokens for the scheduler's HTTP API",
     "gaia token create validator --scope submit --tenant lab --days 90\n"
     "gaia token list\n"
     "gaia token revoke ID",
     {&command_token_spec}},
    {"task",
     command_task,
     "run a validator's task in this process, or print a task's document",
     "gaia task list\n"
     "gaia task run job.json --out document.json\n"
     "gaia task result ID",
     {&command_task_spec}},
    {"profile",
     command_profile,
     "list, show or check scoring recipes",
     "gaia profile list\n"
     "gaia profile show gaia-era5\n"
     "gaia profile check mine.json",
     {&command_profile_spec}},
    {"explain",
     command_explain,
     "say why a forecast got its composite",
     "gaia explain day1.json\n"
     "gaia explain ID --forecast persistence",
     {&command_explain_spec}},
    {"config",
     command_config,
     "show or check what the scheduler, the node and executors are configured by",
     "gaia config show --config gaia.conf\n"
     "gaia config show --memory 4GiB --json\n"
     "gaia config check gaia.conf",
     {&command_config_spec}},
    {"cert",
     command_cert,
     "make or show the certificates of executors on other machines",
     "gaia cert make certs --scheduler sched.example --executors gpu1,gpu2\n"
     "gaia cert show certs/gpu1/certificate.pem",
     {&command_cert_make_spec, &command_cert_show_spec}},
    {"manifest",
     command_manifest,
     "write the hashes of a folder's files, or check them",
     "gaia manifest make forecast.zarr --out forecast.json\n"
     "gaia manifest check forecast.zarr forecast.json --sample 100",
     {&command_manifest_make_spec, &command_manifest_check_spec}},
    {"bench",
     command_bench,
     "time this machine's CPU or GPU on synthetic fields",
     "gaia bench\n"
     "gaia bench --device cpu --threads 2 --grid 181x360 --json",
     {&command_bench_spec}},
    {"climatology",
     command_climatology,
     "make a climatology of years of analyses",
     "gaia climatology era5_*.nc --out climatology.nc --years 1990-2019\n"
     "gaia climatology era5_*.nc --out climatology.nc --window 61 --window-weights triangular",
     {&command_climatology_spec}},
    {"doctor",
     command_doctor,
     "say what is installed here, and whether it can be used",
     "gaia doctor\n"
     "gaia doctor --state /var/lib/gaia --json",
     {&command_doctor_spec}},
    {"health",
     command_health,
     "say whether what was started here does its work, for health checks",
     "gaia health\n"
     "gaia health --state /var/lib/gaia --json",
     {&command_health_spec}},
    {"completion",
     command_completion,
     "make bash or zsh complete commands and options",
     "gaia completion bash > ~/.local/share/bash-completion/completions/gaia",
     {&command_completion_spec}},
    {"help",
     command_help,
     "list the commands, or say what one does",
     "gaia help\n"
     "gaia help score\n"
     "gaia help score --man",
     {&command_help_spec}},
};
const size_t commands_count = sizeof commands / sizeof *commands;

const struct command *command_find(const char *name, size_t length)
{
    for (size_t i = 0; i < commands_count; i++) {
        if (strlen(commands[i].name) == length && strncmp(commands[i].name, name, length) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

void exit_statuses_append(struct text *out)
{
    /* A status that stands for all that end the program in its way. */
    static const struct {
        gaia_status status;
        const char *meaning;
    } exits[] = {{GAIA_OK, "success"},
                 {GAIA_USAGE, "usage"},
                 {GAIA_FILE_DAMAGED, "input"},
                 {GAIA_INTERNAL, "internal"},
                 {GAIA_UNREACHABLE, "unavailable or out of resources"}};
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++) {
        text_printf(out, "%s%d %s", i > 0 ? ", " : "", gaia_status_exit(exits[i].status),
                    exits[i].meaning);
    }
}

static void form_append(struct text *out, const struct command_spec *form)
{
    text_printf(out, "usage: gaia %s\n\n%s\n\n", form->usage, form->summary);
    options_append(out, form->options, form->n_options);
    text_append(out, "\n");
}

size_t form_words(const struct command_spec *form)
{
    const size_t first = strcspn(form->usage, " ");
    return first + 1 + strcspn(form->usage + first + 1, " ");
}

/* The example lines; with a form only those that are of it. */
static void examples_append(struct text *out, const char *line, const struct command_spec *form)
{
    static const char program[] = "gaia ";
    while (*line != '\0') {
        const size_t length = strcspn(line, "\n");
        if (form == NULL ||
            strncmp(line + sizeof program - 1, form->usage, form_words(form)) == 0) {
            text_printf(out, "  %.*s\n", (int)length, line);
        }
        line += length + (line[length] != '\0');
    }
}

void command_help_append(struct text *out, const struct command *command,
                         const struct command_spec *form)
{
    const bool several = command->forms[1] != NULL;
    for (size_t i = 0; i < COMMAND_FORMS_MAX && command->forms[i] != NULL; i++) {
        if (form == NULL || !several || command->forms[i] == form) {
            form_append(out, command->forms[i]);
        }
    }
    text_append(out, "Exit statuses: ");
    exit_statuses_append(out);
    text_append(out, ".\n\nExamples:\n");
    examples_append(out, command->examples, several ? form : NULL);
}
