"""Scripts: every opcode in every version of the language, limits and their neighbours, locks, conditions, numbers."""
import itertools

from .curve import sha256
from .locks import KEYS, SCRIPT_KINDS, Lock, coin_of, spend_one
from .stage import Stage
from .wire import OP, number, push, script

NAMES = {value: name for name, value in OP.items()}


def add(stage, name, kind, code, stack=(), **more):
    lock = Lock(kind, bytes(code))
    coin = coin_of(stage, lock)
    stage.later(lambda s: s.case(f"{name}/{kind}", spend_one(coin, lock, stack, **more)))


def opcodes():
    """C03, C31: each opcode over two true values, and where it is not run (disabled ones fail there too; in tapscript
    many succeed whatever is around them)."""
    stage = Stage("opcodes", "Each opcode, run and not run, in each version of the language (C03)", 125)
    for kind, op in itertools.product(SCRIPT_KINDS, range(256)):
        name = NAMES.get(op, f"0x{op:02x}")
        add(stage, f"run {name}", kind, bytes([0x51, 0x51, op]))
        add(stage, f"not run {name}", kind, bytes([0x00, 0x63, op, 0x68, 0x51]))
    return stage


def limits():
    """C54: each limit, one below, one above."""
    stage = Stage("limits", "Limits of scripts and their neighbours (C54)", 125)
    for kind in SCRIPT_KINDS:
        for n in (519, 520, 521):
            add(stage, f"push of {n} bytes", kind, script(bytes(n), "DROP", 1))
            add(stage, f"push of {n} bytes, not run", kind, script(0, "IF", bytes(n), "ENDIF", 1))
            if kind != "legacy":
                add(stage, f"stack item of {n} bytes", kind, script("DROP", 1), [bytes(n)])
        for n in (200, 201, 202):
            add(stage, f"{n} operations", kind, bytes([0x51]) + b"\x61" * n)
            add(stage, f"{n} operations, none run", kind, bytes([0x00, 0x63]) + b"\x61" * (n - 2) + b"\x68\x51")
            add(stage, f"pushes are no operations, {n}", kind, b"\x51" * n + b"\x75" * (n - 1))
        for n in (999, 1000, 1001):
            # Legacy scripts may leave the items; the others must drop them, which counts as operations up to v0.
            drop = b"" if kind == "legacy" else dropping(n - 1)
            add(stage, f"{n} stack items", kind, b"\x51" * n + drop)
            add(stage, f"{n} items on both stacks", kind, b"\x51" * n + b"\x6b" * 100 + b"\x51" * 100 + drop)
            add(stage, f"{n} items, 100 of them on the other stack", kind,
                b"\x51" * 100 + b"\x6b" * 100 + b"\x51" * (n - 100) + (b"" if kind == "legacy" else dropping(n - 101)))
        for n in (9999, 10000, 10001):
            add(stage, f"script of {n} bytes", kind, filler(n - 1) + b"\x51")
        for n in (19, 20, 21):
            add(stage, f"0 of {n} keys", kind, script(0, 0) + script(KEYS[1].compressed) * n + script(n,
                "CHECKMULTISIG"))
        for n, ops in ((20, 180), (20, 181), (1, 199), (1, 200), (1, 201)):
            add(stage, f"{n} keys count as operations, {ops} more", kind,
                b"\x61" * ops + script(0, 0) + script(KEYS[1].compressed) * n + script(n, "CHECKMULTISIG"))
        for required, keys in ((-1, 1), (0, 0), (2, 1), (0, -1)):
            add(stage, f"{required} of {keys} keys", kind,
                script(0, required) + script(KEYS[1].compressed) * max(keys, 0) + script(keys, "CHECKMULTISIG"))
    for n in (99, 100, 101):
        add(stage, f"{n} initial stack items", "v0", dropping(n - 1), [b"\x01"] * n)
    for kind in ("v0", "tapscript"):
        for n in (999, 1000, 1001):
            add(stage, f"{n} initial stack items", kind, dropping(n - 1), [b"\x01"] * n)
    for n in (519, 520, 521):
        add(stage, f"redeem script of {n} bytes", "p2sh", filler(n - 1) + b"\x51")
    for kind in ("v0", "v0p2sh"):
        for n in (3600, 3601, 9999, 10000, 10001):
            add(stage, f"witness script of {n} bytes", kind, filler(n - 1) + b"\x51")
    return stage


