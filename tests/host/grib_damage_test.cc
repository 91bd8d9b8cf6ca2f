// SPDX-License-Identifier: MIT
//
// GRIB files that cannot be scored: each error in full, and files with flipped bytes, which must
// end in an error or in values but never in a crash, a message of a library or a long wait.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "made_file.h"
#include "made_grib.h"

namespace
{

GribRead read_bytes(const std::string &bytes, const std::string &name = "z",
                    size_t chunk_bytes = size_t{64} << 20)
{
    const Scratch scratch;
    write_file(scratch.path("a.grib"), bytes);
    return read_grib(scratch.path("a.grib"), name, chunk_bytes);
}

void expect_error(const std::string &bytes, const std::string &name, gaia_status status,
                  const std::string &text)
{
    const GribRead got = read_bytes(bytes, name);
    EXPECT_EQ(gaia_status_name(got.status), std::string(gaia_status_name(status)));
    EXPECT_EQ(got.error, text);
}

std::string bytes_of(int edition)
{
    return made_grib(edition).bytes();
}

TEST(GribDamage, NoFileAndNoGrib)
{
    const Scratch scratch;
    const GribRead got = read_grib(scratch.path("none.grib"), "z");
    EXPECT_EQ(got.status, GAIA_FILE_MISSING);
    EXPECT_EQ(got.error, "FILE: No such file or directory");
    expect_error("", "z", GAIA_FILE_DAMAGED, "FILE: the file is empty (0 bytes)");
    expect_error("GRI", "z", GAIA_FILE_DAMAGED, "FILE: not a GRIB file");
    expect_error("RIFF and so on", "z", GAIA_FILE_DAMAGED, "FILE: not a GRIB file");
    for (const char *begin : {"CDF\1 and so on", "\x89HDF and so on"}) {
        expect_error(begin, "z", GAIA_FILE_DAMAGED,
                     "FILE: not a GRIB file, but NetCDF: say \"format\": \"netcdf\"");
    }
    EXPECT_EQ(read_grib("/dev/null", "z").error, "FILE: not a regular file");
}

TEST(GribDamage, TruncatedFiles)
{
    const std::string one = bytes_of(1);
    const std::string two = bytes_of(2);
    ASSERT_EQ(one.size(), 132U);
    ASSERT_EQ(two.size(), 203U);
    expect_error(
        one + one.substr(0, 100), "z", GAIA_FILE_DAMAGED,
        "FILE: message 2: truncated: it takes 132 bytes from byte 132 on, the file has 232");
    expect_error(
        two + two.substr(0, 150), "z", GAIA_FILE_DAMAGED,
        "FILE: message 2: truncated: it takes 203 bytes from byte 203 on, the file has 353");
    expect_error(
        two + two.substr(0, 10), "z", GAIA_FILE_DAMAGED,
        "FILE: message 2: truncated: it takes 16 bytes from byte 203 on, the file has 213");
}

TEST(GribDamage, BetweenMessagesThereMayBeZerosAlone)
{
    const std::string one = bytes_of(1);
    const std::string other = made_grib(1).set("level", 850).bytes();
    const GribRead got = read_bytes(one + std::string(70000, '\0') + other + std::string(6, '\0'));
    EXPECT_EQ(got.fields.size(), 2U) << got.error;
    expect_error(one + "\1\2\3" + other, "z", GAIA_FILE_DAMAGED,
                 "FILE: message 2: byte 132 ought to begin a message with 'GRIB'");
}

TEST(GribDamage, BehindTheLastMessageThereMayBeAFewBlanks)
{
    const std::string two = bytes_of(1) + made_grib(1).set("level", 850).bytes();
    for (const std::string &blanks : {std::string("\n\n"), std::string("\r\n"),
                                      std::string(" \t\n\0\0\n", 6), std::string(256, '\n')}) {
        EXPECT_EQ(read_bytes(two + blanks).fields.size(), 2U);
    }
    const std::string where = "FILE: message 3: byte 264 ought to begin a message with 'GRIB'";
    expect_error(two + std::string(257, '\n'), "z", GAIA_FILE_DAMAGED, where);
    expect_error(two + "\n\n7777", "z", GAIA_FILE_DAMAGED, where);
    expect_error(two + "\n" + bytes_of(1), "z", GAIA_FILE_DAMAGED, where);
}

TEST(GribDamage, FramesThatContradictThemselves)
{
    std::string bytes = bytes_of(2);
    bytes[7] = 3;
    expect_error(bytes, "z", GAIA_FORMAT_UNSUPPORTED,
                 "FILE: message 1: GRIB edition 3 is not supported; there are: 1, 2");
    bytes = bytes_of(2);
    bytes[20] = 5; // the number of section 1
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, "FILE: message 1: section 5 follows section 0");
    bytes = bytes_of(2);
    bytes[17] = 1; // its length
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 "FILE: message 1: section 1 says it has 65557 bytes, of at least 21 and at most "
                 "183");
    bytes = bytes_of(1);
    bytes[8] = 1;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 "FILE: message 1: section 1 says it has 65588 bytes, of at least 28 and at most "
                 "120");
    bytes = bytes_of(1);
    bytes[bytes.size() - 1] = '8';
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, "FILE: message 1: it does not end in '7777'");
}

