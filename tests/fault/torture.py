#!/usr/bin/env python3
"""Nodes under attack from below: killed, ended, starved of disk, and with spoiled files. Python's standard library alone.

    usage: tests/fault/torture.py kill N       killed at random instants while it works (tests/fault/killing.py)
           tests/fault/torture.py import N     killed while it imports or reindexes a long file (importing.py)
           tests/fault/torture.py terminate N  told to end at random instants (importing.py)
           tests/fault/torture.py corrupt N    files spoiled at random between two starts (corrupting.py)
           tests/fault/torture.py full N       on a small file system that fills up (filling.py)
           tests/fault/torture.py restart N    the time of a start at a chain of N blocks (importing.py)
    options: --seed SEED, --keep

Each ends with a line that says what was found, or with the seed and the folder of what went wrong.
"""
import argparse
import os

import world  # noqa: F401  (first: it says where the nodes' modules are)
import corrupting  # noqa: E402
import filling  # noqa: E402
import importing  # noqa: E402
import killing  # noqa: E402

TORTURES = {"kill": killing.kill, "import": importing.kill, "terminate": importing.terminate, "restart": importing.restart,
            "corrupt": corrupting.corrupt, "full": filling.full}


def main():
    parser = argparse.ArgumentParser(description="Torture a node and see that it loses nothing.")
    parser.add_argument("how", choices=list(TORTURES))
    parser.add_argument("times", type=int)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(2), "little"))
    parser.add_argument("--keep", action="store_true", help="keep the folders of the nodes")
    a = parser.parse_args()
    TORTURES[a.how](a.times, a.seed, a.keep)


if __name__ == "__main__":
    main()
