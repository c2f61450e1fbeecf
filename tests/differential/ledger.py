"""The chain as the generator of blocks sees it: coins that it knows how to spend, and blocks that it can take off again."""
import copy
from dataclasses import dataclass, field

from generator.stage import GENESIS_HASH, GENESIS_TIME, SUBSIDY
from generator.wire import In, Out, Tx, push, push_number

from ways import ANYONES, draw

MATURITY = 100
HALVING = 150


@dataclass
class Coin:
    """height: of its block; spends like generator.stage.Coin."""
    way: object
    value: int
    txid: bytes
    index: int
    height: int
    coinbase: bool = False

    @property
    def key(self):
        return self.txid, self.index

    def out(self):
        return Out(self.value, self.way.script)


@dataclass
class Draft:
    """A transaction, the coins that it spends, and the ways its outputs are locked (None: nobody knows)."""
    tx: Tx
    coins: list
    ways: list

    def fill(self, chance):
        for i, coin in enumerate(self.coins):
            coin.way.fill(self, i, chance)
        return self

    def made(self, height, coinbase=False):
        txid = self.tx.txid()
        return [Coin(way, out.value, txid, n, height, coinbase) for n, (way, out) in enumerate(zip(self.ways, self.tx.outs)) if way]


@dataclass
class Record:
    """A connected block: what it did, so that it can be undone."""
    hash: bytes
    time: int
    height: int
    coinbase: Draft = None
    made: list = field(default_factory=list)
    spent: list = field(default_factory=list)


class Ledger:
    def __init__(self, rules):
        self.rules = rules  # heights of activation: bip34, segwit
        self.records = [Record(GENESIS_HASH, GENESIS_TIME, 0)]
        self.coins, self.keys = {}, []

    @property
    def tip(self):
        return self.records[-1]

    @property
    def height(self):
        """Of the next block."""
        return self.tip.height + 1

    def median(self):
        times = sorted(r.time for r in self.records[-11:])
        return times[len(times) // 2]

    def subsidy(self):
        halvings = self.height // HALVING
        return SUBSIDY >> halvings if halvings < 64 else 0

    # What is on the chain.

    def _put(self, coin):
        self.coins[coin.key] = coin
        self.keys.append(coin.key)

    def push(self, record, drafts):
        for draft in drafts:
            for coin in draft.coins:
                known = self.coins.pop(coin.key, None)
                if known:
                    record.spent.append(known)
            for coin in draft.made(record.height, draft is record.coinbase):
                record.made.append(coin)
                self._put(coin)
        self.records.append(record)

    def pop(self):
        record = self.records.pop()
        for coin in record.made:
            self.coins.pop(coin.key, None)
        made = {c.key for c in record.made}
        for coin in record.spent:
            if coin.key not in made:
                self._put(coin)
        return record

    def restore(self, record):
        """Put back a record that was popped."""
        for coin in record.made:
            self._put(coin)
        for coin in record.spent:
            self.coins.pop(coin.key, None)
        self.records.append(record)

    # What may be spent in the next block.

    def _ready(self, coin):
        height = self.height
        if coin.coinbase and height - coin.height < MATURITY:
            return False
        if coin.way.witness and height < self.rules["segwit"]:
            return False
        return height - coin.height >= coin.way.older and height > coin.way.after

    def pick(self, chance, taken, fresh=()):
        """A coin that may be spent and is not in taken, or None. fresh: coins that this block makes."""
        if fresh and chance.random() < 0.3:
            ready = [c for c in fresh if c.key not in taken and self._ready(c)]
            if ready:
                return chance.choice(ready)
        for _ in range(20):
            if not self.keys:
                return None
            at = chance.randrange(len(self.keys))
            key = self.keys[at]
            coin = self.coins.get(key)
            if coin is None:
                self.keys[at] = self.keys[-1]
                self.keys.pop()
            elif key not in taken and self._ready(coin):
                return coin
        return None

    # Drafts.

    def draft(self, chance, taken, fresh):
        """A valid transaction of a few coins, signed; None when there is no coin. Its coins are added to taken."""
        coins = []
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
            coin = self.pick(chance, taken, fresh)
            if coin:
                coins.append(coin)
                taken.add(coin.key)
        if not coins:
            return None
        total = sum(c.value for c in coins)
        fee = min(total, chance.choice((0, 1, 500, 5000)))
        count = min(chance.choice((1, 1, 2, 2, 3, 5, 8)), max(total - fee, 1))
        ways = [draw(chance) for _ in range(count)]
        values = [(total - fee) // count] * count
        values[0] += total - fee - sum(values)
        outs = [Out(v, w.script) for v, w in zip(values, ways)]
        if chance.random() < 0.1:
            outs.append(Out(0, b"\x6a" + push(chance.randbytes(chance.randrange(80)))))
            ways = ways + [None]
        after, is_relative = max(c.way.after for c in coins), any(c.way.older for c in coins)
        sequence = chance.choice((0, 0xFFFFFFFE, 0xFFFFFFFD, 0x80000000) + (() if after else (0xFFFFFFFF,)))
        tx = Tx([In(c.txid, c.index, b"", c.way.older or sequence) for c in coins], outs,
                2 if is_relative else chance.choice((1, 2, 2, 3)), after)
        if not after and chance.random() < 0.2:
            tx.lock_time = chance.choice((self.height - 1, 1, self.median() - 1))
        return Draft(tx, coins, ways).fill(chance)

    def drafts(self, chance, count):
        taken, fresh, out = set(), [], []
        for _ in range(count):
            draft = self.draft(chance, taken, fresh)
            if not draft:
                break
            fresh += draft.made(self.height)
            out.append(draft)
        return out

    def coinbase(self, number_, value):
        tx = Tx([In(script_sig=push_number(self.height) + push(number_.to_bytes(4, "little")), sequence=0xFFFFFFFF)],
                [Out(value, ANYONES.script)], 1)
        return Draft(tx, [], [ANYONES])


def fees(drafts):
    return sum(sum(c.value for c in d.coins) - sum(o.value for o in d.tx.outs) for d in drafts)


def twin(draft):
    """A copy that may be changed."""
    return Draft(copy.deepcopy(draft.tx), list(draft.coins), list(draft.ways))
