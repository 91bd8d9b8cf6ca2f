# SPDX-License-Identifier: MIT
"""From arrays of numpy and xarray to the datasets of libgaia (include/gaia/array.h), by address: values are not copied.

xarray is known by the shape of its objects, not imported. Invariant: whatever the library is given the address of is kept
alive by the Dataset object that holds it.
"""
import ctypes

import numpy

from ._library import CArray, CDataset, Coordinate, DTYPES, invalid

DEGREES = {'latitude': 'degrees_north', 'lat': 'degrees_north', 'longitude': 'degrees_east', 'lon': 'degrees_east'}
DIRECTIONS = {'latitude': ('n', 'north'), 'longitude': ('e', 'east')}
EPOCH = 'seconds since 1970-01-01 00:00:00'
# What values as they are stored have beside them, and what of it changes nothing.
STORED = {'scale_factor': 1, 'add_offset': 0, '_FillValue': numpy.nan, 'missing_value': numpy.nan}


class Array:
    """An array with named dimensions and coordinates, for those who have no xarray.

    data     a numpy array
    dims     the names of its dimensions; latitude and longitude are among them, in any place
    coords   dimension -> values, or (values, units); a coordinate that is a single number is that of all values
    name     of the variable
    units    of the values; attrs holds other attributes, such as standard_name
    """

    def __init__(self, data, dims, coords, name=None, units=None, attrs=None):
        self.data = numpy.asanyarray(data)
        self.dims = tuple(dims)
        self.name = name
        self.attrs = dict(attrs or {})
        if units is not None:
            self.attrs['units'] = units
        if len(self.dims) != self.data.ndim:
            raise invalid(f'{len(self.dims)} names for {self.data.ndim} dimensions')
        self.coords = {}
        for key, value in coords.items():
            values, of = value if isinstance(value, tuple) else (value, None)
            if numpy.ma.is_masked(values):
                raise invalid(f"coordinate '{key}': a value is masked")
            self.coords[key] = Axis(values, {} if of is None else {'units': of})


class Axis:
    """The values of a coordinate and their attributes, as a coordinate of xarray has them."""

    def __init__(self, values, attrs):
        self.values = numpy.asarray(values)
        self.attrs = attrs
        self.encoding = {}


def is_dataset(source):
    return hasattr(source, 'data_vars')


def is_array(source):
    return all(hasattr(source, name) for name in ('dims', 'coords', 'attrs', 'data')) and not is_dataset(source)


def text(value):
    """A text for libgaia; None stays None."""
    try:
        return None if value is None else str(value).encode()
    except UnicodeEncodeError as error:
        raise invalid(f'{value!r} is no text') from error


def numbers(name, coordinate):
    """The numbers of a coordinate as float64, with units and calendar; NaN where a time is none."""
    values = numpy.asarray(coordinate.values)
    attrs = dict(coordinate.attrs)
    units, calendar = attrs.get('units'), attrs.get('calendar')
    if values.dtype.kind in 'mM':
        none = numpy.isnat(values)
        seconds = values.astype('datetime64[s]' if values.dtype.kind == 'M' else 'timedelta64[s]')
        units = EPOCH if values.dtype.kind == 'M' else 'seconds'
        calendar = 'proleptic_gregorian'
        return numpy.where(none, numpy.nan, seconds.astype('int64')), units, calendar
    if values.dtype == object and values.size and hasattr(values.flat[0], 'calendar'):
        import cftime  # pylint: disable=import-outside-toplevel
        calendar = values.flat[0].calendar
        return numpy.asarray(cftime.date2num(values, EPOCH, calendar), 'float64'), EPOCH, calendar
    if values.dtype.kind not in 'fiu':
        return None, None, None  # labels, which have no place on an axis of numbers
    return values, DEGREES.get(name.lower()) if units is None else units, calendar


