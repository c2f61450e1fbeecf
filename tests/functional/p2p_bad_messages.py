#!/usr/bin/env python3
"""Peers that send nonsense: the node says as little as the protocol asks for, closes where it should, and lives on."""
import random
import socket
import struct
import time

from blocks import compact, mine_true
from framework import Lab, equal, main, wait_until
from p2p import Peer, frame, inventory, version_payload

# Every message of the protocol, with a payload that begins as a real one does.
PAYLOADS = {
    "addr": b"\x01" + b"\x00" * 30, "addrv2": b"\x01" + b"\x00" * 10, "inv": inventory((2, "11" * 32)), "getdata": inventory((2, "11" * 32)),
    "notfound": inventory((1, "11" * 32)), "getblocks": struct.pack("<I", 70016) + compact(1) + b"\x00" * 64,
    "getheaders": struct.pack("<I", 70016) + compact(1) + b"\x00" * 64, "tx": b"\x02\x00\x00\x00\x00\x01\x01", "block": b"\x00" * 90,
    "headers": b"\x01" + b"\x00" * 81, "ping": b"\x01" * 8, "pong": b"\x01" * 8, "feefilter": b"\x01" * 8,
    "sendcmpct": b"\x00" + b"\x02" + b"\x00" * 7, "cmpctblock": b"\x00" * 90, "getblocktxn": b"\x00" * 34, "blocktxn": b"\x00" * 34,
    "reject": b"\x02tx\x10\x00", "filterload": b"\x00" * 20, "merkleblock": b"\x00" * 90, "alert": b"\x00" * 20, "wtxidrelay": b"", "sendaddrv2": b"",
    "mempool": b"", "getaddr": b"", "getcfilters": b"\x00" * 37, "getcfheaders": b"\x00" * 37, "getcfcheckpt": b"\x00" * 33, "sendheaders": b"", "verack": b"", "filterclear": b"", "feature": b"\x04abcd\x01x",
}


def alive(node):
    """The node answers RPC, and a well-behaved peer too."""
    equal(node.getblockcount(), 2)
    with Peer(node) as peer:
        peer.sync()


def started(lab, *options):
    node = lab.node(*options)
    mine_true(node, 2)
    return node


def test_wrong_magic_gets_no_answer(lab: Lab):
    node = started(lab)
    for garbage in (frame(b"\x00\x11\x22\x33", "version", version_payload()), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 4000):
        with socket.create_connection(("127.0.0.1", node.port), timeout=20) as s:
            s.sendall(garbage)
            try:
                equal(s.recv(1000), b"")
            except ConnectionResetError:
                pass
    alive(node)


def test_wrong_checksum(lab: Lab):
    node = started(lab)
    with Peer(node) as peer:
        peer.send_raw(frame(peer.magic, "ping", b"\x01" * 8, checksum=b"\x00" * 4))
        messages = peer.closed(2)
        assert messages is None or all(m[0] != "pong" for m in messages)
    alive(node)


def test_length_too_large(lab: Lab):
    node = started(lab)
    for length in (0xFFFFFFFF, 0x7FFFFFFF, 64_000_000):
        with Peer(node) as peer:
            peer.send_raw(frame(peer.magic, "block", length=length))
            assert peer.closed() is not None, f"a message of {length} bytes is waited for"
    alive(node)


def test_counts_too_large(lab: Lab):
    """A count of a million million with nothing behind it: no memory is taken for it."""
    node = started(lab)
    for name, head in (("inv", b""), ("getdata", b""), ("headers", b""), ("addr", b""), ("getheaders", struct.pack("<I", 70016)),
                       ("tx", struct.pack("<I", 2)), ("block", b"\x00" * 80), ("addrv2", b""), ("cmpctblock", b"\x00" * 88)):
        for count in (b"\xff" + b"\xff" * 8, b"\xfe" + b"\xff" * 4, b"\xfd\xff\xff", b"\xff" + struct.pack("<Q", 10**12)):
            with Peer(node) as peer:
                peer.send(name, head + count)
                peer.closed(0.05)
    alive(node)


def test_every_truncation_of_version(lab: Lab):
    node = started(lab)
    whole = version_payload()
    for n in range(0, len(whole), 1):
        with Peer(node, handshake=False) as peer:
            peer.send("version", whole[:n])
            if n % 8 == 0:
                peer.closed(0.02)
    alive(node)


def test_messages_before_version(lab: Lab):
    node = started(lab)
    for name, payload in PAYLOADS.items():
        with Peer(node, handshake=False) as peer:
            peer.send(name, payload)
            messages = peer.closed(0.05) or []
            assert all(m[0] not in ("pong", "block", "tx", "headers") for m in messages), (name, messages)
    alive(node)


