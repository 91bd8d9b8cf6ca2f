// SPDX-License-Identifier: MIT
//
// A process that may do its worst: with a limit of address space and of time, and nothing left of
// it but how it ended and what it said.
#ifndef FORMATS_PROCESS_H
#define FORMATS_PROCESS_H

#include <cstdint>
#include <string>
#include <vector>

struct ProcessLimits {
    uint64_t address_bytes; // not held to where a sanitizer has its shadow memory
    unsigned cpu_s;         // a loop without end takes this, however busy the machine is
    unsigned wall_s;        // and waiting for ever takes this
};

struct ProcessEnd {
    int status = -1; // of the exit; -1 where a signal ended it
    int signal = 0;  // SIGXCPU, SIGALRM: it ran into a limit of time
    uint64_t peak_bytes = 0;
    std::string out;
    std::string err;
};

// A program's main as a function.
using ProcessMain = int (*)(int argc, char **argv);

// Runs the program arguments[0] or, where there is one, calls `main` in a child of this process
// with the arguments behind it, which spares the loading of some fifty libraries. Throws if it
// cannot be started.
ProcessEnd process_run(const std::vector<std::string> &arguments, const ProcessLimits &limits,
                       ProcessMain main = nullptr);

#endif
