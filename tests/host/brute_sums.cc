// SPDX-License-Identifier: MIT
//
// Sums over a region point by point, in long double, from the files themselves.
#include "brute_sums.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <netcdf.h>

namespace
{

void must(int code)
{
    if (code != NC_NOERR) {
        throw std::runtime_error(nc_strerror(code));
    }
}

// A variable with all its fields, in the order of its dimensions.
struct Whole {
    std::vector<double> values;
    std::vector<double> lat;
    std::vector<double> lon;
};

std::vector<double> axis_read(int file, const char *name)
{
    int id = 0;
    int dimension = 0;
    size_t n = 0;
    must(nc_inq_varid(file, name, &id));
    must(nc_inq_vardimid(file, id, &dimension));
    must(nc_inq_dimlen(file, dimension, &n));
    std::vector<double> values(n);
    must(nc_get_var_double(file, id, values.data()));
    return values;
}

Whole whole_read(const std::string &path)
{
    int file = 0;
    int id = 0;
    int n_dimensions = 0;
    Whole whole;
    must(nc_open(path.c_str(), NC_NOWRITE, &file));
    must(nc_inq_varid(file, "z", &id));
    must(nc_inq_varndims(file, id, &n_dimensions));
    std::vector<int> dimensions(static_cast<size_t>(n_dimensions));
    must(nc_inq_vardimid(file, id, dimensions.data()));
    size_t n = 1;
    for (const int dimension : dimensions) {
        size_t length = 0;
        must(nc_inq_dimlen(file, dimension, &length));
        n *= length;
    }
    whole.values.resize(n);
    must(nc_get_var_double(file, id, whole.values.data()));
    whole.lat = axis_read(file, "latitude");
    whole.lon = axis_read(file, "longitude");
    must(nc_close(file));
    return whole;
}

// Sums that grow point by point.
struct Sums {
    long double sum[GAIA_MOMENT_COUNT] = {};
    double low = std::numeric_limits<double>::quiet_NaN();
    double high = low;

    // The count, the weights, and the terms of a group, which lie one after the other.
    void group(gaia_moment count, double m, long double w, const std::vector<long double> &terms)
    {
        sum[count] += m;
        sum[count + 1] += m * w;
        for (size_t i = 0; i < terms.size(); i++) {
            sum[static_cast<size_t>(count) + 2 + i] += m * w * terms[i];
        }
    }

    void point(double m, long double w, double f, double o, double c, double r)
    {
        const bool has_f = std::isfinite(f);
        const bool has_o = std::isfinite(o);
        const bool has_c = std::isfinite(c);
        const bool has_r = std::isfinite(r);
        const long double d = static_cast<long double>(f) - o;
        const long double a = static_cast<long double>(f) - c;
        const long double b = static_cast<long double>(o) - c;
        const long double ro = static_cast<long double>(r) - o;
        const long double fr = static_cast<long double>(f) - r;
        sum[GAIA_MOMENT_POINTS] += m;
        sum[GAIA_MOMENT_FORECAST_MISSING] += has_f ? 0 : m;
        sum[GAIA_MOMENT_TRUTH_MISSING] += has_o ? 0 : m;
        if (has_f) {
            low = f >= low ? low : f;
            high = f <= high ? high : f;
        }
        if (has_f && has_o) {
            const long double y = o;
            group(GAIA_MOMENT_ERROR_N, m, w, {d, d * d, std::fabs(d), y * d, y, y * y});
            sum[GAIA_MOMENT_ERROR_D_PLAIN] += m * d;
        }
        if (has_f && has_o && has_c) {
            group(GAIA_MOMENT_ANOMALY_N, m, w, {a, a * a, a * b, b, b * b});
        }
        if (has_f && has_o && has_r) {
            group(GAIA_MOMENT_REFERENCE_N, m, w, {d, d * d, ro * ro, fr * fr});
        }
        if (has_o && has_c) {
            group(GAIA_MOMENT_TRUTH_CLIMATOLOGY_N, m, w, {b, b * b});
        }
        if (has_o && has_r) {
            group(GAIA_MOMENT_TRUTH_REFERENCE_N, m, w, {ro, ro * ro});
        }
    }

