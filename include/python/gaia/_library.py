# SPDX-License-Identifier: MIT
"""libgaia.so through ctypes: its structures as the headers in include/gaia have them, and its errors as exceptions.

The structures are those of GAIA_ABI_VERSION 1 (tests/api/abi.txt); a library of another is refused when it is loaded.
"""
import ctypes
import functools
import os
import threading

ABI_VERSION = 1
CLASSES = ('none', 'invalid', 'unavailable', 'resource', 'internal')
DTYPES = {'f4': 0, 'f8': 1}  # enum gaia_dtype


class Error(Exception):
    """What libgaia could not do.

    status   the name of the status, such as 'grid_mismatch'; it stays the same from version to version
    kind     'invalid' (never try again), 'unavailable' (later), 'resource' (with less, or elsewhere) or 'internal' (a bug)
    detail   a sentence that names dataset or file, variable and index
    """

    def __init__(self, status, kind, detail):
        super().__init__(f'{status}: {detail}')
        self.status = status
        self.kind = kind
        self.detail = detail

    def __reduce__(self):
        return Error, (self.status, self.kind, self.detail)


class Warning(UserWarning):  # pylint: disable=redefined-builtin
    """What libgaia left out, and each of several forecasts that could not be scored."""


class CError(ctypes.Structure):
    _fields_ = [('status', ctypes.c_int), ('detail', ctypes.c_char * 1024)]


class Coordinate(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('units', ctypes.c_char_p), ('standard_name', ctypes.c_char_p),
                ('calendar', ctypes.c_char_p), ('n', ctypes.c_size_t), ('value', ctypes.c_void_p),
                ('is_nominal', ctypes.c_int)]


class CArray(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('units', ctypes.c_char_p), ('standard_name', ctypes.c_char_p),
                ('long_name', ctypes.c_char_p), ('dtype', ctypes.c_int), ('is_swapped', ctypes.c_int),
                ('data', ctypes.c_void_p), ('rank', ctypes.c_size_t), ('coordinates', ctypes.POINTER(Coordinate)),
                ('stride_bytes', ctypes.POINTER(ctypes.c_ssize_t)), ('n_scalars', ctypes.c_size_t),
                ('scalars', ctypes.POINTER(Coordinate))]


class CDataset(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('n_arrays', ctypes.c_size_t), ('arrays', ctypes.POINTER(CArray))]


class Score(ctypes.Structure):
    _fields_ = [('forecast', ctypes.c_char_p), ('variable', ctypes.c_char_p), ('level', ctypes.c_double),
                ('lead_time_s', ctypes.c_int64), ('init_time_s', ctypes.c_int64), ('valid_time_s', ctypes.c_int64),
                ('all_times', ctypes.c_int), ('region', ctypes.c_char_p), ('weighting', ctypes.c_char_p),
                ('metric', ctypes.c_char_p), ('value', ctypes.c_double), ('calendar', ctypes.c_int)]


ON_SCORE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Score))
ON_FAILURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(CError))
ON_COMPOSITE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t)
ON_WARNING = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


class Observer(ctypes.Structure):
    _fields_ = [('context', ctypes.c_void_p), ('score', ON_SCORE), ('failed', ON_FAILURE), ('warned', ON_WARNING),
                ('progress', ctypes.c_void_p), ('composite', ON_COMPOSITE), ('moments', ctypes.c_void_p),
                ('device', ctypes.c_void_p)]


class Options(ctypes.Structure):
    _fields_ = [('device', ctypes.c_char_p), ('n_threads', ctypes.c_uint), ('memory_bytes', ctypes.c_uint64),
                ('gpu_memory_bytes', ctypes.c_uint64), ('gpu', ctypes.c_uint), ('moments_path', ctypes.c_char_p),
                ('maps_path', ctypes.c_char_p)]


# One call at a time per process (include/gaia/engine.h).
ONE_AT_A_TIME = threading.Lock()


@functools.lru_cache(maxsize=None)
def library():
    """The library, loaded at the first use: where GAIA_LIBRARY says, else beside this module, else by the linker."""
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), f'libgaia.so.{ABI_VERSION}')
    path = os.environ.get('GAIA_LIBRARY') or (beside if os.path.exists(beside) else f'libgaia.so.{ABI_VERSION}')
    try:
        loaded = ctypes.CDLL(path)
        found = loaded.gaia_abi_version()
    except (OSError, AttributeError) as error:
        raise ImportError(f'{error}; GAIA_LIBRARY may say where libgaia.so.{ABI_VERSION} is') from error
    if found != ABI_VERSION:
        raise ImportError(f'{path} has binary interface {found}; this module is for {ABI_VERSION}')
    for name, result, arguments in (
            ('version', ctypes.c_char_p, []),
            ('status_name', ctypes.c_char_p, [ctypes.c_int]),
            ('status_class', ctypes.c_int, [ctypes.c_int]),
            ('calendar_name', ctypes.c_char_p, [ctypes.c_int]),
            ('metric_count', ctypes.c_size_t, []),
            ('metric_name', ctypes.c_char_p, [ctypes.c_size_t]),
            ('metric_formula', ctypes.c_char_p, [ctypes.c_size_t]),
            ('metric_units_power', ctypes.c_int, [ctypes.c_size_t]),
            ('job_parse', ctypes.c_int, [ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p),
                                         ctypes.POINTER(CError)]),
            ('job_free', None, [ctypes.c_void_p]),
            ('score_arrays', ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(CDataset), ctypes.c_size_t,
                                            ctypes.POINTER(Options), ctypes.POINTER(Observer),
                                            ctypes.POINTER(CError)])):
        function = getattr(loaded, f'gaia_{name}')
        function.restype = result
        function.argtypes = arguments
    return loaded


def library_version():
    """The version of libgaia, such as '0.1.0'."""
    return library().gaia_version().decode()


def exception(error):
    """The exception of a CError."""
    lib = library()
    return Error(lib.gaia_status_name(error.status).decode(), CLASSES[lib.gaia_status_class(error.status)],
                 error.detail.decode('utf-8', 'replace'))


def invalid(detail):
    """The exception for what this module itself finds wrong."""
    return Error('usage', 'invalid', detail)
