// SPDX-License-Identifier: MIT
//
// The names that messages list where one is unknown.
#ifndef INPUT_THERE_ARE_H
#define INPUT_THERE_ARE_H

#include <string>

const std::string kRegions =
    "global, n.hem, tropics, s.hem, europe, extra-tropics, northern-hemisphere, "
    "southern-hemisphere, north-america, north-atlantic, north-pacific, east-asia, ausnz, arctic, "
    "antarctic, northern-africa, southern-africa, south-america, west-asia, south-east-asia, zonal";
const std::string kMetrics =
    "n_valid, mse, rmse, mae, bias, bcrmse, bcrmse_unweighted_bias, pearson, acc_uncentred, "
    "acc_centred, mse_clim, msess_clim, mse_ref, msess_ref, msess_ref_common, n_times, "
    "rmse_mean_of_sqrt, pearson_mean, acc_centred_mean, acc_uncentred_mean, acc_uncentred_pooled, "
    "msess_ref_mean";

#endif
