"""Two nodes that are not connected, asked the same in the same order: ours on Bitcoin's regtest and the bitcoind that
$BITCOIND names. What a long differential run stands on: its arguments, its pace, its end."""
import argparse
import base64
import collections
import http.client
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

from sides import ROOT, Lab, Skip, ours, theirs

sys.path.insert(0, str(ROOT / "tests" / "vectors"))

SKIPPED = 77

SCRIPT = "block-script-verify-flag-failed"
# What both find invalid in other words, on purpose.
MEANT = {
    ("bad-txns-merkle-nodes", "bad-cb-missing"): "a body that may be inner nodes of another's tree is not the header's (C08)",
    ("inconclusive", "prev-blk-not-found"): "a header stays known when a body that came with it was dropped",
}
AMOUNTS = {"bad-cb-amount", "bad-txns-in-belowout", "bad-txns-inputs-missingorspent", "bad-txns-premature-spend-of-coinbase", "bad-txns-nonfinal",
           "bad-blk-sigops", "bad-txns-inputvalues-outofrange", "bad-txns-fee-outofrange"}


def meant(ours_, theirs_):
    """Why these two verdicts are meant to differ, or None."""
    if ours_ in AMOUNTS and str(theirs_).startswith(SCRIPT):
        return "with two faults in a block, amounts come before scripts here, as in Bitcoin Core with workers"
    return MEANT.get((ours_, theirs_))


class Line:
    """A kept HTTP connection to a node, on which a request is sent now and answered later."""

    def __init__(self, node):
        self.link = http.client.HTTPConnection("127.0.0.1", node.rpc_port, timeout=600)
        auth = base64.b64encode(node.cookie().encode()).decode()
        self.headers = {"Authorization": f"Basic {auth}", "Content-Type": "application/json"}

    def send(self, method, params):
        self.link.request("POST", "/", json.dumps({"id": 1, "method": method, "params": params}), self.headers)

    def answer(self):
        answer = json.loads(self.link.getresponse().read())
        error = answer.get("error")
        return f"error {error['code']}: {error['message']}" if error else answer["result"]


class Two:
    """Bitcoin Core runs without workers: with them, which of several scripts that fail is named is left to chance."""

    def __init__(self, lab, *options):
        other = theirs(lab, "-par=1", "-acceptnonstdtxn=1", "-minrelaytxfee=0", "-dustrelayfee=0", "-persistmempool=0", *options)
        node = ours(lab, "-acceptnonstdtxn=1", "-minrelaytxfee=0", "-dustrelayfee=0", "-persistmempool=0", *options)
        self.lines = [Line(node), Line(other)]

    def ask(self, method, *params):
        """What both say, [ours, theirs]: both work at the same time."""
        for line in reversed(self.lines):
            line.send(method, params)
        return [line.answer() for line in self.lines]

    def same(self, what, method, *params):
        a, b = self.ask(method, *params)
        if a != b:
            raise AssertionError(f"{what}: {method} gives ours {a!r}, theirs {b!r}")
        return a


class Run:
    """Counts what agreed and what did not, and says how far the run is."""

    def __init__(self, what, total):
        self.what, self.total, self.passed, self.problems = what, total, 0, []
        self.meant = collections.Counter()
        self.begun = self.told = time.monotonic()

    def judge(self, name, verdicts, raw=b""):
        """Note whether both verdicts are one; the evidence of a difference is kept."""
        reason = None if verdicts[0] == verdicts[1] else meant(*verdicts)
        if verdicts[0] == verdicts[1] or reason:
            self.passed += 1
            self.meant.update([reason] if reason else [])
            return
        self.problems.append(f"{name}: ours {verdicts[0]!r}, theirs {verdicts[1]!r}")
        print(f"DIFFERS  {self.problems[-1]}", flush=True)
        if raw:
            file = pathlib.Path(tempfile.gettempdir()) / f"ycoin-differs-{os.getpid()}-{len(self.problems)}.hex"
            file.write_text(raw.hex() + "\n")
            print(f"         its bytes are in {file}", flush=True)

    def count(self):
        return self.passed + len(self.problems)

    def tell(self, more="", every_s=5):
        now = time.monotonic()
        if now - self.told < every_s:
            return
        self.told = now
        rate = self.count() / (now - self.begun)
        print(f"{self.count()} of {self.total} {self.what}, {rate:.0f} a second, {max(self.total - self.count(), 0) / rate:.0f} s left{more}", flush=True)

    def end(self):
        for reason, times in self.meant.items():
            print(f"{times} times another word: {reason}")
        print(f"{self.what}: {self.count()} in {time.monotonic() - self.begun:.0f} s")
        print(f"{self.passed} passed, {len(self.problems)} failed")
        return 1 if self.problems else 0


def command(about, counted, default, run):
    """Read --COUNTED and --seed, have run(lab, count, seed) in a folder that goes away, and exit with what it returns.
    The folders are kept in memory where there is room: a node that syncs for each block would wait for the disk."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument(f"--{counted}", type=int, default=default, help=f"how many (default {default})")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same run (default 1)")
    parser.add_argument("--keep", action="store_true", help="keep the nodes' folders")
    chosen = parser.parse_args()
    memory = pathlib.Path("/dev/shm")
    in_memory = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    folder = tempfile.mkdtemp(prefix="ycoin-two-", dir=memory if in_memory else None)
    lab, status = Lab(folder), 1
    try:
        status = run(lab, getattr(chosen, counted), chosen.seed)
        lab.finish()
    except Skip as e:
        print(f"skipped: {e}")
        status = SKIPPED
    finally:
        lab.end()
        if chosen.keep:
            print(f"the folder is {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)
