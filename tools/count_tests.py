#!/usr/bin/env python3
"""Print the last line of a test run, "N passed, N failed, N skipped", from the JUnit file that ctest wrote.

Exit 1 when a test failed or none ran. Example: tools/count_tests.py build/tests.xml
"""
import sys
import xml.etree.ElementTree as ElementTree


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    passed = failed = skipped = 0
    for case in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run":
            passed += 1
        elif status in ("notrun", "disabled") and case.find("failure") is None:
            skipped += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
