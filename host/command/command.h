/* SPDX-License-Identifier: MIT
 *
 * The subcommands of `gaia`, and what they share: arguments from a table, errors and exit statuses.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "options.h"
#include "text.h"

/* Each runs one subcommand, whose name is argv[0], and returns the exit status of the program. */
int command_score(int argc, char **argv);
int command_up(int argc, char **argv);
int command_down(int argc, char **argv);
int command_submit(int argc, char **argv);
int command_jobs(int argc, char **argv);
int command_job(int argc, char **argv);
int command_scores(int argc, char **argv);
int command_report(int argc, char **argv);
int command_task(int argc, char **argv);
int command_leaderboard(int argc, char **argv);
int command_maps(int argc, char **argv);
int command_cancel(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_dead(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_schedule(int argc, char **argv);
int command_executors(int argc, char **argv);
int command_token(int argc, char **argv);
int command_config(int argc, char **argv);
int command_cert(int argc, char **argv);
int command_manifest(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_climatology(int argc, char **argv);
int command_profile(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_hash(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_health(int argc, char **argv);
int command_completion(int argc, char **argv);
int command_help(int argc, char **argv);

/* What a command takes and what --help says of it. The first option is OPTION_HELP. */
struct command_spec {
    const char *usage; /* without the program's name */
    const char *summary;
    const struct option_spec *options;
    size_t n_options;
    size_t n_positional; /* at least so many */
    size_t n_optional;   /* and at most so many more */
};

/* What each takes; the usage begins with the command's name. */
extern const struct command_spec command_score_spec;
extern const struct command_spec command_up_spec;
extern const struct command_spec command_down_spec;
extern const struct command_spec command_submit_spec;
extern const struct command_spec command_jobs_spec;
extern const struct command_spec command_job_spec;
extern const struct command_spec command_scores_spec;
extern const struct command_spec command_report_spec;
extern const struct command_spec command_task_spec;
extern const struct command_spec command_leaderboard_spec;
extern const struct command_spec command_maps_spec;
extern const struct command_spec command_cancel_spec;
extern const struct command_spec command_backup_spec;
extern const struct command_spec command_dead_spec;
extern const struct command_spec command_replay_spec;
extern const struct command_spec command_schedule_spec;
extern const struct command_spec command_executors_spec;
extern const struct command_spec command_token_spec;
extern const struct command_spec command_config_spec;
extern const struct command_spec command_cert_make_spec;
extern const struct command_spec command_cert_show_spec;
extern const struct command_spec command_manifest_make_spec;
extern const struct command_spec command_manifest_check_spec;
extern const struct command_spec command_bench_spec;
extern const struct command_spec command_climatology_spec;
extern const struct command_spec command_profile_spec;
extern const struct command_spec command_explain_spec;
extern const struct command_spec command_hash_spec;
extern const struct command_spec command_verify_spec;
extern const struct command_spec command_doctor_spec;
extern const struct command_spec command_health_spec;
extern const struct command_spec command_completion_spec;
extern const struct command_spec command_help_spec;

#define OPTION_HELP                                                                                \
    {                                                                                              \
        "help", OPTION_FLAG, NULL, 0, 0, "show this text and end"                                  \
    }
#define OPTION_STATE                                                                               \
    {                                                                                              \
        "state", OPTION_TEXT, "DIR", 0, 0,                                                         \
            "where the stack keeps its state [$GAIA_STATE, $XDG_STATE_HOME/gaia or "               \
            "~/.local/state/gaia]"                                                                 \
    }

#define OPTION_JSON                                                                                \
    {                                                                                              \
        "json", OPTION_FLAG, NULL, 0, 0, "print JSON"                                              \
    }

/* Reads a command's arguments into values [n_options] and positional [n_positional + n_optional],
 * of which those not given are left as they are. With --help the text is printed and *helped is
 * set: the command has nothing more to do. Where there is a --format and no --json, --json is
 * --format json. GAIA_USAGE. */
GAIA_MUST_USE gaia_status command_arguments(const struct command_spec *spec, int argc, char **argv,
                                            struct option_value *values, const char **positional,
                                            bool *helped, gaia_error *err);

/* Appends the list of commands, as `gaia --help` has it. */
void command_list_append(struct text *out);

/* Prints what --help says of all forms of the command, and returns the exit status. */
int command_help_print(const char *name);

/* Says something on stderr, in a line of its own that can be shown whatever the texts in it. */
void command_tell(const char *format, ...) GAIA_PRINTF(1, 2);

/* Writes the error, if status is one, to stderr, and returns the exit status. */
int command_end(gaia_status status, const gaia_error *err);

/* Writes text to the file, whole or not at all, or to stdout where path is NULL. GAIA_DISK,
 * GAIA_OUT_OF_MEMORY if the text has failed. */
GAIA_MUST_USE gaia_status command_write(const char *path, const struct text *text, gaia_error *err);

struct json_t;

/* Writes the id of what was made: as a line, or as {"id": ID}. */
GAIA_MUST_USE gaia_status command_id(bool as_json, const char *id, gaia_error *err);

/* Writes a JSON value to stdout, and gives up the reference to it; NULL is out of memory. Fails as
 * command_write. */
GAIA_MUST_USE gaia_status command_write_json(struct json_t *value, gaia_error *err);

/* Writes text to stdout: as it is, or its lines as {KEY: [LINE, ...]}. Fails as command_write. */
GAIA_MUST_USE gaia_status command_write_lines(bool as_json, const char *key,
                                              const struct text *text, gaia_error *err);

/* What a command says that has done something with a job, schedule or executor: nothing, or with
 * --json {"id": ID, "done": WHAT}. */
GAIA_MUST_USE gaia_status command_done(bool as_json, const char *id, const char *what,
                                       gaia_error *err);

#endif
