# SPDX-License-Identifier: MIT
"""Error maps where somebody would have them wrong: a scheduler that dies while it moves them, at every bad moment, with
its executors or without; an executor that a hostile file has taken over, in its sandbox and out of it.

usage: maps_moved_test.py BUILD DATA
"""
import glob
import json
import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import maps_test  # noqa: E402
import processes  # noqa: E402


class ADyingScheduler(maps_test.InWorld):
    units, scheduler = 64, "hostile/dying_scheduler"

    @classmethod
    def prepare(cls):
        cls.moments = cls.world.path("moments")
        os.mkdir(cls.moments)
        cls.world.scheduler.environment["DYING_MOMENTS"] = cls.moments

    def dies(self, moment, with_executors):
        """A job that is under way when the scheduler dies; its maps are as they must be."""
        world = self.world
        with open(os.path.join(self.moments, moment), "w", encoding="utf-8"):
            pass
        job = self.submit(self.spec)
        self.wait(f"the scheduler's death: {moment}", lambda: world.scheduler.process.poll() is not None)
        self.assertEqual(-signal.SIGKILL, world.scheduler.process.returncode)
        self.assertEqual([], os.listdir(self.moments))
        if with_executors:
            for executor in world.executors:
                executor.kill()
                executor.process.wait()
        self.over(job)
        self.assertEqual(self.expected, world.ask("GET", f"/v1/jobs/{job}/maps"), moment)
        names = {os.path.basename(name).split("-")[0] for name in self.files(job)}
        self.assertEqual(len(names), len(self.files(job)), "a map by two attempts")
        self.assertEqual(self.expected, b"".join(self.files(job)[name] for name in sorted(
            self.files(job), key=lambda name: int(os.path.basename(name).split("-")[0]))))
        self.wait("the staging folders to be empty", lambda: self.files(".staging", "*") == {})

    def test_at_every_moment(self):
        self.expected = self.here(self.spec)
        for with_executors in (False, True):
            for moment in ("before", "between", "moved", "committed"):
                with self.subTest(moment=moment, with_executors=with_executors):
                    self.dies(moment, with_executors)


class ExecutorsOfAnotherMachine(maps_test.InWorld):
    """They have the results folder alone in common with the scheduler, and speak TLS."""

    @classmethod
    def prepare(cls):
        world, cls.results = cls.world, cls.world.path("shared")
        certs, note = world.path("certs"), os.path.join(world.state, "scheduler.json")

        def make(*arguments):
            subprocess.run([os.path.join(maps_test.BUILD, "gaia"), "cert", "make", certs, "--state", world.state, *arguments],
                           check=True, stdout=subprocess.DEVNULL)
        make("--scheduler", "127.0.0.1")
        world.scheduler.arguments += [*processes.listen_options(certs, "127.0.0.1"), "--listen-control-port", "0",
                                      "--listen-work-port", "0", "--results", cls.results]
        world.scheduler.start()
        deadline = time.monotonic() + maps_test.PATIENCE_S
        while not os.path.exists(note) and time.monotonic() < deadline:
            time.sleep(0.05)
        with open(note, encoding="utf-8") as file:
            where = json.load(file)
        make("--executors", "machine", "--control-port", where["remote_control"].rsplit(":", 1)[1], "--work-port",
             where["remote_work"].rsplit(":", 1)[1])
        for executor in world.executors:
            state = executor.arguments.index("--state")
            executor.arguments[state:state + 2] = ["--scheduler", os.path.join(certs, "machine", "scheduler.json")]
            executor.arguments += ["--results", cls.results]

    def test_share_a_folder(self):
        job = self.submit(self.spec)
        self.over(job)
        self.assertEqual(self.here(self.spec), self.world.ask("GET", f"/v1/jobs/{job}/maps"))
        self.assertEqual({f"machine%2Fexecutor-{i}" for i in range(3)}, set(os.listdir(os.path.join(self.results, ".staging"))))
        self.wait("the staging folders to be empty", lambda: self.files(".staging", "*") == {})


class AnIntruder(maps_test.InWorld):
    executor = "hostile/hostile_executor"

    def test_changes_nothing_beside_its_own(self):
        log = "".join(self.world.tail(executor.name) for executor in self.world.executors)
        if "no Landlock" in log:
            self.skipTest("this kernel has no Landlock")
        job = self.submit(self.spec)
        self.over(job)
        before = self.files(job)
        self.assertGreater(len(before), 8)
        other = self.submit({**self.spec, "name": "intrude"})
        self.over(other)
        log = "".join(self.world.tail(executor.name, 1000) for executor in self.world.executors)
        self.assertRegex(log, r"intruded in 0 of [1-9]\d+ ways")
        self.assertNotRegex(log, r"intruded in [1-9]")
        self.assertEqual(before, self.files(job))
        self.assertEqual(self.world.ask("GET", f"/v1/jobs/{job}/maps"), self.world.ask("GET", f"/v1/jobs/{other}/maps"))
        self.assertEqual({job, other, ".staging", ".store"}, set(os.listdir(self.results)))


class ASwindler(maps_test.InWorld):
    """Without a sandbox: in it there are no links to be made."""
    executor, executor_options = "hostile/hostile_executor", ["--no-sandbox"]

    def test_has_no_links_taken_for_maps(self):
        path = os.path.join(self.world.state, "secret")
        self.wait("the scheduler to have its secret", lambda: os.path.exists(path) and os.path.getsize(path) > 0)
        with open(path, "rb") as file:
            secret = file.read()
        job = self.submit({**self.spec, "name": "swap"})
        ended = self.over(job, "failed")
        self.assertEqual("internal", ended["error"]["code"])
        self.assertIn("error map", ended["error"]["detail"])
        self.assertEqual([], glob.glob(os.path.join(self.results, job, "*")))
        self.assertIn("map_refused: ", self.world.tail("scheduler", 1000))
        with open(path, "rb") as file:
            self.assertEqual(secret, file.read())
        honest = self.submit(self.spec)
        self.over(honest)
        self.assertEqual(self.here(self.spec), self.world.ask("GET", f"/v1/jobs/{honest}/maps"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], warnings="ignore")