    gaia_moments row() const
    {
        gaia_moments made = {};
        for (int i = 0; i < GAIA_MOMENT_COUNT; i++) {
            made.sum[i] = static_cast<double>(sum[i]);
        }
        made.sum[GAIA_MOMENT_FORECAST_MIN] = low;
        made.sum[GAIA_MOMENT_FORECAST_MAX] = high;
        return made;
    }
};

// Which field of the made files holds a unit: two levels, two init times, two leads; a truth is
// valid at 12, 24 and 36 h, a climatology has the hours 0 and 12.
struct Places {
    size_t forecast;
    size_t truth;
    size_t climatology;
};

Places places_of(const gaia_unit &unit)
{
    const int64_t epoch = 1483228800; // 2017-01-01
    const size_t init = static_cast<size_t>((unit.init_time_s - epoch) / 43200);
    const size_t step = static_cast<size_t>(unit.lead_time_s / 43200);
    const size_t level = unit.level > 600 ? 1 : 0;
    return {(init * 2 + step - 1) * 2 + level, (init + step - 1) * 2 + level,
            (init + step) % 2 * 2 + level};
}

} // namespace

long double brute_cos(double lat)
{
    return cosl(static_cast<long double>(lat) * 3.14159265358979323846264338327950288L / 180);
}

Rows brute_sums(const Sources &sources, const plan &made, const PointWeight &m,
                const RowWeight &row)
{
    const Whole forecast = whole_read(sources.forecasts[0]);
    const Whole truth = whole_read(sources.truth);
    const Whole climatology = whole_read(sources.climatology);
    const Whole reference = whole_read(sources.reference);
    const size_t n_lon = truth.lon.size();
    const size_t n_points = truth.lat.size() * n_lon;
    Rows rows;
    for (size_t u = 0; u < made.n_units; u++) {
        const Places at = places_of(made.units[u]);
        Sums sums;
        for (size_t i = 0; i < n_points; i++) {
            const double lat = truth.lat[i / n_lon];
            const double counts = m(lat, truth.lon[i % n_lon]);
            if (counts > 0) {
                sums.point(counts, row(lat), forecast.values[at.forecast * n_points + i],
                           truth.values[at.truth * n_points + i],
                           climatology.values[at.climatology * n_points + i],
                           reference.values[at.forecast * n_points + i]);
            }
        }
        rows.push_back(sums.row());
    }
    return rows;
}

Rows rows_of(const plan &made, const Rows &all, size_t r, size_t w)
{
    Rows rows;
    for (size_t u = 0; u < made.n_units; u++) {
        rows.push_back(all.at((u * made.n_regions + r) * made.n_weights + w));
    }
    return rows;
}

void expect_near(const Rows &have, const Rows &want)
{
    ASSERT_EQ(have.size(), want.size());
    ASSERT_FALSE(have.empty());
    for (size_t u = 0; u < have.size(); u++) {
        const double *a = have[u].sum;
        const double *b = want[u].sum;
        EXPECT_GT(b[GAIA_MOMENT_ERROR_D2], 0.0); // they are sums of something
        for (int i = 0; i < GAIA_MOMENT_COUNT; i++) {
            const bool is_weight = i == GAIA_MOMENT_ERROR_W || i == GAIA_MOMENT_ANOMALY_W;
            const double scale = is_weight
                                     ? std::fabs(b[i])
                                     : std::fabs(b[i]) + std::fabs(b[GAIA_MOMENT_ERROR_ABS_D]);
            const bool is_plain = i == GAIA_MOMENT_POINTS || i == GAIA_MOMENT_ERROR_N ||
                                  i == GAIA_MOMENT_FORECAST_MISSING;
            const double apart =
                is_plain ? 1e-12 * std::fabs(b[GAIA_MOMENT_POINTS]) : 1e-12 * scale;
            ASSERT_NEAR(a[i], b[i], apart) << "moment " << i << " of unit " << u;
        }
        EXPECT_EQ(a[GAIA_MOMENT_FORECAST_MIN], b[GAIA_MOMENT_FORECAST_MIN]);
        EXPECT_EQ(a[GAIA_MOMENT_FORECAST_MAX], b[GAIA_MOMENT_FORECAST_MAX]);
    }
}
