#!/usr/bin/env python3
"""dumptxoutset: the set of coins as a file, as it is and as it was."""
import hashlib

from blocks import mine_true, spend
from framework import Lab, equal, main, rpc_error


def test_now_and_before(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 105)
    node.sendrawtransaction(spend([coins[0]], outputs=9).hex)
    mine_true(node, 1)
    out = node.dumptxoutset("now.dat", "latest")
    path = node.chain_folder / "now.dat"
    info = node.gettxoutsetinfo()
    equal((out["path"], out["base_height"], out["base_hash"]), (str(path), 106, node.getbestblockhash()))
    equal((out["coins_written"], out["txoutset_hash"], out["nchaintx"]), (info["txouts"], info["hash_serialized_3"], 108))
    data = path.read_bytes()
    equal((data[:5], int.from_bytes(data[43:51], "little")), (b"utxo\xff", info["txouts"]))
    mine_true(node, 5)
    node.sendrawtransaction(spend([coins[1]], outputs=5).hex)
    mine_true(node, 5)
    again = node.dumptxoutset(str(lab.folder / "again.dat"), "rollback", {"rollback": 106})
    equal(hashlib.sha256((lab.folder / "again.dat").read_bytes()).digest(), hashlib.sha256(data).digest())
    equal(again["txoutset_hash"], out["txoutset_hash"])
    by_hash = node.dumptxoutset(path="hash.dat", rollback=node.getblockhash(106))
    equal(by_hash["txoutset_hash"], out["txoutset_hash"])
    equal((node.getblockcount(), sorted(p.name for p in node.chain_folder.glob("*.incomplete"))), (116, []))


def test_refused(lab: Lab):
    node = lab.node("-prune=1", "-fastprune")
    mine_true(node, 3)
    node.dumptxoutset("one.dat", "latest")
    rpc_error(-8, "already exists. If you are sure this is what you want, move it out of the way first", node.dumptxoutset, "one.dat", "latest")
    rpc_error(-8, "Couldn't open file /nowhere/at/all.incomplete for writing", node.dumptxoutset, "/nowhere/at/all", "latest")
    rpc_error(-8, 'Invalid snapshot type "bogus" specified', node.dumptxoutset, "two.dat", "bogus")
    rpc_error(-8, 'Invalid snapshot type "latest" specified with rollback option', node.dumptxoutset, "two.dat", "latest", {"rollback": 1})
    rpc_error(-8, "Target block height 9 after current tip 3", node.dumptxoutset, "two.dat", "rollback", {"rollback": 9})
    rpc_error(-8, "No height is known for this chain", node.dumptxoutset, "two.dat", "rollback")
    mine_true(node, 700)
    node.pruneblockchain(400)
    rpc_error(-1, "necessary block data is already pruned", node.dumptxoutset, "two.dat", "rollback", {"rollback": 5})
    states = node.getchainstates()
    equal((states["headers"], len(states["chainstates"]), states["chainstates"][0]["validated"]), (703, 1, True))
    rpc_error(-32603, "assumeutxo block hash in snapshot metadata not recognized", node.loadtxoutset, "one.dat")


if __name__ == "__main__":
    main()
