#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Throws at a real scheduler's HTTP API what is not a request, or too much of it.

usage: api_hostile_test.py BUILD

Each is answered with a right status or by the connection's end, and the scheduler is unharmed after all of it: the
same process answers an honest request, holds no more descriptors and threads than before, and has not grown.

Invariant: addresses are those of the loopback network, so that one machine is many clients."""
import contextlib
import os
import re
import socket
import sys
import time

from api_server import PATIENCE_S, Server, expect, wait

MEBIBYTE = 1 << 20
JOB = (b'{"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": ["/f.nc"]}], "truth": {"files": ["/t.nc"]},'
       b' "queue": {"tenant": "%s", "start_within_s": %d}}')


def connect(server, source="127.0.0.1"):
    host, port = server.address.split(":")
    return socket.create_connection((host, int(port)), PATIENCE_S, (source, 0))


def read_all(connection):
    """What comes until the other side closes; None: it went on for too long."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while True:
            piece = connection.recv(65536)
            if not piece:
                break
            got += piece
    return got


def send(server, data, source="127.0.0.1"):
    """The statuses that are answered to these bytes, and all that is."""
    with connect(server, source) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        got = read_all(connection)
    return [int(code) for code in re.findall(rb"^HTTP/1\.1 (\d{3}) ", got, re.MULTILINE)], got


def request(server, method, path, headers=b"", body=b"", token=None):
    token = (token or server.secret).encode()
    return b"%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n%s" % (method, path, token, headers, body)


def post(server, body, token=None, path=b"/v1/jobs"):
    return request(server, b"POST", path, b"Connection: close\r\nContent-Length: %d\r\n" % len(body), body, token)


class Health:
    """What a scheduler holds, before and after."""

    def __init__(self, server):
        self.server = server
        self.pid = server.processes[0].pid
        expect("an honest request", self.honest(), 200)
        self.before = self.holds()
        self.memory = self.memory_bytes()
        with open(os.path.join(server.build, "gaia-scheduler"), "rb") as program:
            code = program.read()
        # Sanitizers keep what was freed for a while.
        self.grown_bytes = 48 * MEBIBYTE if b"__asan_init" not in code and b"__tsan_init" not in code else 1024 * MEBIBYTE

    def honest(self, source="127.0.0.1"):
        """The status of an honest request; 0 where the connection is closed without one."""
        return (send(self.server, request(self.server, b"GET", b"/v1/jobs", b"Connection: close\r\n"), source)[0] + [0])[0]

    def holds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd")), len(os.listdir(f"/proc/{self.pid}/task"))

    def memory_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def check(self, what):
        expect(f"{what}: an honest request after it", self.honest(), 200)
        wait(f"{what}: descriptors and threads go back to {self.before}",
             lambda: all(now <= then + 2 for now, then in zip(self.holds(), self.before)))
        grown = self.memory_bytes() - self.memory
        expect(f"{what}: memory has not grown, but by {grown}", grown < self.grown_bytes, True)


# ---- What is not a request ----

