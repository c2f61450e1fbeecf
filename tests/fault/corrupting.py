"""Files spoiled between two starts: what is damaged is detected or does no harm; never another balance, never another block
(catalogue S03, S08, S09, S17, S18)."""
import collections
import http.client
import os
import random
import shutil

from blocks import mine_true, spend
from nodes import Node, RpcError, wait_until
from world import in_folder, state

GONE = (OSError, ValueError, http.client.HTTPException)
OPTIONS = ("-txindex", "-blockfilterindex=basic")

CLASSES = ("blocks/blk*.dat", "blocks/rev*.dat", "blocks/xor.dat", "blocks/index/*.ldb", "blocks/index/*.log", "blocks/index/MANIFEST-*",
           "blocks/index/CURRENT", "chainstate/*.ldb", "chainstate/*.log", "chainstate/MANIFEST-*", "chainstate/CURRENT",
           "indexes/**/*.ldb", "indexes/**/*.log", "indexes/**/MANIFEST-*", "indexes/**/CURRENT", "mempool.dat", "peers.dat",
           "banlist.json", "debug.log")


def flip(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]


def truncate(data, chance):
    return data[:chance.randrange(len(data))]


def blank(data, chance):
    """A block of the disk that reads as zeros."""
    at = chance.randrange(len(data)) // 512 * 512
    return data[:at] + bytes(min(512, len(data) - at)) + data[at + 512:]


def append(data, chance):
    return data + chance.randbytes(chance.randint(1, 2000))


HOW = (flip, flip, flip, truncate, blank, append)


class Reference:
    """What is true, told by the node before anything was spoiled."""

    def __init__(self, node):
        coins = mine_true(node, 110)
        for coin in coins[:9]:
            node.sendrawtransaction(spend([coin], outputs=7).hex)
        mine_true(node, 12)
        self.pool = {node.sendrawtransaction(spend([coin]).hex) for coin in coins[9:12]}
        self.hashes = [node.getblockhash(h) for h in range(node.getblockcount() + 1)]
        self.blocks = [node.getblock(h, 0) for h in self.hashes]
        self.txids = {t["txid"]: t["hex"] for h in self.hashes[100:] for t in node.getblock(h, 2)["tx"]}
        self.state = state(node)
        self.filters = [node.getblockfilter(h) for h in self.hashes]


def ask(what, call, wanted):
    """True when it says what is true, False when it says that it cannot; anything else is a lie."""
    try:
        got = call()
    except RpcError:
        return False
    if got != wanted:
        raise AssertionError(f"{what} is {got if len(str(got)) < 200 else str(got)[:200]}")
    return True


def look(node, true):
    """How the node takes it: harmless, noticed, or refused at the start or later."""
    node.start(wait=False)

    def up_or_ended():
        try:
            return node.process.poll() is not None or node.getblockcount() >= 0
        except (RpcError, *GONE):
            return False
    wait_until("the node is up or has ended", up_or_ended)
    try:
        wait_until("the tip", lambda: node.process.poll() is not None or node.getbestblockhash() == true.state[0], 30)
        fine = ask("the coins' hash", lambda: node.gettxoutsetinfo()["hash_serialized_3"], true.state[1])
        for height, block in enumerate(true.hashes):
            fine &= ask(f"block {height}", lambda b=block: node.getblock(b, 0), true.blocks[height])
            fine &= ask(f"filter {height}", lambda b=block: node.getblockfilter(b), true.filters[height])
        for txid, tx in true.txids.items():
            fine &= ask(f"transaction {txid}", lambda t=txid: node.getrawtransaction(t), tx)
        if not set(node.getrawmempool()) <= true.pool:
            raise AssertionError("the pool holds what nobody gave it")
        invalid = [t for t in node.getchaintips() if t["status"] == "invalid"]
        if invalid:
            raise AssertionError(f"good blocks are marked invalid: {invalid}")
        status = node.stop()
    except GONE:  # it has met the damage
        status = node.wait_end(30)
        fine = False
    if status != 0:
        if status != 1 or "Error: " not in node.stderr():
            raise AssertionError(f"the node ended with {status}: {node.stderr()!r}")
        return "refused"
    return "harmless" if fine else "noticed"


def spoil(folder, chance):
    """Spoil one file of a class that is there; what was done to which."""
    while True:
        pattern = chance.choice(CLASSES)
        files = [f for f in sorted(folder.glob(pattern)) if f.is_file() and f.stat().st_size]
        if files:
            break
    file, how = chance.choice(files), chance.choice(HOW)
    file.write_bytes(how(file.read_bytes(), chance))
    return pattern, f"{file.relative_to(folder)}, {how.__name__}"


def corrupt(times, seed, keep):
    with in_folder("corrupt", seed, keep) as folder:
        chance, found = random.Random(seed), collections.Counter()
        node = Node("victim", folder / "victim", options=OPTIONS)
        kept = folder / "kept"
        try:
            node.start()
            true = Reference(node)
            node.stop()
            if chance.random() < 0.5:
                node.start()  # LevelDB makes tables of its logs
                node.stop()
            shutil.copytree(node.chain_folder, kept)
            for done in range(times):
                shutil.rmtree(node.chain_folder)
                shutil.copytree(kept, node.chain_folder)
                pattern, what = spoil(node.chain_folder, chance)
                try:
                    outcome = look(node, true)
                except Exception as e:
                    raise AssertionError(f"damage {done} ({what}): {e}") from e
                found[outcome, os.path.dirname(pattern).split("/")[0] or pattern] += 1
        finally:
            node.end()
    print(f"{times} files spoiled (seed {seed}), no lie was told: "
          + ", ".join(f"{where} {outcome} {n}" for (outcome, where), n in sorted(found.items(), key=lambda item: item[0][::-1])))
