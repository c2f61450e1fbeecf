#!/usr/bin/env python3
"""Write doc/rpc.md, every RPC method with its arguments, from node/rpc/methods.def.

usage: tools/make_rpc.py           write doc/rpc.md
       tools/make_rpc.py --check   exit 1 when doc/rpc.md is not what would be written
"""
import pathlib
import re
import sys

import generated
from generated import ROOT, cell

TABLE = "node/rpc/methods.def"
OUT = "doc/rpc.md"

TITLES = {"blockchain": "Chain and coins", "control": "The node itself", "mining": "Mining", "network": "Peers", "rawtransactions": "Transactions",
          "util": "Addresses, fees and the rest", "generating": "Blocks at once (regtest)", "hidden": "For tests"}
KINDS = {"HEX": "hex", "TEXT": "text", "NUMBER": "number", "BOOL": "boolean", "ARRAY": "array", "OBJECT": "object", "ANY": "any", "AMOUNT": "amount"}
TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)|([(),]))', re.S)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


class Reader:
    """The table's tokens: texts, words, and the three signs between them."""

    def __init__(self, text):
        self.tokens, at = [], 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if not match:
                sys.exit(f"{TABLE}: cannot read {text[at:at + 40].strip()!r}")
            self.tokens.append(match.groups())
            at = match.end()
        self.at = 0

    def sign(self, wanted):
        if self.at < len(self.tokens) and self.tokens[self.at][2] == wanted:
            self.at += 1
            return True
        return False

    def value(self):
        """A text (neighbours joined), a word, or NAME(values…) as a tuple."""
        text = ""
        joined = False
        while self.at < len(self.tokens) and self.tokens[self.at][0]:
            text += re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), self.tokens[self.at][0][1:-1])
            joined, self.at = True, self.at + 1
        if joined:
            return text
        word = self.tokens[self.at][1]
        if not word:
            sys.exit(f"{TABLE}: a value is missing behind {self.tokens[max(0, self.at - 6):self.at]}")
        self.at += 1
        return (word, *self.values()) if self.sign("(") else word

    def values(self):
        found = []
        if self.sign(")"):
            return found
        while True:
            found.append(self.value())
            if self.sign(")"):
                return found
            if not self.sign(","):
                sys.exit(f"{TABLE}: a comma is missing behind {found[-1]!r}")


def methods():
    reader = Reader(COMMENT.sub("", (ROOT / TABLE).read_text(encoding="utf-8")))
    while reader.at < len(reader.tokens):
        row = reader.value()
        if not isinstance(row, tuple) or row[0] != "M" or len(row) < 7:
            sys.exit(f"{TABLE}: {row!r} is not M(category, name, place, what, example, arguments…)")
        _, category, name, _, what, example, *arguments = row
        yield category, name, what, example, [a for a in arguments if a != "NONE"]


def argument(form):
    """(names, kind, what, must it be given, is it a member of the options)"""
    how, names, kind, *rest = form
    if how not in ("NEED", "MAY", "NEED_AS", "MAY_AS", "NAMED") or kind not in KINDS:
        sys.exit(f"{TABLE}: the argument {form!r} has a form that {pathlib.Path(__file__).name} does not know")
    return names.split("|")[0], KINDS[kind], rest[-1], how.startswith("NEED"), how == "NAMED"


def document():
    rows = list(methods())
    yield "# RPC methods"
    yield ""
    yield f"Made by tools/make_rpc.py from `{TABLE}`; change that."
    yield ""
    yield "Names, arguments, results and error codes are Bitcoin Core's, so its clients and its documentation serve here too. A call is a"
    yield "POST of JSON-RPC to `http://127.0.0.1:PORT/`; `ycoin-cli METHOD ARGUMENTS…` makes one, and `ycoin-cli help METHOD` explains"
    yield "one. Arguments are given by position or by name."
    yield ""
    for category in dict.fromkeys(r[0] for r in rows):
        if category not in TITLES:
            sys.exit(f"{TABLE}: the category {category} has no title in {pathlib.Path(__file__).name}")
        yield f"## {TITLES[category]}"
        yield ""
        for _, name, what, example, forms in (r for r in rows if r[0] == category):
            arguments = [argument(f) for f in forms]
            shown = [n if must else f"[{n}]" for n, _, _, must, member in arguments if not member]
            yield f"### {' '.join([name, *shown])}"
            yield ""
            yield cell(what)
            yield ""
            if any(a[2] for a in arguments):
                yield "| argument | is | |"
                yield "|---|---|---|"
                for n, kind, told, _, member in arguments:
                    yield f"| {'options.' if member else ''}{n} | {kind} | {cell(told)} |"
                yield ""
            if example:
                yield f"`ycoin-cli {name} {example}`"
                yield ""


if __name__ == "__main__":
    sys.exit(generated.main(__doc__, OUT, document(), sys.argv[1:]))
