"""Runs the Python tests of a folder and writes a line `outcome<TAB>name` for each case.

usage: unittest_cases.py FOLDER PREFIX OUT
What a failing case said goes to OUT.failures besides. Outcomes are passed, failed and skipped; the
test script counts them. Classes run side by side, one more than there are processors, for most of
them wait; those of a module with RUNS_ALONE = True run alone at the end.
"""

import io
import multiprocessing
import os
import sys
import unittest


class Outcomes(unittest.TextTestResult):
    """Keeps one outcome for each case; a case with a failing part is one failed case."""

    def __init__(self, *args):
        super().__init__(*args)
        self.outcomes = []
        self.failed_part = False

    def keep(self, outcome, test):
        self.outcomes.append((outcome, test.id()))

    def startTest(self, test):
        self.failed_part = False
        super().startTest(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None and not self.failed_part:
            self.failed_part = True
            self.keep("failed", test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.keep("passed", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.keep("failed", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.keep("failed", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.keep("skipped", test)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.keep("passed", test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.keep("failed", test)


def cases_in(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from cases_in(part)
        else:
            yield part


def classes_of(folder):
    """The tests, a suite for each class; those that run side by side, and those that do not."""
    together, alone = {}, {}
    loader = unittest.defaultTestLoader
    for pattern in ("*_test.py", "test_*.py"):
        for case in cases_in(loader.discover(folder, pattern=pattern)):
            module = sys.modules[type(case).__module__]
            into = alone if getattr(module, "RUNS_ALONE", False) else together
            into.setdefault(type(case), unittest.TestSuite()).addTest(case)
    return list(together.values()), list(alone.values())


def run_suite(suite):
    """Gives what was said, the outcomes, and a text for each failure."""
    said = io.StringIO()
    result = unittest.TextTestRunner(stream=said, resultclass=Outcomes, verbosity=2).run(suite)
    failures = [f"{test}\n{why}" for test, why in result.errors + result.failures]
    failures += [f"{test} succeeds unexpectedly\n" for test in result.unexpectedSuccesses]
    return said.getvalue(), result.outcomes, failures


def run_unittest(folder, prefix, out):
    together, alone = classes_of(folder)
    good = True
    with open(out, "w", encoding="utf-8") as lines, \
            open(out + ".failures", "w", encoding="utf-8") as failing:
        def report(told):
            said, outcomes, failures = told
            for outcome, name in outcomes:
                lines.write(f"{outcome}\t{prefix}/{name}\n")
            lines.flush()
            failing.writelines(failures)
            failing.flush()
            print(said, flush=True)
            return not failures
        with multiprocessing.Pool(os.cpu_count() + 1, maxtasksperchild=1) as pool:
            for told in pool.imap_unordered(run_suite, together):
                good = report(told) and good
        for suite in alone:
            good = report(run_suite(suite)) and good
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(run_unittest(*sys.argv[1:]))
