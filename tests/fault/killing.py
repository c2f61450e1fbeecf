"""A node is killed at random instants, again and again, and must keep every word it gave.

While the node mines, receives, syncs, reorganises, invalidates, reconsiders, flushes, prunes and indexes, kill -9 ends it
(sometimes once more while it starts). After each restart: every block that it took or showed is there; its tip is at least the
last one it showed; the hash over its coins is that of a node which nobody disturbs and which stands at the same tip; its
indexes say the same; the start took under 2 s.
"""
import collections
import http.client
import random
import threading
import time

from world import PRUNED, START_S_MAX, in_folder, sync_indexes
from blocks import TRUE_DESCRIPTOR, TRUE_OUTPUT, Block, coinbase, mine_true, spend, subsidy_sat
from nodes import Node, RpcError, wait_same_tip, wait_until

GONE = (OSError, http.client.HTTPException, ValueError)


class Word:
    """What the node has said, as far as it must be true after a restart."""

    def __init__(self):
        self.blocks = set()  # accepted, or shown as tip
        self.tip_work = 0  # of the last tip shown
        self.marks_open = False  # an invalidation was asked for and not answered: the tip may have gone back
        self.invalid = set()  # invalidated, answered

    def showed(self, node, tip):
        self.blocks.add(tip)
        self.tip_work = int(node.getblockheader(tip)["chainwork"], 16)


# What the node does besides: nothing, indexes, or pruning with the index that can be had with it.
WAYS = ((), ("-txindex", "-blockfilterindex=basic"), ("-fastprune", "-prune=1", "-blockfilterindex=basic"))


