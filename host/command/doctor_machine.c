/* SPDX-License-Identifier: MIT
 *
 * What `gaia doctor` says of the installation and of the machine: programs and libraries, devices,
 * memory, limits.
 *
 * Invariant: what another program is asked for has an end, whatever that program does.
 */
#include "doctor.h"

#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend.h"
#include "error.h"
#include "grib_guard.h"
#include "library.h"
#include "machine.h"
#include "process.h"
#include "report_page.h"

enum {
    ANSWER_MS = 10000,
    FILES_FEW = 256, /* a scheduler keeps some for itself and two for each executor */
    FILES_SOME = 1024,
    MEBIBYTE = 1 << 20
};

static const uint64_t memory_default = (uint64_t)2 << 30; /* for data, of an executor */

/* ---- Programs and libraries ---- */

/* Tells "NAME VERSION" lines, but for those that known has already. */
static void libraries_tell(struct doctor *doctor, const char *lines, const char *known)
{
    while (lines != NULL && *lines != '\0') {
        char line[128];
        const size_t length = strcspn(lines, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : 0), lines);
        char *blank = strrchr(line, ' ');
        if (blank != NULL && (known == NULL || strstr(known, line) == NULL)) {
            *blank = '\0';
            doctor_tell(doctor, line, VERDICT_OK, GAIA_OK, NULL, "%s%s", blank + 1,
                        known != NULL ? ", of gaia-scheduler" : "");
        }
        lines += length + (lines[length] != '\0');
    }
}

/* Whether the program beside this one starts and is of the same version; what it printed is in out.
 */
static void program_tell(struct doctor *doctor, const char *name, struct text *out)
{
    const char *const arguments[] = {name, "--version", NULL};
    const char *advice = "install the programs of one version in one folder";
    char path[PATH_MAX];
    char wanted[64];
    gaia_error err = {0};
    gaia_status status = program_beside(name, path, sizeof path, &err);
    if (status == GAIA_OK) {
        status = program_output(path, arguments, ANSWER_MS, out, &err);
    }
    if (status != GAIA_OK) {
        doctor_tell(doctor, name, VERDICT_PROBLEM, status, advice, "%s", err.detail);
        return;
    }
    const int n = snprintf(wanted, sizeof wanted, "%s %s\n", name, gaia_version());
    if (out->length < (size_t)n || strncmp(out->s, wanted, (size_t)n) != 0) {
        const char *said = out->length > 0 ? out->s : "";
        doctor_tell(doctor, name, VERDICT_PROBLEM, GAIA_FILE_UNREADABLE, advice,
                    "%s is of another version than gaia %s: '%.*s'", path, gaia_version(),
                    (int)strcspn(said, "\n"), said);
        return;
    }
    doctor_tell(doctor, name, VERDICT_OK, GAIA_OK, NULL, "%s, %s", gaia_version(), path);
}

/* Without its tables ecCodes reads nothing. */
static void definitions_tell(struct doctor *doctor)
{
    static const char check[] = "GRIB tables";
    gaia_error err = {0};
    const gaia_status status = grib_guard_install(&err);
    if (status == GAIA_OK) {
        doctor_tell(doctor, check, VERDICT_OK, GAIA_OK, NULL, "ecCodes has them");
    } else {
        doctor_tell(doctor, check, VERDICT_PROBLEM, status,
                    "install ecCodes' definitions (libeccodes-data)", "%s", err.detail);
    }
}

/* Whether pages were built in. */
static void page_tell(struct doctor *doctor)
{
    static const char check[] = "scorecard page";
    gaia_error err = {0};
    if (report_page_check(&err) == GAIA_OK) {
        doctor_tell(doctor, check, VERDICT_OK, GAIA_OK, NULL, "gaia report makes it");
    } else {
        doctor_tell(doctor, check, VERDICT_NOTE, GAIA_OK,
                    "install libjs-vega and build with -DGAIA_REPORT=ON", "not part of gaia");
    }
}

void doctor_programs(struct doctor *doctor)
{
    static const char *const names[] = {"gaia-node", "gaia-executor", "gaia-scheduler"};
    enum { LAST = sizeof names / sizeof *names - 1 };
    struct text own = {0};
    struct text printed[LAST + 1] = {{0}};
    libraries_append(&own);
    doctor_tell(doctor, "gaia", VERDICT_OK, GAIA_OK, NULL, "%s", gaia_version());
    for (size_t i = 0; i <= LAST; i++) {
        program_tell(doctor, names[i], &printed[i]);
    }
    libraries_tell(doctor, own.s, NULL);
    /* The first line is the program's. */
    const char *more = printed[LAST].s != NULL ? strchr(printed[LAST].s, '\n') : NULL;
    libraries_tell(doctor, more != NULL ? more + 1 : NULL, own.s != NULL ? own.s : "");
    if (more != NULL && strstr(more, "\nlibpq ") == NULL) {
        doctor_tell(doctor, "libpq", VERDICT_NOTE, GAIA_OK,
                    "the queue is kept in SQLite; build with GAIA_POSTGRES for PostgreSQL",
                    "not part of gaia-scheduler");
    }
    definitions_tell(doctor);
    page_tell(doctor);
    for (size_t i = 0; i <= LAST; i++) {
        text_fini(&printed[i]);
    }
    text_fini(&own);
}

