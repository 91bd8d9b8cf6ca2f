# SPDX-License-Identifier: MIT
"""The files of monitoring/ as the tests see them: alerts and their tests line by line, in the one form that they have
there, which is YAML; metrics and their labels of the README; names and matchers in an expression. No library is needed,
so that it is checked wherever the tests run; promtool reads the same files in watch_test.py.

Invariant: a line that is not of the form is an error, not left out."""
import json
import os
import re

AGGREGATIONS = {"sum", "min", "max", "avg", "count", "stddev", "topk", "bottomk", "quantile"}
WORDS = AGGREGATIONS | {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool"}
# What Prometheus itself makes, and the labels that it adds.
OTHERS = {"up": {}}
ADDED = {"instance": None, "job": None}

QUOTED = r"'((?:[^']|'')*)'"
LINES = {
    "alert": re.compile(r"  - alert: (\w+)"),
    "expr": re.compile(r"    expr: (.+)"),
    "more": re.compile(r"      (\S.*)"),
    "for": re.compile(r"    for: (\w+)"),
    "labels": re.compile(r"    labels: \{severity: (\w+)\}"),
    "annotations": re.compile(r"    annotations:"),
    "summary": re.compile(r"      summary: " + QUOTED),
    "description": re.compile(r"      description: " + QUOTED),
    "runbook": re.compile(r"      runbook: (\S+)"),
}
OUTSIDE = re.compile(r"(groups:|- name: [\w-]+|  rules:|#.*|)")
SERIES = re.compile(r"\{series: " + QUOTED + r", values: '[^']+'\}")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


class Wrong(Exception):
    """A file is not as it should be."""


def text_of(source, name):
    with open(os.path.join(source, "monitoring", name), encoding="utf-8") as stream:
        return stream.read()


def alerts(text):
    """{name: {expr, for, severity, summary, description, runbook}} of alerts.yml."""
    found, alert, folded = {}, None, False
    for line in text.splitlines():
        name, match = next(((n, m) for n, m in ((n, LINES[n].fullmatch(line)) for n in LINES)
                            if m and n != "more"), (None, None))
        if name == "alert":
            if match[1] in found:
                raise Wrong(f"{match[1]} is there twice")
            alert, folded = found.setdefault(match[1], {}), False
        elif name is not None and alert is not None:
            folded = name == "expr" and match[1] == ">-"
            key = "severity" if name == "labels" else name
            if name != "annotations":
                alert[key] = "" if folded else match[1].replace("''", "'")
        elif alert is not None and folded and LINES["more"].fullmatch(line):
            alert["expr"] = (alert["expr"] + " " + line.strip()).strip()
        elif not OUTSIDE.fullmatch(line):
            raise Wrong(f"alerts.yml: {line!r}")
    return found


def cases(text):
    """({alert: times at which it fires}, {alert: times at which it is silent}, [series]) of alerts_test.yml."""
    fires, silent = {}, {}
    for name, time in re.findall(r"\{alertname: (\w+), eval_time: (\w+), exp_alerts: \[\]\}", text):
        silent.setdefault(name, []).append(time)
    for name, time in re.findall(r"- alertname: (\w+)\n    eval_time: (\w+)\n    exp_alerts:\n    - exp_labels: ", text):
        fires.setdefault(name, []).append(time)
    named = len(re.findall(r"\balertname: ", text))
    if named != sum(map(len, fires.values())) + sum(map(len, silent.values())):
        raise Wrong("alerts_test.yml: a case has another form")
    return fires, silent, [series.replace("''", "'") for series in SERIES.findall(text)]


def metrics(text):
    """{name: {label: values, or None for any}} of the README, histograms by the names of their series."""
    found = dict(OTHERS)
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| `gaia_") or len(cells) != 5:
            continue
        labels = {}
        for label in filter(None, cells[3].split("; ")):
            name, _, values = label.partition(": ")
            labels[name.strip("`")] = values.split(", ") if values else None
        name = cells[0].strip("`")
        if cells[1] == "histogram":
            found[name + "_bucket"] = dict(labels, le=None)
            found[name + "_sum"] = found[name + "_count"] = labels
        else:
            found[name] = labels
    return found


def selectors(expr):
    """[(metric, [(label, operator, value)])] of a PromQL expression."""
    strings = []

    def keep(match):
        strings.append(match[0])
        return f'"s{len(strings) - 1}"'
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', keep, expr)
    for dropped in (r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", r"\[[^\]]*\]", r"\b\d[\w.]*"):
        plain = re.sub(dropped, " ", plain)
    found = []
    for name, braces, call in re.findall(r"([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?", plain):
        if name not in WORDS and (braces or not call):  # neither an operator nor a function
            found.append((name, MATCHER.findall(re.sub(r'"s(\d+)"', lambda number: strings[int(number[1])], braces))))
    return found


def check_selectors(expr, known):
    """Every metric is one that there is, and so is every label and each of its values that is asked for."""
    found = selectors(expr)
    for name, matchers in found:
        if name not in known:
            raise Wrong(f"{name}: no such metric, in {expr}")
        labels = dict(known[name], **ADDED)
        for label, operator, value in matchers:
            if label not in labels:
                raise Wrong(f"{name}: no label {label}, in {expr}")
            values = value.split("|") if operator in ("=~", "!~") else [value]
            if labels[label] is not None and not set(values) <= set(labels[label]):
                raise Wrong(f"{name}: {label} is never {value}, in {expr}")
    return found


def panels(source):
    with open(os.path.join(source, "monitoring/grafana/dashboards/gaia.json"), encoding="utf-8") as stream:
        return json.load(stream)
