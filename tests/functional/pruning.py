#!/usr/bin/env python3
"""Pruning: which block files go, what the node says of it, and that kill -9 at any instant leaves a node that goes on."""
import http.client
import random
import threading
import time

from blocks import TRUE_DESCRIPTOR, mine_true
from framework import Lab, Node, RpcError, contains, equal, main, rpc_error, wait_same_tip, wait_until
from p2p import WITNESS_BLOCK, Peer, inventory

MANUAL = ("-prune=1", "-fastprune")
KEPT = 288


def files_of(node):
    return sorted(f.name for f in (node.chain_folder / "blocks").iterdir() if f.name[:3] in ("blk", "rev"))


def check(node):
    """What is said to be there is, and the files of the rest are gone."""
    height, first = node.getblockcount(), node.getblockchaininfo()["pruneheight"]
    assert height - first >= KEPT - 1, (height, first)
    for at in {first, (first + height) // 2, height}:
        node.getblock(node.getblockhash(at), 3)
    if first:
        equal("blk00000.dat" in files_of(node) or "rev00000.dat" in files_of(node), False)
        for at in {1, first - 1}:
            rpc_error(-1, "Block not available (pruned data)", node.getblock, node.getblockhash(at))


def test_by_hand(lab: Lab):
    node = lab.node(*MANUAL)
    rpc_error(-1, "Blockchain is too short for pruning.", node.pruneblockchain, 10)
    mine_true(node, 900)
    info = node.getblockchaininfo()
    equal((info["pruned"], info["pruneheight"], info["automatic_pruning"], "prune_target_size" in info), (True, 0, False, False))
    equal({"NETWORK", "NETWORK_LIMITED"} & set(node.getnetworkinfo()["localservicesnames"]), {"NETWORK_LIMITED"})
    rpc_error(-8, "Negative block height.", node.pruneblockchain, -1)
    rpc_error(-8, "Blockchain is shorter than the attempted prune height.", node.pruneblockchain, 901)
    before, coins = len(files_of(node)), node.gettxoutsetinfo()["hash_serialized_3"]
    last = node.pruneblockchain(400)
    assert 200 < last <= 400, last
    equal(node.getblockchaininfo()["pruneheight"], last + 1)
    assert len(files_of(node)) < before
    check(node)
    late = node.getblockheader(node.getbestblockhash())["time"]
    last = node.pruneblockchain(late + 7200)  # a time: as far as blocks may go
    assert 400 < last <= 900 - KEPT, last
    check(node)
    node.stop()
    node.start()
    equal(node.getblockchaininfo()["pruneheight"], last + 1)
    check(node)
    equal(node.gettxoutsetinfo()["hash_serialized_3"], coins)
    mine_true(node, 3)
    node.stop()
    node.options = ["-fastprune"]
    node.start(wait=False)
    equal(node.wait_end(), 1)
    contains(node.stderr(), "You need to rebuild the database using -reindex to go back to unpruned mode.")


def test_peers(lab: Lab):
    """BIP 159: whoever asks a pruned node for old blocks is disconnected; what it promises it gives."""
    node, other = lab.node(*MANUAL), lab.node()
    mine_true(node, 700)
    node.pruneblockchain(400)
    with Peer(node) as peer:
        kept = node.getblockhash(700 - KEPT)
        peer.send("getdata", inventory((WITNESS_BLOCK, kept)))
        equal(peer.wait("block")[:80].hex(), node.getblockheader(kept, False))
        peer.send("getdata", inventory((WITNESS_BLOCK, node.getblockhash(700 - KEPT - 3))))
        equal(peer.closed() is not None, True)
    other.connect(node)  # it cannot begin with what is left
    wait_until("headers come", lambda: other.getblockchaininfo()["headers"] == 700)
    equal(other.getblockcount(), 0)


def test_reorganisation(lab: Lab):
    """S20: after all that may go has gone, a branch of 288 blocks can still be left."""
    node, other = lab.node(*MANUAL), lab.node()
    mine_true(other, 600 - KEPT)
    node.connect(other)
    wait_same_tip([node, other])
    node.disconnect(other)
    node.generatetodescriptor(KEPT, "raw(52)")
    node.pruneblockchain(600)
    check(node)
    mine_true(other, KEPT + 1)
    node.connect(other)
    wait_same_tip([node, other])
    check(node)
    equal(node.gettxoutsetinfo()["hash_serialized_3"], other.gettxoutsetinfo()["hash_serialized_3"])


def test_indexes_hold_what_they_need(lab: Lab):
    node = lab.node(*MANUAL, "-blockfilterindex")
    mine_true(node, 700)
    early = node.getblockfilter(node.getblockhash(5))
    node.pruneblockchain(400)
    check(node)
    equal(node.getblockfilter(node.getblockhash(5)), early)
    node.stop()
    node.options = list(MANUAL)
    node.start()
    mine_true(node, 700)
    node.pruneblockchain(1100)
    node.stop()
    node.start(extra=["-blockfilterindex"], wait=False)
    equal(node.wait_end(), 1)
    contains(node.stderr(), "basic block filter index best block of the index goes beyond pruned data")
    node.start()


def test_kill(lab: Lab):
    """S01: killed while it mines and prunes; every start goes on, and what is said to be there is."""
    node, chance = lab.node(*MANUAL, "-blockfilterindex"), random.Random(11)
    mine_true(node, 400)
    for _ in range(6):
        twin = Node("twin", node.folder, node.port, node.rpc_port)

        def burst(t=twin):
            try:
                while True:
                    t.generatetodescriptor(20, TRUE_DESCRIPTOR)
                    t.pruneblockchain(t.getblockcount())
            except (OSError, http.client.HTTPException, RpcError, ValueError):
                pass  # the node is gone
        thread = threading.Thread(target=burst)
        thread.start()
        time.sleep(chance.uniform(0.05, 0.5))
        node.kill()
        thread.join()
        node.start()
        check(node)
        mine_true(node, 1)
    assert node.pruneblockchain(node.getblockcount()) > 50
    check(node)


def test_refused(lab: Lab):
    for options, words in ((["-prune=-1"], "Prune cannot be configured with a negative value."),
                           (["-prune=549"], "Prune configured below the minimum of 550 MiB.  Please use a higher number."),
                           (["-prune=550", "-txindex"], "Prune mode is incompatible with -txindex."),
                           (["-prune=550", "-reindex-chainstate"], "Prune mode is incompatible with -reindex-chainstate. Use full -reindex instead.")):
        node = lab.node(*options, start=False)
        node.start(wait=False)
        equal(node.wait_end(), 1)
        contains(node.stderr(), words)
    plain, automatic = lab.node(), lab.node("-prune=600")
    rpc_error(-1, "Cannot prune blocks because node is not in prune mode.", plain.pruneblockchain, 10)
    equal(plain.getblockchaininfo()["pruned"], False)
    info = automatic.getblockchaininfo()
    equal((info["automatic_pruning"], info["prune_target_size"]), (True, 600 << 20))


if __name__ == "__main__":
    main()
