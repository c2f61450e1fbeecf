#!/usr/bin/env python3
"""Make tests/vectors/own/*.json: cases of our own whose verdicts Bitcoin Core gave.

usage: tests/vectors/generate.py --bitcoind PATH [--out FOLDER] [--only NAME..] [--seed N] [--random COUNT]

Everything is made from fixed keys, fixed times and one seed, so two runs against one version write the same bytes. Each
stage is a file: a chain of Bitcoin's regtest up to some height, coins on it, and cases, each judged as the next block on
that chain. To look for differences beyond the committed files: --out /tmp/own --only random --random 2000 --seed 7, then
yc-vectors --own /tmp/own/core_random.json.
"""
import argparse
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from generator import family_blocks, family_locks, family_random, family_scripts, family_signatures, family_witness  # noqa: E402

FAMILIES = [family_scripts, family_signatures, family_locks, family_witness, family_blocks]

VERDICTS = ("reject", "pool", "here")


def write(path, content):
    """One case a line, so that a changed verdict is a changed line; reasons are numbers in a table of the file."""
    reasons = sorted({row[k] for row in content["cases"] for k in VERDICTS if row.get(k) not in (None, "=")})
    for row in content["cases"]:
        row.update({k: reasons.index(row[k]) for k in VERDICTS if row.get(k) in reasons})
    content["reasons"] = reasons
    cases, head = content.pop("cases"), json.dumps(content, separators=(",", ":"))
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    path.write_text(head[:-1] + ',"cases":[\n' + lines + "\n]}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bitcoind", required=True, help="Bitcoin Core's daemon, which gives the verdicts")
    parser.add_argument("--out", default=str(pathlib.Path(__file__).resolve().parent / "own"))
    parser.add_argument("--only", nargs="*", help="names of stages")
    parser.add_argument("--seed", type=int, default=1, help="of the scripts drawn at random")
    parser.add_argument("--random", type=int, default=80, help="how many scripts are drawn")
    options = parser.parse_args()
    # Ended from outside: leave by way of the node's own end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    total = 0
    stages = [stage for family in FAMILIES for stage in family.stages()]
    stages += family_random.stages(options.random, options.seed)
    for stage in stages:
        if options.only and stage.name not in options.only:
            continue
        stage.judge(options.bitcoind)
        write(out / f"core_{stage.name}.json", stage.file())
        refused = sum(row["reject"] is not None for row in stage.rows)
        print(f"{stage.name}: {len(stage.rows)} cases, {refused} refused in a block", flush=True)
        total += len(stage.rows)
    print(f"{total} cases")


if __name__ == "__main__":
    main()