class Dataset:
    """Arrays under a name, with the memory that the library is given addresses of."""

    def __init__(self, name, arrays):
        """arrays: [(name of the variable, array)]."""
        self.keep = []
        self.variables = [variable for variable, _ in arrays]
        self.units = {variable: array.attrs.get('units') for variable, array in arrays}
        made = (CArray * len(arrays))(*(self.array(variable, array) for variable, array in arrays))
        self.keep.append(made)
        self.c = CDataset(text(name), len(made), made)

    def coordinate(self, name, coordinate, n, where):
        values, units, calendar = (None, None, None) if coordinate is None else numbers(name, coordinate)
        attrs = {} if coordinate is None else {**coordinate.encoding, **coordinate.attrs}
        address = None
        if values is not None:
            values = numpy.ascontiguousarray(values, 'float64').reshape(-1)
            if values.size != n:
                raise invalid(f"{where}: coordinate '{name}' has {values.size} values for {n} entries")
            self.keep.append(values)
            address = values.ctypes.data
        return Coordinate(text(name), text(units), text(attrs.get('standard_name')), text(calendar), n, address,
                          1 if attrs.get('climatology') else 0)

    def array(self, variable, array):
        where = f"variable '{variable}'"
        unpacked_check(array.attrs, where)
        data = values_of(array, where)
        dims = [str(dim) for dim in array.dims]
        coords = {str(key): value for key, value in array.coords.items()}
        data, dims = grid_last(data, dims, coords, where)
        on_axes = [self.coordinate(dim, coords.get(dim), n, where) for dim, n in zip(dims, data.shape)]
        alone = [self.coordinate(key, value, 1, where) for key, value in coords.items()
                 if key not in dims and numpy.ndim(value.values) == 0]
        alone = [scalar for scalar in alone if scalar.value]
        axes = (Coordinate * len(on_axes))(*on_axes)
        scalars = (Coordinate * len(alone))(*alone)
        strides = (ctypes.c_ssize_t * data.ndim)(*data.strides)
        self.keep += [data, axes, scalars, strides]
        attrs = array.attrs
        return CArray(text(variable), text(attrs.get('units')), text(attrs.get('standard_name')),
                      text(attrs.get('long_name')), DTYPES[data.dtype.str[1:]], 0 if data.dtype.isnative else 1,
                      data.ctypes.data, data.ndim, axes, strides, len(alone), scalars)


def unpacked_check(attrs, where):
    """Refuses values that are as a file stores them, which xarray does not decode where it is told not to."""
    for name, harmless in STORED.items():
        if any(value != harmless and value == value for value in numpy.ravel(attrs.get(name, harmless))):
            raise invalid(f"{where}: '{name}' is among its attributes, so these are values as stored: open the file with "
                          "mask_and_scale=True, or apply the attribute and remove it")


def values_of(array, where):
    """The values as they lie in memory; a copy where they are no float32 or float64, or are masked or not yet read."""
    data = array.data
    if isinstance(data, numpy.ma.MaskedArray):
        kind = data.dtype if data.dtype.kind == 'f' else 'float64'
        data = data.astype(kind).filled(numpy.nan)
    if not isinstance(data, numpy.ndarray):
        data = numpy.asarray(array.values)
    if data.dtype.kind in 'iub' or data.dtype.str[1:] == 'f2':
        data = data.astype('float64' if data.dtype.itemsize > 2 else 'float32')
    if data.dtype.str[1:] not in DTYPES:
        raise invalid(f'{where}: values of type {data.dtype} cannot be scored')
    if data.ndim > 8:
        raise invalid(f'{where}: {data.ndim} dimensions; at most 8 can be scored')
    return data


def grid_dims(dims, coords):
    """The dimensions that are latitude, and those that are longitude, by the rules of files (host/axis.c)."""
    found = []
    for word, directions in DIRECTIONS.items():
        units = [f'{degrees}_{direction}' for degrees in ('degree', 'degrees') for direction in directions]
        found.append([])
        for dim in dims:
            attrs = coords[dim].attrs if dim in coords else {}
            said = attrs.get('standard_name')
            by_name = dim.lower() in (word, word[:3], word + 's', word[:3] + 's')
            if said == word or (not said and (by_name or str(attrs.get('units', '')).lower() in units)):
                found[-1].append(dim)
    return found


def grid_last(data, dims, coords, where):
    """A view whose last two dimensions are latitude and longitude."""
    last = []
    for word, found in zip(('latitude', 'longitude'), grid_dims(dims, coords)):
        if len(found) != 1:
            raise invalid(f"{where}: of its dimensions ({', '.join(dims)}) one has to be {word}"
                          + (f", not {' and '.join(found)}" if found else ''))
        last += found
    order = [dim for dim in dims if dim not in last] + last
    return data.transpose([dims.index(dim) for dim in order]), order
