#!/usr/bin/env python3
"""Attacks of single peers on a real node, each named by its row of the catalogue of attacks that Bitcoin's software has seen."""
import os
import pathlib
import struct
import threading
import time

from blocks import COIN, Tx, TRUE_SCRIPT, compact, mine_true, next_block, sha256d, shown, spend
from framework import Lab, RpcError, Skip, equal, main, wait_until
from p2p import BLOCK, TX, WITNESS_BLOCK, WTX, Peer, inventory, version_payload

WITNESS_TX = TX | 1 << 30


def started(lab, coins, *options):
    """A node with so many ripe coins that anybody can spend."""
    node = lab.node(*options)
    made = mine_true(node, coins)
    node.generatetodescriptor(100, "raw(51)")
    return node, made


def cpu_s(node):
    path = pathlib.Path(f"/proc/{node.pid}/stat")
    if not path.exists():
        raise Skip("there is no /proc here to read a process's time from")
    fields = path.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def slowest_answer_s(node, until):
    """The slowest of the answers to RPC calls that are made until until() is true, and at least ten of them."""
    slowest, asked = 0.0, 0
    while asked < 10 or not until():
        begun = time.monotonic()
        node.getblockcount()
        slowest = max(slowest, time.monotonic() - begun)
        asked += 1
        time.sleep(0.01)
    return slowest


def test_a_getdata_that_makes_no_progress_costs_nothing_P04(lab: Lab):
    """50,000 things nobody has, and then silence: what was asked is answered as far as it is taken, and no CPU is burnt."""
    node, _ = started(lab, 1)
    with Peer(node) as peer:
        peer.send("getdata", inventory(*[(WITNESS_TX, f"{i:064x}") for i in range(1, 50_001)]))
        peer.send("getdata", b"\xfd\xff\xff" + b"\x01" * 40)  # and one that is cut off
        time.sleep(1)
        begun = cpu_s(node)
        time.sleep(2)
        used = cpu_s(node) - begun
        assert used < 0.4, f"{used:.2f} s of processor in 2 s for a peer that reads nothing"
        with Peer(node) as honest:
            honest.sync()


def test_costly_orphans_do_not_stall_the_node_P06(lab: Lab):
    """100 orphans of one parent, each with 120 inputs of which the last one fails: while they are looked at RPC answers."""
    node, coins = started(lab, 1)
    parent = spend(coins, outputs=2000, fee_sat=200_000)
    txid = parent.txid
    outputs = [(txid, i, o[0]) for i, o in enumerate(parent.outputs)]
    orphans = []
    for i in range(100):
        tx = spend([outputs[(i * 19 + k) % 2000] for k in range(120)], fee_sat=20_000 + i)
        tx.witness[-1] = [b"\x00"]  # not the script that the coin names
        orphans.append(tx)
    peers = [Peer(node) for _ in range(10)]
    for i, tx in enumerate(orphans):
        peers[i % 10].send("tx", tx.bytes())
    for peer in peers:
        peer.sync()
    equal(len(node.getorphantxs()), 100)
    peers[0].send("tx", parent.bytes())
    slowest = slowest_answer_s(node, lambda: node.getorphantxs() == [])
    assert slowest < 1, f"an answer took {slowest:.2f} s"
    equal(node.getrawmempool(), [txid])
    for peer in peers:
        peer.sync()  # nobody was disconnected for it
        peer.close()


def test_transactions_too_large_read_no_coins_P47(lab: Lab):
    """24,000 inputs that would each be looked up on the disk: refused by size first, while RPC answers."""
    node, _ = started(lab, 1)
    inputs = b"".join(struct.pack("<QQQQIBI", k, 1, 2, 3, 0, 0, 0xFFFFFFFD) for k in range(24_000))
    whole = struct.pack("<I", 2) + compact(24_000) + inputs + b"\x01" + struct.pack("<q", 1000) + b"\x16" + b"\x51" * 22
    txs = [whole + struct.pack("<I", lock) for lock in range(25)]
    with Peer(node) as peer:
        sender = threading.Thread(target=lambda: [peer.send("tx", tx) for tx in txs])
        sender.start()
        slowest = slowest_answer_s(node, lambda: not sender.is_alive())
        sender.join()
        peer.sync()
    assert slowest < 1, f"an answer took {slowest:.2f} s"
    equal([node.getrawmempool(), node.getorphantxs()], [[], []])
    equal(node.testmempoolaccept([txs[0].hex()])[0]["reject-reason"], "tx-size")  # not that inputs are missing


