"""Transactions, scripts, digests and blocks as bytes. Source: Bitcoin, BIP 34, 141, 143, 144, 341, 342."""
import hashlib
import struct
from dataclasses import dataclass, field

from .curve import lift_x, add, bytes32, multiply, sha256, tagged

OP = {name: value for value, name in enumerate(
    "NOP VER IF NOTIF VERIF VERNOTIF ELSE ENDIF VERIFY RETURN TOALTSTACK FROMALTSTACK 2DROP 2DUP 3DUP 2OVER 2ROT 2SWAP "
    "IFDUP DEPTH DROP DUP NIP OVER PICK ROLL ROT SWAP TUCK CAT SUBSTR LEFT RIGHT SIZE INVERT AND OR XOR EQUAL "
    "EQUALVERIFY RESERVED1 RESERVED2 1ADD 1SUB 2MUL 2DIV NEGATE ABS NOT 0NOTEQUAL ADD SUB MUL DIV MOD LSHIFT RSHIFT "
    "BOOLAND BOOLOR NUMEQUAL NUMEQUALVERIFY NUMNOTEQUAL LESSTHAN GREATERTHAN LESSTHANOREQUAL GREATERTHANOREQUAL MIN "
    "MAX WITHIN RIPEMD160 SHA1 SHA256 HASH160 HASH256 CODESEPARATOR CHECKSIG CHECKSIGVERIFY CHECKMULTISIG "
    "CHECKMULTISIGVERIFY NOP1 CLTV CSV NOP4 NOP5 NOP6 NOP7 NOP8 NOP9 NOP10 CHECKSIGADD".split(), 0x61)}
OP["1NEGATE"] = 0x4F
OP["RESERVED"] = 0x50


def hash256(data):
    return sha256(sha256(data))


def hash160(data):
    return hashlib.new("ripemd160", sha256(data)).digest()


def compact(n):
    if n < 0xFD:
        return bytes([n])
    if n <= 0xFFFF:
        return b"\xfd" + struct.pack("<H", n)
    return b"\xfe" + struct.pack("<I", n)


def var(data):
    return compact(len(data)) + data


