#!/usr/bin/env python3
"""Blocks that touch very many coins, and reorganisations of more than a thousand blocks: the coins come back to the bit
(catalogue C10, C47)."""
import time

from blocks import TRUE_DESCRIPTOR, TRUE_OUTPUT, TRUE_SCRIPT, Tx, mine_true, next_block
from framework import Lab, equal, main, wait_until

OUTPUTS = 23_000  # of 43 bytes: nearly all that a block holds


def fan_out(coin):
    txid, index, value = coin
    return Tx([[txid, index, b"", 0xFFFFFFFD]], [[value // OUTPUTS, TRUE_OUTPUT] for _ in range(OUTPUTS)], [[TRUE_SCRIPT]])


def gather(coins):
    return Tx([[txid, index, b"", 0xFFFFFFFD] for txid, index, _ in coins], [[sum(c[2] for c in coins), TRUE_OUTPUT]],
              [[TRUE_SCRIPT] for _ in coins])


def coins_hash(node):
    return node.gettxoutsetinfo()["hash_serialized_3"]


def test_blocks_that_touch_very_many_coins(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    states, hashes, took = [coins_hash(node)], [], []
    wide = fan_out(coins[0])
    txid = wide.txid
    made = [(txid, i, coins[0][2] // OUTPUTS) for i in range(OUTPUTS)]
    for txs in ([wide], [gather(made[i:i + 2000]) for i in range(0, len(made), 2000)]):
        block = next_block(node, txs)
        begun = time.monotonic()
        equal(node.submitblock(block.hex), None)
        took.append(time.monotonic() - begun)
        equal(node.getbestblockhash(), block.hash)
        hashes.append(block.hash)
        states.append(coins_hash(node))
    for _ in range(2):
        for height in (1, 0):
            begun = time.monotonic()
            node.invalidateblock(hashes[height])
            took.append(time.monotonic() - begun)
            equal(coins_hash(node), states[height])
        node.reconsiderblock(hashes[0])
        equal(node.getbestblockhash(), hashes[1])
        equal(coins_hash(node), states[2])
    node.kill()
    node.start()
    equal((node.getbestblockhash(), coins_hash(node)), (hashes[1], states[2]))
    assert max(took) < 10, took


def test_a_reorganisation_of_1088_blocks_and_back(lab: Lab):
    node, other = lab.node(), lab.node()
    fork = mine_true(node, 10) and node.getbestblockhash()
    other.connect(node)
    wait_until("the other has the first blocks", lambda: other.getbestblockhash() == fork)
    other.disconnect(node)
    for _ in range(11):
        node.generatetodescriptor(98, TRUE_DESCRIPTOR)
    node.generatetodescriptor(10, TRUE_DESCRIPTOR)
    equal(node.getblockcount(), 10 + 1088)
    tip, before = node.getbestblockhash(), coins_hash(node)
    for _ in range(11):
        other.generatetodescriptor(99, "raw(51)")
    longer = other.getbestblockhash()
    begun = time.monotonic()
    other.connect(node)
    wait_until("the longer branch is the chain", lambda: node.getbestblockhash() == longer)
    took = time.monotonic() - begun
    equal(coins_hash(node), coins_hash(other))
    node.setnetworkactive(False)
    node.invalidateblock(node.getblockhash(11))
    equal((node.getbestblockhash(), coins_hash(node)), (tip, before))
    node.kill()
    node.start()
    equal((node.getbestblockhash(), coins_hash(node)), (tip, before))
    assert took < 30, took


main()