def test_poisoned_copies_do_not_shut_out_the_true_one_P32(lab: Lab):
    """The witness taken away, or made bad, by whoever was first: the true one is taken from the next peer all the same."""
    node, coins = started(lab, 2)
    stripped, spoiled = spend(coins[:1]), spend(coins[1:])
    good = spoiled.bytes()
    spoiled.witness = [[b"\x52"]]
    with Peer(node) as liar, Peer(node) as honest:
        liar.send("tx", stripped.bytes(with_witness=False))
        liar.send("tx", spoiled.bytes())
        liar.sync()
        equal(node.getrawmempool(), [])
        spoiled.witness = [[TRUE_SCRIPT]]
        equal(spoiled.bytes(), good)
        for tx in (stripped, spoiled):  # by its txid, as an old peer says it, and by its wtxid
            honest.send("inv", inventory((TX, tx.txid)))
            honest.wait("getdata", lambda p, tx=tx: bytes.fromhex(tx.txid)[::-1] in p)
            honest.send("tx", tx.bytes())
        honest.sync()
        wait_until("both are in", lambda: sorted(node.getrawmempool()) == sorted([stripped.txid, spoiled.txid]))
        liar.sync()  # not punished either: it may not have known better


def test_nobody_is_punished_for_a_transaction_P39(lab: Lab):
    """What is invalid to us may be valid to those who know newer rules: were they cut off, the network would split."""
    node, coins = started(lab, 1)
    too_much = spend(coins, fee_sat=-COIN)
    no_such_script = spend(coins)
    no_such_script.witness = [[b"\x00"]]
    twice = spend(coins + coins)
    with Peer(node) as peer:
        for tx in (too_much, no_such_script, twice, Tx([], [[1, b"\x51"]])):
            peer.send("tx", tx.bytes())
        peer.sync()
        equal(node.getrawmempool(), [])
        equal(len(node.getpeerinfo()), 1)
        good = spend(coins)
        peer.send("tx", good.bytes())
        wait_until("the good one is in", lambda: node.getrawmempool() == [good.txid])


def test_old_forks_do_not_tell_nodes_apart_P34(lab: Lab):
    """A block that lost is served for a month: who asked for an older one could tell a node by what it has seen."""
    node, _ = started(lab, 1)
    now = int(time.time())
    node.setmocktime(now)
    lost = next_block(node, extra=b"\x02")
    node.generatetodescriptor(1, "raw(51)")
    equal(node.submitblock(lost.hex), "inconclusive")
    for days, served in ((29, True), (32, False)):
        node.setmocktime(now + days * 86400)
        node.generatetodescriptor(1, "raw(51)")
        with Peer(node) as peer:
            peer.send("getdata", inventory((WITNESS_BLOCK, lost.hash)))
            peer.send("getdata", inventory((BLOCK, node.getblockhash(1))))  # of the chain: at any age
            answers = [peer.wait("block") for _ in range(1 + served)]
            equal(lost.hash in [shown(sha256d(a[:80])) for a in answers], served)
            peer.sync()


def test_a_peer_that_answers_pings_keeps_its_slot_P25(lab: Lab):
    """21 inbound peers may relay transactions. Of those that are not protected for another reason the youngest goes first, and
    that would be the one that alone answers pings. (Peers that are equal in everything are kept from both ends of the list:
    one that leaves brings the honest one away from its end.)"""
    node = lab.node("-maxconnections=53")
    silent = [Peer(node) for _ in range(20)]
    honest = Peer(node)
    honest.sync()
    wait_until("its ping is answered", lambda: any("minping" in p for p in node.getpeerinfo()))
    silent.pop(3).close()
    wait_until("one has gone", lambda: len(node.getpeerinfo()) == 20)
    silent += [Peer(node) for _ in range(5)]
    wait_until("four have gone", lambda: len(node.getpeerinfo()) == 21)
    equal(sum("minping" in p for p in node.getpeerinfo()), 1)
    honest.sync()
    for peer in [honest, *silent]:
        peer.close()