TEST(GribDamage, NamesThatAreNotThere)
{
    const std::string bytes =
        bytes_of(1) + made_grib(1).set("shortName", "t").bytes() + bytes_of(2);
    expect_error(bytes, "u", GAIA_VARIABLE_MISSING, "FILE: no variable 'u'; there are: z, t");
    expect_error(bytes, "131", GAIA_VARIABLE_MISSING, "FILE: no variable '131'; there are: z, t");
    expect_error(bytes, "z:surface", GAIA_VARIABLE_MISSING,
                 "FILE: no variable 'z:surface'; there are: z, t");
    expect_error(bytes, "z:", GAIA_VARIABLE_MISSING, "FILE: no variable 'z:'; there are: z, t");
}

TEST(GribDamage, SeveralMembersOrStepRangesOfOneField)
{
    MadeGrib member = made_grib(2);
    member.set("productDefinitionTemplateNumber", 1).set("shortName", "z");
    member.set("typeOfLevel", "isobaricInhPa").set("level", 500);
    const std::string bytes =
        member.set("perturbationNumber", 3).bytes() + member.set("perturbationNumber", 7).bytes();
    expect_error(bytes, "z", GAIA_FORMAT_UNSUPPORTED,
                 "FILE: variable 'z': it has several ensemble members (number 3, 7), for instance "
                 "in messages 1 and 2; a forecast is one member: give each a file of its own");
    MadeGrib rain("regular_ll_sfc_grib1");
    rain.set("shortName", "tp").set("stepType", "accum");
    const std::string ranges =
        rain.set("stepRange", "0-12").bytes() + rain.set("stepRange", "6-12").bytes();
    expect_error(ranges, "tp", GAIA_FORMAT_UNSUPPORTED,
                 "FILE: variable 'tp': messages 1 and 2 both end at step 12 h: one is 'accum' from "
                 "0 h, the other 'accum' from 6 h; give each a file of its own");
}

TEST(GribDamage, SeveralLevelsWithoutPressure)
{
    MadeGrib ground("regular_ll_sfc_grib2");
    ground.set("shortName", "t").set("typeOfLevel", "surface");
    const std::string surface = ground.bytes();
    ground.set("typeOfLevel", "heightAboveGround").set("level", 80);
    const std::string both = surface + ground.bytes();
    expect_error(both, "t", GAIA_FORMAT_UNSUPPORTED,
                 "FILE: variable 't': it is on several levels that are no pressure levels: "
                 "surface:0, heightAboveGround:80; name one of them, as in \"t:surface:0\"");
    EXPECT_EQ(read_bytes(both, "t:heightAboveGround").fields.size(), 1U);
    const GribRead got = read_bytes(both + made_grib(2).set("shortName", "t").bytes(), "t");
    ASSERT_EQ(got.fields.size(), 1U) << got.error;
    EXPECT_EQ(got.fields[0].level, 500);
}

TEST(GribDamage, GridsThatAreNotSupported)
{
    for (const auto &[sample, type] :
         {std::pair{"reduced_gg_pl_32_grib1", "reduced_gg"},
          std::pair{"rotated_ll_pl_grib2", "rotated_ll"}, std::pair{"sh_pl_grib1", "sh"},
          std::pair{"polar_stereographic_pl_grib2", "polar_stereographic"},
          std::pair{"lambert_bf_grib2", "lambert_bf"}}) {
        MadeGrib made(sample);
        made.set("paramId", 130);
        expect_error(made.bytes(), "130", GAIA_FORMAT_UNSUPPORTED,
                     std::string("FILE: variable '130': message 1: grids of type '") + type +
                         "' are not supported; there are: regular_ll, regular_gg");
    }
    MadeGrib rows = made_grib(2);
    rows.set("alternativeRowScanning", 1);
    expect_error(rows.bytes(), "z", GAIA_FORMAT_UNSUPPORTED,
                 "FILE: variable 'z': message 1: rows that run forward and backward in turn are "
                 "not supported");
}

