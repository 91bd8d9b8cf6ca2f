// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

extern "C" {
#include "file.h"
}

namespace fs = std::filesystem;

namespace
{

// Works as nobody while it lives if the tests run as root, whom permissions do not stop.
class WithoutPrivileges
{
  public:
    WithoutPrivileges()
    {
        changed_ = geteuid() == 0 && seteuid(65534) == 0;
    }
    ~WithoutPrivileges()
    {
        if (changed_ && seteuid(0) != 0) {
            abort();
        }
    }

  private:
    bool changed_;
};

class File : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        std::string name = (fs::temp_directory_path() / "gaia_file_XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder = name;
        fs::permissions(folder, fs::perms::all);
    }

    void TearDown() override
    {
        fs::permissions(folder, fs::perms::all);
        fs::remove_all(folder);
    }

    std::string path(const char *name) const
    {
        return (folder / name).string();
    }

    void put(const char *name, const std::string &content) const
    {
        std::ofstream(folder / name, std::ios::binary) << content;
    }

    std::string get(const char *name) const
    {
        std::ifstream in(folder / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::vector<std::string> names() const
    {
        std::vector<std::string> found;
        for (const auto &entry : fs::directory_iterator(folder)) {
            found.push_back(entry.path().filename().string());
        }
        return found;
    }

    gaia_status read_status(const std::string &from, size_t limit)
    {
        char *bytes = nullptr;
        size_t length = 0;
        const gaia_status status = file_read(from.c_str(), limit, &bytes, &length, &err);
        EXPECT_TRUE(status == GAIA_OK || bytes == nullptr);
        free(bytes);
        return status;
    }

    fs::path folder;
    gaia_error err = {};
};

} // namespace

TEST_F(File, APipeIsReadOnlyWhereItIsOurs)
{
    char *bytes = nullptr;
    size_t length = 0;
    ASSERT_EQ(0, mkfifo(path("pipe").c_str(), 0600));
    EXPECT_EQ(GAIA_FILE_UNREADABLE,
              file_read_regular(path("pipe").c_str(), 100, &bytes, &length, &err));
    EXPECT_EQ(path("pipe") + ": not a regular file", err.detail);
    EXPECT_EQ(GAIA_FILE_UNREADABLE, file_read_regular("/dev/zero", 100, &bytes, &length, &err));
    EXPECT_EQ(GAIA_FILE_MISSING,
              file_read_regular(path("none").c_str(), 100, &bytes, &length, &err));
    put("a", "text");
    ASSERT_EQ(GAIA_OK, file_read_regular(path("a").c_str(), 100, &bytes, &length, &err));
    EXPECT_STREQ(bytes, "text");
    free(bytes);
}

// As root a rename over a device would end it for the whole machine.
TEST_F(File, WhatIsNoRegularFileIsWrittenInPlace)
{
    struct stat info = {};
    ASSERT_EQ(0, mkfifo(path("pipe").c_str(), 0600));
    const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    ASSERT_EQ(GAIA_OK, file_write(path("pipe").c_str(), "text", 4, 0644, &err)) << err.detail;
    char got[8] = "";
    EXPECT_EQ(4, read(reader, got, sizeof got));
    EXPECT_STREQ("text", got);
    close(reader);
    ASSERT_EQ(0, stat(path("pipe").c_str(), &info));
    EXPECT_TRUE(S_ISFIFO(info.st_mode));
    EXPECT_EQ(names().size(), 1U);
    EXPECT_EQ(GAIA_DISK, file_write("/dev/full", "text", 4, 0644, &err));
    ASSERT_EQ(0, stat("/dev/full", &info));
    EXPECT_TRUE(S_ISCHR(info.st_mode));
}

TEST_F(File, ReadsWholeAndEndsWithNul)
{
    for (const size_t size :
         {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{4097}, size_t{100000}}) {
        std::string content(size, 'x');
        if (size > 2) {
            content[1] = '\0';
        }
        put("a", content);
        char *bytes = nullptr;
        size_t length = 0;
        ASSERT_EQ(file_read(path("a").c_str(), 100000, &bytes, &length, &err), GAIA_OK)
            << err.detail;
        EXPECT_EQ(std::string(bytes, length), content);
        EXPECT_EQ(bytes[length], '\0');
        free(bytes);
    }
}

TEST_F(File, ReadSaysWhatIsWrongWithThePath)
{
    EXPECT_EQ(read_status(path("gone"), 100), GAIA_FILE_MISSING);
    EXPECT_NE(std::string(err.detail).find(path("gone")), std::string::npos);
    EXPECT_EQ(read_status(folder.string(), 100), GAIA_FILE_UNREADABLE);
    put("large", std::string(101, 'x'));
    EXPECT_EQ(read_status(path("large"), 100), GAIA_LIMIT);
    EXPECT_NE(std::string(err.detail).find("100"), std::string::npos);
    EXPECT_EQ(read_status(path("large"), 101), GAIA_OK);
}

TEST_F(File, ReadWithoutPermission)
{
    put("secret", "x");
    fs::permissions(folder / "secret", fs::perms::none);
    const WithoutPrivileges guard;
    EXPECT_EQ(read_status(path("secret"), 100), GAIA_FILE_UNREADABLE);
    EXPECT_NE(std::string(err.detail).find("Permission denied"), std::string::npos) << err.detail;
}

TEST_F(File, WritesWithTheModeAskedFor)
{
    const std::string content(70000, 'y');
    ASSERT_EQ(file_write(path("a").c_str(), content.data(), content.size(), 0640, &err), GAIA_OK);
    EXPECT_EQ(get("a"), content);
    struct stat info;
    ASSERT_EQ(stat(path("a").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0640u);
    EXPECT_EQ(names().size(), 1u);
}

TEST_F(File, WriteReplacesInOneStep)
{
    put("a", "old");
    std::ifstream reader(folder / "a");
    ASSERT_EQ(file_write(path("a").c_str(), "new", 3, 0600, &err), GAIA_OK);
    EXPECT_EQ(get("a"), "new");
    // A reader that has the old file open goes on reading the old one whole.
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), "old");
}

