"""The ways to lock a coin by a script, and to sign for it: legacy, P2SH, witness v0, tapscript, taproot key path."""
from . import wire
from .curve import Key, sha256
from .stage import ANYONE
from .wire import Out, Taproot, Tx, hash160, push, script

KEYS = [Key(int.from_bytes(sha256(b"YCoin vectors %d" % i), "big")) for i in range(24)]
INTERNAL = KEYS[0]
SCRIPT_KINDS = ("legacy", "v0", "tapscript")


class Lock:
    """An output that a script guards. kind: legacy (bare), p2sh, v0, v0p2sh, tapscript."""

    def __init__(self, kind, code, version=0xC0, path=()):
        self.kind, self.code = kind, code
        if kind == "legacy":
            self.script = code
        elif kind == "p2sh":
            self.script = script("HASH160", hash160(code), "EQUAL")
        elif kind == "v0":
            self.script = b"\x00\x20" + sha256(code)
        elif kind == "v0p2sh":
            self.redeem = b"\x00\x20" + sha256(code)
            self.script = script("HASH160", hash160(self.redeem), "EQUAL")
        elif kind == "tapscript":
            self.tree = Taproot(INTERNAL, code, version, path)
            self.script = self.tree.script

    def is_witness(self):
        return self.kind not in ("legacy", "p2sh")

    def fill(self, txin, stack=(), annex=None):
        """Put what unlocks the coin into the input: the items of the stack, the first at the bottom."""
        stack = list(stack)
        if self.kind == "legacy":
            txin.script_sig = b"".join(minimal(s) for s in stack)
        elif self.kind == "p2sh":
            txin.script_sig = b"".join(minimal(s) for s in stack) + push(self.code)
        elif self.kind == "tapscript":
            txin.witness = stack + [self.code, self.tree.control()] + ([annex] if annex is not None else [])
        else:
            txin.witness = stack + [self.code]
            if self.kind == "v0p2sh":
                txin.script_sig = push(self.redeem)
        return txin

    def digest(self, tx, index, spent, hash_type, code=None, annex=None, separator=0xFFFFFFFF):
        code = self.code if code is None else code
        if self.kind in ("legacy", "p2sh"):
            return wire.digest_legacy(tx, index, code, hash_type)
        if self.kind in ("v0", "v0p2sh"):
            return wire.digest_v0(tx, index, code, spent[index].value, hash_type)
        return wire.digest_taproot(tx, index, spent, hash_type, self.tree.leaf, annex, separator)

    def sign(self, key, tx, index, spent, hash_type, **more):
        digest = self.digest(tx, index, spent, hash_type, **more)
        if self.kind == "tapscript":
            return key.sign_schnorr(digest) + (bytes([hash_type]) if hash_type else b"")
        return key.sign(digest) + bytes([hash_type])

    def key(self, key):
        """The key as this kind's CHECKSIG wants it."""
        return key.xonly if self.kind == "tapscript" else key.compressed


def minimal(item):
    """The shortest push of the bytes."""
    if not item:
        return b"\x00"
    if len(item) == 1 and 1 <= item[0] <= 16:
        return bytes([0x50 + item[0]])
    return b"\x4f" if item == b"\x81" else push(item)


def checksig(kind, key):
    return script(key.xonly if kind == "tapscript" else key.compressed, "CHECKSIG")


def outs(coins, count=1):
    """Outputs that pay on all but a little of the coins."""
    value = sum(c.value for c in coins) - 1000
    return [Out(value // count, ANYONE) for _ in range(count)]


def spend_one(coin, lock, stack=(), sequence=0xFFFFFFFE, version=2, lock_time=0, annex=None):
    """A transaction that spends the coin alone, by the items of the stack."""
    return Tx([lock.fill(coin.spend(sequence=sequence), stack, annex)], outs([coin]), version, lock_time)


def coin_of(stage, lock, **more):
    return stage.coin(lock.script, **more)
