// SPDX-License-Identifier: MIT
//
// What a made file holds, as an array in memory in any layout that strides can say.
#ifndef HOST_MADE_ARRAY_H
#define HOST_MADE_ARRAY_H

#include <cstddef>
#include <string>
#include <vector>

#include <gaia/array.h>

#include "made_file.h"

struct ArrayLayout {
    gaia_dtype dtype = GAIA_FLOAT32;
    bool is_swapped = false;
    std::vector<size_t> order;     // of the dimensions, slowest first; empty: as they are
    std::vector<size_t> backwards; // dimensions whose strides are negative
    size_t gap = 0;                // bytes between values, which hold what must not be read as one
    size_t misplaced = 0;          // bytes before the first value
    bool with_strides = true;
};

// A dataset of one array; not to be moved once it is asked for.
class MadeArray
{
  public:
    MadeArray(const std::string &name, const MadeFile &file, const ArrayLayout &layout);
    MadeArray(const MadeArray &) = delete;
    MadeArray &operator=(const MadeArray &) = delete;
    gaia_dataset dataset() const
    {
        return {name_.c_str(), 1, &array_};
    }
    gaia_array &array()
    {
        return array_;
    }
    std::vector<gaia_coordinate> &coordinates()
    {
        return coordinates_;
    }

  private:
    void fill(const MadeFile &file, const ArrayLayout &layout);

    std::string name_;
    std::string variable_;
    std::string units_;
    std::vector<MadeAxis> axes_;
    std::vector<gaia_coordinate> coordinates_;
    std::vector<ptrdiff_t> strides_;
    std::vector<char> bytes_;
    gaia_array array_ = {};
};

#endif
