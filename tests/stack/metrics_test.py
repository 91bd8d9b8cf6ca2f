# SPDX-License-Identifier: MIT
"""The metrics of a real scheduler with a real executor after real jobs: their text follows the grammar that
Prometheus reads, their numbers are those of what was done, and they are those of monitoring/README.md, each of them.

usage: metrics_test.py BUILD SOURCE

Invariant: only processes that this test has started are signalled, and all of them are gone at its end."""
import json
import math
import os
import re
import sys
import tempfile

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
COMMENT = re.compile(rf"# (HELP|TYPE) ({NAME}) (.*)")


class Wrong(Exception):
    """The text is not what Prometheus reads."""


def labels_read(text):
    labels, at = {}, 0
    while at < len(text):
        label = LABEL.match(text, at)
        if not label or label[1] in labels or (at > 0 and text[at - 1] != ","):
            raise Wrong(f"labels {text!r}")
        labels[label[1]] = label[2]
        at = label.end() + (text[label.end():label.end() + 1] == ",")
    return labels


class Scrape:
    """A text exposition, version 0.0.4, taken apart strictly: of each metric first HELP, then TYPE, then its samples."""

    def __init__(self, text):
        self.help, self.type, self.samples, self.labels = {}, {}, {}, {}
        if not text.endswith("\n"):
            raise Wrong("the last line has no end")
        metric = None
        for line in text[:-1].split("\n"):
            comment = COMMENT.fullmatch(line)
            if comment and comment[1] == "HELP":
                metric = comment[2]
                if metric in self.help or re.search(r"\\(?![\\n])", comment[3]):
                    raise Wrong(line)
                self.help[metric], self.labels[metric] = comment[3], {}
            elif comment:
                if comment[2] != metric or metric in self.type or comment[3] not in ("counter", "gauge", "histogram"):
                    raise Wrong(line)
                self.type[metric] = comment[3]
            else:
                self.sample(metric, line)
        for metric, kind in self.type.items():
            if kind == "histogram":
                self.check_histogram(metric)

    def sample(self, metric, line):
        sample = SAMPLE.fullmatch(line)
        if not sample or metric not in self.type:
            raise Wrong(line)
        endings = ("_bucket", "_sum", "_count") if self.type[metric] == "histogram" else ("",)
        labels = labels_read(sample[2] or "")
        value = float(sample[3].replace("+Inf", "inf"))
        if sample[1] not in [metric + ending for ending in endings] or ("le" in labels) != (sample[1] != metric and
                                                                                           sample[1].endswith("_bucket")):
            raise Wrong(line)
        key = sample[1], tuple(labels.items())
        if key in self.samples or (self.type[metric] != "gauge" and (value < 0 or math.isnan(value))):
            raise Wrong(line)
        self.samples[key] = value
        for name, label in labels.items():
            if name != "le":
                self.labels[metric].setdefault(name, {})[label] = None

    def check_histogram(self, metric):
        series = {}
        for (name, labels), value in self.samples.items():
            if name == metric + "_bucket":
                rest = tuple(one for one in labels if one[0] != "le")
                series.setdefault(rest, []).append((float(dict(labels)["le"].replace("+Inf", "inf")), value))
        for rest, buckets in series.items():
            counts = [count for _, count in buckets]
            if buckets != sorted(buckets) or counts != sorted(counts) or buckets[-1][0] != math.inf:
                raise Wrong(f"{metric} {rest}: {buckets}")
            if self.samples[metric + "_count", rest] != counts[-1]:
                raise Wrong(f"{metric} {rest}: count")

    def get(self, name, **labels):
        return self.samples[name, tuple(labels.items())]


def self_check():
    """The grammar is one that finds fault."""
    good = '# HELP a b\n# TYPE a counter\na{x="\\"\\\\\\n,}"} 1\n'
    expect("a good text", Scrape(good).get("a", x='\\"\\\\\\n,}'), 1)
    histogram = '# HELP h b\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 3\nh_sum 4\nh_count 3\n'
    Scrape(histogram)
    for bad in (good[:-1], good + good, good.replace("counter", "count"), good.replace("a{", "b{"), good.replace(" 1", ""),
                good.replace('"}', '}'), good.replace('x="', 'x="" y="'), good.replace(" 1", " -1"),
                good.replace('\\\\', '\\x'), good + "a{x=\"1\"}  1\n", good.replace("# TYPE a counter\n", ""),
                histogram.replace("count 3", "count 4"), histogram.replace('"} 2', '"} 5'),
                histogram.replace('le="+Inf"', 'le="2"'), histogram.replace('{le="1"}', "")):
        try:
            Scrape(bad)
        except (Wrong, ValueError):
            continue
        raise SystemExit(f"this text was taken: {bad!r}")


def reference_read(source):
    """The rows of the README: name to (type, unit, labels, help)."""
    rows = {}
    with open(os.path.join(source, "monitoring/README.md"), encoding="utf-8") as readme:
        for line in readme:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("| `gaia_") and len(cells) == 5:
                labels = {}
                for label in filter(None, cells[3].split("; ")):
                    name, _, values = label.partition(": ")
                    labels[name.strip("`")] = values.split(", ") if values else None
                rows[cells[0].strip("`")] = cells[1], labels, cells[4]
    return rows


def compare_with_reference(scrape, source):
    rows = reference_read(source)
    expect("metrics of the README and of a scrape", sorted(rows), sorted(scrape.type))
    for name, (kind, labels, text) in rows.items():
        expect(f"{name}: type and text", (scrape.type[name], scrape.help[name]), (kind, text))
        if name == "gaia_certificate_expiry_timestamp_seconds":  # this scheduler has no TLS
            expect(f"{name}: labels", scrape.labels[name], {})
            continue
        expect(f"{name}: names of labels", list(scrape.labels[name]), list(labels))
        for label, values in labels.items():
            if values is not None:
                expect(f"{name}: values of {label}", list(scrape.labels[name][label]), values)


