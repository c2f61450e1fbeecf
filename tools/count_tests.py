#!/usr/bin/env python3
"""Print the last line of a test run, "N passed, N failed, N skipped", from the JUnit files that ctest wrote.

Exit 1 when a test failed or none ran. Example: tools/count_tests.py build/tests.xml build/dev/tests.xml
"""
import sys
import xml.etree.ElementTree as ElementTree


def kind(case):
    """passed, failed or skipped. A test that ctest could not start is a failure, though ctest calls it not run."""
    if case.get("status") == "run":
        return "passed"
    if case.get("status") == "disabled":
        return "skipped"
    skipped = case.find("skipped")
    message = "" if skipped is None else skipped.get("message", "")
    return "skipped" if case.get("status") == "notrun" and message.startswith("SKIP_") else "failed"


def main(files):
    if not files or files[0] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for file in files:
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            counts[kind(case)] += 1
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
