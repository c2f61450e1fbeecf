#!/usr/bin/env python3
"""Fail when a row of the catalogue of attacks is named by no test: C01 to C58 (consensus), P01 to P47 (peers), S01 to S30
(storage and the system).

usage: check_rows.py ROOT

Each row stands before a test, in its comment or its name. A consensus row counts only in the files named below, which give
blocks to yc_block_connect() or to a whole chain, so that no rule is proved only where no block passes; a row about peers in
those that speak to a node, a part of one, or many in the simulator; one about storage in those of stores, chain and system, and in
those that torture whole processes.
"""
import pathlib
import re
import sys

FAMILIES = {
    "C": (58, "connects blocks", ("unit/consensus/test_connect.c", "unit/consensus/rows/*.c", "unit/node/chain/*.c")),
    "P": (47, "deals with peers", ("unit/net/**/*.c", "unit/node/**/*.c", "unit/sys/*.c", "unit/wallet/*.c", "sim/*.c", "functional/*.py")),
    "S": (30, "deals with storage and the system", ("unit/node/**/*.c", "unit/sys/*.c", "unit/net/transport/*.c", "fault/*.py", "functional/*.py")),
}


def rows_in(text, letter):
    """In comments and names: C05, test_c05_c06_…, …_P40."""
    found = re.findall(rf"(?<![A-Za-z0-9]){letter}(\d\d)(?![0-9A-Za-z])", text)
    for names in re.findall(rf"\btest_((?:{letter.lower()}\d\d_)+)", text):
        found += re.findall(rf"{letter.lower()}(\d\d)", names)
    return {int(row) for row in found}


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    tests, rows, problems = pathlib.Path(arguments[0]) / "tests", 0, 0
    for letter, (count, what, patterns) in FAMILIES.items():
        named = set()
        for pattern in patterns:
            for path in tests.glob(pattern):
                named |= rows_in(path.read_text(encoding="utf-8"), letter)
        for row in sorted(set(range(1, count + 1)) - named):
            print(f"{letter}{row:02} is named by no test that {what} ({', '.join(patterns)})")
            problems += 1
        rows += count
    print(f"{rows} rows, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
