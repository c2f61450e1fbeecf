#!/usr/bin/env python3
"""Peers and clients that send too much, too little, too slowly or too many at once: the node goes on, and does not grow."""
import pathlib
import socket
import sys
import threading
import time

from blocks import TRUE_DESCRIPTOR, mine_true
from framework import ROOT, Lab, Skip, equal, main
from p2p import Peer, frame, magic_of, version_payload

sys.path.insert(0, str(ROOT / "tests" / "bench"))
import floods  # noqa: E402  (after the path)


def test_crumbs_do_not_stop_the_core_thread(lab: Lab):
    """Each byte a segment of its own, on many connections: the core's queue of events is full again and again, while RPC calls
    that wait and come again are on their way through it."""
    node = lab.node()
    mine_true(node, 20)
    peers = [Peer(node) for _ in range(8)]
    end = time.monotonic() + 4
    for p in peers:
        p.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def crumbs(some):
        for p in some:  # the head of a message that is long to come
            p.socket.sendall(frame(p.magic, "tx", length=300_000))
        try:
            while time.monotonic() < end:
                for p in some:
                    p.socket.send(b"x")
        except OSError:
            pass  # the node has closed it: fine as well
    threads = [threading.Thread(target=crumbs, args=(peers[i::2],)) for i in range(2)]
    for t in threads:
        t.start()
    while time.monotonic() < end:
        node.generatetodescriptor(2, TRUE_DESCRIPTOR)
        tip = node.getbestblockhash()
        node.invalidateblock(tip)
        node.reconsiderblock(tip)
        begun = time.monotonic()
        node.waitfornewblock(20)
        assert time.monotonic() - begun < 5
    for t in threads:
        t.join()
    for p in peers:
        p.close()
    equal(node.getblockcount() > 20, True)


def resident_mb(node):
    status = pathlib.Path(f"/proc/{node.pid}/status")
    if not status.exists():
        raise Skip("there is no /proc here to read a process's memory from")
    return int(next(line for line in status.read_text().splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def test_half_messages_of_many_peers(lab: Lab):
    """Each peer sends all of a large message but its last bytes, all at once: together they get one budget of 20 MB, some of it while it
    is being noticed, and 8 MB may be on its way to them (catalogue P01)."""
    node = lab.node("-maxconnections=220", "-inboundrelaypercent=100")
    mine_true(node, 1)
    before = resident_mb(node)
    peers = [Peer(node) for _ in range(200)]
    body = b"\x55" * 3_900_000

    def send(some):
        for p in some:
            p.socket.settimeout(0.5)
            try:
                p.socket.sendall(frame(p.magic, "block", length=3_999_999) + body)
            except OSError:
                pass  # the node has stopped reading
    threads = [threading.Thread(target=send, args=(peers[i::10],)) for i in range(10)]
    for t in threads:
        t.start()
    most = before
    while any(t.is_alive() for t in threads):
        most = max(most, resident_mb(node))
        begun = time.monotonic()
        node.getblockcount()
        assert time.monotonic() - begun < 2
        time.sleep(0.02)
    # 64 MB are promised; a sanitizer's shadow of memory multiplies that, and shows before anything has come.
    assert most < before + (61 if before < 20 else 200), f"{before:.0f} MB have become {most:.0f} MB"
    with Peer(node) as honest:  # there is room for one that asks for little
        honest.sync()
    for p in peers:
        p.close()


def test_peers_that_we_chose_do_not_share_the_budget(lab: Lab):
    """Ten of them may each be in the middle of a large block: none is kept waiting for the others' sake."""
    node = lab.node("-maxreceivebuffer=1000")
    mine_true(node, 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        node.addnode(f"127.0.0.1:{server.getsockname()[1]}", "onetry")
        server.settimeout(20)
        peer = Peer.__new__(Peer)
        peer.magic, peer.received, peer.seconds, peer.socket = magic_of(node), b"", 10, server.accept()[0]
        with peer:
            peer.socket.settimeout(10)
            peer.wait("version")
            peer.send("version", version_payload())
            peer.wait("verack")
            peer.send("verack")
            peer.sync()
            whole = frame(peer.magic, "block", b"\x55" * 3_900_000)
            peer.send_raw(whole[:-10])
            time.sleep(0.2)
            peer.send_raw(whole[-10:])
            peer.sync()  # at once, not after the time that one over the budget gets


def test_floods_cost_little_and_honest_blocks_come_in(lab: Lab):
    """P01 to P47, those that can be from outside: each flood as fast as the node takes it. The margins are for busy machines and
    for sanitizers; tests/bench/floods.py shows what it comes to."""
    resident_mb(lab.node())  # or skip
    for name in floods.FLOODS:
        cost = floods.flood(name, 0.3)
        assert cost["messages"] >= floods.LEAST, f"{name}: {cost}"
        assert cost["rss_growth_mb"] < 200 and cost["rpc_p99_ms"] < 3000 and cost["block_s"] < 20, f"{name}: {cost}"


def test_idle_peers_are_cheap(lab: Lab):
    count = 200
    node = lab.node(f"-maxconnections={count + 20}", "-inboundrelaypercent=100")
    mine_true(node, 1)
    with Peer(node) as first:
        first.sync()
        before = resident_mb(node)
        peers = [Peer(node) for _ in range(count)]
        peers[-1].sync()
        each_kb = (resident_mb(node) - before) * 1024 / count
        assert each_kb < 256, f"{each_kb:.0f} KiB for a peer that says nothing"
        for p in peers:
            p.close()


main()
