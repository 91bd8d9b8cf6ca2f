#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That the files of docker/ fit together and fit the programs, as far as can be said without a Docker engine.

usage: files_test.py BUILD SOURCE
"""
import os
import re
import subprocess
import sys
import unittest

BUILD, SOURCE = sys.argv[1:3] if len(sys.argv) >= 3 else sys.exit(__doc__)
LISTED_OPTION = re.compile(r"^\s+(?:- |\[)?(--[a-z-]+)", re.MULTILINE)


def text_of(*parts):
    with open(os.path.join(SOURCE, *parts), encoding="utf-8") as stream:
        return stream.read()


def stages(dockerfile):
    """{stage: its lines}, with those of what it is made from."""
    found = {}
    for part in re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)[1:]:
        base, name = re.match(r"(\S+) AS (\S+)", part).groups()
        found[name] = found.get(base, "") + part
    return found


def services(compose):
    """{service: its lines} of docker/compose.yaml."""
    block = re.search(r"^services:\n(.*?)^\S", compose, re.MULTILINE | re.DOTALL).group(1)
    parts = re.split(r"^  ([a-z-]+):(?: &\S+)?\n", block, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


class Dockerfile(unittest.TestCase):
    def folders(self, text):
        return {path.split("/")[0] for path in re.findall(r"^COPY (?!--)(?:\S+\.txt )?(\S+) ", text, re.MULTILINE)}

    def test_every_folder_that_the_build_asks_for_is_copied(self):
        cmake = text_of("CMakeLists.txt")
        asked = {folder.split("/")[0] for line in re.findall(r"(?:set\(|list\(APPEND )folders ([^)]+)\)", cmake)
                 for folder in line.split()}
        asked |= {path.split("/")[0] for path in re.findall(r"include\((\S+/\S+)\)", cmake)} | {"include"}
        self.assertTrue({"host", "kernels", "scheduler", "bench", "cmake"} <= asked)
        of = stages(text_of("docker", "Dockerfile"))
        self.assertLessEqual(asked, self.folders(of["programs"]))
        self.assertLessEqual(asked - {"scheduler"}, self.folders(of["module"]))
        for text in of.values():
            for path in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE):
                for one in path.split():
                    self.assertTrue(os.path.exists(os.path.join(SOURCE, one)), one)

    def test_labels_and_a_user(self):
        of = stages(text_of("docker", "Dockerfile"))
        for name in ("cpu", "cuda"):
            for label in ("version=$VERSION", "revision=$COMMIT", "created=$DATE"):
                self.assertIn("org.opencontainers.image." + label, of[name])
            self.assertIn("\nUSER 10001:10001\n", of[name])


class Compose(unittest.TestCase):
    def setUp(self):
        self.text = text_of("docker", "compose.yaml")
        self.services = services(self.text)
        self.assertIn("scheduler", self.services)

    def test_secrets_are_made_by_setup_and_given_by_name(self):
        kept = dict(re.findall(r"^  (\S+): \{file: \"\$\{STACK_SECRETS:-\./secrets\}/(\S+)\"\}$", self.text, re.MULTILINE))
        used = set(re.findall(r"source: ([a-z.-]+)", self.text))
        for line in re.findall(r"secrets: \[([^\]]+)\]", self.text):
            used |= set(line.split(", "))
        used |= set(re.findall(r"^    (?:  )?- ([a-z.-]+)$", self.text, re.MULTILINE))
        self.assertEqual(used, set(kept))
        setup = text_of("docker", "setup")
        for path in kept.values():
            folder, _, name = path.partition("/")
            made = f"gaia cert make {folder} " if name else f"written {folder} "  # which makes the state's secret, too
            self.assertIn("--state state" if folder == "state" else made, setup, path)

    def test_options_of_the_programs_are_known(self):
        for program, anchor in (("gaia-scheduler", "x-scheduler"), ("gaia-node", "x-executors")):
            done = subprocess.run([os.path.join(BUILD, program), "--help"], stdout=subprocess.PIPE, text=True, check=True)
            known = set(re.findall(r"^ +(--[a-z-]+)", done.stdout, re.MULTILINE))
            part = re.search(rf"^{anchor}:.*?^(?=\S)(?!{anchor})", self.text, re.MULTILINE | re.DOTALL).group(0)
            used = set(LISTED_OPTION.findall(part))
            self.assertGreater(len(used), 1, anchor)
            self.assertLessEqual(used, known)
        gpu = set(LISTED_OPTION.findall(self.services["executors-gpu"]))
        self.assertLessEqual(gpu, known)

    def test_every_service_says_how_much_it_may_take(self):
        for name, text in self.services.items():
            if name not in ("setup", "token"):
                with self.subTest(service=name):
                    self.assertRegex(text, r"limits|<<: \*(scheduler|executors)")
                    self.assertRegex(text, r"healthcheck|<<: \*(scheduler|executors)")  # the image has one

    def test_what_is_mounted_from_the_tree_is_there(self):
        for path in re.findall(r"(?:\"|- )(\.{1,2}/[^:$]+):", self.text):
            self.assertTrue(os.path.exists(os.path.join(SOURCE, "docker", path)), path)

    def test_prometheus_asks_every_scheduler_by_a_name_of_its_certificate(self):
        asked = text_of("monitoring", "prometheus.yml")
        names = re.search(r"dns_sd_configs: \[\{names: \[([^\]]+)\]", asked).group(1).split(", ")
        self.assertEqual(names, [name for name, text in self.services.items() if "<<: *scheduler\n" in text])
        certified = re.search(r"cert make certs .*--scheduler (\S+)", text_of("docker", "setup")).group(1).split(",")
        self.assertIn(re.search(r"server_name: ([a-z-]+)\}", asked).group(1), certified)
        self.assertLessEqual(set(names), set(certified))
        port = re.search(r"port: (\d+)", asked).group(1)
        done = subprocess.run([os.path.join(BUILD, "gaia-scheduler"), "--help"], stdout=subprocess.PIPE, text=True, check=True)
        self.assertRegex(done.stdout, rf"--api-listen-port N[^\[]*\[{port}\]")

    def test_each_variable_is_described(self):
        described = text_of("docker", "README.md")
        for name in set(re.findall(r"\$\{([A-Z_]+)", self.text)):
            self.assertIn(f"`{name}`", described)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
