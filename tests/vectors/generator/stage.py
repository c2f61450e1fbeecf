"""A stage: one chain at one height, coins on it, and the cases that are judged on its tip."""
import itertools
import struct
from dataclasses import dataclass

from . import wire
from .core import Core
from .wire import Block, In, Out, Tx

GENESIS_TIME = 1296688602
GENESIS_HASH = bytes.fromhex("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")[::-1]
SPACING_S = 600
SUBSIDY = 5000000000
MATURITY = 100
COIN_VALUE = 100000
OUTPUTS_PER_FUNDING = 1500
ANYONE = b"\x51" + b"\x61" * 6  # true; long enough that no transaction has less than 65 bytes


def runs(data):
    """Hex in which 8 or more equal bytes are written (xx*n)."""
    out = ""
    for byte, same in itertools.groupby(data):
        n = len(list(same))
        out += f"({byte:02x}*{n})" if n >= 8 else f"{byte:02x}" * n
    return out


def coin_row(out):
    """None for an output that can never be spent, and so makes no coin."""
    return None if out.script[:1] == b"\x6a" or len(out.script) > 10000 else [out.value, runs(out.script)]


def as_pool(reason):
    """How the pool says what a block says."""
    return reason and reason.replace("block-script", "mempool-script", 1)


@dataclass
class Coin:
    script: bytes
    value: int
    txid: bytes = None
    index: int = 0

    def spend(self, script_sig=b"", witness=(), sequence=0xFFFFFFFE):
        return In(self.txid, self.index, script_sig, sequence, list(witness))

    def out(self):
        return Out(self.value, self.script)


def coinbase_of(height, number, value, txs=()):
    """The coinbase of an ordinary block: tells the cases of a stage apart by their number."""
    tx = Tx([In(script_sig=wire.push_number(height) + wire.push(struct.pack("<I", number)), sequence=0xFFFFFFFF)],
            [Out(value, b"\x51")], 1)
    if any(i.witness for t in txs for i in t.ins):
        tx.ins[0].witness = [bytes(32)]
        tx.outs.append(Out(0, wire.commitment([tx, *txs])))
    return tx


