#!/usr/bin/env python3
"""The optional indexes: what they answer, how they follow the chain, and that neither kill -9 nor a reorganisation makes
them say anything else than an index built anew would (catalogue S01)."""
import hashlib
import http.client
import random
import shutil
import struct
import threading
import time

from blocks import TRUE_DESCRIPTOR, compact, mine_true, sha256d, spend, wired
from framework import Lab, Node, RpcError, contains, equal, main, rpc_error, wait_same_tip, wait_until
from p2p import Peer

FILTERS = "basic block filter index"
INDEXES = ("-txindex", "-blockfilterindex=basic", "-coinstatsindex")


def wait_synced(node, count=3):
    def synced():
        info, height = node.getindexinfo(), node.getblockcount()
        return len(info) == count and all(i["synced"] and i["best_block_height"] == height for i in info.values())
    wait_until(f"the indexes of {node.name} have caught up", synced)


def filters_of(node):
    """A hash over all filters and their headers, which are checked to be a chain (BIP 157)."""
    whole, header = hashlib.sha256(), bytes(32)
    for height in range(node.getblockcount() + 1):
        answer = node.getblockfilter(node.getblockhash(height))
        header = sha256d(sha256d(bytes.fromhex(answer["filter"])) + header)
        equal(wired(answer["header"]), header)
        whole.update(header)
    return whole.hexdigest()


def check_transactions(node):
    """Each transaction of the chain is found without its block's hash."""
    for height in range(1, node.getblockcount() + 1):
        block = node.getblock(node.getblockhash(height), 2)
        for tx in block["tx"]:
            found = node.getrawtransaction(tx["txid"], 1)
            equal((found["hex"], found["blockhash"]), (tx["hex"], block["hash"]))


def test_transactions(lab: Lab):
    node = lab.node("-txindex")
    coins = mine_true(node, 101)
    tx = spend([coins[0]], fee_sat=5000)
    node.sendrawtransaction(tx.hex)
    equal(node.getrawtransaction(tx.txid), tx.hex)
    mine_true(node, 1)
    equal(node.getrawtransaction(tx.txid), tx.hex)
    found = node.getrawtransaction(tx.txid, 2)
    equal((found["confirmations"], found["blockhash"], "in_active_chain" in found), (1, node.getbestblockhash(), False))
    equal((int(found["fee"] * 10**8), found["vin"][0]["prevout"]["height"]), (5000, 1))
    equal(node.getindexinfo(), {"txindex": {"synced": True, "best_block_height": 102}})
    equal(node.getindexinfo("other"), {})
    rpc_error(-5, "No such mempool or blockchain transaction. Use gettransaction", node.getrawtransaction, "44" * 32)
    genesis = node.getblock(node.getblockhash(0))["tx"][0]
    rpc_error(-5, "The genesis block coinbase is not considered an ordinary transaction", node.getrawtransaction, genesis)
    rpc_error(-1, "Index is not enabled for filtertype basic", node.getblockfilter, node.getbestblockhash())
    check_transactions(node)
    node.stop()
    node.start()
    rpc_error(-5, "No such mempool or blockchain transaction", node.getrawtransaction, "44" * 32)
    equal(node.getrawtransaction(tx.txid), tx.hex)


def test_filters(lab: Lab):
    node = lab.node("-blockfilterindex")
    coins = mine_true(node, 102)
    for coin in coins[:2]:
        node.sendrawtransaction(spend([coin], outputs=40).hex)
    mine_true(node, 1)
    filters_of(node)
    rpc_error(-5, "Unknown filtertype", node.getblockfilter, node.getbestblockhash(), "other")
    rpc_error(-5, "Block not found", node.getblockfilter, "44" * 32)


