"""Witness programs: versions, malleation, taproot's commitments, annexes and budgets; what signatures leave out of scripts."""
import itertools

from .curve import N, P, Key, bytes32, der, lift_x, multiply, sha256
from .locks import INTERNAL, KEYS, Lock, checksig, coin_of, outs, spend_one
from .stage import Stage
from .wire import Taproot, Tx, digest_legacy, digest_taproot, digest_v0, hash160, push, script

KEY = KEYS[1]


def programs():
    """C26, C57: versions and lengths, native and in P2SH, with a witness and without."""
    stage = Stage("programs", "Witness programs of every version (C26, C57)", 125)
    for version, n, nested, items in itertools.product(range(17), (1, 2, 20, 31, 32, 33, 40, 41), (False, True),
                                                       ([], [b"\x01"])):
        if not items and version > 1:
            continue
        program = bytes([0x50 + version if version else 0, n]) + b"\xff" * n
        locked = script("HASH160", hash160(program), "EQUAL") if nested else program
        coin = stage.coin(locked)
        name = f"version {version}, {n} bytes{', in P2SH' if nested else ''}, {len(items)} items"

        def make(s, coin=coin, program=program, nested=nested, items=items, name=name):
            s.case(name, Tx([coin.spend(push(program) if nested else b"", items)], outs([coin])))
        stage.later(make)
    anchor = stage.coin(bytes.fromhex("51024e73"))
    stage.later(lambda s: [s.case(f"anchor, {len(w)} items", Tx([anchor.spend(b"", w)], outs([anchor]))) for w in ([],
        [b"\x01"], [b""])])
    return stage


def malleation():
    """C33: what may surround a witness spend, and witnesses where none belong."""
    stage = Stage("malleation", "What may surround a witness (C33)", 125)
    program = b"\x00\x14" + hash160(KEY.compressed)
    coins = {"p2wpkh": stage.coin(program), "p2sh-p2wpkh": stage.coin(script("HASH160", hash160(program), "EQUAL"))}
    long_key = b"\x00\x14" + hash160(KEY.uncompressed)
    coins["p2wpkh of a long key"] = stage.coin(long_key)
    code = script("DUP", "HASH160", hash160(KEY.compressed), "EQUALVERIFY", "CHECKSIG")
    true = {kind: Lock(kind, b"\x51") for kind in ("v0", "v0p2sh", "p2sh", "legacy")}
    true_coins = {kind: coin_of(stage, lock) for kind, lock in true.items()}
    sigs = {"none": b"", "the program": push(program), "the program, PUSHDATA1": b"\x4c\x16" + program,
            "two pushes": b"\x51" + push(program),
            "NOP and the program": b"\x61" + push(program), "one": b"\x51", "zero": b"\x00"}

    def make(s):
        for (name, coin), (sig_name, sig) in itertools.product(list(coins.items())[:2], sigs.items()):
            tx = Tx([coin.spend(sig)], outs([coin]))
            good = KEY.sign(digest_v0(tx, 0, code, coin.value, 1)) + b"\x01"
            for items_name, items in {"right": [good, KEY.compressed], "item too many": [b"", good, KEY.compressed],
                                      "no signature": [KEY.compressed],
                                      "empty signature": [b"", KEY.compressed],
                                      "other key": [good, KEYS[2].compressed], "nothing": []}.items():
                s.case(f"{name}, input script {sig_name}, witness {items_name}", Tx([coin.spend(sig, items)], tx.outs))
        coin = coins["p2wpkh of a long key"]
        tx = Tx([coin.spend()], outs([coin]))
        long_code = script("DUP", "HASH160", hash160(KEY.uncompressed), "EQUALVERIFY", "CHECKSIG")
        tx.ins[0].witness = [KEY.sign(digest_v0(tx, 0, long_code, coin.value, 1)) + b"\x01", KEY.uncompressed]
        s.case("p2wpkh of a long key", tx)
        wrong = Tx([coins["p2wpkh"].spend()], outs([coins["p2wpkh"]]))
        wrong.ins[0].witness = [KEY.sign(digest_v0(wrong, 0, code, coins["p2wpkh"].value + 1, 1)) + b"\x01",
                                KEY.compressed]
        s.case("p2wpkh signed for another amount", wrong)
        for kind, lock in true.items():
            c = true_coins[kind]
            for name, items in {"right": None, "a script that is not committed to": [b"\x52"],
                                "item too many": [b"\x01", b"\x51"], "nothing": [],
                                "empty script": [b""]}.items():
                tx = spend_one(c, lock)
                if items is not None:
                    tx.ins[0].witness = items
                s.case(f"true in {kind}, witness {name}", tx)
            for name, sig in {"one": b"\x51", "two ones": b"\x51\x51", "NOP": b"\x61"}.items():
                tx = spend_one(c, lock)
                tx.ins[0].script_sig = sig + tx.ins[0].script_sig
                s.case(f"true in {kind}, {name} before the input script", tx)
    stage.later(make)
    return stage


