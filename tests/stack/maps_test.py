# SPDX-License-Identifier: MIT
"""Error maps through the queue: executors make them, the scheduler puts them into the job's folder, and whoever is
killed meanwhile, they are those of one undisturbed process, to the bit. They go with the job, and nobody is led out of
the folder.

usage: maps_test.py BUILD DATA
"""
import glob
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import processes  # noqa: E402

BUILD, DATA = sys.argv[1:3] if len(sys.argv) >= 3 else sys.exit(__doc__)
FORECASTS = 8
PATIENCE_S = 240


class InWorld(unittest.TestCase):
    """Tests of one stack; its programs may be others."""
    units, scheduler, executor, executor_options = 1, "gaia-scheduler", "gaia-executor", []

    @classmethod
    def setUpClass(cls):
        cls.world = processes.World(BUILD, executors=3, program=cls.executor,
                                    scheduler_options=["--batch-units", str(cls.units), "--quarantine", "1000"])
        cls.addClassCleanup(cls.world.close)
        cls.world.scheduler.arguments[0] = os.path.join(BUILD, cls.scheduler)
        for executor in cls.world.executors:
            executor.arguments += cls.executor_options
        cls.results = os.path.join(cls.world.state, "results")
        cls.prepare()
        cls.world.tend()
        with open(processes.case_job(DATA, "era5_2017_missing", FORECASTS, cls.world.folder), encoding="utf-8") as file:
            cls.spec = {**json.load(file), "maps": ["z", "t850"]}

    @classmethod
    def prepare(cls):
        """Makes of the world what the tests want, before it begins."""

    def wait(self, what, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)

    def submit(self, spec):
        return json.loads(self.world.ask("POST", "/v1/jobs", json.dumps(spec).encode()))["id"]

    def over(self, job, state="succeeded", disturb=lambda: None):
        def is_over():
            self.world.tend()
            disturb()
            answer = self.world.http("GET", "/v1/jobs/" + job, timeout=5)
            return answer is not None and json.loads(answer)["state"] in processes.OVER
        self.wait("the end of the job", is_over)
        ended = self.world.job(job)
        self.assertEqual(state, ended["state"], self.world.tail("scheduler"))
        return ended

    def here(self, spec, status=0):
        """The maps of one process that nobody disturbs."""
        job, out = self.world.path("job.json"), self.world.path("errors.gmap")
        with open(job, "w", encoding="utf-8") as file:
            json.dump(spec, file)
        done = subprocess.run([os.path.join(BUILD, "gaia"), "score", "--job", job, "--maps-out", out, "--out", self.world.path("t.txt")],
                              check=False, stderr=subprocess.PIPE, text=True)
        self.assertEqual(status, done.returncode, done.stderr)
        with open(out, "rb") as file:
            return file.read()

    def refused(self, path):
        """The code of a refusal."""
        with open(os.path.join(self.world.state, "scheduler.json"), encoding="utf-8") as file:
            address = json.load(file)["api"]
        with open(os.path.join(self.world.state, "secret"), encoding="utf-8") as file:
            request = urllib.request.Request(address + path, None, {"Authorization": "Bearer " + file.read().strip()})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=PATIENCE_S)
        return caught.exception.code

    def files(self, *folders):
        """What is in a folder of the results folder, by name."""
        found = {}
        for path in sorted(glob.glob(os.path.join(self.results, *folders, "*"))):
            with open(path, "rb") as file:
                found[os.path.relpath(path, self.results)] = file.read()
        return found


