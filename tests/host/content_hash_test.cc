// SPDX-License-Identifier: MIT
//
// One hash for one content: the same fields in every container and layout that can hold them, and
// another hash for anything else. What the hash is, is held to its definition elsewhere
// (content_hash_golden.py).
#include <cmath>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <jansson.h>
#include <netcdf.h>

#include "made_file.h"
#include "made_grib.h"
#include "made_store.h"

extern "C" {
#include "content_hash.h"
#include "source_request.h"
}

namespace
{

struct Hashed {
    gaia_status status = GAIA_OK;
    std::string hash;
    std::string error;
};

std::string quoted(const std::vector<std::string> &paths)
{
    std::string out;
    for (const std::string &path : paths) {
        out += (out.empty() ? "\"" : ", \"") + path + "\"";
    }
    return "[" + out + "]";
}

// Hashes the files; `more` are further members of the request, `source` of its source.
Hashed hashed(const std::vector<std::string> &paths, const std::string &more = "",
              const std::string &source = "", const walk_options &options = {})
{
    Hashed result;
    gaia_error err = {};
    source_request request = {};
    json_t *document = nullptr;
    const std::string json = R"({"schema": "gaia.hash/1", "source": {"files": )" + quoted(paths) +
                             source + "}" + more + "}";
    result.status = hash_request_parse(json.data(), json.size(), &request, &err);
    if (result.status == GAIA_OK) {
        result.status = content_hash(&request, &options, &document, &err);
    }
    if (result.status == GAIA_OK) {
        result.hash = json_string_value(json_object_get(document, "hash"));
        EXPECT_EQ(result.hash.find("gaia-content/1 sha256:"), 0u);
        EXPECT_EQ(result.hash.size(), std::strlen("gaia-content/1 sha256:") + 64);
    }
    result.error = err.detail;
    json_decref(document);
    source_request_fini(&request);
    return result;
}

const std::string kTruth = R"(, "role": "truth")";
const std::string kZarr = R"(, "format": "zarr")";
const std::string kGrib = R"(, "format": "grib")";

class ContentHash : public ::testing::Test
{
  protected:
    std::string write(const std::string &name, const std::function<void(MadeFile &)> &change)
    {
        MadeFile file;
        file.holes = 0.03;
        change(file);
        file.write(scratch.path(name));
        return scratch.path(name);
    }

    std::string hash(const std::function<void(MadeFile &)> &change)
    {
        const Hashed got = hashed({write("x.nc", change)});
        EXPECT_EQ(got.status, GAIA_OK) << got.error;
        return got.hash;
    }

    Scratch scratch;
};

TEST_F(ContentHash, IsTheSameForEveryLayoutOfAFile)
{
    const std::string plain = hash([](MadeFile &) {});
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.layout = Layout::Classic; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.layout = Layout::Contiguous; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.deflate = 4; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.chunk = {2, 1, 2, 5, 7}; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.ascending = true; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.roll = 11; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) {
                  m.west = true;
                  m.roll = 18;
              }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.cyclic = true; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.levels = {850, 500}; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.times = {12, 0}; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.type = NC_DOUBLE; }));
    EXPECT_EQ(plain, hash([](MadeFile &m) { m.type = NC_SHORT; }));
}

TEST_F(ContentHash, IsAnotherForOtherContent)
{
    const std::vector<std::string> hashes = {
        hash([](MadeFile &) {}),
        hash([](MadeFile &m) { m.salt = 1; }),
        hash([](MadeFile &m) { m.holes = 0.0; }),
        hash([](MadeFile &m) { m.n_lon = 35; }),
        hash([](MadeFile &m) { m.n_lat = 18; }),
        hash([](MadeFile &m) { m.levels = {500}; }),
        hash([](MadeFile &m) {
            m.levels = {500, 850, 1000};
        }),
        hash([](MadeFile &m) {
            m.levels = {500, 850.01};
        }),
        hash([](MadeFile &m) { m.times = {0}; }),
        hash([](MadeFile &m) {
            m.steps = {12, 30};
        }),
        hash([](MadeFile &m) { m.variable = "t"; }),
    };
    EXPECT_EQ(std::set<std::string>(hashes.begin(), hashes.end()).size(), hashes.size());
}

