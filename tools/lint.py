#!/usr/bin/env python3
"""Check the tree: formatting, the house rules, clang-tidy and cppcheck.

usage: ./do lint            everything
       ./do lint --quick    formatting and house rules only

Prints each finding as FILE:LINE and ends with "N findings". Exit 0 when there are none.
"""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LAYERS = ["base", "sys", "crypto", "consensus", "formats", "keys", "net", "node", "wallet", "miner", "sim"]


def sources(*endings):
    files = subprocess.run(["git", "ls-files", *LAYERS, "tests"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [f for f in files.stdout.split() if f.endswith(endings) and (ROOT / f).exists()]


def run(name, command, ok=(0,)):
    print(f"== {name}", flush=True)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode in ok and not any("error:" in line or "warning:" in line for line in lines):
        return 0
    print("\n".join(lines[:80]))
    return max(1, sum("error:" in line or "warning:" in line for line in lines))


def main(arguments):
    if arguments not in ([], ["--quick"]):
        print(__doc__.strip())
        return 0 if arguments in (["-h"], ["--help"]) else 2
    findings = run("clang-format", ["clang-format", "--dry-run", "-Werror", *sources(".c", ".h")])
    findings += run("house rules", [sys.executable, "tools/check_includes.py", "."])
    if not arguments:
        if not (ROOT / "build" / "compile_commands.json").exists():
            print("clang-tidy needs build/compile_commands.json: run ./do build first", file=sys.stderr)
            return 2
        compiled = [f for f in sources(".c") if not f.startswith("tests/")]
        findings += run("clang-tidy", ["clang-tidy", "--quiet", "-p", "build", *compiled])
        if shutil.which("cppcheck"):
            findings += run("cppcheck", ["cppcheck", "--quiet", "--std=c11", "--enable=warning,portability", "--inline-suppr",
                                         "--suppress=missingIncludeSystem",
                                         # clang-tidy follows out-parameters and assertions; cppcheck does not
                                         "--suppress=uninitvar", "--suppress=nullPointer", "--suppress=normalCheckLevelMaxBranches",
                                         "--project=build/compile_commands.json", "-i", "tests", "--error-exitcode=1"])
    print(f"{findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
