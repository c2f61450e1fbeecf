#!/usr/bin/env python3
"""Transactions by RPC: made, decoded, tested, sent, found again, and refused with Bitcoin Core's words."""
import blocks
from blocks import COIN, TRUE_OUTPUT, Tx, mine_true, spend
from framework import Lab, contains, equal, main, rpc_error


def test_decode(lab: Lab):
    node = lab.node()
    tx = Tx([["11" * 32, 3, b"\x01\x02", 0xFFFFFFFE]], [[123456789, TRUE_OUTPUT], [0, b"\x6a\x02hi"]], [[b"\xaa", b""]], lock_time=77)
    shown = node.decoderawtransaction(tx.hex)
    equal((shown["txid"], shown["version"], shown["locktime"], shown["size"]), (tx.txid, 2, 77, len(tx.bytes())))
    equal(shown["hash"], blocks.shown(tx.wtxid32))
    equal(shown["weight"], 3 * len(tx.bytes(False)) + len(tx.bytes()))
    equal(shown["vin"][0], {"txid": "11" * 32, "vout": 3, "scriptSig": {"asm": shown["vin"][0]["scriptSig"]["asm"], "hex": "0102"},
                            "txinwitness": ["aa", ""], "sequence": 0xFFFFFFFE})
    equal([int(o["value"] * COIN) for o in shown["vout"]], [123456789, 0])
    equal([o["scriptPubKey"]["type"] for o in shown["vout"]], ["witness_v0_scripthash", "nulldata"])
    for bad in ("", "00", tx.hex[:-2], tx.hex + "00", "zz"):
        rpc_error(-22, "TX decode failed", node.decoderawtransaction, bad)
    rpc_error(-3, "JSON value of type string is not of expected type array", node.createrawtransaction, [], "foo")


