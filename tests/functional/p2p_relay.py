#!/usr/bin/env python3
"""Blocks and transactions travel along a line of nodes, and over a peer written in Python."""
import struct
import time

from blocks import compact, mine_true, next_block, sha256d, spend
from framework import Lab, equal, main, wait_same_mempool, wait_same_tip, wait_until
from p2p import BLOCK, TX, WITNESS_BLOCK, WITNESS_TX, WTX, Peer, frame, inventory


def test_blocks_and_transactions_in_a_line(lab: Lab):
    a, b, c = lab.line(3)
    coins = mine_true(a, 105)
    wait_same_tip([a, b, c])
    equal(c.getblockcount(), 105)
    equal([len(n.getpeerinfo()) for n in (a, b, c)], [1, 2, 1])
    for i, node in enumerate((a, b, c)):
        node.sendrawtransaction(spend([coins[i]]).hex)
    wait_same_mempool([a, b, c])
    equal(len(b.getrawmempool()), 3)
    begun = time.monotonic()
    mine_true(c, 1)
    wait_same_tip([a, b, c])
    assert time.monotonic() - begun < 5, "a block takes seconds over two hops"
    equal([n.getrawmempool() for n in (a, b, c)], [[], [], []])
    equal(len({n.gettxoutsetinfo()["hash_serialized_3"] for n in (a, b, c)}), 1)


def test_a_late_node_catches_up(lab: Lab):
    a = lab.node()
    mine_true(a, 300)
    b = lab.node()
    b.connect(a)
    wait_same_tip([a, b])
    wait_until("b has left the initial download", lambda: not b.getblockchaininfo()["initialblockdownload"])


def test_orphans_wait_for_parents(lab: Lab):
    a, b = lab.line(2)
    coins = mine_true(a, 101)
    wait_same_tip([a, b])
    parent = spend([coins[0]])
    child = spend([(parent.txid, 0, parent.outputs[0][0])])
    with Peer(b) as peer:
        peer.send("tx", child.bytes())
        peer.sync()
        equal(b.getrawmempool(), [])
        peer.send("tx", parent.bytes())
        wait_until("both are in", lambda: sorted(b.getrawmempool()) == sorted([parent.txid, child.txid]))
    wait_same_mempool([a, b])


