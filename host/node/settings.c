/* SPDX-License-Identifier: MIT
 *
 * From the table of options to the structures of restart.h: each value goes to one member.
 */
#include "settings.h"

struct restart_policy settings_restart(const struct config *config)
{
    return (struct restart_policy){.longest_ms = config_ms(config, CONFIG_RESTART_LONGEST),
                                   .breaker =
                                       (unsigned)config_number(config, CONFIG_RESTART_FAILURES),
                                   .broken_ms = config_ms(config, CONFIG_RESTART_BROKEN)};
}
