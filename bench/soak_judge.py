# SPDX-License-Identifier: MIT
"""What a soak run is judged by, from series alone: no process, file or clock. For bench/soak; tests/stack/soak_judge_test.py
holds it to series of which the verdict is known.

A series is [(seconds since the run began, value)], in order. Memory grows if a straight line through it says so with
confidence: of the part after the warm-up, cut into BLOCKS, the middle value of each for the scheduler, the greatest for the
executors, whose memory is a saw-tooth. A run of less than a day says little about one: it fails only for growth that is
beyond doubt and beyond what caches still take up; the report has the interval, so that one sees what it could have found."""
import math
import statistics

GROWTH_A_DAY = 0.05  # of the memory at the begin
LAG_P99_S = 0.050
DEPTH = 10
DAY_S = 86400
LONG_S = 0.9 * DAY_S  # from here on the slope itself counts, not what it is at least
BLOCKS = 20
T_975 = 2.101  # of Student's t with BLOCKS - 2 degrees of freedom
WARMUP_S = 3600  # or a third of a run that is shorter than three hours
FILLING_BYTES = 4 << 20  # what caches may still take up in the first hour after the warm-up, less each later one


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else None


def blocks(series, take):
    """(time, value) of BLOCKS parts as long as one another, of what comes after the warm-up; fewer where some are empty."""
    end = series[-1][0] if series else 0
    begin = min(WARMUP_S, end / 3)
    cut = [[] for _ in range(BLOCKS)]
    for at, value in series:
        if at >= begin and end > begin:
            cut[min(BLOCKS - 1, int((at - begin) / (end - begin) * BLOCKS))].append((at, value))
    return [(statistics.mean(at for at, _ in one), take([value for _, value in one])) for one in cut if one]


def trend(points):
    """The slope a second, and half the width of its 95 % interval, which is wider where neighbours resemble each other."""
    mean_t, mean_y = (statistics.mean(part) for part in zip(*points))
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    slope = sum((t - mean_t) * (y - mean_y) for t, y in points) / spread
    left = [y - mean_y - slope * (t - mean_t) for t, y in points]
    total = sum(e * e for e in left)
    alike = sum(a * b for a, b in zip(left, left[1:])) / total if total > 0 else 0.0
    alike = min(max(alike, 0.0), 0.9)
    error = math.sqrt(total / (len(points) - 2) / spread * (1 + alike) / (1 - alike))
    return slope, T_975 * error


def growth(series, take):
    """How a memory grows, as a share of it a day; None where there is too little to tell."""
    points = blocks(series, take)
    if len(points) < BLOCKS:
        return None
    slope, half = trend(points)
    length = points[-1][0] - points[0][0]
    level = points[0][1]
    grown = slope * length
    filling = FILLING_BYTES * min(1.0, 3600 / length)
    return {"a_day": slope * DAY_S / level, "at_least": (slope - half) * DAY_S / level,
            "at_most": (slope + half) * DAY_S / level, "grown_bytes": grown, "begin_bytes": level,
            "grows": (slope if length > LONG_S else slope - half) * DAY_S / level > GROWTH_A_DAY and grown > filling,
            "is_flat": (slope + half) * DAY_S / level < GROWTH_A_DAY}


def reason_of_growth(who, found):
    if found and found["grows"]:
        yield (f"the {who} memory grows by {100 * found['a_day']:.1f} % a day, at least {100 * found['at_least']:.1f} %: "
               f"{found['grown_bytes'] / 2 ** 20:.1f} MiB")


def figures(run):
    """What the series of a run come to."""
    lag = [value for _, value in run["lag_s"]]
    depth = [value for _, value in run["depth"]]
    return {"scheduler_memory": growth(run["scheduler_rss"], statistics.median),
            "executor_memory": growth(run["executor_rss"], max),
            "executor_memory_most_bytes": max((value for _, value in run["executor_rss"]), default=None),
            "lag_p99_s": percentile(lag, 0.99), "lag_most_s": max(lag, default=None),
            "depth_p99": percentile(depth, 0.99), "depth_most": max(depth, default=None)}


def reasons(run, found, is_loaded):
    """Why the run has failed, a line each. is_loaded: the machine did other work, so that waiting says nothing."""
    yield from run["exits"]
    yield from run["failures"]
    for wrong in run["wrong"]:
        yield f"not the control value: {wrong}"
    for kind, n in run["compared"].items():
        if n == 0:
            yield f"no {kind} came to its end"
    yield from reason_of_growth("scheduler's", found["scheduler_memory"])
    yield from reason_of_growth("executors'", found["executor_memory"])
    if found["executor_memory_most_bytes"] and found["executor_memory_most_bytes"] > run["executor_hard_bytes"]:
        yield f"an executor had {found['executor_memory_most_bytes'] >> 20} MiB, beyond its hard limit"
    for key in ("scheduler_rss", "executor_rss", "lag_s"):
        if not run[key]:
            yield f"nothing was measured of {key}"
    if run["recycles_wanted"] and run["recycles"] == 0:
        yield "no executor was recycled"
    if is_loaded:
        return
    if found["lag_p99_s"] is not None and found["lag_p99_s"] >= LAG_P99_S:
        yield f"the loop's lag has a p99 of {1000 * found['lag_p99_s']:.0f} ms"
    if found["depth_p99"] is not None and found["depth_p99"] >= DEPTH:
        yield f"the queue has a p99 of {found['depth_p99']:.0f} batches in steady state"
