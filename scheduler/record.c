/* SPDX-License-Identifier: MIT
 *
 * Names of states and kinds, from the maps in record.h, for the store and the HTTP API.
 *
 * Invariant: parse(name(x)) is x.
 */
#include "record.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define X(code, name) name,
static const char *const job_state_names[JOB_STATE_COUNT] = {JOB_STATE_MAP(X)};
static const char *const batch_state_names[BATCH_STATE_COUNT] = {BATCH_STATE_MAP(X)};
static const char *const batch_kind_names[BATCH_KIND_COUNT] = {BATCH_KIND_MAP(X)};
static const char *const job_resource_names[JOB_RESOURCE_COUNT] = {JOB_RESOURCE_MAP(X)};
#undef X

/* The index of name, or count. */
static unsigned name_find(const char *const *names, unsigned count, const char *name)
{
    unsigned i = 0;
    while (i < count && (name == NULL || strcmp(names[i], name) != 0)) {
        i++;
    }
    return i;
}

const char *job_state_name(enum job_state state)
{
    return (unsigned)state < JOB_STATE_COUNT ? job_state_names[state] : "unknown";
}

const char *batch_state_name(enum batch_state state)
{
    return (unsigned)state < BATCH_STATE_COUNT ? batch_state_names[state] : "unknown";
}

const char *batch_kind_name(enum batch_kind kind)
{
    return (unsigned)kind < BATCH_KIND_COUNT ? batch_kind_names[kind] : "unknown";
}

const char *job_resource_name(enum job_resource resource)
{
    return (unsigned)resource < JOB_RESOURCE_COUNT ? job_resource_names[resource] : "unknown";
}

bool job_state_parse(const char *name, enum job_state *state)
{
    const unsigned i = name_find(job_state_names, JOB_STATE_COUNT, name);
    if (i < JOB_STATE_COUNT) {
        *state = (enum job_state)i;
    }
    return i < JOB_STATE_COUNT;
}

bool batch_state_parse(const char *name, enum batch_state *state)
{
    const unsigned i = name_find(batch_state_names, BATCH_STATE_COUNT, name);
    if (i < BATCH_STATE_COUNT) {
        *state = (enum batch_state)i;
    }
    return i < BATCH_STATE_COUNT;
}

bool batch_kind_parse(const char *name, enum batch_kind *kind)
{
    const unsigned i = name_find(batch_kind_names, BATCH_KIND_COUNT, name);
    if (i < BATCH_KIND_COUNT) {
        *kind = (enum batch_kind)i;
    }
    return i < BATCH_KIND_COUNT;
}

bool job_resource_parse(const char *name, enum job_resource *resource)
{
    const unsigned i = name_find(job_resource_names, JOB_RESOURCE_COUNT, name);
    if (i < JOB_RESOURCE_COUNT) {
        *resource = (enum job_resource)i;
    }
    return i < JOB_RESOURCE_COUNT;
}

void record_id_copy(char *out, const char *text)
{
    (void)snprintf(out, RECORD_ID, "%s", text);
}

void record_name_copy(char *out, const char *text)
{
    (void)snprintf(out, RECORD_NAME, "%s", text);
}

void record_tenant_copy(char *out, const char *text)
{
    (void)snprintf(out, RECORD_TENANT, "%s", text);
}
