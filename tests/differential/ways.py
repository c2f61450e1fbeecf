"""Ways to lock a coin and to spend it rightly: every form of output, each with scripts of several patterns."""
import functools

from generator.curve import sha256
from generator.locks import KEYS, Lock
from generator.stage import ANYONE
from generator.wire import Taproot, digest_legacy, digest_taproot, digest_v0, hash160, number, push, script

SCRIPT_KINDS = ("legacy", "p2sh", "v0", "v0p2sh", "tapscript")
TYPES = (1, 1, 1, 1, 1, 1, 2, 3, 0x81, 0x82, 0x83)


class Way:
    """script: the output's. witness: must a spend carry one? after: least lock time; older: least relative lock in
    blocks. fill() puts what unlocks the coin into an input of the draft, whose other parts are final."""
    witness, after, older = False, 0, 0

    def __init__(self, name, script_):
        self.name, self.script = name, script_


class Anyone(Way):
    def fill(self, draft, i, chance):
        del draft, i, chance


class FutureVersion(Way):
    """A witness program of a version without rules: anybody's (C57)."""
    witness = True

    def fill(self, draft, i, chance):
        draft.tx.ins[i].witness = [chance.randbytes(chance.randrange(40)) for _ in range(chance.randrange(1, 3))]


def hash_type(draft, i, chance, taproot):
    kind = chance.choice(TYPES)
    if taproot and (kind == 1 or kind & 3 == 3 and i >= len(draft.tx.outs)):
        return 0
    return kind


class KeyHash(Way):
    """P2PK, P2PKH, P2WPKH, P2WPKH in P2SH."""

    def __init__(self, form, key):
        self.form, self.key = form, key
        self.code = script("DUP", "HASH160", hash160(key.compressed), "EQUALVERIFY", "CHECKSIG")
        program = b"\x00\x14" + hash160(key.compressed)
        if form == "p2pk":
            self.code = script(key.compressed, "CHECKSIG")
        super().__init__(form, {"p2pk": self.code, "p2pkh": self.code, "p2wpkh": program,
                                "p2sh-p2wpkh": script("HASH160", hash160(program), "EQUAL")}[form])
        self.program, self.witness = program, "w" in form

    def fill(self, draft, i, chance):
        kind = hash_type(draft, i, chance, False)
        if self.witness:
            digest = digest_v0(draft.tx, i, self.code, draft.coins[i].value, kind)
        else:
            digest = digest_legacy(draft.tx, i, self.code, kind)
        sig, txin = self.key.sign(digest) + bytes([kind]), draft.tx.ins[i]
        if self.form == "p2pk":
            txin.script_sig = push(sig)
        elif self.form == "p2pkh":
            txin.script_sig = push(sig) + push(self.key.compressed)
        else:
            txin.witness = [sig, self.key.compressed]
            txin.script_sig = push(self.program) if self.form == "p2sh-p2wpkh" else b""


class KeyPath(Way):
    witness = True

    def __init__(self, number_):
        self.tree = Taproot(KEYS[number_])
        self.key = self.tree.signing_key()
        super().__init__("key path", self.tree.script)

    def fill(self, draft, i, chance):
        kind = hash_type(draft, i, chance, True)
        annex = b"\x50" + chance.randbytes(3) if chance.random() < 0.1 else None
        digest = digest_taproot(draft.tx, i, [c.out() for c in draft.coins], kind, annex=annex)
        sig = self.key.sign_schnorr(digest) + (bytes([kind]) if kind else b"")
        draft.tx.ins[i].witness = [sig] + ([annex] if annex is not None else [])


class Scripted(Way):
    """A script of some pattern, in some kind of output. items(sign) gives what it wants on the stack."""

    def __init__(self, kind, pattern, a, b):
        one, two = KEYS[a], KEYS[b]
        k1, k2 = (k.xonly if kind == "tapscript" else k.compressed for k in (one, two))
        secret = sha256(b"secret %d" % a)
        self.after, self.older = (100 + 7 * a if pattern == "cltv" else 0), (1 + a % 9 if pattern == "csv" else 0)
        code, self.items = {
            "checksig": (script(k1, "CHECKSIG"), lambda sign: [sign(one)]),
            "verify": (script(k1, "CHECKSIGVERIFY", k2, "CHECKSIG"), lambda sign: [sign(two), sign(one)]),
            "hash lock": (script("SHA256", sha256(secret), "EQUALVERIFY", k1, "CHECKSIG"), lambda sign: [sign(one), secret]),
            "branches": (script("IF", k1, "ELSE", 1000, "CSV", "DROP", k2, "ENDIF", "CHECKSIG"), lambda sign: [sign(one), b"\x01"]),
            "cltv": (script(self.after, "CLTV", "DROP", k1, "CHECKSIG"), lambda sign: [sign(one)]),
            "csv": (script(self.older, "CSV", "DROP", k1, "CHECKSIG"), lambda sign: [sign(one)]),
            "sum": (script("ADD", 3 + a, "NUMEQUAL"), lambda _: [number(a), number(3)]),
            "stack": (script("2DUP", "SWAP", "ROT", "EQUALVERIFY", "EQUAL"), lambda _: [b"x", b"x"]),
            "many": (script(k1, "CHECKSIG", k2, "CHECKSIGADD", 2, "NUMEQUAL") if kind == "tapscript" else
                     script(2, k1, KEYS[9].compressed, k2, 3, "CHECKMULTISIG"),
                     (lambda sign: [sign(two), sign(one)]) if kind == "tapscript" else (lambda sign: [b"", sign(one), sign(two)])),
        }[pattern]
        self.lock = Lock(kind, code)
        self.witness = self.lock.is_witness()
        super().__init__(f"{pattern} in {kind}", self.lock.script)

    def fill(self, draft, i, chance):
        spent = [c.out() for c in draft.coins]
        taproot = self.lock.kind == "tapscript"

        def sign(key):
            return self.lock.sign(key, draft.tx, i, spent, hash_type(draft, i, chance, taproot))
        self.lock.fill(draft.tx.ins[i], self.items(sign))


PATTERNS = ("checksig", "verify", "hash lock", "branches", "cltv", "csv", "sum", "stack", "many")
ANYONES = Anyone("anyone", ANYONE)


@functools.lru_cache(maxsize=None)
def scripted(kind, pattern, a, b):
    return Scripted(kind, pattern, a, b)


@functools.lru_cache(maxsize=None)
def key_hash(form, a):
    return KeyHash(form, KEYS[a])


@functools.lru_cache(maxsize=None)
def key_path(a):
    return KeyPath(a)


def draw(chance):
    """Some way to lock a coin."""
    which = chance.randrange(20)
    if which < 4:
        return ANYONES
    if which < 8:
        return key_hash(chance.choice(("p2pk", "p2pkh", "p2wpkh", "p2sh-p2wpkh")), chance.randrange(8))
    if which < 10:
        return key_path(chance.randrange(8))
    if which < 11:
        program = chance.randbytes(chance.choice((2, 20, 32, 40)))
        version = chance.choice(range(0x52, 0x61))
        return FutureVersion("future version", bytes([version]) + push(program))
    return scripted(chance.choice(SCRIPT_KINDS), chance.choice(PATTERNS), chance.randrange(4), 4 + chance.randrange(4))
