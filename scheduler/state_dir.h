/* SPDX-License-Identifier: MIT
 *
 * The scheduler's files in its state directory: the lock, the secret, and the note where to dial
 * (wire/PROTOCOL.md). Used by main_scheduler.c only.
 *
 * Invariant: whoever has a state_dir open holds the lock, so no other scheduler writes beside it.
 */
#ifndef STATE_DIR_H
#define STATE_DIR_H

#include <stddef.h>

#include <gaia/status.h>

#include "private_file.h"

enum { STATE_PATH = 4096, STATE_SECRET = SECRET_TEXT };

struct state_dir {
    char path[STATE_PATH];
    char secret[STATE_SECRET];
    int lock_fd; /* -1: not open */
};

/* Makes the directory and the secret if they are not there, and takes the lock. GAIA_LIMIT if
 * another scheduler holds it; GAIA_DISK, GAIA_USAGE (no directory is known), GAIA_FILE_DAMAGED (the
 * secret is not one), GAIA_DENIED (others may read it). option may be NULL. */
GAIA_MUST_USE gaia_status state_dir_open(const char *option, struct state_dir *dir,
                                         gaia_error *err);

/* Writes the path of a file in the directory into out[0 .. out_bytes). GAIA_USAGE if it does not
 * fit. */
GAIA_MUST_USE gaia_status state_dir_path(const struct state_dir *dir, const char *name, char *out,
                                         size_t out_bytes, gaia_error *err);

/* Where the scheduler listens; the remote addresses are "" if there are none. */
struct state_note {
    unsigned api_port;
    const char *remote_api;
    const char *control;
    const char *work;
    const char *remote_control;
    const char *remote_work;
};

/* Writes scheduler.json, and removes it if it is still this process's. */
GAIA_MUST_USE gaia_status state_dir_announce(const struct state_dir *dir,
                                             const struct state_note *where, gaia_error *err);
void state_dir_withdraw(const struct state_dir *dir);

/* Gives the lock back. */
void state_dir_close(struct state_dir *dir);

#endif
