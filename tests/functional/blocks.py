"""Transactions and blocks as bytes, made without the code under test. Python's standard library alone.

Coins are paid to the witness script TRUE, so that a spend needs no key and is still a standard transaction.
"""
import hashlib
import struct

COIN = 100_000_000
TRUE_SCRIPT = b"\x51"
TRUE_OUTPUT = b"\x00\x20" + hashlib.sha256(TRUE_SCRIPT).digest()
TRUE_DESCRIPTOR = f"raw({TRUE_OUTPUT.hex()})"
REGTEST_BITS = 0x207FFFFF
COMMITMENT = b"\x6a\x24\xaa\x21\xa9\xed"
FINAL = 0xFFFFFFFF


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def shown(hash32):
    """A hash as people see it."""
    return hash32[::-1].hex()


def wired(text):
    """A hash as it is on the wire."""
    return bytes.fromhex(text)[::-1]


def compact(n):
    if n < 0xFD:
        return bytes([n])
    if n <= 0xFFFF:
        return b"\xfd" + struct.pack("<H", n)
    return b"\xfe" + struct.pack("<I", n) if n <= 0xFFFFFFFF else b"\xff" + struct.pack("<Q", n)


def var_bytes(data):
    return compact(len(data)) + data


def push_height(height):
    """BIP 34's push of a height."""
    if height <= 16:
        return bytes([0x50 + height]) if height else b"\x00"
    data = height.to_bytes((height.bit_length() + 8) // 8, "little")
    return bytes([len(data)]) + data


class Tx:
    """inputs: [txid as shown, index, script, sequence]; outputs: [satoshis, script]; witness: one list of items for each input."""

    def __init__(self, inputs=(), outputs=(), witness=None, lock_time=0, version=2):
        self.inputs, self.outputs = [list(i) for i in inputs], [list(o) for o in outputs]
        self.witness, self.lock_time, self.version = witness, lock_time, version

    def bytes(self, with_witness=True):
        marked = with_witness and self.witness is not None and any(self.witness)
        out = struct.pack("<I", self.version) + (b"\x00\x01" if marked else b"") + compact(len(self.inputs))
        for txid, index, script, sequence in self.inputs:
            out += wired(txid) + struct.pack("<I", index) + var_bytes(script) + struct.pack("<I", sequence)
        out += compact(len(self.outputs))
        for sat, script in self.outputs:
            out += struct.pack("<q", sat) + var_bytes(script)
        if marked:
            for items in self.witness:
                out += compact(len(items)) + b"".join(map(var_bytes, items))
        return out + struct.pack("<I", self.lock_time)

    @property
    def hex(self):
        return self.bytes().hex()

    @property
    def txid(self):
        return shown(sha256d(self.bytes(False)))

    @property
    def wtxid32(self):
        return sha256d(self.bytes())


def spend(coins, fee_sat=10_000, outputs=1, sequence=0xFFFFFFFD, script=TRUE_OUTPUT):
    """A transaction that moves coins, [(txid, index, satoshis)] that TRUE unlocks, to so many equal outputs."""
    total = sum(c[2] for c in coins) - fee_sat
    paid = [[total // outputs, script] for _ in range(outputs)]
    paid[0][0] += total - sum(p[0] for p in paid)
    return Tx([[c[0], c[1], b"", sequence] for c in coins], paid, [[TRUE_SCRIPT] for _ in coins])


def merkle_root(leaves):
    while len(leaves) > 1:
        if len(leaves) % 2:
            leaves = leaves + leaves[-1:]
        leaves = [sha256d(a + b) for a, b in zip(leaves[::2], leaves[1::2])]
    return leaves[0]


def coinbase(height, value_sat, bip54=True, extra=b"\x00"):
    """bip54: lock time and sequence as that rule wants them; harmless where it is not in force."""
    return Tx([["00" * 32, FINAL, push_height(height) + extra, FINAL - 1 if bip54 else FINAL]], [[value_sat, TRUE_OUTPUT]],
              lock_time=height - 1 if bip54 else 0)


class Block:
    def __init__(self, previous, time, txs, bits=REGTEST_BITS, version=0x20000000):
        self.previous, self.time, self.txs, self.bits, self.version = previous, time, list(txs), bits, version
        self.nonce, self.root = 0, None

    def commit(self):
        """Write the witness commitment into the coinbase (its last output, made when there is none)."""
        cb = self.txs[0]
        cb.witness = [[b"\x00" * 32]]
        root = merkle_root([b"\x00" * 32] + [t.wtxid32 for t in self.txs[1:]])
        output = [0, COMMITMENT + sha256d(root + b"\x00" * 32)]
        if cb.outputs and cb.outputs[-1][1].startswith(COMMITMENT):
            cb.outputs[-1] = output
        else:
            cb.outputs.append(output)
        return self

    def header(self):
        root = self.root if self.root is not None else merkle_root([wired(t.txid) for t in self.txs])
        return struct.pack("<I", self.version) + wired(self.previous) + root + struct.pack("<III", self.time, self.bits, self.nonce)

    def solve(self, good=True):
        """Find a nonce; with good False, one that does not suffice."""
        target = (self.bits & 0x7FFFFF) << (8 * ((self.bits >> 24) - 3))
        head = self.header()[:76]
        self.nonce = 0
        while (int.from_bytes(sha256d(head + struct.pack("<I", self.nonce)), "little") <= target) != good:
            self.nonce += 1
        return self

    @property
    def hash(self):
        return shown(sha256d(self.header()))

    def bytes(self, with_witness=True):
        return self.header() + compact(len(self.txs)) + b"".join(t.bytes(with_witness) for t in self.txs)

    @property
    def hex(self):
        return self.bytes().hex()


def subsidy_sat(height, halving=150):
    return (50 * COIN) >> (height // halving)


def next_block(node, txs=(), fees_sat=0, extra=b"\x00"):
    """A solved block on the node's tip."""
    tip = node.getblockheader(node.getbestblockhash())
    height = tip["height"] + 1
    block = Block(tip["hash"], max(tip["mediantime"] + 1, tip["time"] + 1), [coinbase(height, subsidy_sat(height) + fees_sat, extra=extra), *txs])
    return (block.commit() if txs else block).solve()


def mine_true(node, blocks):
    """Mine blocks whose coins TRUE unlocks; [(txid, 0, satoshis)] of them, oldest first."""
    coins = []
    for block_hash in node.generatetodescriptor(blocks, TRUE_DESCRIPTOR):
        tx = node.getblock(block_hash, 2)["tx"][0]
        coins.append((tx["txid"], 0, int(tx["vout"][0]["value"] * COIN)))
    return coins