def test_every_message_cut_and_spoiled(lab: Lab):
    node = started(lab)
    chance = random.Random(7)
    for name, payload in PAYLOADS.items():
        for _ in range(3):
            with Peer(node) as peer:
                peer.send(name, payload[:chance.randrange(len(payload) + 1)])
                spoiled = bytearray(payload + bytes(chance.randrange(256) for _ in range(8)))
                spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
                peer.send(name, bytes(spoiled))
    alive(node)


def test_every_truncation_of_every_message_P20(lab: Lab):
    """Before the handshake, within it and after it. Who is disconnected comes again; nobody else notices."""
    node = started(lab)
    for name, payload in PAYLOADS.items():
        before, after = Peer(node, handshake=False), Peer(node)
        within = Peer(node, handshake=False)
        within.send("version", version_payload())
        for n in range(len(payload) + 1):
            for peer in (before, within, after):
                peer.send(name, payload[:n])
        for peer in (before, within, after):
            peer.close()
    alive(node)


def test_counts_of_compact_blocks_at_the_most_and_one_more(lab: Lab):
    """65,535 transactions fit an index of 16 bits; one more makes a cmpctblock no message. Neither ends the connection."""
    node = started(lab)
    tip = node.getbestblockhash()
    for count, ids in ((65535, b"\xfd\xff\xff"), (65536, b"\xfe\x00\x00\x01\x00")):
        with Peer(node) as peer:
            peer.send("sendcmpct", struct.pack("<?Q", False, 2))
            peer.send("cmpctblock", b"\x00" * 88 + ids + b"\x01\x02\x03\x04\x05\x06" * count + b"\x00")
            peer.send("blocktxn", bytes.fromhex(tip)[::-1] + ids)
            peer.sync()
            peer.send("getblocktxn", bytes.fromhex(tip)[::-1] + ids + b"\x00" * count)
            assert peer.closed() is not None, "indexes beyond the block"
    alive(node)


def test_garbage_after_the_handshake(lab: Lab):
    node = started(lab)
    chance = random.Random(8)
    for _ in range(20):
        with Peer(node) as peer:
            peer.send_raw(chance.randbytes(chance.randrange(1, 3000)))
    alive(node)


def test_names_that_are_no_names(lab: Lab):
    node = started(lab)
    with Peer(node) as peer:
        peer.send("nosuchname", b"payload")  # of a later version of the protocol: ignored
        peer.sync()
        peer.send_raw(peer.magic + b"ping\x00x\x00\x00\x00\x00\x00\x00" + struct.pack("<I", 0) + b"\x5d\xf6\xe0\xe2")
        peer.closed(1)
    alive(node)


def test_a_byte_at_a_time(lab: Lab):
    node = started(lab)
    with Peer(node, handshake=False) as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(peer.magic, "version", version_payload()):
            peer.send_raw(bytes([byte]))
        peer.wait("version")
        peer.send("verack")
        peer.wait("verack")
        peer.sync()


def test_silence_is_ended(lab: Lab):
    node = started(lab, "-peertimeout=1")
    with Peer(node, handshake=False) as peer:
        assert peer.closed(30) is not None, "a peer that never says version is kept"
    alive(node)


def test_connected_to_itself(lab: Lab):
    node = started(lab)
    node.addnode(f"127.0.0.1:{node.port}", "onetry")
    wait_until("the connection is dropped", lambda: "connected to self" in (node.chain_folder / "debug.log").read_text(errors="replace"), 20)
    wait_until("no peer is left", lambda: node.getpeerinfo() == [])
    alive(node)


def test_many_connections(lab: Lab):
    node = started(lab, "-maxconnections=20")
    sockets = []
    try:
        for _ in range(200):
            s = socket.create_connection(("127.0.0.1", node.port), timeout=10)
            sockets.append(s)
        begun = time.monotonic()
        equal(node.getblockcount(), 2)
        assert time.monotonic() - begun < 5
        assert len(node.getpeerinfo()) <= 20
    finally:
        for s in sockets:
            s.close()
    wait_until("they are gone", lambda: node.getpeerinfo() == [])
    alive(node)


def test_flood_of_pings(lab: Lab):
    node = started(lab)
    with Peer(node) as peer:
        begun = time.monotonic()
        for _ in range(2000):
            peer.send("ping", b"\x01" * 8)
        equal(node.getblockcount(), 2)
        peer.sync()
        assert time.monotonic() - begun < 20
    assert node.getnettotals()["totalbytesrecv"] > 60000


main()