TEST(GribDamage, GridsThatContradictThemselves)
{
    const std::string where = "FILE: variable 'z': message 1: ";
    MadeGrib beyond = made_grib(2);
    beyond.set("latitudeOfFirstGridPoint", 100000000);
    expect_error(beyond.bytes(), "z", GAIA_AXIS_INVALID,
                 where + "latitude[0] = 100 is not within -90 .. 90");
    MadeGrib scan = made_grib(2);
    scan.set("jScansPositively", 1);
    expect_error(scan.bytes(), "z", GAIA_AXIS_INVALID,
                 where + "latitude runs from 60 to 0, but scans northward");
    MadeGrib step = made_grib(1);
    step.set("ijDirectionIncrementGiven", 1).set("jDirectionIncrement", 20000);
    expect_error(step.bytes(), "z", GAIA_AXIS_INVALID,
                 where + "latitude goes 60000 units in 2 steps, but says that a step is 20000");
    MadeGrib gaussian("regular_gg_pl_grib1");
    gaussian.set("shortName", "z").set("N", 48);
    expect_error(gaussian.bytes(), "z", GAIA_AXIS_INVALID,
                 where + "latitudes 87.864 .. -87.864 (64 rows) are none of a Gaussian grid of 48 "
                         "parallels");
    std::string bytes = bytes_of(2);
    bytes[16 + 21 + 9] = 13; // numberOfDataPoints
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, where + "3 x 4 points are declared as 13");
    bytes = bytes_of(2);
    bytes[16 + 21 + 30] = 0x7f; // Ni
    expect_error(bytes, "z", GAIA_LIMIT,
                 where + "a grid of 3 x 2130706436 points is not supported");
}

TEST(GribDamage, DatesAndStepsThatAreNone)
{
    const std::string where = "FILE: variable 'z': message 1: ";
    std::string bytes = bytes_of(1);
    bytes[8 + 13] = 13; // month
    bytes[8 + 14] = 45; // day
    expect_error(bytes, "z", GAIA_AXIS_INVALID,
                 where + "dataDate 20171345, dataTime 1200 is no date and time");
    MadeGrib negative = made_grib(2);
    negative.set("forecastTime", -5);
    expect_error(negative.bytes(), "z", GAIA_AXIS_INVALID,
                 where + "its forecast time is -5, before its init time");
    MadeGrib month = made_grib(1);
    month.set("unitOfTimeRange", 3).set("P1", 2);
    expect_error(month.bytes(), "z", GAIA_FORMAT_UNSUPPORTED,
                 where + "its step is counted in months or years, which have no fixed length");
}

TEST(GribDamage, DataThatDoesNotMatchItsGrid)
{
    const std::string where = "FILE: message 1: variable 'z': ";
    std::string bytes = bytes_of(1);
    bytes[bytes.size() - 4 - 1 - 24 - 1] = 8; // bits of a value, were 16
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 where + "its data holds 24 values of 8 bits, the grid asks for 12");
    bytes = bytes_of(2);
    const size_t section_5 = bytes.size() - 4 - (5 + 24) - 6 - 21;
    bytes[section_5 + 8] = 11;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 where + "it declares 11 values, the grid asks for 12");
    bytes = bytes_of(2);
    bytes[section_5 + 19] = 17;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 where + "12 values of 17 bits do not fit into 24 bytes of data");
    bytes[section_5 + 19] = 65;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, where + "its values cannot have 65 bits");
    bytes[section_5 + 10] = 42; // CCSDS
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 where + "section 5 has 21 bytes, its template 5.42 asks for 25");
    bytes[section_5 + 10] = 77;
    expect_error(bytes, "z", GAIA_FORMAT_UNSUPPORTED,
                 where + "its packing (data representation template 5.77) is not supported");
}

TEST(GribDamage, AReferenceValueThatIsNoNumber)
{
    for (const unsigned bits : {0x7fc00000U, 0xffc00000U, 0x7f800000U, 0xff800000U, 0x7f800001U}) {
        std::string bytes = bytes_of(2);
        const size_t section_5 = bytes.size() - 4 - (5 + 24) - 6 - 21;
        for (size_t i = 0; i < 4; i++) {
            bytes[section_5 + 11 + i] = static_cast<char>(bits >> (24 - 8 * i) & 0xff);
        }
        expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                     "FILE: message 1: variable 'z': its reference value (octets 12 to 15 of "
                     "section 5) is no finite number");
    }
}

