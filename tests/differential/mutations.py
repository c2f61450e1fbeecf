"""What is done to a block that would be valid: one operator a block, each after a row of the catalogue. Not every change
makes a block invalid: at a limit, one side of it is allowed.

An operator belongs to the stage at which it has to act, and what follows is made right again:
  txs      the drafts, before the coinbase is made;        coinbase   before it commits to the witnesses
  commit   behind the commitment, before the merkle root;  header     before the proof of work
  body     behind everything: the header stays, the body is another's;      bytes   the block as it is sent
"""
import struct

from generator.curve import der
from generator.family_random import Drawer
from generator.family_blocks import weight_of
from generator.locks import KEYS, Lock
from generator.wire import In, Out, Tx, commitment, hash256, push, push_number, script

from blocks_made import MONEY_MAX
from ledger import Draft, twin
from ways import ANYONES, SCRIPT_KINDS, Way

OPERATORS = []


def operator(stage, *rows, often=10):
    """Enter a function into the table: its stage, the rows of the catalogue, and how often it is drawn."""
    def enter(function):
        OPERATORS.append((function.__name__.replace("_", " "), stage, rows, often, function))
        return function
    return enter


class Known(Way):
    """A lock whose stack is given."""

    def __init__(self, lock, items, annex=None):
        super().__init__("given", lock.script)
        self.lock, self.items, self.annex, self.witness = lock, items, annex, lock.is_witness()

    def fill(self, draft, i, chance):
        self.lock.fill(draft.tx.ins[i], self.items, self.annex)


def last(case):
    """The draft that is changed: the last one, on which no other stands."""
    if not case.drafts:
        case.drafts = case.ledger.drafts(case.chance, 1)
    return case.drafts[-1] if case.drafts else None


def refill(case, draft):
    """Sign again, as after a change that signatures cover."""
    for i, coin in enumerate(draft.coins):
        if i < len(draft.tx.ins):
            coin.way.fill(draft, i, case.chance)


# ---- amounts and coins ----

@operator("txs", "C01", "C42", often=20)
def amounts(case):
    draft = last(case)
    if not draft:
        return
    outs = draft.tx.outs
    total = sum(c.value for c in draft.coins)
    which, out = case.chance.randrange(8), case.chance.choice(outs)
    if which < 3:
        outs[0].value += total - sum(o.value for o in outs) + case.chance.choice((0, 1, 2))
    elif which == 3:
        out.value = case.chance.choice((-1, -2**63, MONEY_MAX, MONEY_MAX + 1, 2**63 - 1))
    elif which == 4:
        outs += [Out(MONEY_MAX - 1, b"\x51"), Out(case.chance.choice((1, 2)), b"\x51")]
    elif which == 5:
        outs += [Out(0x7FFFFFFFFFF863AF, b"\x51")] * 2
    elif which == 6:
        outs.clear()
    else:
        outs += [Out(-1, b"\x51"), Out(1, b"\x51")]
    draft.ways = (draft.ways + [None] * len(outs))[:len(outs)]
    refill(case, draft)


@operator("txs", "C09", "C40", often=20)
def spent_twice(case):
    draft = last(case)
    if not draft:
        return
    which = case.chance.randrange(4)
    if which == 0:  # by another transaction
        other = Draft(Tx([In(c.txid, c.index, b"", 0xFFFFFFFE) for c in draft.coins[:1]], [Out(0, ANYONES.script)], 2, draft.coins[0].way.after),
                      draft.coins[:1], [ANYONES])
        other.tx.ins[0].sequence = draft.coins[0].way.older or 0xFFFFFFFE
        case.drafts.append(other.fill(case.chance))
    elif which == 1:  # by the same (CVE-2018-17144)
        draft.tx.ins.append(In(draft.coins[0].txid, draft.coins[0].index, b"", draft.tx.ins[0].sequence))
        draft.coins.append(draft.coins[0])
        refill(case, draft)
    elif which == 2:  # in an earlier block
        gone = [c for r in case.ledger.records[-30:] for c in r.spent]
        if gone:
            coin = case.chance.choice(gone)
            case.drafts.append(Draft(Tx([In(coin.txid, coin.index)], [Out(0, b"\x51")]), [coin], [None]).fill(case.chance))
    else:
        draft.tx.ins[-1].index += case.chance.choice((1, 1000))
        refill(case, draft)


