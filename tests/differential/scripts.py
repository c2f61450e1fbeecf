#!/usr/bin/env python3
"""Scripts made at random, judged by ycoind and by Bitcoin Core: the same verdict in the same words for each.

    BITCOIND=…/bitcoind python3 tests/differential/scripts.py --count 200000 --seed 1

Each locks a coin of its own, bare, behind P2SH, as a witness script or as a tapscript, and is spent by items of the same
draw. The pool judges every spend by the flags of policy; those that it refuses are judged once more by the flags of
consensus, each in a proposal for the next block, and those that it takes are put into a block all together."""
import collections
import random

from two import Run, Two, command  # first: it says where the generator is
from generator.family_random import Drawer
from generator.locks import KEYS, SCRIPT_KINDS, Lock
from generator.stage import ANYONE, GENESIS_TIME
from generator.wire import In, Out, Tx

from blocks_made import Case
from ledger import Coin, Draft, Ledger
from mutations import Known, limits
from ways import ANYONES, draw

NOW = GENESIS_TIME + 3 * 365 * 86400
WARM_UP = 130
BATCH = 2000
VALUE = 1000
SIGNERS = 4
TAPSCRIPTS = 40


class Taps:
    """Tapscripts cost a tweaked key each: a few leaves are drawn for each batch and spent in many ways."""

    def __init__(self, drawer):
        self.locks = [Lock("tapscript", drawer.script()) for _ in range(TAPSCRIPTS)]


def drawn(chance, drawer, taps):
    """(way, how its spend is shaped or None): a lock that is to be spent."""
    which = chance.randrange(20)
    if which == 0:
        return draw(chance), None
    if which < 3:
        code, items = limits(chance)
        return Known(Lock(chance.choice(SCRIPT_KINDS[:2] + ("p2sh", "v0p2sh")), code), items), drawer.shape()
    kind = chance.choice(SCRIPT_KINDS + ("p2sh", "v0p2sh"))
    lock = chance.choice(taps.locks) if kind == "tapscript" else Lock(kind, drawer.script())
    annex = b"\x50" + chance.randbytes(2) if kind == "tapscript" and chance.random() < 0.1 else None
    return Known(lock, [drawer.item() for _ in range(chance.randrange(4))], annex), drawer.shape()


def spend(chance, coin, shape):
    """The draft that spends the coin, with what the draw gave and perhaps a good signature on top."""
    tx = Tx([In(coin.txid, coin.index, b"", coin.way.older or 0xFFFFFFFE)], [Out(VALUE, ANYONE)], 2, coin.way.after)
    draft = Draft(tx, [coin], [ANYONES])
    if shape:
        tx.ins[0].sequence, tx.version, tx.lock_time = shape["sequence"], shape["version"], shape["lock_time"]
    draft.fill(chance)
    if shape and chance.random() < 0.4:
        lock, key = coin.way.lock, chance.choice(KEYS[:SIGNERS])
        annex = coin.way.annex
        more = {"annex": annex} if annex is not None and lock.kind == "tapscript" else {}
        sig = lock.sign(key, tx, 0, [coin.out()], 0 if lock.kind == "tapscript" else 1, **more)
        if chance.random() < 0.1:
            sig = sig[:-1] + bytes([sig[-1] ^ chance.choice((1, 2, 0x80))])
        lock.fill(tx.ins[0], coin.way.items + [sig], annex)
    return draft


class Bench:
    def __init__(self, lab, count, seed):
        self.two = Two(lab, f"-mocktime={NOW}")
        self.run = Run("scripts", count)
        self.chance, self.seed = random.Random(seed), seed
        self.ledger = Ledger({"bip34": 1, "segwit": 0})
        self.number = 0
        self.by_pool, self.by_block = collections.Counter(), collections.Counter()

    def case(self, drafts):
        """A block of these drafts on the tip."""
        self.number += 1
        return Case(self.ledger, random.Random(f"{self.seed} {self.number}"), self.number, NOW, drafts=drafts)

    def must_connect(self, drafts, what):
        case = self.case(drafts)
        verdicts = self.two.ask("submitblock", case.raw.hex())
        if verdicts != [None, None]:
            raise AssertionError(f"{what}: ours {verdicts[0]!r}, theirs {verdicts[1]!r}")
        case.enter()

    def fund(self, ways):
        """A coin for each way, made in one block; the block above it makes them one block deep."""
        source = next(c for c in self.ledger.coins.values() if c.coinbase and self.ledger.height - c.height >= 100)
        outs = [Out(VALUE + 200, w.script) for w in ways]
        outs.append(Out(source.value - (VALUE + 200) * len(ways), ANYONE))
        draft = Draft(Tx([In(source.txid, source.index)], outs), [source], [*ways, ANYONES])
        self.must_connect([draft], "coins for the scripts")
        return draft.made(self.ledger.tip.height)[:len(ways)]

    def judge(self, name, draft):
        """True when the pool would take it."""
        raw = draft.tx.raw()
        told = self.two.ask("testmempoolaccept", [raw.hex()], 0)
        pool = [t if isinstance(t, str) else t[0].get("reject-reason") for t in told]
        verdicts = list(pool)
        if pool[1] is not None or pool[0] is not None:
            block = self.case([draft]).raw
            blocks = self.two.ask("getblocktemplate", {"mode": "proposal", "data": block.hex(), "rules": ["segwit"]})
            verdicts = [(p, b) for p, b in zip(pool, blocks)]
        self.run.judge(name, verdicts, raw)
        told = verdicts[1] if isinstance(verdicts[1], tuple) else (verdicts[1], verdicts[1])
        self.by_pool[told[0]] += 1
        self.by_block[told[1]] += 1
        return pool == [None, None]

    def batch(self, count):
        drawer = Drawer(self.chance.getrandbits(64))
        taps = Taps(drawer)
        drawn_ = [drawn(self.chance, drawer, taps) for _ in range(count)]
        coins = self.fund([w for w, _ in drawn_])
        good = []
        for i, (coin, (way, shape)) in enumerate(zip(coins, drawn_)):
            draft = spend(self.chance, coin, shape)
            if self.judge(f"script {self.run.count()}, {way.name}, {way.script.hex()}", draft):
                good.append(draft)
            self.run.tell()
        # Whatever policy allows, consensus does.
        self.must_connect(good, "a block of all that the pool takes")


def differential(lab, count, seed):
    bench = Bench(lab, count, seed)
    for _ in range(WARM_UP):
        bench.must_connect([], "the first blocks")
    while bench.run.count() < count:
        bench.batch(min(BATCH, count - bench.run.count()))
    bench.two.same("at the end", "getbestblockhash")
    for counter in (bench.by_pool, bench.by_block):
        for reason, times in counter.most_common():
            print(f"{times:8} {reason or 'valid'}")
    return bench.run.end()


if __name__ == "__main__":
    command(__doc__, "count", 200000, differential)
