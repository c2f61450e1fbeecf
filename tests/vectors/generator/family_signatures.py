"""Signatures: every hash type in every version, encodings of signatures and keys, multisig."""
import itertools

from .curve import N, bytes32, der, der_integer
from .locks import INTERNAL, KEYS, Lock, checksig, coin_of, outs, spend_one
from .stage import ANYONE, Stage
from .wire import Taproot, Tx, digest_taproot, hash160, script

KEY = KEYS[1]


class Single:
    """A coin that one signature spends. form: p2pkh, p2wpkh, key path, tapscript, or another kind of Lock."""

    def __init__(self, stage, form):
        self.form = form
        self.code = script("DUP", "HASH160", hash160(KEY.compressed), "EQUALVERIFY", "CHECKSIG")
        self.tree = Taproot(INTERNAL)
        if form == "p2wpkh":
            self.script = b"\x00\x14" + hash160(KEY.compressed)
        elif form == "key path":
            self.script = self.tree.script
        else:
            self.lock = Lock("legacy" if form == "p2pkh" else form,
                             self.code if form == "p2pkh" else checksig(form, KEY))
            self.script = self.lock.script
        self.coin = stage.coin(self.script)

    def sign(self, tx, index, spent, hash_type, as_type=None):
        """Sign with the hash type; say as_type in the signature."""
        last = bytes([hash_type if as_type is None else as_type])
        if self.form == "key path":
            digest = digest_taproot(tx, index, spent, hash_type)
            return self.tree.signing_key().sign_schnorr(digest) + (last if last != b"\x00" else b"")
        if self.form == "p2wpkh":
            lock = Lock("v0", self.code)
        else:
            lock = self.lock
        signature = lock.sign(KEY, tx, index, spent, hash_type)
        if lock.kind == "tapscript":
            return signature[:64] + (last if last != b"\x00" else b"")
        return signature[:-1] + last

    def fill(self, txin, signature):
        if self.form == "p2pkh":
            txin.script_sig = script(signature, KEY.compressed)
        elif self.form == "p2wpkh":
            txin.witness = [signature, KEY.compressed]
        elif self.form == "key path":
            txin.witness = [signature]
        else:
            self.lock.fill(txin, [signature])


FORMS = ("p2pkh", "p2wpkh", "key path", "tapscript")


def signed(stage, single, hash_type, as_type=None, out_count=2):
    """Two inputs, of which the second is signed."""
    coins = [stage.coin(ANYONE), single.coin]
    tx = Tx([c.spend(sequence=7 + i) for i, c in enumerate(coins)], outs(coins, out_count), 1)
    single.fill(tx.ins[1], single.sign(tx, 1, [c.out() for c in coins], hash_type, as_type))
    return tx


def hash_types():
    """C24, C27, C28, C29: all 256 values; a signature that says another type than it signed; SINGLE without output."""
    stage = Stage("hash_types", "Each of 256 hash types in each version of the digest (C24, C28, C29)", 125)
    stage.coin(ANYONE)
    singles = [Single(stage, form) for form in FORMS]

    def make(s):
        for single, hash_type in itertools.product(singles, range(256)):
            s.case(f"type {hash_type:02x}/{single.form}", signed(s, single, hash_type))
        for single in singles[2:]:
            tx = signed(s, single, 0)
            tx.ins[1].witness[0] += b"\x00"
            s.case(f"type 00 said in a 65th byte/{single.form}", tx)
        for single, (a, b) in itertools.product(singles,
                                                itertools.permutations((0x01, 0x02, 0x03, 0x81, 0x82, 0x83), 2)):
            s.case(f"signed as {a:02x}, says {b:02x}/{single.form}", signed(s, single, a, b))
        for single, hash_type in itertools.product(singles,
                                                   (0x00, 0x01, 0x02, 0x03, 0x23, 0x43, 0x63, 0x81, 0x82, 0x83, 0xC3,
                                                    0xE3)):
            s.case(f"type {hash_type:02x}, no output of its number/{single.form}",
                   signed(s, single, hash_type, out_count=1))
    stage.later(make)
    return stage


