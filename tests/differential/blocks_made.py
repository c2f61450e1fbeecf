"""Blocks of a ledger's next height: drafts, a coinbase, and what an operator does to them at its stage."""
from generator.wire import Block, Tx, commitment, merkle_root

from ledger import Record, fees

MONEY_MAX = 21000000 * 10**8
COMMITMENT = b"\x6a\x24\xaa\x21\xa9\xed"


class Case:
    """One block in the making, of the given drafts or of drafts of its own. What operators may change: drafts, coinbase, extra, no_coinbase, block, good_work."""

    def __init__(self, ledger, chance, number_, now, operator=None, drafts=None):
        self.ledger, self.chance, self.now = ledger, chance, now
        self.operator = operator or ("plain", "none", (), 0, None)
        self.time = max(min(ledger.tip.time, ledger.median() + 7200) + chance.randrange(-300, 1200), ledger.median() + 1)
        self.extra, self.no_coinbase, self.good_work = [], False, True
        self.drafts = drafts if drafts is not None else ledger.drafts(chance, 40 if chance.random() < 0.01 else chance.choice((0, 1, 1, 2, 3, 5)))
        self._at("txs")
        value = ledger.subsidy() + min(max(fees(self.drafts), 0), MONEY_MAX)
        self.coinbase_draft = ledger.coinbase(number_, value)
        self.honest = None
        self.raw = self._build()

    @property
    def name(self):
        return self.operator[0]

    @property
    def coinbase(self):
        return self.coinbase_draft.tx

    def _at(self, stage):
        return self.operator[4](self) if self.operator[1] == stage else None

    def _commit(self):
        if self.ledger.height < self.ledger.rules["segwit"]:
            return
        if any(i.witness for d in self.drafts for i in d.tx.ins) or self.chance.random() < 0.3:
            self.coinbase.ins[0].witness = [bytes(32)]
            self.coinbase.outs.append(type(self.coinbase.outs[0])(0, commitment(self.block.txs)))
            self.coinbase_draft.ways.append(None)

    def _build(self):
        self._at("coinbase")
        txs = ([] if self.no_coinbase else [self.coinbase]) + [d.tx for d in self.drafts] + self.extra
        self.block = Block(self.ledger.tip.hash, self.time, txs)
        if self.coinbase.outs and self.coinbase.ins and not any(o.script.startswith(COMMITMENT) for o in self.coinbase.outs):
            self._commit()
        self._at("commit")
        self._at("header")
        self.block.root = self.block.root or merkle_root(t.txid() for t in self.block.txs)
        self.block.seal(self.good_work)
        if self.operator[1] == "body":
            self.honest = self.block.raw()
            self.block.txs = [copied(t) for t in self.block.txs]
            self._at("body")
        raw = self._at("bytes")
        if raw is not None:
            self.honest = self.block.raw()
            return raw
        return self.block.raw()

    def record(self):
        """What the ledger notes once the (honest) block is on the chain."""
        self.coinbase_draft.ways = (self.coinbase_draft.ways + [None] * len(self.coinbase.outs))[:len(self.coinbase.outs)]
        return Record(self.block.hash(), self.block.time, self.ledger.height, self.coinbase_draft)

    def enter(self):
        self.ledger.push(self.record(), [self.coinbase_draft, *self.drafts])


def copied(tx):
    ins = [type(i)(i.txid, i.index, i.script_sig, i.sequence, list(i.witness)) for i in tx.ins]
    return Tx(ins, list(tx.outs), tx.version, tx.lock_time)
