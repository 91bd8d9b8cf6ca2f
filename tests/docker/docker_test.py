#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The images and the stack of docker/compose.yaml in a real Docker engine: what the images hold, that all profiles
come up in health, that jobs submitted through the proxy by TLS end with the scores of the oracle, whatever container is
killed or short of memory, and that another version takes over and gives back.

usage: docker_test.py BUILD SOURCE

Only with GAIA_DOCKER=1 (./check --docker). The programs of BUILD are the users' side. Images of others (PostgreSQL,
nginx, CUDA's compiler, ...) are pulled unless they are there."""
import csv
import json
import os
import re
import ssl
import subprocess
import sys
import unittest
import urllib.request

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), *parts) for parts in ((), ("..", "oracle"))]
import containers  # noqa: E402
import oracle_test  # noqa: E402
from containers import docker, run, wait_until  # noqa: E402

BUILD, SOURCE = sys.argv[1:3] if len(sys.argv) >= 3 else sys.exit(__doc__)
GAIA = os.path.join(BUILD, "gaia")
DATA = os.path.join(SOURCE, "tests", "data")
CANNOT = 77  # what CTest takes for skipped
IMAGE_BYTES_MAX = 150e6
NEXT_VERSION = "0.1.99"
MANY = 40  # forecasts of a job that is under way while containers end

images = containers.Images(SOURCE)


def setUpModule():
    images.build()


def tearDownModule():
    images.close()


def cases():
    """The first entry of each case of tests/data: every format that is read."""
    with open(os.path.join(DATA, "cases.json")) as stream:
        return list({case["case"]: case for case in reversed(json.load(stream))}.values())


def case_named(name):
    return next(case for case in cases() if case["case"] == name)


