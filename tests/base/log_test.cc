// SPDX-License-Identifier: MIT
//
// Where lines go: levels, streams, repeats, rotation, full disks and readers that read nothing.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <map>
#include <regex>
#include <thread>

#include "log_capture.h"

extern "C" {
#include "log_options.h"
}

namespace fs = std::filesystem;

TEST_F(LogCapture, StreamsHaveFilesOfTheirOwnForTheirOwnerAlone)
{
    const struct log log = open();
    log_say(log, LOG_APPLICATION, LOG_INFO, "one");
    log_say(log, LOG_PERFORMANCE, LOG_INFO, "two");
    log_say(log, LOG_SECURITY, LOG_WARNING, "three");
    for (const auto &[name, event] : std::map<std::string, std::string>{
             {"application.log", "one"}, {"performance.log", "two"}, {"security.log", "three"}}) {
        ASSERT_EQ(1u, lines(name).size());
        EXPECT_NE(std::string::npos, lines(name)[0].find("] " + event + ": something is so"));
        EXPECT_EQ(fs::perms::owner_read | fs::perms::owner_write,
                  fs::status(path(name)).permissions());
    }
}

TEST_F(LogCapture, EventsAboveTheLevelAreDropped)
{
    config.level = LOG_WARNING;
    const struct log log = open();
    log_say(log, LOG_APPLICATION, LOG_INFO, "dropped");
    log_say(log, LOG_APPLICATION, LOG_ERROR, "kept");
    ASSERT_EQ(1u, lines().size());
    log_say({}, LOG_APPLICATION, LOG_ERROR, "nowhere");
    const log_site site = {LOG_APPLICATION, LOG_ERROR, "nowhere", ""};
    log_write(nullptr, &site, nullptr);
    log_tick(nullptr);
}

TEST_F(LogCapture, ANameIsNoPath)
{
    config.name = "../machine/executor";
    const struct log log = open();
    log_say(log, LOG_APPLICATION, LOG_INFO, "one");
    EXPECT_EQ(1u, lines_of(file_text(directory + "/_._machine_executor/application.log")).size());
}

TEST_F(LogCapture, AFolderThatCannotBeMadeIsAnError)
{
    const std::string below = directory + "/file/below";
    std::ofstream(directory + "/file") << "x";
    config.directory = below.c_str();
    gaia_error err = {};
    EXPECT_EQ(GAIA_DISK, logger_open(&config, &opened, &err));
    EXPECT_NE(std::string::npos, std::string(err.detail).find("file")) << err.detail;
}

TEST_F(LogCapture, RepeatsAreCountedAndTold)
{
    const struct log log = open();
    const auto often = [&](const char *event) {
        log_say(log, LOG_SECURITY | LOG_OFTEN, LOG_WARNING, event, {log_text("address", "a")});
    };
    for (int i = 0; i < 1000; i++) {
        often("flood");
        monotonic_ms += 5;
    }
    often("other");
    EXPECT_EQ(2u, lines("security.log").size());
    monotonic_ms = 1000 + LOG_QUIET_MS - 1;
    log_tick(&log);
    EXPECT_EQ(2u, lines("security.log").size());
    monotonic_ms++;
    log_tick(&log); // nobody has anything to say, and still it is told
    ASSERT_EQ(3u, lines("security.log").size());
    EXPECT_NE(std::string::npos,
              lines("security.log")[2].find("flood: something is so repeated=999"));
    often("flood"); // it goes on: counted
    monotonic_ms += LOG_QUIET_MS;
    log_say(log, LOG_APPLICATION, LOG_INFO, "any"); // whoever writes tells of it
    ASSERT_EQ(4u, lines("security.log").size());
    EXPECT_NE(std::string::npos, lines("security.log")[3].find("repeated=1"));
    monotonic_ms += LOG_QUIET_MS;
    often("flood"); // it had ended: the next one is whole
    ASSERT_EQ(5u, lines("security.log").size());
    EXPECT_NE(std::string::npos, lines("security.log")[4].find("address=a"));
    often("flood");
    logger_close(opened);
    opened = nullptr;
    EXPECT_EQ(6u, lines("security.log").size()); // the last one when it closes
}

TEST_F(LogCapture, MoreKindsOfRepeatsThanHaveAPlaceAreWritten)
{
    const struct log log = open();
    std::vector<std::string> names;
    for (int i = 0; i < 40; i++) {
        names.push_back("event_" + std::to_string(i));
    }
    for (int round = 0; round < 2; round++) {
        for (const std::string &name : names) {
            log_say(log, LOG_APPLICATION | LOG_OFTEN, LOG_INFO, name.c_str());
        }
    }
    EXPECT_EQ(40u + 8u, lines().size()); // 32 of the second round are counted
    logger_close(opened);                // before the names go
    opened = nullptr;
}

