"""What every functional test stands on. Python's standard library alone.

A test file is a script: its functions whose names begin with test_ take a Lab, run in the order of the file, each in a
folder of its own, and end by calling framework.main(). Exit status: 0, 1 when one failed, 77 when all were skipped.

    usage: tests/functional/NAME.py [TEXT] [--keep]     only tests with TEXT in their name; keep folders

Processes die with the test, whatever happens to it; a node that a test leaves running must end cleanly: exit status 0
and not a byte on standard error.
"""
import inspect
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "regtest"))
from nodes import BIN, Node, RpcError, free_ports, wait_same_mempool, wait_same_tip, wait_until  # noqa: E402,F401

SKIPPED = 77


class Skip(Exception):
    """The test cannot run here; the reason is its text."""


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def contains(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text if len(text) < 400 else '… ' + text[-400:]!r}")


def rpc_error(code, part, call, *arguments, **named):
    """The call must end with this code and a message that contains part; the message."""
    try:
        result = call(*arguments, **named)
    except RpcError as e:
        if e.code != code or part not in e.message:
            raise AssertionError(f"got {e.message!r} ({e.code}), wanted {part!r} ({code})") from e
        return e.message
    raise AssertionError(f"got {result!r}, wanted the error {part!r} ({code})")


def start_fails(node, *parts, extra=()):
    """The node must refuse to start, with exit status 1 and one sentence that contains each part; the sentence."""
    node.start(extra, wait=False)
    equal(node.wait_end(30), 1)
    text = node.stderr()
    contains(text, "Error: ")
    for part in parts:
        contains(text, part)
    return text


class Lab:
    """One test's folder and processes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.nodes = []

    def node(self, *options, start=True, name=None, **how):
        """A node of its own folder, started unless start is False; how as Node() takes it."""
        name = name or "ABCDEFGHIJ"[len(self.nodes)]
        node = Node(name, self.folder / name, options=options, **how)
        self.nodes.append(node)
        if start:
            node.start()
        return node

    def line(self, count, *options):
        """So many nodes, each connected to the next."""
        nodes = [self.node(*options, start=False) for _ in range(count)]
        for node in nodes:
            node.start(wait=False)
        for node in nodes:
            node.wait_ready()
        for a, b in zip(nodes, nodes[1:]):
            a.connect(b)
        return nodes

    def program(self, name, *arguments, stdin=None, seconds=30, env=None):
        """Run one of our programs to its end."""
        return subprocess.run([str(BIN / name), *map(str, arguments)], input=stdin, capture_output=True, text=True, check=False,
                              timeout=seconds, env=env)

    def finish(self):
        """After a test that passed: what still runs must end cleanly."""
        for node in self.nodes:
            if node.running() and node.process:
                status = node.stop()
                if status != 0 or node.stderr():
                    raise AssertionError(f"node {node.name} ended with {status} and said: {node.stderr()!r}")

    def tell(self):
        """After a test that failed: the end of each node's log."""
        for node in self.nodes:
            log = node.chain_folder / "debug.log"
            lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
            print(f"--- node {node.name}: {' '.join(node.command())}\n{node.stderr()}" + "\n".join(line[:160] for line in lines))

    def end(self):
        for node in self.nodes:
            if node.running():
                node.kill()


def run_one(name, test, keep):
    """None, or how it failed: "skipped" or "failed"."""
    folder = tempfile.mkdtemp(prefix=f"ycoin-{pathlib.Path(sys.argv[0]).stem}-")
    lab, begun, outcome = Lab(folder), time.monotonic(), None
    try:
        test(lab)
        lab.finish()
        print(f"ok       {name} ({time.monotonic() - begun:.1f} s)", flush=True)
    except Skip as e:
        outcome = "skipped"
        print(f"skipped  {name}: {e}", flush=True)
    except Exception:  # the report is the point; the next test goes on
        outcome = "failed"
        print(f"FAILED   {name}", flush=True)
        traceback.print_exc(file=sys.stdout)
        lab.tell()
    finally:
        lab.end()
        if keep:
            print(f"its folder is {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return outcome


def main(in_memory=False):
    """in_memory: keep the folders in memory where there is room, for a test whose programs sync so often that on a busy
    disk it would do nothing but wait. A process that is killed loses nothing by it."""
    memory = pathlib.Path("/dev/shm")
    if in_memory and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        tempfile.tempdir = str(memory)
    keep = "--keep" in sys.argv
    words = [a for a in sys.argv[1:] if a != "--keep"]
    module = inspect.getmodule(inspect.stack()[1][0])
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_") and (not words or words[0] in n)]
    if not tests:
        sys.exit(f"no test is called {words[0]}" if words else "no test in this file")
    if not (BIN / "ycoind").exists():
        print(f"{BIN / 'ycoind'} is not there: build first, or name the folder of the programs in $YCOIN_BIN")
        sys.exit(1)
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    outcomes = [run_one(name, test, keep) for name, test in tests]
    if "failed" in outcomes:
        sys.exit(1)
    sys.exit(SKIPPED if all(o == "skipped" for o in outcomes) else 0)
