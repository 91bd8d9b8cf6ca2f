/* SPDX-License-Identifier: MIT
 *
 * The node's configuration as its parts take it. Used by main_node.c only.
 */
#ifndef NODE_SETTINGS_H
#define NODE_SETTINGS_H

#include "config.h"
#include "restart.h"

/* When what has ended is started again. */
struct restart_policy settings_restart(const struct config *config);

#endif
