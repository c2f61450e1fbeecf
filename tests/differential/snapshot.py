#!/usr/bin/env python3
"""The set of coins as a file: ycoind's and Bitcoin Core's, over one chain, are the same to the byte."""
import hashlib

from sides import Lab, both, equal, main, wait_same_tip

from blocks import COIN, mine_true, next_block, spend

POINT = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                      "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
HASH20, HASH32 = bytes(range(20)), bytes(range(32))
SCRIPTS = (b"\x76\xa9\x14" + HASH20 + b"\x88\xac", b"\xa9\x14" + HASH20 + b"\x87", b"\x00\x14" + HASH20, b"\x00\x20" + HASH32, b"\x51\x20" + HASH32,
           b"\x21\x02" + HASH32 + b"\xac", b"\x21\x03" + HASH32 + b"\xac", b"\x41\x04" + POINT + b"\xac", b"\x41\x04" + POINT[:63] + b"\x00\xac",
           b"\x41\x04" + HASH32 + HASH32 + b"\xac", b"\x41\x06" + POINT + b"\xac", b"", b"\x51" * 200, b"\x51" * 9000, b"\x6a\x01\x01")
AMOUNTS = (0, 1, 9, 10, 99, 100, 12345, 10**6, COIN, 50 * COIN // 40, 123456789, 999999999)


def grow(node):
    coins = mine_true(node, 110)
    for i in range(4):
        tx = spend([coins[i]], outputs=60)
        odd = [[amount, script] for script in SCRIPTS for amount in AMOUNTS if amount < COIN][:180 - 40 * i]
        tx.outputs[0][0] -= sum(o[0] for o in odd)
        tx.outputs += odd
        again = spend([(tx.txid, 1, tx.outputs[1][0])])
        equal(node.submitblock(next_block(node, [tx, again], fees_sat=20_000).hex), None)
    mine_true(node, 10)


def dumped(node, name, *arguments):
    out = node.dumptxoutset(name, *arguments)
    data = (node.chain_folder / name).read_bytes()
    return {k: v for k, v in out.items() if k != "path"}, hashlib.sha256(data).hexdigest()


def test_now_and_before(lab: Lab):
    node, other = both(lab)
    grow(other)
    wait_same_tip([node, other])
    equal(dumped(node, "latest.dat", "latest"), dumped(other, "latest.dat", "latest"))
    height = node.getblockcount()
    for back in (1, 9, 10, 11, 12, 13, 14, 60):
        arguments = (f"{back}.dat", "rollback", {"rollback": height - back})
        equal(dumped(node, *arguments), dumped(other, *arguments))


if __name__ == "__main__":
    main()
