// SPDX-License-Identifier: MIT
//
// A scheduler that is told how long to keep jobs forgets those that are older.
//
// Invariant: time does not pass for a test, so the database is told that it has.
#include <filesystem>
#include <fstream>

#include <sqlite3.h>

#include "server_harness.h"

namespace
{

TEST(ServerRetain, ForgetsJobsThatAreOverAndOld)
{
    Scheduler scheduler({"--retain-days", "1"});
    const std::string old = scheduler.Submit();
    const std::string young = scheduler.Submit();
    const std::string live = scheduler.Submit();
    for (const std::string &id : {old, young}) {
        EXPECT_EQ(200, scheduler.Http("DELETE", "/v1/jobs/" + id).status);
    }
    const int status = scheduler.End(SIGTERM);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    sqlite3 *db = nullptr;
    ASSERT_EQ(SQLITE_OK, sqlite3_open((scheduler.directory / "gaia.sqlite").c_str(), &db));
    const std::string script = "UPDATE jobs SET submitted_ms = submitted_ms - 3 * 86400000"
                               " WHERE id <> '" +
                               young + "'";
    EXPECT_EQ(SQLITE_OK, sqlite3_exec(db, script.c_str(), nullptr, nullptr, nullptr));
    sqlite3_close(db);
    // What executors left for them, for a job that nobody knows, and what is no job's.
    const std::filesystem::path results = scheduler.directory / "results";
    for (const std::string &name : {old, young, live, std::string("00ff"), std::string("notes")}) {
        std::filesystem::create_directories(results / name);
        std::ofstream(results / name / "0.gmap") << "map";
    }
    scheduler.Start();
    for (int i = 0; i < 3000 && scheduler.Job(old).status != 404; i++) {
        usleep(10000);
    }
    EXPECT_EQ(404, scheduler.Job(old).status);
    EXPECT_EQ("cancelled", scheduler.Job(young).Get("state"));
    EXPECT_EQ("queued", scheduler.Job(live).Get("state"));
    for (int i = 0; i < 3000 && std::filesystem::exists(results / "00ff"); i++) {
        usleep(10000);
    }
    EXPECT_FALSE(std::filesystem::exists(results / "00ff"));
    EXPECT_FALSE(std::filesystem::exists(results / old));
    for (const std::string &name : {young, live, std::string("notes")}) {
        EXPECT_TRUE(std::filesystem::exists(results / name / "0.gmap")) << name;
    }
}

TEST(ServerStore, IsRefusedByANameThatThereIsNot)
{
    TemporaryDirectory directory;
    std::string arguments[] = {"gaia-scheduler", "--state", directory.Path(), "--store", "papyrus"};
    std::vector<char *> argv;
    for (std::string &argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    pid_t child = -1;
    int status = 0;
    const std::string program = std::string(GAIA_BINARIES) + "/gaia-scheduler";
    ASSERT_EQ(0, posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ));
    ASSERT_EQ(child, waitpid(child, &status, 0));
    EXPECT_EQ(2, WEXITSTATUS(status));
}

} // namespace
