#!/usr/bin/env python3
"""Fail when a C file breaks the rules of the house that a compiler does not see.

usage: check_includes.py ROOT

  - includes are written from the root: none begins with "../"
  - every header opens with a comment that says what it is for
  - banned functions are not called
  - a file has at most 700 lines and a function at most 100, unless tools/size_exceptions.txt says why

Each line of the exceptions is PATH or PATH:FUNCTION, blanks, and the reason; '#' begins a comment. An exception that is no
longer needed is a failure too.
"""
import os
import re
import sys

FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 100
EXCEPTIONS = "tools/size_exceptions.txt"
SKIPPED_FOLDERS = {"build"}

BANNED = "strcpy strcat sprintf vsprintf atoi atol atoll strtok gmtime localtime ctime asctime rand srand gets alloca".split()
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
UPWARD_INCLUDE = re.compile(r'^\s*#\s*include\s*"\.\./')
# Comments and literals, to be blanked before the search for calls; newlines are kept so that lines still count.
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
FUNCTION_NAME = re.compile(r"(\w+)\s*\(")


def c_files(root):
    for folder, folders, files in os.walk(root):
        if "CMakeCache.txt" in files:
            folders.clear()  # a build folder under another name
            continue
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("."))
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(folder, name), root)


def functions(lines):
    """(name, line number, lines of the body) by the house's layout: a function's braces stand alone in column 0."""
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif start is not None and line == "}":
            head = start
            while head > 0 and lines[head - 1].strip() and not lines[head - 1].startswith(("}", "#")):
                head -= 1
            name = FUNCTION_NAME.search(" ".join(lines[head:start]))
            yield name.group(1) if name else "?", start + 1, i - start + 1
            start = None


def read_exceptions(root):
    found = {}
    path = os.path.join(root, EXCEPTIONS)
    if not os.path.exists(path):
        return found
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split(None, 1)
            if not words:
                continue
            if len(words) < 2 or not words[1].strip():
                sys.exit(f"{EXCEPTIONS}:{number}: {words[0]} has no reason; write it behind the name")
            found[words[0]] = words[1].strip()
    return found


def rule_problems(path, text):
    if path.endswith(".h") and not text.lstrip().startswith("/*"):
        yield f"{path}:1: the header does not open with a comment that says what it is for"
    for number, line in enumerate(text.splitlines(), 1):
        if UPWARD_INCLUDE.match(line):
            yield f"{path}:{number}: an include goes up; write it from the root"
    code = NOT_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    for number, line in enumerate(code.splitlines(), 1):
        for call in BANNED_CALL.finditer(line):
            yield f"{path}:{number}: {call.group(1)}() is banned"


def size_problems(path, text):
    """(key of an exception, problem)"""
    lines = text.splitlines()
    if len(lines) > FILE_LINES_MAX:
        yield path, f"{path}: {len(lines)} lines, more than {FILE_LINES_MAX}; split it, or give the reason in {EXCEPTIONS}"
    code = NOT_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    for name, number, count in functions([line.rstrip() for line in code.splitlines()]):
        if count > FUNCTION_LINES_MAX:
            yield f"{path}:{name}", (
                f"{path}:{number}: {name}() has {count} lines, more than {FUNCTION_LINES_MAX}; split it, or give the "
                f"reason in {EXCEPTIONS}"
            )


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    root = arguments[0]
    exceptions, used, problems, count = read_exceptions(root), set(), [], 0
    for path in c_files(root):
        with open(os.path.join(root, path), encoding="utf-8") as f:
            text = f.read()
        count += 1
        problems += rule_problems(path, text)
        for key, problem in size_problems(path, text):
            if key in exceptions:
                used.add(key)
            else:
                problems.append(problem)
    for key in sorted(set(exceptions) - used):
        problems.append(f"{EXCEPTIONS}: {key} needs no exception any more; remove it")
    if count == 0:
        sys.exit(f"no C file under {root}; give the root of the repository")
    print("\n".join(problems + [f"{count} files, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
