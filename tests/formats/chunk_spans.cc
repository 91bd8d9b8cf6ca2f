// SPDX-License-Identifier: MIT
//
// Asks HDF5 where in a file the chunks of its datasets lie.
#include "subject.h"

#include <stdexcept>

#include <hdf5.h>

std::vector<Span> chunk_spans(const std::string &path, const std::vector<std::string> &variables)
{
    std::vector<Span> spans;
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    for (const std::string &name : variables) {
        const hid_t dataset = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
        const hid_t space = H5Dget_space(dataset);
        hsize_t n = 0;
        if (dataset < 0 || H5Dget_num_chunks(dataset, space, &n) < 0) {
            throw std::runtime_error(path + ": no chunks of " + name);
        }
        for (hsize_t i = 0; i < n; i++) {
            hsize_t offset[8] = {};
            unsigned mask = 0;
            haddr_t address = 0;
            hsize_t bytes = 0;
            if (H5Dget_chunk_info(dataset, space, i, offset, &mask, &address, &bytes) < 0) {
                throw std::runtime_error(path + ": no place of a chunk of " + name);
            }
            spans.emplace_back(address, address + bytes);
        }
        (void)H5Sclose(space);
        (void)H5Dclose(dataset);
    }
    (void)H5Fclose(file);
    return spans;
}
