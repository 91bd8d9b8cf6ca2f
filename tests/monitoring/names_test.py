# SPDX-License-Identifier: MIT
"""Alerts, their tests and runbook, and the dashboard, held against each other and against the metrics that there are.

usage: names_test.py BUILD SOURCE"""
import os
import re
import subprocess
import sys

from rules import Wrong, alerts, cases, check_selectors, metrics, panels, selectors, text_of

ALERTS_LEAST = 31   # those of before, and what is new in this system
PANELS_LEAST = 14
ROWS = ["Process health", "Throughput", "Scheduler health", "GPUs", "Scores"]
SEVERITIES = ("critical", "warning", "info", "none")


def check(what, good, but=""):
    if not good:
        raise Wrong(f"{what}{': ' if but else ''}{but}")


def self_check():
    """What reads expressions finds what is wrong in them."""
    known = {"a": {"x": ["1", "2"]}, "b_total": {}}
    good = 'sum by (x) (rate(a{x=~"1|2",instance=~"$i"}[5m])) / on (x) max(b_total) > 2e9 or vector(0) == 1.5'
    check("selectors", selectors(good) == [("a", [("x", "=~", "1|2"), ("instance", "=~", "$i")]), ("b_total", [])],
          selectors(good))
    check_selectors(good, known)
    for bad in (good.replace("b_total", "c_total"), good.replace("1|2", "1|3"), good.replace("{x", "{y")):
        try:
            check_selectors(bad, known)
        except Wrong:
            continue
        raise Wrong(f"this was taken: {bad}")
    for bad in ("  - alert: A\n  - alert: A\n", "  - alert: A\n    unless: b\n"):
        try:
            alerts(bad)
        except Wrong:
            continue
        raise Wrong(f"this was taken: {bad}")


def check_alerts(source, known):
    rules = alerts(text_of(source, "alerts.yml"))
    check("alerts", len(rules) >= ALERTS_LEAST, len(rules))
    for name, rule in rules.items():
        check(name, set(rule) - {"for"} == {"expr", "severity", "summary", "description", "runbook"}, sorted(rule))
        check(name, rule["severity"] in SEVERITIES, rule["severity"])
        check(name, rule["runbook"] == "monitoring/RUNBOOK.md#" + name.lower(), rule["runbook"])
        check(name, check_selectors(rule["expr"], known) != [], "it looks at nothing")
    fires, silent, series = cases(text_of(source, "alerts_test.yml"))
    for name in rules:
        check(f"{name} is tested firing and silent", name in fires and name in silent)
    check("alerts that are tested", set(fires) | set(silent) == set(rules), (set(fires) | set(silent)) ^ set(rules))
    check("series of the tests", len(series) > len(rules))
    for one in series:
        check_selectors(one, known)
    return rules


def check_runbook(source, build, rules):
    text = text_of(source, "RUNBOOK.md")
    sections = dict(re.findall(r"^### (\w+)\n\n(.+?)\n(?=\n#|\Z)", text, re.M | re.S))
    check("the runbook's headings", set(re.findall(r"^### (.+)$", text, re.M)) == set(rules) == set(sections),
          set(sections) ^ set(rules))
    for name, paragraph in sections.items():
        said = paragraph.split(".")[0].lower()
        wanted = "no severity" if rules[name]["severity"] == "none" else rules[name]["severity"]
        check(f"{name}: severity in the runbook", said == wanted, said)
        check(f"{name}: a paragraph", len(paragraph) > 150, paragraph)
    help_text = subprocess.run([os.path.join(build, "gaia"), "help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    commands = set(re.findall(r"^  (\w+) ", help_text, re.M))
    for command in re.findall(r"`gaia (\w+)", text):
        check("the runbook's commands", command in commands, command)
    options = "".join(subprocess.run([os.path.join(build, program), "--help"], stdout=subprocess.PIPE, text=True,
                                     check=True).stdout for program in ("gaia-scheduler", "gaia-node", "gaia-executor"))
    for option in re.findall(r"`(--[\w-]+)", text):
        check("the runbook's options", option + " " in options, option)
    known = metrics(text_of(source, "README.md"))
    for metric in re.findall(r"`(gaia_\w+)", text):
        check("the runbook's metrics", metric in known, metric)


def check_dashboard(source, known):
    dashboard = panels(source)
    rows = [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"]
    drawn = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    check("rows of the dashboard", rows == ROWS, rows)
    check("panels of the dashboard", len(drawn) >= PANELS_LEAST, len(drawn))
    for numbers in ([panel["id"] for panel in dashboard["panels"]], [panel["title"] for panel in drawn]):
        check("ids and titles are each one panel's", len(set(numbers)) == len(numbers), numbers)
    variables = {one["name"]: one for one in dashboard["templating"]["list"]}
    check("the variables", set(variables) == {"datasource", "instance"}, sorted(variables))
    check_selectors(re.fullmatch(r"label_values\((\w+), instance\)", variables["instance"]["query"])[1], known)
    taken = set()
    for panel in drawn:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        check(f"the place of {panel['title']}", not cells & taken and at["x"] + at["w"] <= 24, at)
        taken |= cells
        for target in panel["targets"]:
            for name, matchers in check_selectors(target["expr"], known):
                check(f"{panel['title']}: {name} is of the instance", ("instance", "=~", "$instance") in matchers)
    return drawn


def main(build, source):
    self_check()
    known = metrics(text_of(source, "README.md"))
    check("metrics of the README", len(known) > 40, len(known))
    rules = check_alerts(source, known)
    check_runbook(source, build, rules)
    drawn = check_dashboard(source, known)
    print(f"{len(rules)} alerts, {len(drawn)} panels")


if __name__ == "__main__":
    main(*sys.argv[1:])
