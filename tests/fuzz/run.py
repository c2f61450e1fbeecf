#!/usr/bin/env python3
"""Fuzz one target, or list them.

usage: ./do fuzz                     list the targets
       ./do fuzz TARGET [SECONDS]    fuzz it (default 60 s), from tests/fuzz/corpus/TARGET
       ./do fuzz all [SECONDS]       each of them in turn

New inputs that reach new code go to build/fuzz/found/TARGET; a crash is written there too and its path printed.
Exit 0 when nothing was found, 1 on a crash, 2 on wrong use. Example: ./do fuzz tx 300
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "fuzz" / "fuzz"


def targets():
    return sorted(p.stem.removeprefix("fuzz_") for p in (ROOT / "tests" / "fuzz").glob("fuzz_*.c"))


def fuzz(name, seconds):
    found = ROOT / "build" / "fuzz" / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    corpus = ROOT / "tests" / "fuzz" / "corpus" / name
    command = [str(BUILT / f"fuzz-{name}"), f"-max_total_time={seconds}", "-print_final_stats=1", "-rss_limit_mb=2048",
               f"-artifact_prefix={found}/", str(found), str(corpus)]
    print(f"{name}: {seconds} s", flush=True)
    return subprocess.run(command, check=False).returncode == 0


def main(arguments):
    if not arguments:
        print("\n".join(targets()))
        return 0
    name = arguments[0]
    if name in ("-h", "--help") or len(arguments) > 2:
        print(__doc__.strip())
        return 0 if name in ("-h", "--help") else 2
    seconds = arguments[1] if len(arguments) == 2 else "60"
    if not seconds.isdigit() or int(seconds) == 0:
        print(f"'{seconds}' is not a number of seconds", file=sys.stderr)
        return 2
    if name != "all" and name not in targets():
        print(f"no fuzz target '{name}'; there are: {', '.join(targets())}", file=sys.stderr)
        return 2
    names = targets() if name == "all" else [name]
    return 0 if all([fuzz(n, seconds) for n in names]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
