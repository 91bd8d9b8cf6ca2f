// SPDX-License-Identifier: MIT
//
// The same fields in every way to write them, turned in every way that a grid can lie: one set of
// sums, to the bit, and one content hash of each source.

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <jansson.h>

#include "engine_run.h"
#include "sanitized.h"
#include "way.h"

extern "C" {
#include "content_hash.h"
#include "source_request.h"
}

namespace
{

struct Turn {
    const char *name;
    void (*change)(MadeFile &);
};

const Turn kTurns[] = {
    {"as is", [](MadeFile &) {}},
    {"south first", [](MadeFile &m) { m.ascending = true; }},
    {"from 70 E", [](MadeFile &m) { m.roll = 7; }},
    {"from 180 W",
     [](MadeFile &m) {
         m.west = true;
         m.roll = m.n_lon / 2;
     }},
    {"cyclic column", [](MadeFile &m) { m.cyclic = true; }},
    {"levels and steps in another order",
     [](MadeFile &m) {
         m.levels = {850, 300, 500};
         m.steps = {24, 12};
     }},
    {"longitude before latitude", [](MadeFile &m) { m.lon_first = true; }},
    {"all of it",
     [](MadeFile &m) {
         m.ascending = true;
         m.west = true;
         m.roll = 31;
         m.lon_first = true;
         m.levels = {500, 850, 300};
     }},
};

// Values of both signs and missing points; the kind of a file says its times and values.
MadeFile fields_of(Role role, unsigned salt, const Turn &turn)
{
    MadeFile fields;
    fields.role = role;
    fields.salt = salt;
    fields.holes = 0.03;
    fields.offset = -250.25;
    fields.levels = {300, 500, 850};
    fields.times =
        role == Role::Truth ? std::vector<double>{12, 24, 36} : std::vector<double>{0, 12};
    turn.change(fields);
    return fields;
}

// Writes one kind of file and notes how a job names it.
std::string put(const Way &way, const MadeFile &fields, const std::string &path, Sources &s)
{
    const std::string address = way.write(fields, path);
    if (way.format != "netcdf") {
        s.formats[address] = way.format;
    }
    if (way.manifest) {
        s.manifests[address] = address + ".json";
    }
    return address;
}

// The four sources, each written in its own way.
Sources written(const Scratch &scratch, const Way &forecast, const Way &truth,
                const Way &climatology, const Way &reference, const Turn &turn)
{
    Sources s;
    s.forecasts = {put(forecast, fields_of(Role::Forecast, 11, turn), scratch.path("forecast"), s)};
    s.truth = put(truth, fields_of(Role::Truth, 22, turn), scratch.path("truth"), s);
    s.climatology = put(climatology.climatology ? climatology : way_of("netcdf3"),
                        fields_of(Role::Climatology, 33, turn), scratch.path("climatology"), s);
    s.reference = put(reference, fields_of(Role::Forecast, 44, turn), scratch.path("reference"), s);
    return s;
}

Sources written(const Scratch &scratch, const Way &way, const Turn &turn)
{
    return written(scratch, way, way, way, way, turn);
}

// As `gaia hash` makes it; "" where that fails.
std::string hash_of(const Sources &s, const std::string &path, const std::string &role)
{
    gaia_error err = {};
    source_request request = {};
    const walk_options options = {8 << 20, 1, {}};
    json_t *document = nullptr;
    std::string hash;
    const std::string json = R"({"schema": "gaia.hash/1", "role": ")" + role + R"(", "source": {)" +
                             source_json(s, path) + "}}";
    gaia_status status = hash_request_parse(json.data(), json.size(), &request, &err);
    if (status == GAIA_OK) {
        status = content_hash(&request, &options, &document, &err);
        source_request_fini(&request);
    }
    EXPECT_EQ(status, GAIA_OK) << err.detail;
    if (status == GAIA_OK) {
        hash = json_string_value(json_object_get(document, "hash"));
        json_decref(document);
    }
    return hash;
}

// What must be the same for all ways.
struct Found {
    Rows sums;
    std::string forecast; // content hashes
    std::string truth;
    std::string climatology;
};

Found found(const Sources &s)
{
    Work run = run_open(s, 1, 8 << 20);
    return {run_sums(run, 100000), hash_of(s, s.forecasts.at(0), "forecast"),
            hash_of(s, s.truth, "truth"), hash_of(s, s.climatology, "climatology")};
}

Found expected()
{
    const Scratch scratch;
    return found(written(scratch, way_of("netcdf3 double"), kTurns[0]));
}

void expect_same(const Found &have, const Found &want)
{
    ASSERT_NO_FATAL_FAILURE(expect_same(have.sums, want.sums));
    EXPECT_EQ(have.forecast, want.forecast);
    EXPECT_EQ(have.truth, want.truth);
    EXPECT_EQ(have.climatology, want.climatology);
}

// What a grid's turns do is one code for all codecs of a format, so that of the turns in between
// each way takes two, in rotation, and none where a server adds its time to every chunk; the long
// form takes all.
std::vector<Turn> turns_of(const Way &way)
{
    constexpr size_t n = sizeof kTurns / sizeof *kTurns;
    if (std::getenv("GAIA_LONG") != nullptr) {
        return {kTurns, kTurns + n};
    }
    if (way.name.rfind("http ", 0) == 0) {
        return {kTurns[0], kTurns[n - 1]};
    }
    const std::vector<Way> all = ways();
    size_t i = 0;
    while (all[i].name != way.name) {
        i++;
    }
    if (sanitized()) { // a sanitizer sees the reading of each way, whatever the turn
        return {kTurns[0], kTurns[1 + i % (n - 1)]};
    }
    return {kTurns[0], kTurns[1 + i % (n - 2)], kTurns[1 + (i + 2) % (n - 2)], kTurns[n - 1]};
}

class FormatMatrix : public ::testing::TestWithParam<Way>
{
};

TEST_P(FormatMatrix, OneSetOfSumsAndOneHash)
{
    const Found want = expected();
    for (const Turn &turn : turns_of(GetParam())) {
        SCOPED_TRACE(GetParam().name + ", " + turn.name);
        const Scratch scratch;
        ASSERT_NO_FATAL_FAILURE(expect_same(found(written(scratch, GetParam(), turn)), want));
    }
}

std::string identifier(const ::testing::TestParamInfo<Way> &info)
{
    std::string name = info.param.name;
    for (char &c : name) {
        c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Ways, FormatMatrix, ::testing::ValuesIn(ways()), identifier);

// The sums and the hash tell fields apart that differ in a few points alone.
TEST(FormatMatrixItself, SeesOneStepInOnePoint)
{
    const Turn other = {"another hole", [](MadeFile &m) { m.holes = 0.0301; }};
    const Scratch scratch;
    const Found want = expected();
    const Found have = found(written(scratch, way_of("netcdf4"), other));
    ASSERT_EQ(have.sums.size(), want.sums.size());
    size_t n_different = 0;
    for (size_t i = 0; i < want.sums.size(); i++) {
        n_different +=
            std::memcmp(&have.sums[i], &want.sums[i], sizeof have.sums[i]) != 0 ? 1U : 0U;
    }
    EXPECT_GT(n_different, 0U);
    EXPECT_NE(have.forecast, want.forecast);
}

TEST(FormatMatrixItself, SourcesOfDifferentFormatsMeet)
{
    const Found want = expected();
    const Way netcdf = way_of("netcdf4 packed big");
    const Way grib = way_of("grib2 grid_ccsds");
    const Way zarr = way_of("zarr3 shards");
    const Way http = way_of("http plain manifest zarr3 shards crc32c start");
    const Scratch a;
    const Scratch b;
    const Scratch c;
    expect_same(found(written(a, grib, http, netcdf, netcdf, kTurns[0])), want);
    expect_same(found(written(b, zarr, netcdf, zarr, grib, kTurns[1])), want);
    expect_same(found(written(c, netcdf, grib, http, zarr, kTurns[2])), want);
}

} // namespace
