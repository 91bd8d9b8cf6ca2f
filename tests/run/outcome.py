# SPDX-License-Identifier: MIT
"""What came of a run: ctest's reports read, counted and joined.

A test that could not be run at all has failed; one that says that it does not apply here was skipped."""
import collections
import xml.etree.ElementTree as ET

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

Outcome = collections.namedtuple("Outcome", "suite name kind state seconds output")


def state(case):
    """Of one <testcase> of ctest's."""
    status = case.get("status")
    if status == "run":
        return PASSED
    skipped = case.find("skipped")
    reason = skipped.get("message", "") if skipped is not None else ""
    if status == "disabled" or (status == "notrun" and reason.startswith("SKIP_")):
        return SKIPPED
    return FAILED


def read(path, suite, kinds):
    """The outcomes in ctest's JUnit file; kinds: the kind of each test by its name."""
    outcomes = []
    for case in ET.parse(path).getroot().iter("testcase"):
        name = case.get("name")
        outcomes.append(Outcome(suite, name, kinds.get(name, "other"), state(case), float(case.get("time") or 0),
                                case.findtext("system-out") or ""))
    return outcomes


def count(outcomes):
    return collections.Counter(outcome.state for outcome in outcomes)


def closing_line(outcomes):
    counts = count(outcomes)
    line = f"{counts[PASSED]} passed, {counts[FAILED]} failed"
    return line + (f", {counts[SKIPPED]} skipped" if counts[SKIPPED] else "")


def table(outcomes):
    """A line for each kind of test in each suite: how many, and how long they took one after the other."""
    groups = {}
    for outcome in outcomes:
        groups.setdefault((outcome.suite, outcome.kind), []).append(outcome)
    lines = [f"{'suite':<14}{'tests of':<14}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    for (suite, kind), group in groups.items():
        counts = count(group)
        seconds = sum(outcome.seconds for outcome in group)
        lines.append(f"{suite:<14}{kind:<14}{counts[PASSED]:>8}{counts[FAILED]:>8}{counts[SKIPPED]:>9}{seconds:>9.0f}")
    return lines


def names(outcomes, wanted):
    return [f"  {outcome.suite}: {outcome.name}" for outcome in outcomes if outcome.state == wanted]


def write_junit(path, outcomes):
    """One file of all suites."""
    root = ET.Element("testsuites")
    suites = {}
    for outcome in outcomes:
        suites.setdefault(outcome.suite, []).append(outcome)
    for name, group in suites.items():
        counts = count(group)
        element = ET.SubElement(root, "testsuite", name=name, tests=str(len(group)), failures=str(counts[FAILED]),
                                skipped=str(counts[SKIPPED]), time=f"{sum(o.seconds for o in group):.3f}")
        for outcome in group:
            case = ET.SubElement(element, "testcase", name=outcome.name, classname=f"{name}.{outcome.kind}",
                                 time=f"{outcome.seconds:.3f}")
            if outcome.state == FAILED:
                ET.SubElement(case, "failure", message="failed").text = clean(outcome.output)
            elif outcome.state == SKIPPED:
                ET.SubElement(case, "skipped")
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def clean(text):
    """Without the characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
