/* SPDX-License-Identifier: MIT
 *
 * An executor in this process, with an engine that is played (engine_double.h), in a state
 * directory of its own.
 */
#ifndef EXECUTOR_STAGE_H
#define EXECUTOR_STAGE_H

#include <gtest/gtest.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

/* gaia_score is a function and a struct, as in C it may be. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "engine_double.h"
#include "executor.h"
#include "http.h"
#include "logger.h"
}
#pragma GCC diagnostic pop

#include "scripted_scheduler.h"

class Executor : public testing::Test
{
  protected:
    void SetUp() override
    {
        /* As main_executor.c does; every thread made from here on inherits it. */
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set, nullptr);
        engine_double_reset();
        char made[] = "/tmp/gaia-executor-XXXXXX";
        state = mkdtemp(made);
        std::ofstream(state + "/secret") << secret << "\n";
        chmod((state + "/secret").c_str(), 0600);
    }

    void TearDown() override
    {
        leave();
        logger_close(log.logger);
        std::filesystem::remove_all(state);
    }

    void start()
    {
        logger_config config = logger_config_default("executor");
        config.level = LOG_ERROR;
        ASSERT_EQ(GAIA_OK, logger_open(&config, &log.logger, &err)) << err.detail;
        options.address = {state.c_str(), nullptr, "e1"};
        options.engine = {"cpu", 1, 1 << 20};
        options.log = &log;
        options.result_ms = options.result_ms > 0 ? options.result_ms : 10000;
        thread = std::thread([this] { status = executor_run(&options, &err); });
    }

    /* Ends it as SIGTERM would, if it has not ended. */
    void leave()
    {
        if (thread.joinable()) {
            engine_double_hold(false);
            kill(getpid(), SIGTERM);
            join();
        }
        /* What an executor that had already left did not take. */
        sigset_t set;
        const timespec none = {};
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        while (sigtimedwait(&set, nullptr, &none) == SIGTERM) {
        }
    }

    void join()
    {
        thread.join();
    }

    std::string state;
    struct log log = {};
    executor_options options = {};
    std::thread thread;
    gaia_status status = GAIA_INTERNAL;
    gaia_error err = {};
};

#endif