def number(i):
    """A script number in its shortest form."""
    if i == 0:
        return b""
    data = abs(i).to_bytes((abs(i).bit_length() + 7) // 8, "little")
    if data[-1] & 0x80:
        return data + (b"\x80" if i < 0 else b"\x00")
    return data[:-1] + bytes([data[-1] | (0x80 if i < 0 else 0)])


def push(data):
    """A push of exactly these bytes; single numbers get no opcode of their own."""
    n = len(data)
    if n < 0x4C:
        return bytes([n]) + data
    if n <= 0xFF:
        return b"\x4c" + bytes([n]) + data
    if n <= 0xFFFF:
        return b"\x4d" + struct.pack("<H", n) + data
    return b"\x4e" + struct.pack("<I", n) + data


def push_number(i):
    """The shortest push of a number."""
    if i == 0:
        return b"\x00"
    if i == -1:
        return b"\x4f"
    return bytes([0x50 + i]) if 1 <= i <= 16 else push(number(i))


def script(*parts):
    """Opcodes by name, numbers, bytes to push, and bytearrays to copy as they are."""
    out = b""
    for part in parts:
        if isinstance(part, str):
            out += bytes([OP[part]])
        elif isinstance(part, int):
            out += push_number(part)
        else:
            out += bytes(part) if isinstance(part, bytearray) else push(part)
    return out


@dataclass
class In:
    txid: bytes = bytes(32)
    index: int = 0xFFFFFFFF
    script_sig: bytes = b""
    sequence: int = 0xFFFFFFFE
    witness: list = field(default_factory=list)

    def outpoint(self):
        return self.txid + struct.pack("<I", self.index)


@dataclass
class Out:
    value: int
    script: bytes

    def raw(self):
        return struct.pack("<q", self.value) + var(self.script)


@dataclass
class Tx:
    ins: list
    outs: list
    version: int = 2
    lock_time: int = 0

    def raw(self, witness=True):
        witness = witness and any(i.witness for i in self.ins)
        out = struct.pack("<I", self.version) + (b"\x00\x01" if witness else b"")
        out += compact(len(self.ins))
        out += b"".join(i.outpoint() + var(i.script_sig) + struct.pack("<I", i.sequence) for i in self.ins)
        out += compact(len(self.outs)) + b"".join(o.raw() for o in self.outs)
        if witness:
            out += b"".join(compact(len(i.witness)) + b"".join(var(w) for w in i.witness) for i in self.ins)
        return out + struct.pack("<I", self.lock_time)

    def txid(self):
        return hash256(self.raw(False))

    def wtxid(self):
        return hash256(self.raw())


def digest_legacy(tx, index, code, hash_type):
    """code: without code separators and signatures, which the caller leaves out."""
    kind, alone = hash_type & 0x1F, bool(hash_type & 0x80)
    if kind == 3 and index >= len(tx.outs):
        return bytes32(1)[::-1]
    ins = [In(i.txid, i.index, code if n == index else b"",
              i.sequence if n == index or kind not in (2, 3) else 0) for n, i in enumerate(tx.ins)]
    outs = list(tx.outs)
    if kind == 2:
        outs = []
    elif kind == 3:
        outs = [Out(-1, b"")] * index + [tx.outs[index]]
    if alone:
        ins = [ins[index]]
    return hash256(Tx(ins, outs, tx.version, tx.lock_time).raw(False) + struct.pack("<I", hash_type))


def digest_v0(tx, index, code, value, hash_type):
    kind, alone = hash_type & 0x1F, bool(hash_type & 0x80)
    prevouts = sequences = outputs = bytes(32)
    if not alone:
        prevouts = hash256(b"".join(i.outpoint() for i in tx.ins))
        if kind not in (2, 3):
            sequences = hash256(b"".join(struct.pack("<I", i.sequence) for i in tx.ins))
    if kind not in (2, 3):
        outputs = hash256(b"".join(o.raw() for o in tx.outs))
    elif kind == 3 and index < len(tx.outs):
        outputs = hash256(tx.outs[index].raw())
    own = tx.ins[index]
    return hash256(struct.pack("<I", tx.version) + prevouts + sequences + own.outpoint() + var(code) +
                   struct.pack("<qI", value, own.sequence) + outputs + struct.pack("<II", tx.lock_time, hash_type))


def digest_taproot(tx, index, spent, hash_type, leaf=None, annex=None, separator=0xFFFFFFFF):
    """spent: Out of every input; leaf: the leaf hash of a script spend. Undefined types are hashed by the same words."""
    kind, alone = hash_type & 3, bool(hash_type & 0x80)
    data = b"\x00" + bytes([hash_type]) + struct.pack("<II", tx.version, tx.lock_time)
    if not alone:
        data += sha256(b"".join(i.outpoint() for i in tx.ins))
        data += sha256(b"".join(struct.pack("<q", o.value) for o in spent))
        data += sha256(b"".join(var(o.script) for o in spent))
        data += sha256(b"".join(struct.pack("<I", i.sequence) for i in tx.ins))
    if kind not in (2, 3):
        data += sha256(b"".join(o.raw() for o in tx.outs))
    data += bytes([2 * (leaf is not None) + (annex is not None)])
    if alone:
        data += tx.ins[index].outpoint() + spent[index].raw() + struct.pack("<I", tx.ins[index].sequence)
    else:
        data += struct.pack("<I", index)
    if annex is not None:
        data += sha256(var(annex))
    if kind == 3:
        data += sha256(tx.outs[index].raw()) if index < len(tx.outs) else bytes(32)
    if leaf is not None:
        data += leaf + b"\x00" + struct.pack("<I", separator)
    return tagged("TapSighash", data)


def leaf_hash(code, version=0xC0):
    return tagged("TapLeaf", bytes([version]) + var(code))


class Taproot:
    """An output with one leaf below a path of given branches."""

    def __init__(self, internal, code=None, version=0xC0, path=()):
        self.internal, self.code, self.version, self.path = internal, code, version, list(path)
        self.leaf = leaf_hash(code, version) if code is not None else None
        root = self.leaf
        for branch in self.path:
            root = tagged("TapBranch", min(root, branch) + max(root, branch))
        self.tweak = tagged("TapTweak", internal.xonly + (root or b""))
        self.key = None
        point = add(lift_x(int.from_bytes(internal.xonly, "big")), multiply(int.from_bytes(self.tweak, "big")))
        self.parity = point[1] % 2
        self.output = bytes32(point[0])
        self.script = b"\x51\x20" + self.output

    def control(self):
        return bytes([self.version | self.parity]) + self.internal.xonly + b"".join(self.path)

    def signing_key(self):
        return self.internal.tweaked(self.tweak)


def merkle_root(hashes):
    hashes = list(hashes)
    while len(hashes) > 1:
        if len(hashes) % 2:
            hashes.append(hashes[-1])
        hashes = [hash256(hashes[i] + hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0] if hashes else bytes(32)


def commitment(txs, nonce=bytes(32)):
    """The output script that commits to the witnesses."""
    root = merkle_root([bytes(32)] + [t.wtxid() for t in txs[1:]])
    return bytes.fromhex("6a24aa21a9ed") + hash256(root + nonce)


@dataclass
class Block:
    prev: bytes
    time: int
    txs: list
    version: int = 0x20000000
    bits: int = 0x207FFFFF
    root: bytes = None
    nonce: int = 0
    raw_txs: bytes = None  # in place of the count and the transactions

    def header(self, nonce):
        root = self.root or merkle_root(t.txid() for t in self.txs)
        return struct.pack("<I", self.version) + self.prev + root + struct.pack("<III", self.time, self.bits, nonce)

    def seal(self, good=True):
        """Mine on from the nonce, by regtest's target (whatever the bits say); good=False: to a hash that misses it."""
        head = self.header(0)[:76]
        while (hash256(head + struct.pack("<I", self.nonce))[31] < 0x80) != good:
            self.nonce += 1
        return self

    def raw(self):
        body = self.raw_txs
        if body is None:
            body = compact(len(self.txs)) + b"".join(t.raw() for t in self.txs)
        return self.header(self.nonce) + body

    def hash(self):
        return hash256(self.header(self.nonce))