def test_all_who_have_an_orphan_are_asked_for_its_parents_P07(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    parent = spend([coins[0]])
    child = spend([(parent.txid, 0, parent.outputs[0][0])])
    child_id = sha256d(child.bytes())[::-1].hex()
    with Peer(node, by_wtxid=True) as first, Peer(node, by_wtxid=True) as second, Peer(node, by_wtxid=True) as third:
        second.send("inv", inventory((WTX, child_id)))  # before the node knows that it is an orphan
        second.wait("getdata")
        first.send("inv", inventory((WTX, child_id)))
        first.sync()
        second.send("tx", child.bytes())
        second.wait("getdata", lambda p: p[5:37][::-1].hex() == parent.txid)
        third.send("inv", inventory((WTX, child_id)))  # after
        third.sync()
        equal(len(node.getorphantxs(2)[0]["from"]), 3)
        second.close()
        wait_until("the second is gone", lambda: len(node.getpeerinfo()) == 2)
        heir, other = (first, third) if asked(first, parent.txid) else (third, first)
        heir.send("notfound", inventory((WITNESS_TX, parent.txid)))
        other.wait("getdata", lambda p: p[5:37][::-1].hex() == parent.txid)
        other.send("tx", parent.bytes())
        other.sync()  # a pong says that the orphans have been looked at too
        equal(sorted(node.getrawmempool()), sorted([parent.txid, child.txid]))
        equal(node.getorphantxs(), [])


def test_a_pong_behind_a_transaction_does_not_wait_for_a_timer(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    parent = spend([coins[0]])
    orphan = spend([(parent.txid, 0, parent.outputs[0][0])])
    with Peer(node) as peer:
        begun = time.monotonic()
        for i in range(10):
            ping = struct.pack("<Q", i)
            peer.send_raw(frame(peer.magic, "tx", orphan.bytes()) + frame(peer.magic, "ping", ping))
            peer.wait("pong", lambda payload, ping=ping: payload == ping)
        took = time.monotonic() - begun
        assert took < 3, f"ten pongs took {took:.1f} s"
        equal(len(node.getorphantxs()), 1)


def asked(peer, txid):
    """Has the node asked the peer for this transaction?"""
    peer.send("ping", bytes(8))
    while True:
        name, payload = peer.read()
        if name == "getdata" and payload[5:37][::-1].hex() == txid:
            return True
        if name == "pong" and payload == bytes(8):
            return False


def test_a_trusted_peer_is_told_at_once(lab: Lab):
    node = lab.node("-relayatonce=0", "-whitelist=noban@127.0.0.1")
    coins = mine_true(node, 101)
    node.setmocktime(node.getblockheader(node.getbestblockhash())["time"])  # time stands still: delays do not end
    with Peer(node) as peer:
        peer.sync()
        tx = spend([coins[0]])
        node.sendrawtransaction(tx.hex)
        equal(peer.wait("inv")[5:37][::-1].hex(), tx.txid)
        peer.send("inv", inventory((TX, "55" * 32)))
        equal(peer.wait("getdata")[5:37][::-1].hex(), "55" * 32)


def test_others_wait_where_delays_are_wanted_P40(lab: Lab):
    node = lab.node("-relayatonce=0")
    mine_true(node, 1)
    now = node.getblockheader(node.getbestblockhash())["time"]
    node.setmocktime(now)
    with Peer(node) as peer:
        peer.send("inv", inventory((TX, "55" * 32), (TX, "55" * 32)))
        peer.sync()
        assert not asked(peer, "55" * 32), "an inbound peer is asked at once"
        node.setmocktime(now + 2)
        equal(peer.wait("getdata")[5:37][::-1].hex(), "55" * 32)


def test_python_peer_gets_and_gives_blocks(lab: Lab):
    node = lab.node()
    mine_true(node, 3)
    genesis = node.getblockhash(0)
    with Peer(node) as peer:
        peer.send("getheaders", struct.pack("<I", 70016) + compact(1) + bytes.fromhex(genesis)[::-1] + b"\x00" * 32)
        headers = peer.wait("headers", lambda p: p[0] == 3)
        equal(len(headers), 1 + 3 * 81)
        equal(headers[1:81].hex(), node.getblockheader(node.getblockhash(1), False))
        peer.send("getdata", inventory((WITNESS_BLOCK, node.getblockhash(2))))
        equal(peer.wait("block").hex(), node.getblock(node.getblockhash(2), 0))
        peer.send("getdata", inventory((BLOCK, "77" * 32)))
        peer.sync()
        block = next_block(node)
        peer.send("headers", compact(1) + block.header() + b"\x00")
        wanted = peer.wait("getdata")
        equal(wanted[5:37][::-1].hex(), block.hash)
        peer.send("block", block.bytes())
        wait_until("the block is the tip", lambda: node.getbestblockhash() == block.hash)


def test_python_peer_is_told_and_served_transactions(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    tx = spend([coins[0]])
    with Peer(node) as peer:
        node.sendrawtransaction(tx.hex)
        told = peer.wait("inv", lambda p: p[1:5] == struct.pack("<I", TX) or p[1:5] == struct.pack("<I", WTX))
        equal(told[5:37][::-1].hex(), tx.txid)
        peer.send("getdata", inventory((TX | 1 << 30, tx.txid)))
        equal(peer.wait("tx").hex(), tx.hex)


def test_a_transaction_of_the_last_block_is_served_still(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    tx = spend([coins[0]])
    with Peer(node, by_wtxid=True) as peer:
        node.sendrawtransaction(tx.hex)
        peer.wait("inv", lambda p: p[1:5] == struct.pack("<I", WTX))
        mine_true(node, 1)
        equal(node.getrawmempool(), [])
        wtxid = sha256d(tx.bytes())[::-1].hex()
        peer.send("getdata", inventory((WTX, wtxid)))
        equal(peer.wait("tx").hex(), tx.hex)
        peer.send("getdata", inventory((TX, tx.txid)))
        equal(peer.wait("tx").hex(), tx.bytes(with_witness=False).hex())
        mine_true(node, 1)
        peer.send("getdata", inventory((WTX, wtxid)))
        equal(peer.wait("notfound").hex(), inventory((WTX, wtxid)).hex())


def test_unrequested_and_invalid_blocks(lab: Lab):
    node = lab.node()
    mine_true(node, 2)
    good = next_block(node)
    bad = next_block(node, extra=b"\x05")
    bad.txs[0].outputs[0][0] += 1
    bad.solve()
    with Peer(node) as peer:
        peer.send("block", bad.bytes())
        assert peer.closed() is not None, "a peer that sends an invalid block is kept"
    equal(node.getblockcount(), 2)
    with Peer(node) as peer:
        peer.send("block", good.bytes())
        wait_until("the block is the tip", lambda: node.getbestblockhash() == good.hash)


main()