TEST_F(ContentHash, DoesNotDependOnHowFilesAreSplit)
{
    const std::string whole = hash([](MadeFile &) {});
    const std::string first = write("first.nc", [](MadeFile &m) { m.times = {0}; });
    const std::string second = write("second.nc", [](MadeFile &m) { m.times = {12}; });
    EXPECT_EQ(hashed({first, second}).hash, whole);
    EXPECT_EQ(hashed({second, first}).hash, whole);
    const std::string upper = write("upper.nc", [](MadeFile &m) { m.levels = {500}; });
    const std::string lower = write("lower.nc", [](MadeFile &m) { m.levels = {850}; });
    EXPECT_EQ(hashed({lower, upper}).hash, whole);
    EXPECT_NE(hashed({lower}).hash, whole);
}

TEST_F(ContentHash, OfAPartIsThatOfAFileWithNothingElse)
{
    const std::string path = write("all.nc", [](MadeFile &) {});
    const auto only = [&](const std::function<void(MadeFile &)> &change) { return hash(change); };
    EXPECT_EQ(hashed({path}, R"(, "levels": [850])").hash,
              only([](MadeFile &m) { m.levels = {850}; }));
    EXPECT_EQ(hashed({path}, R"(, "leads": [24])").hash, only([](MadeFile &m) { m.steps = {24}; }));
    EXPECT_EQ(hashed({path}, R"(, "times": ["2017-01-01T12"], "variables": ["z"])").hash,
              only([](MadeFile &m) { m.times = {12}; }));
    const Hashed none = hashed({path}, R"(, "levels": [850, 700])");
    EXPECT_EQ(none.status, GAIA_LEVEL_MISSING);
    EXPECT_EQ(none.error, path + ": no field at level 700 hPa");
    EXPECT_EQ(hashed({path}, R"(, "leads": [36, 24])").status, GAIA_LEAD_MISSING);
    EXPECT_EQ(hashed({path}, R"(, "times": ["2018-01-01", "2017-01-01"])").error,
              path + ": no field of time 2018-01-01T00");
    EXPECT_EQ(hashed({path}, R"(, "variables": ["z", "q"])").status, GAIA_VARIABLE_MISSING);
}

TEST_F(ContentHash, DoesNotDependOnThreadsOrMemory)
{
    const std::string path = write("x.nc", [](MadeFile &m) {
        m.n_lat = 181;
        m.n_lon = 360;
        m.type = NC_DOUBLE;
    });
    const std::string one = hashed({path}, "", "", {0, 1, {}}).hash;
    EXPECT_EQ(hashed({path}, "", "", {0, 7, {}}).hash, one);
    EXPECT_EQ(hashed({path}, "", "", {4 << 20, 3, {}}).hash, one);
    const Hashed small = hashed({path}, "", "", {1 << 20, 1, {}});
    EXPECT_EQ(small.status, GAIA_LIMIT);
    EXPECT_EQ(small.error,
              path + ": fields of 181 x 360 points do not fit into 1048576 bytes of memory");
}

TEST_F(ContentHash, EndsWhenTheWatcherSaysSo)
{
    const std::string path = write("x.nc", [](MadeFile &) {});
    uint64_t seen = 0;
    const walk_watch watch = {&seen, [](void *context, uint64_t done, uint64_t total) {
                                  *static_cast<uint64_t *>(context) = done;
                                  EXPECT_EQ(total, 8u);
                                  return done < 3;
                              }};
    EXPECT_EQ(hashed({path}, "", "", {0, 2, watch}).status, GAIA_CANCELLED);
    EXPECT_EQ(seen, 3u);
}

TEST_F(ContentHash, ATruncatedFileHasNone)
{
    const std::string path = write("x.nc", [](MadeFile &m) { m.layout = Layout::Classic; });
    Bytes bytes = file_get(path);
    bytes.resize(bytes.size() - 100);
    file_put(path, bytes);
    const Hashed got = hashed({path});
    EXPECT_EQ(got.status, GAIA_FILE_DAMAGED);
    EXPECT_EQ(got.hash, "");
}

