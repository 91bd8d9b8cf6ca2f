# SPDX-License-Identifier: MIT
"""Scores of gridded weather forecasts, the same to the bit on every machine.

    import gaia
    scores = gaia.score(forecast, truth, climatology)      # xarray objects, gaia.Array, numpy arrays or paths

Everything is computed by libgaia.so, which `gaia score` uses too: the same sums, the same scores. `score` takes what is
in memory or in files, `score_job` a whole job as `gaia submit` takes it, `composites` makes the numbers of a recipe. What
goes wrong is a gaia.Error.
"""
from ._library import Error, Warning, library_version as version  # noqa: A004 (a Warning of its own)
from ._array import Array
from ._score import composites, score, score_files, score_job

__all__ = ['Array', 'Error', 'Warning', 'composites', 'score', 'score_files', 'score_job', 'version']
__version__ = '0.1.0'
