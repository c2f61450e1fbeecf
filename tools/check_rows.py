#!/usr/bin/env python3
"""Fail when a row of the consensus catalogue, C01 to C58, is named by no test that connects blocks.

usage: check_rows.py ROOT

Each row stands before a test (in its comment or its name) of those that give blocks to yc_block_connect() or to a whole
chain. The files are named below: what they hold is what counts, so that a rule cannot be proved only where no block passes.
"""
import pathlib
import re
import sys

ROWS = 58
CONNECTING = ("unit/consensus/test_connect.c", "unit/consensus/rows/*.c", "unit/node/chain/*.c")


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    tests = pathlib.Path(arguments[0]) / "tests"
    named = {}
    for pattern in CONNECTING:
        for path in sorted(tests.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            for row in re.findall(r"\bC(\d\d)\b", text) + [r for names in re.findall(r"\btest_((?:c\d\d_)+)", text) for r in re.findall(r"c(\d\d)", names)]:
                named.setdefault(int(row), set()).add(path.name)
    missing = [row for row in range(1, ROWS + 1) if row not in named]
    for row in missing:
        print(f"C{row:02} is named by no test that connects blocks ({', '.join(CONNECTING)})")
    print(f"{ROWS} rows, {len(missing)} problems")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
