# SPDX-License-Identifier: MIT
"""Schedulers, executors and a PostgreSQL server as real processes on a temporary folder, each started, killed
and started again by the test; and the HTTP API as a user sees it. For chaos_test.py and detection_test.py.

Invariant: only processes that this module has started are signalled, and all of them are gone at its end."""
import glob
import hashlib
import http.client
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import network

PATIENCE_S = 600
OVER = ("succeeded", "failed", "cancelled")  # states of a job


class Process:
    """A program that is started again whenever it has ended."""

    def __init__(self, name, arguments, log, user=None, is_group=False, namespace=None):
        self.name, self.arguments, self.log = name, arguments, log
        self.environment = dict(os.environ, XDG_STATE_HOME=os.path.dirname(log))
        self.user = user
        self.is_group = is_group  # it is killed with its children, which would hold on to its memory
        self.namespace = namespace  # of the network that it is in, if not this process's
        self.process = None
        self.starts = 0

    def start(self):
        def prepare():
            network.die_with_parent()
            if self.namespace:
                network.enter(self.namespace)
            if self.user:
                os.setgroups([])
                os.setgid(self.user.pw_gid)
                os.setuid(self.user.pw_uid)
                network.die_with_parent()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment, preexec_fn=prepare,
                                            start_new_session=self.is_group)
        self.starts += 1

    def tend(self):
        """Starts it again if it has ended."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def kill(self, number=signal.SIGKILL):
        if self.process is not None and self.process.poll() is None:
            if self.is_group and number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

    def end(self):
        if self.process is not None:
            self.kill(signal.SIGCONT)
            self.kill(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                self.process.wait()


def http_ask(state, method, path, body=None, timeout=30):
    """The answer's bytes from the scheduler of that state directory; None while nobody answers, or none that leads.
    A refusal raises."""
    try:
        note = json.load(open(os.path.join(state, "scheduler.json")))
        secret = open(os.path.join(state, "secret")).read().strip()
        request = urllib.request.Request(note["api"] + path, body, {"Authorization": "Bearer " + secret},
                                         method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.read()
    except urllib.error.HTTPError as refused:
        if refused.code == 503:
            return None
        raise SystemExit(f"{method} {path}: {refused.code} {refused.read().decode()}")
    except (OSError, ValueError, http.client.HTTPException):
        return None


def postgres_make(folder, connection, namespace=None, address=None):
    """A server with data of its own in that folder, not yet started; the file `connection` then says how to reach
    it: by its socket, or by TCP at that address."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    if not found:
        raise SystemExit("no PostgreSQL server is installed (package postgresql-15)")
    bin_folder = os.path.dirname(found[-1])
    home = os.path.join(folder, "pg")
    log = os.path.join(folder, "pg.log")
    os.mkdir(home)
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chmod(folder, 0o755)
        os.chown(home, user.pw_uid, user.pw_gid)
    initdb = Process("initdb", [os.path.join(bin_folder, "initdb"), "-D", os.path.join(home, "data"), "-U", "gaia",
                                "-A", "trust", "-E", "UTF8", "--no-sync"], log, user=user)
    initdb.start()
    if initdb.process.wait() != 0:
        raise SystemExit("initdb failed: " + open(log).read())
    if address:
        with open(os.path.join(home, "data", "pg_hba.conf"), "a") as file:
            file.write(f"host all all {network.NETWORK}.0.0/16 trust\n")
    with open(connection, "w") as file:
        file.write(f"host={address or home} user=gaia dbname=postgres\n")
    os.chmod(connection, 0o600)
    return Process("database", [os.path.join(bin_folder, "postgres"), "-D", os.path.join(home, "data"), "-c",
                                f"listen_addresses={address or ''}", "-c", "recovery_init_sync_method=syncfs", "-c",
                                "dynamic_shared_memory_type=mmap", "-c", f"unix_socket_directories={home}"], log, user=user, is_group=True,
                   namespace=namespace)