TEST_F(LogCapture, FilesAreRotatedBySizeAndSoManyKept)
{
    config.file_bytes = 4096;
    config.n_kept = 2;
    const struct log log = open();
    for (int i = 0; i < 200; i++) {
        log_say(log, LOG_APPLICATION, LOG_INFO, "line", {log_int("i", i)});
    }
    std::string all;
    for (const char *name : {"application.log.2", "application.log.1", "application.log"}) {
        EXPECT_LE(fs::file_size(path(name)), 4096u);
        all += file_text(path(name));
    }
    EXPECT_FALSE(fs::exists(path("application.log.3")));
    const std::vector<std::string> kept = lines_of(all);
    const int first = 200 - static_cast<int>(kept.size());
    for (size_t i = 0; i < kept.size(); i++) { // the youngest, in order and whole
        EXPECT_NE(std::string::npos,
                  kept[i].find(" i=" + std::to_string(first + static_cast<int>(i))));
    }
}

TEST_F(LogCapture, NoneIsKeptWhereNoneIsWanted)
{
    config.file_bytes = 4096;
    config.n_kept = 0;
    const struct log log = open();
    for (int i = 0; i < 100; i++) {
        log_say(log, LOG_APPLICATION, LOG_INFO, "line");
    }
    EXPECT_LE(fs::file_size(path("application.log")), 4096u);
    EXPECT_EQ(1, std::distance(fs::directory_iterator(directory + "/here"), {}));
}

// As logrotate does it, with `create` or without; no signal is needed.
TEST_F(LogCapture, AFileThatWasMovedAwayIsLeft)
{
    const struct log log = open();
    log_say(log, LOG_APPLICATION, LOG_INFO, "one");
    fs::rename(path("application.log"), path("old"));
    log_say(log, LOG_APPLICATION, LOG_INFO, "two");
    fs::rename(path("application.log"), path("older"));
    std::ofstream(path("application.log")).close();
    log_say(log, LOG_APPLICATION, LOG_INFO, "three");
    fs::remove(path("application.log"));
    log_say(log, LOG_APPLICATION, LOG_INFO, "four");
    EXPECT_EQ(1u, lines("old").size());
    EXPECT_EQ(1u, lines("older").size());
    EXPECT_NE(std::string::npos, lines().at(0).find("four"));
}

// /dev/full is a disk without room.
TEST_F(LogCapture, AFullDiskLosesLinesAndSaysHowMany)
{
    config.form = LOG_JSON;
    const struct log log = open();
    fs::create_symlink("/dev/full", path("application.log"));
    for (int i = 0; i < 5; i++) {
        log_say(log, LOG_APPLICATION, LOG_INFO, "lost");
    }
    fs::remove(path("application.log"));
    log_say(log, LOG_APPLICATION, LOG_INFO, "kept");
    log_say(log, LOG_APPLICATION, LOG_INFO, "kept");
    ASSERT_EQ(3u, lines().size());
    EXPECT_NE(std::string::npos, lines()[0].find("\"event\":\"log_lost\"")) << lines()[0];
    EXPECT_NE(std::string::npos, lines()[0].find("\"lines\":5")) << lines()[0];
}

TEST_F(LogCapture, APipeThatNobodyReadsIsNotWaitedFor)
{
    int ends[2];
    ASSERT_EQ(0, pipe(ends));
    config.directory = nullptr;
    config.fd = ends[1];
    const struct log log = open();
    const std::string text(200, 'x');
    for (int i = 0; i < 2000; i++) { // far more than a pipe holds
        log_say(log, LOG_APPLICATION, LOG_INFO, "line", {log_text("text", text.c_str())});
    }
    std::string read_so_far;
    const auto take = [&] {
        char bytes[65536];
        struct pollfd ready = {ends[0], POLLIN, 0};
        while (poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
            const ssize_t n = read(ends[0], bytes, sizeof bytes);
            read_so_far.append(bytes, n > 0 ? static_cast<size_t>(n) : 0);
        }
    };
    take();
    log_say(log, LOG_SECURITY, LOG_INFO, "again");
    take();
    const std::vector<std::string> all = lines_of(read_so_far);
    const size_t n = all.size();
    ASSERT_GT(n, 2u);
    EXPECT_NE(std::string::npos, all[n - 2].find("log_lost: lines could not be written lines=" +
                                                 std::to_string(2000 - (n - 2))))
        << all[n - 2];
    EXPECT_NE(std::string::npos, all[n - 1].find(" info security gaia-test["));
    close(ends[0]);
    close(ends[1]);
}

TEST_F(LogCapture, TheJournalIsKnownByItsStream)
{
    const std::string file = directory + "/stderr";
    config.directory = nullptr;
    config.fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    struct stat is = {};
    ASSERT_EQ(0, fstat(config.fd, &is));
    const std::string stream = std::to_string(is.st_dev) + ":" + std::to_string(is.st_ino);
    for (const std::string &said : {stream, std::string("1:1")}) {
        setenv("JOURNAL_STREAM", said.c_str(), 1);
        log_say(open(), LOG_APPLICATION, LOG_WARNING, "one");
        logger_close(opened);
        opened = nullptr;
    }
    unsetenv("JOURNAL_STREAM");
    close(config.fd);
    const std::vector<std::string> all = lines_of(file_text(file));
    ASSERT_EQ(2u, all.size());
    EXPECT_EQ(0u, all[0].find("<4>2026-"));
    EXPECT_EQ(0u, all[1].find("2026-"));
}

