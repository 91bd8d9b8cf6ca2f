# SPDX-License-Identifier: MIT
"""A stack that does real work, watched as monitoring/ says: a real Prometheus asks its scheduler over TLS, every
expression of the dashboard has data, no alert fires that should not, and one that should comes through Alertmanager
into a webhook, as does the deadman's.

usage: live_test.py BUILD SOURCE

Invariant: only processes that this test has started are signalled, and all of them are gone at its end; everything is on
the loopback network."""
import http.server
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

import tools
from rules import alerts, panels, text_of

HOST = "127.0.0.2"  # the scheduler's, for other machines
NOTHING = "/nowhere/f.nc"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted, by path: the server's `got`."""

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.setdefault(self.path, []).extend(message["alerts"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def receiver_start():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got = {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def port_free():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Programs:
    """What runs for the test, each with a log in the folder."""

    def __init__(self, folder):
        self.folder, self.running = folder, []

    def start(self, *words):
        with open(os.path.join(self.folder, os.path.basename(words[0]) + ".log"), "ab") as log:
            self.running.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder))

    def end(self):
        for process in reversed(self.running):
            process.terminate()
            try:
                process.wait(tools.PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return [process.returncode for process in self.running]

    def tail(self):
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as log:
                    print(f"---- {name}\n{''.join(log.readlines()[-15:])}")


def stack_start(programs, build, folder):
    """A node with its state, certificates and the file of Prometheus' token; the scheduler's address."""
    state, gaia = os.path.join(folder, "state"), os.path.join(build, "gaia")
    certificates, own = os.path.join(folder, "certs"), os.path.join(folder, "certs", "scheduler")
    os.mkdir(state, 0o700)
    tools.run(gaia, "cert", "make", certificates, "--scheduler", HOST, "--state", state)
    programs.start(os.path.join(build, "gaia-node"), "--state", state, "--executors", "2", "--threads", "1", "--device",
                   "cpu", "--memory", "64MiB", "--batches", "3", "--lifetime-min", "1", "--api-listen", HOST,
                   "--api-listen-port", "0", "--api-certificate", os.path.join(own, "certificate.pem"), "--api-key",
                   os.path.join(own, "key.pem"))
    note = os.path.join(state, "scheduler.json")
    wait("the scheduler", lambda: os.path.exists(note))
    with open(os.path.join(folder, "token"), "w", encoding="utf-8") as stream:
        made = json.loads(tools.run(gaia, "token", "create", "prometheus", "--scope", "read", "--state", state, "--json"))
        stream.write(made["token"])
    with open(note, encoding="utf-8") as stream:
        return state, urllib.parse.urlsplit(json.load(stream)["remote_api"]).netloc


def configure(source, folder, name, changes):
    """Copies a file of monitoring/ into the folder with what is of this machine in place of what is of containers."""
    with open(os.path.join(source, "monitoring", name), encoding="utf-8") as stream:
        text = stream.read()
    for old, new in changes.items():
        if old not in text:
            raise SystemExit(f"{name}: there is no {old}")
        text = text.replace(old, new)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
        stream.write(text)


def watch_start(programs, source, folder, scheduler, receiver, paths):
    """Alertmanager and Prometheus; the latter's address."""
    prometheus, alertmanager = f"127.0.0.1:{port_free()}", f"127.0.0.1:{port_free()}"
    configure(source, folder, "alertmanager.yml", {"receiver.invalid": f"127.0.0.1:{receiver.server_port}",
                                                   "group_wait: 30s": "group_wait: 0s"})
    configure(source, folder, "prometheus.yml",
              {"15s": "1s", "alertmanager:9093": alertmanager, "server_name: scheduler": f"server_name: {HOST}",
               "dns_sd_configs: [{names: [scheduler, scheduler-green], type: A, port: 7460, refresh_interval: 5s}]":
               f"static_configs: [{{targets: ['{scheduler}']}}]",
               "/etc/prometheus/gaia-token": os.path.join(folder, "token"),
               "/etc/prometheus/gaia-ca.pem": os.path.join(folder, "certs", "ca.pem")})
    shutil.copy(os.path.join(source, "monitoring", "alerts.yml"), folder)
    programs.start(paths[1], "--config.file=alertmanager.yml", f"--web.listen-address={alertmanager}",
                   "--cluster.listen-address=", "--storage.path=alertmanager")
    programs.start(paths[0], "--config.file=prometheus.yml", f"--web.listen-address={prometheus}",
                   "--storage.tsdb.path=prometheus")
    return prometheus


class Prometheus:
    def __init__(self, address):
        self.address = address

    def ask(self, path, **query):
        """The data of an answer of its HTTP API; None while there is none."""
        try:
            address = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(query)}"
            with urllib.request.urlopen(address, timeout=tools.PATIENCE_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            if refused.code == 503:  # it begins
                return None
            raise SystemExit(f"{query}: {refused.read().decode()}") from None
        except OSError:
            return None

    def values(self, expr):
        """Those that are numbers."""
        data = self.ask("query", query=expr) or {"result": []}
        return [float(one["value"][1]) for one in data["result"] if not math.isnan(float(one["value"][1]))]

    def firing(self):
        return sorted({alert["labels"]["alertname"] for alert in self.ask("alerts")["alerts"]
                       if alert["state"] == "firing"})

    def rules_check(self, n_wanted):
        """All rules were evaluated, without an error."""
        rules = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
        expect("rules", len(rules), n_wanted)
        expect("rules that cannot be evaluated",
                     [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"], [])


def work(build, state, folder, inside):
    """Jobs of both recipes, and a hash."""
    world = World(inside, [6, 24], [500, 850])
    world.write()
    world.write_forecast("forecast.nc", world.forecast("g", 0.1))
    task = os.path.join(folder, "task.json")
    with open(task, "w", encoding="utf-8") as stream:
        json.dump({"schema": "gaia.job/1", "task": "weather.hash.verification_compute", "request": {
            "schema": "gaia.hash/1", "source": {"files": [world.path("forecast.nc")]}}}, stream)
    gaia = os.path.join(build, "gaia")
    for profile, lead in (("gaia-day1", 6), ("gaia-era5", 24)):
        with open(world.job(profile, {"f": world.path("forecast.nc")}, leads=[lead], levels=[850, 500]),
                  encoding="utf-8") as stream:
            job = json.load(stream)
        for name in ("a", "b"):
            path = os.path.join(folder, "job.json")
            with open(path, "w", encoding="utf-8") as stream:
                json.dump(dict(job, name=name), stream)
            tools.run(gaia, "submit", path, "--wait", "--state", state)
    tools.run(gaia, "submit", task, "--wait", "--state", state)


def expressions(source):
    """Of each panel, as Grafana would ask them."""
    for panel in panels(source)["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$instance", ".*").replace("$__rate_interval", "2m")


def panels_check(prometheus, source):
    wanted = list(expressions(source))

    def empty():
        return [(title, expr) for title, expr in wanted if not prometheus.values(expr)]
    try:
        wait("data for every panel", lambda: not empty())
    finally:
        for title, expr in empty():
            print(f"{title}: no data of {expr}")
    expect("the values of the dashboard's variable", len(prometheus.values("gaia_build_info")), 1)
    print(f"{len(wanted)} expressions have data")


def alert_check(prometheus, receiver, build, state, folder):
    """Nothing fires but the deadman; a job fails, and whoever is to hear of it does."""
    wait("the deadman's message", lambda: receiver.got.get("/deadman"))
    expect("alerts on a good day", prometheus.firing(), ["GaiaDeadman"])
    path = os.path.join(folder, "lost.json")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": [NOTHING]}],
                   "truth": {"files": [NOTHING]}}, stream)
    done = subprocess.run([os.path.join(build, "gaia"), "submit", path, "--wait", "--state", state],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect("a job without its files", done.returncode, 3)

    def told():
        return [alert for alert in receiver.got.get("/operators", []) if alert["labels"]["alertname"] == "GaiaJobFailures"]
    wait("the alert's message", told)
    alert = told()[0]
    expect("the alert", (alert["status"], alert["labels"]["severity"], alert["annotations"]["runbook"]),
                 ("firing", "warning", "monitoring/RUNBOOK.md#gaiajobfailures"))
    print("told:", alert["annotations"]["summary"], "|", alert["annotations"]["description"])


def main(build, source):
    paths = tools.find("prometheus", "prometheus-alertmanager|alertmanager")
    with tempfile.TemporaryDirectory(prefix="gaia-watch-") as folder, tempfile.TemporaryDirectory() as inside:
        programs, receiver = Programs(folder), receiver_start()
        try:
            state, scheduler = stack_start(programs, build, folder)
            prometheus = Prometheus(watch_start(programs, source, folder, scheduler, receiver, paths))
            wait("the first scrape", lambda: prometheus.values('up{job="gaia"}') == [1])
            work(build, state, folder, inside)
            panels_check(prometheus, source)
            expect("what was scraped", prometheus.values('up{job="gaia"}'), [1])
            prometheus.rules_check(len(alerts(text_of(source, "alerts.yml"))))
            alert_check(prometheus, receiver, build, state, folder)
        except BaseException:
            programs.tail()
            raise
        finally:
            receiver.shutdown()
            ends = programs.end()
        expect("exit statuses", ends, [0, 0, 0])


if __name__ == "__main__":
    for name in ("tests/oracle", "tests/scheduler"):
        sys.path.insert(0, os.path.join(sys.argv[2], name))
    from api_server import expect, wait
    from recipes import World
    main(*sys.argv[1:])
