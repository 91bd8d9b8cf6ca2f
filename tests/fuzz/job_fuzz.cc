// SPDX-License-Identifier: MIT
//
// gaia_job_parse: a job is sent by whoever may submit one.
#include "fuzz.h"

#include <gaia/job.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    gaia_job *job = nullptr;
    gaia_error err = {};
    const gaia_status status = gaia_job_parse(reinterpret_cast<const char *>(bytes), n, &job, &err);
    promised_error(status, err);
    promised((status == GAIA_OK) == (job != nullptr), "a job comes on success alone");
    if (job != nullptr) {
        // The text that a job was read from makes the same job again.
        gaia_job *again = nullptr;
        promised(job->n_forecasts > 0, "a job has a forecast");
        promised(gaia_job_parse(job->json, job->json_length, &again, &err) == GAIA_OK,
                 "a job's own text is a job");
        promised(again->n_forecasts == job->n_forecasts && again->n_regions == job->n_regions,
                 "it is the same job");
        gaia_job_free(again);
    }
    gaia_job_free(job);
    return 0;
}
