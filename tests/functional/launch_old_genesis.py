#!/usr/bin/env python3
"""A chain can begin long after its genesis was made: with -launch, and with nothing but that."""
import json
import time

from blocks import TRUE_DESCRIPTOR
from framework import Lab, contains, equal, main, rpc_error, wait_same_tip

YEAR_S = 365 * 86400
RULES = {"rules": ["segwit"]}


def old_chain(lab):
    """A chain file that is no test chain, whose genesis is a year old, with easy blocks."""
    made = lab.program("ycoind", "-mkchain=orchard", seconds=60)
    equal((made.returncode, made.stderr), (0, ""))
    chain = json.loads(made.stdout)
    chain["test_chain"] = False
    chain["pow"].update(limit="7f" + "ff" * 31, retarget="none", half_life=0)
    chain["genesis"].update(time=int(time.time()) - YEAR_S, bits="207fffff")
    del chain["genesis"]["nonce"], chain["genesis"]["hash"]
    file = lab.folder / "orchard.json"
    file.write_text(json.dumps(chain))
    mined = lab.program("ycoind", "-mkgenesis", f"-chainfile={file}", seconds=60)
    equal((mined.returncode, mined.stderr), (0, ""))
    file.write_text(mined.stdout)
    return {"chain": [f"-chainfile={file}"], "chain_dir": chain["dir"]}


def test_without_launch_templates_are_refused(lab: Lab):
    how = old_chain(lab)
    node = lab.node(**how)
    contains(rpc_error(-9, "", node.getblocktemplate, RULES), "no peer is known for orchard: give -addnode=HOST, or -launch to start the chain")
    other = lab.node(**how)
    node.connect(other)
    rpc_error(-10, "", node.getblocktemplate, RULES)
    equal(node.getblockchaininfo()["initialblockdownload"], True)


def test_two_nodes_begin(lab: Lab):
    how = old_chain(lab)
    node, other = lab.node("-launch", **how), lab.node("-launch", **how)
    contains((node.chain_folder / "debug.log").read_text(), "-launch")
    node.connect(other)
    equal(node.getblocktemplate(RULES)["height"], 1)
    first = node.generatetodescriptor(1, TRUE_DESCRIPTOR)[0]
    wait_same_tip([node, other])
    equal(other.getbestblockhash(), first)
    # The tip is fresh now: the chain has begun, and a node without -launch takes part.
    third = lab.node(**how)
    third.connect(other)
    wait_same_tip([node, other, third])
    equal(third.getblockchaininfo()["initialblockdownload"], False)
    equal(third.getblocktemplate(RULES)["height"], 2)
    second = third.generatetodescriptor(1, TRUE_DESCRIPTOR)[0]
    wait_same_tip([node, other, third])
    equal(node.getbestblockhash(), second)


main()