class Maps(InWorld):
    def test_the_same_bytes_whoever_is_killed(self):
        killed = []

        def disturb():
            if len(killed) < 6 and time.monotonic() > (killed[-1] if killed else 0) + 0.1:
                self.world.executors[len(killed) % 3].kill()
                killed.append(time.monotonic())
        job = self.submit(self.spec)
        self.over(job, disturb=disturb)
        self.assertGreater(len(killed), 0)
        maps = self.world.ask("GET", f"/v1/jobs/{job}/maps")
        self.assertGreater(len(maps), 100000)
        self.assertEqual(maps, self.here(self.spec))
        # Each map is a file, named by where its first unit is in the plan, and there is nothing else.
        names = os.listdir(os.path.join(self.results, job))
        self.assertTrue(all(name.endswith(".gmap") for name in names), names)
        listed = json.loads(subprocess.run([os.path.join(BUILD, "gaia"), "maps", job, "--json", "--state", self.world.state], check=True,
                                           stdout=subprocess.PIPE, text=True).stdout)["maps"]
        self.assertEqual(len(listed), len(names))
        self.assertEqual({("z", 500), ("z", 850), ("t", 850)}, {(one["variable"], one["level"]) for one in listed})
        self.assertEqual(FORECASTS, len({one["forecast"] for one in listed}))
        # The page has them too.
        page = self.world.ask("GET", f"/v1/jobs/{job}/report").decode()
        self.assertEqual(len(listed), page.count('"mean_error":{"low":'))

        # A link instead of a map leads nowhere, and a changed map is none.
        first = glob.glob(os.path.join(self.results, job, "0-*.gmap"))[0]
        os.rename(first, first + ".away")
        os.symlink(os.path.join(self.world.state, "secret"), first)
        self.assertEqual(409, self.refused(f"/v1/jobs/{job}/maps"))
        self.assertIn("1 error maps are lacking", self.world.ask("GET", f"/v1/jobs/{job}/report").decode())
        os.unlink(first)
        with open(first + ".away", "rb") as whole, open(first, "wb") as changed:
            data = bytearray(whole.read())
            data[len(data) // 2] ^= 1
            changed.write(data)
        self.assertIn("1 error maps are lacking", self.world.ask("GET", f"/v1/jobs/{job}/report").decode())

        # Nor is a map of another forecast, variable or lead time, or one beside its own, whoever wrote it.
        whole = first + ".away"
        others = [path for path in glob.glob(os.path.join(self.results, job, "*.gmap")) if path != first]
        for parts in [[others[0]], [others[-1]], [whole, others[0]]]:
            with open(first, "wb") as forged:
                for part in parts:
                    with open(part, "rb") as file:
                        forged.write(file.read())
            self.assertIn("1 error maps are lacking", self.world.ask("GET", f"/v1/jobs/{job}/report").decode())
        os.rename(whole, first)
        self.assertEqual(0, self.world.ask("GET", f"/v1/jobs/{job}/report").count(b"error maps are lacking"))

    def test_a_forecast_that_fails_has_no_maps(self):
        spec = {**self.spec, "forecasts": [dict(one) for one in self.spec["forecasts"][:2]]}
        with open(spec["forecasts"][1]["files"][0], "rb") as whole, open(self.world.path("cut.nc"), "wb") as cut:
            cut.write(whole.read()[:-20000])
        spec["forecasts"][1]["files"] = [self.world.path("cut.nc")]
        job = self.submit(spec)
        self.over(job)
        maps = self.world.ask("GET", f"/v1/jobs/{job}/maps")
        self.assertEqual(maps, self.here(spec, status=3))
        self.assertEqual(maps, self.here({**spec, "forecasts": spec["forecasts"][:1]}))

    def test_what_is_cancelled_leaves_nothing(self):
        job = self.submit({**self.spec, "queue": {"tenant": "other"}})
        self.wait("the first map", lambda: os.path.isdir(os.path.join(self.results, job)))
        for executor in self.world.executors:
            executor.kill()
        state = json.loads(self.world.ask("GET", f"/v1/jobs/{job}"))["state"]
        if state == "running":  # it may be through already
            self.world.ask("DELETE", f"/v1/jobs/{job}")
            self.wait("the folder to go", lambda: not os.path.exists(os.path.join(self.results, job)))

    def test_a_job_without_maps_leaves_no_folder(self):
        job = self.submit({key: value for key, value in self.spec.items() if key != "maps"})
        self.over(job)
        self.assertFalse(os.path.exists(os.path.join(self.results, job)))
        self.assertEqual(b"", self.world.ask("GET", f"/v1/jobs/{job}/maps"))

    def test_an_executor_without_a_folder_says_so(self):
        for executor in self.world.executors:
            executor.end()
        alone = [*self.world.executors[0].arguments, "--results", "/proc/nothing"]
        kept, self.world.executors = self.world.executors, [processes.Process("alone", alone, self.world.path("alone.log"))]
        try:
            ended = self.over(self.submit({**self.spec, "forecasts": self.spec["forecasts"][:1], "queue": {"run_within_s": 20}}), "failed")
            with open(self.world.path("alone.log"), encoding="utf-8") as file:
                self.assertRegex(file.read(), "results_missing: .*/proc/nothing")
            self.assertIn(ended["error"]["code"], ("disk", "timeout"))
        finally:
            self.world.executors[0].end()
            self.world.executors = kept


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], warnings="ignore")
