// SPDX-License-Identifier: MIT
//
// What the damage is done to: a forecast in one way of writing, the sound truth and climatology
// beside it, and the job that scores them.
#ifndef FORMATS_SUBJECT_H
#define FORMATS_SUBJECT_H

#include <string>
#include <vector>

#include "damage.h"
#include "process.h"

struct Subject {
    std::string way;
    std::string job;              // path of the job's JSON
    std::vector<SoundFile> files; // of the forecast
    std::string scores;           // as CSV, while all is sound
};

// The subjects of a format, written below `folder`: "netcdf3", "netcdf4", "grib1", "grib2",
// "zarr2", "zarr3".
std::vector<Subject> subjects(const std::string &format, const std::string &folder);

// `gaia score` of the job in a process of its own, held to the limits below: the program, or in a
// child of this process the function that the program's main calls.
enum class Start { Program, Child };
ProcessEnd subject_score(const Subject &subject, Start start);

constexpr uint64_t kMemoryBytes = uint64_t{32} << 20;                 // --memory
constexpr uint64_t kAddressBytes = uint64_t{1} << 30;                 // RLIMIT_AS
constexpr uint64_t kPeakBytes = kMemoryBytes + (uint64_t{160} << 20); // with all libraries
constexpr unsigned kCpuSeconds = 5; // a sound file takes less than a tenth of one
constexpr unsigned kCpuSecondsSanitized = 60;
constexpr unsigned kWallSeconds = 300;

// Where the chunks of a NetCDF-4 file's variables lie.
std::vector<Span> chunk_spans(const std::string &path, const std::vector<std::string> &variables);

#endif
