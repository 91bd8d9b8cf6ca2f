# SPDX-License-Identifier: MIT
"""The dashboard against Grafana's published schema, tests/data/grafana: TypeScript types, so the compiler holds every
member against them, and says of each of some dashboards with a fault that it has one.

usage: dashboard_test.py SOURCE"""
import copy
import json
import os
import sys
import tempfile

import tools
from rules import panels

# Enumerations are declared as such, and JSON has their values.
HEAD = """import * as dashboard from './dashboard';
import * as stat from './stat';
import * as timeseries from './timeseries';
type Plain<T> = T extends string ? `${T}` : T extends (infer E)[] ? Plain<E>[]
    : T extends object ? {[K in keyof T]: Plain<T[K]>} : T;
"""
OPTIONS = {"compilerOptions": {"strict": True, "noEmit": True, "target": "es2020", "module": "es2020",
                               "moduleResolution": "node", "types": [], "baseUrl": ".",
                               "paths": {"@grafana/schema": ["./common"]}}, "files": ["check.ts"]}


def drawn(dashboard, kind):
    return next(panel for panel in dashboard["panels"] if panel["type"] == kind)


# What is changed in a dashboard, which is then wrong.
FAULTS = (
    lambda d: d.update(panel=[]),
    lambda d: d.pop("schemaVersion"),
    lambda d: d.update(graphTooltip="shared"),
    lambda d: drawn(d, "stat").update(gridPos={"x": 0, "y": 0, "w": "4", "h": 7}),
    lambda d: drawn(d, "stat").pop("type"),
    lambda d: drawn(d, "stat")["fieldConfig"]["defaults"]["thresholds"].update(mode="absolut"),
    lambda d: drawn(d, "stat")["fieldConfig"].update(override=[]),
    lambda d: d["templating"]["list"][0].update(type="data source"),
    lambda d: drawn(d, "stat")["options"].update(colorMode="values"),
    lambda d: drawn(d, "timeseries")["options"].pop("legend"),
    lambda d: drawn(d, "timeseries")["options"]["tooltip"].update(mode="many"),
    lambda d: drawn(d, "timeseries")["fieldConfig"]["defaults"]["custom"].update(showPoints=False),
)


def lines_of(dashboard):
    """The dashboard as TypeScript, in one line: as a whole, and what Grafana leaves to the kinds of panels."""
    parts = [f"export const whole: Plain<dashboard.Dashboard> = {json.dumps(dashboard)};"]
    for panel in dashboard["panels"]:
        kind = panel.get("type", "row")
        if kind == "row":
            continue
        parts.append(f"export const options{panel['id']}: Plain<{kind}.Options> = {json.dumps(panel['options'])};")
        if "custom" in panel["fieldConfig"]["defaults"]:
            parts.append(f"export const custom{panel['id']}: Plain<{kind}.FieldConfig> = "
                         f"{json.dumps(panel['fieldConfig']['defaults']['custom'])};")
    return " ".join(parts)


def main(source):
    compiler, = tools.find("tsc")
    dashboard = panels(source)
    types = os.path.join(source, "tests/data/grafana")
    text = HEAD + f"namespace good {{ {lines_of(dashboard)} }}\n"
    for i, spoil in enumerate(FAULTS):
        bad = copy.deepcopy(dashboard)
        spoil(bad)
        text += f"// @ts-expect-error\nnamespace bad{i} {{ {lines_of(bad)} }}\n"
    with tempfile.TemporaryDirectory() as folder:
        for name in ("common", "dashboard", "stat", "timeseries"):
            os.symlink(os.path.join(types, name + ".d.ts"), os.path.join(folder, name + ".d.ts"))
        with open(os.path.join(folder, "check.ts"), "w", encoding="utf-8") as stream:
            stream.write(text)
        with open(os.path.join(folder, "tsconfig.json"), "w", encoding="utf-8") as stream:
            json.dump(dict(OPTIONS, compilerOptions=dict(OPTIONS["compilerOptions"], preserveSymlinks=True)), stream)
        tools.run(compiler, "--project", folder)
    print(f"{len(dashboard['panels'])} panels and rows, {len(FAULTS)} faults found")


if __name__ == "__main__":
    main(*sys.argv[1:])
