#!/usr/bin/env python3
"""A double spend, as in a race between a merchant and a miner (P45): the pool keeps what it saw first unless the other
pays for replacing it, says what it refused, and the chain has the last word."""
from blocks import mine_true, next_block, spend
from framework import Lab, contains, equal, main, rpc_error, wait_same_mempool, wait_same_tip, wait_until

FINAL = 0xFFFFFFFF


def log_of(node):
    return (node.chain_folder / "debug.log").read_text(errors="replace")


def test_the_first_seen_stays(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    first, second = spend([coins[0]], fee_sat=10000, sequence=FINAL), spend([coins[0]], fee_sat=10005, sequence=FINAL)
    node.sendrawtransaction(first.hex)
    rpc_error(-26, "insufficient fee, rejecting replacement", node.sendrawtransaction, second.hex)
    equal(node.testmempoolaccept([second.hex])[0]["reject-reason"], "insufficient fee")
    equal(node.getrawmempool(), [first.txid])
    log = log_of(node)
    contains(log.lower(), "double spend")
    contains(log, second.txid)
    equal(node.gettxspendingprevout([{"txid": coins[0][0], "vout": 0}])[0]["spendingtxid"], first.txid)


def test_m02_one_that_pays_replaces_and_is_relayed(lab: Lab):
    a, b = lab.line(2)
    coins = mine_true(a, 101)
    wait_same_tip([a, b])
    first = spend([coins[0]], fee_sat=10000, sequence=FINAL)
    child = spend([(first.txid, 0, first.outputs[0][0])], fee_sat=10000)
    for tx in (first, child):
        a.sendrawtransaction(tx.hex)
    wait_same_mempool([a, b])
    second = spend([coins[0]], fee_sat=30000, sequence=FINAL)
    a.sendrawtransaction(second.hex)
    equal(a.getrawmempool(), [second.txid])
    wait_until("the peer has replaced it too", lambda: b.getrawmempool() == [second.txid])
    contains(log_of(a).lower(), "double spend")
    rpc_error(-26, "insufficient fee", a.sendrawtransaction, first.hex)
    equal(a.submitblock(next_block(a, [second], fees_sat=30000).hex), None)
    equal(a.getrawmempool(), [])


def test_conflict_from_a_peer(lab: Lab):
    a, b = lab.line(2)
    coins = mine_true(a, 101)
    wait_same_tip([a, b])
    a.disconnect(b)
    one, two = spend([coins[0]], fee_sat=10000, sequence=FINAL), spend([coins[0]], fee_sat=10001, sequence=FINAL)
    a.sendrawtransaction(one.hex)
    b.sendrawtransaction(two.hex)
    a.connect(b)
    equal(a.getrawmempool(), [one.txid])
    equal(b.getrawmempool(), [two.txid])
    # The chain decides: what b mines is gone from a, and both agree.
    block = next_block(b, [two], fees_sat=10001)
    equal(b.submitblock(block.hex), None)
    wait_same_tip([a, b])
    equal((a.getrawmempool(), b.getrawmempool()), ([], []))
    equal(a.gettxout(coins[0][0], 0), None)
    rpc_error(-25, "bad-txns-inputs-missingorspent", a.sendrawtransaction, one.hex)


def test_block_with_a_conflict_drops_descendants(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 102)
    first = spend([coins[0]], fee_sat=10000)
    child = spend([(first.txid, 0, first.outputs[0][0])])
    bystander = spend([coins[1]])
    for tx in (first, child, bystander):
        node.sendrawtransaction(tx.hex)
    rival = spend([coins[0]], fee_sat=20000)
    equal(node.submitblock(next_block(node, [rival], fees_sat=20000).hex), None)
    equal(node.getrawmempool(), [bystander.txid])


def test_conflict_returns_after_a_reorganisation(lab: Lab):
    a, b = lab.line(2)
    coins = mine_true(a, 101)
    wait_same_tip([a, b])
    a.disconnect(b)
    paid = spend([coins[0]], fee_sat=10000)
    rival = spend([coins[0]], fee_sat=20000)
    equal(a.submitblock(next_block(a, [paid], fees_sat=10000).hex), None)
    equal(b.submitblock(next_block(b, [rival], fees_sat=20000).hex), None)
    mine_true(b, 1)
    a.connect(b)
    wait_same_tip([a, b])
    equal(a.getblockcount(), 103)
    # The payment is spent otherwise in the new chain: it must not come back.
    wait_until("the pool is settled", lambda: a.getrawmempool() == [])
    wait_same_mempool([a, b])


main()