@operator("txs", "C40")
def order(case):
    case.drafts = case.ledger.drafts(case.chance, 4)
    case.drafts.reverse()


@operator("txs", "C40", often=15)
def maturity(case):
    for depth in case.chance.sample((98, 99, 100, 101, 1), 5):
        at = case.ledger.height - depth
        young = [c for c in case.ledger.coins.values() if c.coinbase and c.height == at] if at > 0 else []
        if young:
            draft = Draft(Tx([In(young[0].txid, young[0].index)], [Out(young[0].value, ANYONES.script)]), young[:1], [ANYONES])
            case.drafts.append(draft.fill(case.chance))
            return


@operator("txs", "C09")
def null_inputs(case):
    draft = last(case)
    if draft:
        draft.tx.ins.insert(case.chance.randrange(len(draft.tx.ins) + 1), In())


@operator("txs", "C45", often=3)
def nothing_in_it(case):
    case.drafts.append(Draft(Tx([], [Out(0, b"\x51")] if case.chance.random() < 0.5 else []), [], []))


# ---- locks ----

@operator("txs", "C56", often=20)
def lock_times(case):
    draft = last(case)
    if not draft:
        return
    ledger = case.ledger
    draft.tx.lock_time = case.chance.choice((ledger.height - 1, ledger.height, ledger.height + 1, ledger.median() - 1, ledger.median(),
                                             ledger.median() + 1, case.time, case.time - 1, 499999999, 500000000, 0xFFFFFFFF))
    for txin in draft.tx.ins:
        if case.chance.random() < 0.8:
            txin.sequence = case.chance.choice((0xFFFFFFFE, 0xFFFFFFFF, 0x80000000))
    refill(case, draft)


