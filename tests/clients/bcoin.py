#!/usr/bin/env python3
"""bcoin, a node written by others in JavaScript, as the peer of ycoind on Bitcoin's regtest: each follows the other.

usage: BCOIN=FOLDER tests/clients/bcoin.py

FOLDER is where "npm install bcoin" was run (with --ignore-scripts too: its addons are not needed). Nothing is downloaded here.
Without it, or without node, this ends with 77, a skip.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "functional"), str(ROOT / "regtest")]
from blocks import mine_true, spend  # noqa: E402  (after the path)
from framework import Lab, Skip, equal, main, wait_until  # noqa: E402
from nodes import free_ports  # noqa: E402

SEGWIT_HEIGHT = 432  # three periods of 144 blocks that signal it: so bcoin's regtest begins to know witnesses


class Bcoin:
    def __init__(self, peer):
        folder = os.environ.get("BCOIN")
        node = shutil.which("node")
        if not folder or not node:
            raise Skip("BCOIN must name a folder where 'npm install bcoin' was run, and node must be there")
        if not (pathlib.Path(folder) / "node_modules" / "bcoin").is_dir():
            raise Skip(f"there is no bcoin in {folder}: run 'npm install --ignore-scripts bcoin' there")
        environment = {**os.environ, "NODE_PATH": str(pathlib.Path(folder).resolve() / "node_modules"), "NODE_BACKEND": "js"}
        self.process = subprocess.Popen([node, str(HERE / "bcoin_node.js"), f"127.0.0.1:{peer.port}", str(free_ports(1)[0])],
                                        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        equal(self.read(), "ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"bcoin has ended: {self.process.stderr.read()[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"bcoin: {answer['error']}")
        return answer["ok"]

    def ask(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self.read()


def test_each_follows_the_other(lab: Lab):
    node = lab.node(f"-chainfile={ROOT}/chains/bitcoin-regtest.json", chain=())
    with Bcoin(node) as other:
        tip = other.ask(mine=SEGWIT_HEIGHT + 10)  # first: while its tip is old bcoin leaves questions for headers unanswered
        other.ask(connect=True)
        equal(tip["height"], SEGWIT_HEIGHT + 10)
        wait_until("ycoind is at bcoin's tip", lambda: node.getbestblockhash() == tip["hash"])
        coins = mine_true(node, 5)
        node.generatetodescriptor(100, "raw(51)")
        wait_until("bcoin is at ycoind's tip", lambda: other.ask(tip=True)["hash"] == node.getbestblockhash())
        ours, theirs = spend(coins[:1]), spend(coins[1:2])
        node.sendrawtransaction(ours.hex)
        wait_until("bcoin has ycoind's transaction", lambda: ours.txid in other.ask(pool=True))
        other.ask(tx=theirs.hex)
        wait_until("ycoind has bcoin's transaction", lambda: theirs.txid in node.getrawmempool())
        tip = other.ask(mine=1)
        wait_until("ycoind is at bcoin's tip", lambda: node.getbestblockhash() == tip["hash"])
        equal(node.getrawmempool(), [])
        equal(sorted(node.getblock(tip["hash"])["tx"][1:]), sorted([ours.txid, theirs.txid]))
        # The longer of two branches that each has alone.
        node.setnetworkactive(False)
        node.generatetodescriptor(2, "raw(51)")
        other.ask(mine=4)
        node.setnetworkactive(True)
        wait_until("they have met again", lambda: [p for p in node.getpeerinfo() if "bcoin" in p["subver"]], 90)
        wait_until("ycoind has changed over", lambda: node.getbestblockhash() == other.ask(tip=True)["hash"], 90)
        equal(node.getblockcount(), tip["height"] + 4)


main()
