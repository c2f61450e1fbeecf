#!/usr/bin/env python3
"""Compact blocks between a node and peers in Python: what is told, what is asked for, and what those get who abuse them."""
import struct
import time

from blocks import mine_true, next_block, sha256d, shown, spend, wired
from compact import CMPCT_BLOCK, announcement, asked, fast_peer, request, short_id, transactions
from framework import Lab, equal, main, wait_until
from p2p import BLOCK, WITNESS_BLOCK, Peer, inventory


def started(lab, *options):
    """A node with coins that anybody can spend."""
    node = lab.node(*options)
    coins = mine_true(node, 8)
    node.generatetodescriptor(100, "raw(51)")
    return node, coins


def block_of(node, coins, fee_sat=10_000):
    """A block on the tip with a transaction for each coin; the node knows none of them."""
    return next_block(node, [spend([c], fee_sat=fee_sat) for c in coins], fees_sat=fee_sat * len(coins))


def at_tip(node, block):
    wait_until(f"{block.hash} is the tip", lambda: node.getbestblockhash() == block.hash)


def test_a_block_is_told_by_short_ids(lab: Lab):
    node, coins = started(lab)
    known = spend(coins[:1])
    node.sendrawtransaction(known.hex)
    with Peer(node) as peer:
        peer.send("sendcmpct", struct.pack("<?Q", True, 2))
        peer.send("getheaders", struct.pack("<I", 70016) + b"\x01" + wired(node.getbestblockhash()) + b"\x00" * 32)
        peer.sync()
        block_hash = node.generatetodescriptor(1, "raw(51)")[0]
        payload = peer.wait("cmpctblock")
        header, nonce = payload[:80], struct.unpack("<Q", payload[80:88])[0]
        equal(shown(sha256d(header)), block_hash)
        equal(payload[88], 1)
        equal(payload[89:95], short_id(header, nonce, known.wtxid32))
        equal(payload[95:97], b"\x01\x00")
        equal(payload[97:].hex(), node.getblock(block_hash, 2)["tx"][0]["hex"])
        equal([p["bip152_hb_from"] for p in node.getpeerinfo()], [True])


def test_told_before_it_is_connected(lab: Lab):
    """BIP 152: work and merkle root suffice for those who asked for speed; to others it is never told."""
    node, coins = started(lab)
    with fast_peer(node, next_block(node)) as fast, Peer(node) as slow:
        slow.send("sendheaders")
        slow.send("getheaders", struct.pack("<I", 70016) + b"\x01" + wired(node.getbestblockhash()) + b"\x00" * 32)
        slow.sync()
        bad = spend(coins[:1])
        bad.witness = [[b"\x00"]]  # not the script that the coin names
        block = next_block(node, [bad], fees_sat=10_000)
        assert node.submitblock(block.hex)
        equal(shown(sha256d(fast.wait("cmpctblock")[:80])), block.hash)
        slow.send("ping", b"\x07" * 8)
        seen = []
        while True:
            message = slow.read()
            if message == ("pong", b"\x07" * 8):
                break
            seen.append(message[0])
        assert "headers" not in seen and "inv" not in seen and "cmpctblock" not in seen, seen


def test_from_the_pool_without_a_question(lab: Lab):
    node, coins = started(lab)
    with fast_peer(node, next_block(node)) as peer:
        block = block_of(node, coins)
        for tx in block.txs[1:]:
            node.sendrawtransaction(tx.hex)
        peer.send("cmpctblock", announcement(block))
        peer.sync()
        at_tip(node, block)
        equal([p["bip152_hb_to"] for p in node.getpeerinfo()], [True])


def test_wrong_answer_twice_P12(lab: Lab):
    """A wrong blocktxn costs a whole block and no blame; a second one, unasked, the connection. Nothing else falls."""
    node, coins = started(lab)
    block = block_of(node, coins[:3])
    for _ in range(100):
        with Peer(node) as peer:
            peer.send("sendcmpct", struct.pack("<?Q", False, 2))
            peer.send("headers", b"\x01" + block.header() + b"\x00")
            peer.wait("getdata", lambda p: p == inventory((CMPCT_BLOCK, block.hash)))
            peer.send("cmpctblock", announcement(block))
            equal(asked(peer.wait("getblocktxn")), [1, 2, 3])
            wrong = transactions(block.hash, [block.txs[2], block.txs[1], block.txs[3]])
            peer.send("blocktxn", wrong)
            peer.wait("getdata", lambda p: p == inventory((WITNESS_BLOCK, block.hash)))
            peer.send("blocktxn", wrong)
            assert peer.closed() is not None
    with Peer(node) as honest:
        honest.send("block", block.bytes())
        honest.sync()
    at_tip(node, block)


def test_no_such_block_P13(lab: Lab):
    node, coins = started(lab)
    block = block_of(node, coins[:2])
    head = block.header() + struct.pack("<Q", 7)
    coinbase = block.txs[0].bytes()
    two_ids = b"\x02" + b"\x01" * 6 + b"\x02" * 6
    for payload in (head + b"\x00\x00",                                             # nothing at all
                    head + b"\x00\x01\x01" + coinbase,                              # a gap before the first
                    head + two_ids + b"\x02\x00" + coinbase + b"\xfd\xff\xff" + coinbase):  # the indexes run over
        with fast_peer(node, next_block(node, extra=payload[-1:])) as peer:
            fresh = block_of(node, coins[:2])
            peer.send("cmpctblock", fresh.header() + payload[80:])
            assert peer.closed() is not None, payload[80:].hex()
    with fast_peer(node, next_block(node)) as peer:
        fresh = block_of(node, coins[:2])
        twice = fresh.header() + struct.pack("<Q", 7) + b"\x02" + b"\x05" * 12 + b"\x01\x00" + fresh.txs[0].bytes()
        peer.send("cmpctblock", twice)  # a collision may be chance: the whole block is asked for
        peer.wait("getdata", lambda p: p == inventory((WITNESS_BLOCK, fresh.hash)))
        peer.send("block", fresh.bytes())
        peer.sync()
        at_tip(node, fresh)