@operator("txs", "C20", often=20)
def relative_locks(case):
    draft = last(case)
    if not draft:
        return
    i = case.chance.randrange(len(draft.coins))
    coin, ledger = draft.coins[i], case.ledger
    depth = ledger.height - coin.height
    before = ledger.records[:coin.height][-11:] or ledger.records[:1]
    begun = sorted(r.time for r in before)[len(before) // 2]
    steps = max(ledger.median() - begun, 0) >> 9
    draft.tx.version = case.chance.choice((0, 1, 2, 2, 2, 3, 0x80000000, 0xFFFFFFFF))
    draft.tx.ins[i].sequence = case.chance.choice((
        depth, depth + 1, depth & 0xFFFF, 1 << 22 | (steps & 0xFFFF), 1 << 22 | ((steps + 1) & 0xFFFF), 1 << 31 | depth + 1,
        0x00010000 | depth & 0xFFFF, 0xFFFF, 1 << 22 | 0xFFFF))
    refill(case, draft)


@operator("txs", "C20", "C21", often=15)
def lock_operations(case):
    op = case.chance.choice(("CLTV", "CSV"))
    n = case.chance.choice((0, 1, case.ledger.height - 1, case.ledger.height, 499999999, 500000000, -1, 2**31, 2**32 - 1, 2**39 - 1, 2**39,
                            1 << 22 | 5, 1 << 31 | 7))
    code = script(n, op, "DROP", 1)
    draft = spent_here(case, Known(Lock(case.chance.choice(SCRIPT_KINDS), code), []))
    if draft:
        draft.tx.lock_time = case.chance.choice((0, 1, case.ledger.height - 1, case.ledger.median() - 1))
        draft.tx.ins[0].sequence = case.chance.choice((0, 1, 0xFFFFFFFF, 0xFFFFFFFE, 1 << 22 | 5, 1 << 22 | 4, 1 << 31 | 8))
        draft.tx.version = case.chance.choice((1, 2, 2, 0xFFFFFFFF))
        refill(case, draft)


# ---- scripts and signatures ----

def spent_here(case, way, value=None):
    """Two transactions more: one makes an output that is locked this way, the other spends it. Gives the other."""
    taken = {c.key for d in case.drafts for c in d.coins}
    first = case.ledger.draft(case.chance, taken, [])
    if not first or way.witness and case.ledger.height < case.ledger.rules["segwit"]:
        return None
    first.tx.outs[0].script, first.ways[0] = way.script, way
    refill(case, first)
    coin = first.made(case.ledger.height)[0]
    second = Draft(Tx([In(coin.txid, coin.index)], [Out(coin.value if value is None else value, ANYONES.script)]), [coin], [ANYONES])
    case.drafts += [first, second.fill(case.chance)]
    return second


@operator("txs", "C24", "C31", "C54", often=60)
def drawn_script(case):
    """A script drawn at random, with items below and sometimes a good signature."""
    drawer = Drawer(case.chance.getrandbits(64))
    kind = case.chance.choice(SCRIPT_KINDS)
    lock = Lock(kind, drawer.script())
    items = [drawer.item() for _ in range(case.chance.randrange(4))]
    draft = spent_here(case, Known(lock, items, b"\x50x" if kind == "tapscript" and case.chance.random() < 0.1 else None))
    if draft and case.chance.random() < 0.5:
        shape = drawer.shape()
        draft.tx.ins[0].sequence, draft.tx.version, draft.tx.lock_time = shape["sequence"], shape["version"], shape["lock_time"]
        sig = lock.sign(case.chance.choice(KEYS[:4]), draft.tx, 0, [c.out() for c in draft.coins], 0 if kind == "tapscript" else 1)
        lock.fill(draft.tx.ins[0], items + [sig])


def limits(chance):
    """(script, items) that lie at a limit of the language."""
    more, key = chance.choice((-1, 0, 1)), KEYS[0].compressed
    n = 520 + more
    return chance.choice((
        (b"\x4d" + struct.pack("<H", n) + bytes(n) + b"\x75\x51", []), (b"\x75\x51", [bytes(n)]),
        (b"\x61" * (201 + more) + b"\x51", []), (b"\x51" * (1000 + more), []),
        (b"\x51" * (1000 + more) + b"\x6d" * ((999 + more) // 2) + b"\x51", []),
        (b"\x51" + b"\x61" * 100 + push(bytes(500)) * ((9880 + more) // 503) + b"\x61" * 20, []),
        ((push(bytes(520)) + b"\x75") * 18 + bytes([0x4B]) + bytes(75) + b"\x75" + b"\x51" * (10000 + more - 18 * 524 - 77), []),
        (b"\x00\x00" + push_number(20 + more) + b"\xae\x51", []),
        (b"\x00\x00" + push(key) * (20 + more) + push_number(20 + more) + b"\xae", []),
        (push(b"\x01" * (4 + more)) + b"\x8b\x51", []), (b"\x63\x51\x67\x51\x68", [chance.choice((b"\x01", b"\x02", b"\x00", b"", b"\x01\x00", b"\x80"))]),
        (b"\x51\x51", []), (b"", []), (b"\x51", [b"\x01"]), (b"\x00", []), (b"\x80", []), (b"\x50\x51", []), (b"\x65\x51", []), (b"\x00\x63\x65\x68\x51", []),
        (b"\x00\x63\x62\x68\x51", []), (b"\x00\x63\x7e\x68\x51", []), (b"\x51\x69\x51\x88", []), (b"\x4c", []), (b"\x01", []), (b"\x51\x4d\x01", []), (b"\xbb\x51", [])))


@operator("txs", "C03", "C22", "C54", often=40)
def script_limits(case):
    code, items = limits(case.chance)
    spent_here(case, Known(Lock(case.chance.choice(SCRIPT_KINDS), code), items))


@operator("txs", "C25", "C28", "C57", often=15)
def taproot_forms(case):
    branch = hash256(b"branch")
    version = case.chance.choice((0xC0, 0xC0, 0xC2, 0x66, 0x50, 0xFE))
    lock = Lock("tapscript", case.chance.choice((b"\x51", b"\x00", b"\x50", b"\xfe\x00")), version, [branch] * case.chance.choice((0, 1, 2, 128)))
    draft = spent_here(case, Known(lock, []))
    if not draft:
        return
    control, witness = lock.tree.control(), draft.tx.ins[0].witness
    which = case.chance.randrange(8)
    if which == 0:
        witness[-1] = control[:-1]
    elif which == 1:
        witness[-1] = bytes([control[0] ^ 1]) + control[1:]
    elif which == 2:
        witness[-1] = control + branch
    elif which == 3:
        witness[-1] = control[:-1] + bytes([control[-1] ^ 1])
    elif which == 4:
        witness[-2] = b"\x52"
    elif which == 5:
        draft.tx.ins[0].witness = [case.chance.randbytes(case.chance.choice((0, 1, 63, 64, 65, 66)))]
    elif which == 6:
        witness.append(b"\x50" + case.chance.randbytes(2))
    else:
        draft.tx.ins[0].witness = []


@operator("txs", "C02", "C30", "C33", often=60)
def witnesses_and_input_scripts(case):
    draft = last(case)
    if not draft:
        return
    txin, chance = case.chance.choice(draft.tx.ins), case.chance
    which = chance.randrange(9)
    if which == 0:
        txin.script_sig = chance.choice((b"\x51", b"\x61", b"\x00")) + txin.script_sig
    elif which == 1:
        txin.script_sig = txin.script_sig[:-1]
    elif which == 2:
        txin.script_sig = bent(chance, txin.script_sig)
    elif which == 3 and txin.witness:
        at = chance.randrange(len(txin.witness))
        txin.witness[at] = bent(chance, txin.witness[at])
    elif which == 4 and txin.witness:
        txin.witness.pop(chance.randrange(len(txin.witness)))
    elif which == 5:
        txin.witness.insert(chance.randrange(len(txin.witness) + 1), chance.choice((b"", b"\x01", b"\x50\x01", bytes(521))))
    elif which == 6:
        txin.witness = []
    elif which == 7:
        txin.script_sig = push(bytes(520 + chance.randrange(2))) + b"\x75" + txin.script_sig
    else:
        txin.script_sig, txin.witness = b"".join(push(w) for w in txin.witness), []


def bent(chance, data):
    if not data:
        return b"\x01"
    out = bytearray(data)
    out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


@operator("txs", "C12", "C29", "C30", often=40)
def signatures(case):
    """A signature of another form: of another digest, not in the strict form, of another type, S high, or none."""
    kind = case.chance.choice(SCRIPT_KINDS)
    key, taproot = KEYS[3], kind == "tapscript"
    lock = Lock(kind, script(key.xonly if taproot else key.compressed, "CHECKSIG") + case.chance.choice((b"", b"\x91")))
    draft = spent_here(case, Known(lock, [b""]))
    if not draft:
        return
    spent, chance = [c.out() for c in draft.coins], case.chance
    hash_type = chance.choice((0, 1, 1, 2, 3, 4, 0x20, 0x80, 0x81, 0x82, 0x83, 0x84, 0xFF))
    digest = lock.digest(draft.tx, 0, spent, hash_type)
    if taproot:
        sig = key.sign_schnorr(digest) + chance.choice((bytes([hash_type]) if hash_type else b"", b"\x00", b"\x01"))
    else:
        r, s = key.sign_numbers(digest)
        order_ = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
        sig = der(r, order_ - s if chance.random() < 0.2 else s)
        if chance.random() < 0.3:
            at = chance.choice((0, 1, 2, 3, 4, 5, len(sig) - 33, len(sig) - 1))
            sig = chance.choice((sig[:at] + bytes([sig[at] ^ 1]) + sig[at + 1:], sig + b"\x00", sig[:-1], sig[:4] + b"\x00" + sig[4:], b""))
        sig += bytes([hash_type]) if sig else b""
    lock.fill(draft.tx.ins[0], [sig])


@operator("txs", "C04", "C32", often=4)
def sigop_limit(case):
    n = case.chance.choice((19998, 19999, 20000, 20001, 20002))
    op = case.chance.choice((b"\xac", b"\xad"))
    draft = last(case)
    if draft:
        draft.tx.outs.append(Out(0, op * n if case.chance.random() < 0.7 else b"\xae" * (n // 20) + op * (n % 20)))
        draft.ways.append(None)
        refill(case, draft)


# ---- the coinbase ----

@operator("coinbase", "C41", "C42", often=30)
def subsidy(case):
    case.coinbase.outs[0].value += case.chance.choice((-1, 1, 1, 1, 5000000000, -case.coinbase.outs[0].value, -case.coinbase.outs[0].value - 1))


@operator("coinbase", "C58", often=15)
def height_in_coinbase(case):
    height, tail = case.ledger.height, b"\x04abcd"
    data = height.to_bytes(4, "little")
    case.coinbase.ins[0].script_sig = case.chance.choice((
        push_number(height - 1), push_number(height + 1), b"\x04" + data, b"\x02" + data[:2], b"\x03" + data[:3], b"\x4c\x02" + data[:2],
        b"\x61" + push_number(height), b"", push_number(height)[:-1], push_number(height))) + tail


@operator("coinbase", "C56", "C58", often=20)
def coinbase_form(case):
    cb, chance = case.coinbase, case.chance
    which = chance.randrange(8)
    if which == 0:
        cb.ins[0].script_sig = (push_number(case.ledger.height) + bytes(200))[:chance.choice((1, 2, 99, 100, 101))]
    elif which == 1:
        cb.ins.append(In())
    elif which == 2:
        cb.ins[0].index = 0
    elif which == 3:
        cb.outs.clear()
    elif which == 4:
        cb.lock_time, cb.ins[0].sequence = chance.choice((case.ledger.height, case.ledger.height - 1, case.time)), chance.choice((0, 0xFFFFFFFE, 0xFFFFFFFF))
    elif which == 5:
        case.extra.append(Tx([In(script_sig=b"\x01\x01\x01")], [Out(0, b"\x51")]))
    elif which == 6:
        cb.outs.append(Out(chance.choice((-1, MONEY_MAX, MONEY_MAX + 1)), b"\x51"))
    else:
        case.no_coinbase = True


@operator("coinbase", "C05", often=15)
def coinbase_of_an_earlier_block(case):
    """BIP 30: the same id once more, whose coin is spent or not."""
    records = [r for r in case.ledger.records[1:] if r.coinbase]
    if records:
        record = case.chance.choice(records[-case.chance.choice((3, 300)):])
        case.coinbase_draft = twin(record.coinbase)
        if not any(i.witness for d in case.drafts for i in d.tx.ins):
            case.coinbase.outs = [o for o in case.coinbase.outs if not o.script.startswith(b"\x6a\x24\xaa\x21\xa9\xed")]


@operator("commit", "C34", "C35", "C45", often=30)
def commitments(case):
    cb, chance = case.coinbase, case.chance
    which = chance.randrange(9)
    cb.outs = [o for o in cb.outs if not o.script.startswith(b"\x6a\x24\xaa\x21\xa9\xed")]
    nonce = chance.randbytes(32)
    made = commitment(case.block.txs, nonce)
    wrong = made[:-1] + bytes([made[-1] ^ 1])
    cb.ins[0].witness, given = [nonce], [made]
    if which == 0:
        given = []
    elif which == 1:
        given = [wrong]
    elif which == 2:
        given = [wrong, made]
    elif which == 3:
        given = [made, wrong]
    elif which == 4:
        cb.ins[0].witness = chance.choice(([nonce[:31]], [nonce, nonce], [nonce + b"\x00"], [b""], [bytes(32)]))
    elif which == 5:
        cb.ins[0].witness = []
    elif which == 6:
        given = [made + b"\x00"]
    elif which == 7:
        given = [made[:-1]]
    cb.outs += [Out(0, g) for g in given]


@operator("commit", "C43", often=1)
def weight_limit(case):
    size = 999000
    case.coinbase.outs.append(Out(0, b"\x6a" + bytes(size)))
    size += (4000000 + case.chance.choice((-4, 0, 4)) - weight_of(case.block)) // 4
    case.coinbase.outs[-1].script = b"\x6a" + bytes(size)


# ---- the header ----

@operator("header", "C19", often=20)
def header_time(case):
    median = case.ledger.median()
    case.block.time = case.chance.choice((median, median - 1, median + 1, 0, case.now + 7200, case.now + 7201, 2**32 - 1))


@operator("header", "C13", "C17", often=20)
def header_fields(case):
    which, chance = case.chance.randrange(5), case.chance
    if which == 0:
        case.block.version = chance.choice((0, 1, 2, 3, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
    elif which == 1:
        case.block.bits = chance.choice((0, 1, 0x207FFFFE, 0x20800000, 0x1F7FFFFF, 0x04923456, 0xFF123456, 0x2100FFFF, 0x1D00FFFF))
    elif which == 2:
        case.block.prev = chance.choice((bytes(32), chance.randbytes(32)))
    elif which == 3:
        case.block.root = chance.randbytes(32)
    else:
        case.good_work = False


# ---- the body ----

@operator("body", "C06", often=20)
def merkle_repeats(case):
    """CVE-2012-2459, where the root allows; else a root that does not fit."""
    txs = case.block.txs
    txs += txs[-case.chance.choice((1, 2, 4)):]


@operator("body", "C06", "C08", often=10)
def transactions_changed(case):
    txs = case.block.txs
    which = case.chance.randrange(3)
    if which == 0:
        txs.pop()
    elif which == 1:
        txs[1:] = txs[:0:-1]
    else:
        txs[-1].lock_time ^= 1


@operator("body", "C35", "C37", often=30)
def witness_changed(case):
    """Bytes that the header does not cover: the honest body must still be taken."""
    chance = case.chance
    txin = chance.choice(chance.choice(case.block.txs).ins)
    which = chance.randrange(4)
    if which == 0 and txin.witness:
        txin.witness[-1] = bent(chance, txin.witness[-1])
    elif which == 1:
        txin.witness = []
    elif which == 2:
        txin.witness = txin.witness + [chance.randbytes(chance.choice((1, 600)))]
    else:
        case.block.txs[0].ins[0].witness = [bytes(chance.choice((31, 33, 32, 5000)))]


class Walk:
    """A place in a block's bytes; IndexError at their end. Counts may be of any form."""

    def __init__(self, raw, at):
        self.raw, self.at = raw, at

    def count(self):
        first = self.raw[self.at]
        n = {0xFD: 2, 0xFE: 4, 0xFF: 8}.get(first, 0)
        self.at += 1 + n
        return int.from_bytes(self.raw[self.at - n:self.at], "little") if n else first

    def skip(self, n):
        self.at += n

    def skip_script(self):
        self.skip(self.count())

    def transaction(self):
        self.skip(4)
        marked = self.raw[self.at] == 0 and self.raw[self.at + 1] != 0
        self.skip(2 * marked)
        ins = self.count()
        for _ in range(ins):
            self.skip(36)
            self.skip_script()
            self.skip(4)
        for _ in range(self.count()):
            self.skip(8)
            self.skip_script()
        for _ in range(ins if marked else 0):
            for _ in range(self.count()):
                self.skip_script()
        self.skip(4)


def end_of_block(raw):
    """Where the block that begins these bytes ends; None when they end first."""
    walk = Walk(raw, 80)
    try:
        for _ in range(walk.count()):
            walk.transaction()
    except IndexError:
        return None
    return walk.at


@operator("bytes", "C44", "C45", often=25)
def bytes_changed(case):
    """Bytes behind the block are passed over by Bitcoin Core and are malformed here: not what is compared."""
    good, chance = case.block.raw(), case.chance
    while True:
        raw, which, at = bytearray(good), chance.randrange(3), chance.randrange(80, len(good))
        if which == 0:
            del raw[at:]
        elif which == 1:
            raw[at] ^= 1 << chance.randrange(8)
        else:
            raw[80:81] = chance.choice((b"\xfd" + bytes([raw[80], 0]), b"\xff" * 9, bytes([raw[80] + 1])))
        end = end_of_block(raw)
        if end is None or end >= len(raw):
            return bytes(raw)


def draw_operator(chance):
    return chance.choices(OPERATORS, [o[3] for o in OPERATORS])[0]
