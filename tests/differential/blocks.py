#!/usr/bin/env python3
"""Blocks made at random, four in ten of them spoilt by an operator of mutations.py, given to ycoind and to Bitcoin Core by
submitblock: the same verdict in the same words for each, the same tip, and the same coins after every thousand.

    BITCOIND=…/bitcoind python3 tests/differential/blocks.py --blocks 20000 --seed 1

A fifth of the blocks are on a chain whose soft forks begin at heights of their own, so that each is met from both sides;
the rest are on a chain where all are active."""
import collections
import random

from two import Run, Two, command  # first: it says where the generator is
from blocks_made import Case
from generator.stage import GENESIS_TIME
from ledger import Ledger
from mutations import draw_operator

NOW = GENESIS_TIME + 3 * 365 * 86400
WARM_UP = 102
INVALID_SHARE = 0.4
COINS_EVERY = 1000
LATE = {"bip34": 300, "dersig": 400, "cltv": 500, "csv": 600, "segwit": 700}
ALWAYS = {"bip34": 1, "segwit": 0}


class Bench:
    """One pair of nodes on one chain, and the ledger that says what the chain is."""

    def __init__(self, two, rules, run, seed, named):
        self.two, self.run, self.named = two, run, named
        self.ledger = Ledger(rules)
        self.chance = random.Random(f"{seed} {named}")
        self.count = self.invalid = 0
        self.reasons = collections.Counter()

    def submit(self, name, raw):
        verdicts = self.two.ask("submitblock", raw.hex())
        self.run.judge(f"block {self.count} on {self.named}, {name}, height {self.ledger.height}", verdicts, raw)
        self.count += 1
        self.invalid += verdicts[1] not in (None, "inconclusive")
        self.reasons[verdicts[1]] += 1
        return verdicts[1]

    def make(self, spoil):
        return Case(self.ledger, self.chance, self.count, NOW, draw_operator(self.chance) if spoil else None)

    def wants_invalid(self):
        """Which keeps the share of invalid blocks where it should be, though some spoilt blocks are valid."""
        return self.ledger.height > WARM_UP and self.invalid < INVALID_SHARE * self.count

    def block(self):
        case = self.make(self.wants_invalid())
        verdict = self.submit(case.name, case.raw)
        if verdict is not None and case.honest and (case.honest != case.raw) and self.chance.random() < 0.5:
            # Another's body must not have harmed the header's own (C35).
            verdict = self.submit(f"the honest body after {case.name}", case.honest)
        if verdict is None:
            case.enter()

    def fork(self):
        """A branch from a few blocks below the tip that overtakes it, unless one of its blocks is invalid (C47, C48)."""
        depth = self.chance.choice((1, 1, 2, 3, 6))
        off = [self.ledger.pop() for _ in range(depth)]
        spoilt = self.chance.randrange(depth + 2) if self.chance.random() < 0.4 else -1
        known = {r.hash for r in off} | {self.ledger.tip.hash}
        branch = []
        for i in range(depth + self.chance.choice((1, 1, 2))):
            case = self.make(i == spoilt)
            self.submit(f"branch of {depth}, block {i}, {case.name}", case.raw)
            case.enter()
            branch.append(self.ledger.tip)
        best = bytes.fromhex(self.two.same("after a branch", "getbestblockhash"))[::-1]
        if best in known or best not in {r.hash for r in branch}:
            for _ in branch:
                self.ledger.pop()
            for record in reversed(off):
                self.ledger.restore(record)
        else:
            while self.ledger.tip.hash != best:
                self.ledger.pop()
        if self.ledger.tip.hash != best:
            raise AssertionError(f"the tip is {best[::-1].hex()}, which is neither on the branch nor the block before it")

    def coins(self):
        self.two.same(f"after {self.count} blocks", "getbestblockhash")
        for hash_type in ("muhash", "hash_serialized_3"):
            told = self.two.ask("gettxoutsetinfo", hash_type)
            for key in ("height", "bestblock", "txouts", "bogosize", hash_type, "total_amount", "transactions"):
                if told[0].get(key) != told[1].get(key):
                    raise AssertionError(f"after {self.count} blocks {key} is ours {told[0].get(key)!r}, theirs {told[1].get(key)!r}")
        print(f"{self.named}: after {self.count} blocks, height {told[0]['height']}, {told[0]['txouts']} coins, hash {told[0]['hash_serialized_3'][:16]}…", flush=True)

    def go(self, count):
        next_coins = COINS_EVERY
        while self.count < count:
            if self.ledger.height > WARM_UP + 20 and self.chance.random() < 0.01:
                self.fork()
            else:
                self.block()
            if self.count >= next_coins:
                self.coins()
                next_coins += COINS_EVERY
            self.run.tell(f", {100 * self.invalid / self.count:.0f} % invalid")
        self.coins()


def differential(lab, count, seed):
    run = Run("blocks", count)
    reasons, invalid = collections.Counter(), 0
    options = [f"-testactivationheight={name}@{height}" for name, height in LATE.items()]
    for named, rules, more, share in (("the late chain", LATE, options, count // 5), ("regtest", ALWAYS, [], count - count // 5)):
        bench = Bench(Two(lab, f"-mocktime={NOW}", *more), rules, run, seed, named)
        bench.go(share)
        reasons += bench.reasons
        invalid += bench.invalid
        lab.finish()
        lab.folder = lab.folder / "next"
    for reason, times in reasons.most_common():
        print(f"{times:8} {reason or 'valid'}")
    print(f"{invalid} of {run.count()} blocks were invalid, for {len(reasons) - 2} reasons")
    return run.end()


if __name__ == "__main__":
    command(__doc__, "blocks", 20000, differential)
