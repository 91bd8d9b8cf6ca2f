# SPDX-License-Identifier: MIT
"""Docker as docker_test.py sees it: images, a project of docker/compose.yaml of its own, what became of a container.

Invariant: only what this module has made is touched, and nothing of it is left once it is closed."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

PATIENCE_S = 300
PROFILES = ["proxy", "monitoring", "gpu"]
ALWAYS = ["database", "scheduler", "executors"]
OF_PROFILES = ["executors-gpu", "proxy", "prometheus", "alertmanager", "node-exporter", "grafana"]


def run(*arguments, **how):
    """The standard output of a program that must succeed."""
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **how)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def docker(*arguments, **how):
    return run("docker", *arguments, **how)


def is_usable():
    """Whether there is a Docker engine, and compose v2."""
    try:
        run("docker", "version")
        run("docker", "compose", "version")
        return True
    except (AssertionError, OSError):
        return False


def wait_until(good, what, seconds=PATIENCE_S):
    deadline = time.monotonic() + seconds
    while True:
        found = good()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("in vain: " + (what() if callable(what) else what))
        time.sleep(0.2)


class Images:
    """The two images of these sources, and the first of them under another version's number."""

    def __init__(self, source):
        self.source = source
        self.name = f"gaia-test-{os.getpid()}"
        self.next = self.name + "-next"
        self.cpu, self.cuda, self.next_cpu = self.name + ":cpu", self.name + ":cuda", self.next + ":cpu"

    def build(self):
        self._build(self.source, self.name, "cpu", "cuda")

    def build_next(self, version):
        """The same program but for its version."""
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "source")
            shutil.copytree(self.source, copy, ignore=lambda folder, names: {"secrets"} if folder != self.source else
                            {"build", ".git", "tests"})
            path = os.path.join(copy, "CMakeLists.txt")
            with open(path) as stream:
                text = stream.read()
            with open(path, "w") as stream:
                stream.write(re.sub(r"(project\(gaia VERSION )[0-9.]+", r"\g<1>" + version, text))
            self._build(copy, self.next, "cpu")

    @staticmethod
    def _build(source, name, *targets):
        run(os.path.join(source, "docker", "build"), *targets, env=dict(os.environ, STACK_IMAGE_NAME=name))

    def close(self):
        for name in (self.name, self.next):
            tags = docker("images", "--format", "{{.Repository}}:{{.Tag}}", name).split()
            if tags:
                docker("rmi", *tags)


class Stack:
    """A project of docker/compose.yaml with secrets, volumes and networks of its own."""

    def __init__(self, source, images):
        self.project = images.name
        self.folder = tempfile.mkdtemp(prefix="gaia-docker-")
        self.files = [os.path.join(source, "docker", name) for name in ("compose.yaml", "compose.test.yaml")]
        self.environment = dict(os.environ, STACK_IMAGE=images.cpu, STACK_CUDA_IMAGE=images.cuda,
                                STACK_GREEN_IMAGE=images.next_cpu, STACK_SECRETS=os.path.join(self.folder, "secrets"))

    def compose(self, *arguments, profiles=PROFILES):
        options = [word for file in self.files for word in ("--file", file)]
        options += [word for profile in profiles for word in ("--profile", profile)]
        return docker("compose", "--project-name", self.project, *options, *arguments, env=self.environment)

    def up(self, *services, profiles=PROFILES):
        """Starts them, all of the profiles if none is named, and waits until they are in health."""
        self.compose("up", "--detach", *services, profiles=profiles)
        self.await_health(services or ALWAYS + OF_PROFILES)

    def container(self, service):
        """What Docker says of a service's container."""
        identity = self.compose("ps", "--all", "--quiet", service, profiles=["*"]).strip()
        return json.loads(docker("inspect", identity))[0]

    def await_health(self, services):
        for service in services:
            wait_until(lambda service=service: self.container(service)["State"].get("Health", {}).get("Status") ==
                       "healthy", lambda service=service: f"{service} is not healthy\n{self.logs(service)}")

    def logs(self, *services):
        return self.compose("logs", "--no-color", "--tail", "300", *services, profiles=["*"])

    def kill_main(self, service):
        """kill -9 of a container's main process from outside, as a machine short of memory does; returns once Docker
        has started it again and it is in health."""
        before = self.container(service)
        docker("run", "--rm", "--pid=host", "--user=0", "--network=none", "--entrypoint=/bin/sh",
               self.environment["STACK_IMAGE"], "-c", f"kill -9 {before['State']['Pid']}")
        wait_until(lambda: self.container(service)["RestartCount"] > before["RestartCount"],
                   service + " is not started again")
        self.await_health([service])

    def port(self, service, port):
        return int(self.compose("port", service, str(port)).rsplit(":", 1)[1])

    def close(self):
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", profiles=["*"])
        docker("run", "--rm", "--user=0", "--network=none", "--volume", self.folder + ":/folder", "--entrypoint=/bin/sh",
               self.environment["STACK_IMAGE"], "-c", "rm -rf /folder/*")  # some of it is the programs' user's
        os.rmdir(self.folder)
