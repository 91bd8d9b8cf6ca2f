/* SPDX-License-Identifier: MIT
 *
 * What config.c and config_file.c share: taking one value, and noting what is wrong.
 */
#ifndef BASE_CONFIG_TAKE_H
#define BASE_CONFIG_TAKE_H

#include "config.h"

struct config_given {
    const char *label; /* where it stands: "GAIA_API_RATE", "gaia.conf:12: api-rate" */
    const char *text;
    const char *folder; /* that paths are relative to; NULL: the process's */
    enum config_source source;
};

/* Takes the value over what is there; where it cannot, notes a fault and returns false. */
bool config_take(struct config *config, enum config_option option,
                 const struct config_given *given);

/* Notes a fault. Beyond a hundred they are only counted. */
void config_fault(struct config *config, const char *format, ...) GAIA_PRINTF(2, 3);

#endif
