#!/usr/bin/env python3
"""The optional indexes beside Bitcoin Core's over one chain: filters, their headers, transactions, and what all coins come to."""
from sides import Lab, equal, main, ours, same, theirs, wait_same_tip, wait_until

from blocks import mine_true, spend

OPTIONS = ("-txindex", "-blockfilterindex=basic", "-coinstatsindex")


def synced(*nodes):
    wait_until("the indexes have caught up", lambda: all(
        i["synced"] and i["best_block_height"] == n.getblockcount() for n in nodes for i in n.getindexinfo().values()))


def grow(node):
    """A chain whose blocks spend, split and join coins."""
    coins = mine_true(node, 110)
    for i, coin in enumerate(coins[:8]):
        tx = spend([coin], outputs=1 + 13 * i)
        node.sendrawtransaction(tx.hex)
        if i % 2:
            node.sendrawtransaction(spend([(tx.txid, 0, tx.outputs[0][0]), (tx.txid, 1, tx.outputs[1][0])]).hex)
        mine_true(node, 1)


def test_filters_and_transactions(lab: Lab):
    other = theirs(lab, *OPTIONS)
    node = ours(lab, *OPTIONS)
    node.connect(other)
    grow(other)
    wait_same_tip([node, other])
    synced(node, other)
    equal(node.getindexinfo(), other.getindexinfo())
    for height in range(node.getblockcount() + 1):
        block_hash = node.getblockhash(height)
        equal(node.getblockfilter(block_hash), other.getblockfilter(block_hash))
        same(f"coins at {height}", node.gettxoutsetinfo("muhash", height), other.gettxoutsetinfo("muhash", height))
        for txid in other.getblock(block_hash)["tx"] if height else ():
            for verbosity in (0, 1, 2):
                same(f"{txid} {verbosity}", node.getrawtransaction(txid, verbosity), other.getrawtransaction(txid, verbosity))


if __name__ == "__main__":
    main()
