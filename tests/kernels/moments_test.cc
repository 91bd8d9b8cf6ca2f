// SPDX-License-Identifier: MIT
//
// The contract of every backend: the row sums of moments_version 1, to the bit, against a reference
// that is written from the rules alone (one lane after another, masks always) and shares no code
// with the kernels.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "backend.h"
}

namespace
{

constexpr double kInf = std::numeric_limits<double>::infinity();

// A field of any type with its values as float64, NaN where missing.
struct Field {
    gaia_dtype dtype = GAIA_FLOAT32;
    std::vector<float> f32;
    std::vector<double> f64;
    std::vector<int16_t> i16;
    bool packed = false;
    double scale = 1.0;
    double offset = 0.0;
    bool has_code = false;
    int16_t code = 0;

    gaia_field view() const
    {
        gaia_field view = {};
        view.dtype = dtype;
        view.packed = packed;
        view.scale = scale;
        view.offset = offset;
        view.has_missing_code = has_code;
        view.missing_code = code;
        view.data = dtype == GAIA_FLOAT32   ? static_cast<const void *>(f32.data())
                    : dtype == GAIA_FLOAT64 ? static_cast<const void *>(f64.data())
                                            : static_cast<const void *>(i16.data());
        return view;
    }

    double value(size_t i) const
    {
        volatile double raw = 0.0;
        if (dtype == GAIA_INT16) {
            if (has_code && i16[i] == code) {
                return std::nan("");
            }
            raw = i16[i];
        } else {
            raw = dtype == GAIA_FLOAT32 ? static_cast<double>(f32[i]) : f64[i];
        }
        if (!packed) {
            return raw;
        }
        volatile double scaled =
            raw * scale; // volatile: two roundings, whatever the compiler would like
        return scaled + offset;
    }
};

struct Options {
    gaia_dtype dtype = GAIA_FLOAT32;
    double missing = 0.0; // share of points
    double level = 280.0;
    double spread = 10.0;
    bool packed = false;
};

Field make_field(std::mt19937_64 &rng, size_t n, const Options &o)
{
    Field field;
    std::normal_distribution<double> normal(o.level, o.spread);
    std::uniform_real_distribution<double> unit(0.0, 1.0);
    field.dtype = o.dtype;
    field.packed = o.packed;
    if (o.packed) {
        field.scale = 0.0012256803406776;
        field.offset = 264.420972242837;
    }
    field.has_code = o.dtype == GAIA_INT16;
    field.code = -32767;
    for (size_t i = 0; i < n; i++) {
        const double x = normal(rng);
        const bool gone = unit(rng) < o.missing;
        const double odd = unit(rng);
        const double hole = odd < 0.4 ? std::nan("") : odd < 0.7 ? kInf : -kInf;
        field.f32.push_back(static_cast<float>(gone ? hole : x));
        field.f64.push_back(gone ? hole : x);
        field.i16.push_back(gone ? field.code : static_cast<int16_t>(std::lround(x) % 32000));
    }
    return field;
}

// One sum by the rules: lanes in turn, then halves.
template <typename Term> double lane_sum(size_t n, Term term)
{
    double lane[32];
    for (size_t l = 0; l < 32; l++) {
        lane[l] = +0.0;
        for (size_t i = l; i < n; i += 32) {
            lane[l] = term(i, lane[l]);
        }
    }
    for (size_t half = 16; half >= 1; half /= 2) {
        for (size_t l = 0; l < half; l++) {
            lane[l] = lane[l] + lane[l + half];
        }
    }
    return std::isnan(lane[0]) ? std::nan("") : lane[0];
}

struct Sums {
    double v[ROW_COUNT];
};

// The reference: every rule of moments.h, point by point.
Sums reference_row(const Field &f, const Field &o, const Field *c, const Field *r, size_t first,
                   size_t n)
{
    Sums s = {};
    auto F = [&](size_t i) { return f.value(first + i); };
    auto O = [&](size_t i) { return o.value(first + i); };
    auto C = [&](size_t i) { return c->value(first + i); };
    auto R = [&](size_t i) { return r->value(first + i); };
    auto sum = [&](auto present, auto add) {
        return lane_sum(n, [&](size_t i, double acc) { return present(i) ? add(i, acc) : acc; });
    };
    auto fo = [&](size_t i) { return std::isfinite(F(i)) && std::isfinite(O(i)); };
    auto one = [](size_t, double acc) { return acc + 1.0; };
    s.v[ROW_ERROR_N] = sum(fo, one);
    s.v[ROW_ERROR_D] = sum(fo, [&](size_t i, double a) { return a + (F(i) - O(i)); });
    s.v[ROW_ERROR_D2] =
        sum(fo, [&](size_t i, double a) { return std::fma(F(i) - O(i), F(i) - O(i), a); });
    s.v[ROW_ERROR_ABS_D] = sum(fo, [&](size_t i, double a) { return a + std::fabs(F(i) - O(i)); });
    s.v[ROW_ERROR_OD] = sum(fo, [&](size_t i, double a) { return std::fma(O(i), F(i) - O(i), a); });
    s.v[ROW_ERROR_O] = sum(fo, [&](size_t i, double a) { return a + O(i); });
    s.v[ROW_ERROR_O2] = sum(fo, [&](size_t i, double a) { return std::fma(O(i), O(i), a); });
    if (c != nullptr) {
        auto foc = [&](size_t i) { return fo(i) && std::isfinite(C(i)); };
        auto oc = [&](size_t i) { return std::isfinite(O(i)) && std::isfinite(C(i)); };
        auto A = [&](size_t i) { return F(i) - C(i); };
        auto B = [&](size_t i) { return O(i) - C(i); };
        s.v[ROW_ANOMALY_N] = sum(foc, one);
        s.v[ROW_ANOMALY_A] = sum(foc, [&](size_t i, double a) { return a + A(i); });
        s.v[ROW_ANOMALY_A2] = sum(foc, [&](size_t i, double a) { return std::fma(A(i), A(i), a); });
        s.v[ROW_ANOMALY_AB] = sum(foc, [&](size_t i, double a) { return std::fma(A(i), B(i), a); });
        s.v[ROW_ANOMALY_B] = sum(foc, [&](size_t i, double a) { return a + B(i); });
        s.v[ROW_ANOMALY_B2] = sum(foc, [&](size_t i, double a) { return std::fma(B(i), B(i), a); });
        s.v[ROW_TRUTH_CLIMATOLOGY_N] = sum(oc, one);
        s.v[ROW_TRUTH_CLIMATOLOGY_B] = sum(oc, [&](size_t i, double a) { return a + B(i); });
        s.v[ROW_TRUTH_CLIMATOLOGY_B2] =
            sum(oc, [&](size_t i, double a) { return std::fma(B(i), B(i), a); });
    }
    if (r != nullptr) {
        auto all = [&](size_t i) { return fo(i) && std::isfinite(R(i)); };
        auto ro = [&](size_t i) { return std::isfinite(O(i)) && std::isfinite(R(i)); };
        auto E = [&](size_t i) { return R(i) - O(i); };
        auto D = [&](size_t i) { return F(i) - O(i); };
        auto G = [&](size_t i) { return F(i) - R(i); };
        s.v[ROW_REFERENCE_N] = sum(all, one);
        s.v[ROW_REFERENCE_D] = sum(all, [&](size_t i, double a) { return a + D(i); });
        s.v[ROW_REFERENCE_D2] =
            sum(all, [&](size_t i, double a) { return std::fma(D(i), D(i), a); });
        s.v[ROW_REFERENCE_RO2] =
            sum(all, [&](size_t i, double a) { return std::fma(E(i), E(i), a); });
        s.v[ROW_REFERENCE_FR2] =
            sum(all, [&](size_t i, double a) { return std::fma(G(i), G(i), a); });
        s.v[ROW_TRUTH_REFERENCE_N] = sum(ro, one);
        s.v[ROW_TRUTH_REFERENCE_RO] = sum(ro, [&](size_t i, double a) { return a + E(i); });
        s.v[ROW_TRUTH_REFERENCE_RO2] =
            sum(ro, [&](size_t i, double a) { return std::fma(E(i), E(i), a); });
    }
    double low = kInf;
    double high = -kInf;
    for (size_t i = 0; i < n; i++) {
        s.v[ROW_FORECAST_MISSING] += !std::isfinite(F(i));
        s.v[ROW_TRUTH_MISSING] += !std::isfinite(O(i));
        if (std::isfinite(F(i))) {
            low = std::min(low, F(i) + 0.0);
            high = std::max(high, F(i) + 0.0);
        }
    }
    s.v[ROW_FORECAST_MIN] = low <= high ? low : std::nan("");
    s.v[ROW_FORECAST_MAX] = low <= high ? high : std::nan("");
    return s;
}

uint64_t bits(double x)
{
    uint64_t u = 0;
    std::memcpy(&u, &x, sizeof u);
    return u;
}

class Backend : public ::testing::TestWithParam<const char *>
{
  protected:
    void SetUp() override
    {
        const backend_config config = {GetParam()};
        gaia_error err = {};
        const gaia_status status = backend_cpu.open(&config, &backend_, &err);
        if (status == GAIA_DEVICE) {
            GTEST_SKIP() << "not run: " << err.detail;
        }
        ASSERT_EQ(status, GAIA_OK) << err.detail;
    }

