#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That the comparison of oracle_test.py lets nothing pass that it should not."""
import json
import math
import os
import unittest

import oracle_test

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")


def key(metric, variable="z"):
    return (variable, 500.0, 24.0, "2017-01-02T00", "global", "cos", metric)


def row(metric, value, **other):
    made = {"variable": "z", "level": "500", "lead_hours": "24", "valid_time": "2017-01-02T00", "region": "global",
            "weighting": "cos", "metric": metric, "value": value}
    made.update(other)
    return made


def complaints(expected, rows):
    return oracle_test.compare(expected, rows)[0]


class Comparison(unittest.TestCase):
    def test_equal_rows_pass_however_written(self):
        same = row("rmse", "1234.5", level="500.0", lead_hours="24.0", valid_time="2017-01-02T00:00:00Z")
        self.assertEqual([], complaints({key("rmse"): 1234.5}, [same]))

    def test_extra_rows_are_allowed(self):
        self.assertEqual([], complaints({key("mse"): 4.0}, [row("mse", "4"), row("rmse", "2")]))

    def test_missing_row_is_a_complaint(self):
        self.assertEqual(1, len(complaints({key("rmse"): 1.0, key("mse"): 1.0}, [row("rmse", "1")])))

    def test_row_printed_twice_is_a_complaint(self):
        self.assertEqual(1, len(complaints({key("rmse"): 1.0}, [row("rmse", "1"), row("rmse", "1")])))

    def test_relative_difference_of_a_billionth_is_the_limit(self):
        self.assertEqual([], complaints({key("mse"): 4e6}, [row("mse", repr(4e6 * (1 + 9e-10)))]))
        self.assertEqual(1, len(complaints({key("mse"): 4e6}, [row("mse", repr(4e6 * (1 + 2e-9)))])))

    def test_nan_agrees_with_nan_only(self):
        self.assertEqual([], complaints({key("rmse"): math.nan}, [row("rmse", "nan")]))
        self.assertEqual(1, len(complaints({key("rmse"): math.nan}, [row("rmse", "0")])))
        self.assertEqual(1, len(complaints({key("rmse"): 1.0}, [row("rmse", "nan")])))
        self.assertEqual(1, len(complaints({key("rmse"): 1.0}, [row("rmse", "")])))

    def test_count_must_be_exact(self):
        self.assertEqual(1, len(complaints({key("n_valid"): 7320.0}, [row("n_valid", "7319")])))

    def test_bias_near_zero_is_held_to_the_size_of_the_errors(self):
        expected = {key("bias"): 0.0, key("mae"): 100.0}
        mae = row("mae", "100")
        self.assertEqual([], complaints(expected, [row("bias", "1e-7"), mae]))
        self.assertEqual(1, len(complaints(expected, [row("bias", "1e-6"), mae])))

    def test_every_case_has_expected_rows_and_its_files(self):
        with open(os.path.join(DATA, "cases.json")) as listing:
            cases = json.load(listing)
        self.assertEqual(14, len({case["case"] for case in cases}))
        rows = 0
        for case in cases:
            rows += len(oracle_test.expected_rows(os.path.join(DATA, "expected.csv"), case["case"], case["variables"]))
            for role in ("forecast", "truth", "climatology", "reference"):
                if role in case:
                    for file in oracle_test.files(case[role]):
                        self.assertTrue(os.path.exists(os.path.join(DATA, file)))
        self.assertEqual(44265, rows)


if __name__ == "__main__":
    unittest.main()