def test_a_mutated_block_leaves_others_alone_P14(lab: Lab):
    node, coins = started(lab)
    with fast_peer(node, next_block(node)) as a, Peer(node) as b:
        block = block_of(node, coins)
        a.send("cmpctblock", announcement(block))
        equal(asked(a.wait("getblocktxn")), list(range(1, 9)))
        mutated = block.header() + b"\x01" + block.txs[0].bytes()
        b.send("block", mutated)
        assert b.closed() is not None, "the sender of a mutated block is kept"
        a.send("blocktxn", transactions(block.hash, block.txs[1:]))
        a.sync()
        at_tip(node, block)


def test_who_withholds_is_overtaken_P15(lab: Lab):
    node, coins = started(lab)
    first = next_block(node)
    with fast_peer(node, first) as silent, Peer(node) as honest:
        block = block_of(node, coins)
        silent.send("cmpctblock", announcement(block))
        silent.wait("getblocktxn")
        begun = time.monotonic()
        honest.send("headers", b"\x01" + block.header() + b"\x00")
        honest.wait("getdata", lambda p: wired(block.hash) in p)
        honest.send("block", block.bytes())
        at_tip(node, block)
        assert time.monotonic() - begun < 5


def test_three_at_a_time(lab: Lab):
    """Of four fast peers that all announce, at most three are asked; each may complete it."""
    node, coins = started(lab)
    peers = [fast_peer(node, next_block(node)) for _ in range(3)]
    extra = Peer(node)
    try:
        extra.send("sendcmpct", struct.pack("<?Q", False, 2))
        extra.sync()
        block = block_of(node, coins)
        extra.send("headers", b"\x01" + block.header() + b"\x00")
        extra.wait("getdata", lambda p: p == inventory((CMPCT_BLOCK, block.hash)))
        for peer in peers[:2]:
            peer.send("cmpctblock", announcement(block))
        peers[0].wait("getblocktxn")
        peers[1].send("ping", b"\x01" * 8)
        names = []
        while "pong" not in names:
            names.append(peers[1].read()[0])
        assert "getblocktxn" not in names, "the last place is for a peer that the node chose"
        peers[0].send("blocktxn", transactions(block.hash, block.txs[1:]))
        at_tip(node, block)
    finally:
        for peer in [*peers, extra]:
            peer.close()


def test_single_transactions_P41(lab: Lab):
    """Of the last ten blocks; deeper ones are sent whole, indexes beyond the block end the connection."""
    node, _ = started(lab)
    tip, height = node.getbestblockhash(), node.getblockcount()
    with Peer(node) as peer:
        deep, deeper = node.getblockhash(height - 10), node.getblockhash(height - 11)
        peer.send("getblocktxn", request(deep, [0]))
        equal(peer.wait("blocktxn")[:33], wired(deep) + b"\x01")
        peer.send("getblocktxn", request(deeper, [0]))
        equal(shown(sha256d(peer.wait("block")[:80])), deeper)
        begun = time.monotonic()
        for i in range(1000):
            peer.send("getblocktxn", request((tip, deep)[i % 2], [0]))
        peer.sync()
        assert time.monotonic() - begun < 10
        peer.send("getblocktxn", wired(tip) + b"\x01\xfe\x00\x00\x01\x00")  # no index: no message
        peer.sync()
        peer.send("getblocktxn", request("11" * 32, [0]))
        peer.sync()
    for payload in (request(tip, [1]), request(tip, [65535]), wired(tip) + b"\x00"):
        with Peer(node) as peer:
            peer.send("getblocktxn", payload)
            assert peer.closed() is not None, payload.hex()


def test_five_blocks_deep_by_short_ids(lab: Lab):
    node, _ = started(lab)
    height = node.getblockcount()
    with Peer(node) as peer:
        for depth in range(8):
            block_hash = node.getblockhash(height - depth)
            peer.send("getdata", inventory((CMPCT_BLOCK, block_hash)))
            name = "cmpctblock" if depth <= 5 else "block"
            equal(shown(sha256d(peer.wait(name)[:80])), block_hash)


def test_forms_of_other_versions(lab: Lab):
    """Version 1 has no witnesses: as if it had not been said. A flag that is no flag ends the connection."""
    node, _ = started(lab)
    with Peer(node) as peer:
        equal(struct.unpack("<?Q", peer.wait("sendcmpct")), (False, 2))
        for version in (0, 1, 3, 1 << 40):
            peer.send("sendcmpct", struct.pack("<?Q", True, version))
        peer.send("getheaders", struct.pack("<I", 70016) + b"\x01" + wired(node.getbestblockhash()) + b"\x00" * 32)
        peer.sync()
        block_hash = node.generatetodescriptor(1, "raw(51)")[0]
        equal(peer.wait("inv", lambda p: p[1:5] == struct.pack("<I", BLOCK)), inventory((BLOCK, block_hash)))
        equal([p["bip152_hb_from"] for p in node.getpeerinfo()], [False])
        peer.send("sendcmpct", struct.pack("<BQ", 2, 2))
        assert peer.closed() is not None


main()
