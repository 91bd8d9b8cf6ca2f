# SPDX-License-Identifier: MIT
"""What Prometheus' and Alertmanager's own programs say to the files of monitoring/: their form, each alert firing and
silent, and who gets which alert.

usage: config_test.py SOURCE"""
import os
import sys

import tools


def main(source):
    promtool, amtool = tools.find("promtool", "amtool")
    folder = os.path.join(source, "monitoring")
    # The files that it names are where the containers have them.
    tools.run(promtool, "check", "config", "--syntax-only", "prometheus.yml", cwd=folder)
    tools.run(promtool, "check", "rules", "alerts.yml", cwd=folder)
    print(tools.run(promtool, "test", "rules", "alerts_test.yml", cwd=folder))
    tools.run(amtool, "check-config", "alertmanager.yml", cwd=folder)
    for severity, name, receiver in (("none", "GaiaDeadman", "deadman"), ("critical", "GaiaDiskCritical", "operators"),
                                     ("warning", "GaiaDiskLow", "operators"), ("info", "GaiaNoRecentActivity", "nobody")):
        said = tools.run(amtool, "config", "routes", "test", "--config.file=alertmanager.yml", f"severity={severity}",
                         f"alertname={name}", cwd=folder)
        if said.split()[-1] != receiver:
            raise SystemExit(f"{name} goes to {said}, not to {receiver}")


if __name__ == "__main__":
    main(*sys.argv[1:])