def test_clocks_at_the_ends_of_time_P08(lab: Lab):
    """Two hundred peers whose clocks are as wrong as 64 bits allow: our time is our own, and blocks are judged by it as before."""
    node, _ = started(lab, 1, "-maxconnections=230", "-inboundrelaypercent=100")
    times = (-(1 << 63), (1 << 63) - 1, -1, 0, 1 << 40)
    peers = [Peer(node, handshake=False) for _ in range(200)]
    for i, peer in enumerate(peers):
        payload = version_payload(nonce=i + 1)
        peer.send("version", payload[:12] + struct.pack("<q", times[i % len(times)]) + payload[20:])
        peer.wait("version")
        peer.send("verack")
        peer.sync()
    equal(len(node.getpeerinfo()), 200)
    equal(node.getnetworkinfo()["timeoffset"], 0)
    equal(node.getblockchaininfo()["warnings"], node.getnetworkinfo()["warnings"])
    early, block = next_block(node, extra=b"\x01"), next_block(node)
    early.time = int(time.time()) + 7200 + 60
    peers[0].send("block", early.solve().bytes())
    peers[0].sync()
    assert node.getbestblockhash() != early.hash, "a block from the future is the tip"
    peers[1].send("block", block.bytes())
    wait_until("a block of today is", lambda: node.getbestblockhash() == block.hash)
    for peer in peers:
        peer.close()


def test_costly_transactions_do_not_hold_up_a_block_P17(lab: Lab):
    """A thousand transactions with 8,000 signature operations each, which nobody relays: refused before a script is run, and a block
    in the middle of them is the tip at once."""
    node, coins = started(lab, 1)
    whole = spend(coins[:1], outputs=2, script=b"\xac" * 4_000).bytes()
    with Peer(node) as liar, Peer(node) as honest:
        def flood():
            for i in range(1000):
                liar.send("tx", whole[:-4] + struct.pack("<I", i))  # another lock time, so another transaction
        sender = threading.Thread(target=flood)
        begun = cpu_s(node)
        sender.start()
        block = next_block(node)
        sent = time.monotonic()
        honest.send("block", block.bytes())
        wait_until("the block is the tip", lambda: node.getbestblockhash() == block.hash)
        took = time.monotonic() - sent
        sender.join()
        liar.sync()
        assert took < 1, f"the block took {took:.2f} s"
        used = cpu_s(node) - begun
        assert used < 5, f"{used:.2f} s of processor for a thousand of them"
        equal(node.getrawmempool(), [])


def test_alerts_are_nothing_P22(lab: Lab):
    """There is no key whose holder can speak through other people's nodes: an alert is an unknown message."""
    node, _ = started(lab, 1)
    before = node.getnetworkinfo()["warnings"], node.getblockchaininfo()["warnings"]
    body = struct.pack("<iqqiiiB", 1, 2**40, 2**40, 2**31 - 1, 0, 2**31 - 1, 0) + b"\x04upgr" + b"\x00" * 40
    with Peer(node) as peer:
        peer.send("alert", bytes([len(body)]) + body + b"\x46" + b"\x30" * 70)
        peer.sync()
        with Peer(node) as other:
            other.sync()
            messages = other.closed(0.2)
            assert messages is None, "the connection was closed"
    equal((node.getnetworkinfo()["warnings"], node.getblockchaininfo()["warnings"]), before)


def test_peers_that_go_while_they_are_asked_P42(lab: Lab):
    """Connections come and go at once while RPC calls name them: the node neither falls nor mistakes one for another."""
    node, _ = started(lab, 1)
    tip, end = node.getbestblockhash(), time.monotonic() + 4
    asked = [0]

    def come_and_go():
        while time.monotonic() < end:
            try:
                with Peer(node) as peer:
                    peer.send("getdata", inventory((WITNESS_BLOCK, tip), (WTX, "11" * 32)))
            except (OSError, AssertionError):
                pass  # it was disconnected under way: that is what is tried here
    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for t in threads:
        t.start()
    header = next_block(node)
    node.submitheader(header.header().hex())
    while time.monotonic() < end:
        for peer in node.getpeerinfo():
            for call in (lambda: node.getblockfrompeer(header.hash, peer["id"]), lambda: node.disconnectnode("", peer["id"])):
                try:
                    call()
                except RpcError:
                    pass  # it has gone already
                asked[0] += 1
    for t in threads:
        t.join()
    assert asked[0] > 10, "no peer was met"
    wait_until("all are gone", lambda: node.getpeerinfo() == [])
    equal(node.getbestblockhash(), tip)
    with Peer(node) as peer:
        peer.send("block", header.bytes())
        wait_until("the block is the tip", lambda: node.getbestblockhash() == header.hash)


main()
