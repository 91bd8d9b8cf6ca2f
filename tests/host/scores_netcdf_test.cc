// SPDX-License-Identifier: MIT
//
// Scores in a NetCDF file are those of the CSV: read back by netcdf-c, each row of the CSV is at
// its coordinates to the bit, and everywhere else there is NaN.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <netcdf.h>

#include "moments_case.h"

extern "C" {
#include "metric.h"
#include "report.h"
#include "scores_netcdf.h"
}

namespace
{

namespace fs = std::filesystem;

void good(int code)
{
    ASSERT_EQ(code, NC_NOERR) << nc_strerror(code);
}

// A variable of the file, whole, with the places that a row was found at.
struct Variable {
    std::vector<double> values;
    std::vector<bool> seen;
};

class ScoresFile
{
  public:
    explicit ScoresFile(const std::string &path)
    {
        good(nc_open(path.c_str(), NC_NOWRITE, &ncid_));
    }
    ~ScoresFile()
    {
        nc_close(ncid_);
    }

    size_t length(const char *axis) const
    {
        int dimension = -1;
        size_t n = 0;
        good(nc_inq_dimid(ncid_, axis, &dimension));
        good(nc_inq_dimlen(ncid_, dimension, &n));
        return n;
    }

    std::vector<double> coordinate(const char *axis) const
    {
        int varid = -1;
        std::vector<double> values(length(axis));
        good(nc_inq_varid(ncid_, axis, &varid));
        good(nc_get_var_double(ncid_, varid, values.data()));
        return values;
    }

    std::vector<std::string> labels(const char *axis) const
    {
        int varid = -1;
        std::vector<char *> texts(length(axis));
        good(nc_inq_varid(ncid_, axis, &varid));
        good(nc_get_var_string(ncid_, varid, texts.data()));
        std::vector<std::string> found(texts.begin(), texts.end());
        nc_free_string(texts.size(), texts.data());
        return found;
    }

    // "": there is none.
    std::string attribute(const char *variable, const char *name) const
    {
        int varid = NC_GLOBAL;
        size_t n = 0;
        if (variable != nullptr) {
            good(nc_inq_varid(ncid_, variable, &varid));
        }
        if (nc_inq_attlen(ncid_, varid, name, &n) != NC_NOERR) {
            return "";
        }
        std::string text(n, ' ');
        good(nc_get_att_text(ncid_, varid, name, text.data()));
        return text;
    }

    // Every variable of scores, by name; the names of its dimensions are checked.
    std::map<std::string, Variable> scores() const
    {
        const std::string all = "forecast variable level lead_time init_time region weighting ";
        const std::string over = "forecast variable level lead_time region weighting ";
        std::map<std::string, Variable> found;
        int n = 0;
        good(nc_inq_nvars(ncid_, &n));
        for (int varid = 0; varid < n; varid++) {
            char name[NC_MAX_NAME + 1];
            int rank = 0;
            int dimensions[NC_MAX_VAR_DIMS];
            nc_type type = NC_NAT;
            good(nc_inq_var(ncid_, varid, name, &type, &rank, dimensions, nullptr));
            size_t places = 1;
            std::string along;
            for (int i = 0; i < rank; i++) {
                char dimension[NC_MAX_NAME + 1];
                size_t length = 0;
                good(nc_inq_dim(ncid_, dimensions[i], dimension, &length));
                places *= length;
                along += std::string(dimension) + " ";
            }
            if (rank > 1) {
                EXPECT_EQ(type, NC_DOUBLE) << name;
                EXPECT_TRUE(along == all || along == over) << name << ": " << along;
                Variable variable = {std::vector<double>(places), std::vector<bool>(places)};
                good(nc_get_var_double(ncid_, varid, variable.values.data()));
                found[name] = variable;
            }
        }
        return found;
    }

  private:
    int ncid_ = -1;
};

template <typename T> size_t where(const std::vector<T> &values, const T &value)
{
    for (size_t i = 0; i < values.size(); i++) {
        if (values[i] == value || (values[i] != values[i] && value != value)) {
            return i;
        }
    }
    ADD_FAILURE() << "not a coordinate: " << value;
    return 0;
}

// The axes of a file, and where a score is.
class Places
{
  public:
    explicit Places(const ScoresFile &file)
        : forecasts_(file.labels("forecast")), variables_(file.labels("variable")),
          regions_(file.labels("region")), weights_(file.labels("weighting")),
          levels_(file.coordinate("level")), leads_(file.coordinate("lead_time")),
          inits_(file.coordinate("init_time"))
    {
    }