TEST(GribDamage, PackingsThatAreNotSupported)
{
    const std::string where = "FILE: message 1: variable 'z': ";
    std::string bytes = bytes_of(1);
    char &flags = bytes[bytes.size() - 4 - 1 - 24 - 11 + 3];
    flags = static_cast<char>(0x80);
    expect_error(bytes, "z", GAIA_FORMAT_UNSUPPORTED,
                 where + "its values are spherical harmonics, which are not supported");
    flags = 0x10;
    expect_error(bytes, "z", GAIA_FORMAT_UNSUPPORTED,
                 where + "its values are matrices, which are not supported");
}

TEST(GribDamage, BitmapsThatDoNotFitTheGrid)
{
    const std::string where = "FILE: message 1: variable 'z': ";
    std::vector<double> holed(12, 1.5);
    holed[4] = std::nan("");
    std::string bytes = made_grib(2).values(holed).bytes();
    const size_t section_6 = bytes.find(std::string("\0\0\0\x08\6\0", 6));
    ASSERT_NE(section_6, std::string::npos);
    bytes[section_6 + 5] = 7;
    expect_error(bytes, "z", GAIA_FORMAT_UNSUPPORTED,
                 where + "its bitmap is number 7 of the centre's own, which is not in the file");
    bytes[section_6 + 5] = static_cast<char>(254);
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 "FILE: message 1: section 6 refers to an earlier bitmap, and there is none");
    bytes = made_grib(1).values(holed).bytes();
    const size_t section_3 = bytes.find(std::string("\0\0\x08\4\0\0", 6));
    ASSERT_NE(section_3, std::string::npos);
    bytes[section_3 + 3] = 5; // bits that are not used, were 4
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, where + "its bitmap has 11 bits for 12 points");
}

// 13 x 24 points: ecCodes encodes no smaller image without overrunning its own buffer.
std::string wide_bytes(int edition, const std::string &packing, bool holes)
{
    std::vector<double> values;
    for (int i = 0; i < 13 * 24; i++) {
        values.push_back(holes && i % 11 == 3 ? std::nan("") : 250 + i * 37 % 101 * 0.5);
    }
    MadeGrib made = made_grib(edition);
    return made.area(13, 24, 60, 0, 0, 345).values(values).set("packingType", packing).bytes();
}

TEST(GribDamage, ImagesOfTheWrongSizeOrWithAWrongChecksum)
{
    const std::string where = "FILE: message 1: variable 'z': ";
    std::string bytes = wide_bytes(2, "grid_png", false);
    bytes[bytes.size() - 4 - 12 - 8] ^= 1;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 where + "a checksum of its PNG image is wrong (chunk 'IDAT')");
    bytes = wide_bytes(2, "grid_png", false);
    const size_t png = bytes.find("\x89PNG");
    bytes[png + 19] = 25; // width
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 where + "its PNG image of 25 x 13 is not one of 312 values");
    bytes[png + 19] = 24;
    bytes[png + 33] = 1; // length of the next chunk
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, where + "its PNG image is cut short");
    bytes[png] = 0;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, where + "its data is no PNG image");
    bytes = wide_bytes(2, "grid_jpeg", false);
    bytes[bytes.find("\xff\x4f\xff\x51") + 11] = 25; // width
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 where + "its JPEG 2000 image of 25 x 13 is not one of 312 values");
    bytes[bytes.find("\xff\x4f\xff\x51")] = 0;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED, where + "its data is no JPEG 2000 image");
}

TEST(GribDamage, CcsdsBlocksThatTheDecoderWouldOverrun)
{
    std::string bytes = wide_bytes(2, "grid_ccsds", false);
    const size_t section_5 = bytes.find(std::string("\0\0\0\x19\5", 5));
    bytes[section_5 + 23] = 0;
    bytes[section_5 + 24] = 0;
    expect_error(bytes, "z", GAIA_FILE_DAMAGED,
                 "FILE: message 1: variable 'z': its CCSDS packing has blocks of 32 values, one in "
                 "0 a reference");
}

