#!/usr/bin/env python3
"""Write the manual page of a program from what it says to --help and --version.

usage: make_man.py PROGRAM OUT

PROGRAM is the program's file; OUT is the page, PROGRAM.1 by custom. The help text is read as people read it: a line
that ends with a colon is a headline, "  -option" begins an option, deeper lines belong to what stands above them.
"""
import pathlib
import re
import subprocess
import sys

# What a page's first line says, and where to read on. A program that is not named here has no page.
SUMMARY = {
    "ycoind": ("the YCoin node", "ycoin-cli(1), ycoin-wallet(1), ycoin-miner(1)"),
    "ycoin-cli": ("ask a YCoin node", "ycoind(1)"),
    "ycoin-wallet": ("keys, addresses and payments", "ycoind(1)"),
    "ycoin-miner": ("search for blocks", "ycoind(1)"),
}
FILES = """~/.ycoin/ycoin.conf holds options as lines NAME=VALUE, those of one chain below a line [CHAIN].
~/.ycoin, or -datadir, holds the node's data; each chain but main has a folder of its own in it."""


def ask(program, option):
    done = subprocess.run([program, option], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode != 0 or not done.stdout.strip():
        sys.exit(f"{program} {option} ended with {done.returncode} and said: {(done.stderr or done.stdout).strip() or 'nothing'}")
    return done.stdout


def plain(text):
    """Text for roff: no escapes of ours, and no line that it would take for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def body(text):
    open_item = False
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        words = line.strip()
        if not words:
            if not open_item:
                yield ".PP"
        elif indent == 0 and words.endswith(":") and len(words) < 60:
            yield f".SS {plain(words[:-1])}"
            open_item = False
        elif indent == 0:
            open_item = False
            yield plain(words)
            yield ".br"
        elif indent <= 4 and re.match(r"\S", words) and (words.startswith("-") or re.match(r"\S+( \S+)*  +\S", words)):
            name, _, rest = (part.strip() for part in words.partition("  "))
            yield ".TP"
            yield f"\\fB{plain(name)}\\fR"
            open_item = True
            if rest:
                yield plain(rest)
        elif open_item:
            if words.startswith("ycoin"):  # an example, on a line of its own
                yield ".br"
            yield plain(words)
        else:
            yield ".nf"
            yield plain(words)
            yield ".fi"


def page(program):
    name = pathlib.Path(program).name
    if name not in SUMMARY:
        sys.exit(f"{name} has no summary in {pathlib.Path(__file__).name}: write one")
    summary, others = SUMMARY[name]
    version = ask(program, "--version").splitlines()[0]
    yield f'.TH {name.upper()} 1 "" "{plain(version)}" "User Commands"'
    yield ".SH NAME"
    yield f"{plain(name)} \\- {summary}"
    yield ".SH DESCRIPTION"
    yield from body(ask(program, "--help"))
    yield ".SH FILES"
    yield from (plain(line) + "\n.br" for line in FILES.splitlines())
    yield ".SH SEE ALSO"
    yield plain(others)


def main(arguments):
    if len(arguments) != 2 or arguments[0].startswith("-"):
        wanted = arguments in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    program, out = arguments
    text = "\n".join(page(program)) + "\n"
    pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(out).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
