#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the HTTP API bears: many clients that submit, ask for the status of a job and read metrics, all at once.

usage: api_load.py BUILD [--store sqlite|postgres|both] [--clients N] [--seconds S] [--think MS] [--judge] [--json]

Each client has a connection, sends a request, waits for the whole answer, then for a while (0 to twice --think), and
connects anew every fifty requests. Of twenty requests two submit a job, fifteen ask for a status, three read metrics.
Jobs are never run: they fail after two seconds, so that the queue stays as long as it is. A time is from the first byte
sent to the last one received, the load's own waiting included, which is a process of its own on the same cores.

An answer that is not the one wanted is an error, and the exit status is 1. With --judge, or GAIA_LONG=1, it is 1 too if
the p99 of a status is 50 ms or more, or if the scheduler's memory grows: in the last third of the time it may be a tenth
and 8 MiB above what it was at most in the first."""
import argparse
import collections
import heapq
import json
import os
import random
import selectors
import socket
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "stack"))
import processes  # noqa: E402

STATUS_P99_MS = 50
REQUESTS_OF_A_CONNECTION = 50
MIX = ["submit"] * 2 + ["status"] * 15 + ["metrics"] * 3
WANTED = {"submit": (201,), "status": (200,), "metrics": (200,)}
OPTIONS = ["--api-rate", "0", "--api-connections", "1024", "--api-connections-each", "0"]
JOB = json.dumps({"schema": "gaia.job/1", "name": "load", "forecasts": [{"id": "f", "files": ["/nowhere/f.nc"]}],
                  "truth": {"files": ["/nowhere/t.nc"]}, "queue": {"start_within_s": 2}}).encode()


class Load:
    """Clients of one scheduler, in one thread."""

    def __init__(self, world, clients, think_s):
        with open(os.path.join(world.state, "scheduler.json"), encoding="utf-8") as note:
            address = urllib.parse.urlsplit(json.load(note)["api"])
        with open(os.path.join(world.state, "secret"), encoding="utf-8") as secret:
            self.head = b"Host: x\r\nAuthorization: Bearer " + secret.read().strip().encode() + b"\r\n"
        paths = json.loads(world.ask("GET", "/v1/openapi.json"))["paths"]
        self.metrics = b"/metrics" if "/metrics" in paths else b"/v1/executors"
        self.address = (address.hostname, address.port)
        self.think_s = think_s
        self.random = random.Random(1)
        self.selector = selectors.DefaultSelector()
        self.times = collections.defaultdict(list)
        self.errors = collections.Counter()
        self.jobs = collections.deque([json.loads(world.ask("POST", "/v1/jobs", JOB))["id"]], 1000)
        self.due = []
        self.clients = clients

    def request(self, kind):
        if kind == "submit":
            return b"POST /v1/jobs HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (self.head, len(JOB), JOB)
        path = self.metrics if kind == "metrics" else b"/v1/jobs/" + self.random.choice(self.jobs).encode()
        return b"GET %s HTTP/1.1\r\n%s\r\n" % (path, self.head)

    def send(self, client):
        if client.socket is None:
            client.socket = socket.create_connection(self.address)
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.left = self.random.randrange(1, REQUESTS_OF_A_CONNECTION)
            self.selector.register(client.socket, selectors.EVENT_READ, client)
        client.kind = self.random.choice(MIX)
        client.answer = b""
        client.begin = time.monotonic()
        client.socket.sendall(self.request(client.kind))

    def close(self, client):
        self.selector.unregister(client.socket)
        client.socket.close()
        client.socket = None

    def take(self, client, number):
        piece = client.socket.recv(65536)
        client.answer += piece
        head, found, body = client.answer.partition(b"\r\n\r\n")
        if piece and (not found or len(body) < int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])):
            return
        now = time.monotonic()
        status = int(head.split(b" ")[1]) if found else 0
        if status in WANTED[client.kind]:
            self.times[client.kind].append(now - client.begin)
        else:
            self.errors[f"{client.kind}: {status or 'closed'}"] += 1
        if status == 201:
            self.jobs.append(json.loads(body)["id"])
        client.left -= 1
        if client.left == 0 or not piece or status not in WANTED[client.kind]:
            self.close(client)
        heapq.heappush(self.due, (now + self.random.uniform(0, 2 * self.think_s), number, client))

    def run(self, seconds, each_second):
        begin = time.monotonic()
        seen = 0
        for i in range(self.clients):  # they come within the first second
            heapq.heappush(self.due, (begin + self.random.random(), i, Client()))
        while time.monotonic() < begin + seconds:
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                client = heapq.heappop(self.due)[2]
                self.send(client)
            wait_s = min(self.due[0][0] - now, 0.1) if self.due else 0.1
            for key, _ in self.selector.select(max(wait_s, 0)):
                self.take(key.data, id(key.data))
            if now - begin >= seen:
                each_second()
                seen += 1
        for key in list(self.selector.get_map().values()):
            self.close(key.data)
        return time.monotonic() - begin


class Client:
    socket = None
    left = 0
    kind = None
    answer = b""
    begin = 0.0


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(build, store, options):
    world = processes.World(build, store, 0, OPTIONS)
    try:
        world.tend()
        world.ask("GET", "/readyz")
        load = Load(world, options.clients, options.think / 1000)
        pid = world.scheduler.process.pid
        memory = []
        before_s = cpu_s(pid)
        took_s = load.run(options.seconds, lambda: memory.append(rss_bytes(pid)))
        found = {"store": store, "clients": options.clients, "seconds": took_s, "errors": dict(load.errors),
                 "cpu_share": (cpu_s(pid) - before_s) / took_s, "memory_bytes": memory, "requests": {}}
        for kind, times in sorted(load.times.items()):
            times.sort()
            found["requests"][kind] = {"a_second": len(times) / took_s, "median_ms": 1000 * times[len(times) // 2],
                                       "p99_ms": 1000 * times[int(0.99 * len(times))], "longest_ms": 1000 * times[-1]}
        world.ask("GET", "/readyz")
        return found
    finally:
        world.close()


def judge(found):
    third = len(found["memory_bytes"]) // 3
    first, last = max(found["memory_bytes"][:third]), max(found["memory_bytes"][-third:])
    if found["requests"]["status"]["p99_ms"] >= STATUS_P99_MS:
        yield f"{found['store']}: the p99 of a status is {found['requests']['status']['p99_ms']:.1f} ms"
    if last > 1.1 * first + (8 << 20):
        yield f"{found['store']}: the scheduler's memory grows from {first >> 10} to {last >> 10} KiB"


def show(found):
    memory = found["memory_bytes"]
    print(f"{found['store']}: {found['clients']} clients, {found['seconds']:.0f} s, errors {found['errors'] or 'none'}, "
          f"scheduler {100 * found['cpu_share']:.0f} % of a core, {memory[0] >> 20} to {max(memory) >> 20} MiB")
    for kind, one in found["requests"].items():
        print(f"  {kind:8} {one['a_second']:7.0f} a second, median {one['median_ms']:6.2f} ms, p99 {one['p99_ms']:6.2f} ms, "
              f"longest {one['longest_ms']:6.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    is_long = os.environ.get("GAIA_LONG") == "1"
    parser.add_argument("build")
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60 if is_long else 3)
    parser.add_argument("--think", type=float, default=150, help="ms")
    parser.add_argument("--judge", action="store_true", default=is_long)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    wrong = []
    for store in ("sqlite", "postgres") if options.store == "both" else (options.store,):
        found = measure(options.build, store, options)
        print(json.dumps(found)) if options.json else show(found)
        wrong += [f"{store}: {n} times {what}" for what, n in found["errors"].items()]
        wrong += [f"{store}: no {kind} was answered" for kind in set(MIX) - set(found["requests"])]
        wrong += judge(found) if options.judge else []
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