class Torture:
    def __init__(self, folder, seed):
        self.chance = random.Random(seed)
        self.way = WAYS[seed % len(WAYS)]
        self.node = Node("victim", folder / "victim", options=self.way)
        # It gives and takes blocks, and is never killed.
        self.other = Node("undisturbed", folder / "undisturbed", options=[o for o in self.way if "index" in o])
        self.word = Word()
        self.count = collections.Counter()
        self.extra = seed << 20
        self.slowest_s = 0.0

    # -- what the node does while it is killed

    def mine(self, node):
        try:
            told = node.generatetodescriptor(self.chance.randint(1, 4), TRUE_DESCRIPTOR)
        except RpcError as e:
            if "duplicate-invalid" not in e.message:
                raise
            return  # the node's own next block is one that was taken back, to the bit
        self.word.blocks.update(told)
        self.word.showed(node, told[-1])

    def pay(self, node):
        """A transaction for the next block."""
        height = node.getblockcount() - self.chance.randint(100, 140)
        if height < 1:
            return
        block = node.getblock(node.getblockhash(height), 2)["tx"][0]
        if block["vout"][0]["scriptPubKey"]["hex"] != TRUE_OUTPUT.hex():
            return
        try:
            node.sendrawtransaction(spend([(block["txid"], 0, int(block["vout"][0]["value"] * 100_000_000))],
                                          outputs=self.chance.randint(1, 30)).hex)
        except RpcError as e:
            if e.code not in (-25, -26, -27):
                raise

    def side(self, node):
        """A branch of our own from a few blocks below the tip, often one that wins."""
        depth = self.chance.randint(0, 6)
        self.branch(node, depth, depth + self.chance.randint(-1, 2), self.word)

    def branch(self, node, depth, blocks, word=None):
        at = node.getblockheader(node.getblockhash(max(node.getblockcount() - depth, 1)))
        for _ in range(blocks):
            self.extra += 1
            height = at["height"] + 1
            block = Block(at["hash"], max(at["time"] + 1, at["mediantime"] + 1),
                          [coinbase(height, subsidy_sat(height), extra=b"\x04" + (self.extra % 2**32).to_bytes(4, "little"))])
            block.solve()
            answer = node.submitblock(block.hex)
            if answer not in (None, "inconclusive", "duplicate"):
                raise AssertionError(f"a good block was refused: {answer}")
            if word:
                word.blocks.add(block.hash)
            if word and answer is None:
                word.showed(node, node.getbestblockhash())
            at = node.getblockheader(block.hash)

    def mark(self, node):
        """Take a block back; often, give it back."""
        block = node.getblockhash(max(node.getblockcount() - self.chance.randint(0, 8), 1))
        self.word.marks_open = True
        node.invalidateblock(block)
        self.word.invalid.add(block)
        self.word.showed(node, node.getbestblockhash())
        self.word.marks_open = False
        self.branch(node, 0, self.chance.randint(0, 3), self.word)
        if self.chance.random() < 0.7:
            self.word.invalid.clear()  # what stands on it, or it on, is given back with it
            node.reconsiderblock(block)
            self.word.showed(node, node.getbestblockhash())

    def sync(self, node):
        """Blocks of the other node, from the network."""
        self.branch(self.other, 0, self.chance.randint(1, 12))
        node.addnode(f"127.0.0.1:{self.other.port}", "onetry")
        for _ in range(20):
            self.word.showed(node, node.getbestblockhash())

    def flush(self, node):
        self.word.showed(node, node.gettxoutsetinfo("none")["bestblock"])

    def prune(self, node):
        """As much as may go."""
        height = node.getblockcount() - 300
        if height > 0:
            node.pruneblockchain(height)

    def work(self, node):
        actions = (self.mine, self.pay, self.pay, self.side, self.side, self.mark, self.sync, self.flush)
        if "-prune=1" in self.way:
            actions += (self.prune,)
        try:
            while True:
                action = self.chance.choice(actions)
                self.count[action.__name__] += 1
                action(node)
        except GONE:
            pass  # the node is gone
        except (RpcError, AssertionError) as e:
            if self.node.running():
                self.failure = e

    # -- a kill, and what must hold after it

    def round(self):
        self.failure = None
        twin = Node("victim", self.node.folder, self.node.port, self.node.rpc_port)  # a connection of its own
        thread = threading.Thread(target=self.work, args=(twin,))
        thread.start()
        time.sleep(self.chance.uniform(0.0, 0.35))
        self.node.kill()
        thread.join()
        if self.failure:
            raise self.failure
        if self.chance.random() < 0.3:
            self.node.start(wait=False)
            time.sleep(self.chance.uniform(0.0, 0.08))
            self.node.kill()
            self.count["kills at a start"] += 1
        took = self.node.start()
        self.slowest_s = max(self.slowest_s, took)
        if took > START_S_MAX:
            raise AssertionError(f"the start took {took:.2f} s")
        self.check()

    def check(self):
        tip = self.node.getblockheader(self.node.getbestblockhash())
        if not self.word.marks_open and int(tip["chainwork"], 16) < self.word.tip_work:
            raise AssertionError(f"the tip {tip['hash']} of height {tip['height']} is less than what was shown before")
        for block in self.word.blocks:
            self.there(block)
        for block in self.word.invalid:
            if self.node.getblockheader(block)["confirmations"] >= 0:
                raise AssertionError(f"block {block} was invalidated and is in the chain again")
        self.follow(tip)
        mine, its = (n.gettxoutsetinfo()["hash_serialized_3"] for n in (self.node, self.other))
        if mine != its:
            raise AssertionError(f"at {tip['hash']} the coins' hash is {mine}, of a node that was not disturbed {its}")
        self.indexes_agree(tip)
        self.word = Word()
        self.word.showed(self.node, tip["hash"])

    def there(self, block):
        """An error when it is not; but old ones may have been pruned."""
        try:
            self.node.getblock(block)
        except RpcError as e:
            if "-prune=1" not in self.way or PRUNED not in e.message:
                raise

    def indexes_agree(self, tip):
        for name in sync_indexes(self.node, self.other):
            if name == "txindex":
                height = self.chance.randint(max(1, tip["height"] - 200), tip["height"])
                txid = self.node.getblock(self.node.getblockhash(height))["tx"][0]
                mine, its = (n.getrawtransaction(txid, 1)["hex"] for n in (self.node, self.other))
            else:
                mine, its = (n.getblockfilter(tip["hash"]) for n in (self.node, self.other))
            if mine != its:
                raise AssertionError(f"at {tip['hash']} the {name} says {mine}, that of a node that was not disturbed {its}")

    def follow(self, tip):
        """Bring the undisturbed node to the same tip."""
        def shared():
            """The height of the last block that both have in their chains."""
            low = min(self.other.getblockcount(), tip["height"])
            while self.other.getblockhash(low) != self.node.getblockhash(low):
                low -= 1
            return low
        for height in range(shared() + 1, tip["height"] + 1):
            block = self.node.getblockhash(height)
            if self.other.submitblock(self.node.getblock(block, 0)) == "duplicate-invalid":
                self.other.reconsiderblock(block)
        while self.other.getbestblockhash() != tip["hash"]:  # it prefers other branches, one after another
            low = shared()
            if self.other.getblockcount() == low:
                raise AssertionError(f"the undisturbed node is at {self.other.getbestblockhash()}, not at {tip['hash']}")
            self.other.invalidateblock(self.other.getblockhash(low + 1))

    def run(self, kills):
        self.other.start()
        self.node.start()
        mine_true(self.other, 430 if "-prune=1" in self.way else 130)
        self.node.connect(self.other)
        wait_same_tip([self.node, self.other])
        for done in range(kills):
            try:
                self.round()
            except Exception as e:
                raise RuntimeError(f"after {done} kills: {e}") from e
        self.other.end()
        if "-prune=1" not in self.way:
            self.give_all_of_it()

    def give_all_of_it(self):
        fresh = Node("fresh", self.node.folder.parent / "fresh")
        try:
            fresh.start()
            fresh.connect(self.node)
            work = int(self.node.getblockheader(self.node.getbestblockhash())["chainwork"], 16)
            wait_until("a new node has taken all of it", lambda: int(
                fresh.getblockheader(fresh.getbestblockhash())["chainwork"], 16) >= work)
        finally:
            fresh.end()

    def end(self):
        for node in (self.node, self.other):
            node.end()


def kill(kills, seed, keep):
    with in_folder("kill", seed, keep) as folder:
        begun = time.monotonic()
        t = Torture(folder, seed)
        try:
            t.run(kills)
        finally:
            t.end()
    print(f"{kills} kills (seed {seed}{''.join(' ' + o for o in t.way)}), {t.count['kills at a start']} more during a start: nothing "
          f"was lost; slowest start {t.slowest_s:.2f} s; {time.monotonic() - begun:.0f} s in all; "
          + ", ".join(f"{name} {n}" for name, n in sorted(t.count.items()) if " " not in name))
