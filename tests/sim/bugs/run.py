#!/usr/bin/env python3
"""Put known bugs back one by one, and see whether the tests that guard against them notice.

usage: ./do bugs [NAME …] [--jobs N] [--folder F] [--check]

Each NAME.patch beside this file is a small change of the present source that brings back a bug which Bitcoin's software, or
a node like it, has had. Its first line says which rows of the catalogue of attacks it belongs to, and which tests must
fail with it:

    # P02 unit/net/relay/requests,sim/floods: a peer may announce transactions without end

The tree is copied to a folder of its own (F, which is kept, or a temporary one). There the tests that any bug names must
pass; then each bug is applied, what its tests need is built, and the tests run until one fails. A bug that no test notices is
a missing test; a patch that does not apply, or does not build, is out of date: both count as not caught. --check only looks
whether all apply.

The last line is "N caught, N not caught"; exit status 1 when one was not.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
HEAD = re.compile(r"# (?P<rows>[A-Z]\d\d(?:,[A-Z]\d\d)*) (?P<tests>[\w/,-]+): (?P<text>.+)")
TEST_S = 240  # a test that hangs has noticed
# What a test's command does not say that it runs.
PROGRAMS = ["ycoind", "ycoin-cli"]


class Bug:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        match = HEAD.fullmatch(path.read_text(encoding="utf-8").splitlines()[0])
        if not match:
            sys.exit(f"{path.name}: the first line must be '# ROWS TESTS: what is wrong'")
        self.rows, self.tests, self.text = match["rows"], match["tests"].split(","), match["text"]

    def apply(self, folder, *options):
        """None, or why it does not apply."""
        done = run(["git", "apply", *options, str(self.path)], folder, GIT_CEILING_DIRECTORIES=str(folder.parent))
        return None if done.returncode == 0 else done.stderr.strip()


def run(command, folder, seconds=None, **environment):
    try:
        return subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"not over in {seconds} s")


def copy_tree(to):
    """The files that belong to the tree. One that is the same already is let be, so that a kept folder builds little."""
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT)
    if listed.returncode:
        sys.exit(f"{ROOT} must be a git checkout: {listed.stderr.strip()}")
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, to / name
        if not source.is_file() or (target.is_file() and target.read_bytes() == source.read_bytes()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


class Tree:
    def __init__(self, folder, jobs):
        self.folder, self.jobs, self.build = folder, jobs, folder / "build"
        done = run(["cmake", "--preset", "release"], folder)
        if done.returncode:
            sys.exit(f"the copy cannot be configured:\n{done.stdout}{done.stderr}")
        shown = json.loads(run(["ctest", "--test-dir", str(self.build), "--show-only=json-v1"], folder).stdout)
        # Before anything is built ctest cannot resolve the programs: their names come from the generated file.
        text = "".join(p.read_text(encoding="utf-8") for p in self.build.rglob("CTestTestfile.cmake"))
        self.program = dict(re.findall(r'add_test\(\[=\[([^\]]+)\]=\] "([^"]+)"', text))
        self.known = {t["name"] for t in shown["tests"]}

    def targets(self, tests):
        out = set()
        for test in tests:
            program = pathlib.Path(self.program[test])
            inside = self.build in program.parents
            out |= {str(program.relative_to(self.build))} if inside else set(PROGRAMS)
        return sorted(out)

    def make(self, tests):
        """None, or the end of what the compiler said."""
        done = run(["ninja", "-C", str(self.build), f"-j{self.jobs}", *self.targets(tests)], self.folder)
        return None if done.returncode == 0 else "\n".join(done.stdout.splitlines()[-20:])

    def fails(self, test):
        done = run(["ctest", "--test-dir", str(self.build), "-R", f"^{re.escape(test)}$", "--timeout", str(TEST_S), "--no-tests=error"], self.folder)
        return done.returncode != 0 or "Skipped" in done.stdout, done.stdout


def judge(tree, bug):
    """(caught, what to say)"""
    why = bug.apply(tree.folder)
    if why:
        return False, f"does not apply any more: {why}"
    try:
        why = tree.make(bug.tests)
        if why:
            return False, f"does not build:\n{why}"
        for test in bug.tests:
            if tree.fails(test)[0]:
                return True, f"by {test}"
    finally:
        undone = bug.apply(tree.folder, "--reverse")
        if undone:
            sys.exit(f"{bug.name} cannot be taken back from {tree.folder}: {undone}")
    return False, f"by none of {', '.join(bug.tests)}"


def sound(tree, bugs):
    """The tests that stand guard pass without a bug."""
    tests = sorted({t for b in bugs for t in b.tests})
    for test in tests:
        if test not in tree.known:
            sys.exit(f"there is no test {test}, which {next(b.name for b in bugs if test in b.tests)} names")
    why = tree.make(tests)
    if why:
        sys.exit(f"the copy does not build:\n{why}")
    for test in tests:
        failed, said = tree.fails(test)
        if failed:
            sys.exit(f"{test} does not pass without a bug:\n{said}")
    print(f"{len(tests)} tests pass without a bug", flush=True)


def judge_all(folder, bugs, jobs):
    copy_tree(folder)
    tree = Tree(folder, jobs)
    sound(tree, bugs)
    caught = 0
    for bug in bugs:
        begun = time.monotonic()
        good, said = judge(tree, bug)
        caught += good
        print(f"{'caught' if good else 'NOT CAUGHT':10}  {bug.name} ({bug.rows}) {said}  [{time.monotonic() - begun:.0f} s]", flush=True)
    return caught


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("usage: "), description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    bugs = [Bug(p) for p in sorted(HERE.glob("*.patch")) if not given.names or p.stem in given.names]
    unknown = set(given.names) - {b.name for b in bugs}
    if unknown:
        sys.exit(f"no patch {', '.join(sorted(unknown))} in {HERE}")
    if given.check:
        bad = [(b, b.apply(ROOT, "--check")) for b in bugs]
        for bug, why in bad:
            if why:
                print(f"{bug.name} does not apply any more: {why}")
        print(f"{len(bugs)} patches, {sum(1 for _, why in bad if why)} problems")
        return 1 if any(why for _, why in bad) else 0
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        caught = judge_all(given.folder.resolve(), bugs, given.jobs)
    else:
        with tempfile.TemporaryDirectory(prefix="ycoin-bugs-") as folder:
            caught = judge_all(pathlib.Path(folder).resolve(), bugs, given.jobs)
    print(f"{caught} caught, {len(bugs) - caught} not caught")
    return 0 if caught == len(bugs) else 1


if __name__ == "__main__":
    sys.exit(main())
