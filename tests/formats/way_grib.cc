// SPDX-License-Identifier: MIT
//
// GRIB 1 and 2: a message a field, in the packings that keep whole steps of a quarter.
#include "way.h"

#include <cmath>
#include <stdexcept>

#include "made_grib.h"

namespace
{

constexpr long kFirstDate = 20170101;

// 24 bits hold every step exactly, and PNG has them in whole bytes.
constexpr long kBits = 24;

// Complex packing has just the bits that quarters need. The encoder of ecCodes (2.28) gives the
// width of a group four bits, whatever the width, with a bitmap or without: where the values of a
// group spread over 16 bits or more, its width is written as another and its values are lost to
// every reader. With 24 bits for these fields that is most groups, and with columns one after the
// other there are some in any case. (It writes differences of order 0, too, whichever are asked
// for.)
constexpr long kComplexBits = 17;

void must_same(const std::vector<double> &have, const std::vector<double> &want)
{
    for (size_t i = 0; i < want.size(); i++) {
        if (have[i] != want[i] && !(std::isnan(have[i]) && std::isnan(want[i]))) {
            throw std::runtime_error("point " + std::to_string(i) + " is rounded: " +
                                     std::to_string(have[i]) + ", not " + std::to_string(want[i]));
        }
    }
}

// A message of the axes' grid: the first row may be the southernmost, the first column any, and
// columns may come one after the other instead of rows.
MadeGrib message_of(const std::vector<MadeAxis> &axes, int edition, long bits)
{
    MadeGrib made(edition == 1 ? "regular_ll_pl_grib1" : "regular_ll_pl_grib2");
    const bool lon_first = axes.back().name == "latitude";
    const std::vector<double> &lat = axes[axes.size() - (lon_first ? 1 : 2)].values;
    const std::vector<double> &lon = axes[axes.size() - (lon_first ? 2 : 1)].values;
    const auto positive = [](double x) { return x < 0 ? x + 360 : x; };
    made.set("jScansPositively", lat.front() < lat.back() ? 1 : 0);
    made.set("jPointsAreConsecutive", lon_first ? 1 : 0);
    made.area(static_cast<long>(lat.size()), static_cast<long>(lon.size()), lat.front(),
              positive(lon.front()), lat.back(), positive(lon.back()));
    made.set("shortName", "z").set("bitsPerValue", bits);
    return made;
}

void place_set(MadeGrib &made, const std::vector<MadeAxis> &axes, const std::vector<size_t> &place)
{
    for (size_t k = 0; k < place.size(); k++) {
        const long value = std::lround(axes[k].values[place[k]]);
        if (axes[k].name == "level") {
            made.set("level", value);
        } else if (axes[k].name == "step") {
            made.set("stepRange", std::to_string(value));
        } else if (axes[k].name == "time") {
            made.set("dataDate", kFirstDate + value / 24).set("dataTime", value % 24 * 100);
        } else {
            throw std::runtime_error("GRIB has no place for axis " + axes[k].name);
        }
    }
}

void write_grib(MadeFile fields, const std::string &path, int edition, const char *packing,
                long bits)
{
    fields.lon_first = fields.lon_first && bits != kComplexBits;
    const std::vector<MadeAxis> axes = fields.axes();
    const MadeGrib empty = message_of(axes, edition, bits);
    std::string bytes;
    fields.each_field([&](const std::vector<size_t> &place, const std::vector<int16_t> &steps) {
        std::vector<double> values;
        for (const int16_t step : steps) {
            values.push_back(fields.value(step));
        }
        MadeGrib made = empty;
        place_set(made, axes, place);
        // Some packings keep every step only of values that come after them, others only of those
        // before.
        made.values(values).set("packingType", packing).set("bitsPerValue", bits).values(values);
        must_same(made.decoded(), values);
        bytes += made.bytes();
    });
    write_file(path, bytes);
}

const struct {
    int edition;
    const char *packing;
    long bits;
} kWays[] = {
    {1, "grid_simple", kBits},
    {1, "grid_second_order", kBits},
    {1, "grid_ieee", kBits},
    {2, "grid_simple", kBits},
    {2, "grid_ccsds", kBits},
    {2, "grid_jpeg", kBits},
    {2, "grid_png", kBits},
    {2, "grid_ieee", kBits},
    {2, "grid_complex", kComplexBits},
    {2, "grid_complex_spatial_differencing", kComplexBits},
};

} // namespace

std::vector<Way> grib_ways()
{
    std::vector<Way> list;
    for (const auto &entry : kWays) {
        const int edition = entry.edition;
        const char *packing = entry.packing;
        const long bits = entry.bits;
        list.push_back({"grib" + std::to_string(edition) + " " + packing, "grib", false, false,
                        [edition, packing, bits](const MadeFile &fields, const std::string &path) {
                            write_grib(fields, path + ".grib", edition, packing, bits);
                            return path + ".grib";
                        }});
    }
    return list;
}
