#!/usr/bin/env python3
"""The same seed gives the same run, event by event: in every process, and with every compiler.

usage: trace.py PROGRAM [PROGRAM…]

Each PROGRAM is a ycoin-sim, built from the same sources by some compiler. Each plays every run below twice, in processes
whose memory lies elsewhere; all must print the same trace of a run, and different seeds different ones.
"""
import json
import subprocess
import sys

RUNS = [("partition", 7), ("crashes", 7), ("crashes", 8), ("mutated", 7), ("hashrate-window", 7)]


def trace(program, scenario, seed):
    command = [program, f"--scenario={scenario}", f"--seed={seed}", "--hours=1", "--jobs=1", "--report=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)["runs"][0]["trace"]


def main(programs):
    if not programs:
        print(__doc__.strip())
        return 2
    seen, wrong = set(), 0
    for scenario, seed in RUNS:
        traces = {(program, k): trace(program, scenario, seed) for program in programs for k in range(2)}
        first = next(iter(traces.values()))
        print(f"{scenario} seed {seed}: {first}")
        for (program, k), other in traces.items():
            if other != first:
                print(f"  run {k + 1} of {program} goes another way: {other}")
                wrong += 1
        if first in seen:
            print("  the same trace as another run: chance does not come from the seed")
            wrong += 1
        seen.add(first)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
