"""Scripts drawn at random: what no table thought of. The same seed draws the same scripts."""
import random

from .locks import KEYS, SCRIPT_KINDS, Lock, coin_of, spend_one
from .stage import Stage
from .wire import number, push, push_number

NUMBERS = (0, 1, 2, 3, 16, 17, 127, 128, 255, 256, 520, 32767, 32768, 2**23, 2**31 - 1, 2**31, 2**32, 2**39 - 1, -1,
           -2, -127, -128, -2**31 + 1)
SMALL = (0, 1, 1, 2, 2, 3, 5, 16, 127, -1)
ODD_ITEMS = (b"", b"\x00", b"\x80", b"\x00\x00", b"\x00\x80", b"\x01\x00", b"\x81", b"\xff\xff\xff\x7f", bytes(5),
             b"\x01" * 33, b"\x30" * 9)
# Opcodes by how often they are drawn: what moves items, what computes, what looks at signatures and time, all the rest.
STACK_OPS = tuple(range(0x6B, 0x7E)) + (0x82,)
NUMBER_OPS = (0x87, 0x88, 0x8B, 0x8C, 0x8F, 0x90, 0x91, 0x92, 0x93, 0x94) + tuple(range(0x9A, 0xA6))
HASH_OPS = tuple(range(0xA6, 0xAC))
SIGNATURE_OPS = (0xAC, 0xAD, 0xAE, 0xAF, 0xBA)
TIME_OPS = (0xB1, 0xB2)


class Drawer:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def item(self):
        r = self.random
        kind = r.randrange(10)
        if kind < 5:
            return number(r.choice(SMALL if r.randrange(3) else NUMBERS))
        if kind < 7:
            return r.choice(ODD_ITEMS)
        if kind < 9:
            key = r.choice(KEYS[:4])
            return r.choice((key.compressed, key.xonly, key.uncompressed, key.hybrid))
        return r.randbytes(r.choice((1, 20, 32, 75, 76, 80)))

    def push(self):
        r = self.random
        if r.randrange(8):
            return push_number(r.choice(SMALL if r.randrange(5) else NUMBERS))
        data = self.item()
        forms = [push(data)] * 6 + [b"\x4c" + bytes([len(data)]) + data,
                                    b"\x4d" + len(data).to_bytes(2, "little") + data]
        return r.choice(forms)

    def operation(self, depth):
        r = self.random
        kind = r.randrange(40)
        if kind < 14:
            return self.push()
        if kind < 23:
            return bytes([r.choice(STACK_OPS)])
        if kind < 30:
            return bytes([r.choice(NUMBER_OPS)])
        if kind < 32:
            return bytes([r.choice(HASH_OPS)])
        if kind < 34:
            return bytes([r.choice(SIGNATURE_OPS)])
        if kind < 35:
            return push_number(r.choice((0, 1, 5, 10, 125))) + bytes([r.choice(TIME_OPS)]) + b"\x75"
        if kind < 38 and depth < 3:
            return self.condition(depth)
        return bytes([r.randrange(256)]) if kind == 39 else bytes([r.choice((0x61, 0x69, 0xAB, 0xB0, 0x51))])

    def condition(self, depth):
        r = self.random
        out = bytes([r.choice((0x51, 0x51, 0x00))]) + bytes([r.choice((0x63, 0x64))]) + self.body(r.randrange(4),
            depth + 1)
        for _ in range(r.choice((0, 1, 1, 2))):
            out += b"\x67" + self.body(r.randrange(4), depth + 1)
        return out + (b"\x68" if r.randrange(12) else b"")

    def body(self, n, depth=0):
        return b"".join(self.operation(depth) for _ in range(n))

    def script(self):
        r = self.random
        out = b"".join(self.push() for _ in range(r.randrange(1, 6))) + self.body(r.randrange(1, 12))
        # Many scripts end in a truth, so that not everything fails alike.
        return out + r.choice((b"", b"", b"\x51", b"\x74\x91", b"\x6d\x51", b"\x75\x51"))

    def shape(self):
        r = self.random
        return {"sequence": r.choice((0xFFFFFFFE, 0xFFFFFFFF, 10, 1 << 22 | 5, 0)), "version": r.choice((1, 2, 2, 3)),
                "lock_time": r.choice((0, 0, 10, 125))}


def drawn(count, seed):
    """Scripts, each in every version of the language, with a few items below, of which some are good signatures."""
    stage = Stage("random", f"Scripts drawn at random by the seed {seed}", 125)
    drawer = Drawer(seed)
    for i in range(count):
        code, items, shape = drawer.script(), [drawer.item() for _ in range(drawer.random.randrange(4))], drawer.shape()
        signer = drawer.random.choice((None, None, *KEYS[:4]))
        for kind in SCRIPT_KINDS:
            lock = Lock(kind, code)
            coin = coin_of(stage, lock)

            def make(s, i=i, kind=kind, lock=lock, coin=coin, items=items, shape=shape, signer=signer):
                tx = spend_one(coin, lock, **shape)
                given = list(items)
                if signer:
                    given.append(lock.sign(signer, tx, 0, [coin.out()], 0 if kind == "tapscript" else 1))
                lock.fill(tx.ins[0], given)
                s.case(f"{i}/{kind}", tx)
            stage.later(make)
    return stage


def stages(count=80, seed=1):
    return [drawn(count, seed)]