def taproot():
    """C25: the commitment comes before the version; control blocks of every first byte and of odd lengths."""
    stage = Stage("taproot", "Taproot: leaf versions, control blocks, annexes (C25, C28, C57)", 125)
    branch = sha256(b"branch")
    true = Lock("tapscript", b"\x51", path=[branch])
    coin = coin_of(stage, true)
    false = Lock("tapscript", b"\x00")
    false_coin = coin_of(stage, false)
    leaves = {v: Lock("tapscript", b"\x00", v) for v in range(0, 256, 2)}
    leaf_coins = {v: coin_of(stage, lock) for v, lock in leaves.items()}
    deep = {n: Lock("tapscript", b"\x51", path=[branch] * n) for n in (0, 1, 2, 127, 128, 129)}
    deep_coins = {n: coin_of(stage, lock) for n, lock in deep.items()}
    key_coin = stage.coin(Taproot(INTERNAL).script)
    off_curve = stage.coin(b"\x51\x20" + b"\xff" * 32)
    no_square = next(x for x in range(2, 99) if lift_x(x) is None)
    off_curve_too = stage.coin(b"\x51\x20" + bytes32(no_square))

    def with_control(lock, coin, control, items=(), code=None):
        return Tx([coin.spend(b"", [*items, lock.code if code is None else code, control])], outs([coin]))

    def make(s):
        control = true.tree.control()
        for first in range(256):
            s.case(f"control block begins with {first:02x}", with_control(true, coin, bytes([first]) + control[1:]))
        for v, lock in leaves.items():
            s.case(f"leaf version {v:02x}, committed to", spend_one(leaf_coins[v], lock))
        for v in (0xC0, 0xC2, 0x66, 0x7E, 0x80, 0xBC, 0xFE, 0x00, 0x50):
            tail = sha256(b"%d" % v)
            s.case(f"leaf version {v:02x}, any 32 bytes behind", with_control(false, false_coin, bytes([v]) + tail))
            s.case(f"leaf version {v:02x} of another leaf",
                   with_control(false, false_coin, bytes([v | false.tree.parity]) + false.tree.control()[1:]))
        for n in (0, 1, 31, 32, 33, 34, 64, 66, 97, 33 + 32 * 128, 33 + 32 * 129, 34 + 32 * 128):
            s.case(f"control block of {n} bytes", with_control(true, coin, (control + branch * 130)[:n]))
        for n, lock in deep.items():
            s.case(f"{n} branches", spend_one(deep_coins[n], lock))
        for n in (1, 2, 127, 128):
            wrong = deep[n].tree.control()
            s.case(f"{n} branches, the last changed",
                   with_control(deep[n], deep_coins[n], wrong[:-1] + bytes([wrong[-1] ^ 1])))
        s.case("another script than the leaf's", with_control(true, coin, control, code=b"\x52"))
        for name, c in (("a program above the field", off_curve), ("a program that is no point", off_curve_too)):
            s.case(f"{name}, key path", Tx([c.spend(b"", [bytes(64)])], outs([c])))
            s.case(f"{name}, script path", Tx([c.spend(b"", [b"\x51", control[:33]])], outs([c])))
            s.case(f"{name}, no witness", Tx([c.spend()], outs([c])))
        annex_cases(s, key_coin, true, coin)
    stage.later(make)
    return stage


