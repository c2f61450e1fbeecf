#!/usr/bin/env python3
"""Two halves of a network mine apart, then meet: the branch with more work wins everywhere, and nothing is lost."""
import time

from blocks import mine_true, next_block, spend, subsidy_sat
from framework import Lab, contains, equal, main, wait_same_tip, wait_until


def test_partition_and_heal(lab: Lab):
    a, b, c, d = nodes = lab.line(4)
    coins = mine_true(a, 110)
    wait_same_tip(nodes)
    b.disconnect(c)
    paid = spend([coins[0]], fee_sat=10000)
    c.sendrawtransaction(paid.hex)
    mine_true(c, 3)
    mine_true(a, 5)
    wait_same_tip([a, b])
    wait_same_tip([c, d])
    left = c.getbestblockhash()
    equal([n.getblockcount() for n in nodes], [115, 115, 113, 113])
    b.connect(c)
    tip = wait_same_tip(nodes)
    equal((a.getblockcount(), tip), (115, a.getblockhash(115)))
    for node in (c, d):
        equal([t["branchlen"] for t in node.getchaintips() if t["hash"] == left and t["status"] == "valid-fork"], [3])
        wait_until("the payment is waiting again", lambda n=node: paid.txid in n.getrawmempool())
    contains((c.chain_folder / "debug.log").read_text(errors="replace"), "Reorganisation: 3 blocks left behind")
    equal(len({n.gettxoutsetinfo()["hash_serialized_3"] for n in nodes}), 1)
    equal(a.gettxoutsetinfo("none")["total_amount"] * 100_000_000, sum(subsidy_sat(h) for h in range(1, 116)))


def test_equal_work_keeps_the_first(lab: Lab):
    a, b = lab.line(2)
    mine_true(a, 2)
    wait_same_tip([a, b])
    a.disconnect(b)
    mine_true(a, 1)
    equal(b.submitblock(next_block(b, extra=b"\x07").hex), None)
    tips = [n.getbestblockhash() for n in (a, b)]
    a.connect(b)
    wait_until("one of them has heard of the other's tip", lambda: any(len(n.getchaintips()) == 2 for n in (a, b)))
    time.sleep(0.3)
    equal([n.getbestblockhash() for n in (a, b)], tips)
    mine_true(b, 1)
    wait_same_tip([a, b])
    equal(a.getblockhash(3), tips[1])


def test_deep_reorganisation(lab: Lab):
    a, b = lab.line(2)
    coins = mine_true(a, 101)
    wait_same_tip([a, b])
    a.disconnect(b)
    for i in range(20):
        a.sendrawtransaction(spend([coins[0]] if i == 0 else [coin]).hex)
        tx = spend([coins[0]] if i == 0 else [coin])
        coin = (tx.txid, 0, tx.outputs[0][0])
        mine_true(a, 5)
    before = a.gettxoutsetinfo()["hash_serialized_3"]
    mine_true(b, 101)
    a.connect(b)
    wait_same_tip([a, b])
    equal(a.getblockcount(), 202)
    equal(a.gettxoutsetinfo()["hash_serialized_3"], b.gettxoutsetinfo()["hash_serialized_3"])
    equal(len(a.getrawmempool()), 20)
    a.invalidateblock(b.getblockhash(102))
    wait_until("a is back on its branch", lambda: a.getblockcount() == 201)
    equal(a.gettxoutsetinfo()["hash_serialized_3"], before)


main()