TEST_F(LogCapture, ATerminalGetsColoursUnlessTheUserWantsNone)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_TRUE(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    config.directory = nullptr;
    config.fd = ::open(ptsname(terminal), O_WRONLY | O_NOCTTY);
    ASSERT_GE(config.fd, 0);
    const struct {
        const char *term;
        const char *no_color;
        bool is_coloured;
    } cases[] = {{"xterm", "", true}, {"xterm", "1", false}, {"dumb", "", false}};
    for (const auto &c : cases) {
        setenv("TERM", c.term, 1);
        setenv("NO_COLOR", c.no_color, 1);
        log_say(open(), LOG_APPLICATION, LOG_ERROR, "one");
        logger_close(opened);
        opened = nullptr;
        char text[1024];
        const ssize_t n = read(terminal, text, sizeof text);
        ASSERT_GT(n, 0);
        EXPECT_EQ(c.is_coloured,
                  std::string(text, static_cast<size_t>(n)).find('\x1b') != std::string::npos);
    }
    unsetenv("NO_COLOR");
    close(config.fd);
    close(terminal);
}

TEST_F(LogCapture, EachOptionHasItsEffect)
{
    struct config options = {};
    gaia_error err = {};
    config_init(&options);
    config_choose(&options, CONFIG_LOG_FORMAT, "json");
    config_choose(&options, CONFIG_LOG_LEVEL, "warning");
    config_choose(&options, CONFIG_LOG_DIRECTORY, directory.c_str());
    config_choose(&options, CONFIG_LOG_SIZE, "4096");
    config_choose(&options, CONFIG_LOG_KEEP, "1");
    ASSERT_EQ(GAIA_OK, config_settle(&options, &err)) << err.detail;
    ASSERT_EQ(GAIA_OK, log_start(&options, "gaia-test", "here", &opened, &err)) << err.detail;
    const struct log log = {opened, nullptr, nullptr};
    for (int i = 0; i < 100; i++) {
        log_say(log, LOG_APPLICATION, LOG_WARNING, "kept");
        log_say(log, LOG_APPLICATION, LOG_INFO, "dropped");
    }
    config_fini(&options);
    EXPECT_EQ(0u, lines().at(0).find("{\"time\":"));
    EXPECT_EQ(std::string::npos, file_text(path("application.log")).find("dropped"));
    EXPECT_TRUE(fs::exists(path("application.log.1")));
    EXPECT_FALSE(fs::exists(path("application.log.2")));
}

// Two loggers on one folder are as two processes: their files are open twice. Run under
// ThreadSanitizer too.
TEST_F(LogCapture, ThreadsAndProcessesRotateOneFileAndLoseNothing)
{
    constexpr int n_threads = 6;
    constexpr int n_lines = 150;
    config.form = LOG_JSON;
    config.file_bytes = 4096;
    config.n_kept = 100; // all
    config.clock = {};   // the tests' own is nobody's to share
    logger *loggers[2] = {};
    for (logger *&each : loggers) {
        ASSERT_EQ(GAIA_OK, logger_open(&config, &each, nullptr));
    }
    std::vector<std::thread> threads;
    for (int t = 0; t < n_threads; t++) {
        threads.emplace_back([&loggers, t] {
            const log_field about[] = {log_int("thread", t), {}};
            const struct log whole = {loggers[t % 2], nullptr, nullptr};
            const struct log log = log_bound(&whole, about);
            for (int i = 0; i < n_lines; i++) {
                log_say(log, LOG_APPLICATION, LOG_INFO, "line", {log_int("i", i)});
                log_say(log, LOG_SECURITY | LOG_OFTEN, LOG_INFO, "often");
                log_tick(&log);
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    for (logger *each : loggers) {
        logger_close(each);
    }
    const std::regex form("\\{.*\"event\":\"line\".*\"thread\":(\\d+),\"i\":(\\d+)\\}");
    std::map<std::string, int> found;
    int n_files = 0;
    for (const auto &entry : fs::directory_iterator(directory + "/here")) {
        const std::string name = entry.path().filename();
        if (name.find("application.log") != 0) {
            continue;
        }
        n_files++;
        for (const std::string &line : lines_of(file_text(entry.path()))) {
            std::smatch part;
            ASSERT_TRUE(std::regex_match(line, part, form)) << line;
            found[part[1].str() + " " + part[2].str()]++;
        }
    }
    EXPECT_GT(n_files, 10);
    EXPECT_EQ(static_cast<size_t>(n_threads * n_lines), found.size());
    for (const auto &[line, n] : found) {
        EXPECT_EQ(1, n) << line;
    }
}