class Stage:
    """Coins are asked for first; once the chain is built they have outpoints, and cases are made of them."""

    def __init__(self, name, about, height, bury=20):
        self.name, self.about, self.height, self.bury = name, about, height, bury
        self.coins, self.makers, self.cases, self.shared = {}, [], [], []
        self.coinbases = {}
        self.fundings = []

    def coin(self, script, value=COIN_VALUE, copy=0):
        return self.coins.setdefault((script, value, copy), Coin(script, value))

    def later(self, make):
        """make(stage) adds cases when the coins are there."""
        self.makers.append(make)

    # Cases.

    def case(self, name, txs, pool=True):
        """An ordinary block with these transactions. pool: ask what the pool thinks of the only one."""
        txs = [txs] if isinstance(txs, Tx) else list(txs)
        self.cases.append({"name": name, "txs": txs, "pool": pool and len(txs) == 1})

    def block_case(self, name, make, proposal=False, here=None):
        """make(height, number) gives the Block, sealed; proposal: judged by getblocktemplate, for submitblock would
        complete it; here: the reason that YCoin gives, where it is meant to differ."""
        self.cases.append({"name": name, "make": make, "proposal": proposal, "here": here})

    def share(self, tx):
        """Let cases name this transaction by its number."""
        self.shared.append(tx)
        return tx

    # The chain.

    def time(self, height):
        return GENESIS_TIME + SPACING_S * height

    def now(self):
        return self.time(self.height) + 2 * SPACING_S

    def median(self):
        return self.time(max(self.height - 5, 0)) if self.height >= 10 else self.time((self.height + 1) // 2)

    def subsidy(self, height):
        return SUBSIDY >> height // 150

    def ordinary(self, number, txs=()):
        """The block that follows the tip, not sealed."""
        height = self.height + 1
        return Block(self.tip, self.time(height), [coinbase_of(height, number, self.subsidy(height), txs), *txs])

    def _fund(self, core):
        """Funding transactions, each from one mature coinbase, at the height that leaves them `bury` blocks deep."""
        coins = list(self.coins.values())
        for i in range(0, len(coins), OUTPUTS_PER_FUNDING):
            part = coins[i:i + OUTPUTS_PER_FUNDING]
            source = self.coinbases[1 + len(self.fundings)]
            spent = sum(c.value for c in part)
            tx = Tx([In(source.txid(), 0)], [c.out() for c in part] + [Out(source.outs[0].value - spent, ANYONE)])
            for index, coin in enumerate(part):
                coin.txid, coin.index = tx.txid(), index
            self.fundings.append(tx)
        return self.fundings

    def build(self, core):
        self.tip = GENESIS_HASH
        target, funding_height = self.height, self.height - self.bury
        for height in range(1, target + 1):
            self.height = height - 1
            txs = self._fund(core) if self.coins and height == funding_height else []
            block = self.ordinary(0, txs).seal()
            reason = core.call("submitblock", block.raw().hex())
            if reason:
                raise SystemExit(f"The chain of {self.name} cannot be built: block {height}: {reason}")
            self.tip, self.coinbases[height] = block.hash(), block.txs[0]
        self.height = target
        self.funding_height = funding_height
        self.known = self.made()
        self.known_ids = [tx.txid().hex() for tx, _, _ in self.known]

    # Judging.

    def _block_of(self, case, number):
        if "make" in case:
            return case["make"](self.height + 1, number)
        return self.ordinary(number, case["txs"]).seal()

    def _record(self, core, case, number, pool):
        block = self._block_of(case, number)
        raw = block.raw()
        row = {"name": case["name"]}
        if "make" in case:
            row["block"] = self.text(raw)
            if case["proposal"]:
                row["by"] = "proposal"
        else:
            row["hash"] = block.hash()[::-1].hex()[-8:]
            row["txs"] = [self.shared.index(t) if t in self.shared else self.text(t.raw()) for t in case["txs"]]
        row["reject"] = core.block_verdict(raw, case.get("proposal", False))
        if case.get("here"):
            row["here"] = case["here"]
        if case.get("pool"):
            row["pool"] = "=" if pool == as_pool(row["reject"]) else pool
        return row

    def judge(self, bitcoind):
        with Core(bitcoind, self.now()) as core:
            self.version = core.version()
            self.build(core)
            for make in self.makers:
                make(self)
            # Blocks that are taken back leave their transactions in the pool, so the pool is asked first.
            pools = [core.pool_verdict(c["txs"][0].raw()) if c.get("pool") else None for c in self.cases]
            self.rows = [self._record(core, c, n, p) for n, (c, p) in enumerate(zip(self.cases, pools), 1)]

    def made(self):
        """What made coins that the file knows: id, height, whether it is a coinbase, outputs."""
        funded = [(t, self.funding_height, False) for t in self.fundings]
        spent = {i.txid for t in self.fundings for i in t.ins}
        young = [(t, h, True) for h, t in self.coinbases.items() if t.txid() not in spent and h > self.height - 110]
        return funded + young

    def text(self, data):
        """Hex with runs, in which the ids of what made the coins are written <number>."""
        out = runs(data)
        for number, txid in enumerate(self.known_ids):
            out = out.replace(txid, f"<{number}>")
        return out

    def file(self):
        """What is written down: see tests/vectors/own.c."""
        first = max(0, self.height - 200)
        coins = [[t.txid()[::-1].hex(), h, coinbase, [coin_row(o) for o in t.outs]] for t, h, coinbase in self.known]
        return {"about": self.about, "confirmed_by": f"{self.version}, regtest: submitblock, testmempoolaccept",
                "chain": "regtest", "height": self.height, "tip": self.tip[::-1].hex(), "now": self.now(),
                "first_height": first, "times": [self.time(h) for h in range(first, self.height + 1)],
                "coins": coins, "shared": [self.text(t.raw()) for t in self.shared], "cases": self.rows}
