"""Blocks: amounts, merkle trees, coinbases, commitments, weight, signature operations, headers, bytes."""
from .curve import sha256
from .locks import Lock, coin_of, outs, spend_one
from .stage import ANYONE, COIN_VALUE, Stage, coinbase_of
from .wire import Block, In, Out, Tx, commitment, compact, merkle_root, number, push, push_number

HEIGHT = 125
MONEY_MAX = 21000000 * 10**8


def block_of(stage, change, txs=(), **header):
    """A maker of blocks: the ordinary one, whose coinbase `change` may alter, sealed. header: fields of Block."""
    def make(height, number_):
        block = stage.ordinary(number_, txs)
        change(block.txs[0])
        for name, value in header.items():
            setattr(block, name, value)
        # Another first nonce for each case: blocks that are alike otherwise would be known to Bitcoin Core.
        block.nonce = number_ << 10
        return block.seal()
    return make


def nothing(_):
    pass


def values():
    """C01, C09, C40, C42: amounts at their limits, the order of spends, maturity."""
    stage = Stage("values", "Amounts, order and maturity (C01, C09, C40, C42)", HEIGHT)
    coins = [stage.coin(ANYONE, copy=i) for i in range(3)]

    def make(s):
        one = coins[0]
        for name, amounts in {"-1": [-1], "the least": [-2**63], "0": [0], "all": [COIN_VALUE],
                              "all and 1": [COIN_VALUE + 1], "the limit": [MONEY_MAX],
                              "the limit and 1": [MONEY_MAX + 1], "the largest": [2**63 - 1],
                              "the limit in two": [MONEY_MAX - 1, 1], "over the limit in two": [MONEY_MAX, 1],
                              "two that wrap": [0x7FFFFFFFFFF863AF] * 2,
                              "a thousand over the limit": [MONEY_MAX // 999] * 1000, "1 and -1": [1, -1],
                              "all in two": [COIN_VALUE - 1, 1], "all and 1 in two": [COIN_VALUE, 1]}.items():
            s.case(f"outputs: {name}", Tx([one.spend()], [Out(a, ANYONE) for a in amounts]))
            s.block_case(f"outputs of the coinbase: {name}",
                         block_of(s, lambda cb, a=amounts: cb.outs.__setitem__(slice(None),
                             [Out(v, ANYONE) for v in a])))
        for fee in (0, 1, 1000, COIN_VALUE):
            tx = Tx([one.spend()], [Out(COIN_VALUE - fee, ANYONE)])
            for more in (-1, 0, 1):
                s.block_case(f"a fee of {fee}, claimed {more:+d}",
                             block_of(s, lambda cb, m=fee + more: setattr(cb.outs[0], "value",
                                 s.subsidy(HEIGHT + 1) + m), [tx]))
        s.block_case("two fees, claimed", block_of(s,
                                                   lambda cb: setattr(cb.outs[0], "value", s.subsidy(HEIGHT + 1) + 7),
                                                  [Tx([c.spend()], [Out(COIN_VALUE - f, ANYONE)]) for c,
                                                   f in zip(coins, (3, 4))]))
        first = Tx([one.spend()], [Out(COIN_VALUE, ANYONE), Out(0, ANYONE)])
        second = Tx([In(first.txid(), 0)], [Out(COIN_VALUE, ANYONE)])
        again = Tx([In(first.txid(), 0)], [Out(COIN_VALUE - 1, ANYONE)])
        chains = {"spent in the same block": [first, second], "spent before it is made": [second, first],
                  "spent twice in a block": [first, second, again],
                  "the same coin by two": [first, Tx([one.spend()], [Out(1, ANYONE)])],
                  "an output that is not there": [first, Tx([In(first.txid(), 2)], [Out(0, ANYONE)])],
                  "a coin that never was": [Tx([In(sha256(b"x"), 0)], [Out(0, ANYONE)])],
                  "an output of no value": [first, Tx([In(first.txid(), 1)], [Out(0, ANYONE)])],
                  "the same input twice": [Tx([one.spend(), one.spend()], outs([one, one]))],
                  "three inputs, two the same": [Tx([one.spend(), coins[1].spend(), one.spend()], outs(coins))],
                  "spent by an input behind a null one": [Tx([In(), one.spend()], outs([one]))],
                  "a null input behind": [Tx([one.spend(), In()], outs([one]))],
                  "a chain of three": [first, second, Tx([In(second.txid(), 0)], [Out(5, ANYONE)])],
                  "three coins in one": [Tx([c.spend() for c in coins], outs(coins))]}
        for name, txs in chains.items():
            s.case(name, txs)
        for height in (HEIGHT - 101, HEIGHT - 100, HEIGHT - 99, HEIGHT - 98, HEIGHT):
            s.case(f"a coinbase {HEIGHT + 1 - height} blocks deep",
                   Tx([In(s.coinbases[height].txid(), 0)], [Out(1, ANYONE)]))
        own = s.ordinary(len(s.cases) + 1).txs[0]
        s.case("the block's own coinbase", Tx([In(own.txid(), 0)], [Out(1, ANYONE)]))
        s.case("no inputs, no outputs", Tx([], []), pool=False)
        s.case("no outputs", Tx([one.spend()], []), pool=False)
    stage.later(make)
    return stage


def repeated(count):
    """The longer lists of leaves that have the merkle root of range(count): the last node of a level once more."""
    width, leaves, out = count, 1, list(range(count))
    while width > 1:
        if width % 2:
            out = out + out[-leaves:]
            yield out
        width, leaves = (width + 1) // 2, leaves * 2


def merkle():
    """C06: every count of transactions from 1 to 64, as it is and with each repetition that keeps the root."""
    stage = Stage("merkle", "Merkle trees of 1 to 64 transactions, honest and repeated (C06)", HEIGHT)
    coins = [stage.coin(ANYONE, copy=i) for i in range(64)]

    def make(s):
        txs = [s.share(Tx([c.spend()], outs([c]))) for c in coins]
        for count in range(1, 65):
            for leaves in repeated(count):
                s.case(f"{count} transactions, {len(leaves) - count} repeated", [txs[i - 1] for i in leaves[1:]])
            s.case(f"{count} transactions", txs[:count - 1])
        s.case("neighbours repeated in the middle", [txs[0], txs[1], txs[1], txs[2]])
        s.case("repeated apart", [txs[0], txs[1], txs[0]])
        one = [txs[0], txs[1]]
        s.block_case("another root", block_of(s, nothing, one, root=sha256(b"root")))
        s.block_case("the root of zeros", block_of(s, nothing, one, root=bytes(32)))
        for name, change in {"the last left out": lambda t: t[:-1], "two exchanged": lambda t: [t[0], t[2], t[1]],
                             "one more": lambda t: t + [txs[5]],
                             "the coinbase twice": lambda t: [t[0], t[0]]}.items():
            def maker(height, number_, change=change):
                block = s.ordinary(number_, one)
                block.root = merkle_root(t.txid() for t in block.txs)
                block.txs = change(block.txs)
                return block.seal()
            s.block_case(name, maker)
        s.block_case("no transactions", lambda h, n: Block(s.tip, s.time(h), [], root=bytes(32)).seal())
    stage.later(make)
    return stage


def coinbases(tip, note):
    """C56, C58: the coinbase's height, script, finality and amount at this height."""
    stage = Stage(f"coinbase_{tip + 1}", f"Coinbases at height {tip + 1}{note} (C58, C56)", tip)
    height = tip + 1
    tail = b"\x04abcd"
    exact = push_number(height)
    size = len(number(height)) or 1
    data = height.to_bytes(8, "little")
    forms = {"exact": exact, "the height before": push_number(height - 1), "the height after": push_number(height + 1),
             "a data push": push(number(height)),
             "a byte more": bytes([size + 1]) + data[:size + 1], "PUSHDATA1": b"\x4c" + bytes([size]) + number(height),
             "four bytes": b"\x04" + data[:4], "without its sign byte": bytes([max((height.bit_length() + 7) // 8,
                 1)]) + data[:max((height.bit_length() + 7) // 8, 1)],
             "big endian": bytes([size]) + number(height)[::-1], "behind a NOP": b"\x61" + exact, "nothing": b"",
             "cut short": exact[:-1], "five bytes": b"\x05" + data[:5]}

    def make(s):
        for name, form in forms.items():
            s.block_case(f"height: {name}", block_of(s, lambda cb, f=form: setattr(cb.ins[0], "script_sig", f + tail)))
        s.block_case("height alone", block_of(s, lambda cb: setattr(cb.ins[0], "script_sig", exact)))
        for more in (-1, 0, 1):
            s.block_case(f"subsidy {more:+d}", block_of(s, lambda cb,
                                                        m=more: setattr(cb.outs[0], "value", s.subsidy(height) + m)))
        for lock_time, sequence in ((0, 0), (tip, 0), (height, 0), (height, 0xFFFFFFFF), (s.median() - 1, 0),
                                    (s.median(), 0), (s.time(height), 0xFFFFFFFE)):
            def change(cb, t=lock_time, q=sequence):
                cb.lock_time, cb.ins[0].sequence = t, q
            s.block_case(f"lock time {lock_time}, sequence {sequence:#x}", block_of(s, change))
        if tip == HEIGHT:
            structure(s, exact)
    stage.later(make)
    return stage


def structure(s, exact):
    for n in (1, 2, 99, 100, 101):
        s.block_case(f"script of {n} bytes", block_of(s, lambda cb,
                                                      n=n: setattr(cb.ins[0], "script_sig", (exact + bytes(100))[:n])))
    s.block_case("two inputs", block_of(s, lambda cb: cb.ins.append(In())))
    s.block_case("an input that is not null", block_of(s, lambda cb: setattr(cb.ins[0], "index", 0)))
    s.block_case("an input with an id", block_of(s, lambda cb: setattr(cb.ins[0], "txid", sha256(b"id"))))
    s.block_case("a second coinbase", block_of(s, nothing, [Tx([In(script_sig=b"\x01\x01\x01")], [Out(0, ANYONE)])]))
    for version in (0, 2, 0xFFFFFFFF):
        s.block_case(f"version {version:#x}", block_of(s, lambda cb, v=version: setattr(cb, "version", v)))
    s.block_case("no output", block_of(s, lambda cb: cb.outs.clear()))
    s.block_case("output that cannot be spent", block_of(s, lambda cb: setattr(cb.outs[0], "script", b"\x6a")))


def commitments():
    """C34, C35, C45: the commitment to witnesses."""
    stage = Stage("commitments", "Commitments to witnesses (C35, C45, BIP 141)", HEIGHT)
    lock = Lock("v0", b"\x51")
    coin = coin_of(stage, lock)
    plain = stage.coin(ANYONE)

    def make(s):
        witness, without = spend_one(coin, lock), Tx([plain.spend()], outs([plain]))

        def commit(change):
            """The block's own coinbase without what ordinary() gave it, then change(coinbase, right commitment)."""
            def maker(height, number_, txs=None):
                cb = coinbase_of(height, number_, s.subsidy(height))
                change(cb, [witness])
                return Block(s.tip, s.time(height), [cb, witness]).seal()
            return maker

        def right(cb, txs, nonce=bytes(32), items=None, scripts=None):
            cb.ins[0].witness = [nonce] if items is None else items
            made = commitment([cb, *txs], nonce)
            cb.outs.extend(Out(0, x) for x in (scripts(made) if scripts else [made]))
        wrong = commitment([None, witness], b"\x01" * 32)
        forms = {"right": right, "none": lambda cb, t: None, "none, with a nonce": lambda cb,
                 t: cb.ins[0].__setattr__("witness", [bytes(32)]),
                 "of another nonce": lambda cb, t: right(cb, t, items=[b"\x02" * 32]), "with another nonce": lambda cb,
                 t: right(cb, t, nonce=b"\x03" * 32),
                 "nonce of 31 bytes": lambda cb, t: right(cb, t, items=[bytes(31)]), "nonce of 33 bytes": lambda cb,
                 t: right(cb, t, items=[bytes(33)]),
                 "empty nonce": lambda cb, t: right(cb, t, items=[b""]), "two items": lambda cb,
                 t: right(cb, t, items=[bytes(32)] * 2),
                 "right, then wrong": lambda cb, t: right(cb, t, scripts=lambda m: [m, wrong]),
                 "wrong, then right": lambda cb, t: right(cb, t, scripts=lambda m: [wrong, m]),
                 "right twice": lambda cb, t: right(cb, t, scripts=lambda m: [m, m]), "a byte more": lambda cb,
                 t: right(cb, t, scripts=lambda m: [m + b"\x00"]),
                 "a byte less": lambda cb, t: right(cb, t, scripts=lambda m: [m[:-1]]),
                 "right, then one cut short": lambda cb, t: right(cb, t, scripts=lambda m: [m, wrong[:-1]]),
                 "another header": lambda cb, t: right(cb, t, scripts=lambda m: [m[:2] + b"\xab" + m[3:]]),
                 "by PUSHDATA1": lambda cb, t: right(cb, t, scripts=lambda m: [b"\x6a\x4c" + m[1:]]),
                 "paid": lambda cb, t: (right(cb, t), setattr(cb.outs[0], "value", 0),
                                        setattr(cb.outs[-1], "value", 1))}
        for name, change in forms.items():
            s.block_case(f"commitment: {name}", commit(change))
        s.block_case("commitment without a nonce", commit(lambda cb, t: right(cb, t, items=[])), proposal=True)
        for name, script_ in {"right": None, "wrong": wrong}.items():
            def change(cb, x=script_):
                cb.ins[0].witness = [bytes(32)]
                cb.outs.append(Out(0, x or commitment([cb, without])))
            s.block_case(f"no witness to commit to, commitment {name}", block_of(s, change, [without]))
        s.block_case("no witness to commit to, a nonce alone",
                     block_of(s, lambda cb: setattr(cb.ins[0], "witness", [bytes(32)]), [without]))
        changed = spend_one(coin, lock)
        changed.ins[0].witness = [b"\x01", b"\x51"]

        def swapped(height, number_):
            block = s.ordinary(number_, [witness])
            block.txs[1] = changed
            return block.seal()
        s.block_case("another witness than the one committed to", swapped)

        def stuffed(height, number_):
            block = s.ordinary(number_, [witness]).seal()
            block.txs[0].ins[0].witness = [bytes(4000000 - 1000)]
            return block
        s.block_case("the coinbase's witness stuffed", stuffed)
    stage.later(make)
    return stage


def weight_of(block):
    stripped = 80 + len(compact(len(block.txs))) + sum(len(t.raw(False)) for t in block.txs)
    return 3 * stripped + len(block.raw())


def weights():
    """C43: exactly as heavy as allowed, and a little more."""
    stage = Stage("weights", "Weight and size at their limits (C43)", HEIGHT)
    lock = Lock("tapscript", b"\x51")
    coin, plain = coin_of(stage, lock), stage.coin(ANYONE)

    def heavy(s, number_, weight):
        tx = spend_one(coin, lock, annex=b"\x50" + bytes(3000000))
        block = s.ordinary(number_, [tx])
        tx.ins[0].witness[-1] = b"\x50" + bytes(3000000 + weight - weight_of(block))
        return s.ordinary(number_, [tx]).seal()

    def long(s, number_, size):
        tx = Tx([plain.spend()], [Out(0, b"\x6a" + bytes(900000))])
        block = s.ordinary(number_, [tx])
        tx.outs[0].script = b"\x6a" + bytes(900000 + size - len(block.raw()))
        return s.ordinary(number_, [tx]).seal()

    def make(s):
        for weight in (3999999, 4000000, 4000001, 4000004):
            s.block_case(f"weight {weight}", lambda h, n, w=weight: heavy(s, n, w))
        for size in (999999, 1000000, 1000001):
            s.block_case(f"{size} bytes without a witness", lambda h, n, z=size: long(s, n, z))
    stage.later(make)
    return stage


def sigops():
    """C04, C32: 80,000 and a little less and more, of every kind."""
    stage = Stage("sigops", "Signature operations at their limit (C04, C32)", HEIGHT)
    plain = stage.coin(ANYONE)
    idle = {(kind, n): Lock(kind, b"\x00\x63" + b"\xac" * n + b"\x68\x51") for kind in ("p2sh", "v0", "v0p2sh",
        "tapscript") for n in (1, 2, 3, 4, 5, 10, 11)}
    multi = {(kind, keys): Lock(kind, b"\x00\x63" + push_number(keys) + b"\xae\x68\x51") for kind in ("p2sh", "v0",
        "legacy") for keys in (3, 16, 17)}
    coins = {at: coin_of(stage, lock) for at, lock in {**idle, **multi}.items()}

    def make(s):
        def case(name, scripts, inputs=()):
            tx = Tx([plain.spend()] + [lock.fill(coin.spend()) for lock, coin in inputs], [Out(0, x) for x in scripts])
            s.case(name, tx, pool=False)
        for n in (19999, 20000, 20001):
            case(f"{n} CHECKSIG", [b"\xac" * n])
            case(f"{n} CHECKSIGVERIFY", [b"\xad" * n])
            case(f"{n} CHECKSIG in two outputs", [b"\xac" * 10000, b"\xac" * (n - 10000)])
            case(f"{n} CHECKSIG, then a push cut short", [b"\xac" * n + b"\x4b\x00"])
            case(f"{n} CHECKSIG behind a push cut short", [b"\x4e\xff\xff\xff\xff" + b"\xac" * n])
            case(f"{n} CHECKSIG behind RETURN", [b"\x6a" + b"\xac" * n])
            case(f"{n} CHECKSIG not run", [b"\x00\x63" + b"\xac" * n + b"\x68"])
            s.block_case(f"{n} CHECKSIG in the coinbase's output",
                         block_of(s, lambda cb, n=n: setattr(cb.outs[0], "script", b"\xac" * n)))
            s.block_case(f"{n} CHECKSIG, one in the coinbase's script", block_of(
                s, lambda cb, n=n: (setattr(cb.outs[0], "script", b"\xac" * (n - 1)),
                                    setattr(cb.ins[0], "script_sig", cb.ins[0].script_sig + b"\xac"))))
        for n in (999, 1000, 1001):
            case(f"{n} CHECKMULTISIG", [b"\xae" * n])
            case(f"{n} CHECKMULTISIG of 2", [b"\x52\xae" * n])
        for at, lock in idle.items():
            cost = {"p2sh": 4, "tapscript": 0}.get(at[0], 1) * at[1]
            for base in sorted({(80000 - cost) // 4, (80000 - cost) // 4 + 1}):
                case(f"{base} CHECKSIG, and {at[1]} in {at[0]}", [b"\xac" * base], [(lock, coins[at])])
        for at, lock in multi.items():
            for base in (19980, 19981, 19983, 19984, 19985, 19988, 19996, 19997, 19998, 20000):
                case(f"{base} CHECKSIG, and CHECKMULTISIG of {at[1]} in {at[0]}", [b"\xac" * base], [(lock, coins[at])])
    stage.later(make)
    return stage


def headers():
    """C17, C19: times, versions, difficulty; C44, C45: bytes that are no block."""
    stage = Stage("headers", "Headers, and bytes that are no block (C17, C19, C44, C45)", HEIGHT)
    plain = stage.coin(ANYONE)
    lock = Lock("v0", b"\x51")
    coin = coin_of(stage, lock)

    def make(s):
        for name, time in {"the median": s.median(), "the median and 1": s.median() + 1,
                           "before the median": s.median() - 1, "0": 0, "two hours ahead": s.now() + 7200,
                           "two hours and 1 s ahead": s.now() + 7201, "2^31": 2**31, "2^32 - 1": 2**32 - 1}.items():
            s.block_case(f"time: {name}", block_of(s, nothing, time=time))
        for version in (0, 1, 2, 3, 4, 5, 0x1FFFFFFF, 0x20000001, 0x3FFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            s.block_case(f"version {version:#x}", block_of(s, nothing, version=version))
        for bits in (0, 1, 0x207FFFFE, 0x207FFFFF, 0x20800000, 0x1F7FFFFF, 0x01FEDCBA, 0x04923456, 0xFF123456,
                     0x21007FFF, 0x2100FFFF, 0x03000000, 0x1D00FFFF):
            s.block_case(f"bits {bits:#010x}", block_of(s, nothing, bits=bits))

        def missed(height, number_):
            return s.ordinary(number_).seal(good=False)
        s.block_case("the hash misses the target", missed)
        tx, witness = Tx([plain.spend()], outs([plain])), spend_one(coin, lock)
        raw, seg = tx.raw(), witness.raw()
        bodies = {"as it is": lambda cb: b"\x02" + cb + raw, "count in 3 bytes": lambda cb: b"\xfd\x02\x00" + cb + raw,
                  "count in 5 bytes": lambda cb: b"\xfe\x02\x00\x00\x00" + cb + raw,
                  "count in 9 bytes": lambda cb: b"\xff\x02" + bytes(7) + cb + raw,
                  "count too large": lambda cb: b"\x03" + cb + raw, "count too small": lambda cb: b"\x01" + cb + raw,
                  "no count": lambda cb: b"", "count alone": lambda cb: b"\x02",
                  "a byte behind": lambda cb: b"\x02" + cb + raw + b"\x00",
                  "a byte missing": lambda cb: b"\x02" + cb + raw[:-1],
                  "flag 2": lambda cb: b"\x02" + cb + seg[:5] + b"\x02" + seg[6:],
                  "flag 3": lambda cb: b"\x02" + cb + seg[:5] + b"\x03" + seg[6:],
                  "flag 0": lambda cb: b"\x02" + cb + seg[:5] + b"\x00" + seg[6:],
                  "superfluous witness": lambda cb: b"\x02" + cb + raw[:4] + b"\x00\x01" + raw[4:-4] + b"\x00" + raw[-4:],
                  "count of inputs in 3 bytes": lambda cb: b"\x02" + cb + raw[:4] + b"\xfd\x01\x00" + raw[5:],
                  "script's length in 3 bytes": lambda cb: b"\x02" + cb + raw[:41] + b"\xfd\x00\x00" + raw[42:],
                  "largest count of inputs": lambda cb: b"\x02" + cb + raw[:4] + b"\xff" * 9 + raw[5:],
                  "largest script": lambda cb: b"\x02" + cb + raw[:41] + b"\xfe\xff\xff\xff\xff" + raw[42:],
                  "count of outputs in 5 bytes": lambda cb: b"\x02" + cb + raw[:46] + b"\xfe\x01\x00\x00\x00" + raw[47:]}
        for name, body in bodies.items():
            def maker(height, number_, body=body):
                block = s.ordinary(number_, [tx]).seal()
                block.raw_txs = body(block.txs[0].raw())
                return block
            # Bitcoin Core passes over bytes behind the last transaction; here a body is exactly one block.
            s.block_case(f"bytes: {name}", maker, here="Block decode failed" if name == "a byte behind" else None)
    stage.later(make)
    return stage


def stages():
    notes = {0: ", the first", 15: ", the last with an opcode", 16: ", the first that is pushed",
             127: ", the first with a sign byte", 149: ", the first half subsidy",
             32767: ", the first of three bytes"}
    at = [coinbases(tip, notes.get(tip, "")) for tip in (0, 1, 15, 16, 125, 126, 127, 148, 149, 254, 255, 32767)]
    return [values(), merkle(), commitments(), weights(), sigops(), headers(), *at]
