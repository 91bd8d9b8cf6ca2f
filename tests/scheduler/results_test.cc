// SPDX-License-Identifier: MIT
//
// The results folder: maps move from an executor's folder to the job's, all or none, and nothing
// that is no plain file of the executor's does.
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "store_harness.h"

extern "C" {
#include "results.h"
}

namespace
{

namespace fs = std::filesystem;

const char kJob[] = "00ff";
const uint64_t kUnits[] = {0, 3};

class Results : public ::testing::Test
{
  protected:
    TemporaryDirectory directory_;
    struct results *results_ = nullptr;
    gaia_error err_ = {};
    const fs::path staging_ = fs::path(directory_ / "results") / ".staging" / "m%2Fe1";
    const fs::path job_ = fs::path(directory_ / "results") / kJob;
    struct results_maps maps_ = {"m/e1", kJob, "aa", 2, kUnits, 100};

    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, results_open((directory_ / "results").c_str(), &results_, &err_));
        fs::create_directories(staging_);
    }
    void TearDown() override
    {
        results_close(results_);
    }
    static void Write(const fs::path &path, const std::string &text)
    {
        std::ofstream(path) << text;
    }
    static std::string Read(const fs::path &path)
    {
        std::stringstream all;
        all << std::ifstream(path).rdbuf();
        return all.str();
    }
    static std::set<std::string> Names(const fs::path &folder)
    {
        std::set<std::string> names;
        if (fs::exists(folder)) {
            for (const auto &entry : fs::directory_iterator(folder)) {
                names.insert(entry.path().filename());
            }
        }
        return names;
    }
    void Stage()
    {
        Write(staging_ / "0-aa.gmap", "first");
        Write(staging_ / "3-aa.gmap", "second");
    }
    // Puts something into the place of the second map, which is then refused with all that came.
    void Refused(gaia_status status, const std::function<void(const fs::path &)> &put)
    {
        Stage();
        fs::remove(staging_ / "3-aa.gmap");
        put(staging_ / "3-aa.gmap");
        EXPECT_EQ(status, results_move(results_, &maps_, &err_));
        EXPECT_NE(nullptr, strstr(err_.detail, "3-aa.gmap of executor m/e1")) << err_.detail;
        EXPECT_EQ((std::set<std::string>{}), Names(job_));
        directory_clear_all();
    }
    void directory_clear_all()
    {
        fs::remove_all(staging_);
        fs::create_directories(staging_);
    }
};

TEST_F(Results, MapsMoveWithTheirAttempt)
{
    Stage();
    Write(staging_ / "7-aa.gmap", "of no map's unit");
    ASSERT_EQ(GAIA_OK, results_move(results_, &maps_, &err_)) << err_.detail;
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap", "3-aa.gmap"}), Names(job_));
    EXPECT_EQ("second", Read(job_ / "3-aa.gmap"));
    EXPECT_EQ((std::set<std::string>{"7-aa.gmap"}), Names(staging_));
    struct stat info = {};
    ASSERT_EQ(0, stat(job_.c_str(), &info));
    EXPECT_EQ(0700u, info.st_mode & 0777u);
}

// The turn that moved them was rolled back, or the scheduler killed: the same result comes again.
TEST_F(Results, WhatWasMovedBeforeIsThere)
{
    Stage();
    ASSERT_EQ(GAIA_OK, results_move(results_, &maps_, &err_)) << err_.detail;
    EXPECT_EQ(GAIA_OK, results_move(results_, &maps_, &err_)) << err_.detail;
    fs::rename(job_ / "3-aa.gmap", staging_ / "3-aa.gmap"); // it was killed in between
    EXPECT_EQ(GAIA_OK, results_move(results_, &maps_, &err_)) << err_.detail;
    fs::remove_all(staging_); // the executor has left
    EXPECT_EQ(GAIA_OK, results_move(results_, &maps_, &err_)) << err_.detail;
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap", "3-aa.gmap"}), Names(job_));
    maps_.attempt = "bb"; // but for another attempt they are not
    EXPECT_EQ(GAIA_DISK, results_move(results_, &maps_, &err_));
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap", "3-aa.gmap"}), Names(job_));
}

