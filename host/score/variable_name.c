/* SPDX-License-Identifier: MIT
 *
 * The table of names, and looking one up.
 *
 * Invariant: no name is in two rows; tests hold the table to it.
 */
#include "variable_name.h"

#include <string.h>
#include <strings.h>

enum { ALIASES_MAX = 20 };

struct variable_row {
    enum variable_kind kind;
    const char *units;
    const char *names[ALIASES_MAX]; /* canonical first, ended by NULL */
};

static const struct variable_row rows[] = {
    /* Near the surface. */
    {VARIABLE_PLAIN,
     "K",
     {"2t", "t2m", "2m_temperature", "tmp2m", "t2", "tas", "tmp_2maboveground", "temperature_2m",
      "2m_temp", "t_2m", "var_2t"}},
    {VARIABLE_PLAIN,
     "K",
     {"2d", "d2m", "2m_dewpoint_temperature", "dpt2m", "dpt_2maboveground", "dewpoint_2m",
      "td_2m"}},
    {VARIABLE_PLAIN,
     "Pa",
     {"msl", "mean_sea_level_pressure", "prmslmsl", "prmsl", "mslp", "slp", "psl", "pmsl",
      "prmsl_meansealevel", "mslet", "mslma", "pressure_msl", "air_pressure_at_sea_level",
      "var_msl"}},
    {VARIABLE_PLAIN,
     "Pa",
     {"sp", "surface_pressure", "pressfc", "pres_surface", "ps", "psfc", "surface_air_pressure",
      "var_sp"}},
    {VARIABLE_PLAIN,
     "m s**-1",
     {"10u", "u10", "10m_u_component_of_wind", "ugrd10m", "uas", "u10m", "ugrd_10maboveground",
      "u_10m", "10m_u_wind", "var_10u"}},
    {VARIABLE_PLAIN,
     "m s**-1",
     {"10v", "v10", "10m_v_component_of_wind", "vgrd10m", "vas", "v10m", "vgrd_10maboveground",
      "v_10m", "10m_v_wind", "var_10v"}},
    {VARIABLE_PLAIN,
     "m s**-1",
     {"100u", "u100", "100m_u_component_of_wind", "ugrd100m", "u100m", "ugrd_100maboveground"}},
    {VARIABLE_PLAIN,
     "m s**-1",
     {"100v", "v100", "100m_v_component_of_wind", "vgrd100m", "v100m", "vgrd_100maboveground"}},
    {VARIABLE_PLAIN,
     "m s**-1",
     {"10si", "si10", "10m_wind_speed", "sfcwind", "ws10", "wind_speed_10m"}},
    {VARIABLE_PLAIN, "K", {"sst", "sea_surface_temperature", "tos", "wtmpsfc"}},
    {VARIABLE_PLAIN, "K", {"skt", "skin_temperature", "tmpsfc", "tmp_surface", "ts"}},
    {VARIABLE_PLAIN,
     "m",
     {"tp", "total_precipitation", "apcpsfc", "apcp_surface", "apcp", "precipitation_amount"}},
    {VARIABLE_PLAIN,
     "kg m**-2",
     {"tcwv", "total_column_water_vapour", "total_column_water_vapor", "prw"}},
    {VARIABLE_PLAIN, "kg m**-2", {"pwat", "pwatclm", "precipitable_water"}},
    {VARIABLE_PLAIN, "1", {"tcc", "total_cloud_cover", "tcdcclm", "clt"}},
    {VARIABLE_PLAIN, "1", {"lsm", "land_sea_mask", "landsfc", "sftlf"}},
    {VARIABLE_PLAIN, "1", {"ci", "siconc", "sea_ice_cover", "icecsfc"}},
    /* On levels. */
    {VARIABLE_PLAIN, "K", {"t", "temperature", "tmpprs", "tmp", "temp", "ta", "air", "var_t"}},
    {VARIABLE_PLAIN,
     "m s**-1",
     {"u", "u_component_of_wind", "ugrdprs", "ugrd", "ua", "uwnd", "eastward_wind", "var_u"}},
    {VARIABLE_PLAIN,
     "m s**-1",
     {"v", "v_component_of_wind", "vgrdprs", "vgrd", "va", "vwnd", "northward_wind", "var_v"}},
    {VARIABLE_PLAIN,
     "Pa s**-1",
     {"w", "vertical_velocity", "vvelprs", "vvel", "wap", "omega",
      "lagrangian_tendency_of_air_pressure", "var_w"}},
    {VARIABLE_GEOPOTENTIAL, "m**2 s**-2", {"z", "geopotential", "phi", "var_z"}},
    {VARIABLE_GEOPOTENTIAL_HEIGHT,
     "m",
     {"gh", "geopotential_height", "hgtprs", "hgt", "zg", "height", "var_gh"}},
    {VARIABLE_PLAIN,
     "kg kg**-1",
     {"q", "specific_humidity", "spfhprs", "spfh", "hus", "shum", "qv", "var_q"}},
    {VARIABLE_PLAIN, "%", {"r", "relative_humidity", "rhprs", "rh", "hur", "rhum", "var_r"}},
    {VARIABLE_PLAIN, "s**-1", {"vo", "vorticity", "relative_vorticity", "relv"}},
    {VARIABLE_PLAIN, "s**-1", {"d", "divergence"}},
    {VARIABLE_PLAIN, "K m**2 kg**-1 s**-1", {"pv", "potential_vorticity"}},
    {VARIABLE_PLAIN,
     "kg kg**-1",
     {"clwc", "specific_cloud_liquid_water_content", "clwmrprs", "clwmr"}},
    {VARIABLE_PLAIN, "kg kg**-1", {"ciwc", "specific_cloud_ice_water_content", "icmrprs", "icmr"}},
    {VARIABLE_PLAIN, "kg kg**-1", {"o3", "ozone_mass_mixing_ratio", "o3mrprs", "o3mr"}},
};

static const struct variable_row *row_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < ALIASES_MAX && rows[i].names[k] != NULL; k++) {
            if (strcasecmp(name, rows[i].names[k]) == 0) {
                return &rows[i];
            }
        }
    }
    return NULL;
}

const char *variable_canonical(const char *name)
{
    const struct variable_row *row = row_find(name);
    return row != NULL ? row->names[0] : NULL;
}

const char *variable_alias(const char *name, size_t i)
{
    const struct variable_row *row = row_find(name);
    return row != NULL && i < ALIASES_MAX ? row->names[i] : NULL;
}

enum variable_kind variable_kind(const char *name)
{
    const struct variable_row *row = row_find(name);
    return row != NULL ? row->kind : VARIABLE_PLAIN;
}

const char *variable_units(const char *name)
{
    const struct variable_row *row = row_find(name);
    return row != NULL ? row->units : NULL;
}

bool variable_same(const char *a, const char *b)
{
    const struct variable_row *row = row_find(a);
    return strcmp(a, b) == 0 || (row != NULL && row == row_find(b));
}

bool variable_related(const char *a, const char *b)
{
    const enum variable_kind x = variable_kind(a);
    const enum variable_kind y = variable_kind(b);
    return x != VARIABLE_PLAIN && y != VARIABLE_PLAIN && x != y;
}