def annex_cases(s, key_coin, true, coin):
    tree = Taproot(INTERNAL)
    for name, annex in {"no annex": None, "annex of one byte": b"\x50", "annex": b"\x50abc",
                        "an item that is no annex": b"\x51abc"}.items():
        for signed_name, signed in {"": annex, ", signed without": None, ", another signed": b"\x50other"}.items():
            tx = Tx([key_coin.spend()], outs([key_coin]))
            digest = digest_taproot(tx, 0, [key_coin.out()], 0, annex=signed)
            tx.ins[0].witness = [tree.signing_key().sign_schnorr(digest)] + ([] if annex is None else [annex])
            s.case(f"key path, {name}{signed_name}", tx)
        s.case(f"script path, {name}", spend_one(coin, true, annex=annex))
    s.case("an annex alone", Tx([key_coin.spend(b"", [b"\x50"])], outs([key_coin])))
    s.case("two annexes", Tx([key_coin.spend(b"", [bytes(64), b"\x50", b"\x50"])], outs([key_coin])))
    for n in (0, 1, 63, 64, 65, 66):
        s.case(f"key path, signature of {n} bytes", Tx([key_coin.spend(b"", [bytes(n)])], outs([key_coin])))
    for name, sig in {"R above the field": bytes32(P) + bytes(32), "S is the order": bytes(32) + bytes32(N)}.items():
        s.case(f"key path, {name}", Tx([key_coin.spend(b"", [sig])], outs([key_coin])))


def budgets():
    """C27: what signature checks may cost, unknown keys, code separators."""
    stage = Stage("budgets", "Tapscript: budgets, unknown keys, code separators (C27)", 125)
    other = b"\x09" * 33
    one = script(KEY.xonly, "CHECKSIGVERIFY")
    for n, pad in [(5, pad) for pad in range(60)] + [(10, pad) for pad in range(250, 300, 2)]:
        lock = Lock("tapscript", b"\x75" + script("2DUP", "CHECKSIGVERIFY") * n + b"\x6d\x51")
        coin = coin_of(stage, lock)

        def make(s, n=n, pad=pad, lock=lock, coin=coin):
            tx = spend_one(coin, lock)
            lock.fill(tx.ins[0], [lock.sign(KEY, tx, 0, [coin.out()], 0), KEY.xonly, bytes(pad)])
            s.case(f"{n} checks, {pad} bytes more", tx)
        stage.later(make)
    forms = {"unknown key, any signature": (script(other, "CHECKSIG"), [b"x"]),
             "unknown key, no signature": (script(other, "CHECKSIG", "NOT"), [b""]),
             "CHECKSIGADD of an unknown key": (script(5, other, "CHECKSIGADD", 6, "EQUAL"), [b"x"]),
             "CHECKSIGADD of an unknown key, no signature": (script(5, other, "CHECKSIGADD", 5, "EQUAL"), [b""]),
             "CHECKSIGADD of no key": (script(5, b"", "CHECKSIGADD", 6, "EQUAL"), [b"x"]),
             "CHECKSIGADD of a large number": (script(b"\x01\x00\x00\x00\x01", other, "CHECKSIGADD", "DROP", 1),
                                               [b"x"]),
             "CHECKSIGADD of the largest number": (script(2**31 - 1, other, "CHECKSIGADD", 2**31, "EQUAL"), [b"x"]),
             "CHECKSIGVERIFY of no signature": (one + b"\x51", [b""])}
    for name, (code, items) in forms.items():
        lock = Lock("tapscript", code)
        coin = coin_of(stage, lock)
        stage.later(lambda s, a=(name, lock, coin, items): s.case(a[0], spend_one(a[2], a[1], a[3])))
    separated = {"none": b"", "one run": b"\xab", "two run": b"\xab\xab", "one not run": b"\x00\x63\xab\x68",
                 "one behind a push of its byte": b"\x01\xab\x75\xab"}
    for kind, (name, before) in itertools.product(("legacy", "p2sh", "v0", "tapscript"), separated.items()):
        code = before + checksig(kind, KEY) + b"\x69\xab" + checksig(kind, KEY)
        lock = Lock(kind, code)
        coin = coin_of(stage, lock)
        stage.later(lambda s, a=(kind, name, before, lock, coin): separator_cases(s, *a))
    return stage


