// SPDX-License-Identifier: MIT
//
// Regions, polygons and masks from the command line and from jobs that are wrong.
#include "program.h"
#include "there_are.h"

class RegionInput : public Program
{
  protected:
    // A field without level and time on the grid of the others; its values are about 280.
    std::string field(const std::string &name) const
    {
        Sample sample = truth_sample();
        sample.axes.erase(sample.axes.begin(), sample.axes.begin() + 2);
        sample.variable = "lsm";
        return write(sample, name);
    }

    Result regions(const std::string &list, const std::string &more = "") const
    {
        return score_job(source(forecast(), "forecast"), source(truth()),
                         ", \"regions\": " + list + more);
    }
};

TEST_F(RegionInput, TheCommandLineSaysWhatAJobSays)
{
    put("north.json",
        R"({"type": "Polygon", "coordinates": [[[10, 10], [170, 10], [100, 80], [10, 10]]]})");
    const Result option = score({forecast(), truth(), "--regions",
                                 "global,box=-10:40:-50:100,north=" + path("north.json")});
    const Result job = regions(
        R"(["global", {"name": "box", "box": {"south": -10, "north": 40, "west": -50, "east": 100}},
            {"name": "north", "polygon": ")" +
        path("north.json") + "\"}]");
    EXPECT_EQ(option.status, 0) << option.err;
    EXPECT_EQ(job.status, 0) << job.err;
    EXPECT_EQ(option.out, job.out);
    EXPECT_NE(option.out.find(",box,cos,"), std::string::npos);
    EXPECT_NE(option.out.find(",north,cos,"), std::string::npos);
}

TEST_F(RegionInput, ALandMaskMakesLandAndSea)
{
    const std::string land = field("lsm.nc");
    expect_refused(score({forecast(), truth(), "--regions", "tropics_land", "--land", land}),
                   "mask 'land': " + land +
                       ": variable 'lsm'[0][0] (latitude 60, longitude 0): 285 is no weight of 0 "
                       ".. 1; \"threshold\" or \"classes\" makes one");
    const Result cut = regions(R"(["global_land", "global_sea"])",
                               R"(, "masks": {"land": {"files": [")" + land +
                                   R"("], "threshold": 280}}, "metrics": ["n_valid"])");
    EXPECT_EQ(cut.status, 0) << cut.err;
    int n = 0;
    for (const Row &row : rows(cut)) {
        n +=
            row.metric == "n_valid" && row.valid_time == "2017-01-01T12" ? std::stoi(row.value) : 0;
    }
    EXPECT_EQ(n, 2 * 40); // of two levels: every point is either
    expect_failed(score({forecast(), truth(), "--regions", "tropics_land"}), 2,
                  "--regions: 'tropics_land' needs a mask of the land: \"masks\": {\"land\": "
                  "{\"files\": [FILE]}} gives one (gaia score: --land FILE)");
    expect_refused(
        score({forecast(), truth(), "--regions", "tropics_land", "--land", path("gone.nc")}),
        "mask 'land': " + path("gone.nc") + ": No such file or directory");
}

TEST_F(RegionInput, AMaskOnAnotherGridShowsBothSides)
{
    Sample sample = truth_sample();
    sample.axes.erase(sample.axes.begin(), sample.axes.begin() + 2);
    sample.axis("longitude").value = {0, 60, 120, 180, 240, 300};
    const std::string land = write(sample, "lsm.nc");
    expect_refused(score({forecast(), truth(), "--regions", "tropics_land", "--land", land}),
                   "mask 'land': different grids: " + land +
                       " has 5 latitudes (60 .. -60) x 6 longitudes (0 .. 300), " + truth() +
                       " has 5 (60 .. -60) x 8 (0 .. 315)");
}

TEST_F(RegionInput, ARegionWithoutPointsIsLeftOutWithAWarning)
{
    const Result result = score({forecast(), truth(), "--regions", "global,dot=1:2:1:2"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "gaia: warning: region dot is left out: no grid point of " + truth() +
                              " lies in it\n");
    expect_refused(score({forecast(), truth(), "--regions", "dot=1:2:1:2"}),
                   truth() + ": none of the regions has a grid point");
}

TEST_F(RegionInput, WrongBoxesAndPolygonsAreNamed)
{
    expect_failed(score({forecast(), truth(), "--regions", "box=40:-10:0:1"}), 2,
                  "--regions[0].box: south 40 lies north of north -10");
    expect_failed(score({forecast(), truth(), "--regions", "box=0:95:0:1"}), 2,
                  "--regions[0].box.north: 95 is not within -90 .. 90");
    expect_failed(score({forecast(), truth(), "--regions", "europe=0:9:0:1"}), 2,
                  "--regions[0].name: 'europe' is a predefined region");
    expect_failed(
        score({forecast(), truth(), "--regions", "global,box=1:2:3"}), 2,
        "--regions: 'box=1:2:3': SOUTH:NORTH:WEST:EAST is wanted, or the name of a GeoJSON file");
    expect_refused(score({forecast(), truth(), "--regions", "x=" + path("gone.json")}),
                   "region 'x': " + path("gone.json") + ": No such file or directory");
    put("open.json", R"({"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 9]]]})");
    expect_refused(
        score({forecast(), truth(), "--regions", "x=" + path("open.json")}),
        "region 'x': " + path("open.json") +
            ": polygon 0, ring 0: it is not closed: it begins at [0, 0] and ends at [0, 9]");
    expect_refused(score({forecast(), truth(), "--regions", "x=" + truth()}),
                   "region 'x': " + truth() + ": line 1, column 3: '[' or '{' expected");
    expect_failed(score({forecast(), truth(), "--regions", "atlantis"}), 2,
                  "--regions: no such region 'atlantis'; there are: " + kRegions);
}

TEST_F(RegionInput, APolygonOfAMillionPositionsIsRefused)
{
    std::string text = R"({"type": "Polygon", "coordinates": [[[0, 0])";
    for (int i = 0; i < 1000000; i++) {
        text += ",[1,1]";
    }
    put("many.json", text + ",[0,0]]]}");
    expect_refused(score({forecast(), truth(), "--regions", "x=" + path("many.json")}),
                   "region 'x': " + path("many.json") + ": more than 500000 positions");
}
