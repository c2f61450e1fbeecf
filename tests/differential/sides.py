"""Both sides of a differential test: ycoind on Bitcoin's regtest, and the bitcoind that $BITCOIND names. A test without
one is skipped."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
from framework import Lab, RpcError, Skip, equal, main, wait_same_mempool, wait_same_tip, wait_until  # noqa: E402,F401

CHAIN_FILE = ROOT / "chains" / "bitcoin-regtest.json"


def ours(lab, *options, name="ours"):
    return lab.node(*options, name=name, chain=[f"-chainfile={CHAIN_FILE}"])


def theirs(lab, *options, name="theirs"):
    program = os.environ.get("BITCOIND")
    if not program:
        raise Skip("$BITCOIND names no bitcoind to compare with")
    if not os.access(program, os.X_OK):
        raise AssertionError(f"$BITCOIND is {program}, which cannot be run")
    return lab.node("-v2transport=0", "-fallbackfee=0.0001", *options, name=name, program=program)


def both(lab, connected=True):
    other = theirs(lab)  # first: without it there is nothing to do
    node = ours(lab)
    if connected:
        node.connect(other)
    return node, other


def outcome(call, *arguments):
    """What a call comes to, in a form that can be compared: its result, or its error's code and message."""
    try:
        return call(*arguments)
    except RpcError as e:
        return f"error {e.code}: {e.message}"


def differences(a, b, ignore=(), path=""):
    """Where two JSON values differ, as lines; members named in ignore are left out at any depth."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            if key in ignore:
                continue
            if key not in a or key not in b:
                yield f"{path}.{key}: only {'theirs' if key not in a else 'ours'} has it: {(b if key not in a else a)[key]!r}"
            else:
                yield from differences(a[key], b[key], ignore, f"{path}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, ignore, f"{path}[{i}]")
    elif a != b or isinstance(a, bool) != isinstance(b, bool):
        yield f"{path}: ours {a!r}, theirs {b!r}"


def same(name, a, b, ignore=()):
    found = list(differences(a, b, ignore, name))
    if found:
        raise AssertionError("\n".join(found[:20]))