def malformed(server):
    """(what, bytes, statuses of which the first answer has one; (): it may be closed without)"""
    def get(headers=b"", path=b"/livez", method=b"GET", body=b""):
        return request(server, method, path, headers + b"Connection: close\r\n", body)

    def sends(headers, body=b""):
        return request(server, b"POST", b"/v1/jobs", headers, body)
    yield "a long line", get(path=b"/" + b"a" * 200000), (414,)
    yield "a long query", get(path=b"/livez?" + b"a" * 200000), (414,)
    yield "a long header", get(b"X: " + b"a" * 200000 + b"\r\n"), (431,)
    yield "many headers", get(b"".join(b"X%d: a\r\n" % i for i in range(20000))), (431,)
    yield "a long method", get(method=b"G" * 100000), (405, 414)
    yield "lines without end", b"\r\n" * 100000, (400, 414)
    yield "a line without a version", b"GET /livez\r\n\r\n", (400,)
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)
    yield "HTTP/9", b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n", (400, 505)
    yield "no host", b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", (400,)
    yield "two hosts", get(b"Host: y\r\n"), (400,)
    yield "any host", b"GET /livez HTTP/1.1\r\nHost: *\r\nConnection: close\r\n\r\n", (200,)
    yield "every byte", bytes(range(256)) * 100 + b"\r\n\r\n", (400,)
    yield "no colon", get(b"nothing\r\n"), (400,)
    yield "a blank before the colon", get(b"Content-Length : 5\r\n", body=b"hello"), (400,)
    yield "a name that is none", get(b"a(b: c\r\n"), (400,)
    yield "an absolute target", get(path=b"http://x/livez"), (404,)
    yield "a star", get(path=b"*", method=b"OPTIONS"), (404,)
    yield "CONNECT", get(path=b"x:443", method=b"CONNECT"), (404,)
    yield "a NUL in the path", get(path=b"/v1/jobs\0x"), (200, 400, 404)
    yield "a NUL before the path", get(path=b"\0/livez"), (400, 404)
    yield "a folded header", get(b"X: a\r\n Content-Length: 7\r\n"), (200, 400)
    for path in (b"/%2e%2e/livez", b"/../livez", b"/./livez", b"//livez", b"/livez/", b"/livez%00", b"/livez%2f", b"/LIVEZ",
                 b"/livez;a=b", b"/%2flivez", b"/*", b"/v1*", b"\\livez", b"/livez%0d%0aX:%20y", b"/%ff%fe"):
        yield f"the path {path}", get(path=path), (404,)
    for method in (b"PUT", b"PATCH", b"OPTIONS", b"TRACE", b"get", b"G@T"):
        yield f"the method {method}", get(method=method), (400, 405)
    for length in (b"-1", b"abc", b"+5", b"5, 5", b"0x5", b"5 5", b"", b"1e3", b"9" * 30, b"9223372036854775808"):
        yield f"the length {length}", sends(b"Content-Length: " + length + b"\r\n", b"hello"), (400, 413)
    yield "two lengths", sends(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), (400,)
    yield "a length and chunks", sends(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                       b"0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), (400,)
    for encoding in (b"gzip", b"gzip, chunked", b"chunked, chunked", b"xchunked", b"chunked\x0b", b"identity", b""):
        yield f"the encoding {encoding}", sends(b"Transfer-Encoding: " + encoding + b"\r\n", b"0\r\n\r\n"), (400, 501)
    for chunk in (b"zz\r\nhello", b"-5\r\nhello", b"f" * 17 + b"\r\nhello", b"5hello\r\n", b"\r\n"):
        yield f"the chunk {chunk}", sends(b"Transfer-Encoding: chunked\r\n", chunk + b"\r\n0\r\n\r\n"), (400, 413)


def try_malformed(server, health):
    own = set()
    for what, data, statuses in malformed(server):
        got, raw = send(server, data)
        # A library that says it twice still says one thing.
        expect(f"{what}: a status of {statuses}, not {got}", bool(got) and set(got) <= set(statuses), True)
        if 400 <= got[0] and b"problem+json" in raw:
            expect(f"{what}: no header of the client's comes back", b"\r\nX: y" in raw, False)
        elif 400 <= got[0]:
            head, page = raw.rsplit(b"\r\n\r\n", 1)  # it may say it twice
            own.add(got[0])
            expect(f"{what}: the library's own answer, as it is described", (page[:6], b"content-type:" in head.lower(),
                   b"\r\nconnection: close" in head.lower()), (b"<html>", False, True))
    expect("statuses of the library's own answers", {400, 413, 414, 431} <= own <= {400, 413, 414, 431, 501, 505}, True)
    health.check("what is malformed")


def try_pipelining(server, health):
    """Requests one behind the other are answered in order; nothing behind a refused body is taken for a request."""
    live = request(server, b"GET", b"/livez")
    last = request(server, b"GET", b"/readyz", b"Connection: close\r\n")
    got, raw = send(server, live * 50 + last)
    expect("pipelined requests", (got, raw.count(b"alive"), raw.count(b"ready")), ([200] * 51, 50, 1))
    hidden = request(server, b"DELETE", b"/v1/jobs/none", b"Connection: close\r\n")
    for headers in (b"Content-Length: %d\r\n" % len(hidden), b"Transfer-Encoding: chunked\r\n"):
        for start in (request(server, b"GET", b"/v1/jobs", headers), request(server, b"POST", b"/v1/jobs", headers, token="x")):
            got, raw = send(server, start + hidden)
            expect(f"what hides in a body: {got}", len(got) == 1 and got[0] in (400, 401), True)
    health.check("pipelining")


def try_heads(server, health):
    for path in (b"/livez", b"/readyz", b"/v1/jobs", b"/v1/nothing", b"/v1/jobs/none"):
        got, raw = send(server, request(server, b"HEAD", path, b"Connection: close\r\n"))
        expect(f"HEAD {path}", (got[0] in (200, 404), raw.split(b"\r\n\r\n", 1)[1]), (True, b""))
    health.check("HEAD")


# ---- Too much ----

def try_bodies(server, health, most):
    def chunked(n_bytes):
        piece = b"%x\r\n%s\r\n" % (4096, b" " * 4096)
        return request(server, b"POST", b"/v1/jobs", b"Connection: close\r\nTransfer-Encoding: chunked\r\n",
                       piece * (n_bytes // 4096) + b"0\r\n\r\n")
    expect("chunks that fit", send(server, chunked(most))[0], [400])
    got, raw = send(server, chunked(most + 4096))
    expect("chunks that do not", (got, b'"code":"limit"' in raw), ([413], True))
    expect("chunks for three", send(server, chunked(3 * most))[0], [413])
    expect("chunks without end", send(server, chunked(100 * most))[0], [])
    expect("a body that fits", send(server, post(server, b" " * most))[0], [400])
    expect("one that does not", send(server, post(server, b" " * (most + 1)))[0], [413])
    health.check("bodies")


def try_slowly(server, health):
    """Connections that owe a request are ended, however they drip; an honest one is answered meanwhile."""
    started = [b"", b"GET /li", request(server, b"GET", b"/livez")[:-2], request(server, b"POST", b"/v1/jobs",
               b"Content-Length: 60000\r\n"), request(server, b"POST", b"/v1/jobs", b"Transfer-Encoding: chunked\r\n")]
    connections = [(connect(server), start) for start in started * 4]
    for connection, start in connections:
        connection.sendall(start)
        connection.setblocking(False)
    alive = list(connections)

    def drip():
        for one in list(alive):
            try:
                one[0].send(b"1\r\na\r\n" if one[1].endswith(b"chunked\r\n\r\n") else b"a")
                alive.remove(one) if one[0].recv(65536) == b"" else None
            except BlockingIOError:
                pass
            except ConnectionError:
                alive.remove(one)
        expect("an honest request meanwhile", health.honest(), 200)
        time.sleep(0.1)
        return not alive
    wait("slow requests are ended", drip)
    for connection, _ in connections:
        connection.close()
    silent = [connect(server) for _ in range(8)]
    for connection in silent:
        expect("a silent connection is closed", read_all(connection), b"")
        connection.close()
    health.check("slow requests")


def try_connections(server, health, of_address):
    """One address fills its share: some are told so, the rest is closed, others are served. They are accepted in the
    order in which they came, so the next one finds all of them counted."""
    held = [connect(server) for _ in range(of_address)]
    line = request(server, b"GET", b"/livez", b"Connection: close\r\n")
    got, raw = send(server, line)
    expect("one connection more", (got, b"Retry-After: 1\r\n" in raw), ([429], True))
    more = [connect(server) for _ in range(of_address)]
    answers = []
    for connection in more:
        with contextlib.suppress(ConnectionError):
            connection.sendall(line)
        answers.append(read_all(connection)[9:12])
    expect("of those beyond: told so, or closed", set(answers) <= {b"429", b""} and b"" in answers, True)
    expect("another address", health.honest("127.0.0.9"), 200)
    for connection in held + more:
        connection.close()
    wait("the address is served again", lambda: send(server, line)[0] == [200])
    health.check("connections of one address")


def try_flood(server, health):
    """Thousands of connections from many addresses, opened and left in every state."""
    left = []
    for i in range(3000):
        source = f"127.0.{1 + i % 100}.{1 + i // 100}"
        with contextlib.suppress(ConnectionError, TimeoutError):
            connection = connect(server, source)
            if i % 3 == 1:
                connection.sendall(b"GET /livez HTTP/1.1\r\nX: ")
            elif i % 3 == 2:
                connection.sendall(request(server, b"GET", b"/v1/jobs"))
            if i % 7 == 0:
                left.append(connection)
            else:
                connection.close()
    wait("an honest request is answered", lambda: health.honest("127.0.0.9") == 200)
    for connection in left:
        connection.close()
    health.check("a flood of connections")


def try_rates(build):
    server = Server(build, "--api-rate", "2", "--token-rate", "1", "--tenant-rate", "3", "--tenant-jobs", "5")
    try:
        closing = request(server, b"GET", b"/livez", b"Connection: close\r\n")
        got = [send(server, closing) for _ in range(20)]
        expect("a burst", [one[0] for one in got], [[200]] * 20)
        wait("it is too much", lambda: send(server, closing * 20)[0] == [429])
        got, raw = send(server, closing)
        while got == [200]:  # half a second has gone by
            got, raw = send(server, closing)
        wait_s = int(re.findall(rb"Retry-After: (\d+)\r\n", raw)[-1])
        expect(f"when to come again: {wait_s}", wait_s, 1)
        expect("another address", send(server, closing, "127.0.0.2")[0], [200])
        wait("the first one again", lambda: send(server, closing)[0] == [200])
        made = send(server, post(server, b'{"name": "n", "scope": "submit"}', path=b"/v1/tokens"), "127.0.0.3")[1]
        token = re.search(rb'"token":"(gaia_\w+)"', made)[1].decode()
        got = [send(server, request(server, b"GET", b"/v1/profiles", b"Connection: close\r\n", token=token), f"127.0.1.{i}")
               for i in range(1, 21)]
        expect("requests with one token from many addresses", [one[0] for one in got[:10]], [[200]] * 10)
        expect("the last of them", (got[-1][0], b"with this token" in got[-1][1]), ([429], True))
        try_tenants(server)
    finally:
        server.end()


def try_tenants(server):
    def submit(tenant, source):
        return send(server, post(server, JOB % (tenant, 3600)), source)
    got = [submit(b"a", "127.0.2.1") for _ in range(5)]
    expect("submissions of a tenant", [one[0] for one in got], [[201]] * 3 + [[429]] * 2)
    wait_s = int(re.search(rb"Retry-After: (\d+)\r\n", got[-1][1])[1])
    expect(f"when to come again: {wait_s}", 1 <= wait_s <= 20, True)
    expect("another tenant", submit(b"b", "127.0.2.2")[0], [201])


def try_full_tenants(build):
    server = Server(build, "--tenant-jobs", "2")
    try:
        def submit(tenant, within_s=3600):
            return send(server, post(server, JOB % (tenant, within_s)))
        short = re.search(rb'"id":"(\w+)"', submit(b"a", 1)[1])[1]
        wait("a job fails", lambda: b'"state":"failed"' in send(
            server, request(server, b"GET", b"/v1/jobs/" + short, b"Connection: close\r\n"))[1])
        expect("jobs of a tenant", [submit(b"a")[0][0] for _ in range(3)], [201, 201, 429])
        got, raw = send(server, post(server, b"", path=b"/v1/jobs/" + short + b"/replay"))
        expect("a replay beyond", (got, b"as many as it may" in raw, b"Retry-After" in raw), ([429], True, True))
        expect("another tenant", submit(b"b")[0], [201])
    finally:
        server.end()


def main(build):
    most = 64 << 10
    server = Server(build, "--api-rate", "0", "--api-body", "64KiB", "--api-headers", "32KiB", "--api-idle", "5",
                    "--api-request-time", "6", "--api-connections", "200", "--api-connections-each", "48")
    try:
        health = Health(server)
        try_malformed(server, health)
        try_pipelining(server, health)
        try_heads(server, health)
        try_bodies(server, health, most)
        try_slowly(server, health)
        try_connections(server, health, 48)
        try_flood(server, health)
        with open(os.path.join(server.state, "gaia-scheduler.log"), encoding="utf-8") as log:
            expect("errors in the log", [line for line in log if " error " in line], [])
    finally:
        server.end()
    try_rates(build)
    try_full_tenants(build)


if __name__ == "__main__":
    main(*sys.argv[1:])
