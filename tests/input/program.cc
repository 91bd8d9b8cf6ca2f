// SPDX-License-Identifier: MIT
#include "program.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{

constexpr unsigned TIME_LIMIT_S = 120;
constexpr int CANNOT_RUN = 127;

// In the child: becomes the program, with its output in files of the folder.
[[noreturn]] void become(const fs::path &folder, const std::vector<std::string> &arguments,
                         bool as_nobody)
{
    const int out = open((folder / "stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int err = open((folder / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::vector<char *> argv;
    for (const auto &argument : arguments) {
        argv.push_back(const_cast<char *>(argument.c_str()));
    }
    argv.push_back(nullptr);
    (void)alarm(TIME_LIMIT_S);
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0 ||
        (as_nobody && geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))) {
        _exit(CANNOT_RUN);
    }
    execv(argv[0], argv.data());
    _exit(CANNOT_RUN);
}

} // namespace

std::string source(const std::string &path, const std::string &id, const std::string &more)
{
    return "{" + more + (id.empty() ? "" : "\"id\": \"" + id + "\", ") + "\"files\": [\"" + path +
           "\"]}";
}

void Program::SetUp()
{
    std::string name = (fs::temp_directory_path() / "gaia_input_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    fs::permissions(folder, fs::perms::all);
}

void Program::TearDown()
{
    fs::remove_all(folder);
}

std::string Program::path(const std::string &name) const
{
    return (folder / name).string();
}

void Program::put(const std::string &name, const std::string &content) const
{
    std::ofstream(folder / name, std::ios::binary) << content;
}

std::string Program::get(const std::string &name) const
{
    std::ifstream in(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string Program::write(const Sample &sample, const std::string &name) const
{
    sample.write(path(name));
    return path(name);
}

std::string Program::forecast() const
{
    return fs::exists(folder / "forecast.nc") ? path("forecast.nc")
                                              : write(forecast_sample(), "forecast.nc");
}

std::string Program::truth() const
{
    return fs::exists(folder / "truth.nc") ? path("truth.nc") : write(truth_sample(), "truth.nc");
}

void Program::cut(const std::string &name, size_t bytes) const
{
    ASSERT_LT(bytes, fs::file_size(folder / name));
    fs::resize_file(folder / name, bytes);
}

Result Program::score(std::vector<std::string> arguments, bool as_nobody) const
{
    arguments.insert(arguments.begin(),
                     {"score", "--device", "cpu", "--threads", "1", "--format", "csv"});
    return gaia(arguments, as_nobody);
}

Result Program::gaia(const std::vector<std::string> &arguments, bool as_nobody) const
{
    std::vector<std::string> command = {GAIA_BINARIES "/gaia"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const pid_t child = fork();
    if (child == 0) {
        become(folder, command, as_nobody);
    }
    int status = 0;
    Result result;
    if (child > 0 && waitpid(child, &status, 0) == child) {
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    result.out = get("stdout");
    result.err = get("stderr");
    return result;
}

Result Program::score_job(const std::string &forecasts, const std::string &truth,
                          const std::string &more) const
{
    put("job.json", "{\"schema\": \"gaia.job/1\", \"forecasts\": [" + forecasts +
                        "], \"truth\": " + truth + more + "}");
    return score({"--job", path("job.json")});
}

void Program::expect_failed(const Result &result, int status, const std::string &said)
{
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "gaia: " + said + "\n");
}

void Program::expect_refused(const Result &result, const std::string &said)
{
    expect_failed(result, 3, said);
}

std::vector<Row> Program::rows(const Result &result)
{
    std::vector<Row> found;
    std::istringstream lines(result.out);
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(
        line,
        "forecast,variable,level,lead_hours,init_time,valid_time,region,weighting,metric,value");
    while (std::getline(lines, line)) {
        std::vector<std::string> cells;
        std::istringstream cut(line);
        for (std::string cell; std::getline(cut, cell, ',');) {
            cells.push_back(cell);
        }
        if (cells.size() != 10) {
            ADD_FAILURE() << "not ten cells: " << line;
            continue;
        }
        found.push_back({cells[0], cells[5], cells[8], cells[9]});
    }
    return found;
}
