/* SPDX-License-Identifier: MIT
 *
 * What the table of options is told as: a page for people, and a file for the environment.
 */
#ifndef COMMAND_CONFIG_PAGE_H
#define COMMAND_CONFIG_PAGE_H

#include "text.h"

/* Appends host/CONFIG.md. */
void config_reference_append(struct text *out);

/* Appends docker/.env.template: every option as a variable; one without a default of its own is
 * commented out. */
void config_template_append(struct text *out);

#endif
