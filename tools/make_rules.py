#!/usr/bin/env python3
"""Write doc/rules.md, every rule by which something is refused, from consensus/reject.def and node/mempool/policy.def.

usage: tools/make_rules.py           write doc/rules.md
       tools/make_rules.py --check   exit 1 when doc/rules.md is not what would be written
"""
import pathlib
import re
import sys

import generated
import test_names
from generated import ROOT, cell

CONSENSUS = "consensus/reject.def"
POLICY = "node/mempool/policy.def"
OUT = "doc/rules.md"

TEXT = r'"((?:[^"\\]|\\.)*)"'
CONSENSUS_ROW = re.compile(rf"X\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*{TEXT}\s*,\s*{TEXT}\s*,\s*{TEXT}\s*\)", re.S)
POLICY_ROW = re.compile(rf"X\(\s*(\w+)\s*,\s*{TEXT}\s*,\s*{TEXT}\s*\)", re.S)
COMMENT = re.compile(r"/\*.*?\*/", re.S)

STAGES = {
    "TX_CHECK": ("A transaction by itself", "Needs the transaction alone; a block is checked for it as well."),
    "HEADER": ("A header", "Needs the headers before it; comes before anything of the body is looked at."),
    "BLOCK_CHECK": ("A block by itself", "Needs the whole block, but none before it."),
    "BLOCK_ACCEPT": ("A block in its place", "Needs the headers before it. Only then is the block stored."),
    "BLOCK_CONNECT": ("A block and the coins", "Needs the coins as they are after the block before it."),
}
BLAME = {
    "INVALID": ("invalid", "for ever; who sent it is at fault"),
    "MUTATED": ("mutated", "this body is not the header's: another peer is asked, the header stays good"),
    "NOT_YET": ("not yet", "may become valid; nobody is at fault"),
}


def rows(path, pattern):
    """The table's rows, each a tuple of its columns; every X( must be one."""
    text = COMMENT.sub("", (ROOT / path).read_text(encoding="utf-8"))
    found = pattern.findall(text)
    wanted = len(re.findall(r"\bX\(", text))
    if len(found) != wanted or not found:
        sys.exit(f"{path}: {wanted} rows, but {len(found)} of them have the form that its first comment gives")
    return [tuple(re.sub(r"\\(.)", r"\1", column) for column in row) for row in found]


def table(head, lines):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for line in lines:
        yield "| " + " | ".join(line) + " |"
    yield ""


def test_cell(name, string):
    """The test that produces the reason; every reason of consensus has one."""
    found = test_names.producer(ROOT, name, string, test_names.CONSENSUS)
    if not found:
        return ""
    path, test = found
    return f"`{path.removeprefix('tests/').removeprefix('unit/')}`: {test.removeprefix('test_')}"


def document():
    consensus, policy = rows(CONSENSUS, CONSENSUS_ROW), rows(POLICY, POLICY_ROW)
    for code, verdict, stage, *_ in consensus:
        if verdict not in BLAME or stage not in STAGES:
            sys.exit(f"{CONSENSUS}: {code} has a verdict or a stage that {pathlib.Path(__file__).name} does not know")
    yield "# Every rule by which something is refused"
    yield ""
    yield f"Made by tools/make_rules.py from `{CONSENSUS}` and `{POLICY}`; change those."
    yield ""
    yield "The reject string is what the RPC answers and the log says; it is Bitcoin Core's where that has the rule. The code is"
    yield "the name in the source: `YC_REJ_` before it for consensus, `YC_POLICY_` for policy. A verdict says for how long, and"
    yield "whose fault it is. The test, below tests/unit, is one that makes the reason appear:"
    yield ""
    yield from table(["verdict", "what follows"], [BLAME[v] for v in BLAME] + [("policy", "valid in a block; this node would rather not relay or mine it")])
    yield f"## Consensus: {len(consensus)} rules"
    yield ""
    for stage, (title, needs) in STAGES.items():
        yield f"### {title}"
        yield ""
        yield needs
        yield ""
        yield from table(["reject string", "what is wrong", "verdict", "source", "code", "test"],
                         [(f"`{cell(string)}`", cell(what), BLAME[verdict][0], cell(source), f"`{code}`",
                           test_cell(f"YC_REJ_{code}", string))
                          for code, verdict, at, string, source, what in consensus if at == stage])
    yield f"## Policy: {len(policy)} rules of the mempool"
    yield ""
    yield from table(["reject string", "what is wrong", "code"], [(f"`{cell(string)}`", cell(what), f"`{code}`") for code, string, what in policy])


if __name__ == "__main__":
    sys.exit(generated.main(__doc__, OUT, document(), sys.argv[1:]))