class Image(unittest.TestCase):
    """What both images are, without a stack."""

    def config(self, image):
        return json.loads(docker("image", "inspect", image))[0]

    def test_each_is_small_and_runs_as_a_user_of_its_own(self):
        for image in (images.cpu, images.cuda):
            about = self.config(image)
            print(f"{image}: {about['Size'] / 1e6:.1f} MB")
            self.assertLess(about["Size"], IMAGE_BYTES_MAX, image)
            self.assertEqual(about["Config"]["User"], "10001:10001")
            self.assertEqual(about["Config"]["Entrypoint"], ["gaia"])
            self.assertEqual(about["Config"]["Healthcheck"]["Test"], ["CMD", "gaia", "health"])

    def test_labels_say_version_commit_and_date(self):
        version = run(GAIA, "--version").split()[1]
        for image in (images.cpu, images.cuda):
            labels = {name.rsplit(".", 1)[1]: value for name, value in self.config(image)["Config"]["Labels"].items()}
            self.assertEqual(labels["version"], version)
            self.assertEqual(docker("run", "--rm", image, "--version").split()[1], version)
            self.assertRegex(labels["revision"], r"^[0-9a-f]{40}(-dirty)?$")
            self.assertRegex(labels["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_the_list_of_packages_is_that_of_what_is_installed(self):
        for image in (images.cpu, images.cuda):
            spdx = docker("run", "--rm", "--entrypoint=cat", image, "/usr/local/share/gaia/packages.spdx")
            listed = re.findall(r"^PackageName: (\S+)\n.*\nPackageVersion: (\S+)$", spdx, re.MULTILINE)
            installed = docker("run", "--rm", "--entrypoint=dpkg-query", image, "-W", "-f",
                               "${Package} ${Version}\\n").splitlines()
            self.assertEqual(sorted(" ".join(pair) for pair in listed), sorted(installed))
            self.assertIn("libnetcdf19", dict(listed))
            self.assertNotIn("perl-base", dict(listed))

    def test_every_format_is_read_without_a_network_on_a_root_of_which_nothing_is_written(self):
        for case in cases():
            with self.subTest(case=case["case"]):
                job = json.dumps(oracle_test.job_for(case, "/data"))
                out = docker("run", "--rm", "--interactive", "--read-only", "--tmpfs=/tmp", "--network=none", "--volume",
                             DATA + ":/data:ro", images.cpu, "score", "--job", "/dev/stdin", "--format", "csv",
                             "--device", "cpu", input=job)
                self.assertEqual(complaints(case, out), [])

    def test_the_cuda_image_needs_a_driver_and_no_library_of_cuda(self):
        needed = docker("run", "--rm", "--entrypoint=ldd", images.cuda, "/usr/local/lib/gaia/libgaia_cuda.so")
        self.assertNotIn("not found", needed)
        self.assertNotIn("libcuda", needed)
        for image, missing in ((images.cuda, "driver"), (images.cpu, "libgaia_cuda.so")):
            found = json.loads(docker("run", "--rm", image, "doctor", "--json"))["findings"]
            self.assertIn(missing, next(one["text"] for one in found if one["check"] == "GPU"))


def complaints(case, out):
    expected = oracle_test.expected_rows(os.path.join(DATA, "expected.csv"), case["case"], case["variables"])
    found, _ = oracle_test.compare(expected, list(csv.DictReader(out.splitlines())))
    return found if expected else ["no expected rows"]


class User:
    """Somebody on the machine, with a token, who reaches the API by the proxy alone."""

    def __init__(self, stack):
        self.stack = stack
        self.token = os.path.join(stack.folder, "token")
        self.ca = os.path.join(stack.folder, "proxy.pem")
        for path, text in ((self.token, stack.compose("exec", "-T", "scheduler", "gaia", "token", "create", "user",
                                                      "--scope", "submit")),
                           (self.ca, stack.compose("run", "--rm", "--entrypoint", "cat", "setup",
                                                   "/secrets/proxy/ca.pem", profiles=["setup"]))):
            with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
                stream.write(text)

    def gaia(self, *arguments, good=True, **how):
        """Output of `gaia` against the proxy; None if it fails and may."""
        environment = dict(os.environ, GAIA_SCHEDULER=f"https://localhost:{self.stack.port('proxy', 8443)}",
                           GAIA_TOKEN_FILE=self.token, GAIA_CA_FILE=self.ca)
        done = subprocess.run([GAIA, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False, **how)
        if good and done.returncode != 0:
            raise AssertionError(f"gaia {arguments}: {done.returncode} {done.stderr}\n{self.stack.logs()[-6000:]}")
        return done.stdout if done.returncode == 0 else None

    def get(self, path):
        """The answer's text, from whichever scheduler can give one."""
        with open(self.token) as stream:
            request = urllib.request.Request(f"https://localhost:{self.stack.port('proxy', 8443)}{path}",
                                             headers={"Authorization": "Bearer " + stream.read().strip()})
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=self.ca)) as answer:
            return answer.read().decode()

    def submit(self, job, good=True):
        """Its id once it is acknowledged."""
        path = os.path.join(self.stack.folder, "job.json")
        with open(path, "w") as stream:
            json.dump(job, stream)
        answer = self.gaia("submit", path, "--json", good=good)
        return json.loads(answer)["id"] if answer else None

    def job(self, job):
        """As the scheduler has it; None while none answers."""
        answer = self.gaia("job", job, "--json", good=False)
        return json.loads(answer) if answer else None

    def scores_of(self, job):
        """Its CSV once it has succeeded."""
        ended = wait_until(lambda: (self.job(job) or {}).get("state") in ("succeeded", "failed", "cancelled") and
                           self.job(job), lambda: f"{self.job(job)}\n{self.stack.logs()[-6000:]}")
        if ended["state"] != "succeeded":
            raise AssertionError(f"{ended}\n{self.stack.logs()[-6000:]}")
        return wait_until(lambda: self.gaia("scores", job, "--metrics", "all", "--format", "csv", good=False),
                          "no scores")


def many_job(data):
    job = oracle_test.job_for(case_named("uk_2019_t2m"), data)
    job["forecasts"] = [dict(job["forecasts"][0], id=f"f{i:03}") for i in range(MANY)]
    return job


def undisturbed(job, folder):
    """The scores of a job in one process that nobody ends."""
    path = os.path.join(folder, "undisturbed.json")
    with open(path, "w") as stream:
        json.dump(job, stream)
    return run(GAIA, "score", "--job", path, "--format", "csv", "--device", "cpu")


class WholeStack(unittest.TestCase):
    """One stack for all, in the order of the tests' names: each finds it in health and leaves it so."""

    @classmethod
    def setUpClass(cls):
        cls.stack = containers.Stack(SOURCE, images)
        cls.addClassCleanup(cls.stack.close)
        cls.stack.compose("run", "--rm", "setup", profiles=["setup"])
        cls.stack.up()
        cls.user = User(cls.stack)
        cls.expected = undisturbed(many_job(DATA), cls.stack.folder)

    def test_1_every_container_is_confined(self):
        for service in containers.ALWAYS + containers.OF_PROFILES:
            with self.subTest(service=service):
                host = self.stack.container(service)["HostConfig"]
                self.assertTrue(host["ReadonlyRootfs"])
                self.assertIn("no-new-privileges:true", host["SecurityOpt"])
                self.assertGreater(host["Memory"], 0)
                self.assertGreater(host["MemoryReservation"], 0)
                self.assertEqual(host["LogConfig"]["Config"], {"max-size": "10m", "max-file": "5"})
        for service in ("database", "scheduler"):  # nothing outside can be reached from there
            networks = self.stack.container(service)["NetworkSettings"]["Networks"]
            self.assertEqual([json.loads(docker("network", "inspect", name))[0]["Internal"] for name in networks], [True])
        environment = json.dumps([self.stack.container(service)["Config"]["Env"] for service in containers.ALWAYS])
        self.assertNotRegex(environment, r"(?i)password=|secret=")

    def test_2_a_job_through_the_proxy_has_the_scores_of_the_oracle(self):
        for case in cases():
            with self.subTest(case=case["case"]):
                scores = self.user.scores_of(self.user.submit(oracle_test.job_for(case, "/data")))
                self.assertEqual(complaints(case, scores), [])

    def scraped(self, wanted):
        """Prometheus knows of these schedulers and of no others: {instance: whether it leads}."""
        def leads():
            out = self.stack.compose("exec", "-T", "prometheus", "wget", "-q", "-O", "-",
                                     "http://127.0.0.1:9090/api/v1/query?query=gaia_scheduler_leads")
            return {one["metric"]["instance"]: one["value"][1] for one in json.loads(out)["data"]["result"]} == wanted
        wait_until(leads, lambda: self.stack.logs("prometheus"))

    def test_3_prometheus_has_scraped_the_scheduler(self):
        self.scraped({"scheduler:7460": "1"})

    def test_4_killed_main_processes_are_started_again_and_nothing_acknowledged_is_lost(self):
        acknowledged = [self.user.submit(many_job("/data"))]
        for service in containers.ALWAYS + containers.OF_PROFILES:
            with self.subTest(service=service):
                self.stack.kill_main(service)
                acknowledged.append(wait_until(lambda: self.user.submit(many_job("/data"), good=False),
                                               "nobody takes a job"))
        for job in acknowledged:
            self.assertEqual(self.user.scores_of(job), self.expected)

    def test_5_at_its_limit_of_memory_an_executor_is_replaced_and_the_job_ends(self):
        def executors():
            listed = json.loads(self.user.get("/v1/executors"))["executors"]
            return [one["rss_bytes"] for one in listed if one["id"].startswith("executors/") and one["state"] == "ready"]
        self.stack.compose("stop", "executors-gpu")  # all the work is for those that are short of it
        self.user.scores_of(self.user.submit(many_job("/data")))
        resident = max(executors())
        # The node gives its two executors half of what the container has; their soft limit is 3/4 of their share.
        self.stack.environment["STACK_EXECUTORS_MEMORY"] = str(int(2 * 2 * 1.15 * resident))
        self.stack.up("executors")
        jobs = []

        def is_replaced():
            jobs.append(self.user.submit(many_job("/data")))
            self.assertEqual(self.user.scores_of(jobs[-1]), self.expected)
            return "resident memory above its soft limit" in self.stack.logs("executors")
        wait_until(is_replaced, lambda: self.stack.logs("executors"))
        del self.stack.environment["STACK_EXECUTORS_MEMORY"]
        self.stack.up("executors", "executors-gpu")

    def test_6_the_runtime_is_asked_for_gpus(self):
        about = self.stack.container("executors-gpu")
        self.assertEqual(about["HostConfig"]["Runtime"], "nvidia")
        request = about["HostConfig"]["DeviceRequests"][0]
        self.assertEqual((request["Driver"], request["Count"]), ("nvidia", -1))
        self.assertIn("gpu", request["Capabilities"][0])
        self.assertIn("NVIDIA_VISIBLE_DEVICES=all", about["Config"]["Env"])
        if "GAIA_DOCKER_GPU_LOG" in os.environ:  # of a stand-in for the runtime's hook: what it was asked for
            with open(os.environ["GAIA_DOCKER_GPU_LOG"]) as log:
                last = log.readlines()[-1]
            self.assertIn('NVIDIA_VISIBLE_DEVICES=all', last)
            self.assertIn('NVIDIA_DRIVER_CAPABILITIES=compute,utility', last)

    def test_7_volumes_survive_down_and_up(self):
        job = self.user.submit(many_job("/data"))
        self.assertEqual(self.user.scores_of(job), self.expected)
        self.stack.compose("down", "--timeout", "10", profiles=["*"])
        self.stack.up()
        self.assertEqual(self.user.scores_of(job), self.expected)

    def test_8_another_version_takes_over_and_gives_back(self):
        images.build_next(NEXT_VERSION)
        version = run(GAIA, "--version").split()[1]
        self.assertEqual(self.versions(), [version])
        jobs = [self.user.submit(many_job("/data"))]
        self.stack.up("scheduler-green", "executors-green", profiles=["green"])
        self.assertEqual(self.versions(), [version])  # the second one stands by
        self.scraped({"scheduler:7460": "1", "scheduler-green:7460": "0"})
        jobs.append(self.user.submit(many_job("/data")))
        self.replace(["executors", "executors-gpu", "scheduler"], NEXT_VERSION, jobs)
        self.scraped({"scheduler-green:7460": "1"})
        self.stack.up("scheduler", "executors", "executors-gpu")
        jobs.append(self.user.submit(many_job("/data")))
        self.replace(["executors-green", "scheduler-green"], version, jobs)

    def versions(self):
        """That of the scheduler that leads; the proxy asks one and the other."""
        def of_leader():
            out = self.user.get("/metrics")
            found = re.findall(r'^gaia_build_info\{version="([^"]+)"\} 1$', out, re.MULTILINE)
            return found if re.search(r"^gaia_scheduler_leads 1$", out, re.MULTILINE) else None
        return wait_until(of_leader, "none leads")

    def replace(self, services, version, jobs):
        """Ends these one after the other, executors first; then what was acknowledged comes to its end, and jobs are
        taken by a scheduler of that version."""
        for service in services:
            self.stack.compose("stop", service, profiles=["*"])
        jobs.append(wait_until(lambda: self.user.submit(many_job("/data"), good=False), "nobody takes a job"))
        self.assertEqual(self.versions(), [version])
        for job in jobs:
            self.assertEqual(self.user.scores_of(job), self.expected)


if __name__ == "__main__":
    if not os.environ.get("GAIA_DOCKER"):
        print("not asked for: GAIA_DOCKER")
        sys.exit(CANNOT)
    if not containers.is_usable():
        print("no Docker engine with compose v2 answers")
        sys.exit(CANNOT)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2, failfast=True)
