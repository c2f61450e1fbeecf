"""Long work that is cut off: an import with -loadblock and a -reindex, by kill -9 and by SIGTERM; and how long starts take."""
import os
import random
import signal
import time

from blocks import TRUE_DESCRIPTOR, Block, coinbase, mine_true, spend, subsidy_sat
from nodes import Node, RpcError, wait_until
from world import END_S_MAX, START_IMPORT_S_MAX, START_S_MAX, in_folder, state

GONE = (OSError, ValueError, RpcError)


def make_file(folder, blocks):
    """A chain with spends in it: what a node at its tip says, and the block file, which -loadblock takes as it is."""
    node = Node("source", folder / "source")
    try:
        node.start()
        coins = mine_true(node, 150)
        for coin in coins[:40]:
            node.sendrawtransaction(spend([coin], outputs=20).hex)
        while node.getblockcount() < blocks:
            node.generatetodescriptor(min(250, blocks - node.getblockcount()), TRUE_DESCRIPTOR)
        wanted = state(node)
        node.stop()
    finally:
        node.end()
    return wanted, node.chain_folder / "blocks" / "blk00000.dat"


def begin(node, chance, file):
    """Start one of the two kinds of long work; the option."""
    option = chance.choice([f"-loadblock={file}", f"-loadblock={file}", "-reindex", "-reindex-chainstate"])
    node.start([option], wait=False)
    return option


def last_shown(node, seconds):
    """Ask for the height until the time is over; the last one that was shown."""
    end, shown = time.monotonic() + seconds, -1
    while time.monotonic() < end:
        try:
            shown = node.getblockcount()
        except GONE:
            pass
        time.sleep(0.005)
    return shown


def finish(node, file, wanted):
    """Whatever happened before, the whole file makes the whole chain."""
    node.start([f"-loadblock={file}"])
    wait_until("the import is complete", lambda: node.getbestblockhash() == wanted[0])
    if state(node) != wanted:
        raise AssertionError(f"the coins after the import are {state(node)[1]}, those of the source {wanted[1]}")
    if any(t["status"] == "invalid" for t in node.getchaintips()):
        raise AssertionError("a good block is marked invalid")


def kill(kills, seed, keep, blocks=3000):
    with in_folder("import", seed, keep) as folder:
        chance, slowest = random.Random(seed), 0.0
        wanted, file = make_file(folder, blocks)
        node = Node("victim", folder / "victim")
        try:
            for done in range(kills):
                option = begin(node, chance, file)
                shown = last_shown(node, chance.uniform(0, 1.2))
                node.kill()
                took = node.start()
                slowest = max(slowest, took)
                height = node.getblockcount()
                if "reindex" not in option and height < shown:
                    raise AssertionError(f"kill {done}: at {height} after {shown} was shown, {option}")
                if took > START_IMPORT_S_MAX:
                    raise AssertionError(f"kill {done}: the start took {took:.1f} s, {option}")
                node.kill()
            finish(node, file, wanted)
            if node.stop() != 0:
                raise AssertionError(node.stderr())
        finally:
            node.end()
    print(f"{kills} kills (seed {seed}) inside imports and reindexes of {blocks} blocks: the whole chain is there; slowest start "
          f"{slowest:.2f} s")


def terminate(times, seed, keep, blocks=3000):
    with in_folder("terminate", seed, keep) as folder:
        chance, slowest = random.Random(seed), 0.0
        wanted, file = make_file(folder, blocks)
        node = Node("victim", folder / "victim")
        try:
            for done in range(times):
                option = begin(node, chance, file)
                time.sleep(chance.uniform(0, 1.0))
                begun = time.monotonic()
                os.kill(node.pid, signal.SIGTERM)
                status = node.wait_end(4 * END_S_MAX)
                slowest = max(slowest, time.monotonic() - begun)
                # Before main() has said what SIGTERM means to it, the process dies of the signal, having done nothing.
                if status not in (0, -signal.SIGTERM) or node.stderr():
                    raise AssertionError(f"end {done}, {option}: status {status}, {node.stderr()}")
            if slowest > END_S_MAX:
                raise AssertionError(f"an end took {slowest:.1f} s")
            finish(node, file, wanted)
        finally:
            node.end()
    print(f"{times} times SIGTERM (seed {seed}) inside imports and reindexes of {blocks} blocks: slowest end {slowest:.2f} s, and the "
          "next start went on")


def write_chain(node, file, blocks):
    """A file of so many empty blocks on the node's genesis block, as close in time as the median of eleven allows; the last
    one's hash."""
    first = node.getblockheader(node.getblockhash(0))
    magic = (node.chain_folder / "blocks" / "blk00000.dat").read_bytes()[:4]
    parent = first["hash"]
    with open(file, "wb") as f:
        for height in range(1, blocks + 1):
            later = height if height < 12 else 11 + (height - 11) // 6
            block = Block(parent, first["time"] + later, [coinbase(height, subsidy_sat(height))])
            block.solve()
            data, parent = block.bytes(), block.hash
            f.write(magic + len(data).to_bytes(4, "little") + data)
    return parent


def restart(blocks, seed, keep):
    """A start at a tip that was synced, after a kill and after a clean end."""
    with in_folder("restart", seed, keep) as folder:
        node, file = Node("node", folder / "node"), folder / "blocks.dat"
        try:
            node.start()
            tip = write_chain(node, file, blocks)
            node.stop()
            node.start([f"-loadblock={file}"])
            wait_until("all blocks are imported", lambda: node.getbestblockhash() == tip, 1200)
            node.kill()
            after_kill = node.start()
            wait_until("the tip is there again", lambda: node.getbestblockhash() == tip)
            node.stop()
            after_stop = node.start()
            node.kill()
            again = node.start()
        finally:
            node.end()
    print(f"{blocks} blocks: a start after a kill at the end of their import took {after_kill:.2f} s, after a clean "
          f"end {after_stop:.2f} s, after a kill at the synced tip {again:.2f} s")
    if after_stop > START_S_MAX or again > START_S_MAX or after_kill > START_IMPORT_S_MAX:
        raise AssertionError(f"a start took longer than {START_S_MAX:.0f} s, or {START_IMPORT_S_MAX:.0f} s after work was cut off")
