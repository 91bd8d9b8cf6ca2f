// SPDX-License-Identifier: MIT
#include "made_array.h"

#include <algorithm>
#include <cstring>
#include <numeric>

MadeArray::MadeArray(const std::string &name, const MadeFile &file, const ArrayLayout &layout)
    : name_(name), variable_(file.variable), units_(file.units), axes_(file.axes())
{
    for (const MadeAxis &axis : axes_) {
        coordinates_.push_back({axis.name.c_str(), axis.units.c_str(),
                                axis.standard_name.empty() ? nullptr : axis.standard_name.c_str(),
                                nullptr, axis.values.size(), axis.values.data(), 0});
    }
    fill(file, layout);
    array_.name = variable_.c_str();
    array_.units = units_.c_str();
    array_.dtype = layout.dtype;
    array_.is_swapped = layout.is_swapped;
    array_.rank = axes_.size();
    array_.coordinates = coordinates_.data();
    array_.stride_bytes = layout.with_strides ? strides_.data() : nullptr;
}

// Lays the dimensions out in the layout's order, and writes every value to its place.
void MadeArray::fill(const MadeFile &file, const ArrayLayout &layout)
{
    const size_t rank = axes_.size();
    const size_t size = gaia_dtype_bytes(layout.dtype);
    std::vector<size_t> order = layout.order;
    if (order.empty()) {
        order.resize(rank);
        std::iota(order.begin(), order.end(), size_t{0});
    }
    strides_.assign(rank, 0);
    size_t bytes = size + layout.gap;
    for (size_t k = rank; k-- > 0;) {
        strides_[order[k]] = static_cast<ptrdiff_t>(bytes);
        bytes *= axes_[order[k]].values.size();
    }
    bytes_.assign(layout.misplaced + bytes, '\x55');
    char *first = bytes_.data() + layout.misplaced;
    for (const size_t k : layout.backwards) {
        first += strides_[k] * static_cast<ptrdiff_t>(axes_[k].values.size() - 1);
        strides_[k] = -strides_[k];
    }
    array_.data = first;
    const size_t n_lon = axes_.back().values.size();
    file.each_field([&](const std::vector<size_t> &place, const std::vector<int16_t> &steps) {
        char *field = first;
        for (size_t k = 0; k < place.size(); k++) {
            field += strides_[k] * static_cast<ptrdiff_t>(place[k]);
        }
        for (size_t p = 0; p < steps.size(); p++) {
            char value[sizeof(double)];
            const double exact = file.value(steps[p]) * file.unit_scale + file.unit_offset;
            const float rounded = static_cast<float>(exact);
            std::memcpy(value,
                        layout.dtype == GAIA_FLOAT64 ? static_cast<const void *>(&exact) : &rounded,
                        size);
            if (layout.is_swapped) {
                std::reverse(value, value + size);
            }
            std::memcpy(field + strides_[rank - 2] * static_cast<ptrdiff_t>(p / n_lon) +
                            strides_[rank - 1] * static_cast<ptrdiff_t>(p % n_lon),
                        value, size);
        }
    });
}