TEST_F(File, WriteThatFailsLeavesNothingBehind)
{
    EXPECT_EQ(file_write(path("gone/a").c_str(), "new", 3, 0600, &err), GAIA_DISK);
    EXPECT_NE(std::string(err.detail).find(path("gone/a")), std::string::npos);
    fs::create_directory(folder / "taken");
    put("taken/inside", "x");
    EXPECT_EQ(file_write(path("taken").c_str(), "new", 3, 0600, &err), GAIA_DISK);
    EXPECT_EQ(names(), (std::vector<std::string>{"taken"}));
    EXPECT_EQ(get("taken/inside"), "x");
}

TEST_F(File, WriteWithoutPermissionKeepsTheOldFile)
{
    put("a", "old");
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                                fs::perms::others_exec);
    {
        const WithoutPrivileges guard;
        EXPECT_EQ(file_write(path("a").c_str(), "new", 3, 0600, &err), GAIA_DISK);
        EXPECT_NE(std::string(err.detail).find("Permission denied"), std::string::npos)
            << err.detail;
    }
    EXPECT_EQ(get("a"), "old");
    EXPECT_EQ(names().size(), 1u);
}

TEST_F(File, WriteOfAPathThatIsTooLong)
{
    EXPECT_EQ(file_write(std::string(5000, 'x').c_str(), "new", 3, 0600, &err), GAIA_DISK);
}

