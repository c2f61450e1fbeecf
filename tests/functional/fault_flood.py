#!/usr/bin/env python3
"""Peers and clients that send too much, too little, too slowly or too many at once: the node goes on, and does not grow."""
import http.client
import socket
import threading
import time

from blocks import TRUE_DESCRIPTOR, mine_true
from framework import Lab, RpcError, equal, main
from p2p import Peer, frame


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


main()
