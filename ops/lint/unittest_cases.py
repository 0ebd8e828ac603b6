"""Runs the Python tests of a folder and writes a line `outcome<TAB>name` for each case.

usage: unittest_cases.py FOLDER PREFIX OUT
Outcomes are passed, failed and skipped; the test script counts them.
"""

import sys
import unittest


class Lines(unittest.TextTestResult):
    """Writes one line for each case; a case with a failing part is one failed case."""

    out = None
    prefix = ""

    def __init__(self, *args):
        super().__init__(*args)
        self.failed_part = False

    def line(self, outcome, test):
        self.out.write(f"{outcome}\t{self.prefix}/{test.id()}\n")
        self.out.flush()

    def startTest(self, test):
        self.failed_part = False
        super().startTest(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None and not self.failed_part:
            self.failed_part = True
            self.line("failed", test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line("passed", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line("failed", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.line("failed", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("skipped", test)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.line("passed", test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.line("failed", test)


def run_unittest(folder, prefix, out):
    with open(out, "w", encoding="utf-8") as lines:
        Lines.out, Lines.prefix = lines, prefix
        suite = unittest.defaultTestLoader.discover(folder, pattern="*_test.py")
        suite.addTests(unittest.defaultTestLoader.discover(folder, pattern="test_*.py"))
        result = unittest.TextTestRunner(resultclass=Lines, verbosity=2).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(run_unittest(*sys.argv[1:]))
