/* SPDX-License-Identifier: MIT
 *
 * A backup of the embedded store: made while the store is in use, put in its place while no
 * scheduler runs. For http_backup.c and main_scheduler.c, which know nothing of SQLite.
 *
 * Format: the database as SQLite has it, in one file without a journal, then the tail of
 * moments_seal over all bytes before it. SQLite reads such a file as it is and passes over the
 * tail; whether it was cut short or changed is known by the tail alone.
 */
#ifndef STORE_SQLITE_BACKUP_H
#define STORE_SQLITE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>

/* Copies the database at path as it is at one moment, and opens the copy, which has no name: *fd is
 * the caller's. The tail is not there yet. The copy is made beside the database; one at a time.
 * Between steps stops(context) says whether to give up. On any thread: this is a connection of its
 * own that only reads, and who writes does not wait for it. GAIA_STORE, GAIA_DISK, GAIA_CANCELLED.
 */
GAIA_MUST_USE gaia_status sqlite_backup(const char *path, bool (*stops)(void *context),
                                        void *context, int *fd, gaia_error *err);

/* What a database holds. */
struct sqlite_extent {
    int64_t n_jobs;
    int64_t last_ms; /* when the last of them was submitted; 0: none */
};

/* Puts the backup in the file `backup` in the place of the database at path, which no scheduler may
 * have open. It is looked at whole before anything is touched, and is there whole or not at all.
 * A database that is there is an error, unless `replaces`: then it stays beside as path.replaced.
 * GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE, GAIA_FILE_DAMAGED (no backup, cut short, changed),
 * GAIA_USAGE (a database is there), GAIA_STORE (another rule of summation, a schema too new, what
 * was backed up was damaged), GAIA_DISK. */
GAIA_MUST_USE gaia_status sqlite_restore(const char *path, const char *backup, bool replaces,
                                         struct sqlite_extent *extent, gaia_error *err);

#endif