    void TearDown() override
    {
        if (backend_ != nullptr) {
            backend_cpu.close(backend_);
        }
    }

    void check(size_t n_lat, size_t n_lon, const std::vector<interval> &intervals,
               const std::vector<Field> &forecasts, const Field &truth, const Field *climatology,
               const Field *reference)
    {
        std::vector<gaia_field> views;
        for (const Field &field : forecasts) {
            views.push_back(field.view());
        }
        tile t = {};
        t.n_lat = n_lat;
        t.n_lon = n_lon;
        t.n_intervals = intervals.size();
        t.intervals = intervals.data();
        t.truth = truth.view();
        t.climatology = climatology != nullptr ? climatology->view() : gaia_field{};
        t.reference = reference != nullptr ? reference->view() : gaia_field{};
        t.n_forecasts = forecasts.size();
        t.forecasts = views.data();
        std::vector<double> out(forecasts.size() * n_lat * intervals.size() * ROW_COUNT, -1.0);
        const backend_buffer buffer = {out.data(), out.data(), out.size() * sizeof(double)};
        gaia_error err = {};
        ASSERT_EQ(backend_cpu.moments(backend_, &t, &buffer, &err), GAIA_OK) << err.detail;
        for (size_t f = 0; f < forecasts.size(); f++) {
            for (size_t k = 0; k < intervals.size(); k++) {
                const interval &in = intervals[k];
                for (size_t i = in.first_row; i < in.first_row + in.n_rows; i++) {
                    const Sums want = reference_row(forecasts[f], truth, climatology, reference,
                                                    i * n_lon + in.first_column, in.n_columns);
                    const double *have = &out[((f * n_lat + i) * intervals.size() + k) * ROW_COUNT];
                    for (int s = 0; s < ROW_COUNT; s++) {
                        ASSERT_EQ(bits(have[s]), bits(want.v[s]))
                            << "forecast " << f << " row " << i << " interval " << k << " sum " << s
                            << ": " << have[s] << " for " << want.v[s] << ", n_lon " << n_lon;
                    }
                }
            }
        }
    }

