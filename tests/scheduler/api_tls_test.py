#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTTP API for other machines: TLS, the command line as its client, certificates that are renewed, and what is
refused in the clear.

usage: api_tls_test.py BUILD

Invariant: 127.0.0.2 stands for another machine's address; nothing leaves the loopback network."""
import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import warnings

from api_server import PATIENCE_S, Server, expect, wait

HOST = "127.0.0.2"


def run(*words, **environment):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, **environment), timeout=PATIENCE_S, check=False)
    return done.returncode, done.stdout, done.stderr


class Certificates:
    def __init__(self, build, folder):
        self.gaia = os.path.join(build, "gaia")
        self.folder = folder
        self.authority = os.path.join(folder, "ca.pem")
        self.certificate = os.path.join(folder, "scheduler", "certificate.pem")
        self.key = os.path.join(folder, "scheduler", "key.pem")
        self.make()

    def make(self, *more):
        expect("gaia cert make", run(self.gaia, "cert", "make", self.folder, "--scheduler", HOST, *more)[0], 0)

    def context(self, lowest=ssl.TLSVersion.TLSv1_2, highest=ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=self.authority)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version, context.maximum_version = lowest, highest
        if lowest < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
        return context


class Client:
    """One connection of TLS."""

    def __init__(self, server, context, name=HOST):
        address = urllib.parse.urlsplit(server.note["remote_api"])
        plain = socket.create_connection((address.hostname, address.port), PATIENCE_S)
        try:
            self.socket = context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise

    def get(self, path, token):
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket.sendall(head.encode())
        answer = http.client.HTTPResponse(self.socket)
        answer.begin()
        answer.read()
        return answer.status

    def close(self):
        self.socket.close()


def fails(what, error, action):
    try:
        action()
    except error:
        return
    raise SystemExit(f"{what}: it was taken")


def try_versions(server, certificates):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client = Client(server, certificates.context(version, version))
        expect(f"a request by {version}", client.get("/v1/jobs", server.secret), 200)
        expect("the version", client.socket.version().replace(".", "_"), version.name)
        expect("a wrong token", client.get("/v1/jobs", "x"), 401)
        client.close()
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        fails(f"{version}", (ssl.SSLError, ConnectionError),
              lambda version=version: Client(server, certificates.context(version, version)))
    fails("another authority", ssl.SSLCertVerificationError, lambda: Client(server, ssl.create_default_context()))
    fails("another name", ssl.SSLCertVerificationError, lambda: Client(server, certificates.context(), "elsewhere.example"))