def der_forms(r, s):
    """Names and bytes of one signature in other encodings, most of which are wrong."""
    good = der(r, s)
    R, S = der_integer(r), der_integer(s)

    def whole(body, tag=b"\x30", length=None):
        return tag + bytes([len(body) if length is None else length]) + body

    def integer(data, length=None):
        return b"\x02" + bytes([len(data) if length is None else length]) + data
    high = der_integer(N - s)
    return {
        "good": good, "high S": whole(R + high), "empty": b"", "one byte": b"\x30",
            "no sequence": whole(R + S, b"\x31"),
        "length too small": whole(R + S, length=len(R + S) - 1),
            "length too large": whole(R + S, length=len(R + S) + 1),
        "a byte behind": good + b"\x00", "a byte inside at the end": whole(R + S + b"\x00"),
        "long form of the length": b"\x30\x81" + bytes([len(R + S)]) + R + S,
        "R is no integer": whole(b"\x03" + R[1:] + S), "S is no integer": whole(R + b"\x03" + S[1:]),
        "R without bytes": whole(integer(b"") + S), "S without bytes": whole(R + integer(b"")),
        "R padded": whole(integer(b"\x00" + R[2:]) + S), "S padded": whole(R + integer(b"\x00" + S[2:])),
        "R padded twice": whole(integer(b"\x00\x00" + R[2:]) + S),
        "R negative": whole(integer(bytes([R[2] | 0x80]) + R[3:]) + S),
            "S negative": whole(R + integer(bytes([S[2] | 0x80]) + S[3:])),
        "R zero": whole(integer(b"\x00") + S), "S zero": whole(R + integer(b"\x00")),
            "both zero": whole(integer(b"\x00") * 2),
        "R one": whole(integer(b"\x01") + S), "S one": whole(R + integer(b"\x01")),
            "both one": whole(integer(b"\x01") * 2),
        "R plus the order": whole(der_integer(r + N) + S), "S plus the order": whole(R + der_integer(s + N)),
        "R is the order": whole(der_integer(N) + S), "S is the order": whole(R + der_integer(N)),
        "R is the order less one": whole(der_integer(N - 1) + S), "S is half the order": whole(R + der_integer(N // 2)),
        "S is half the order and one": whole(R + der_integer(N // 2 + 1)),
        "R of 33 bytes": whole(integer(b"\x01" + bytes32(r)) + S),
            "S of 33 bytes": whole(R + integer(b"\x01" + bytes32(s))),
        "R longer than all": whole(integer(R[2:], 0x7F) + S),
            "S longer than the rest": whole(R + integer(S[2:], len(S[2:]) + 1)),
        "S shorter than the rest": whole(R + integer(S[2:], len(S[2:]) - 1)),
            "R of 0x80 bytes": whole(integer(R[2:], 0x80) + S),
        "nine bytes": whole(integer(b"\x01") + integer(b"\x01"))[:-1],
            "seventy-three bytes": whole(integer(b"\x00" + bytes32(r)) + integer(bytes(37))),
        "another key's": KEYS[2].sign(b"\x01" * 32), "R and S exchanged": whole(S + R),
    }


def encodings():
    """C12, C30: strict DER is a rule; low S, defined hash types and an empty failed signature are policy."""
    stage = Stage("encodings", "Encodings of signatures and public keys, in CHECKSIG and CHECKSIG NOT (C12, C30)", 125)
    for kind in ("legacy", "p2sh", "v0"):
        locks = {"": Lock(kind, checksig(kind, KEY)), " NOT": Lock(kind, checksig(kind, KEY) + script("NOT"))}
        coins = {more: coin_of(stage, lock) for more, lock in locks.items()}
        stage.later(lambda s, kind=kind, locks=locks, coins=coins: encoding_cases(s, kind, locks, coins))
    for kind, (name, data) in itertools.product(("legacy", "v0", "tapscript"), key_forms().items()):
        for more in ("", " NOT"):
            lock = Lock(kind, script(data, "CHECKSIG") + (script("NOT") if more else b""))
            coin = coin_of(stage, lock)
            stage.later(lambda s, a=(kind, name, more, lock, coin): key_case(s, *a))
    return stage


def encoding_cases(stage, kind, locks, coins):
    for more, lock in locks.items():
        coin = coins[more]
        for name in der_forms(1, 1):
            tx = spend_one(coin, lock)
            digest = lock.digest(tx, 0, [coin.out()], 1)
            form = der_forms(*KEY.sign_numbers(digest))[name]
            lock.fill(tx.ins[0], [form + b"\x01" if form else b""])
            stage.case(f"{name}{more}/{kind}", tx)
        for hash_type in (0x00, 0x04, 0x1F, 0x41, 0x80, 0x84):
            tx = spend_one(coin, lock)
            lock.fill(tx.ins[0], [lock.sign(KEY, tx, 0, [coin.out()], hash_type)])
            stage.case(f"hash type {hash_type:02x}{more}/{kind}", tx)


def key_forms():
    other = KEYS[3]
    wrong_hybrid = bytes([other.hybrid[0] ^ 1]) + other.hybrid[1:]
    return {"compressed": other.compressed, "uncompressed": other.uncompressed, "hybrid": other.hybrid,
            "hybrid of the wrong sign": wrong_hybrid,
            "x alone": other.xonly, "no bytes": b"", "one byte": b"\x02", "32 bytes": other.compressed[:32],
            "34 bytes": other.compressed + b"\x00",
            "64 bytes": other.uncompressed[:64], "66 bytes": other.uncompressed + b"\x00",
            "no point": b"\x02" + b"\xff" * 32,
            "x not on the curve": b"\x02" + bytes32(5), "prefix 05": b"\x05" + other.xonly,
            "prefix 00": b"\x00" + other.xonly,
            "not on the curve": other.uncompressed[:-1] + b"\x00", "compressed with prefix 04": b"\x04" + other.xonly}


def key_case(stage, kind, name, more, lock, coin):
    for what in ("signed", "empty"):
        tx = spend_one(coin, lock)
        lock.fill(tx.ins[0], [lock.sign(KEYS[3], tx, 0, [coin.out()],
                                        1 if kind != "tapscript" else 0) if what == "signed" else b""])
        stage.case(f"key: {name}, {what}{more}/{kind}", tx)


def multisigs():
    """NULLDUMMY (a rule by BIP 147), NULLFAIL (policy), the order of keys, CHECKSIGADD."""
    stage = Stage("multisig", "CHECKMULTISIG and CHECKSIGADD: dummies, orders, failures (C30, C54)", 125)
    keys = KEYS[4:7]
    for kind, more in itertools.product(("legacy", "p2sh", "v0"), ("", " NOT")):
        lock = Lock(kind, script(2, *[k.compressed for k in keys], 3,
                                 "CHECKMULTISIG") + (script("NOT") if more else b""))
        coin = coin_of(stage, lock)
        stage.later(lambda s, a=(kind, more, lock, coin): multisig_cases(s, keys, *a))
    for required in range(4):
        code = script(keys[0].xonly, "CHECKSIG", keys[1].xonly, "CHECKSIGADD", keys[2].xonly, "CHECKSIGADD", required,
                      "NUMEQUAL")
        lock = Lock("tapscript", code)
        coin = coin_of(stage, lock)
        stage.later(lambda s, a=(required, lock, coin): checksigadd_cases(s, keys, *a))
    return stage


def multisig_cases(stage, keys, kind, more, lock, coin):
    for dummy, pair in itertools.product((b"", b"\x01"),
                                         ((0, 1), (0, 2), (1, 2), (1, 0), (2, 1), (0, 0), (0, None), (None, 2),
                                          (None, None), (0, 9), (9, 2))):
        tx = spend_one(coin, lock)
        by = {**dict(enumerate(keys)), 9: KEYS[9]}
        signatures = [b"" if k is None else lock.sign(by[k], tx, 0, [coin.out()], 1) for k in pair]
        lock.fill(tx.ins[0], [dummy, *signatures])
        stage.case(f"2 of 3 by {pair[0]} and {pair[1]}, dummy {dummy.hex() or 'empty'}{more}/{kind}", tx)


def checksigadd_cases(stage, keys, required, lock, coin):
    for given in itertools.product((0, 1, 2), repeat=3):
        tx = spend_one(coin, lock)
        good = [lock.sign(k, tx, 0, [coin.out()], 0) for k in keys]
        items = [b"" if g == 0 else good[i] if g == 1 else good[i][:-1] + bytes([good[i][-1] ^ 1]) for i,
                 g in enumerate(given)]
        lock.fill(tx.ins[0], items[::-1])
        stage.case(f"{required} of 3 by CHECKSIGADD, given {given}/tapscript", tx)


def stages():
    return [hash_types(), encodings(), multisigs()]
