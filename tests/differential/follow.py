#!/usr/bin/env python3
"""ycoind and Bitcoin Core follow each other: headers, blocks and transactions, in both directions and through forks."""
from sides import Lab, both, equal, main, ours, theirs, wait_same_mempool, wait_same_tip, wait_until

from blocks import mine_true, next_block, spend


def same_coins(a, b):
    one, two = a.gettxoutsetinfo(), b.gettxoutsetinfo()
    for key in ("height", "bestblock", "txouts", "bogosize", "hash_serialized_3", "total_amount", "transactions"):
        equal((key, one[key]), (key, two[key]))


def test_each_takes_the_others_blocks(lab: Lab):
    node, other = both(lab)
    coins = mine_true(other, 120)
    wait_same_tip([node, other])
    coins += mine_true(node, 120)
    wait_same_tip([node, other])
    same_coins(node, other)
    for i, (maker, coin) in enumerate(zip((node, other) * 3, coins)):
        maker.sendrawtransaction(spend([coin], outputs=1 + i * 7).hex)
        mine_true(maker, 1)
        wait_same_tip([node, other])
        equal(node.getrawmempool(), other.getrawmempool())
    same_coins(node, other)


def test_each_takes_the_others_transactions(lab: Lab):
    node, other = both(lab)
    coins = mine_true(node, 104)
    wait_same_tip([node, other])
    for maker, coin in zip((node, other) * 2, coins):
        tx = spend([coin])
        maker.sendrawtransaction(tx.hex)
        maker.sendrawtransaction(spend([(tx.txid, 0, tx.outputs[0][0])]).hex)
    wait_same_mempool([node, other])
    equal(len(node.getrawmempool()), 8)
    mine_true(other, 1)
    wait_same_tip([node, other])
    equal((node.getrawmempool(), other.getrawmempool()), ([], []))
    same_coins(node, other)


def test_initial_download_from_either(lab: Lab):
    other = theirs(lab)
    mine_true(other, 250)
    node = ours(lab)
    node.connect(other)
    wait_same_tip([node, other])
    same_coins(node, other)
    third = lab.node("-v2transport=0", name="fresh", program=other.program)
    third.connect(node)
    wait_same_tip([node, third])
    same_coins(node, third)


def test_reorganisations(lab: Lab):
    node, other = both(lab)
    coins = mine_true(node, 105)
    wait_same_tip([node, other])
    for depth, (loser, winner) in enumerate(((node, other), (other, node), (node, other)), 1):
        node.disconnect(other)
        tx = spend([coins[depth]])
        loser.sendrawtransaction(tx.hex)
        mine_true(loser, depth)
        equal(winner.submitblock(next_block(winner, extra=bytes([depth])).hex), None)
        mine_true(winner, depth)
        node.connect(other)
        wait_same_tip([node, other])
        wait_until("the payment is back in the loser's pool", lambda n=loser, t=tx: t.txid in n.getrawmempool())
        same_coins(node, other)
        equal(loser.submitblock(next_block(loser, [tx], fees_sat=10000).hex), None)
        wait_same_tip([node, other])
        equal((node.getrawmempool(), other.getrawmempool()), ([], []))
    same_coins(node, other)


def test_invalidate_and_reconsider(lab: Lab):
    node, other = both(lab, connected=False)
    for block in [next_block(node)]:
        equal(node.submitblock(block.hex), other.submitblock(block.hex))
    for _ in range(10):
        block = next_block(node)
        equal((node.submitblock(block.hex), other.submitblock(block.hex)), (None, None))
    target = node.getblockhash(6)
    for n in (node, other):
        n.invalidateblock(target)
    wait_same_tip([node, other])
    equal(node.getblockcount(), 5)
    same_coins(node, other)
    equal(sorted(str(t) for t in node.getchaintips()), sorted(str(t) for t in other.getchaintips()))
    for n in (node, other):
        n.reconsiderblock(target)
    wait_same_tip([node, other])
    equal(node.getblockcount(), 11)
    same_coins(node, other)


main()