def try_without_tls(server):
    address = urllib.parse.urlsplit(server.note["remote_api"])
    for data in (b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01" + b"a" * 5000, b"", b"\x00" * 20000):
        with socket.create_connection((address.hostname, address.port), PATIENCE_S) as plain:
            got = b""
            with contextlib.suppress(ConnectionError):
                plain.sendall(data)
                while True:
                    piece = plain.recv(65536)
                    if not piece:
                        break
                    got += piece
            expect(f"what {data[:10]} is answered", b"HTTP/1" in got, False)


def try_command(server, certificates, folder):
    """`gaia` by an address, with a token and an authority."""
    gaia = certificates.gaia
    url = server.note["remote_api"]
    status, token, told = run(gaia, "token", "create", "n", "--scope", "read", "--state", server.state)
    expect(f"gaia token create: {told}", status, 0)
    path = os.path.join(folder, "token")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(token)
    where = ["--scheduler", url, "--token-file", path]
    trusted = [*where, "--ca", certificates.authority]
    expect("gaia jobs", run(gaia, *trusted, "jobs")[::2], (0, ""))
    expect("gaia executors --json", '"executors"' in run(gaia, *trusted, "executors", "--json")[1], True)
    expect("by the environment", run(gaia, "jobs", GAIA_SCHEDULER=url + "/", GAIA_TOKEN_FILE=path,
                                     GAIA_CA_FILE=certificates.authority)[::2], (0, ""))
    expect("--state goes first", run(gaia, *where, "jobs", "--state", server.state)[::2], (0, ""))
    status, _, told = run(gaia, *trusted, "token", "list")
    expect(f"what a reader may not do: {told}", (status, "scope admin is wanted" in told), (3, True))
    status, _, told = run(gaia, *where, "jobs")
    expect(f"an authority that nobody knows: {told}", (status, "--ca FILE" in told), (3, True))
    for wrong in (url.replace("https", "http"), "http://sched.example:7460", "ftp://x", "https://u@x", "x", "https://x y"):
        status, _, told = run(gaia, "--scheduler", wrong, "--token-file", path, "jobs")
        expect(f"{wrong}: {told}", (status, "https" in told), (2, True))
    expect("no token's file", run(gaia, "--scheduler", url, "jobs")[0], 2)
    expect("no value", run(gaia, "--scheduler")[0], 2)
    os.chmod(path, 0o644)
    status, _, told = run(gaia, *trusted, "jobs")
    expect(f"a token that others may read: {told}", (status, "0644" in told), (3, True))
    os.chmod(path, 0o600)
    with open(path, "w", encoding="ascii") as file:
        file.write("gaia_" + "0" * 64)
    status, _, told = run(gaia, *trusted, "jobs")
    expect(f"a wrong token: {told}", (status, "does not know this token" in told), (3, True))


def try_expiry(server, certificates):
    """The metric tells when the certificate that a client sees ends; of executors' listeners there are none here."""
    client = Client(server, certificates.context())
    ends = int(ssl.cert_time_to_seconds(client.socket.getpeercert()["notAfter"]))
    client.close()
    line = f'gaia_certificate_expiry_timestamp_seconds{{listener="api"}} {ends}'

    def lines():
        return server.ask("GET", "/metrics")[2].decode().split("\n")
    wait(line, lambda: line in lines())
    expect("certificates", sum(one.startswith("gaia_certificate_expiry_timestamp_seconds{") for one in lines()), 1)


def try_renewal(server, certificates):
    """SIGHUP takes up a new certificate; what is under way goes on, and a bad one changes nothing."""
    def serial():
        client = Client(server, certificates.context())
        found = client.socket.getpeercert()["serialNumber"]
        expect("a request", client.get("/v1/jobs", server.secret), 200)
        client.close()
        return found

    def log():
        with open(os.path.join(server.state, "gaia-scheduler.log"), encoding="utf-8") as file:
            return file.read()
    before = serial()
    earlier = log().count("] certificate_renewed: ")
    for turn in (1, 2, 3):
        held = Client(server, certificates.context())
        expect("a request before", held.get("/v1/jobs", server.secret), 200)
        certificates.make("--renew")
        server.processes[0].send_signal(signal.SIGHUP)
        wait("the new certificate", lambda: serial() != before)
        expect("the old connection", held.get("/v1/jobs", server.secret), 200)
        held.close()
        try_expiry(server, certificates)
        before = serial()
        expect("renewals in the log", log().count("] certificate_renewed: "), earlier + turn)
    with open(certificates.certificate, "r+b") as file:
        file.truncate(100)
    server.processes[0].send_signal(signal.SIGHUP)
    wait("the refusal", lambda: "] certificate_kept: " in log())
    expect("the certificate", serial(), before)


def try_streams(server, certificates):
    """Events of a job that waits: a renewal keeps them, the next one ends them, and with them nothing else."""
    body = json.dumps({"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": ["/nowhere/forecast.nc"]}],
                       "truth": {"files": ["/nowhere/truth.nc"]}, "queue": {"not_before": "2999-01-01T00:00Z"}})
    status, _, answer = server.ask("POST", "/v1/jobs", body.encode())
    expect("a job that waits", status, 201)
    path = f"/v1/jobs/{json.loads(answer)['id']}/events"
    head = f"GET {path} HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {server.secret}\r\n\r\n"
    streams = [Client(server, certificates.context()) for _ in range(4)]
    texts = []
    for stream in streams:
        stream.socket.sendall(head.encode())
        text = b""
        while b"\n\n" not in text:
            text += stream.socket.recv(4096)
        expect("the first event", b"event: state" in text, True)
        texts.append(text)

    def renew(n):
        certificates.make("--renew")
        server.processes[0].send_signal(signal.SIGHUP)
        wait("the renewal", lambda: server_log(server).count("] certificate_renewed: ") == n)
    before = server_log(server).count("] certificate_renewed: ")
    renew(before + 1)
    expect("a comment after the first renewal", b"still here" in streams[0].socket.recv(4096), True)
    renew(before + 2)
    for stream in streams:
        while stream.socket.recv(4096):
            pass
        stream.close()
    client = Client(server, certificates.context())
    expect("a request", client.get("/v1/jobs", server.secret), 200)
    client.close()


