#!/usr/bin/env python3
"""Which lines and branches the tests run, per module, from gcov's JSON.

usage: ./do coverage               build the preset `coverage`, run the unit tests, vectors and fuzz corpora, print a table
       ./do coverage consensus     the same, and every line and branch of this module that no test runs
       tools/coverage.py BUILD [MODULE] [--tests REGEX] [--keep]

With --keep no test is run: the counts that earlier runs left are shown. A branch is a way out of a condition, as gcc counts
them; those of assertions are left out, since nothing may ever take them. What cannot be reached stands in
tools/coverage_exceptions.txt, FILE:FUNCTION and the reason; it is counted as not run all the same, and printed.
Exit 1 when a module is below its goal.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXCEPTIONS = "tools/coverage_exceptions.txt"
TESTS = r"^(unit|vectors|fuzz)/"
GOALS = {"consensus": (99.0, 95.0)}  # percent of lines, of branches
ASSERTION = re.compile(r"\b(YC_ASSERT|assert)\s*\(")


class Line:
    def __init__(self):
        self.count, self.function, self.branches = 0, "", []


def run_tests(build, tests):
    for old in build.rglob("*.gcda"):
        old.unlink()
    done = subprocess.run(["ctest", "--test-dir", str(build), "-R", tests, "--no-tests=error"], capture_output=True, text=True, check=False)
    summary = [line for line in done.stdout.splitlines() if "tests passed" in line or "(Failed)" in line or "(Timeout)" in line]
    print("\n".join(summary) or done.stdout + done.stderr)
    if done.returncode != 0:
        sys.exit("a test fails, so the figures would not say what the tests prove; ./do check coverage shows it")


def gcov(build):
    """gcov's answer for each object that ran; those of tests tell of the headers' inline functions."""
    objects = sorted(str(p.with_suffix(".gcno")) for p in (build / "CMakeFiles").rglob("*.gcda"))
    seen = {str(p) for p in (build / "CMakeFiles").rglob("*.gcno") if "/tests/" not in str(p)}
    objects = sorted(seen | set(objects))
    for at in range(0, len(objects), 50):
        done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *objects[at: at + 50]], cwd=build, capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def read_counts(build):
    """{file: {line number: Line}}; what several objects hold, such as a header's functions, is added up."""
    files = collections.defaultdict(lambda: collections.defaultdict(Line))
    for answer in gcov(build):
        for file in answer["files"]:
            path = (pathlib.Path(answer["current_working_directory"]) / file["file"]).resolve()
            if not path.is_relative_to(ROOT) or path.is_relative_to(build.resolve()):
                continue
            for row in file["lines"]:
                line = files[str(path.relative_to(ROOT))][row["line_number"]]
                line.count += row["count"]
                line.function = row.get("function_name", line.function)
                counts = [b["count"] for b in row["branches"]]
                if len(counts) > len(line.branches):
                    line.branches += [0] * (len(counts) - len(line.branches))
                for i, n in enumerate(counts):
                    line.branches[i] += n
    return files


def assertion_lines(path):
    """The numbers of the lines that an assertion stands on."""
    found, depth = set(), 0
    for number, text in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
        at = ASSERTION.search(text)
        if depth == 0 and not at:
            continue
        found.add(number)
        part = text if depth else text[at.start():]
        depth += part.count("(") - part.count(")")
    return found


def module_of(path):
    """The nearest folder above that declares a module."""
    for folder in pathlib.Path(path).parents:
        if (ROOT / folder / "module.cmake").exists():
            return str(folder)
    return None


def read_exceptions():
    found, path = {}, ROOT / EXCEPTIONS
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        words = line.split("#")[0].split(None, 1)
        if not words:
            continue
        if len(words) < 2 or ":" not in words[0]:
            sys.exit(f"{EXCEPTIONS}:{number}: want FILE:FUNCTION, blanks and the reason")
        found[words[0]] = words[1].strip()
    return found


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


class Module:
    def __init__(self):
        self.lines = self.lines_run = self.branches = self.branches_run = 0
        self.gaps = []  # (file:function, file:line, what)

    def add(self, path, lines):
        asserted = assertion_lines(path)
        for number, line in sorted(lines.items()):
            key, at = f"{path}:{line.function}", f"{path}:{number}"
            self.lines += 1
            self.lines_run += line.count > 0
            if line.count == 0:
                self.gaps.append((key, at, "not run"))
            if number in asserted:
                continue
            self.branches += len(line.branches)
            self.branches_run += sum(n > 0 for n in line.branches)
            never = sum(n == 0 for n in line.branches)
            if line.count and never:
                self.gaps.append((key, at, f"{never} of {len(line.branches)} branches never taken"))


def show_gaps(module, name, exceptions):
    explained = collections.Counter()
    for key, at, what in module.gaps:
        if key in exceptions:
            explained[key] += 1
        else:
            path, number = at.rsplit(":", 1)
            print(f"{at}: {what}: {(ROOT / path).read_text(encoding='utf-8').splitlines()[int(number) - 1].strip()}")
    for key, n in sorted(explained.items()):
        print(f"{key}: {n} lines, explained: {exceptions[key]}")
    for key in exceptions:
        if module_of(key.split(":")[0]) == name and key not in explained:
            print(f"{EXCEPTIONS}: {key} is run whole now; remove it")


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("module", nargs="?")
    parser.add_argument("--tests", default=TESTS)
    parser.add_argument("--keep", action="store_true")
    wanted = parser.parse_args(words)
    if not wanted.keep:
        run_tests(wanted.build, wanted.tests)
    modules, exceptions, missed = collections.defaultdict(Module), read_exceptions(), []
    for path, lines in read_counts(wanted.build).items():
        if module_of(path):
            modules[module_of(path)].add(path, lines)
    if wanted.module and wanted.module not in modules:
        sys.exit(f"no module '{wanted.module}' was measured: {', '.join(sorted(modules))}")
    if not modules:
        sys.exit(f"no counts below {wanted.build}: is it a build of the preset coverage?")
    if wanted.module:
        show_gaps(modules[wanted.module], wanted.module, exceptions)
    print(f"{'module':20} {'lines':>7} {'run':>8} {'branches':>9} {'taken':>8}")
    for name, m in sorted(modules.items()):
        if wanted.module in (None, name):
            lines, branches = percent(m.lines_run, m.lines), percent(m.branches_run, m.branches)
            print(f"{name:20} {m.lines:7} {lines:7.2f}% {m.branches:9} {branches:7.2f}%")
            if name in GOALS and (lines < GOALS[name][0] or branches < GOALS[name][1]):
                missed.append(f"{name} is below its goal of {GOALS[name][0]:g} % of the lines and {GOALS[name][1]:g} % of the branches")
    print("".join(line + "\n" for line in missed), end="")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
