#!/usr/bin/env python3
"""Signets (BIP 325) beside Bitcoin Core: each follows the other where anybody may sign and where one key must, and both
refuse what is not signed."""
import hashlib
import json
import os
import struct
import sys
import time

from sides import ROOT, Lab, Skip, equal, main, wait_same_tip

sys.path.insert(0, str(ROOT / "tests" / "vectors"))
from blocks import COIN, COMMITMENT, Block, Tx, coinbase, compact, sha256d, var_bytes  # noqa: E402
from generator.curve import Key  # noqa: E402

BITS = 0x1E0377AE
MARK = b"\xec\xc7\xda\xa2"
KEY = Key(0x5ECE7)


def both(lab, challenge):
    program = os.environ.get("BITCOIND")
    if not program:
        raise Skip("$BITCOIND names no bitcoind to compare with")
    other = lab.node("-v2transport=0", name="theirs", program=program, chain=["-signet", f"-signetchallenge={challenge}", "-dnsseed=0"],
                     chain_dir="signet")
    chain = json.loads((ROOT / "chains" / "bitcoin-signet.json").read_text())
    chain["net"].update(magic=None, dns_seeds=[])
    chain["signet_challenge"] = challenge
    chain["sync"].update(minimum_chain_work="00", assume_valid="00", assumeutxo=[])
    file = lab.folder / "signet.json"
    file.write_text(json.dumps(chain))
    node = lab.node(name="ours", chain=[f"-chainfile={file}"], chain_dir="signet")
    node.connect(other)
    return node, other


def next_block(node, txs=()):
    """A block on the node's tip with a witness commitment, neither signed nor solved."""
    tip = node.getblockheader(node.getbestblockhash())
    now_s = max(int(time.time()), tip["time"] + 1)  # an old block would not be announced
    block = Block(tip["hash"], now_s, [coinbase(tip["height"] + 1, 50 * COIN, bip54=False), *txs], bits=BITS)
    return block.commit()


def sign(block, key):
    """Put a solution behind the witness commitment: what BIP 325 says is signed, by the key, in a script of one push."""
    output = block.txs[0].outputs[-1]
    assert output[1].startswith(COMMITMENT)
    plain = output[1] + var_bytes(MARK)
    output[1] = plain
    header = block.header()
    data = header[:68] + header[68:72]  # version, parent, root without the solution, time
    challenge = var_bytes(key.compressed) + b"\xac"
    made = Tx([["00" * 32, 0xFFFFFFFF, b"\x00" + var_bytes(data), 0]], [[0, challenge]], version=0)
    spent = Tx([[made.txid, 0, challenge, 0]], [[0, b"\x6a"]], version=0)
    digest = sha256d(spent.bytes() + struct.pack("<I", 1))
    solution = var_bytes(var_bytes(key.sign(digest) + b"\x01")) + compact(0)
    output[1] = plain[:-len(var_bytes(MARK))] + b"\x4c" + var_bytes(MARK + solution)  # over 75 bytes: PUSHDATA1
    return block


def solve(block):
    """As Block.solve(), quicker: some four million hashes are needed."""
    target = ((BITS & 0x7FFFFF) << (8 * ((BITS >> 24) - 3))).to_bytes(32, "big")
    head = block.header()[:76]
    begun, sha256 = hashlib.sha256(head[:64]), hashlib.sha256
    for nonce in range(1 << 32):
        first = begun.copy()
        first.update(head[64:] + nonce.to_bytes(4, "little"))
        hash32 = sha256(first.digest()).digest()
        if hash32[31] == 0 and hash32[::-1] <= target:
            block.nonce = nonce
            return block
    raise AssertionError("no nonce is good")


def test_anybody_signs(lab: Lab):
    node, other = both(lab, "51")
    equal(node.getblockchaininfo()["signet_challenge"], other.getblockchaininfo()["signet_challenge"])
    equal(len(other.generatetodescriptor(1, "raw(51)", 1 << 30)), 1)
    wait_same_tip([node, other])
    equal(node.submitblock(solve(next_block(node)).hex), None)
    wait_same_tip([node, other])
    equal(other.getblockcount(), 2)
    equal(node.gettxoutsetinfo()["hash_serialized_3"], other.gettxoutsetinfo()["hash_serialized_3"])


def test_one_key_signs(lab: Lab):
    node, other = both(lab, (var_bytes(KEY.compressed) + b"\xac").hex())
    equal(node.submitblock(solve(sign(next_block(other), KEY)).hex), None)
    wait_same_tip([node, other])
    equal(other.submitblock(solve(sign(next_block(node), KEY)).hex), None)
    wait_same_tip([node, other])
    equal(other.getblockcount(), 2)
    for block in (next_block(node), sign(next_block(node), Key(0xBAD))):
        raw = solve(block).hex
        equal((node.submitblock(raw), other.submitblock(raw)), ("bad-signet-blksig", "bad-signet-blksig"))


main()