TEST_F(Results, OnlyAPlainFileOfTheExecutorsIsMoved)
{
    const std::string secret = directory_ / "secret";
    Write(secret, "secret");
    Refused(GAIA_DISK, [](const fs::path &) {});
    EXPECT_NE(nullptr, strstr(err_.detail, "--results")) << err_.detail;
    Refused(GAIA_PROTOCOL, [&](const fs::path &path) { fs::create_symlink(secret, path); });
    Refused(GAIA_PROTOCOL, [&](const fs::path &path) { fs::create_symlink("nowhere", path); });
    Refused(GAIA_PROTOCOL, [&](const fs::path &path) { fs::create_hard_link(secret, path); });
    Refused(GAIA_PROTOCOL, [](const fs::path &path) { fs::create_directory(path); });
    Refused(GAIA_PROTOCOL, [](const fs::path &path) { ASSERT_EQ(0, mkfifo(path.c_str(), 0600)); });
    Refused(GAIA_PROTOCOL, [](const fs::path &path) {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_LT(path.string().size(), sizeof address.sun_path);
        strcpy(address.sun_path, path.c_str());
        ASSERT_EQ(0, bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address));
        close(fd);
    });
    Refused(GAIA_PROTOCOL, [](const fs::path &path) { Write(path, std::string(101, 'x')); });
    if (geteuid() == 0) { // only root can give files away
        Refused(GAIA_PROTOCOL, [](const fs::path &path) {
            Write(path, "x");
            ASSERT_EQ(0, chown(path.c_str(), 12345, 12345));
        });
    }
    EXPECT_EQ("secret", Read(secret));
}

// One who changes what is there while it is moved gains nothing by it.
TEST_F(Results, AFileIsNotChangedForAnotherOnItsWay)
{
    const fs::path name = staging_ / "0-aa.gmap";
    std::atomic<bool> over{false};
    maps_.n_units = 1;
    std::thread changes([&] {
        while (!over) {
            Write(staging_ / "file", "mine");
            (void)rename((staging_ / "file").c_str(), name.c_str());
            (void)symlink("../../../secret", (staging_ / "link").c_str());
            (void)rename((staging_ / "link").c_str(), name.c_str());
        }
    });
    for (int i = 0; i < 40; i++) {
        const gaia_status status = results_move(results_, &maps_, &err_);
        if (status == GAIA_OK) {
            EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(job_ / "0-aa.gmap")));
            EXPECT_EQ("mine", Read(job_ / "0-aa.gmap"));
            fs::remove(job_ / "0-aa.gmap");
        }
        EXPECT_EQ((std::set<std::string>{}), Names(job_));
    }
    over = true;
    changes.join();
}

TEST_F(Results, AStagingFolderIsNoLink)
{
    const fs::path other = staging_.parent_path() / "e2";
    fs::create_directories(other);
    Write(other / "0-aa.gmap", "another's");
    fs::remove(staging_);
    fs::create_directory_symlink(other, staging_);
    maps_.n_units = 1;
    EXPECT_EQ(GAIA_DISK, results_move(results_, &maps_, &err_));
    results_staging_clear(results_, "m/e1");
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap"}), Names(other));
}

TEST_F(Results, NamesAreTheSchedulersOwn)
{
    Stage();
    for (const char *wrong : {"", "..", ".staging", "../00ff"}) {
        maps_.job = wrong;
        EXPECT_EQ(GAIA_PROTOCOL, results_move(results_, &maps_, &err_)) << wrong;
        maps_.job = kJob;
        maps_.attempt = wrong;
        EXPECT_EQ(GAIA_PROTOCOL, results_move(results_, &maps_, &err_)) << wrong;
        maps_.attempt = "aa";
        results_job_remove(results_, wrong);
    }
    maps_.executor = "m"; // whose folder would be above
    EXPECT_EQ(GAIA_DISK, results_move(results_, &maps_, &err_));
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap", "3-aa.gmap"}), Names(staging_));
}

TEST_F(Results, MapsOfOtherAttemptsAreRemoved)
{
    fs::create_directory(job_);
    for (const char *name :
         {"0-aa.gmap", "3-aa.gmap", "0-bb.gmap", "3-cc.gmap", "4-bb.gmap", "10-bb.gmap"}) {
        Write(job_ / name, "map");
    }
    results_prune(results_, kJob, 0, 4, "bb");
    EXPECT_EQ((std::set<std::string>{"0-bb.gmap", "4-bb.gmap", "10-bb.gmap"}), Names(job_));
    results_job_remove(results_, kJob);
    EXPECT_FALSE(fs::exists(job_));
}