def dropping(n):
    """Drops n items."""
    return b"\x6d" * (n // 2) + b"\x75" * (n % 2)


def filler(n):
    """n bytes of script that leave the stack as it is, by few operations."""
    rest = n % 253
    out = (push(bytes(250)) + b"\x75") * (n // 253)
    if rest == 78:
        out, rest = out + b"\x61", 77
    if rest < 3:
        return out + b"\x61" * rest
    return out + push(bytes(rest - 2 if rest < 78 else rest - 3)) + b"\x75"


def conditions():
    """MINIMALIF, unbalanced conditions, truth and code separators."""
    stage = Stage("conditions", "Truth, conditions and what they take (C54, BIP 141, BIP 342)", 125)
    values = {"empty": b"", "0": b"\x00", "-0": b"\x80", "1": b"\x01", "2": b"\x02", "-1": b"\x81",
              "00 00": b"\x00\x00",
              "00 80": b"\x00\x80", "01 00": b"\x01\x00", "00 01": b"\x00\x01", "five zeros": bytes(5), "16": b"\x10"}
    for kind, (name, value), op in itertools.product(SCRIPT_KINDS + ("p2sh",), values.items(), ("IF", "NOTIF")):
        add(stage, f"{op} of {name}", kind, script(op, 1, "ELSE", 1, "ENDIF"), [value])
    for kind, (name, value) in itertools.product(SCRIPT_KINDS + ("p2sh",), values.items()):
        add(stage, f"left on the stack: {name}", kind, script("NOP"), [value])
        add(stage, f"VERIFY of {name}", kind, script("VERIFY", 1), [value])
        add(stage, f"CHECKSIG of {name}", kind,
            script(KEYS[1].xonly if kind == "tapscript" else KEYS[1].compressed, "CHECKSIG", "NOT"), [value])
    shapes = ["IF ENDIF 1", "1 IF 1", "1 IF 1 ELSE", "1 ELSE", "1 ENDIF", "1 IF ELSE ELSE 1 ENDIF",
              "0 IF ELSE 1 ELSE 0 ENDIF",
              "0 IF 1 ELSE ELSE 1 ENDIF", "1 IF 0 IF ENDIF 1 ENDIF", "0 IF RETURN ENDIF 1", "0 IF VERIF ENDIF 1",
              "0 IF VER ENDIF 1",
              "0 IF RESERVED ENDIF 1", "1 TOALTSTACK", "1 TOALTSTACK FROMALTSTACK", "FROMALTSTACK 1", "1 1",
              "1 CODESEPARATOR",
              "0 IF CODESEPARATOR ENDIF 1", "1 RETURN", "RETURN", "0 VERIFY 1", "1 NOP1 NOP10", "1 NOP4", "DEPTH NOT"]
    for kind, shape in itertools.product(SCRIPT_KINDS, shapes):
        code = script(*[int(w) if w.isdigit() else w for w in shape.split()])
        add(stage, shape, kind, code)
    return stage


def numbers():
    """C31: operands of every length and form at the edges of what numbers may be."""
    stage = Stage("numbers", "Numbers as operands: lengths and forms (C31)", 125)
    operands = [b"", b"\x00", b"\x80", b"\x01", b"\x01\x00", b"\xff\x7f", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff",
                b"\x00\x00\x00\x80",
                b"\x00\x00\x00\x80\x00", b"\xff\xff\xff\xff\x00", b"\x01\x00\x00\x00", b"\x01\x00\x00\x00\x00",
                b"\x00\x00\x00\x00\x00"]
    for kind, op in itertools.product(SCRIPT_KINDS, ("1ADD", "1SUB", "NEGATE", "ABS", "NOT", "0NOTEQUAL")):
        for operand in operands:
            add(stage, f"{op} of {operand.hex() or 'empty'}", kind, script(op, "DROP", 1), [operand])
    for kind, op in itertools.product(SCRIPT_KINDS, ("ADD", "SUB", "MIN", "NUMEQUAL", "PICK", "ROLL")):
        for operand in operands[:9]:
            add(stage, f"1 and {operand.hex() or 'empty'} {op}", kind, script(op, "DROP", 1), [b"\x01", operand])
    for kind in SCRIPT_KINDS:
        add(stage, "the sum of the largest numbers is no operand", kind, script("ADD", 1, "ADD", "DROP", 1),
            [number(2**31 - 1), number(2**31 - 1)])
        add(stage, "the sum of the largest numbers is a value", kind, script("ADD", number(2**32 - 2), "EQUAL"),
            [number(2**31 - 1), number(2**31 - 1)])
        for op, data in (("SHA256", b"a"), ("HASH160", b"b"), ("SIZE", b"abc")):
            add(stage, f"{op} leaves something", kind,
                script(op, "DROP", 1) if op != "SIZE" else script(op, 3, "EQUALVERIFY", "DROP", 1),
                [data])
        add(stage, "hash of what was given", kind, script("SHA256", sha256(b"x"), "EQUAL"), [b"x"])
    return stage


def stages():
    return [opcodes(), limits(), conditions(), numbers()]
