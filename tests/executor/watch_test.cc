/* SPDX-License-Identifier: MIT
 *
 * The watch over a batch that does not react: the process ends, in time and not otherwise.
 */
#include <gtest/gtest.h>

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

extern "C" {
#include "clock.h"
#include "process.h"
#include "watch.h"
}

namespace
{

const struct log quiet = {};

/* Runs the body in a new process with a watch of these options; returns its exit status. */
int with_watch(watch_options options, const std::function<int(watch *)> &body)
{
    int how = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        sigset_t set;
        watch *made = nullptr;
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set, nullptr);
        options.log = &quiet;
        if (watch_open(&options, &made, nullptr) != GAIA_OK) {
            _exit(99);
        }
        const int answer = body(made);
        watch_close(made);
        _exit(answer);
    }
    EXPECT_EQ(pid, waitpid(pid, &how, 0));
    EXPECT_TRUE(WIFEXITED(how));
    return WEXITSTATUS(how);
}

/* Works without ever looking whether it is cancelled. */
int hang(watch *of)
{
    static engine_control run;
    watch_begin(of, &run, &quiet);
    for (;;) {
        clock_sleep_ms(10);
    }
}

TEST(Watch, ABatchThatCannotBeCancelledEndsTheProcess)
{
    EXPECT_EQ(PROGRAM_OVERTIME, with_watch({nullptr, nullptr, 50, 0, 50}, hang));
}

TEST(Watch, ProcessorTimeIsCountedApart)
{
    /* Sleeping takes none of it: only the one that spins is ended. */
    EXPECT_EQ(7, with_watch({nullptr, nullptr, 0, 60000, 50}, [](watch *of) {
                  static engine_control run;
                  watch_begin(of, &run, &quiet);
                  clock_sleep_ms(300);
                  return watch_end(of, nullptr) == GAIA_OK ? 7 : 1;
              }));
    EXPECT_EQ(PROGRAM_OVERTIME, with_watch({nullptr, nullptr, 0, 50, 50}, [](watch *of) {
                  static engine_control run;
                  watch_begin(of, &run, &quiet);
                  for (volatile unsigned i = 0;; i++) {
                  }
                  return 0;
              }));
}

TEST(Watch, ABatchThatIsCancelledIsToldOf)
{
    EXPECT_EQ(7, with_watch({nullptr, nullptr, 50, 0, 60000}, [](watch *of) {
                  static engine_control run;
                  gaia_error why = {};
                  watch_begin(of, &run, &quiet);
                  while (!run.cancel) {
                      clock_sleep_ms(5);
                  }
                  const bool told = watch_end(of, &why) == GAIA_LIMIT;
                  /* The next batch begins anew. */
                  run.cancel = false;
                  watch_begin(of, &run, &quiet);
                  const bool fresh = watch_end(of, &why) == GAIA_OK && !run.cancel;
                  return told && fresh ? 7 : 1;
              }));
}

TEST(Watch, BetweenBatchesNothingIsOverItsTime)
{
    EXPECT_EQ(7, with_watch({nullptr, nullptr, 50, 0, 50}, [](watch *of) {
                  static engine_control run;
                  watch_begin(of, &run, &quiet);
                  (void)watch_end(of, nullptr);
                  clock_sleep_ms(500);
                  return run.cancel ? 1 : 7;
              }));
}

} // namespace