    size_t of(const gaia_score &score) const
    {
        size_t at = where(forecasts_, std::string(score.forecast));
        at = at * variables_.size() + where(variables_, std::string(score.variable));
        at = at * levels_.size() + where(levels_, score.level);
        at = at * leads_.size() + where(leads_, static_cast<double>(score.lead_time_s) / 3600);
        if (score.all_times == 0) {
            at = at * inits_.size() + where(inits_, static_cast<double>(score.init_time_s));
        }
        at = at * regions_.size() + where(regions_, std::string(score.region));
        return at * weights_.size() + where(weights_, std::string(score.weighting));
    }

  private:
    std::vector<std::string> forecasts_, variables_, regions_, weights_;
    std::vector<double> levels_, leads_, inits_;
};

// What a metric's variable is called.
std::string variable_name(const gaia_score &score)
{
    metric m = METRIC_COUNT;
    EXPECT_TRUE(metric_find(score.metric, &m));
    return score.metric +
           std::string(score.all_times != 0 && m < METRIC_TIME_COUNT ? "_over_times" : "");
}

// Holds the file against rows of CSV, of which there are n.
void compare(const std::string &path, const std::string &csv, size_t *n)
{
    const ScoresFile file(path);
    const Places places(file);
    auto scores = file.scores();
    std::istringstream lines(csv);
    std::string line;
    std::getline(lines, line);
    for (*n = 0; std::getline(lines, line); ++*n) {
        gaia_score score = {};
        ASSERT_EQ(report_csv_parse(line.data(), &score, nullptr), GAIA_OK);
        const std::string name = variable_name(score);
        ASSERT_EQ(scores.count(name), 1u) << name;
        Variable &variable = scores[name];
        const size_t at = places.of(score);
        ASSERT_LT(at, variable.values.size());
        const double value = variable.values[at];
        EXPECT_FALSE(variable.seen[at]) << name << " twice";
        EXPECT_TRUE(value == score.value || (std::isnan(value) && std::isnan(score.value)))
            << name << " row " << *n << ": " << value << ", in the CSV " << score.value;
        variable.seen[at] = true;
    }
    for (const auto &[name, variable] : scores) {
        bool any = false;
        for (size_t i = 0; i < variable.values.size(); i++) {
            any = any || variable.seen[i];
            EXPECT_TRUE(variable.seen[i] || std::isnan(variable.values[i])) << name << " " << i;
        }
        EXPECT_TRUE(any) << name << " is in no row";
    }
}

class ScoresNetcdf : public testing::Test
{
  protected:
    void SetUp() override
    {
        std::string folder = testing::TempDir() + "/scores-netcdf-XXXXXX";
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
    }
    void TearDown() override
    {
        fs::remove_all(folder_);
    }

    std::string path(const std::string &name) const
    {
        return folder_ + "/" + name;
    }

    // The status of writing what `filter` chooses of these sums; their CSV goes to *csv.
    gaia_status write(const std::string &sums, const derive_filter &filter, const std::string &to,
                      std::string *csv, gaia_error *err)
    {
        moments_file *file = nullptr;
        derive *chosen = nullptr;
        text out = {};
        EXPECT_EQ(moments_open(sums, &file, err), GAIA_OK) << err->detail;
        EXPECT_EQ(derive_open(file, &filter, &chosen, err), GAIA_OK) << err->detail;
        report_csv_header(&out);
        const auto emit = [](void *context, const gaia_score *score) {
            report_csv_row(static_cast<text *>(context), score);
        };
        EXPECT_EQ(derive_scores(file, chosen, emit, &out, err), GAIA_OK) << err->detail;
        csv->assign(out.s, out.length);
        text_fini(&out);
        const gaia_status status = scores_netcdf_write(file, chosen, to.c_str(), err);
        derive_close(chosen);
        moments_file_close(file);
        return status;
    }

