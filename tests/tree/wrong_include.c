/* SPDX-License-Identifier: MIT
 *
 * Must not compile: a scheduler's source that reaches for the engine's reader. It is built, and its
 * failure looked for, by the test Tree.WrongIncludeDoesNotCompile.
 */
#include "plan_build.h"

int wrong_include(void);

int wrong_include(void)
{
    return 0;
}
