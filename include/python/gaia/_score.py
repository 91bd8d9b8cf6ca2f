# SPDX-License-Identifier: MIT
"""Scoring: sources to a job and datasets, the call, and the scores back as arrays with names."""
import ctypes
import json
import os
import warnings

import numpy

from . import _library as c
from ._array import Array, Dataset, grid_dims, is_array, is_dataset
from ._table import Table

SETTINGS = ('variables', 'levels', 'leads', 'regions', 'weights', 'metrics')


def score(forecast, truth, climatology=None, *, reference=None, variables=None, levels=None, leads=None, regions=None,
          masks=None, weights=None, metrics=None, missing='pairwise', latitude=None, longitude=None, time=None,
          device='auto', threads=0, memory=0):
    """Scores a forecast against the truth.

    Each of forecast, truth, climatology and reference (a baseline forecast) is one of
      * an xarray Dataset or DataArray, or a gaia.Array: dimensions are told by the names, standard names and units of
        their coordinates, as in files: latitude and longitude in any place, level, time (init time of a forecast with a
        lead time, else valid time), lead time; of a climatology hour, dayofyear and month;
      * a numpy array [n_time][n_lat][n_lon] or [n_lat][n_lon], where latitude and longitude say its grid and time, which
        may be left out, its valid times; a climatology has the same shape, or that of one field;
      * the path of a file, or a list of them, in any format that gaia reads.
    A forecast or reference without a lead time is one of lead 0. forecast may also be a mapping of names to forecasts,
    which are scored together. Dataset and DataArray match by variable names that mean the same; two DataArrays match
    whatever they are called.

    variables, levels (hPa), leads (hours), regions, weights and metrics are a name or number, or a list; left out, they
    mean what they mean to `gaia score`. A region may also be a dict, {'name': 'alps', 'box': {...}}; masks are those of a
    job, {'land': {'files': ['lsm.nc']}} or {'land': an array}, on which regions such as europe_land rest. missing is
    'pairwise' or 'propagate'. A value that is not finite is missing. device is 'auto', 'cpu' or 'cuda'; threads 0 is one
    per core; memory (bytes, 0 is 2 GiB) bounds what libgaia takes.

    Copies: none of float32 and float64 of either byte order, with any strides (transposed, reversed, every second
    value), read-only or mapped from a file; a field at a time is brought into the engine's order. A copy is made of
    masked arrays, of integers, booleans and float16, and of what is not in memory yet (dask). Arrays must not change
    meanwhile; the interpreter is free for other threads, but one call is made at a time.

    Returns an xarray.Dataset, or where xarray is not installed a gaia table with the same names: a variable a metric with
    its definition and units, over those of (forecast, variable, level, lead_time, init_time, region, weighting) that apply
    -- of numpy arrays (time, region, weighting) -- and the aggregates over times, rmse_over_times and the like. NaN is no
    value. Raises gaia.Error; of several forecasts one that fails is a gaia.Warning and NaN, as long as one can be scored.
    """
    settings = dict(variables=variables, levels=levels, leads=leads, regions=regions, weights=weights, metrics=metrics)
    request = Request(forecast, {'truth': truth, 'climatology': climatology, 'reference': reference},
                      (latitude, longitude, time))
    table = run(request.job(settings, missing, masks), request.datasets, device, threads, memory, request.several)
    table.finish(request.units(), drop=() if request.several else ('forecast',), plain=request.plain)
    return table.dataset()


def composites(forecast, truth, climatology=None, *, profile, reference=None, day1_passed=None, device='auto', threads=0,
               memory=0, **lists):
    """What a scoring recipe makes of forecasts: one number each with all of its parts, as `gaia score --composite-out`
    writes it (gaia.composite/1, a dict). profile is the name of one that ships, such as 'gaia-day1', or the recipe itself
    (a dict, gaia.profile/1); day1_passed names the forecasts that passed day 1. Sources are those of score, but numpy
    arrays without names, which have no variable that a recipe could mean; lists are its variables, levels, leads,
    regions, weights and metrics, which take the place of the recipe's. Returns the document, or of a mapping of
    forecasts a dict of them; one that fails is a gaia.Warning and left out, as long as one can be scored.
    """
    unknown = set(lists) - set(SETTINGS)
    if unknown:
        raise c.invalid(f"no such argument: {', '.join(sorted(unknown))}")
    request = Request(forecast, {'truth': truth, 'climatology': climatology, 'reference': reference}, (None, None, None))
    more = {'profile': profile, **({} if day1_passed is None else {'day1_passed': list(day1_passed)})}
    table = run(request.job({**dict.fromkeys(SETTINGS), **lists}, None, None, more), request.datasets, device, threads,
                memory, request.several)
    if not table.composites:
        raise c.invalid('the profile has no composite')
    return table.composites if request.several else next(iter(table.composites.values()))