def separator_cases(s, kind, name, before, lock, coin):
    """Both signatures are made over what their own check commits to; then the first is used twice."""
    tx = spend_one(coin, lock)
    run = {"none": [0xFFFFFFFF, 2], "one run": [0, 3], "two run": [1, 4], "one not run": [0xFFFFFFFF, 6],
           "one behind a push of its byte": [2, 5]}[name]
    tail = lock.code[len(before):]
    first_code = tail if name != "one not run" and before else lock.code
    second_code = checksig(kind, KEY)
    if kind in ("legacy", "p2sh"):
        first_code = first_code.replace(b"\xab" + second_code, second_code).replace(b"\x00\x63\xab\x68",
            b"\x00\x63\x68")
    if kind == "tapscript":
        run[1] = run[0] + 4 if run[0] != 0xFFFFFFFF else {"none": 3, "one not run": 7}[name]
        sigs = [lock.sign(KEY, tx, 0, [coin.out()], 0, separator=p) for p in run]
    else:
        sigs = [lock.sign(KEY, tx, 0, [coin.out()], 1, code=c) for c in (first_code, second_code)]
    for which, items in {"each its own": sigs[::-1], "the first twice": [sigs[0]] * 2,
                         "the second twice": [sigs[1]] * 2}.items():
        lock.fill(tx.ins[0], items)
        s.case(f"code separators: {name}, signatures: {which}/{kind}", Tx([lock.fill(coin.spend(), items)], tx.outs))


def deletions():
    """C23, C24: the signature is deleted from a legacy script, as a whole push and wherever an operation begins."""
    stage = Stage("deletions", "Signatures inside the script that they sign (C23, C24)", 125)
    k = 12345678
    r = multiply(k)[0] % N
    sig = der(r, 77) + b"\x01"
    whole = push(sig)
    bodies = {"once": (whole, b""), "twice": (whole * 2 + b"\x75", b"\x75"),
              "thrice, apart": (whole + b"\x61" + whole + b"\x61" + whole + b"\x6d", b"\x61\x61\x6d"),
              "with a byte before": (push(b"\xaa" + sig) + b"\x75" + whole, push(b"\xaa" + sig) + b"\x75"),
              "with a byte behind": (push(sig + b"\xaa") + b"\x75" + whole, push(sig + b"\xaa") + b"\x75"),
              "by PUSHDATA1": (b"\x4c" + bytes([len(sig)]) + sig, b"\x4c" + bytes([len(sig)]) + sig),
              "inside a longer push": (push(b"\x01" + whole) + b"\x75" + whole, push(b"\x01" + whole) + b"\x75"),
              "in a part that is not run": (b"\x00\x63" + whole + b"\x68" + whole, b"\x00\x63\x68")}
    for kind, (name, (before, left)), operation in itertools.product(("legacy", "p2sh", "v0"), bodies.items(),
        ("CHECKSIG", "CHECKSIGVERIFY")):
        tail = script("SWAP", operation) + (b"\x51" if operation == "CHECKSIGVERIFY" else b"")
        lock = Lock(kind, before + tail)
        coin = coin_of(stage, lock)

        def make(s, kind=kind, name=name, lock=lock, coin=coin, left=left, tail=tail, operation=operation):
            # The key is chosen so that this very signature is good for what the script leaves to be signed.
            tx = spend_one(coin, lock)
            for what, code in {"deleted": left + tail, "left in": lock.code}.items():
                digest = digest_v0(tx, 0, code, coin.value, 1) if kind == "v0" else digest_legacy(tx, 0, code, 1)
                key = Key(pow(r, -1, N) * (77 * k - int.from_bytes(digest, "big")))
                s.case(f"{name}, {operation}, signed as if {what}/{kind}", spend_one(coin, lock, [key.compressed]))
        stage.later(make)
    return stage


def stages():
    return [programs(), malleation(), taproot(), budgets(), deletions()]
