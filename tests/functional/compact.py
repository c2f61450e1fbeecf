"""Compact blocks (BIP 152) as a peer in Python makes and reads them. Standard library alone."""
import hashlib
import struct

from blocks import compact, wired
from p2p import Peer

CMPCT_BLOCK = 4
MASK = (1 << 64) - 1


def siphash(k0, k1, data):
    """SipHash-2-4 of bytes whose number divides by 8."""
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def turn(x, n):
        return (x << n | x >> (64 - n)) & MASK

    def rounds(count):
        for _ in range(count):
            v[0], v[2] = (v[0] + v[1]) & MASK, (v[2] + v[3]) & MASK
            v[1], v[3] = turn(v[1], 13) ^ v[0], turn(v[3], 16) ^ v[2]
            v[0] = turn(v[0], 32)
            v[2], v[0] = (v[2] + v[1]) & MASK, (v[0] + v[3]) & MASK
            v[1], v[3] = turn(v[1], 17) ^ v[2], turn(v[3], 21) ^ v[0]
            v[2] = turn(v[2], 32)

    for word in [*struct.unpack(f"<{len(data) // 8}Q", data), (len(data) & 255) << 56]:
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def short_id(header, nonce, wtxid32):
    k0, k1 = struct.unpack("<QQ", hashlib.sha256(header + struct.pack("<Q", nonce)).digest()[:16])
    return struct.pack("<Q", siphash(k0, k1, wtxid32))[:6]


def announcement(block, prefilled=(0,), nonce=7):
    """The cmpctblock payload of a block, with these of its transactions in full."""
    header = block.header()
    ids = [short_id(header, nonce, t.wtxid32) for i, t in enumerate(block.txs) if i not in prefilled]
    out = header + struct.pack("<Q", nonce) + compact(len(ids)) + b"".join(ids) + compact(len(prefilled))
    last = -1
    for i in prefilled:
        out += compact(i - last - 1) + block.txs[i].bytes()
        last = i
    return out


def transactions(block_hash, txs):
    """A blocktxn payload."""
    return wired(block_hash) + compact(len(txs)) + b"".join(t.bytes() for t in txs)


def request(block_hash, indexes):
    """A getblocktxn payload."""
    last, out = -1, wired(block_hash) + compact(len(indexes))
    for i in indexes:
        out += compact(i - last - 1)
        last = i
    return out


def asked(payload):
    """The indexes of a getblocktxn (fewer than 253 of them, each below 253)."""
    out, at = [], -1
    for step in payload[33:33 + payload[32]]:
        at += step + 1
        out.append(at)
    return out


def fast_peer(node, block, **how):
    """A peer that the node asks for high bandwidth, because this block came from it."""
    peer = Peer(node, **how)
    peer.send("sendcmpct", struct.pack("<?Q", True, 2))
    peer.send("block", block.bytes())
    peer.wait("sendcmpct", lambda payload: payload[0] == 1)
    return peer