TEST(HashRequest, SaysWhatIsWrongWithIt)
{
    const auto error = [](const std::string &more) { return hashed({"x.nc"}, more).error; };
    EXPECT_EQ(error(R"(, "role": "analysis")"), "request.role: 'forecast', 'truth' or "
                                                "'climatology' is wanted, not 'analysis'");
    EXPECT_EQ(error(R"(, "levels": ["high"])"),
              "request.levels[0]: a number up to 1e+06 is wanted, not a string");
    EXPECT_EQ(error(R"(, "levels": [1e9])"),
              "request.levels[0]: a number up to 1e+06 is wanted, not a larger one");
    EXPECT_EQ(error(R"(, "role": "truth", "leads": [6])"),
              "request.leads: only a forecast has lead times");
    EXPECT_EQ(error(R"(, "role": "climatology", "times": ["2017-01-01"])"),
              "request.times: a climatology has hours of day, and is hashed whole");
    EXPECT_EQ(error(R"(, "fields": 1)"), "request.fields: a boolean is wanted, not an integer");
    EXPECT_EQ(error(R"(, "times": ["noon"])"),
              "request.times[0]: 'noon': a time such as 2017-01-01T12 is wanted");
    EXPECT_EQ(error(R"(, "lead": [6])"), "request: unknown key 'lead'");
    EXPECT_EQ(error(""), "x.nc: No such file or directory");
}

// ---- Containers: one truth of whole numbers, which every format holds exactly ----

constexpr size_t kLat = 3;
constexpr size_t kLon = 4;
const std::vector<double> kLevels = {500, 850};
const std::vector<double> kHours = {0, 12};
const std::vector<double> kLats = {60, 0, -60};
const std::vector<double> kLons = {0, 90, 180, 270};

double value(size_t t, size_t l, size_t i, size_t j)
{
    return i == 1 && j == 2 && t == 1
               ? std::nan("")
               : static_cast<double>(1000 * l + 300 * t + 17 * i + 3 * j * j + 5);
}

// Axes in the order given: "time", "level", and which of them run backwards.
std::vector<double> values(bool level_first, bool level_back, bool south_first)
{
    std::vector<double> all;
    for (size_t a = 0; a < 2; a++) {
        for (size_t b = 0; b < 2; b++) {
            const size_t t = level_first ? b : a;
            const size_t l = level_first ? a : b;
            for (size_t i = 0; i < kLat; i++) {
                for (size_t j = 0; j < kLon; j++) {
                    all.push_back(
                        value(t, level_back ? 1 - l : l, south_first ? kLat - 1 - i : i, j));
                }
            }
        }
    }
    return all;
}

std::vector<double> reversed(const std::vector<double> &list)
{
    return {list.rbegin(), list.rend()};
}

MadeArray axis_array(const std::string &name, const std::vector<double> &numbers,
                     const std::string &attributes)
{
    return made([&](MadeArray &a) {
        a.name = name;
        a.type = "f8";
        a.shape = a.chunk = {numbers.size()};
        a.dimensions = {name};
        a.values = numbers;
        a.attributes = attributes;
    });
}

std::string store(const std::string &path, int version, bool level_first, bool level_back,
                  bool south_first, const std::function<void(MadeArray &)> &change)
{
    MadeStore made_store(path, version, true);
    made_store.add(axis_array("time", kHours,
                              R"("units": "hours since 2017-01-01", "standard_name": "time")"));
    made_store.add(
        axis_array("level", level_back ? reversed(kLevels) : kLevels, R"("units": "hPa")"));
    made_store.add(axis_array("latitude", south_first ? reversed(kLats) : kLats,
                              R"("units": "degrees_north")"));
    made_store.add(axis_array("longitude", kLons, R"("units": "degrees_east")"));
    made_store.add(made([&](MadeArray &a) {
        a.name = "z";
        a.shape = {2, 2, kLat, kLon};
        a.chunk = {1, 1, kLat, kLon};
        a.dimensions = {level_first ? "level" : "time", level_first ? "time" : "level", "latitude",
                        "longitude"};
        a.values = values(level_first, level_back, south_first);
        change(a);
    }));
    made_store.finish();
    return path;
}

