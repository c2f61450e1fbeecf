#!/usr/bin/env python3
"""Fail when a reason of consensus/reject.def is produced by no test, or asserted by none.

usage: check_rejects.py ROOT PROGRAM...

Every reason has a test that doc/rules.md names, and that test's program must be the one that produces it. The programs are
unit tests linked with tests/support/reject_log.c: they are run, and write down each reason for which the
code under test refuses something. What is produced must also be looked at: each reason stands in a test, as YC_REJ_NAME or by
its string.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import test_names

ROW = re.compile(r'^X\(\s*(\w+)\s*,\s*\w+\s*,\s*\w+\s*,\s*"([^"]*)"', re.M)
TABLE_TEST = "test_reject.c"  # names every row, and so proves nothing about any


def produced(root, programs):
    """{program's name: the reasons that it produces}."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="yc-rejects-") as folder:
        for program in programs:
            log = pathlib.Path(folder) / pathlib.Path(program).name
            env = dict(os.environ, YC_REJECT_LOG=str(log))
            done = subprocess.run([program], cwd=root, env=env, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(f"{program} fails: see it by itself\n{done.stderr[-2000:]}")
            found[log.name] = set(log.read_text(encoding="utf-8").split()) if log.exists() else set()
    return found


def program_of(path):
    """tests/unit/consensus/rows/test_x.c is built as unit-consensus-rows-x."""
    return path.removeprefix("tests/").removesuffix(".c").replace("test_", "").replace("/", "-")


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    root, programs = pathlib.Path(arguments[0]), arguments[1:]
    rows = ROW.findall((root / "consensus" / "reject.def").read_text(encoding="utf-8"))
    by_program = produced(root, programs)
    found = set().union(*by_program.values())
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (root / "tests").rglob("*.c") if p.name != TABLE_TEST)
    problems = []
    for code, string in rows:
        if code not in found:
            problems.append(f"{code} ({string}) is produced by no test")
        if not re.search(rf"\bYC_REJ_{code}\b", tests) and f'"{string}"' not in tests:
            problems.append(f"{code} ({string}) is asserted by no test")
        named = test_names.producer(root, f"YC_REJ_{code}", string, test_names.CONSENSUS)
        if not named or code not in by_program.get(program_of(named[0]), set()):
            problems.append(f"{code} ({string}) is not produced by the test that doc/rules.md names: {named[0] if named else 'none'}")
    print("\n".join(problems + [f"{len(rows)} reasons, {len(programs)} test programs, {len(problems)} problems"]))
    return 1 if problems or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
