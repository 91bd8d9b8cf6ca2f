#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The judge of soak runs (bench/soak_judge.py) on made series: it finds a leak, a wrong score, a late loop, a long queue and
an exit, and nothing in a run that is as it should be."""
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))
import soak_judge as judge  # noqa: E402

MIB = 1 << 20
HOUR, DAY = 3600, 86400


def series(seconds, value, step=None):
    step = step or seconds / 2000
    return [(i * step, value(i * step)) for i in range(int(seconds / step) + 1)]


def noisy(base, spread, seed=1):
    made = random.Random(seed)
    return lambda t: base + made.uniform(-spread, spread)


def good_run(seconds):
    """Memory that fills up at first and then wavers, teeth of executors, a quiet loop, a short queue."""
    wavers = noisy(0, 0.3 * MIB)
    tooth = min(600, seconds / 40)
    return {"scheduler_rss": series(seconds, lambda t: 20 * MIB - 6 * MIB * 2 ** (-t / (seconds / 40)) + wavers(t)),
            "executor_rss": series(seconds, lambda t: 40 * MIB + round(50 * MIB * (t % tooth) / tooth)),
            "lag_s": series(seconds, noisy(0.005, 0.004)), "depth": series(seconds, noisy(3, 2.9)),
            "exits": [], "failures": [], "wrong": [], "compared": {"hash": 30, "day1": 20}, "recycles": 40,
            "recycles_wanted": True, "executor_hard_bytes": 200 * MIB}


def verdict(run, is_loaded=False):
    return list(judge.reasons(run, judge.figures(run), is_loaded))


class Judge(unittest.TestCase):
    def one_reason(self, run, says):
        found = verdict(run)
        self.assertEqual(len(found), 1, found)
        self.assertIn(says, found[0])

    def test_a_good_run_of_any_length_passes(self):
        for seconds in (30, 60, 600, HOUR, 6 * HOUR, DAY, 3 * DAY):
            self.assertEqual(verdict(good_run(seconds)), [], seconds)

    def test_three_days_are_known_to_be_flat(self):
        found = judge.figures(good_run(3 * DAY))
        self.assertTrue(found["scheduler_memory"]["is_flat"])
        self.assertTrue(found["executor_memory"]["is_flat"])
        self.assertLess(found["scheduler_memory"]["at_most"], judge.GROWTH_A_DAY)

    def test_a_small_leak_is_found_in_three_days_and_a_large_one_in_ten_minutes(self):
        for seconds, a_day in ((3 * DAY, 0.08), (DAY, 0.5), (600, 200), (60, 3000)):
            run = good_run(seconds)
            run["scheduler_rss"] = [(t, value + 20 * MIB * a_day * t / DAY) for t, value in run["scheduler_rss"]]
            self.one_reason(run, "the scheduler's memory grows")

    def test_less_than_five_per_cent_a_day_is_no_leak(self):
        run = good_run(3 * DAY)
        run["scheduler_rss"] = [(t, value + 20 * MIB * 0.03 * t / DAY) for t, value in run["scheduler_rss"]]
        self.assertEqual(verdict(run), [])

    def test_one_step_is_no_leak(self):
        for seconds, step in ((600, 2 * MIB), (3 * DAY, MIB)):
            run = good_run(seconds)
            run["scheduler_rss"] = [(t, value + step * (t > 0.6 * seconds)) for t, value in run["scheduler_rss"]]
            self.assertEqual(verdict(run), [], seconds)

    def test_teeth_that_grow_are_found(self):
        for seconds, more in ((3 * DAY, 30 * MIB), (600, 40 * MIB)):
            run = good_run(seconds)
            run["executor_rss"] = [(t, value + more * t / seconds) for t, value in run["executor_rss"]]
            self.one_reason(run, "the executors' memory grows")

    def test_an_executor_beyond_its_hard_limit_is_found(self):
        run = good_run(600)
        run["executor_hard_bytes"] = 80 * MIB
        self.one_reason(run, "beyond its hard limit")

    def test_a_wrong_score_is_found(self):
        run = good_run(600)
        run["wrong"] = ["day1, job 7: composite"]
        self.one_reason(run, "day1, job 7: composite")

    def test_what_never_ran_is_found(self):
        run = good_run(600)
        run["compared"]["day1"] = 0
        self.one_reason(run, "no day1 came to its end")
        run = good_run(600)
        run["recycles"] = 0
        self.one_reason(run, "no executor was recycled")
        run = good_run(600)
        run["lag_s"] = []
        self.one_reason(run, "nothing was measured of lag_s")

    def test_exits_and_failed_jobs_are_found(self):
        for key in ("exits", "failures"):
            run = good_run(600)
            run[key] = ["executor-1 failed"]
            self.one_reason(run, "executor-1 failed")

    def test_a_late_loop_and_a_long_queue_are_found_unless_the_machine_is_loaded(self):
        for key, value, says in (("lag_s", 0.08, "p99 of 80 ms"), ("depth", 30, "p99 of 30 batches")):
            run = good_run(600)
            run[key] = [(t, value if i % 50 == 0 else before) for i, (t, before) in enumerate(run[key])]
            self.one_reason(run, says)
            self.assertEqual(verdict(run, is_loaded=True), [])
        run = good_run(600)
        run["lag_s"][7] = (run["lag_s"][7][0], 1.0)  # once is not one in a hundred
        self.assertEqual(verdict(run), [])


if __name__ == "__main__":
    unittest.main()