std::string netcdf(const std::string &path, int mode)
{
    const char *const names[] = {"time", "level", "latitude", "longitude"};
    const char *const units[] = {"hours since 2017-01-01", "hPa", "degrees_north", "degrees_east"};
    const std::vector<double> *const axes[] = {&kHours, &kLevels, &kLats, &kLons};
    int file = 0;
    int dimensions[4];
    int coordinates[4];
    int data = 0;
    EXPECT_EQ(nc_create(path.c_str(), NC_CLOBBER | mode, &file), NC_NOERR);
    for (int k = 0; k < 4; k++) {
        EXPECT_EQ(nc_def_dim(file, names[k], axes[k]->size(), &dimensions[k]), NC_NOERR);
        EXPECT_EQ(nc_def_var(file, names[k], NC_DOUBLE, 1, &dimensions[k], &coordinates[k]),
                  NC_NOERR);
        EXPECT_EQ(nc_put_att_text(file, coordinates[k], "units", std::strlen(units[k]), units[k]),
                  NC_NOERR);
    }
    EXPECT_EQ(nc_put_att_text(file, coordinates[0], "standard_name", 4, "time"), NC_NOERR);
    EXPECT_EQ(nc_def_var(file, "z", NC_FLOAT, 4, dimensions, &data), NC_NOERR);
    EXPECT_EQ(nc_enddef(file), NC_NOERR);
    for (int k = 0; k < 4; k++) {
        EXPECT_EQ(nc_put_var_double(file, coordinates[k], axes[k]->data()), NC_NOERR);
    }
    EXPECT_EQ(nc_put_var_double(file, data, values(false, false, false).data()), NC_NOERR);
    EXPECT_EQ(nc_close(file), NC_NOERR);
    return path;
}

std::string grib(const std::string &path, int edition, const char *packing)
{
    std::string bytes;
    for (size_t l = 2; l-- > 0;) { // messages in an order of their own
        for (size_t t = 0; t < 2; t++) {
            std::vector<double> field;
            for (size_t k = 0; k < kLat * kLon; k++) {
                field.push_back(value(t, l, k / kLon, k % kLon));
            }
            MadeGrib message = made_grib(edition);
            message.area(3, 4, 60, 0, -60, 270).set("level", static_cast<long>(kLevels[l]));
            message.set("dataTime", static_cast<long>(100 * kHours[t])).set("bitsPerValue", 16);
            message.values(field).set("packingType", packing);
            const std::vector<double> decoded = message.decoded();
            for (size_t k = 0; k < field.size(); k++) { // else the case says nothing
                EXPECT_TRUE(decoded[k] == field[k] || std::isnan(field[k])) << k;
            }
            bytes += message.bytes();
        }
    }
    write_file(path, bytes);
    return path;
}

TEST(ContentHashContainers, HaveOneHashForOneContent)
{
    const Scratch s;
    const Hashed want = hashed({netcdf(s.path("3.nc"), 0)}, kTruth);
    ASSERT_EQ(want.status, GAIA_OK) << want.error;
    EXPECT_EQ(hashed({netcdf(s.path("4.nc"), NC_NETCDF4)}, kTruth).hash, want.hash);
    const auto plain = [](MadeArray &) {};
    for (const int version : {2, 3}) {
        const std::string v = std::to_string(version);
        const auto zarr = [&](const std::string &path) {
            const Hashed got = hashed({path}, kTruth, kZarr);
            return got.status == GAIA_OK ? got.hash : got.error;
        };
        EXPECT_EQ(zarr(store(s.path("a" + v), version, false, false, false, plain)), want.hash);
        EXPECT_EQ(zarr(store(s.path("b" + v), version, true, false, false, plain)), want.hash);
        EXPECT_EQ(zarr(store(s.path("c" + v), version, true, true, true, plain)), want.hash);
        EXPECT_EQ(zarr(store(s.path("d" + v), version, false, true, false,
                             [](MadeArray &a) {
                                 a.type = "f8";
                                 a.big = true;
                                 a.chunk = {2, 1, 2, 3};
                                 a.compressor = "zstd";
                             })),
                  want.hash);
        EXPECT_EQ(zarr(store(s.path("e" + v), version, false, false, true,
                             [](MadeArray &a) { a.compressor = "blosc lz4 1"; })),
                  want.hash);
        EXPECT_NE(zarr(store(s.path("f" + v), version, false, false, false,
                             [](MadeArray &a) { a.values[5] += 0x1p-10; })),
                  want.hash);
    }
    for (const auto &[edition, packing] : std::vector<std::pair<int, const char *>>{
             {1, "grid_simple"}, {2, "grid_simple"}, {2, "grid_ccsds"}, {2, "grid_ieee"}}) {
        const Hashed got = hashed({grib(s.path("x.grib"), edition, packing)}, kTruth, kGrib);
        EXPECT_EQ(got.hash, want.hash) << edition << " " << packing << " " << got.error;
    }
}

} // namespace
