"""A small file system that fills up: the node stops before an acknowledgement is lost, marks nothing invalid, and goes on when
there is room again (catalogue C11, S07)."""
import http.client
import os
import random

from blocks import TRUE_DESCRIPTOR, mine_true
from mounting import begin_where_one_may_mount, mount, unmount
from nodes import Node, RpcError
from world import in_folder, state

MEGABYTES = 64
GONE = (OSError, ValueError, RpcError, http.client.HTTPException)


def room(folder):
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def mine_until_it_ends(node, acknowledged):
    try:
        while True:
            acknowledged += node.generatetodescriptor(1, TRUE_DESCRIPTOR)
    except GONE:
        pass


def fill_once(node, other, chance):
    acknowledged = []
    ballast = node.folder / "ballast"
    with open(ballast, "wb") as f:
        f.write(b"\0" * max(0, room(node.folder) - chance.randint(4_000, 300_000)))
    mine_until_it_ends(node, acknowledged)
    if node.wait_end(30) != 1 or "Error: " not in node.stderr():
        raise AssertionError(f"on a full disk the node ended with {node.process.returncode}: {node.stderr()!r}")
    said = node.stderr()
    ballast.unlink()
    node.start()
    for block in acknowledged:
        if node.getblockheader(block)["confirmations"] < 1:
            raise AssertionError(f"block {block} was acknowledged and is not in the chain")
    if any(t["status"] == "invalid" for t in node.getchaintips()):
        raise AssertionError("a good block is marked invalid")
    node.generatetodescriptor(2, TRUE_DESCRIPTOR)
    for height in range(other.getblockcount() + 1, node.getblockcount() + 1):
        other.submitblock(node.getblock(node.getblockhash(height), 0))
    if state(node) != state(other):
        raise AssertionError(f"the node is at {state(node)}, one that had room at {state(other)}")
    return len(acknowledged), said


def full(times, seed, keep):
    begin_where_one_may_mount()
    with in_folder("full", seed, keep) as folder:
        chance = random.Random(seed)
        node, other = Node("victim", folder / "victim"), Node("roomy", folder / "roomy")
        if not mount(node.folder, MEGABYTES):
            print("skipped: a small file system can only be mounted as root, or where users have namespaces of their own (unshare -rm)")
            return
        try:
            node.start()
            other.start()
            mine_true(node, 110)
            counts = [fill_once(node, other, chance) for _ in range(times)]
            if node.stop() != 0:
                raise AssertionError(node.stderr())
        finally:
            node.end()
            other.end()
            unmount(node.folder)
    print(f"{times} times full (seed {seed}, {MEGABYTES} MB): {sum(c for c, _ in counts)} blocks were acknowledged on the way and none "
          f"was lost; it said, for example: {counts[-1][1].strip()}")
