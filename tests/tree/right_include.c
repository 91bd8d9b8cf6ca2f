/* SPDX-License-Identifier: MIT
 *
 * Compiles, with the same include paths as wrong_include.c: what stops that one is the path of its
 * header.
 */
#include "plan.h"

int right_include(const struct plan *plan);

int right_include(const struct plan *plan)
{
    return plan->n_units > 0;
}