def test_send_and_find(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    tx = spend([coins[0]], fee_sat=5000)
    equal(node.sendrawtransaction(tx.hex), tx.txid)
    equal(node.sendrawtransaction(tx.hex), tx.txid)
    equal(node.getrawtransaction(tx.txid), tx.hex)
    shown = node.getrawtransaction(tx.txid, 1)
    equal((shown["hex"], shown.get("confirmations", 0)), (tx.hex, 0))
    entry = node.getmempoolentry(tx.txid)
    equal((int(entry["fees"]["base"] * COIN), entry["ancestorcount"], entry["descendantcount"]), (5000, 1, 1))
    equal(node.getrawmempool(True)[tx.txid]["vsize"], entry["vsize"])
    equal(node.getmempoolinfo()["size"], 1)
    mine_true(node, 1)
    tip = node.getbestblockhash()
    equal(node.getrawtransaction(tx.txid, 1, tip)["confirmations"], 1)
    equal(node.getrawtransaction(tx.txid, 0, tip), tx.hex)
    rpc_error(-5, "No such mempool transaction", node.getrawtransaction, "44" * 32)
    rpc_error(-5, "No such transaction found in the provided block", node.getrawtransaction, "44" * 32, 0, tip)
    rpc_error(-5, "not in mempool", node.getmempoolentry, tx.txid)
    rpc_error(-27, "Transaction outputs already in utxo set", node.sendrawtransaction, tx.hex)


def test_refusals(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 102)

    def refused(tx, reason, code=-26):
        rpc_error(code, reason, node.sendrawtransaction, tx.hex, 0)
        result = node.testmempoolaccept([tx.hex], 0)[0]
        equal((result["txid"], result["allowed"]), (tx.txid, False))
        return result["reject-reason"]

    equal(refused(spend([("55" * 32, 0, COIN)]), "bad-txns-inputs-missingorspent", -25), "missing-inputs")
    refused(spend([coins[60]]), "bad-txns-premature-spend-of-coinbase")
    refused(spend([coins[0]], fee_sat=-1), "bad-txns-in-belowout")
    refused(spend([coins[0]], fee_sat=0), "min relay fee not met")
    refused(spend([coins[0]], script=b"\x51"), "scriptpubkey")
    dust = spend([coins[0]], outputs=2)
    dust.outputs[1][0] = 1
    refused(dust, "dust")
    late = spend([coins[0]], sequence=0xFFFFFFFE)
    late.lock_time = 1000
    refused(late, "non-final")
    locked = spend([coins[0]], sequence=1000)
    refused(locked, "non-BIP68-final")
    odd = spend([coins[0]])
    odd.version = 99
    refused(odd, "version")
    false_script = spend([coins[0]])
    false_script.witness = [[b"\x00"]]
    contains(refused(false_script, "mempool-script-verify-flag-failed (Witness program hash mismatch)"), "mempool-script-verify-flag-failed")
    twin = spend([coins[0]])
    twin.inputs *= 2
    twin.witness *= 2
    refused(twin, "bad-txns-inputs-duplicate")
    empty = spend([coins[0]])
    empty.outputs = []
    refused(empty, "bad-txns-vout-empty")
    rich = spend([coins[0]], outputs=2)
    rich.outputs[0][0] = 21_000_001 * COIN
    refused(rich, "bad-txns-vout-toolarge")
    negative = spend([coins[0]], outputs=2)
    negative.outputs[0][0] = -1
    refused(negative, "bad-txns-vout-negative")
    generous = spend([coins[0]], fee_sat=COIN)
    rpc_error(-25, "Fee exceeds maximum configured by user", node.sendrawtransaction, generous.hex)
    equal(node.testmempoolaccept([generous.hex])[0]["reject-reason"], "max-fee-exceeded")
    equal(node.getrawmempool(), [])


def test_testmempoolaccept(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    tx = spend([coins[0]], fee_sat=5000)
    result = node.testmempoolaccept([tx.hex])[0]
    equal((result["allowed"], int(result["fees"]["base"] * COIN), result["vsize"]), (True, 5000, (3 * len(tx.bytes(False)) + len(tx.bytes()) + 3) // 4))
    equal(node.getrawmempool(), [])
    node.sendrawtransaction(tx.hex)
    equal(node.testmempoolaccept([tx.hex])[0]["reject-reason"], "txn-already-in-mempool")
    rpc_error(-8, "Array must contain between 1 and 25 transactions", node.testmempoolaccept, [])
    rpc_error(-22, "TX decode failed", node.testmempoolaccept, ["00"])


def test_relatives(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    chain, coin = [], coins[0]
    for _ in range(4):
        tx = spend([coin])
        node.sendrawtransaction(tx.hex)
        chain.append(tx.txid)
        coin = (tx.txid, 0, tx.outputs[0][0])
    equal(sorted(node.getmempoolancestors(chain[3])), sorted(chain[:3]))
    equal(sorted(node.getmempooldescendants(chain[0])), sorted(chain[1:]))
    equal(node.getmempoolentry(chain[1])["ancestorcount"], 2)
    equal(node.getmempoolentry(chain[1])["depends"], [chain[0]])
    equal(node.gettxspendingprevout([{"txid": chain[0], "vout": 0}])[0]["spendingtxid"], chain[1])


def test_pool_survives_restart(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 102)
    txids = [node.sendrawtransaction(spend([c]).hex) for c in coins[:2]]
    equal(node.stop(), 0)
    node.start()
    equal(sorted(node.getrawmempool()), sorted(txids))


def test_an_output_named_twice_is_refused(lab: Lab):
    """One of the two amounts would go to fees without a word."""
    node = lab.node()
    done = lab.program("ycoin-cli", "-regtest", f"-datadir={node.folder}", f"-rpcport={node.rpc_port}", "createrawtransaction", "[]",
                       '{"data":"00","data":"01"}')
    assert done.returncode != 0 and "names a member twice" in done.stderr, (done.returncode, done.stdout, done.stderr)


main()
