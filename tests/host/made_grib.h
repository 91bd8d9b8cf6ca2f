// SPDX-License-Identifier: MIT
//
// GRIB messages to order, encoded by ecCodes, and what the reader makes of a file of them.
#ifndef HOST_MADE_GRIB_H
#define HOST_MADE_GRIB_H

#include <cstddef>
#include <string>
#include <vector>

#include <eccodes.h>

#include <gaia/status.h>

extern "C" {
#include "reader.h"
}

// One message, begun from a sample of ecCodes ("regular_ll_pl_grib2") and changed key by key.
class MadeGrib
{
  public:
    explicit MadeGrib(const std::string &sample);
    ~MadeGrib();
    MadeGrib(const MadeGrib &other);
    MadeGrib &operator=(const MadeGrib &) = delete;

    MadeGrib &set(const std::string &key, long value);
    MadeGrib &set(const std::string &key, const std::string &value);
    // Degrees in whole units of the edition (1/1000 or 1/1000000): first and last point.
    MadeGrib &area(long n_lat, long n_lon, double lat0, double lon0, double lat1, double lon1);
    // Values in the order of the message; NaN where missing, which makes a bitmap.
    MadeGrib &values(const std::vector<double> &values);
    // As ecCodes decodes them, NaN where missing.
    std::vector<double> decoded() const;
    std::string bytes() const;
    codes_handle *handle() const;

  private:
    codes_handle *handle_;
};

// A small field on pressure levels: `edition` 1 or 2, 3 x 4 points, z at 500 hPa.
MadeGrib made_grib(int edition);

void write_file(const std::string &path, const std::string &bytes);
// The messages one after the other.
void write_messages(const std::string &path, const std::vector<MadeGrib> &messages);

// What a scan of one name gives, and every field's values as placed.
struct GribRead {
    gaia_status status = GAIA_OK;
    std::string error;
    std::string units;
    std::vector<double> lat;
    std::vector<double> lon;
    std::vector<reader_field> fields;
    std::vector<std::string> names; // of the variable, a field each
    std::vector<std::vector<double>> values;
};

// name empty: every variable. Errors are of whatever failed first; the path is replaced by FILE.
GribRead read_grib(const std::string &path, const std::string &name,
                   size_t chunk_bytes = size_t{1} << 30);
// The same of a file with these messages.
GribRead read_messages(const std::vector<MadeGrib> &messages, const std::string &name);

#endif
