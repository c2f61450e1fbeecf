#!/usr/bin/env python3
"""The same seed gives the same run, event by event: in every process, and with every compiler.

usage: trace.py [--write] PROGRAM [PROGRAM…]

Each PROGRAM is a ycoin-sim, built from the same sources by some compiler. Each plays every run of traces.txt twice, in
processes whose memory lies elsewhere; all must print the trace that stands there, and different runs different ones. A change
of what nodes do and when changes the traces: whoever means to make one writes them anew with --write, and looks in the
difference whether only such runs changed as should.
"""
import json
import pathlib
import subprocess
import sys

FILE = pathlib.Path(__file__).with_name("traces.txt")


def runs():
    lines = (line.split() for line in FILE.read_text().splitlines() if line and not line.startswith("#"))
    return [(scenario, int(seed), expected) for scenario, seed, expected in lines]


def write(found):
    comments = [line for line in FILE.read_text().splitlines() if line.startswith("#")]
    lines = [f"{scenario} {seed} {trace}" for scenario, seed, trace in found]
    FILE.write_text("\n".join(comments + lines) + "\n")


def trace(program, scenario, seed):
    command = [program, f"--scenario={scenario}", f"--seed={seed}", "--hours=1", "--jobs=1", "--report=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)["runs"][0]["trace"]


def main(arguments):
    programs = [a for a in arguments if a != "--write"]
    if not programs:
        print(__doc__.strip())
        return 2
    found, wrong = [], 0
    for scenario, seed, expected in runs():
        traces = {(program, k): trace(program, scenario, seed) for program in programs for k in range(2)}
        first = next(iter(traces.values()))
        print(f"{scenario} seed {seed}: {first}")
        for (program, k), other in traces.items():
            if other != first:
                print(f"  run {k + 1} of {program} goes another way: {other}")
                wrong += 1
        if any(first == other for _, _, other in found):
            print("  the same trace as another run: chance does not come from the seed")
            wrong += 1
        if first != expected and "--write" not in arguments:
            print(f"  {FILE.name} has {expected}: nodes do something else than before, or at another time. "
                  f"If that is meant: python3 tests/sim/trace.py --write {programs[0]}")
            wrong += 1
        found.append((scenario, seed, first))
    if "--write" in arguments and not wrong:
        write(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
