# SPDX-License-Identifier: MIT
"""What ./check makes of each way in which a test of ctest's can end, and of lines that ran or did not."""
import contextlib
import io
import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ET

import coverage
import outcome

REPORT = """<testsuite name="(empty)" tests="6">
<testcase name="A.Passes" time="1.5" status="run"><system-out>fine</system-out></testcase>
<testcase name="A.Fails" time="2" status="fail"><failure message=""/><system-out>3 &lt; 2</system-out></testcase>
<testcase name="B.SkipsItself" time="0" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
<testcase name="B.SkipsInGoogletest" time="0" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>
<testcase name="B.IsDisabled" time="0" status="disabled"><skipped message="Disabled"/></testcase>
<testcase name="B.HasNoProgram" time="0" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>"""


class Outcomes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "report.xml")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(REPORT)
        self.outcomes = outcome.read(self.path, "tests", {"A.Passes": "unit", "A.Fails": "unit"})

    def test_each_way_to_end(self):
        self.assertEqual([o.state for o in self.outcomes],
                         ["passed", "failed", "skipped", "skipped", "skipped", "failed"])

    def test_closing_line(self):
        self.assertEqual(outcome.closing_line(self.outcomes), "1 passed, 2 failed, 3 skipped")
        self.assertEqual(outcome.closing_line(self.outcomes[:1]), "1 passed, 0 failed")
        self.assertEqual(outcome.closing_line([]), "0 passed, 0 failed")

    def test_table_has_a_line_for_each_kind_of_each_suite(self):
        lines = [line.split() for line in outcome.table(self.outcomes)]
        self.assertEqual(lines[1:], [["tests", "unit", "1", "1", "0", "4"], ["tests", "other", "0", "1", "3", "0"]])

    def test_joined_report(self):
        told = self.outcomes + [self.outcomes[1]._replace(suite="asan", output="\x1b[31mred")]
        joined = os.path.join(self.folder.name, "all.xml")
        outcome.write_junit(joined, told)
        suites = ET.parse(joined).getroot().findall("testsuite")
        self.assertEqual([(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped")) for s in suites],
                         [("tests", "6", "2", "3"), ("asan", "1", "1", "0")])
        self.assertEqual(suites[0].findtext("testcase[@name='A.Fails']/failure"), "3 < 2")
        self.assertEqual(suites[1].findtext("testcase/failure"), "[31mred")


PROGRAM = """
int pick(int x)
{
    if (x > 0) {
        return 2;
    }
    return 3;
}

int main(void)
{
    return pick(1) + pick(-1) - 5;
}
"""
COUNTERS = bytes.fromhex("0000a101")  # what gcc 12 writes before a function's counters and their length


class Coverage(unittest.TestCase):
    def told(self, files):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            enough = coverage.report(files)
        return enough, said.getvalue()

    def test_ninety_percent_of_all_folders_are_enough(self):
        files = [("host/a.c", 80, 100), ("scheduler/b.c", 100, 100), ("kernels/c.c", 90, 100)]
        enough, said = self.told(files)
        self.assertTrue(enough)
        self.assertEqual(said.splitlines()[-1].split(), ["all", "270", "of", "300", "lines", "90.00", "%"])

    def test_less_is_not_and_the_worst_file_comes_first(self):
        enough, said = self.told([("host/a.c", 80, 100), ("kernels/c.c", 900, 1000), ("host/d.c", 5, 5)])
        self.assertFalse(enough)
        self.assertEqual([line.split()[0] for line in said.splitlines()[-3:]], ["kernels/c.c", "host/a.c", "host/d.c"])

    def test_nothing_is_not_enough(self):
        self.assertFalse(self.told([])[0])

    def test_counts_below_zero_neither_hang_nor_fail(self):
        with tempfile.TemporaryDirectory() as root:
            build = os.path.join(root, "build")
            for folder in ("host", *(os.path.join("build", folder) for folder in coverage.OBJECTS)):
                os.makedirs(os.path.join(root, folder))
            source = os.path.join(root, "host", "pick.c")
            with open(source, "w", encoding="utf-8") as file:
                file.write(PROGRAM)
            for name in ("one", "two", "three"):
                program = os.path.join(build, "host", name)
                subprocess.run(["gcc", "--coverage", "-c", source, "-o", program + ".o"], check=True)
                subprocess.run(["gcc", "--coverage", program + ".o", "-o", program], check=True)
                subprocess.run([program], check=True)
                with open(program + ".gcda", "r+b") as file:
                    counts = file.read()
                    file.seek(counts.rindex(COUNTERS) + 16)  # of pick(): how often it was called, how often x > 0
                    file.write((5).to_bytes(8, "little"))
            self.assertEqual(coverage.read(build, root), [("host/pick.c", 5, 6)])


if __name__ == "__main__":
    unittest.main()
