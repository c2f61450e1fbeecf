#!/usr/bin/env python3
"""Compact blocks (BIP 152) between ycoind and Bitcoin Core, in both directions: each asks the other for high bandwidth, and puts
its blocks together from the pool without a question."""
import re

from sides import Lab, equal, main, ours, theirs, wait_same_mempool, wait_same_tip, wait_until

from blocks import mine_true, next_block, spend

TRANSACTIONS = 100


def put_together(node, block_hash):
    """(from the pool, asked for), as the node's log has it; None while it says nothing."""
    log = (node.chain_folder / "debug.log").read_text(errors="replace")
    found = re.search(rf"uccessfully reconstructed block {block_hash} with \d+ txn prefilled, (\d+) txn from mempool .* and (\d+) txn", log)
    return found and tuple(map(int, found.groups()))


def known_transactions(node, other, coin):
    """As many as make a block worth it, in both pools."""
    split = spend([coin], fee_sat=100_000, outputs=TRANSACTIONS)
    node.submitblock(next_block(node, [split], fees_sat=100_000).hex)
    wait_same_tip([node, other])
    for i, output in enumerate(split.outputs):
        node.sendrawtransaction(spend([(split.txid, i, output[0])], fee_sat=1_000).hex)
    wait_same_mempool([node, other], 120)


def test_each_takes_the_others_blocks_from_its_pool(lab: Lab):
    other = theirs(lab, "-debug=cmpctblock")
    node = ours(lab, "-debug=cmpctblock")
    node.connect(other)
    coins = mine_true(node, 8)
    mine_true(other, 101)
    mine_true(node, 1)
    wait_same_tip([node, other])
    for coin, (maker, taker) in zip(coins, [(node, other), (other, node)] * 2):
        known_transactions(node, other, coin)
        mine_true(maker, 1)
        block_hash = wait_same_tip([node, other])
        wait_until("the log says so", lambda: put_together(taker, block_hash))
        equal(put_together(taker, block_hash), (TRANSACTIONS, 0))
    for side in (node, other):
        peer = side.getpeerinfo()[0]
        equal((peer["bip152_hb_to"], peer["bip152_hb_from"]), (True, True))
        assert peer["bytessent_per_msg"]["cmpctblock"] and peer["bytesrecv_per_msg"]["cmpctblock"]


main()
