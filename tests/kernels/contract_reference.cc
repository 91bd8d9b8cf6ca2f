// SPDX-License-Identifier: MIT
//
// The reference: one sum after another, one lane after another, masks always.
//
// Invariant: no sum is made from another one, and no strip from another strip.
#include "contract_reference.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

namespace contract
{
namespace
{

using Row = std::array<double, ROW_COUNT>;
using Values = std::vector<double>;
using Mask = std::vector<bool>;

bool is_present(double value)
{
    return std::isfinite(value);
}

// Rules 4 and 5: term(i, sum) is the sum after point i.
template <typename Term> double lanes_sum(size_t n, Term term)
{
    double lanes[32];
    for (size_t l = 0; l < 32; l++) {
        lanes[l] = +0.0;
        for (size_t i = l; i < n; i += 32) {
            lanes[l] = term(i, lanes[l]);
        }
    }
    for (size_t half = 16; half >= 1; half /= 2) {
        for (size_t l = 0; l < half; l++) {
            lanes[l] = lanes[l] + lanes[l + half];
        }
    }
    return lanes[0];
}

// The points of one strip. m is what each counts as: 1 everywhere without a plane, 0 where it is
// left out.
struct Points {
    Values f;
    Values o;
    Values c; // empty: no such field
    Values r;
    Values m;
};

// The sums over the points of one group: those where the mask is set; the others, and those left
// out, add zeros.
class Group
{
  public:
    Group(const Values &m, const Mask &mask) : m_(m), mask_(mask)
    {
    }
    double count() const
    {
        return over([&](size_t i, double sum) { return sum + m_[i]; });
    }
    double plain(const Values &x) const
    {
        return over([&](size_t i, double sum) { return sum + m_[i] * x[i]; });
    }
    double absolute(const Values &x) const
    {
        return over([&](size_t i, double sum) { return sum + m_[i] * std::fabs(x[i]); });
    }
    double product(const Values &x, const Values &y) const
    {
        return over([&](size_t i, double sum) { return std::fma(m_[i] * x[i], y[i], sum); });
    }

  private:
    template <typename Term> double over(Term term) const
    {
        return lanes_sum(m_.size(), [&](size_t i, double sum) {
            return mask_[i] && m_[i] > 0.0 ? term(i, sum) : sum + 0.0;
        });
    }

