# SPDX-License-Identifier: MIT
"""Two schedulers that share a PostgreSQL, all of them and the executors on hosts of their own: the leader is killed,
frozen, cut off from the database, or cut off from everything, while a job of many batches runs. The other one leads
in time, the one that led is no leader when it is back, and at the end every batch has counted once: the sums are those
of one undisturbed process, to the bit.

usage: failover_test.py BUILD DATA [--times N] [--keep]

The limit is 15 s. N faults, of each kind in turn: 4, and 40 with GAIA_LONG=1. Hosts are network namespaces, which
only root can make."""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network  # noqa: E402
import processes  # noqa: E402
from chaos_test import UNITS_OF_A_FORECAST, undisturbed  # noqa: E402

LIMIT_S = 15
LONG = bool(os.environ.get("GAIA_LONG"))
SLACK_S = float(os.environ.get("GAIA_SLACK_S", "0" if LONG else "20"))  # as in detection_test.py
CANNOT = 77  # what CTest takes for skipped
FAULTS = ["kill", "stop", "no database", "no network"]
SCHEDULERS = ["a", "b"]
BATCHES_BETWEEN = 150  # that are done between one fault and the next


class Pair:
    """The hosts: a database, two schedulers that reach it over the switch "data", and two executors that reach the
    schedulers over the switch "work"."""

    def __init__(self, build):
        machines = ["host-0", "host-1"]
        self.folder = tempfile.mkdtemp(prefix="gaia-pair-")
        try:
            self.network = network.Network({"work": SCHEDULERS + machines, "data": ["database"] + SCHEDULERS})
        except OSError:
            shutil.rmtree(self.folder)
            raise
        connection = self.path("postgres")
        self.database = processes.postgres_make(self.folder, connection, self.network.namespace("database"),
                                                self.network.addresses["data", "database"])
        self.schedulers = {name: self.scheduler(build, name, machines, connection) for name in SCHEDULERS}
        self.executors = [
            processes.Process(machine, [os.path.join(build, "gaia-executor"), "--scheduler",
                                        ",".join(os.path.join(self.path(name), "certs", machine, "scheduler.json")
                                                 for name in SCHEDULERS),
                                        "--id", "executor", "--threads", "1", "--memory", "64MiB", "--device", "cpu"],
                              self.path(machine + ".log"), namespace=self.network.namespace(machine))
            for machine in machines]

    def scheduler(self, build, name, machines, connection):
        state, certs = os.path.join(self.path(name), "state"), os.path.join(self.path(name), "certs")
        os.makedirs(state, 0o700)
        address = self.network.addresses["work", name]
        processes.certificates(build, certs, state, address, machines)
        return processes.Process(name, [os.path.join(build, "gaia-scheduler"), "--state", state, "--store-file",
                                        connection, "--batch-units", "1", "--quarantine", "1000",
                                        *processes.listen_options(certs, address)],
                                 self.path(name + ".log"), namespace=self.network.namespace(name))

    def path(self, name):
        return os.path.join(self.folder, name)

    def all(self):
        return [self.database, *self.schedulers.values(), *self.executors]

    def tend(self):
        for process in self.all():
            process.tend()

    def http(self, name, method, path, body=None):
        """From the scheduler's own host, whatever is cut; None if it does not answer or does not lead."""
        state = os.path.join(self.path(name), "state")
        return self.network.inside(name, lambda: processes.http_ask(state, method, path, body, timeout=2))

    def leads(self, name):
        return self.http(name, "GET", "/readyz") is not None

    def leader(self):
        """Waits for it."""
        deadline = time.monotonic() + processes.PATIENCE_S
        while time.monotonic() < deadline:
            for name in SCHEDULERS:
                if self.leads(name):
                    return name
            self.tend()
            time.sleep(0.05)
        raise SystemExit("nobody leads\n" + self.tails())

    def job(self, job):
        """Its state, from whoever leads, and the leader."""
        deadline = time.monotonic() + processes.PATIENCE_S
        while time.monotonic() < deadline:
            name = self.leader()
            answer = self.http(name, "GET", "/v1/jobs/" + job)
            if answer is not None:
                return json.loads(answer), name
        raise SystemExit("nobody knows the job\n" + self.tails())

    def tails(self):
        return "\n".join(name + ":\n" + "".join(open(self.path(name + ".log"), errors="replace").readlines()[-20:])
                         for name in [*SCHEDULERS, "host-0", "host-1"])

    def close(self, keep):
        for process in reversed(self.all()):
            process.end()
        self.network.close()
        if keep:
            print("kept:", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def one_trial(pair, fault, leader):
    """Seconds from the fault until the other one leads."""
    other = SCHEDULERS[1 - SCHEDULERS.index(leader)]
    victim = pair.schedulers[leader]
    switches = {"no database": ["data"], "no network": ["data", "work"]}.get(fault, [])
    begin = time.monotonic()
    if fault == "kill":
        victim.kill()
    elif fault == "stop":
        victim.kill(signal.SIGSTOP)
    for switch in switches:
        pair.network.cut(switch, leader)
    while not pair.leads(other):
        if time.monotonic() - begin > processes.PATIENCE_S:
            raise SystemExit(f"{other} does not lead after '{fault}'\n{pair.tails()}")
        time.sleep(0.02)
    took = time.monotonic() - begin
    if switches:
        assert not pair.leads(leader), f"two leaders after '{fault}'\n{pair.tails()}"
    victim.kill(signal.SIGCONT)
    for switch in switches:
        pair.network.heal(switch, leader)
    back_by = time.monotonic() + LIMIT_S + SLACK_S
    pair.tend()
    while pair.leads(leader):
        assert time.monotonic() < back_by, f"{leader} leads still, back after '{fault}'\n{pair.tails()}"
        time.sleep(0.02)
    assert pair.leads(other), f"{other} has lost the lead to who was back after '{fault}'\n{pair.tails()}"
    return took


def run(pair, times, job):
    """Faults, with work between them; what each took, by kind."""
    took = {fault: [] for fault in FAULTS}
    for k in range(times):
        wanted = (k + 1) * BATCHES_BETWEEN
        while True:
            now, leader = pair.job(job)
            if now["batches_done"] >= wanted or now["state"] in processes.OVER:
                break
            pair.tend()
            time.sleep(0.05)
        assert now["state"] not in processes.OVER, f"{now}\n{pair.tails()}"
        fault = FAULTS[k % len(FAULTS)]
        took[fault].append(one_trial(pair, fault, leader))
        pair.tend()
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("data")
    parser.add_argument("--times", type=int, default=40 if LONG else 4)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    try:
        pair = Pair(options.build)
    except OSError as error:
        print("no hosts can be made here:", error)
        sys.exit(CANNOT)
    try:
        n_batches = 3 * BATCHES_BETWEEN * options.times
        path = processes.case_job(options.data, "uk_2019_t2m", n_batches // UNITS_OF_A_FORECAST + 1, pair.folder)
        expected = undisturbed(options.build, path, pair.folder)
        pair.tend()
        answer = pair.http(pair.leader(), "POST", "/v1/jobs", open(path, "rb").read())
        job = json.loads(answer)["id"]
        took = run(pair, options.times, job)
        while True:
            ended, leader = pair.job(job)
            if ended["state"] in processes.OVER:
                break
            pair.tend()
            time.sleep(0.1)
        assert ended["state"] == "succeeded", f"{ended}\n{pair.tails()}"
        assert ended["batches_done"] == ended["batches_total"] == ended["units_total"] + 1, ended
        got = pair.http(leader, "GET", f"/v1/jobs/{job}/moments")
        assert got == expected, "the sums are not those of an undisturbed run"
    finally:
        pair.close(options.keep)
    for fault, seconds in took.items():
        if seconds:
            print(f"{fault}: {len(seconds)} times, longest {max(seconds):.1f} s; {LIMIT_S} s are allowed")
    print(f"{ended['units_total']} batches, sums {processes.digest(got)[:16]} as undisturbed")
    if max(max(seconds, default=0) for seconds in took.values()) > LIMIT_S + SLACK_S:
        raise SystemExit("too long")


if __name__ == "__main__":
    main()