/* ---- Devices ---- */

static void cpu_tell(struct doctor *doctor)
{
    static const char *const sets[] = {"v4", "v3", "portable"};
    static const char *const meanings[] = {"AVX-512", "AVX2", "any processor"};
    struct text out = {0};
    gaia_error err = {0};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const struct backend_config config = {.instruction_set = sets[i]};
        struct backend *backend = NULL;
        if (backend_cpu.open(&config, &backend, &err) == GAIA_OK) {
            text_printf(&out, "%s%s (%s)", out.length > 0 ? ", " : "", sets[i], meanings[i]);
            backend_cpu.close(backend);
        }
    }
    if (out.length > 0) {
        doctor_tell(doctor, "CPU", VERDICT_OK, GAIA_OK, NULL, "%s", out.s);
    } else {
        doctor_tell(doctor, "CPU", VERDICT_PROBLEM, GAIA_DEVICE,
                    "build Gaia Score for this processor", "%s", err.detail);
    }
    text_fini(&out);
}

/* A GPU that cannot be used is a problem only where there is one. */
static void gpu_tell(struct doctor *doctor)
{
    static const char node[] = "/dev/nvidiactl";
    const bool is_there = access(node, F_OK) == 0;
    const struct backend_config config = {0};
    const struct backend_ops *ops = NULL;
    struct backend *backend = NULL;
    gaia_error err = {0};
    gaia_status status = backend_find("cuda", &ops, NULL, &err);
    if (status == GAIA_OK) {
        status = ops->open(&config, &backend, &err);
    }
    if (status == GAIA_OK) {
        doctor_tell(doctor, "GPU", VERDICT_OK, GAIA_OK, NULL, "%s, %" PRIu64 " MiB for data",
                    ops->device(backend), ops->memory_bytes(backend) / MEBIBYTE);
        ops->close(backend);
    } else if (is_there) {
        doctor_tell(doctor, "GPU", VERDICT_PROBLEM, status,
                    "put libgaia_cuda.so (preset cuda) beside the program and see that the driver "
                    "loads, or say --device cpu",
                    "%s is there, but %s", node, err.detail);
    } else {
        doctor_tell(doctor, "GPU", VERDICT_NOTE, GAIA_OK, "the CPU is used, with the same sums",
                    "none: %s", err.detail);
    }
}

void doctor_devices(struct doctor *doctor)
{
    cpu_tell(doctor);
    gpu_tell(doctor);
}

/* ---- Memory and limits ---- */

static void memory_tell(struct doctor *doctor)
{
    struct machine_memory memory;
    machine_memory_read("", &memory);
    const uint64_t limit_mib = memory.limit_bytes / MEBIBYTE;
    const uint64_t free_mib = memory.free_bytes / MEBIBYTE;
    if (memory.limit_bytes == UINT64_MAX) {
        doctor_tell(doctor, "memory", VERDICT_NOTE, GAIA_OK,
                    "say --memory, which is else half of what there is", "/proc says none");
    } else if (memory.free_bytes < memory_default) {
        doctor_tell(doctor, "memory", VERDICT_NOTE, GAIA_OK,
                    "end other programs, or say a --memory that fits",
                    "%" PRIu64 " MiB free of %" PRIu64 ", of this machine or its cgroup", free_mib,
                    limit_mib);
    } else {
        doctor_tell(doctor, "memory", VERDICT_OK, GAIA_OK, NULL,
                    "%" PRIu64 " MiB free of %" PRIu64 ", of this machine or its cgroup", free_mib,
                    limit_mib);
    }
}

static void files_tell(struct doctor *doctor)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    const unsigned long long most = limit.rlim_max;
    if (limit.rlim_max < FILES_FEW) {
        doctor_tell(doctor, "open files", VERDICT_PROBLEM, GAIA_LIMIT,
                    "raise the hard limit (ulimit -Hn, LimitNOFILE=)", "at most %llu", most);
    } else if (limit.rlim_max < FILES_SOME) {
        doctor_tell(doctor, "open files", VERDICT_NOTE, GAIA_OK,
                    "raise the hard limit where there are many executors", "at most %llu", most);
    } else if (limit.rlim_max == RLIM_INFINITY) {
        doctor_tell(doctor, "open files", VERDICT_OK, GAIA_OK, NULL, "no limit");
    } else {
        doctor_tell(doctor, "open files", VERDICT_OK, GAIA_OK, NULL, "at most %llu", most);
    }
}

static void address_space_tell(struct doctor *doctor)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_AS, &limit) != 0) {
        return;
    }
    if (limit.rlim_cur == RLIM_INFINITY) {
        doctor_tell(doctor, "address space", VERDICT_OK, GAIA_OK, NULL, "no limit");
    } else {
        doctor_tell(doctor, "address space", VERDICT_NOTE, GAIA_OK,
                    "allocations beyond it fail, and no GPU can be used (ulimit -v)",
                    "limited to %" PRIu64 " MiB", (uint64_t)limit.rlim_cur / MEBIBYTE);
    }
}

void doctor_limits(struct doctor *doctor)
{
    const long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
    doctor_tell(doctor, "cores", VERDICT_OK, GAIA_OK, NULL, "%ld", n_cores);
    memory_tell(doctor);
    files_tell(doctor);
    address_space_tell(doctor);
}