def score_files(forecast, truth, climatology=None, **settings):
    """score, of files: each source is a path or a list of paths."""
    for name, source in (('forecast', forecast), ('truth', truth), ('climatology', climatology),
                         ('reference', settings.get('reference'))):
        if source is not None and not is_path(source):
            raise c.invalid(f'{name}: a path, or a list of paths, is wanted')
    return score(forecast, truth, climatology, **settings)


def score_job(job, *, device='auto', threads=0, memory=0):
    """Scores a whole job: a dict, or JSON, as `gaia submit` takes it (schema gaia.job/1). Returns as score does, over
    every forecast of the job."""
    table = run(job if isinstance(job, str) else json.dumps(job), [], device, threads, memory, True)
    table.finish({}, drop=(), plain=None)
    return table.dataset()


def is_path(source):
    """A path, or a list of paths that is not empty."""
    if isinstance(source, (list, tuple)):
        return bool(source) and all(is_path(path) and not isinstance(path, (list, tuple)) for path in source)
    return isinstance(source, (str, os.PathLike))


class Plain:
    """numpy arrays on one grid. Their times are days of a leap year, since a climatology with one field a time is then
    one of days of the year; the scores get the caller's times back."""
    DAYS = 366

    def __init__(self, latitude, longitude, time):
        if latitude is None or longitude is None:
            raise c.invalid('numpy arrays need latitude= and longitude=, in degrees')
        self.grid = {'latitude': (numpy.asanyarray(latitude), 'degrees_north'),
                     'longitude': (numpy.asanyarray(longitude), 'degrees_east')}
        self.time = None if time is None else numpy.asarray(time)
        self.n_time = None
        self.single = False  # one field each, without a dimension of time

    def array(self, values, where, is_climatology=False):
        if not isinstance(values, (numpy.ndarray, list)) or is_path(values):
            raise c.invalid(f'{where}: beside numpy arrays every source has to be one')
        values = numpy.asanyarray(values)
        if values.ndim not in (2, 3):
            raise c.invalid(f'{where}: [n_time][n_lat][n_lon] or [n_lat][n_lon] is wanted, not {values.ndim} dimensions')
        shape = tuple(coordinate[0].size for coordinate in self.grid.values())
        if values.shape[-2:] != shape:
            raise c.invalid(f'{where}: its grid is {values.shape[-2]} x {values.shape[-1]}; latitude and longitude have '
                            f'{shape[0]} and {shape[1]} values')
        if is_climatology and values.ndim == 2:
            return Array(values, ('latitude', 'longitude'), self.grid)
        n = values.shape[0] if values.ndim == 3 else 1
        if self.n_time is None:
            self.n_time = n
            self.single = values.ndim == 2
            if self.time is not None and self.time.size != n:
                raise c.invalid(f'{self.time.size} times for {n} fields')
        if n != self.n_time:
            raise c.invalid(f'{where}: {n} times; the forecast has {self.n_time}')
        values = values if values.ndim == 3 else values[numpy.newaxis]
        if is_climatology:
            if n > self.DAYS:
                raise c.invalid(f'{where}: more than {self.DAYS} fields of a climatology: give a gaia.Array with hour, '
                                'dayofyear or month')
            return Array(values, ('dayofyear', 'latitude', 'longitude'), {'dayofyear': numpy.arange(1, n + 1), **self.grid})
        days = (numpy.arange(n), 'days since 1972-01-01')
        return Array(values, ('time', 'latitude', 'longitude'), {'time': days, **self.grid})

    def times(self, init_s):
        """The caller's times of those that the scores have; their numbers where none were given."""
        days = [(int(second) - 730 * 86400) // 86400 for second in init_s]
        return days if self.time is None else self.time.reshape(-1)[days]


class Request:
    """The sources of a call: as a job names them, and as datasets. Of numpy arrays there is a Plain beside."""

    def __init__(self, forecast, sources, grid):
        self.several = hasattr(forecast, 'items') and not is_dataset(forecast)
        forecasts = dict(forecast) if self.several else {'forecast': forecast}
        if not forecasts:
            raise c.invalid('there is no forecast')
        self.plain = None
        if any(isinstance(value, (numpy.ndarray, list)) and not is_path(value)
               for value in (*forecasts.values(), *sources.values())):
            self.plain = Plain(*grid)
            forecasts = {name: self.plain.array(value, f"forecast '{name}'") for name, value in forecasts.items()}
            sources = {role: value if value is None else self.plain.array(value, role, role == 'climatology')
                       for role, value in sources.items()}
        elif any(value is not None for value in grid):
            raise c.invalid('latitude, longitude and time are for numpy arrays; these sources have their own')
        self.datasets = []
        there = [source for source in (*forecasts.values(), *sources.values()) if source is not None]
        names = [source.name for source in there if is_array(source) and source.name is not None]
        self.common = None
        if all(is_array(source) for source in there):
            self.common = str(names[0]) if names else 'field'
        at_once = {'step_override': 0}  # of what has no lead time
        self.sources = {'forecasts': [{'id': str(name), **at_once, **self.source(f'forecast {name}', value)}
                                      for name, value in forecasts.items()]}
        for role, value in sources.items():
            if value is not None:
                self.sources[role] = {**(at_once if role == 'reference' else {}), **self.source(role, value)}
        if 'truth' not in self.sources:
            raise c.invalid('truth: an array or a path is wanted, not None')

    def source(self, name, value):
        if is_path(value):
            paths = value if isinstance(value, (list, tuple)) else [value]
            return {'files': [os.fspath(path) for path in paths]}
        if is_dataset(value):
            arrays = [(str(key), array) for key, array in value.data_vars.items() if has_grid(array)]
        elif is_array(value):
            arrays = [(self.common or str(value.name or 'field'), value)]
        else:
            raise c.invalid(f'{name}: {type(value).__name__} is no array of numpy or xarray, no gaia.Array and no path')
        self.datasets.append(Dataset(name, arrays))
        return {'files': [name], 'format': 'array'}

    def job(self, settings, missing, masks, more=None):
        """The job as JSON; missing None: as the profile has it."""
        job = {'schema': 'gaia.job/1', **self.sources, **({} if missing is None else {'missing': missing}), **(more or {})}
        if masks is not None:
            job['masks'] = {str(name): mask if isinstance(mask, dict) else self.source(f'mask {name}', mask)
                            for name, mask in dict(masks).items()}
        for key in SETTINGS:
            value = settings[key]
            if value is not None:
                value = [value] if isinstance(value, (str, int, float, dict)) else list(value)
                job[key] = [entry.item() if isinstance(entry, numpy.generic) else entry for entry in value]
        try:
            return json.dumps(job, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise c.invalid(str(error)) from error

    def units(self):
        """Units of the truth's variables that are in memory; None where the files say them."""
        named = [dataset for dataset in self.datasets if dataset.c.name == b'truth']
        return dict(named[0].units) if named else {}


def has_grid(array):
    """Whether an array of a dataset has a grid; others, such as bounds, are passed over as in files."""
    coords = {str(key): value for key, value in array.coords.items()}
    found = grid_dims([str(dim) for dim in array.dims], coords)
    return array.dtype.kind in 'fiub' and all(len(dims) == 1 for dims in found)


def run(job, datasets, device, threads, memory, several):
    """Calls gaia_score_arrays; the table of its scores, not finished yet."""
    if not all(isinstance(value, int) and 0 <= value < 1 << 63 for value in (threads, memory)) or threads > 1 << 16:
        raise c.invalid('threads and memory are whole numbers from 0')
    lib = c.library()
    table = Table(lib)
    failures, told, error, parsed = [], [], c.CError(), ctypes.c_void_p()
    text = job.encode()

    def failed(_, forecast, why):
        failures.append((forecast.decode(), c.exception(why.contents)))

    observer = c.Observer(score=c.ON_SCORE(table.take), failed=c.ON_FAILURE(failed),
                          composite=c.ON_COMPOSITE(table.take_composite),
                          warned=c.ON_WARNING(lambda _, line: told.append(line.decode())))
    options = c.Options(device=str(device).encode(), n_threads=threads, memory_bytes=memory)
    array = (c.CDataset * len(datasets))(*(dataset.c for dataset in datasets))
    with c.ONE_AT_A_TIME:
        if lib.gaia_job_parse(text, len(text), ctypes.byref(parsed), ctypes.byref(error)) != 0:
            raise c.exception(error)
        try:
            status = lib.gaia_score_arrays(parsed, array, len(datasets), ctypes.byref(options), ctypes.byref(observer),
                                           ctypes.byref(error))
        finally:
            lib.gaia_job_free(parsed)
    if table.failure is not None:
        raise table.failure
    if status != 0 and not (several and failures and len(table) > 0):
        raise c.exception(error)
    for name, why in failures:
        warnings.warn(f"forecast '{name}' is not scored: {why}", c.Warning, stacklevel=3)
    for line in told:
        warnings.warn(line, c.Warning, stacklevel=3)
    return table
