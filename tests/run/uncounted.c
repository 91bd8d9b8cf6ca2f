/* SPDX-License-Identifier: MIT
 *
 * Part of every program of a build with GAIA_COVERAGE. A process that may not write, because it is
 * in a sandbox or another user's, cannot keep what it counted; gcc's library would say so for each
 * file, on standard error, where tests look for what the program says.
 *
 * Invariant: this runs when the program and the leak checker have said all, and before counts are
 * kept: gcc gives that a priority below 100.
 */
#include <fcntl.h>
#include <unistd.h>

__attribute__((destructor)) static void silence_where_nothing_is_kept(void)
{
    const int probe = open(GAIA_COUNTS "/counts.probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (probe >= 0) {
        (void)close(probe);
        return;
    }
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)dup2(nowhere, STDERR_FILENO);
}