class World:
    """One scheduler, some executors and, if asked for, their database."""

    def __init__(self, build, store="sqlite", executors=4, scheduler_options=(), program="gaia-executor"):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="gaia-chaos-")
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.state, 0o700)
        self.database = None
        if store == "postgres":
            self.database = postgres_make(self.folder, os.path.join(self.state, "postgres"))
        self.scheduler = Process("scheduler", [os.path.join(build, "gaia-scheduler"), "--state", self.state,
                                               *scheduler_options], self.path("scheduler.log"))
        self.executors = [
            Process(f"executor-{i}", [os.path.join(build, program), "--state", self.state, "--id",
                                      f"executor-{i}", "--threads", "1", "--memory", "64MiB", "--device", "cpu"],
                    self.path(f"executor-{i}.log"))
            for i in range(executors)]

    def path(self, name):
        return os.path.join(self.folder, name)

    def all(self):
        return ([self.database] if self.database else []) + [self.scheduler] + self.executors

    def tend(self):
        for process in self.all():
            process.tend()

    def http(self, method, path, body=None, timeout=30):
        return http_ask(self.state, method, path, body, timeout)

    def ask(self, method, path, body=None):
        """Asks until somebody answers, tending the processes meanwhile."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = self.http(method, path, body)
            if answer is not None:
                return answer
            self.tend()
            time.sleep(0.05)
        raise SystemExit(f"{method} {path}: nobody answers")

    def job(self, job):
        return json.loads(self.ask("GET", "/v1/jobs/" + job))

    def leases(self):
        """Executors that hold leases, by name."""
        answer = self.http("GET", "/v1/executors")
        found = json.loads(answer)["executors"] if answer is not None else []
        return {one["id"]: one["leases"] for one in found if one["leases"] > 0 and one["state"] != "gone"}

    def moments(self, job):
        return self.ask("GET", f"/v1/jobs/{job}/moments")

    def tail(self, name, lines=30):
        return "".join(open(self.path(name + ".log"), errors="replace").readlines()[-lines:])

    def close(self, keep=False):
        for process in reversed(self.all()):
            process.end()
        if keep:
            print("kept:", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def certificates(build, folder, state, address, machines):
    """Makes an authority in the folder with a certificate for the scheduler at the address and for each machine."""
    subprocess.run([os.path.join(build, "gaia"), "cert", "make", folder, "--scheduler", address, "--executors",
                    ",".join(machines), "--state", state], check=True, stdout=subprocess.DEVNULL)


def listen_options(folder, address):
    """What makes a scheduler listen there with the certificates of that folder."""
    own = os.path.join(folder, "scheduler")
    return ["--listen", address, "--ca", os.path.join(folder, "ca.pem"), "--certificate",
            os.path.join(own, "certificate.pem"), "--key", os.path.join(own, "key.pem")]


class WorldApart(World):
    """A scheduler and executors with a host each, that speak TLS over a switch whose cables can be pulled."""

    def __init__(self, build, executors=2):
        machines = [f"host-{i}" for i in range(executors)]
        self.network = network.Network({"work": ["scheduler", *machines]})
        address = self.network.addresses["work", "scheduler"]
        super().__init__(build, executors=0)
        certs = self.path("certs")
        certificates(build, certs, self.state, address, machines)
        self.scheduler.arguments += listen_options(certs, address)
        self.scheduler.namespace = self.network.namespace("scheduler")
        self.executors = [
            Process(machine + "/executor", [os.path.join(build, "gaia-executor"), "--scheduler",
                                            os.path.join(certs, machine, "scheduler.json"), "--id", "executor",
                                            "--threads", "1", "--memory", "64MiB", "--device", "cpu"],
                    self.path(machine + ".log"), namespace=self.network.namespace(machine))
            for machine in machines]

    def http(self, method, path, body=None, timeout=30):
        return self.network.inside("scheduler", lambda: super(WorldApart, self).http(method, path, body, timeout))

    def cut(self, executor):
        self.network.cut("work", executor.name.split("/")[0])

    def heal(self, executor):
        self.network.heal("work", executor.name.split("/")[0])

    def close(self, keep=False):
        super().close(keep)
        self.network.close()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def case_job(data, name, forecasts, directory):
    """A job of one of the cases of tests/data with so many forecasts, that differ in nothing but their ids."""
    case = next(one for one in json.load(open(os.path.join(data, "cases.json"))) if one["case"] == name)

    def source(key):
        return {"files": [os.path.join(data, case[key]["file"])]}
    job = {"schema": "gaia.job/1", "name": name, "truth": source("truth"), "climatology": source("climatology"),
           "variables": case["variables"], "forecasts": [dict(source("forecast"), id=f"f{i:05}")
                                                         for i in range(forecasts)]}
    path = os.path.join(directory, name + ".json")
    with open(path, "w") as file:
        json.dump(job, file)
    return path