    std::string folder_;
};

// Combinations that do not exist, a field without level, init times of which a lead has some, so
// that its block of them is cut in two, one missing unit, scores without value.
TEST_F(ScoresNetcdf, IsTheCsvAndNothingElse)
{
    MomentsCase sums;
    sums.p.has_climatology = sums.p.has_reference = true;
    sums.p.metrics = (UINT64_C(1) << METRIC_COUNT) - 1;
    for (gaia_unit &unit : sums.units) {
        unit.init_time_s += unit.forecast == 1 ? 3 * 43200 : 0;
    }
    for (const size_t skip : {size_t{4}, SIZE_MAX}) {
        gaia_error err = {};
        std::string csv;
        size_t n = 0;
        ASSERT_EQ(write(sums.bytes(skip), {}, path("a.nc"), &csv, &err), GAIA_OK) << err.detail;
        compare(path("a.nc"), csv, &n);
        const size_t n_over = 7 + 6; // metrics that there are only over times, or there too
        EXPECT_EQ(n, ((skip == 4 ? 23 : 24) * METRIC_TIME_COUNT + 4 * n_over) * 4);
        const ScoresFile file(path("a.nc"));
        EXPECT_EQ(file.length("init_time"), 9u);
        EXPECT_EQ(file.length("level"), 2u);
        EXPECT_TRUE(std::isnan(file.coordinate("level")[1]));
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1); // nothing beside it
}

TEST_F(ScoresNetcdf, SaysWhatItsAxesAndNumbersAre)
{
    MomentsCase sums;
    gaia_error err = {};
    std::string csv;
    derive_filter filter = {};
    filter.has_missing = true;
    filter.missing = GAIA_MISSING_PROPAGATE;
    ASSERT_EQ(write(sums.bytes(), filter, path("a.nc"), &csv, &err), GAIA_OK) << err.detail;
    const ScoresFile file(path("a.nc"));
    EXPECT_EQ(file.attribute(nullptr, "Conventions"), "CF-1.8");
    EXPECT_EQ(file.attribute(nullptr, "source"), std::string("Gaia Score ") + gaia_version());
    EXPECT_EQ(file.attribute(nullptr, "moments_version"), std::to_string(GAIA_MOMENTS_VERSION));
    EXPECT_EQ(file.attribute(nullptr, "missing_points"), "propagate");
    EXPECT_EQ(file.attribute("level", "units"), "hPa");
    EXPECT_EQ(file.attribute("lead_time", "units"), "hours");
    EXPECT_EQ(file.attribute("lead_time", "standard_name"), "forecast_period");
    EXPECT_EQ(file.attribute("init_time", "units"), "seconds since 1970-01-01 00:00:00");
    EXPECT_EQ(file.attribute("init_time", "calendar"), "proleptic_gregorian");
    EXPECT_EQ(file.attribute("rmse", "long_name"), metric_describe(METRIC_RMSE)->formula);
    EXPECT_EQ(file.attribute("rmse", "comment"), "in the units of the variable");
    EXPECT_EQ(file.labels("region"), (std::vector<std::string>{"global", "europe"}));
}

TEST_F(ScoresNetcdf, RefusesAxesWithoutBounds)
{
    MomentsCase sums;
    std::vector<gaia_unit> units;
    std::vector<gaia_moments> rows(4);
    for (int i = 0; i < 6000; i++) {
        units.push_back({0, 0, 1.0 + i, i * 60, i});
    }
    sums.p.units = units.data();
    sums.p.n_units = units.size();
    text out = {};
    ASSERT_EQ(moments_head_write(&sums.p, &out, nullptr), GAIA_OK);
    for (const gaia_unit &unit : units) {
        moments_record_write(&unit, rows.data(), rows.size(), &out);
    }
    const std::string bytes(out.s, out.length);
    text_fini(&out);
    gaia_error err = {};
    std::string csv;
    EXPECT_EQ(
        write(sealed(bytes + std::string(MOMENTS_TAIL_BYTES, ' ')), {}, path("a.nc"), &csv, &err),
        GAIA_LIMIT);
    EXPECT_NE(std::string(err.detail).find("6000 lead times"), std::string::npos) << err.detail;
    EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ScoresNetcdf, NamesThePlaceThatCannotBeWritten)
{
    MomentsCase sums;
    std::string csv;
    for (const std::string &to : {path("nowhere/a.nc"), std::string("/dev/null")}) {
        gaia_error err = {};
        EXPECT_EQ(write(sums.bytes(), {}, to, &csv, &err), GAIA_DISK);
        EXPECT_EQ(std::string(err.detail).find(to + ": "), 0u) << err.detail;
    }
}

// The command, from files to files: a run and its stored sums give the same bytes, which hold the
// CSV.
TEST_F(ScoresNetcdf, IsWhatTheCommandWritesOfARealCase)
{
    const std::string gaia = GAIA_BINARIES "/gaia";
    const std::string data = GAIA_TEST_DATA "/era5_2017_missing/";
    const std::string run = gaia + " score " + data + "forecast.nc " + data + "truth.nc " + data +
                            "climatology.nc --reference " + data +
                            "reference.nc --metrics all --weights cos,none --moments-out " +
                            path("sums.gm") + " --format netcdf --out " + path("run.nc");
    const std::string scores = gaia + " scores " + path("sums.gm") + " --format ";
    ASSERT_EQ(std::system(run.c_str()), 0);
    ASSERT_EQ(std::system((scores + "netcdf --out " + path("sums.nc")).c_str()), 0);
    ASSERT_EQ(std::system((scores + "csv --out " + path("sums.csv")).c_str()), 0);
    const auto read = [](const std::string &from) {
        std::ifstream stream(from, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    EXPECT_TRUE(read(path("run.nc")) == read(path("sums.nc")));
    size_t n = 0;
    compare(path("sums.nc"), read(path("sums.csv")), &n);
    EXPECT_GT(n, 1000u);
    EXPECT_NE(std::system((scores + "netcdf 2>/dev/null").c_str()), 0); // no file to write
}

} // namespace