def check_coins(node):
    """What the index says of the tip is what all coins come to."""
    by_index, added_up = node.gettxoutsetinfo("muhash"), node.gettxoutsetinfo("muhash", None, False)
    for key in ("height", "bestblock", "txouts", "bogosize", "muhash", "total_amount"):
        equal((key, by_index[key]), (key, added_up[key]))
    made = sum((50 * 10**8) >> (h // 150) for h in range(node.getblockcount() + 1))
    equal(int((by_index["total_amount"] + by_index["total_unspendable_amount"]) * 10**8), made)


def test_coin_statistics(lab: Lab):
    node, plain = lab.node("-coinstatsindex"), lab.node()
    coins = mine_true(node, 101)
    early = node.gettxoutsetinfo("muhash")
    node.sendrawtransaction(spend([coins[0]], fee_sat=7000, outputs=3).hex)
    mine_true(node, 2)
    check_coins(node)
    again = node.gettxoutsetinfo("muhash", 101)
    equal(again, early)
    info = node.gettxoutsetinfo("none", 102)
    equal(("muhash" in info, int(info["block_info"]["prevout_spent"] * 10**8)), (False, 50 * 10**8))
    equal(int(info["block_info"]["new_outputs_ex_coinbase"] * 10**8), 50 * 10**8 - 7000)
    equal(node.gettxoutsetinfo("none", node.getblockhash(102)), info)
    rpc_error(-8, "hash_serialized_3 hash type cannot be queried for a specific block", node.gettxoutsetinfo, "hash_serialized_3", 5)
    rpc_error(-8, "Cannot set use_index to false when querying for a specific block", node.gettxoutsetinfo, "none", 5, False)
    rpc_error(-8, "Querying specific block heights requires coinstatsindex", plain.gettxoutsetinfo, "muhash", 0)
    rpc_error(-8, "'other' is not a valid hash_type", plain.gettxoutsetinfo, "other")


def test_searching(lab: Lab):
    """scanblocks: the blocks that make or spend a coin of a script, and no others when they are looked into."""
    node, plain = lab.node("-blockfilterindex"), lab.node()
    coins = mine_true(node, 101)
    wanted = "0014" + "17" * 20
    tx = spend([coins[0]])
    tx.outputs[0][1] = bytes.fromhex(wanted)
    node.sendrawtransaction(tx.hex)
    block = node.generatetodescriptor(1, "raw(52)")[0]
    mine_true(node, 5)
    found = node.scanblocks("start", [f"raw({wanted})"])
    equal((found["from_height"], found["to_height"], found["completed"]), (0, 107, True))
    equal(block in found["relevant_blocks"], True)
    equal(node.scanblocks("start", [{"desc": f"raw({wanted})"}], 0, None, "basic", {"filter_false_positives": True})["relevant_blocks"], [block])
    equal(node.scanblocks("start", [f"raw({wanted})"], 103, 107, "basic", {"filter_false_positives": True})["relevant_blocks"], [])
    spent = node.scanblocks("start", ["raw(52)", TRUE_DESCRIPTOR], 102, 102, "basic", {"filter_false_positives": True})
    equal(spent["relevant_blocks"], [block])
    equal((node.scanblocks("status"), node.scanblocks("abort")), (None, False))
    rpc_error(-1, "Invalid start_height", node.scanblocks, "start", [f"raw({wanted})"], 500)
    rpc_error(-1, "Invalid stop_height", node.scanblocks, "start", [f"raw({wanted})"], 5, 4)
    rpc_error(-5, "Unknown filtertype", node.scanblocks, "start", [f"raw({wanted})"], 0, 4, "extended")
    rpc_error(-8, "Invalid action 'other'", node.scanblocks, "other")
    rpc_error(-1, "scanobjects argument is required for the start action", node.scanblocks, "start")
    rpc_error(-1, "Index is not enabled for filtertype basic", plain.scanblocks, "start", [f"raw({wanted})"])


def test_switched_on_later(lab: Lab):
    node, along = lab.node(), lab.node(*INDEXES)
    mine_true(node, 250)
    along.connect(node)
    wait_same_tip([node, along])
    wait_synced(along)
    node.stop()
    node.start(extra=INDEXES)
    wait_synced(node)
    equal(filters_of(node), filters_of(along))
    check_transactions(node)
    check_coins(node)
    log = (node.chain_folder / "debug.log").read_text()
    contains(log, "txindex: built from the first block on")
    contains(log, "txindex is enabled at height 250")


def test_reorganisation(lab: Lab):
    node, other = lab.node(*INDEXES), lab.node()
    coins = mine_true(node, 110)
    other.connect(node)
    wait_same_tip([node, other])
    other.disconnect(node)
    tx = spend([coins[0]])
    node.sendrawtransaction(tx.hex)
    left = node.generatetodescriptor(3, TRUE_DESCRIPTOR)
    own = node.getblock(left[-1])["tx"][0]
    equal(node.getrawtransaction(own, 1)["blockhash"], left[-1])
    node.getblockfilter(left[-1])
    other.generatetodescriptor(4, "raw(52)")  # other coinbases than those that are left
    node.connect(other)
    wait_same_tip([node, other])
    wait_synced(node)
    rpc_error(-5, "No such mempool or blockchain transaction", node.getrawtransaction, own)
    equal(node.getrawtransaction(tx.txid, 1).get("confirmations", 0), 0)  # in the pool again
    node.getblockfilter(left[-1])
    check_transactions(node)
    check_coins(node)
    fresh = lab.node(*INDEXES)
    fresh.connect(other)
    wait_same_tip([node, fresh])
    wait_synced(fresh)
    equal(filters_of(node), filters_of(fresh))


def test_kill(lab: Lab):
    """S01: blocks come and go while the node is killed; at the end the indexes say what fresh ones say."""
    node, chance = lab.node(*INDEXES), random.Random(5)
    mine_true(node, 101)
    for _ in range(6):
        twin = Node("twin", node.folder, node.port, node.rpc_port)

        def burst(t=twin):
            try:
                while True:
                    tips = t.generatetodescriptor(5, TRUE_DESCRIPTOR)
                    t.invalidateblock(tips[2])
            except (OSError, http.client.HTTPException, RpcError, ValueError):
                pass  # the node is gone
        thread = threading.Thread(target=burst)
        thread.start()
        time.sleep(chance.uniform(0.02, 0.4))
        node.kill()
        thread.join()
        node.start()
        wait_synced(node)
    check_transactions(node)
    check_coins(node)
    fresh = lab.node(*INDEXES)
    fresh.connect(node)
    wait_same_tip([node, fresh])
    wait_synced(fresh)
    equal(filters_of(node), filters_of(fresh))
    equal(node.stop(), 0)
    node.start(extra=["-reindex"])  # what was invalidated counts again
    fresh.connect(node)
    wait_same_tip([node, fresh])
    wait_synced(node)
    wait_synced(fresh)
    equal(filters_of(node), filters_of(fresh))


def test_without_the_block_index(lab: Lab):
    """S01: what a kill at the beginning of -reindex leaves: no block index, but the others of before."""
    node = lab.node(*INDEXES)
    mine_true(node, 3)
    wait_synced(node)
    before = filters_of(node)
    equal(node.stop(), 0)
    shutil.rmtree(node.chain_folder / "blocks" / "index")
    node.start()
    equal(node.getblockcount(), 3)
    wait_synced(node)
    equal(filters_of(node), before)
    check_transactions(node)


def test_light_client(lab: Lab):
    """BIP 157: a peer gets filters, headers and checkpoints, at once after a block, and none of a node that serves none."""
    node, plain = lab.node("-blockfilterindex", "-peerblockfilters"), lab.node("-blockfilterindex")
    mine_true(node, 20)
    equal("COMPACT_FILTERS" in node.getnetworkinfo()["localservicesnames"], True)
    equal("COMPACT_FILTERS" in plain.getnetworkinfo()["localservicesnames"], False)
    with Peer(node) as peer:
        for _ in range(10):
            tip = node.generatetodescriptor(1, TRUE_DESCRIPTOR)[0]
            height = node.getblockcount()
            peer.send("getcfilters", struct.pack("<BI", 0, height) + wired(tip))
            answer = node.getblockfilter(tip)
            raw = bytes.fromhex(answer["filter"])
            equal(peer.wait("cfilter"), b"\x00" + wired(tip) + compact(len(raw)) + raw)
            peer.send("getcfheaders", struct.pack("<BI", 0, 1) + wired(tip))
            told = peer.wait("cfheaders")
            equal((told[:33], len(told)), (b"\x00" + wired(tip), 66 + 32 * height))
            header, hashes = told[33:65], told[66:]
            for at in range(0, len(hashes), 32):
                header = sha256d(hashes[at:at + 32] + header)
            equal(header, wired(answer["header"]))
        peer.send("getcfcheckpt", b"\x00" + wired(tip))
        equal(peer.wait("cfcheckpt"), b"\x00" + wired(tip) + b"\x00")
        peer.send("getcfilters", struct.pack("<BI", 0, height + 1) + wired(tip))
        equal(peer.closed() is not None, True)
    with Peer(plain) as peer:
        peer.send("getcfcheckpt", b"\x00" + wired(plain.getblockhash(0)))
        equal(peer.closed() is not None, True)


def test_refused(lab: Lab):
    for options, words in ((("-blockfilterindex=abc",), "Unknown -blockfilterindex value abc."),
                           (("-peerblockfilters",), "Cannot set -peerblockfilters without -blockfilterindex.")):
        node = lab.node(*options, start=False)
        node.start(wait=False)
        equal(node.wait_end(), 1)
        contains(node.stderr(), words)


if __name__ == "__main__":
    main()