    backend *backend_ = nullptr;
};

TEST_P(Backend, EveryRowLengthWithAndWithoutHoles)
{
    std::mt19937_64 rng(1);
    for (size_t n = 1; n <= 100; n++) {
        for (double missing : {0.0, 0.3, 1.0}) {
            const Options o = {GAIA_FLOAT32, missing, 5e4, 3e3};
            const Field truth = make_field(rng, 2 * n, o);
            const Field climatology = make_field(rng, 2 * n, o);
            const Field reference = make_field(rng, 2 * n, o);
            const std::vector<Field> forecasts = {make_field(rng, 2 * n, o)};
            check(2, n, {{0, n, 0, 2}}, forecasts, truth, &climatology, &reference);
        }
    }
}

TEST_P(Backend, RowsLongerThanABlock)
{
    std::mt19937_64 rng(2);
    for (size_t n : {511u, 512u, 513u, 1024u, 1440u, 3601u}) {
        const Options o = {GAIA_FLOAT32, n == 513 ? 0.01 : 0.0};
        const Field truth = make_field(rng, n, o);
        const Field climatology = make_field(rng, n, o);
        check(1, n, {{0, n, 0, 1}}, {make_field(rng, n, o)}, truth, &climatology, nullptr);
    }
}

TEST_P(Backend, EveryMixOfTypes)
{
    std::mt19937_64 rng(3);
    const size_t n = 77;
    for (gaia_dtype f : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
        for (gaia_dtype o : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
            for (gaia_dtype c : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
                for (bool packed : {false, true}) {
                    const Field truth = make_field(rng, n, {o, 0.1, 280, 9, packed});
                    const Field climatology = make_field(rng, n, {c, 0.05, 280, 9, packed});
                    const Field reference = make_field(rng, n, {f, 0.05, 280, 9, packed});
                    check(1, n, {{0, n, 0, 1}}, {make_field(rng, n, {f, 0.1, 280, 9, packed})},
                          truth, &climatology, &reference);
                }
            }
        }
    }
}

TEST_P(Backend, IntervalsAndManyForecasts)
{
    std::mt19937_64 rng(4);
    const size_t n_lat = 5;
    const size_t n_lon = 121;
    std::vector<Field> forecasts;
    for (int i = 0; i < 9; i++) {
        forecasts.push_back(make_field(rng, n_lat * n_lon, {GAIA_FLOAT32, i == 4 ? 0.2 : 0.0}));
    }
    const Field truth = make_field(rng, n_lat * n_lon, {});
    const Field climatology = make_field(rng, n_lat * n_lon, {GAIA_FLOAT32, 0.02});
    check(n_lat, n_lon, {{0, n_lon, 0, n_lat}, {3, 40, 1, 3}, {120, 1, 0, 5}, {57, 64, 4, 1}},
          forecasts, truth, &climatology, nullptr);
}

TEST_P(Backend, CancellationDenormalsAndSignedZeros)
{
    std::mt19937_64 rng(5);
    const size_t n = 65;
    for (const auto &[level, spread] : std::vector<std::pair<double, double>>{
             {1e15, 1.0}, {0.0, 4e-320}, {0.0, 1e-300}, {1e300, 1e299}}) {
        const Options o = {GAIA_FLOAT64, 0.0, level, spread};
        Field truth = make_field(rng, n, o);
        Field forecast = make_field(rng, n, o);
        truth.f64[3] = -0.0;
        forecast.f64[3] = -0.0;
        forecast.f64[4] = 0.0;
        truth.f64[4] = -0.0;
        check(1, n, {{0, n, 0, 1}}, {forecast}, truth, &truth, &forecast);
    }
}

INSTANTIATE_TEST_SUITE_P(Cpu, Backend, ::testing::Values("portable", "v3", "v4"),
                         [](const auto &set) { return std::string(set.param); });

TEST(BackendFind, KnowsItsNames)
{
    const backend_ops *ops = nullptr;
    gaia_error err = {};
    EXPECT_EQ(backend_find("cpu", &ops, &err), GAIA_OK);
    EXPECT_STREQ(ops->name, "cpu");
    EXPECT_EQ(backend_find("auto", &ops, &err), GAIA_OK);
    EXPECT_EQ(backend_find("tpu", &ops, &err), GAIA_USAGE);
    EXPECT_NE(std::string(err.detail).find("tpu"), std::string::npos);
}

} // namespace
