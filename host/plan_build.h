/* SPDX-License-Identifier: MIT
 *
 * From opened sources to a plan: which fields of which forecast have a truth, and everything they
 * need.
 */
#ifndef HOST_PLAN_BUILD_H
#define HOST_PLAN_BUILD_H

#include <gaia/status.h>

#include "plan.h"
#include "sources.h"

/* Opens every forecast and lists its units. A forecast that cannot be scored is marked in the plan.
 * Valid times that the truth lacks are left out with a warning; a level or lead time that the job
 * names and a climatology or reference that does not cover a field are errors. Fails with the first
 * forecast's error if no forecast can be scored. *plan is the caller's. If the sources had no
 * variables yet, they get the plan's. */
GAIA_MUST_USE gaia_status plan_build(struct sources *sources, struct plan **plan, gaia_error *err);

#endif