TEST(GribDamage, GroupsThatDoNotAddUp)
{
    std::string bytes = MadeGrib(made_grib(2)).set("packingType", "grid_complex").bytes();
    const size_t section_5 = bytes.find(std::string("\0\0\0\x2f\5", 5));
    bytes[section_5 + 45] = 77; // length of the last group
    const GribRead got = read_bytes(bytes);
    EXPECT_EQ(got.status, GAIA_FILE_DAMAGED);
    EXPECT_EQ(got.error, "FILE: message 1: variable 'z': its groups hold 87 values in 156 bytes, "
                         "it declares 12 and has 34");
    bytes[section_5 + 35] = 70; // reference of their widths
    EXPECT_EQ(read_bytes(bytes).error,
              "FILE: message 1: variable 'z': group 0 has values of 85 bits");
    bytes[section_5 + 36] = 77; // bits of a width
    EXPECT_EQ(read_bytes(bytes).error,
              "FILE: message 1: variable 'z': its groups of values are described wrongly");
    bytes[section_5 + 35] = 0;
    bytes[section_5 + 36] = 4;
    bytes[section_5 + 31] = 1; // number of groups
    EXPECT_EQ(read_bytes(bytes).error,
              "FILE: message 1: variable 'z': 16777219 groups do not fit into 34 bytes of data");
}

TEST(GribDamage, FieldsBeyondTheMemoryGiven)
{
    const GribRead got = read_bytes(bytes_of(1), "z", 100);
    EXPECT_EQ(got.status, GAIA_LIMIT);
    EXPECT_EQ(got.error,
              "FILE: message 1: variable 'z': the message takes 132 bytes and its values "
              "96, too many for --memory");
}

TEST(GribDamage, GribReadAsNetcdfSaysWhatItIs)
{
    const Scratch scratch;
    const std::string path = scratch.path("a.nc");
    write_file(path, bytes_of(2));
    reader *opened = nullptr;
    gaia_error err = {};
    EXPECT_EQ(reader_netcdf.open(path.c_str(), &opened, &err), GAIA_FILE_DAMAGED);
    EXPECT_EQ(std::string(err.detail),
              path + ": not a NetCDF file, but GRIB: say \"format\": \"grib\"");
}

TEST(GribDamage, UnknownFormatNamesThoseThereAre)
{
    const reader_ops *ops = nullptr;
    gaia_error err = {};
    EXPECT_EQ(reader_find("grib", &ops, &err), GAIA_OK);
    EXPECT_EQ(ops, &reader_grib);
    EXPECT_EQ(reader_find("bufr", &ops, &err), GAIA_FORMAT_UNSUPPORTED);
    EXPECT_STREQ(err.detail, "format 'bufr' is not supported; there are: netcdf, grib, zarr");
}

std::vector<std::string> sound_files()
{
    std::vector<std::string> files;
    for (const auto &[edition, packing] :
         {std::pair{1, "grid_simple"}, std::pair{1, "grid_second_order"},
          std::pair{1, "grid_second_order_no_SPD"}, std::pair{2, "grid_simple"},
          std::pair{2, "grid_ccsds"}, std::pair{2, "grid_jpeg"}, std::pair{2, "grid_png"},
          std::pair{2, "grid_complex"}, std::pair{2, "grid_complex_spatial_differencing"},
          std::pair{2, "grid_ieee"}}) {
        files.push_back(wide_bytes(edition, packing, true) +
                        made_grib(edition).set("level", 850).bytes());
    }
    MadeGrib gaussian("regular_gg_pl_grib2");
    files.push_back(gaussian.set("shortName", "z").bytes());
    return files;
}

// Bytes flipped, cut, doubled: seeded, so that what is found can be found again.
std::string damaged(std::string bytes, std::mt19937 &random)
{
    const size_t head = bytes.size() < 200 ? bytes.size() : 200;
    const unsigned n = 1 + random() % 4;
    for (unsigned i = 0; i < n; i++) {
        const size_t at = random() % 2 == 0 ? random() % bytes.size() : random() % head;
        bytes[at] = static_cast<char>(random() % 3 == 0 ? 0xff : random() & 0xff);
    }
    if (random() % 8 == 0) {
        bytes.resize(random() % bytes.size());
    } else if (random() % 8 == 0) {
        bytes.insert(random() % bytes.size(), bytes.substr(0, random() % 64));
    }
    return bytes;
}

TEST(GribDamage, CorruptedFilesEndInAnErrorOrInValues)
{
    const auto files = sound_files();
    std::mt19937 random(20170101);
    const auto begin = std::chrono::steady_clock::now();
    size_t n_failed = 0;
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    for (int i = 0; i < 1000; i++) {
        const GribRead got =
            read_bytes(damaged(files[static_cast<size_t>(i) % files.size()], random), "");
        n_failed += got.status != GAIA_OK;
        EXPECT_EQ(got.status != GAIA_OK, !got.error.empty());
        EXPECT_EQ(got.error.find('\n'), std::string::npos);
    }
    const std::string printed =
        testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    EXPECT_EQ(printed, "");
    EXPECT_GT(n_failed, 300U);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(120));
}

} // namespace
