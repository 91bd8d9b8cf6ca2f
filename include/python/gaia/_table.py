# SPDX-License-Identifier: MIT
"""Scores as they come, and as arrays with names: the names, definitions and units of `gaia scores --format netcdf`."""
import array
import ctypes
import json

import numpy

AXES = ('forecast', 'variable', 'level', 'lead_time', 'init_time', 'region', 'weighting')
NUMBERS = ('level', 'lead_time', 'init_time')


class Table:
    """Every score of a run. After `finish`: dims, coords and variables (name -> (dims, values, attrs)), and attrs."""

    def __init__(self, lib):
        self.lib = lib
        self.labels = {axis: {} for axis in AXES if axis not in NUMBERS}  # label -> place, in order of appearance
        self.metrics = {}
        self.columns = {axis: array.array('d' if axis in NUMBERS else 'q') for axis in AXES}
        self.metric = array.array('q')
        self.value = array.array('d')
        self.calendar = b'standard'
        self.failure = None
        self.composites = {}
        self.coords = {}
        self.variables = {}
        self.attrs = {}

    def __len__(self):
        return len(self.value)

    def take(self, _, pointer):
        """Gets a score from libgaia; what goes wrong here is raised after the call, not within it."""
        try:
            score = pointer.contents
            labels, columns = self.labels, self.columns
            for axis, label in (('forecast', score.forecast), ('variable', score.variable), ('region', score.region),
                                ('weighting', score.weighting)):
                columns[axis].append(labels[axis].setdefault(label, len(labels[axis])))
            columns['level'].append(score.level)
            columns['lead_time'].append(score.lead_time_s)
            columns['init_time'].append(float('nan') if score.all_times else score.init_time_s)
            key = (score.metric, bool(score.all_times))
            self.metric.append(self.metrics.setdefault(key, len(self.metrics)))
            self.value.append(score.value)
            self.calendar = score.calendar
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = error

    def take_composite(self, _, forecast, document, length):
        """The same for a composite."""
        try:
            self.composites[forecast.decode()] = json.loads(ctypes.string_at(document, length))
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = error

    # ---- Axes ----

    def places(self, axis):
        """The ticks of an axis, and where each score lies on it."""
        column = numpy.asarray(self.columns[axis])
        if axis not in NUMBERS:
            return [label.decode() for label in self.labels[axis]], column
        ticks = numpy.unique(column)  # ascending, NaN last and once
        if axis == 'init_time':
            ticks = ticks[~numpy.isnan(ticks)]
        return ticks, numpy.minimum(numpy.searchsorted(ticks, column), max(len(ticks) - 1, 0))

    def times(self, init_s):
        """Init times as datetime64, or, in another calendar, as cftime's dates where there is cftime."""
        calendar = self.lib.gaia_calendar_name(self.calendar).decode()
        attrs = {'standard_name': 'forecast_reference_time'}
        if calendar == 'standard' and numpy.all(numpy.abs(init_s) < 9e9):  # within datetime64[ns]
            return init_s.astype('int64').astype('datetime64[s]').astype('datetime64[ns]'), attrs
        calendar = 'proleptic_gregorian' if calendar == 'standard' else calendar
        units = 'seconds since 1970-01-01 00:00:00'
        try:
            import cftime  # pylint: disable=import-outside-toplevel
            return cftime.num2date(init_s, units, calendar), attrs
        except ImportError:
            return init_s, {**attrs, 'units': units, 'calendar': calendar}

    def coordinate(self, axis, ticks):
        """Values and attributes of an axis."""
        if axis == 'level':
            return ticks, {'standard_name': 'air_pressure', 'units': 'hPa'}
        if axis == 'lead_time':
            return (ticks.astype('int64').astype('timedelta64[s]').astype('timedelta64[ns]'),
                    {'standard_name': 'forecast_period'})
        if axis == 'init_time':
            return self.times(ticks)
        return numpy.asarray(ticks, dtype=object if not len(ticks) else None), {}

    # ---- Variables ----

    def attributes(self, name, units):
        """Definition and units of a metric. units: variable -> its units, as far as they are known."""
        index = {self.lib.gaia_metric_name(i): i for i in range(self.lib.gaia_metric_count())}[name]
        power = self.lib.gaia_metric_units_power(index)
        definition = self.lib.gaia_metric_formula(index).decode()
        attrs = {'long_name': definition, 'definition': definition}
        told = {units.get(label.decode()) for label in self.labels['variable']}
        if power == 0:
            attrs['units'] = '1'
        elif len(told) == 1 and None not in told:
            of = told.pop()
            attrs['units'] = of if power == 1 else f'({of})^2'
        else:
            attrs['comment'] = f"in the {'square of the ' if power == 2 else ''}units of the variable"
        return attrs

    def finish(self, units, drop, plain):
        """Makes the arrays. drop: axes of one entry that are left out; plain: of numpy arrays (Plain of _score)."""
        ticks, where = {}, {}
        for axis in AXES:
            ticks[axis], where[axis] = self.places(axis)
        dropped = set(drop)
        if numpy.isnan(numpy.asarray(ticks['level'], 'float64')).all():
            dropped.add('level')
        if plain is not None:
            dropped |= {'variable', 'level', 'lead_time'} | ({'init_time'} if plain.single else set())
        kept = [axis for axis in AXES if axis not in dropped]
        named = {axis: 'time' if plain is not None and axis == 'init_time' else axis for axis in kept}
        for axis in kept:
            values, attrs = self.coordinate(axis, ticks[axis])
            if plain is not None and axis == 'init_time':
                values, attrs = numpy.asarray(plain.times(ticks[axis])), {}
            self.coords[named[axis]] = (values, attrs)
        metric, value = numpy.asarray(self.metric), numpy.asarray(self.value)
        for (name, over), index in self.metrics.items():
            chosen = metric == index
            axes = [axis for axis in kept if not (over and axis == 'init_time')]
            full = numpy.full([len(ticks[axis]) for axis in axes], numpy.nan)
            full[tuple(where[axis][chosen] for axis in axes)] = value[chosen]
            both = (name, not over) in self.metrics
            shown = name.decode() + ('_over_times' if over and both else '')
            self.variables[shown] = (tuple(named[axis] for axis in axes), full, self.attributes(name, units))
        self.attrs = {'title': 'Scores of gridded forecasts',
                      'source': f'Gaia Score {self.lib.gaia_version().decode()}'}

    def __getitem__(self, name):
        return self.variables[name][1]

    def dataset(self):
        """An xarray.Dataset; this table itself where xarray is not installed."""
        try:
            import xarray  # pylint: disable=import-outside-toplevel
        except ImportError:
            return self
        coords = {axis: (axis, values, attrs) for axis, (values, attrs) in self.coords.items()}
        return xarray.Dataset(self.variables, coords, self.attrs)
