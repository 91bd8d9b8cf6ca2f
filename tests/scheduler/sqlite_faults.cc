// SPDX-License-Identifier: MIT
//
// The failing file system and memory of sqlite_faults.h: a VFS around SQLite's own, and its own
// allocator with a count.
//
// Invariant: used by one thread.
#include "sqlite_faults.h"

#include <gtest/gtest.h>

#include <cstring>

namespace sqlite_faults
{
namespace
{

struct State {
    Kind kind = kKinds;
    int64_t left = 0;
    bool lasting = false;
    bool has_failed = false;
};

State state;

bool Fails(Kind kind, int64_t cost)
{
    if (state.kind != kind || state.left < 0) {
        return false;
    }
    if (kind == kSpace && state.left >= cost) {
        state.left -= cost;
        return false;
    }
    if (kind != kSpace && --state.left > 0) {
        return false;
    }
    state.left = state.lasting ? 0 : -1;
    state.has_failed = true;
    return true;
}

// A file of ours, and behind it in memory the real one.
struct File {
    sqlite3_file base;
};

sqlite3_file *Real(sqlite3_file *file)
{
    return reinterpret_cast<sqlite3_file *>(reinterpret_cast<File *>(file) + 1);
}

int Write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    if (Fails(kSpace, n)) {
        return SQLITE_FULL;
    }
    return Fails(kWrite, 1) ? SQLITE_IOERR_WRITE
                            : Real(file)->pMethods->xWrite(Real(file), bytes, n, at);
}

// Processes fail here, machines do not: what was written need not reach the disk.
int Sync(sqlite3_file *, int)
{
    return Fails(kSync, 1) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

const sqlite3_io_methods *Methods()
{
    static const sqlite3_io_methods methods = [] {
        sqlite3_io_methods m = {};
        m.iVersion = 2; // no memory mapping: writes go through xWrite
        m.xClose = [](sqlite3_file *f) { return Real(f)->pMethods->xClose(Real(f)); };
        m.xRead = [](sqlite3_file *f, void *out, int n, sqlite3_int64 at) {
            return Real(f)->pMethods->xRead(Real(f), out, n, at);
        };
        m.xWrite = Write;
        m.xTruncate = [](sqlite3_file *f, sqlite3_int64 size) {
            return Real(f)->pMethods->xTruncate(Real(f), size);
        };
        m.xSync = Sync;
        m.xFileSize = [](sqlite3_file *f, sqlite3_int64 *size) {
            return Real(f)->pMethods->xFileSize(Real(f), size);
        };
        m.xLock = [](sqlite3_file *f, int how) { return Real(f)->pMethods->xLock(Real(f), how); };
        m.xUnlock = [](sqlite3_file *f, int how) {
            return Real(f)->pMethods->xUnlock(Real(f), how);
        };
        m.xCheckReservedLock = [](sqlite3_file *f, int *out) {
            return Real(f)->pMethods->xCheckReservedLock(Real(f), out);
        };
        m.xFileControl = [](sqlite3_file *f, int op, void *arg) {
            return Real(f)->pMethods->xFileControl(Real(f), op, arg);
        };
        m.xSectorSize = [](sqlite3_file *f) { return Real(f)->pMethods->xSectorSize(Real(f)); };
        m.xDeviceCharacteristics = [](sqlite3_file *f) {
            return Real(f)->pMethods->xDeviceCharacteristics(Real(f));
        };
        m.xShmMap = [](sqlite3_file *f, int i, int bytes, int extend, void volatile **out) {
            return Real(f)->pMethods->xShmMap(Real(f), i, bytes, extend, out);
        };
        m.xShmLock = [](sqlite3_file *f, int at, int n, int flags) {
            return Real(f)->pMethods->xShmLock(Real(f), at, n, flags);
        };
        m.xShmBarrier = [](sqlite3_file *f) { Real(f)->pMethods->xShmBarrier(Real(f)); };
        m.xShmUnmap = [](sqlite3_file *f, int erase) {
            return Real(f)->pMethods->xShmUnmap(Real(f), erase);
        };
        return m;
    }();
    return &methods;
}

int Open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    auto *real = static_cast<sqlite3_vfs *>(vfs->pAppData);
    memset(Real(file), 0, static_cast<size_t>(real->szOsFile));
    const int code = real->xOpen(real, name, Real(file), flags, out);
    file->pMethods = Real(file)->pMethods != nullptr ? Methods() : nullptr;
    return code;
}

sqlite3_mem_methods memory;

void *Allocate(int n)
{
    return Fails(kAllocation, 1) ? nullptr : memory.xMalloc(n);
}

void *Reallocate(void *old, int n)
{
    return Fails(kAllocation, 1) ? nullptr : memory.xRealloc(old, n);
}

} // namespace

void Install()
{
    static bool is_installed = false;
    static sqlite3_vfs vfs = {};
    if (is_installed) {
        return;
    }
    is_installed = true;
    ASSERT_EQ(SQLITE_OK, sqlite3_shutdown());
    ASSERT_EQ(SQLITE_OK, sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory));
    sqlite3_mem_methods failing = memory;
    failing.xMalloc = Allocate;
    failing.xRealloc = Reallocate;
    ASSERT_EQ(SQLITE_OK, sqlite3_config(SQLITE_CONFIG_MALLOC, &failing));
    // Without this, small allocations would come out of one large one.
    ASSERT_EQ(SQLITE_OK, sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0));
    ASSERT_EQ(SQLITE_OK, sqlite3_initialize());
    sqlite3_vfs *real = sqlite3_vfs_find(nullptr);
    vfs = *real; // its other functions do not look at the struct
    vfs.pNext = nullptr;
    vfs.zName = "faults";
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    vfs.pAppData = real;
    vfs.xOpen = Open;
    ASSERT_EQ(SQLITE_OK, sqlite3_vfs_register(&vfs, 1));
}

void Arm(Kind kind, int64_t n, bool lasting)
{
    state.kind = n > 0 ? kind : kKinds;
    state.left = n;
    state.lasting = lasting;
    state.has_failed = false;
}

bool HasFailed()
{
    return state.has_failed;
}

} // namespace sqlite_faults
