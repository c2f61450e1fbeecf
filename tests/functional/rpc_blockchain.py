#!/usr/bin/env python3
"""RPCs that look at the chain and move it: blocks, headers, tips, coins, invalidateblock, waits."""
import concurrent.futures
import time

from blocks import COIN, TRUE_OUTPUT, mine_true, next_block, spend
from framework import Lab, Node, contains, equal, main, rpc_error


def test_a_fresh_chain(lab: Lab):
    node = lab.node()
    info = node.getblockchaininfo()
    equal((info["chain"], info["blocks"], info["headers"], info["pruned"]), ("regtest", 0, 0, False))
    equal(info["bestblockhash"], node.getblockhash(0))
    equal(info["bits"], "207fffff")
    equal(node.getchaintips(), [{"height": 0, "hash": node.getblockhash(0), "branchlen": 0, "status": "active"}])
    equal(node.gettxoutsetinfo("none")["txouts"], 0)


def test_block_in_all_forms(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    tx = spend([coins[0]])
    node.sendrawtransaction(tx.hex)
    mined = mine_true(node, 1)[0]
    tip = node.getbestblockhash()
    raw = node.getblock(tip, 0)
    one, two, three = (node.getblock(tip, v) for v in (1, 2, 3))
    equal(one["hash"], tip)
    equal(one["tx"], [mined[0], tx.txid])
    equal((one["height"], one["confirmations"], one["nTx"], one["size"]), (102, 1, 2, len(raw) // 2))
    equal(one["weight"], 3 * one["strippedsize"] + one["size"])
    equal([t["txid"] for t in two["tx"]], one["tx"])
    equal(two["tx"][1]["hex"], tx.hex)
    equal(float(two["tx"][1]["fee"]), 0.0001)
    prevout = three["tx"][1]["vin"][0]["prevout"]
    equal((prevout["height"], prevout["generated"], int(prevout["value"] * COIN), prevout["scriptPubKey"]["hex"]), (1, True, coins[0][2], TRUE_OUTPUT.hex()))
    header = node.getblockheader(tip)
    equal({k: one[k] for k in header}, header)
    equal(node.getblockheader(tip, False), raw[:160])
    equal(node.getblock(one["previousblockhash"])["nextblockhash"], tip)
    rpc_error(-5, "Block not found", node.getblock, "00" * 32)
    rpc_error(-5, "Block not found", node.getblockheader, "ff" * 32)
    rpc_error(-8, "must be of length 64", node.getblock, "abcd")
    rpc_error(-8, "must be hexadecimal", node.getblock, "z" * 64)


def test_coins(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    out = node.gettxout(coins[0][0], 0)
    equal((out["confirmations"], out["coinbase"], int(out["value"] * COIN)), (101, True, coins[0][2]))
    equal(node.gettxout(coins[0][0], 9), None)
    equal(node.gettxout("00" * 32, 0), None)
    tx = spend([coins[0]], outputs=3)
    node.sendrawtransaction(tx.hex)
    equal(node.gettxout(coins[0][0], 0), None)
    equal(node.gettxout(coins[0][0], 0, False)["value"], out["value"])
    equal(node.gettxout(tx.txid, 2)["confirmations"], 0)
    equal(node.gettxout(tx.txid, 2, False), None)
    before = node.gettxoutsetinfo()
    mine_true(node, 1)
    after = node.gettxoutsetinfo()
    equal((before["height"], after["height"]), (101, 102))
    equal(after["txouts"], before["txouts"] + 3)
    equal(after["total_amount"], 50 * 102)
    assert before["hash_serialized_3"] != after["hash_serialized_3"]
    found = node.scantxoutset("start", [f"raw({TRUE_OUTPUT.hex()})"])
    equal((found["success"], len(found["unspents"])), (True, after["txouts"]))
    equal(found["total_amount"], after["total_amount"])


def test_blockstats(lab: Lab):
    """getblockstats beside what getblock tells of the same block."""
    node = lab.node()
    coins = mine_true(node, 103)
    for coin, outputs in zip(coins, (1, 2, 5)):
        node.sendrawtransaction(spend([coin], outputs=outputs).hex)
    mine_true(node, 1)
    block = node.getblock(node.getblockhash(104), 2)
    txs, stats = block["tx"][1:], node.getblockstats(104)
    fees = sorted(round(tx["fee"] * COIN) for tx in txs)
    sizes = sorted(tx["size"] for tx in txs)
    rates = sorted((round(tx["fee"] * COIN) * 4 // tx["weight"], tx["weight"]) for tx in txs)
    equal(len(txs), 3)
    equal((stats["txs"], stats["ins"], stats["outs"]), (4, 3, 8 + len(block["tx"][0]["vout"])))
    equal((stats["minfee"], stats["medianfee"], stats["maxfee"], stats["totalfee"]), (*fees, sum(fees)))
    equal((stats["mintxsize"], stats["mediantxsize"], stats["maxtxsize"], stats["total_size"]), (*sizes, sum(sizes)))
    equal((stats["minfeerate"], stats["maxfeerate"], stats["total_weight"]), (rates[0][0], rates[-1][0], sum(w for _, w in rates)))
    equal(stats["feerate_percentiles"], [next(rate for at, (rate, _) in enumerate(rates) if sum(w for _, w in rates[:at + 1]) >=
                                              stats["total_weight"] * part) for part in (0.1, 0.25, 0.5, 0.75, 0.9)])
    equal((stats["blockhash"], stats["time"], stats["mediantime"]), (block["hash"], block["time"], block["mediantime"]))
    equal(stats["total_out"] + stats["totalfee"], sum(coin[2] for coin in coins[:3]))
    after = node.gettxoutsetinfo()["txouts"]
    equal(stats["utxo_increase_actual"], after - 103)
    equal(node.getblockstats(block["hash"]), stats)
    equal(node.getblockstats(104, ["txs", "avgfee"]), {"txs": 4, "avgfee": sum(fees) // 3})
    equal(node.getblockstats(0)["utxo_increase_actual"], 0)
    rpc_error(-8, "Invalid selected statistic 'nothing'", node.getblockstats, 104, ["txs", "nothing"])
    rpc_error(-8, "Target block height 105 after current tip 104", node.getblockstats, 105)


def test_invalidate_and_reconsider(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 105)
    hashes = [node.getblockhash(h) for h in range(106)]
    tx = spend([coins[0]])
    node.sendrawtransaction(tx.hex)
    mine_true(node, 1)
    tip, before = node.getbestblockhash(), node.gettxoutsetinfo()
    equal(node.getrawmempool(), [])
    node.invalidateblock(hashes[104])
    equal(node.getbestblockhash(), hashes[103])
    equal(node.getrawmempool(), [tx.txid])
    equal([t["status"] for t in node.getchaintips() if t["hash"] == tip], ["invalid"])
    node.reconsiderblock(hashes[104])
    equal(node.getbestblockhash(), tip)
    equal(node.getrawmempool(), [])
    equal(node.gettxoutsetinfo()["hash_serialized_3"], before["hash_serialized_3"])
    rpc_error(-5, "Block not found", node.invalidateblock, "00" * 32)


def test_branches(lab: Lab):
    node = lab.node()
    mine_true(node, 3)
    fork = node.getbestblockhash()
    rival = next_block(node, extra=b"\x07")
    mine_true(node, 1)
    tip = node.getbestblockhash()
    equal(node.submitblock(rival.hex), "inconclusive")
    equal(node.getbestblockhash(), tip)
    equal([t["branchlen"] for t in node.getchaintips() if t["hash"] == rival.hash], [1])
    equal(node.getblockheader(rival.hash)["confirmations"], -1)
    equal(node.getblockheader(fork)["confirmations"], 2)


def test_waits(lab: Lab):
    node = lab.node()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        def wait(method, *parameters):
            return pool.submit(Node("twin", node.folder, node.port, node.rpc_port).rpc, method, *parameters)
        waits = [wait("waitforblockheight", 2, 20000), wait("waitfornewblock", 20000)]
        time.sleep(0.3)  # both are waiting
        mine_true(node, 2)
        hashes = [node.getblockhash(h) for h in (1, 2)]
        equal(waits[0].result()["hash"], hashes[1])
        assert waits[1].result()["hash"] in hashes
    equal(node.waitforblock(hashes[0], 100)["height"], 2)
    equal(node.waitforblockheight(50, 50)["height"], 2)


def test_difficulty_and_rate(lab: Lab):
    node = lab.node()
    mine_true(node, 20)
    assert 0 < node.getdifficulty() < 1
    assert node.getnetworkhashps() > 0
    stats = node.getchaintxstats(10)
    equal((stats["window_block_count"], stats["window_final_block_height"], stats["txcount"]), (10, 20, 21))


def test_verifychain(lab: Lab):
    """Checked against Bitcoin Core's argument rules: levels below 0 count as 0, 0 blocks are all of them."""
    node = lab.node("-checkblocks=0", "-checklevel=4")
    mine_true(node, 12)
    for level in (-1, 0, 1, 2, 3, 4, 9):
        for blocks in (-1, 0, 1, 6, 500):
            equal(node.verifychain(level, blocks), True)
    equal(node.verifychain(), True)
    rpc_error(-3, "not of expected type number", node.verifychain, "x")
    node.stop()
    node.start()
    equal(node.getblockcount(), 12)
    contains((node.chain_folder / "debug.log").read_text(), "Verifying last 12 blocks at level 4")


def test_preciousblock_outlives_a_restart(lab: Lab):
    """Of two branches with equal work the one that was preferred stays the chain (catalogue C46)."""
    a, b = lab.node(), lab.node()
    mine_true(a, 2)
    b.generatetodescriptor(2, "raw(52)")
    mine, other = a.getbestblockhash(), b.getbestblockhash()
    for height in (1, 2):
        a.submitblock(b.getblock(b.getblockhash(height), 0))
    equal(a.getbestblockhash(), mine)
    for wanted in (other, mine, other):
        equal(a.preciousblock(wanted), None)
        equal(a.getbestblockhash(), wanted)
        a.kill()
        a.start()
        equal(a.getbestblockhash(), wanted)
    equal(sorted(t["status"] for t in a.getchaintips()), ["active", "valid-fork"])
    rpc_error(-5, "Block not found", a.preciousblock, "00" * 32)


main()
