#!/usr/bin/env python3
"""Change the source of a module in one place at a time, and see whether its tests notice.

usage: ./do mutate MODULE [N] [--seed S] [--minutes M] [--file NAME] [--list]
       ./do mutate consensus 200 --seed 7

N changes (default 100), drawn by the seed from all that are possible, or as many as M minutes allow: operators, constants,
conditions and verdicts are replaced, statements left out. Assertions are left alone. Each change is compiled by itself and
linked in front of the module's library; then the module's tests run, those of the same name first, until one fails. What
they let pass is tried once more with AddressSanitizer and UndefinedBehaviorSanitizer (--plain leaves this out). Nothing of the
tree is written: copies in a temporary folder are built.

A change that no test notices is a survivor: a missing test, or a change that changes nothing. The latter stand in
tools/mutate_equivalent.txt, PATH:FUNCTION | the changed lines | why, and are counted apart. Exit 1 when others survive.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
EQUIVALENT = "tools/mutate_equivalent.txt"
# Tests beside unit/MODULE that judge a module.
FURTHER_TESTS = {"consensus": r"vectors/.*|fuzz/(tx|block|header|script)", "crypto/sigbatch": r"unit/crypto/sigbatch-(scalar|agreement)"}
MEMORY_MAX = 4 << 30

TOKEN = re.compile(
    r"(?P<skip>/\*.*?\*/|//[^\n]*|\s+)"
    r'|(?P<text>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)"
    r"|(?P<operator><<=|>>=|\+\+|--|->|\+=|-=|\*=|/=|\|=|&=|\^=|<<|>>|<=|>=|==|!=|&&|\|\||.)",
    re.S,
)
OPERATORS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"], "^": ["|"],
    "/": ["*"], "%": ["/"], "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="], "<<=": [">>="], ">>=": ["<<="],
    "++": ["--"], "--": ["++"], "!": [""], "~": [""],
}
WORDS = {
    "true": ["false"], "false": ["true"], "YC_VALID": ["YC_INVALID"], "YC_INVALID": ["YC_VALID"], "YC_MUTATED": ["YC_INVALID"],
    "YC_NOT_YET": ["YC_INVALID"], "break": [""], "continue": [""],
}  # fmt: skip
LEFT_OUT = "the statement is left out"
UNARY_TOO = {"+", "-", "&"}
NO_STATEMENT = set(
    "return if else for while do switch case default goto struct enum union static const unsigned signed int char long short "
    "void bool size_t typedef extern break continue sizeof YC_ASSERT YC_STATIC_ASSERT _Static_assert".split()
)
# By the house's layout: the braces of a function stand alone in column 0.
FUNCTION = re.compile(r"^\w[^\n;{}()]*?\b(\w+)\([^;{}]*\)\n\{", re.M)
Token = collections.namedtuple("Token", "kind text start end")
Mutant = collections.namedtuple("Mutant", "path line what start end replacement")


def tokens_of(source):
    """The tokens of the functions and tables of a C file: no comments, preprocessor lines, assertions."""
    blank = re.sub(r"(?m)^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()), source)
    found = [Token(m.lastgroup, m.group(), m.start(), m.end()) for m in TOKEN.finditer(blank) if m.lastgroup != "skip"]
    kept, i = [], 0
    while i < len(found):
        if found[i].text in ("YC_ASSERT", "YC_STATIC_ASSERT", "_Static_assert"):
            i = closing(found, i + 1) + 1
            continue
        kept.append(found[i])
        i += 1
    return kept


def closing(tokens, at):
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(tokens)):
        if tokens[i].text in "([{":
            depth += 1
        elif tokens[i].text in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(tokens) - 1


def ends_operand(token):
    return token is not None and (token.kind in ("number", "text") or token.text in (")", "]") or token.kind == "word" and token.text != "return")


def number_replacements(text):
    digits = re.match(r"0[xX][0-9a-fA-F]+|\d+", text).group()
    suffix = text[len(digits):]
    value = int(digits, 16) if digits[:2].lower() == "0x" else int(digits, 8 if digits[0] == "0" and len(digits) > 1 else 10)
    yield f"{value + 1}{suffix}"
    if value > 0:
        yield f"{value - 1}{suffix}"


def token_changes(tokens, i):
    token, before = tokens[i], tokens[i - 1] if i else None
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if token.kind == "operator":
        if token.text not in UNARY_TOO or ends_operand(before):
            for other in OPERATORS.get(token.text, []):
                yield token.start, token.end, other, f"{token.text} becomes {other or 'nothing'}"
    elif token.kind == "number":
        for other in number_replacements(token.text):
            yield token.start, token.end, other, f"{token.text} becomes {other}"
    elif token.kind == "word" and token.text in WORDS:
        for other in WORDS[token.text]:
            yield token.start, token.end, other, f"{token.text} becomes {other or 'nothing'}"
    elif token.kind == "word" and re.fullmatch(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+", token.text) and after and after.text != "(" and before and before.text not in ("case", "."):
        yield token.start, token.end, f"({token.text} + 1)", f"{token.text} becomes {token.text} + 1"
    if token.kind == "word" and token.text in ("if", "while") and after and after.text == "(":
        end = closing(tokens, i + 1)
        yield tokens[i + 1].end, tokens[i + 1].end, "!(", None
        yield tokens[end].start, tokens[end].start, ")", f"the condition of {token.text} is negated"


def statement_end(tokens, i):
    """The index of the ';' that ends the simple statement which begins at i, or None when none does."""
    token, before = tokens[i], tokens[i - 1] if i else None
    if before is None or before.text not in (";", "{", "}", ")", "else") or token.text in NO_STATEMENT:
        return None
    if token.kind != "word" and token.text not in ("*", "++", "--"):
        return None
    if before.text == ")" and token.text == "*":
        return None
    if token.kind == "word" and i + 1 < len(tokens) and tokens[i + 1].kind == "word":
        return None  # a declaration
    depth = 0
    for j in range(i, len(tokens)):
        if tokens[j].text in ("(", "["):
            depth += 1
        elif tokens[j].text in (")", "]"):
            depth -= 1
            if depth < 0:
                return None
        elif tokens[j].text == "{":
            return None
        elif tokens[j].text == ";" and depth == 0:
            return j if j > i + 1 else None
    return None


def mutants_of(path, source):
    """Every change of a file, in its order. A negation is two insertions, made one replacement."""
    tokens = tokens_of(source)
    inside = 0  # depth of braces: outside of functions only constants count
    for i, token in enumerate(tokens):
        inside += (token.text == "{") - (token.text == "}")
        line = source.count("\n", 0, token.start) + 1
        opened = None
        for start, end, text, what in token_changes(tokens, i):
            if what is None:
                opened = start
            elif opened is not None:
                yield Mutant(path, line, what, opened, end, f"!({source[opened:start]})")
                opened = None
            elif inside:
                yield Mutant(path, line, what, start, end, text)
        end = statement_end(tokens, i) if inside else None
        if end is not None:
            yield Mutant(path, line, LEFT_OUT, token.start, tokens[end].end, ";")


def changed_text(source, mutant):
    """The lines that a change touches, as they become, on one line; of a statement left out, what it was."""
    if mutant.what == LEFT_OUT:
        return "without " + " ".join(source[mutant.start: mutant.end].split())
    text = source[: mutant.start] + mutant.replacement + source[mutant.end:]
    first = source.rfind("\n", 0, mutant.start) + 1
    last = text.find("\n", mutant.start + len(mutant.replacement))
    changed = " ".join(text[first:last].split())
    return changed if changed != ";" else "without " + source[mutant.start: mutant.end]


def place(source, mutant):
    """PATH:FUNCTION, or PATH in a table."""
    name = None
    for m in FUNCTION.finditer(source):
        if m.start() > mutant.start:
            break
        name = m.group(1) if source.find("\n}", m.end()) > mutant.start else None
    return f"{mutant.path}:{name}" if name else mutant.path


def read_equivalent():
    known = {}
    path = ROOT / EQUIVALENT
    if not path.exists():
        return known
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) < 3 or not parts[-1]:
            sys.exit(f"{EQUIVALENT}:{number}: want PATH:FUNCTION | changed lines | why")
        known[(parts[0], " | ".join(parts[1:-1]))] = parts[-1]
    return known


class Bench:
    """A built copy of the tree, and the tests of one module linked with a changed object in front."""

    def __init__(self, module, work, sanitized):
        self.module, self.work, self.tree, self.build = module, work, work / "tree", work / "build"
        self.sanitized = sanitized
        self.copy_tree()
        self.env = dict(os.environ, YCOIN_VECTORS=os.environ.get("YCOIN_VECTORS", str(ROOT.parent / "shared" / "vectors")),
                        ASAN_OPTIONS=f"hard_rss_limit_mb={MEMORY_MAX >> 20}:detect_leaks=0")
        self.run_or_exit(["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O1",
                          f"-DYC_SANITIZE={'ON' if sanitized else 'OFF'}"])
        self.compile = {}
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            self.compile[os.path.relpath(entry["file"], self.tree)] = shlex.split(entry["command"])
        self.tests = self.find_tests()
        self.link = {test["program"]: self.link_command(test["program"]) for test in self.tests}
        self.kills = collections.Counter()
        self.measure()

    def copy_tree(self):
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in listed.split("\0"):
            if name and (ROOT / name).is_file():
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.tree / name)

    def run_or_exit(self, command):
        done = subprocess.run([str(word) for word in command], cwd=self.tree, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"the unchanged tree does not build:\n{' '.join(map(str, command))}\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def find_tests(self):
        """Build the tests, and read from ctest how each is run: it tells so of built ones alone."""
        pattern = re.compile(rf"unit/{self.module}(/.*)?|{FURTHER_TESTS.get(self.module, '(?!)')}")
        wanted = [test["name"] for test in self.shown_tests() if pattern.fullmatch(test["name"])]
        targets = {"yc-vectors" if name.startswith("vectors/") else name.replace("/", "-") for name in wanted}
        self.run_or_exit(["ninja", "-C", self.build, "-j1", *sorted(targets)])
        tests = []
        for test in self.shown_tests():
            if test["name"] not in wanted:
                continue
            folder = next((p["value"] for p in test["properties"] if p["name"] == "WORKING_DIRECTORY"), self.tree)
            skip = next((p["value"] for p in test["properties"] if p["name"] == "SKIP_RETURN_CODE"), None)
            tests.append({"name": test["name"], "program": pathlib.Path(test["command"][0]), "arguments": test["command"][1:], "folder": folder, "skip": skip})
        if not tests:
            sys.exit(f"no test is named unit/{self.module}")
        return tests

    def shown_tests(self):
        return json.loads(self.run_or_exit(["ctest", "--test-dir", self.build, "--show-only=json-v1"]))["tests"]

    def link_command(self, program):
        command = self.run_or_exit(["ninja", "-C", self.build, "-t", "commands", program.name]).strip().splitlines()[-1]
        words = shlex.split(command.replace(": && ", "", 1).rsplit(" && :", 1)[0])
        words[words.index("-o") + 1] = "@OUT@"
        words.insert(words.index("-o"), "@MUTANT@")
        return words

    def measure(self):
        for test in list(self.tests):
            began = time.monotonic()
            status = self.run_test(test, test["program"], 600)
            test["seconds"] = time.monotonic() - began
            if status != 0:
                skipped = test["skip"] is not None and status == test["skip"]
                print(f"{test['name']} {'skips itself' if skipped else 'FAILS'} on the unchanged tree and is left out", flush=True)
                self.tests.remove(test)
        if not self.tests:
            sys.exit("no test passes on the unchanged tree")

    def run_test(self, test, program, timeout):
        def limit():
            if not self.sanitized:  # which reserves the whole address space
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        try:
            done = subprocess.run([str(program), *test["arguments"]], cwd=test["folder"], env=self.env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout, check=False, preexec_fn=limit)
        except subprocess.TimeoutExpired:
            return "timeout"
        return done.returncode

    def order(self, path):
        """The tests that could notice: their programs link the file's library. Those of its name, then quick killers first."""
        stem = pathlib.Path(path).stem
        target = re.search(r"([^/]+)\.dir/", self.compile[path][self.compile[path].index("-o") + 1]).group(1)
        able = [t for t in self.tests if any(word.endswith(f"lib{target}.a") for word in self.link[t["program"]])]
        return sorted(able, key=lambda t: (t["name"].split("/")[-1] != stem, -(self.kills[t["name"]] + 1) / (t["seconds"] + 0.05)))

    def judge(self, mutant, text):
        """"broken" when it does not compile, the name of the test that noticed, or None."""
        source, changed = self.work / "mutant.c", self.work / "mutant.o"
        source.write_text(text, encoding="utf-8")
        command = list(self.compile[mutant.path])
        command[command.index("-o") + 1] = str(changed)
        command[command.index("-c") + 1] = str(source)
        if subprocess.run([*command, "-w"], cwd=self.build, capture_output=True, check=False).returncode != 0:
            return "broken"
        linked = {}
        for test in self.order(mutant.path):
            program = test["program"]
            if program not in linked:
                linked[program] = self.work / f"linked-{program.name}"
                words = [{"@OUT@": str(linked[program]), "@MUTANT@": str(changed)}.get(word, word) for word in self.link[program]]
                done = subprocess.run(words, cwd=self.build, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    sys.exit(f"{program.name} cannot be linked with a changed {mutant.path}:\n{done.stderr[-2000:]}")
            if self.run_test(test, linked[program], 10 + 10 * test["seconds"]) != 0:
                self.kills[test["name"]] += 1
                return test["name"]
        return None


def candidates(module, only):
    listed = subprocess.run(["git", "ls-files", module], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    paths = [p for p in listed if p.endswith(".c") and (only is None or pathlib.Path(p).name in (only, f"{only}.c"))]
    if not paths:
        sys.exit(f"no C file of {module} is under git" + (f" by the name {only}" if only else ""))
    texts = {p: (ROOT / p).read_text(encoding="utf-8") for p in paths}
    return {p: text for p, text in texts.items() if not re.search(r"^int main\(", text, re.M)}  # programs are in no library


def arguments_of(words):
    parser = argparse.ArgumentParser(prog="./do mutate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--file", help="only this file of the module")
    parser.add_argument("--plain", action="store_true", help="no second trial with sanitizers")
    parser.add_argument("--list", action="store_true", help="print what would be changed, and stop")
    return parser.parse_args(words)


def main(words):
    wanted = arguments_of(words)
    sources = candidates(wanted.module.rstrip("/"), wanted.file)
    possible = [m for path, source in sources.items() for m in mutants_of(path, source)]
    drawn = random.Random(wanted.seed).sample(possible, min(wanted.count, len(possible)))
    print(f"{len(possible)} changes are possible; {len(drawn)} drawn with seed {wanted.seed}", flush=True)
    if wanted.list:
        for m in drawn:
            print(f"{m.path}:{m.line}: {m.what}: {changed_text(sources[m.path], m)}")
        return 0
    known, count, noticed_by = read_equivalent(), collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="yc-mutate-") as folder:
        bench, second = Bench(wanted.module.rstrip("/"), pathlib.Path(folder) / "plain", False), None
        end = time.monotonic() + 60 * wanted.minutes if wanted.minutes else None
        for m in drawn:
            if end and time.monotonic() > end:
                break
            source = sources[m.path]
            text = source[: m.start] + m.replacement + source[m.end:]
            verdict = bench.judge(m, text)
            change = changed_text(source, m)
            if verdict is None and (place(source, m), change) not in known and not wanted.plain:
                second = second or Bench(bench.module, pathlib.Path(folder) / "sanitized", True)
                verdict = second.judge(m, text)
                count["killed by sanitizers"] += verdict is not None
            if verdict == "broken":
                count["not compiling"] += 1
            elif verdict is not None:
                count["killed"] += 1
                noticed_by[verdict] += 1
            elif (place(source, m), change) in known:
                count["equivalent"] += 1
            else:
                count["survived"] += 1
                print(f"{place(source, m)}:{m.line}: SURVIVED: {m.what}: {change}", flush=True)
    for test, n in noticed_by.most_common():
        print(f"{n:6} noticed first by {test}")
    judged, by_sanitizers = count["killed"] + count["survived"], count.pop("killed by sanitizers", 0)
    print(f"{sum(count.values())} changes: {count['killed']} killed ({by_sanitizers} of them by sanitizers alone), {count['survived']} survived, {count['equivalent']} equivalent, "
          f"{count['not compiling']} not compiling" + (f"; {100 * count['killed'] / judged:.1f} % killed" if judged else ""))
    return 1 if count["survived"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