    const Values &m_;
    const Mask &mask_;
};

Mask all_present(size_t n, std::initializer_list<const Values *> fields)
{
    Mask mask(n, true);
    for (const Values *field : fields) {
        for (size_t i = 0; i < n; i++) {
            mask[i] = mask[i] && is_present((*field)[i]);
        }
    }
    return mask;
}

Mask opposite(Mask mask)
{
    mask.flip();
    return mask;
}

Values minus(const Values &x, const Values &y)
{
    Values difference(x.size());
    for (size_t i = 0; i < x.size(); i++) {
        difference[i] = x[i] - y[i];
    }
    return difference;
}

void climatology_sums(const Points &p, Row *row)
{
    const Mask foc = all_present(p.f.size(), {&p.f, &p.o, &p.c});
    const Mask oc = all_present(p.f.size(), {&p.o, &p.c});
    const Values a = minus(p.f, p.c);
    const Values b = minus(p.o, p.c);
    const Group own(p.m, foc);
    const Group truths(p.m, oc);
    (*row)[ROW_ANOMALY_N] = own.count();
    (*row)[ROW_ANOMALY_A] = own.plain(a);
    (*row)[ROW_ANOMALY_A2] = own.product(a, a);
    (*row)[ROW_ANOMALY_AB] = own.product(a, b);
    (*row)[ROW_ANOMALY_B] = own.plain(b);
    (*row)[ROW_ANOMALY_B2] = own.product(b, b);
    (*row)[ROW_TRUTH_CLIMATOLOGY_N] = truths.count();
    (*row)[ROW_TRUTH_CLIMATOLOGY_B] = truths.plain(b);
    (*row)[ROW_TRUTH_CLIMATOLOGY_B2] = truths.product(b, b);
}

void reference_sums_of(const Points &p, Row *row)
{
    const Mask all = all_present(p.f.size(), {&p.f, &p.o, &p.r});
    const Mask either = all_present(p.f.size(), {&p.o, &p.r});
    const Values d = minus(p.f, p.o);
    const Values e = minus(p.r, p.o);
    const Values g = minus(p.f, p.r);
    const Group own(p.m, all);
    const Group truths(p.m, either);
    (*row)[ROW_REFERENCE_N] = own.count();
    (*row)[ROW_REFERENCE_D] = own.plain(d);
    (*row)[ROW_REFERENCE_D2] = own.product(d, d);
    (*row)[ROW_REFERENCE_RO2] = own.product(e, e);
    (*row)[ROW_REFERENCE_FR2] = own.product(g, g);
    (*row)[ROW_TRUTH_REFERENCE_N] = truths.count();
    (*row)[ROW_TRUTH_REFERENCE_RO] = truths.plain(e);
    (*row)[ROW_TRUTH_REFERENCE_RO2] = truths.product(e, e);
}

Row strip_sums(const Points &p)
{
    const size_t n = p.f.size();
    Row row = {};
    const Mask fo = all_present(n, {&p.f, &p.o});
    const Mask no_f = opposite(all_present(n, {&p.f}));
    const Mask no_o = opposite(all_present(n, {&p.o}));
    const Values d = minus(p.f, p.o);
    const Group error(p.m, fo);
    row[ROW_ERROR_N] = error.count();
    row[ROW_ERROR_D] = error.plain(d);
    row[ROW_ERROR_D2] = error.product(d, d);
    row[ROW_ERROR_ABS_D] = error.absolute(d);
    row[ROW_ERROR_OD] = error.product(d, p.o);
    row[ROW_ERROR_O] = error.plain(p.o);
    row[ROW_ERROR_O2] = error.product(p.o, p.o);
    row[ROW_FORECAST_MISSING] = Group(p.m, no_f).count();
    row[ROW_TRUTH_MISSING] = Group(p.m, no_o).count();
    if (!p.c.empty()) {
        climatology_sums(p, &row);
    }
    if (!p.r.empty()) {
        reference_sums_of(p, &row);
    }
    row[ROW_FORECAST_MIN] = std::nan("");
    row[ROW_FORECAST_MAX] = std::nan("");
    for (size_t i = 0; i < n; i++) {
        if (is_present(p.f[i]) && p.m[i] > 0.0) {
            row[ROW_FORECAST_MIN] = std::fmin(row[ROW_FORECAST_MIN], p.f[i]);
            row[ROW_FORECAST_MAX] = std::fmax(row[ROW_FORECAST_MAX], p.f[i]);
        }
    }
    return row;
}

// One tile's fields decoded, and the strips of one of its forecasts.
class Decoded
{
  public:
    Decoded(const HostLayout &layout, const HostTile &tile, const HostField &forecast)
        : layout_(layout), f_(values_decode(forecast)), o_(values_decode(tile.truth)),
          c_(values_decode(tile.climatology)), r_(values_decode(tile.reference))
    {
        for (const HostField &plane : layout.planes) {
            planes_.push_back(values_decode(plane));
        }
    }

    Row strip(uint32_t interval_index, uint32_t row) const
    {
        const interval &in = layout_.intervals[interval_index];
        const size_t first = row * layout_.n_lon + in.first_column;
        const size_t n = in.n_columns;
        Points p = {cut(f_, first, n), cut(o_, first, n), cut(c_, first, n), cut(r_, first, n),
                    Values(n, 1.0)};
        if (in.plane != LAYOUT_NO_PLANE) {
            p.m = cut(planes_[static_cast<size_t>(in.plane)], first, n);
            for (double &m : p.m) {
                m = is_present(m) && m > 0.0 ? m : 0.0;
            }
        }
        return strip_sums(p);
    }

  private:
    static Values cut(const Values &values, size_t first, size_t n)
    {
        if (values.empty()) {
            return {};
        }
        const auto at = values.begin() + static_cast<std::ptrdiff_t>(first);
        return Values(at, at + static_cast<std::ptrdiff_t>(n));
    }

