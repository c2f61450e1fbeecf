"""Time: lock times, sequences, and the opcodes that look at them."""
import itertools

from .locks import SCRIPT_KINDS, Lock, coin_of, outs, spend_one
from .stage import ANYONE, Stage
from .wire import In, Tx, script

HEIGHT, BURY = 125, 20
DISABLE, TIME = 1 << 31, 1 << 22
AGE = BURY + 1  # blocks from the coin to the block that would spend it


def csv():
    """C20, C21: the operand matrix of CHECKSEQUENCEVERIFY."""
    stage = Stage("csv", "CHECKSEQUENCEVERIFY: operands, sequences and versions (C20, C21)", HEIGHT, BURY)
    operands = [-2**39, -2**31, -2, -1, 0, 1, 10, 11, 0xFFFF, 0x10000, 0x1000A, TIME, TIME | 5, TIME | 6, DISABLE,
                DISABLE | 11, 2**32, 2**32 + 10,
                2**32 + 11, 2**39 - 1, 2**39]
    shapes = [(10, 2), (TIME | 5, 2), (DISABLE | 10, 2), (0xFFFFFFFF, 2), (0xFFFE000A & ~DISABLE & ~TIME, 2), (10, 0),
              (10, 1), (10, 0x7FFFFFFF),
              (10, 0x80000000), (10, 0xFFFFFFFF)]
    for kind, operand in itertools.product(SCRIPT_KINDS, operands + ["nothing", "not minimal"]):
        if operand == "nothing":
            code = script("CSV", 1)
        elif operand == "not minimal":
            code = script(b"\x0a\x00", "CSV", "DROP", 1)
        else:
            code = script(operand, "CSV", "DROP", 1)
        lock = Lock(kind, code)
        coin = coin_of(stage, lock)
        stage.later(lambda s, a=(kind, operand, lock, coin): [
            s.case(f"CSV of {a[1]}, sequence {q:#x}, version {v:#x}/{a[0]}",
                   spend_one(a[3], a[2], sequence=q, version=v)) for q, v in shapes])
    return stage


def cltv():
    """BIP 65."""
    stage = Stage("cltv", "CHECKLOCKTIMEVERIFY: operands, lock times and sequences (BIP 65)", HEIGHT, BURY)
    median = stage.median()
    operands = [-1, 0, 1, HEIGHT - 1, HEIGHT, HEIGHT + 1, 499999999, 500000000, median - 2, median - 1, median,
                2**31 - 1, 2**31, 2**32 - 1, 2**32,
                2**39 - 1, 2**39]
    for kind, operand in itertools.product(SCRIPT_KINDS, operands + ["nothing"]):
        lock = Lock(kind, script("CLTV", 1) if operand == "nothing" else script(operand, "CLTV", "DROP", 1))
        coin = coin_of(stage, lock)
        stage.later(lambda s, a=(kind, operand, lock, coin): [
            s.case(f"CLTV of {a[1]}, lock time {t}, sequence {q:#x}/{a[0]}",
                   spend_one(a[3], a[2], lock_time=t, sequence=q))
            for t, q in itertools.product((0, HEIGHT, median - 1), (0xFFFFFFFE, 0xFFFFFFFF))])
    return stage


def finality():
    """C20, C56: which block may hold a transaction."""
    stage = Stage("finality", "Lock times and relative locks against the block's height and clock (C20, C56)", HEIGHT,
                  BURY)
    median, time = stage.median(), stage.time(HEIGHT + 1)
    one, two = stage.coin(ANYONE), stage.coin(ANYONE, copy=1)

    def make(s):
        for t, q in itertools.product((0, 1, HEIGHT - 1, HEIGHT, HEIGHT + 1, HEIGHT + 2, 499999999, 500000000,
                                       median - 1, median, median + 1, time, 2**32 - 1),
                                      ((0xFFFFFFFE,), (0xFFFFFFFF,), (0,), (0xFFFFFFFF, 0xFFFFFFFE),
                                       (0xFFFFFFFF, 0xFFFFFFFF))):
            coins = [one, two][:len(q)]
            tx = Tx([c.spend(sequence=n) for c, n in zip(coins, q)], outs(coins), 1, t)
            s.case(f"lock time {t}, sequences {', '.join(hex(n) for n in q)}", tx)
        locks = [0, 1, AGE - 1, AGE, AGE + 1, 0xFFFF, TIME, TIME | 1, TIME | 23, TIME | 24, TIME | 25, TIME | 0xFFFF,
                 DISABLE | 0xFFFF, 0x10000 | AGE, 0x10000 | (AGE + 1),
                 0x7FBF0000 | AGE, 0x7FFF0000 | 25]
        for q, v in itertools.product(locks, (0, 1, 2, 3, 0x7FFFFFFF, 0x80000000, 0x80000002, 0xFFFFFFFF)):
            s.case(f"sequence {q:#x}, version {v:#x}", Tx([one.spend(sequence=q)], outs([one]), v))
        for a, b in itertools.permutations((AGE, AGE + 1, TIME | 24, TIME | 25), 2):
            s.case(f"sequences {a:#x} and {b:#x}", Tx([one.spend(sequence=a), two.spend(sequence=b)], outs([one, two])))
        for lock in (0, 1, 2):
            first = Tx([one.spend()], outs([one]))
            second = Tx([In(first.txid(), 0, sequence=lock)], [first.outs[0]])
            s.case(f"a coin of the same block, sequence {lock}", [first, second])
            s.case(f"a coin of the same block, sequence {TIME | lock:#x}",
                   [first, Tx([In(first.txid(), 0, sequence=TIME | lock)], [first.outs[0]])])
    stage.later(make)
    return stage


def stages():
    return [csv(), cltv(), finality()]
