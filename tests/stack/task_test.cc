/* SPDX-License-Identifier: MIT
 *
 * A validator's tasks through the whole stack: the same bytes as in one process, also when the
 * executor that is at it is killed.
 */
#include <signal.h>

#include <netcdf.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "stack.h"

namespace
{

class Task : public Stack
{
  protected:
    std::string task(const std::string &name, const std::string &schema, const std::string &file,
                     const std::string &more = "", const std::string &in_request = "")
    {
        const std::string path = directory + "/task" + std::to_string(n_tasks++) + ".json";
        file_put(path, "{\"schema\":\"gaia.job/1\",\"task\":\"" + name + "\"" + more +
                           ",\"request\":{\"schema\":\"" + schema + "\",\"source\":{\"files\":[\"" +
                           file + "\"]}" + in_request + "}}");
        return path;
    }

    int n_tasks = 0;

    /* A forecast of zeros so large that reading it takes a while; on disk it is a hole. */
    std::string large()
    {
        static const struct {
            const char *name;
            const char *units;
            const char *standard_name;
            size_t n;
            double first;
            double step;
        } axes[] = {{"time", "hours since 2017-01-01 00:00:00", "forecast_reference_time", 1, 0, 1},
                    {"step", "hours", "forecast_period", 80, 1, 1},
                    {"latitude", "degrees_north", "latitude", 721, 90, -0.25},
                    {"longitude", "degrees_east", "longitude", 1440, 0, 0.25}};
        const std::string path = directory + "/large.nc";
        int file = 0;
        int dimension[4];
        int variable[4];
        int data = 0;
        int before = 0;
        EXPECT_EQ(NC_NOERR, nc_create(path.c_str(), NC_64BIT_OFFSET, &file));
        EXPECT_EQ(NC_NOERR, nc_set_fill(file, NC_NOFILL, &before));
        for (int i = 0; i < 4; i++) {
            nc_def_dim(file, axes[i].name, axes[i].n, &dimension[i]);
            nc_def_var(file, axes[i].name, NC_DOUBLE, 1, &dimension[i], &variable[i]);
            nc_put_att_text(file, variable[i], "units", strlen(axes[i].units), axes[i].units);
            nc_put_att_text(file, variable[i], "standard_name", strlen(axes[i].standard_name),
                            axes[i].standard_name);
        }
        nc_def_var(file, "t", NC_FLOAT, 4, dimension, &data);
        nc_put_att_text(file, data, "units", 1, "K");
        EXPECT_EQ(NC_NOERR, nc_enddef(file));
        for (int i = 0; i < 4; i++) {
            std::vector<double> values(axes[i].n);
            for (size_t k = 0; k < values.size(); k++) {
                values[k] = axes[i].first + static_cast<double>(k) * axes[i].step;
            }
            EXPECT_EQ(NC_NOERR, nc_put_var_double(file, variable[i], values.data()));
        }
        const size_t last[] = {0, 79, 720, 1439};
        const float zero = 0;
        EXPECT_EQ(NC_NOERR, nc_put_var1_float(file, data, last, &zero));
        EXPECT_EQ(NC_NOERR, nc_close(file));
        return path;
    }
};

TEST_F(Task, ADocumentHasTheBytesOfOneProcess)
{
    up(2);
    const std::string data = GAIA_TEST_DATA "/uk_2019_t2m/forecast.nc";
    const std::string claim = ",\"claimed\":\"gaia-content/1 sha256:00\"";
    const std::string damaged = directory + "/damaged.nc"; // a verdict; one that is gone is none
    std::ofstream(damaged) << "no NetCDF";
    const struct {
        std::string path;
        int status;
    } tasks[] = {{task("weather.hash.gfs_compute", "gaia.hash/1", data, "", ",\"fields\":true"), 0},
                 {task("weather.hash.verification_compute", "gaia.hash/1", data), 0},
                 {task("weather.hash.forecast_verify", "gaia.hash/1", data, claim), 3},
                 {task("weather.hash.forecast_verify", "gaia.hash/1", damaged, claim), 3},
                 {task("weather.scoring.forecast_verification", "gaia.verify/1", data, "",
                       ",\"requirements\":\"gaia\""),
                  3}};
    for (const auto &one : tasks) {
        const Ended direct = gaia({"task", "run", one.path, "--threads", "1"});
        const Ended waited = gaia({"submit", one.path, "--wait"});
        EXPECT_EQ(one.status, direct.status) << direct.err;
        EXPECT_EQ(one.status, waited.status) << waited.err;
        EXPECT_FALSE(direct.out.empty());
        EXPECT_EQ(direct.out, waited.out);
        EXPECT_EQ(direct.err, waited.err);
    }
}

TEST_F(Task, AClaimThatHoldsIsAccepted)
{
    up(1);
    const std::string data = GAIA_TEST_DATA "/uk_2019_t2m/forecast.nc";
    const std::string computed =
        gaia({"task", "run", task("weather.hash.verification_compute", "gaia.hash/1", data)}).out;
    const size_t at = computed.find("gaia-content/1 sha256:");
    ASSERT_NE(std::string::npos, at) << computed;
    const std::string claimed = computed.substr(at, computed.find('"', at) - at);
    const std::string path = task("weather.hash.forecast_verify", "gaia.hash/1", data,
                                  ",\"claimed\":\"" + claimed + "\"");
    const Ended waited = gaia({"submit", path, "--wait", "--out", "verdict.json"});
    EXPECT_EQ(0, waited.status) << waited.err;
    EXPECT_NE(std::string::npos, file_text(directory + "/verdict.json").find("\"accepted\""));
}

TEST_F(Task, OneThatCannotBeDoneFailsWithItsReason)
{
    up(1);
    const std::string path =
        task("weather.hash.gfs_compute", "gaia.hash/1", directory + "/none.nc");
    const Ended ended = gaia({"submit", path, "--wait"});
    EXPECT_EQ(3, ended.status);
    EXPECT_TRUE(ended.out.empty());
    EXPECT_EQ("gaia: " + directory + "/none.nc: No such file or directory\n", ended.err);
}

TEST_F(Task, IsDoneAgainWhenItsExecutorIsKilled)
{
    const std::string path = task("weather.hash.gfs_compute", "gaia.hash/1", large());
    const Ended direct = gaia({"task", "run", path, "--threads", "1", "--memory", "256MiB"});
    ASSERT_EQ(0, direct.status) << direct.err;
    up(1);
    const Ended submitted = gaia({"submit", path});
    const std::string id = submitted.out.substr(0, submitted.out.find('\n'));
    const pid_t stopped = executor_stop_in_lease(id);
    ASSERT_GT(stopped, 0);
    EXPECT_NE(0, gaia({"task", "result", id}).status);
    ASSERT_EQ(0, kill(stopped, SIGKILL));
    ASSERT_TRUE(wait_until([&] { return state_of(id) == "succeeded"; })) << state_of(id);
    EXPECT_EQ(direct.out, gaia({"task", "result", id}).out);
}

TEST_F(Task, IsCancelledInTheMiddle)
{
    const std::string path = task("weather.hash.gfs_compute", "gaia.hash/1", large());
    up(1);
    const Ended submitted = gaia({"submit", path});
    const std::string id = submitted.out.substr(0, submitted.out.find('\n'));
    const pid_t stopped = executor_stop_in_lease(id);
    ASSERT_GT(stopped, 0);
    EXPECT_EQ(0, gaia({"cancel", id}).status);
    kill(stopped, SIGCONT);
    EXPECT_TRUE(wait_until([&] { return leases("executor-1") == 0; }));
    EXPECT_EQ("cancelled", state_of(id));
    EXPECT_NE(0, gaia({"task", "result", id}).status);
}

} // namespace
