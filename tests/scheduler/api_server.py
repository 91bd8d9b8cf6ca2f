# SPDX-License-Identifier: MIT
"""A real scheduler for the tests of its HTTP API. For openapi_test.py and api_hostile_test.py.

Invariant: only processes that were started here are signalled."""
import http.client
import json
import os
import subprocess
import tempfile
import time
import urllib.parse

PATIENCE_S = 60


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r:.400}, wanted {wanted!r:.400}")


def wait(what, condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not in {PATIENCE_S} s")
        time.sleep(0.02)


class Server:
    """A scheduler in a state directory of its own, and executors."""

    def __init__(self, build, *options):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix="gaia-api-")
        self.state = self.folder.name
        self.processes = []
        note = os.path.join(self.state, "scheduler.json")
        self.start("gaia-scheduler", "--state", self.state, *options)
        try:
            wait("the scheduler", lambda: os.path.exists(note))
        except SystemExit:
            self.stop()
            raise
        with open(note, encoding="utf-8") as stream:
            self.note = json.load(stream)
        self.address = urllib.parse.urlsplit(self.note["api"]).netloc
        with open(os.path.join(self.state, "secret"), encoding="utf-8") as stream:
            self.secret = stream.read().strip()

    def start(self, program, *options):
        with open(os.path.join(self.state, program + ".log"), "ab") as log:
            self.processes.append(subprocess.Popen([os.path.join(self.build, program), *options],
                                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def end(self):
        self.stop()
        expect("the scheduler's exit status", self.processes[0].returncode, 0)
        self.folder.cleanup()

    def ask(self, method, path, body=None, token="right", **headers):
        """(status, headers, bytes); the path is sent as it is. `content_length`: declared, with no byte sent."""
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE_S)
        connection.putrequest(method, path, skip_accept_encoding=True)
        if token:
            connection.putheader("Authorization", "Bearer " + (self.secret if token == "right" else token))
        if body is not None:
            headers.setdefault("content_length", str(len(body)))
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        got = answer.status, answer.headers, answer.read()
        connection.close()
        return got