TEST_F(Results, StagingFoldersAreEmptiedAndStay)
{
    const fs::path all = staging_.parent_path();
    for (const char *name : {"e2", "e3", "not%2fmade"}) {
        fs::create_directory(all / name);
        Write(all / name / "0-aa.gmap.abc", "cut");
    }
    Stage();
    results_staging_clear(results_, "e3");
    EXPECT_EQ((std::set<std::string>{}), Names(all / "e3"));
    results_staging_sweep(
        results_, [](void *, const char *executor) { return strcmp(executor, "m/e1") == 0; },
        nullptr);
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap", "3-aa.gmap"}), Names(staging_));
    EXPECT_EQ((std::set<std::string>{}), Names(all / "e2"));
    EXPECT_EQ((std::set<std::string>{}), Names(all / "not%2fmade"));
    EXPECT_EQ((std::set<std::string>{"e2", "e3", "m%2Fe1", "not%2fmade"}), Names(all));
}

TEST_F(Results, AFolderIsOneStores)
{
    const std::string mine(32, 'a');
    const std::string other(32, 'b');
    const auto nobody = [](void *, const char *) { return false; };
    struct results *others = nullptr;
    ASSERT_EQ(GAIA_OK, results_claim(results_, mine.c_str(), &err_)) << err_.detail;
    ASSERT_EQ(GAIA_OK, results_claim(results_, mine.c_str(), &err_)) << err_.detail;
    EXPECT_EQ((std::set<std::string>{".staging", ".store"}), Names(directory_ / "results"));
    Stage();
    ASSERT_EQ(GAIA_OK, results_move(results_, &maps_, &err_)) << err_.detail;
    Stage();

    ASSERT_EQ(GAIA_OK, results_open((directory_ / "results").c_str(), &others, &err_));
    EXPECT_EQ(GAIA_USAGE, results_claim(others, other.c_str(), &err_));
    EXPECT_NE(nullptr, strstr(err_.detail, "another queue, as its file .store says"))
        << err_.detail;
    EXPECT_FALSE(results_sweep(others, nobody, nullptr));
    results_staging_sweep(others, nobody, nullptr);
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap", "3-aa.gmap"}), Names(job_));
    EXPECT_EQ((std::set<std::string>{"0-aa.gmap", "3-aa.gmap"}), Names(staging_));

    // Without the mark it is whoever's comes first.
    fs::remove(directory_ / "results/.store");
    ASSERT_EQ(GAIA_OK, results_claim(others, other.c_str(), &err_)) << err_.detail;
    EXPECT_EQ(other + "\n", Read(directory_ / "results/.store"));
    EXPECT_EQ(GAIA_USAGE, results_claim(results_, mine.c_str(), &err_));
    while (results_sweep(others, nobody, nullptr)) {
    }
    results_staging_sweep(others, nobody, nullptr);
    EXPECT_FALSE(fs::exists(job_));
    EXPECT_EQ((std::set<std::string>{}), Names(staging_));
    results_close(others);
}

// Two and two of one store, which are started together.
TEST_F(Results, OfManyWhoClaimAFolderOneStoreGetsIt)
{
    for (int round = 0; round < 50; round++) {
        std::atomic<int> n_mine{0};
        std::vector<std::thread> threads;
        fs::remove(directory_ / "results/.store");
        for (int i = 0; i < 4; i++) {
            threads.emplace_back([this, &n_mine, i] {
                struct results *own = nullptr;
                gaia_error err = {};
                ASSERT_EQ(GAIA_OK, results_open((directory_ / "results").c_str(), &own, &err));
                const gaia_status status = results_claim(
                    own, std::string(32, static_cast<char>('a' + i / 2)).c_str(), &err);
                EXPECT_TRUE(status == GAIA_OK || status == GAIA_USAGE) << err.detail;
                n_mine += status == GAIA_OK ? 1 : 0;
                results_close(own);
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
        EXPECT_EQ(2, n_mine);
        EXPECT_EQ((std::set<std::string>{".staging", ".store"}), Names(directory_ / "results"));
    }
}

TEST_F(Results, AMarkIsAPlainFileThatSaysSomething)
{
    const fs::path mark = fs::path(directory_ / "results") / ".store";
    const std::function<void()> others[] = {
        [&] { Write(mark, ""); }, [&] { fs::create_symlink(directory_ / "elsewhere", mark); },
        [&] { fs::create_directory(mark); }, [&] { ASSERT_EQ(0, mkfifo(mark.c_str(), 0600)); }};
    for (const auto &make : others) {
        make();
        EXPECT_EQ(GAIA_DISK, results_claim(results_, "aa", &err_));
        EXPECT_NE(nullptr, strstr(err_.detail, "results/.store: ")) << err_.detail;
        EXPECT_FALSE(fs::exists(directory_ / "elsewhere"));
        fs::remove(mark);
    }
    EXPECT_EQ(GAIA_OK, results_claim(results_, "aa", &err_)) << err_.detail;
}

} // namespace