def submit(server, job):
    status, _, body = server.ask("POST", "/v1/jobs", json.dumps(job).encode())
    expect("status of a submission", status, 201)
    return json.loads(body)["id"]


def over(server, job):
    def is_over():
        return json.loads(server.ask("GET", "/v1/jobs/" + job)[2])["state"] in ("succeeded", "failed")
    wait("job " + job, is_over)
    return json.loads(server.ask("GET", "/v1/jobs/" + job)[2])


def scrape_of(server, token="right"):
    status, headers, body = server.ask("GET", "/metrics", token=token)
    expect("status and type", (status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
    return Scrape(body.decode())


def jobs_run(server, world):
    """Two jobs with scores, a task, and a job whose forecast is not there."""
    with open(world.job("gaia-day1", {"f": world.path("forecast.nc")}), encoding="utf-8") as stream:
        scored = json.load(stream)
    task = {"schema": "gaia.job/1", "task": "weather.hash.verification_compute",
            "request": {"schema": "gaia.hash/1", "source": {"files": [world.path("forecast.nc")]}}}
    lost = {"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": ["/nowhere/f.nc"]}],
            "truth": {"files": ["/nowhere/o.nc"]}}
    jobs = [over(server, submit(server, job)) for job in (scored, scored, task, lost)]
    expect("states", [job["state"] for job in jobs], ["succeeded", "succeeded", "succeeded", "failed"])
    return jobs


def compare_with_jobs(server, jobs):
    scrape = scrape_of(server)
    scored, task, lost = jobs[:2], jobs[2], jobs[3]
    plans = 2 + 1  # of the jobs with scores, and the one that failed
    batches = sum(job["batches_done"] for job in scored) - 2
    attempts = json.loads(server.ask("GET", f"/v1/jobs/{lost['id']}/attempts")[2])["attempts"]
    for name, labels, wanted in (
            ("gaia_weather_runs_submitted_total", {}, 4),
            ("gaia_weather_runs_finished_total", {"status": "succeeded"}, 3),
            ("gaia_weather_runs_finished_total", {"status": "failed"}, 1),
            ("gaia_compute_job_duration_seconds_count", {"kind": "plan"}, plans),
            ("gaia_compute_job_duration_seconds_count", {"kind": "score"}, batches),
            ("gaia_compute_job_duration_seconds_count", {"kind": "task"}, task["batches_done"]),
            ("gaia_leases_granted_total", {}, plans + batches + 1),
            ("gaia_results_total", {"outcome": "committed"}, plans + batches + 1),
            ("gaia_compute_job_failures_total", {"class": "invalid"}, len(attempts)),
            ("gaia_batches_dead_total", {"reason": "invalid"}, 1),
            ("gaia_results_total", {"outcome": "fenced"}, 0),
            ("gaia_scheduler_leads", {}, 1)):
        expect(f"{name} {labels}", scrape.get(name, **labels), wanted)
    expect("sums were stored", scrape.get("gaia_moments_stored_bytes_total") > 0, True)
    wait("the executor is ready", lambda: scrape_of(server).get("gaia_executors", state="ready") == 1)
    wait("a beat of it", lambda: scrape_of(server).get("gaia_executor_memory_rss_bytes", of="largest") > 0)
    return scrape_of(server)


def compare_with_work(scrape):
    """What the executor told of its work, where it is not known to the byte."""
    for name, labels in (("gaia_read_bytes_total", {"format": "netcdf"}), ("gaia_executor_cpu_seconds_total", {}),
                         ("gaia_kernel_seconds_total", {"device": "cpu"}), ("gaia_kernel_bytes_total", {"device": "cpu"}),
                         ("gaia_field_cache_requests_total", {"outcome": "miss"}),
                         ("gaia_executor_memory_rss_bytes", {"of": "largest"}), ("gaia_state_disk_free_bytes", {})):
        expect(f"{name} {labels} is something", scrape.get(name, **labels) > 0, True)
    for name in ("gaia_gpu_uploaded_bytes_total", "gaia_gpu_memory_used_bytes", "gaia_gpu_memory_limit_bytes",
                 "gaia_gpu_resident_bytes"):
        expect(f"{name} without a GPU", scrape.get(name), 0)
    expect("the day 1 composite", -1 <= scrape.get("gaia_weather_score_day1") <= 1, True)


def main(build, source):
    self_check()
    server = Server(build)
    try:
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder, [6], [500, 850])
            world.write()
            world.write_forecast("forecast.nc", world.forecast("g", 0.1))
            server.start("gaia-executor", "--state", server.state, "--threads", "1", "--memory", "64MiB", "--device", "cpu")
            first = scrape_of(server)
            scrape = compare_with_jobs(server, jobs_run(server, world))
            compare_with_reference(scrape, source)
            expect("series that came with the first result and score", sorted(set(scrape.samples) - set(first.samples)),
                   [("gaia_last_result_timestamp_seconds", ()), ("gaia_weather_score_day1", ())])
            expect("series that went", set(first.samples) - set(scrape.samples), set())
            compare_with_work(scrape)
            for key, value in first.samples.items():
                if key[0].endswith(("_total", "_count", "_bucket", "_sum")):
                    expect(f"{key} only grows", scrape.samples[key] >= value, True)
    finally:
        server.end()


if __name__ == "__main__":
    for folder in ("tests/scheduler", "tests/oracle"):
        sys.path.insert(0, os.path.join(sys.argv[2], folder))
    from api_server import Server, expect, wait
    from recipes import World
    main(*sys.argv[1:])