TEST_F(File, DirectoryAndItsParentsAreMadePrivate)
{
    ASSERT_EQ(directory_make(path("a//b/c/").c_str(), &err), GAIA_OK) << err.detail;
    ASSERT_EQ(directory_make(path("a/b/c").c_str(), &err), GAIA_OK) << "again: " << err.detail;
    struct stat info;
    ASSERT_EQ(stat(path("a/b/c").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u);
    EXPECT_EQ(directory_make("/", &err), GAIA_OK);
}

TEST_F(File, DirectoryThatCannotBe)
{
    put("file", "x");
    EXPECT_EQ(directory_make(path("file").c_str(), &err), GAIA_DISK);
    EXPECT_EQ(directory_make(path("file/below").c_str(), &err), GAIA_DISK);
    EXPECT_NE(std::string(err.detail).find("file"), std::string::npos);
    EXPECT_EQ(directory_make("", &err), GAIA_DISK);
    EXPECT_EQ(directory_make(std::string(5000, 'x').c_str(), &err), GAIA_DISK);
}

TEST_F(File, DirectoryIsVisitedAndClearedAndNoLinkToOne)
{
    const auto count = [](void *context, int, const char *) { ++*static_cast<int *>(context); };
    int n = 0;
    fs::create_directories(path("a/below"));
    put("a/file", "x");
    put("kept", "x");
    fs::create_symlink("../kept", path("a/link"));
    fs::create_directory_symlink("a", path("b"));
    for (const char *none : {"b", "kept", "nowhere"}) {
        directory_visit(AT_FDCWD, path(none).c_str(), count, &n);
        directory_clear(AT_FDCWD, path(none).c_str());
    }
    EXPECT_EQ(n, 0);
    directory_visit(AT_FDCWD, path("a").c_str(), count, &n);
    EXPECT_EQ(n, 3);
    directory_clear(AT_FDCWD, path("a").c_str());
    EXPECT_FALSE(fs::exists(path("a/file")));
    EXPECT_FALSE(fs::is_symlink(path("a/link")));
    EXPECT_TRUE(fs::exists(path("a/below")));
    EXPECT_EQ(get("kept"), "x");
}

TEST_F(File, TemporaryHasNoName)
{
    int fd = -1;
    char byte = 0;
    ASSERT_EQ(setenv("TMPDIR", path("").c_str(), 1), 0);
    ASSERT_EQ(file_temporary(&fd, &err), GAIA_OK) << err.detail;
    EXPECT_EQ(write(fd, "x", 1), 1);
    EXPECT_EQ(pread(fd, &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'x');
    struct stat info;
    EXPECT_EQ(fstat(fd, &info), 0);
    EXPECT_EQ(info.st_nlink, 0u);
    EXPECT_EQ(close(fd), 0);
    ASSERT_EQ(setenv("TMPDIR", path("nowhere").c_str(), 1), 0);
    EXPECT_EQ(file_temporary(&fd, &err), GAIA_DISK);
    EXPECT_EQ(fd, -1);
    ASSERT_EQ(unsetenv("TMPDIR"), 0);
}

TEST_F(File, StateDirectoryByOptionThenEnvironmentThenHome)
{
    char out[64];
    ASSERT_EQ(setenv("HOME", "/home/someone", 1), 0);
    ASSERT_EQ(setenv("XDG_STATE_HOME", "/state", 1), 0);
    EXPECT_EQ(state_directory("/given", out, sizeof out, &err), GAIA_OK);
    EXPECT_STREQ(out, "/given");
    EXPECT_EQ(state_directory(nullptr, out, sizeof out, &err), GAIA_OK);
    EXPECT_STREQ(out, "/state/gaia");
    ASSERT_EQ(setenv("GAIA_STATE", "/chosen", 1), 0);
    EXPECT_EQ(state_directory(nullptr, out, sizeof out, &err), GAIA_OK);
    EXPECT_STREQ(out, "/chosen");
    EXPECT_EQ(state_directory("/given", out, sizeof out, &err), GAIA_OK);
    EXPECT_STREQ(out, "/given");
    ASSERT_EQ(setenv("GAIA_STATE", "", 1), 0);
    ASSERT_EQ(setenv("XDG_STATE_HOME", "relative", 1), 0);
    EXPECT_EQ(state_directory(nullptr, out, sizeof out, &err), GAIA_OK);
    EXPECT_STREQ(out, "/home/someone/.local/state/gaia");
    ASSERT_EQ(unsetenv("GAIA_STATE"), 0);
    ASSERT_EQ(unsetenv("XDG_STATE_HOME"), 0);
    ASSERT_EQ(unsetenv("HOME"), 0);
    EXPECT_EQ(state_directory(nullptr, out, sizeof out, &err), GAIA_USAGE);
    EXPECT_EQ(state_directory("", out, sizeof out, &err), GAIA_USAGE);
    EXPECT_EQ(state_directory(std::string(64, 'x').c_str(), out, sizeof out, &err), GAIA_USAGE);
}
