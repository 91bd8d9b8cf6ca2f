// SPDX-License-Identifier: MIT
//
// SQLite on a disk and with a memory that fail when they are told to: the Nth write, sync or
// allocation, once or from then on. For store_fault_test.cc.
//
// Invariant: a call that is to fail does nothing; all others go to the real file or the real
// malloc.
#ifndef SQLITE_FAULTS_H
#define SQLITE_FAULTS_H

#include <sqlite3.h>

#include <cstdint>

namespace sqlite_faults
{

enum Kind { kWrite, kSync, kAllocation, kSpace, kKinds };

// Makes SQLite use the failing file system and the failing memory. Nothing of SQLite may be open.
void Install();

// The nth call of the kind from now on fails, and if `lasting` all after it; 0: none does. For
// kSpace n is in bytes: that much can still be written.
void Arm(Kind kind, int64_t n, bool lasting);

// Whether one has failed since.
bool HasFailed();

} // namespace sqlite_faults

#endif
