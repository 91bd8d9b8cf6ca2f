// SPDX-License-Identifier: MIT
#include "verified.h"

#include <cstring>

#include <netcdf.h>

extern "C" {
#include "finding.h"
#include "text.h"
}

namespace
{

void must(int code)
{
    ASSERT_EQ(code, NC_NOERR) << nc_strerror(code);
}

void replace_all(std::string &text, const std::string &from, const std::string &to)
{
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), to);
        at += to.size();
    }
}

} // namespace

void Forecast::write(const std::string &path) const
{
    const char *const names[] = {"time", "step", "level", "latitude", "longitude"};
    const char *const units[] = {"hours since 2017-01-01", "hours", "hPa", "degrees_north",
                                 "degrees_east"};
    const std::vector<double> *const axes[] = {&inits, &steps, &levels, &lats, &lons};
    int file = 0;
    int dimension[5];
    int coordinate[5];
    must(nc_create(path.c_str(), NC_CLOBBER | NC_NETCDF4, &file));
    for (int k = 0; k < 5; k++) {
        must(nc_def_dim(file, names[k], axes[k]->size(), &dimension[k]));
        must(nc_def_var(file, names[k], NC_DOUBLE, 1, &dimension[k], &coordinate[k]));
        must(nc_put_att_text(file, coordinate[k], "units", std::strlen(units[k]), units[k]));
        must(nc_put_var_double(file, coordinate[k], axes[k]->data()));
    }
    must(nc_put_att_text(file, coordinate[0], "standard_name", 23, "forecast_reference_time"));
    if (!calendar.empty()) {
        must(nc_put_att_text(file, coordinate[0], "calendar", calendar.size(), calendar.c_str()));
    }
    for (const Variable &variable : variables) {
        int data = 0;
        const int surface[] = {dimension[0], dimension[1], dimension[3], dimension[4]};
        size_t n = inits.size() * steps.size() * lats.size() * lons.size();
        n *= variable.on_levels ? levels.size() : 1;
        must(nc_def_var(file, variable.name.c_str(), NC_DOUBLE, variable.on_levels ? 5 : 4,
                        variable.on_levels ? dimension : surface, &data));
        if (!variable.units.empty()) {
            must(nc_put_att_text(file, data, "units", variable.units.size(),
                                 variable.units.c_str()));
        }
        std::vector<double> values(n, variable.value);
        if (spoil) {
            spoil(variable.name, values);
        }
        must(nc_put_var_double(file, data, values.data()));
    }
    must(nc_close(file));
}

const char *const kRequirements = R"({"schema": "gaia.requirements/1", "name": "test",
 "leads": {"from": 6, "to": 12, "step": 6}, "init_times": 1, "finite_share": 0.95,
 "grid": {"n_lat": 5, "n_lon": 8, "regular": true, "global": true},
 "variables": [
  {"name": "t", "levels": [500, 850], "units": ["K"], "min": 150, "max": 350, "tolerance": 2},
  {"name": "msl", "units": ["Pa", "hPa"], "min": 80000, "max": 110000}]})";

Verdict verified(const std::vector<std::string> &paths, const std::string &requirements,
                 const std::string &more, const walk_options &options)
{
    Verdict result;
    gaia_error err = {};
    source_request request = {};
    std::string files;
    for (const std::string &path : paths) {
        files += (files.empty() ? "\"" : ", \"") + path + "\"";
    }
    const std::string json = R"({"schema": "gaia.verify/1", "source": {"files": [)" + files +
                             R"(]}, "requirements": )" + requirements + more + "}";
    result.status = verify_request_parse(json.data(), json.size(), &request, &err);
    if (result.status == GAIA_OK) {
        result.status = verify_forecast(&request, &options, &result.json, &err);
    }
    result.error = err.detail;
    source_request_fini(&request);
    if (result.status != GAIA_OK) {
        return result;
    }
    size_t i = 0;
    json_t *finding = nullptr;
    text lines = {};
    json_array_foreach(json_object_get(result.json, "findings"), i, finding)
    {
        finding_append(&lines, finding);
    }
    result.lines = lines.length > 0 ? lines.s : "";
    text_fini(&lines);
    replace_all(result.lines, paths[0], "FILE");
    result.verdict = json_string_value(json_object_get(result.json, "verdict"));
    EXPECT_EQ(result.verdict == "accepted", result.count("errors") == 0);
    return result;
}