    const HostLayout &layout_;
    Values f_;
    Values o_;
    Values c_;
    Values r_;
    std::vector<Values> planes_;
};

// Rule 6, and 7 for the extremes, for one region: out is [1 + n_weights][ROW_COUNT].
void region_sums(const HostLayout &layout, const HostRegion &region, const Decoded &decoded,
                 std::map<std::pair<uint32_t, uint32_t>, Row> *strips, double *out)
{
    double low = std::nan("");
    double high = std::nan("");
    for (uint32_t i = region.first_row; i < region.first_row + region.n_rows; i++) {
        Row row = {};
        for (size_t p = 0; p < region.parts.size(); p++) {
            const std::pair<uint32_t, uint32_t> key(region.parts[p], i);
            if (strips->count(key) == 0) {
                (*strips)[key] = decoded.strip(key.first, i);
            }
            const Row &strip = (*strips)[key];
            for (size_t s = 0; s < ROW_SUM_COUNT; s++) {
                row[s] = p == 0 ? strip[s] : row[s] + strip[s];
            }
            low = std::fmin(low, strip[ROW_FORECAST_MIN]);
            high = std::fmax(high, strip[ROW_FORECAST_MAX]);
        }
        for (size_t s = 0; s < ROW_SUM_COUNT; s++) {
            out[s] = out[s] + row[s];
            for (size_t w = 0; w < layout.weights.size(); w++) {
                double *sum = &out[(1 + w) * ROW_COUNT + s];
                *sum = std::fma(layout.weights[w][i], row[s], *sum);
            }
        }
    }
    out[ROW_FORECAST_MIN] = low + 0.0;
    out[ROW_FORECAST_MAX] = high + 0.0;
}

const char *const kSumNames[ROW_COUNT] = {
    "d",          "d^2",       "|d|",       "o d",   "a",       "a^2",  "a b",
    "(f-r)^2",    "n",         "o",         "o^2",   "n a",     "b",    "b^2",
    "n ref",      "(r-o)^2",   "n oc",      "oc b",  "oc b^2",  "n or", "or r-o",
    "or (r-o)^2", "missing f", "missing o", "ref d", "ref d^2", "min",  "max"};

uint64_t bits_of(double x)
{
    uint64_t bits = 0;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

} // namespace

std::vector<double> values_decode(const HostField &field)
{
    Values values(field.raw.size());
    for (size_t i = 0; i < values.size(); i++) {
        // volatile: two roundings, whatever the compiler would like.
        volatile double value = field.raw[i];
        if (field.packed) {
            value = value * field.scale;
            value = value + field.offset;
        }
        const bool is_code = field.dtype == GAIA_INT16 && field.has_code &&
                             bits_of(field.raw[i] + 0.0) == bits_of(field.code + 0.0);
        values[i] = !is_code && is_present(value) ? static_cast<double>(value) : std::nan("");
    }
    return values;
}

std::vector<double> reference_sums(const Problem &problem)
{
    const HostLayout &layout = problem.layout;
    std::vector<double> sums(problem.n_forecasts() * layout.n_sums(), 0.0);
    double *out = sums.data();
    for (const HostTile &tile : problem.tiles) {
        for (const HostField &forecast : tile.forecasts) {
            const Decoded decoded(layout, tile, forecast);
            std::map<std::pair<uint32_t, uint32_t>, Row> strips;
            for (const HostRegion &region : layout.regions) {
                region_sums(layout, region, decoded, &strips, out);
                out += (1 + layout.weights.size()) * ROW_COUNT;
            }
        }
    }
    for (double &sum : sums) {
        sum = std::isnan(sum) ? std::numeric_limits<double>::quiet_NaN() : sum;
    }
    return sums;
}

std::string first_difference(const HostLayout &layout, const double *have,
                             const std::vector<double> &want)
{
    for (size_t i = 0; i < want.size(); i++) {
        if (bits_of(have[i]) != bits_of(want[i])) {
            const size_t sum = i % ROW_COUNT;
            const size_t weighting = i / ROW_COUNT % (1 + layout.weights.size());
            const size_t region = i % layout.n_sums() / ROW_COUNT / (1 + layout.weights.size());
            char text[256];
            std::snprintf(text, sizeof text,
                          "forecast %zu region %zu weighting %zu sum %zu (%s): %a for %a; grid "
                          "%zu x %zu",
                          i / layout.n_sums(), region, weighting, sum,
                          kSumNames[sum] != nullptr ? kSumNames[sum] : "padding", have[i], want[i],
                          layout.n_lat, layout.n_lon);
            return text;
        }
    }
    return "";
}

} // namespace contract