def server_log(server):
    with open(os.path.join(server.state, "gaia-scheduler.log"), encoding="utf-8") as file:
        return file.read()


def try_in_the_clear(build):
    def start(*options):
        with tempfile.TemporaryDirectory(prefix="gaia-api-") as state:
            return run(os.path.join(build, "gaia-scheduler"), "--state", state, *options)
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        status, _, told = start("--api-listen", host, "--api-listen-port", "0")
        expect(f"{host}: {told}", (status, "--api-insecure" in told), (2, True))
    expect("a name", start("--api-listen", "sched.example", "--api-insecure")[0], 2)
    expect("a key alone", start("--api-listen", HOST, "--api-key", "x")[0], 2)
    expect("no such file", start("--api-listen", HOST, "--api-certificate", "/nowhere", "--api-key", "/nowhere")[0], 3)
    server = Server(build, "--api-listen", "0.0.0.0", "--api-listen-port", "0", "--api-insecure")
    try:
        expect("the address", server.note["remote_api"].startswith("http://0.0.0.0:"), True)
        server.address = HOST + server.note["remote_api"][len("http://0.0.0.0"):]
        expect("a request", server.ask("GET", "/v1/jobs")[0], 200)
        with open(os.path.join(server.state, "gaia-scheduler.log"), encoding="utf-8") as log:
            expect("it is said", "has no TLS" in log.read(), True)
    finally:
        server.end()


def try_node(build):
    """gaia-node passes the options on, and SIGHUP, which ends nobody who has no certificate to renew."""
    node = os.path.join(build, "gaia-node")
    status, _, told = run(node, "--scheduler", "x", "--api-rate", "1")
    expect(f"a limit of a scheduler elsewhere: {told}", (status, "--api-rate is of a scheduler here" in told), (2, True))
    with tempfile.TemporaryDirectory(prefix="gaia-api-") as state:
        note = os.path.join(state, "scheduler.json")
        with subprocess.Popen([node, "--state", state, "--executors", "1", "--memory", "64MiB", "--device", "cpu",
                               "--api-listen", HOST, "--api-listen-port=0", "--api-insecure", "--api-idle", "9"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                wait("the scheduler", lambda: os.path.exists(note))
                with open(note, encoding="utf-8") as file:
                    expect("its address", json.load(file)["remote_api"].startswith(f"http://{HOST}:"), True)
                process.send_signal(signal.SIGHUP)
            finally:
                process.terminate()
            told = process.communicate()[1]
        expect(f"how the scheduler ended: {told}", 'process=scheduler' in told and "signal 1 " not in told, True)


def main(build):
    with tempfile.TemporaryDirectory(prefix="gaia-api-") as folder:
        certificates = Certificates(build, os.path.join(folder, "certificates"))
        server = Server(build, "--api-listen", HOST, "--api-listen-port", "0", "--api-certificate",
                        certificates.certificate, "--api-key", certificates.key, "--api-idle", "5",
                        "--api-request-time", "5")
        try:
            expect("the address", server.note["remote_api"].startswith(f"https://{HOST}:"), True)
            try_versions(server, certificates)
            try_without_tls(server)
            try_expiry(server, certificates)
            try_command(server, certificates, folder)
            try_streams(server, certificates)
            try_renewal(server, certificates)
            expect("the loopback address", server.ask("GET", "/v1/jobs")[0], 200)
        finally:
            server.end()
    try_in_the_clear(build)
    try_node(build)


if __name__ == "__main__":
    main(*sys.argv[1:])
