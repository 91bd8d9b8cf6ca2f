/* SPDX-License-Identifier: MIT
 *
 * From the configuration to a logger, and the end of a program. Called by main files.
 */
#include "log_options.h"

#include <string.h>

gaia_status log_start(const struct config *config, const char *program, const char *name,
                      struct logger **logger, gaia_error *err)
{
    struct logger_config wanted = logger_config_default(program);
    const char *level = config_text(config, CONFIG_LOG_LEVEL);
    wanted.form =
        strcmp(config_text(config, CONFIG_LOG_FORMAT), "json") == 0 ? LOG_JSON : LOG_CONSOLE;
    for (enum log_level at = LOG_ERROR; at <= LOG_DEBUG; at++) {
        wanted.level = strcmp(level, log_level_name(at)) == 0 ? at : wanted.level;
    }
    wanted.name = name;
    wanted.directory = config_text(config, CONFIG_LOG_DIRECTORY);
    wanted.file_bytes = config_number(config, CONFIG_LOG_SIZE);
    wanted.n_kept = (unsigned)config_number(config, CONFIG_LOG_KEEP);
    return logger_open(&wanted, logger, err);
}

int log_end(struct logger *logger, const char *program, gaia_status status, const gaia_error *err)
{
    if (status != GAIA_OK) {
        const struct logger_config plain = logger_config_default(program);
        struct logger *stderr_logger = NULL;
        if ((logger == NULL || logger_folder(logger) != NULL) &&
            logger_open(&plain, &stderr_logger, NULL) != GAIA_OK) {
            stderr_logger = NULL;
        }
        struct logger *const loggers[] = {logger, stderr_logger};
        for (size_t i = 0; i < sizeof loggers / sizeof *loggers; i++) {
            const struct log log = {.logger = loggers[i]};
            log_event(&log, LOG_APPLICATION, LOG_ERROR, "failed", "the program cannot go on",
                      log_text("error", err->detail));
        }
        logger_close(stderr_logger);
    }
    logger_close(logger);
    return gaia_status_exit(status);
}
