#!/usr/bin/env python3
"""Mining by RPC: templates, proposals, long polls, submitted blocks and why they are refused."""
import concurrent.futures
import time

import blocks
from blocks import Block, Tx, coinbase, mine_true, next_block, push_height, spend, subsidy_sat, wired
from framework import Lab, Node, contains, equal, main, rpc_error

RULES = {"rules": ["segwit"]}


def from_template(template, reward=None):
    """The block that a miner makes of a template."""
    height = template["height"]
    cb = coinbase(height, template["coinbasevalue"] if reward is None else reward, bip54="!bip54" in template["rules"])
    if "!bip54" not in template["rules"]:
        cb.inputs[0][3] = blocks.FINAL
    block = Block(template["previousblockhash"], template["curtime"], [cb], int(template["bits"], 16), template["version"])
    others = [bytes.fromhex(t["data"]) for t in template["transactions"]]
    cb.outputs.append([0, bytes.fromhex(template["default_witness_commitment"])])
    cb.witness = [[b"\x00" * 32]]
    block.root = blocks.merkle_root([wired(cb.txid)] + [wired(t["txid"]) for t in template["transactions"]])
    block.solve()
    return block, (block.header() + blocks.compact(1 + len(others)) + cb.bytes() + b"".join(others)).hex()


def test_template_of_an_empty_pool(lab: Lab):
    node = lab.node()
    mine_true(node, 1)
    template = node.getblocktemplate(RULES)
    equal((template["height"], template["previousblockhash"]), (2, node.getbestblockhash()))
    equal(template["coinbasevalue"], subsidy_sat(2))
    equal(template["transactions"], [])
    equal((template["bits"], template["target"][:2]), ("207fffff", "7f"))
    equal((template["sigoplimit"], template["sizelimit"], template["weightlimit"]), (80000, 4000000, 4000000))
    equal(template["noncerange"], "00000000ffffffff")
    for key in ("capabilities", "rules", "vbavailable", "mutable", "coinbaseaux", "curtime", "mintime", "longpollid", "version"):
        assert key in template, key
    contains(template["mutable"], "time")
    assert "segwit" in template["rules"] or "!segwit" in template["rules"]
    rpc_error(-8, "getblocktemplate must be called with the segwit rule set", node.getblocktemplate, {"rules": []})


def test_template_becomes_block(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 103)
    parent = spend([coins[0]], fee_sat=5000, outputs=2)
    child = spend([(parent.txid, 0, parent.outputs[0][0])], fee_sat=50000)
    other = spend([coins[1]], fee_sat=20000)
    for tx in (parent, child, other):
        node.sendrawtransaction(tx.hex)
    template = node.getblocktemplate(RULES)
    listed = template["transactions"]
    equal({t["txid"] for t in listed}, {parent.txid, child.txid, other.txid})
    position = {t["txid"]: i + 1 for i, t in enumerate(listed)}
    entry = {t["txid"]: t for t in listed}
    assert position[parent.txid] < position[child.txid]
    equal(entry[child.txid]["depends"], [position[parent.txid]])
    equal(entry[child.txid]["fee"], 50000)
    equal(template["coinbasevalue"], subsidy_sat(104) + 75000)
    block, raw = from_template(template)
    equal(node.submitblock(raw), None)
    equal(node.getbestblockhash(), block.hash)
    equal(node.getrawmempool(), [])
    equal(node.submitblock(raw), "duplicate")


def test_proposals(lab: Lab):
    node = lab.node()
    mine_true(node, 2)
    template = node.getblocktemplate(RULES)
    block, raw = from_template(template)

    def propose(data):
        return node.getblocktemplate({"mode": "proposal", "data": data, "rules": ["segwit"]})
    equal(propose(raw), None)
    _, greedy = from_template(template, template["coinbasevalue"] + 1)
    equal(propose(greedy), "bad-cb-amount")
    spoiled = bytearray.fromhex(raw)
    spoiled[40] ^= 1
    equal(propose(spoiled.hex()), "bad-txnmrklroot")
    spoiled = bytearray.fromhex(raw)
    spoiled[4] ^= 1
    equal(propose(spoiled.hex()), "inconclusive-not-best-prevblk")
    rpc_error(-22, "Block decode failed", propose, raw[:-2])
    equal(node.getblockcount(), 2)
    equal(node.submitblock(raw), None)
    equal(propose(raw), "duplicate")
    equal(node.getbestblockhash(), block.hash)


def test_long_poll(lab: Lab):
    node = lab.node()
    mine_true(node, 1)
    template = node.getblocktemplate(RULES)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        twin = Node("twin", node.folder, node.port, node.rpc_port)
        poll = pool.submit(twin.getblocktemplate, {"rules": ["segwit"], "longpollid": template["longpollid"]})
        time.sleep(0.5)
        assert not poll.done()
        begun = time.monotonic()
        mine_true(node, 1)
        equal(poll.result(10)["previousblockhash"], node.getbestblockhash())
        assert time.monotonic() - begun < 2


def test_submitted_blocks_are_judged(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    for data in ("", "00", "zz", "f1f2" * 50):
        rpc_error(-22, "Block decode failed", node.submitblock, data)

    def verdict(change, solve=True, txs=()):
        block = next_block(node, txs)
        change(block)
        return node.submitblock((block.solve() if solve else block).hex)

    def set_value(block):
        block.txs[0].outputs[0][0] += 1
    equal(verdict(set_value), "bad-cb-amount")

    def set_height(block):
        block.txs[0].inputs[0][2] = push_height(50) + b"\x00"
    equal(verdict(set_height), "bad-cb-height")

    def no_coinbase(block):
        block.txs[0].inputs[0][0] = "11" * 32
    equal(verdict(no_coinbase), "bad-cb-missing")

    def two_coinbases(block):
        block.txs.append(coinbase(102, 0, extra=b"\x09"))
    equal(verdict(two_coinbases), "bad-cb-multiple")

    def root(block):
        block.root = b"\x01" * 32
    equal(verdict(root), "bad-txnmrklroot")

    def bits(block):
        block.bits = 0x207FFFFE
    equal(verdict(bits), "bad-diffbits")

    def old(block):
        block.time = node.getblockheader(node.getbestblockhash())["mediantime"]
    equal(verdict(old), "time-too-old")

    def early(block):
        block.time = int(time.time()) + 7200 + 600
    equal(verdict(early), "time-too-new")

    def orphan(block):
        block.previous = "22" * 32
    equal(verdict(orphan), "prev-blk-not-found")
    equal(node.submitblock(next_block(node).solve(good=False).hex), "high-hash")

    def missing(block):
        block.txs.append(spend([("33" * 32, 0, 1000000)]))
        block.commit()
    equal(verdict(missing), "bad-txns-inputs-missingorspent")

    def young(block):
        block.txs.append(spend([coins[50]]))
        block.commit()
    equal(verdict(young), "bad-txns-premature-spend-of-coinbase")

    def false_script(block):
        tx = spend([coins[0]])
        tx.witness = [[b"\x00"]]
        block.txs.append(tx)
        block.commit()
    contains(verdict(false_script), "block-script-verify-flag-failed (Witness program hash mismatch)")

    def twice(block):
        tx = spend([coins[0]])
        block.txs += [tx, spend([coins[0]], fee_sat=20000)]
        block.commit()
    equal(verdict(twice), "bad-txns-inputs-missingorspent")

    def empty(block):
        block.txs.append(Tx([[coins[0][0], 0, b"", 0]], [], [[blocks.TRUE_SCRIPT]]))
        block.commit()
    equal(verdict(empty), "bad-txns-vout-empty")
    equal(node.getblockcount(), 101)


def test_witness_missing_or_spoiled(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    tx = spend([coins[0]])
    good = next_block(node, [tx])
    # None of these bodies is the header's: the block may come again, whole.
    good.txs[0].witness = [[b"\x00" * 31]]
    equal(node.submitblock(good.hex), "bad-witness-nonce-size")
    good.txs[0].witness = [[b"\x01" * 32]]
    equal(node.submitblock(good.hex), "bad-witness-merkle-match")
    good.txs[0].witness = [[b"\x00" * 32]]
    bare = next_block(node)
    bare.txs.append(tx)
    equal(node.submitblock(bare.solve().hex), "unexpected-witness")
    tx.witness[0].insert(0, b"\x01")
    equal(node.submitblock(good.hex), "bad-witness-merkle-match")
    tx.witness[0].pop(0)
    equal(node.submitblock(good.hex), None)
    equal(node.getbestblockhash(), good.hash)


def test_coinbase_without_reserved_value(lab: Lab):
    """As Bitcoin Core does: submitblock adds the witness nonce that a miner left out."""
    node = lab.node()
    coins = mine_true(node, 101)
    good = next_block(node, [spend([coins[0]])])
    nonce = good.txs[0].witness
    good.txs[0].witness = None
    equal(node.submitblock(good.hex), None)
    good.txs[0].witness = nonce
    equal(node.getbestblockhash(), good.hash)


def test_bip54(lab: Lab):
    """On YCoin's chains a coinbase says its height in its lock time, and no transaction passes for a merkle node."""
    node = lab.node()
    coins = mine_true(node, 101)
    assert "!bip54" in node.getblocktemplate(RULES)["rules"]

    def verdict(change):
        block = next_block(node)
        change(block)
        return node.submitblock(block.solve().hex)
    equal(verdict(lambda b: setattr(b.txs[0], "lock_time", 0)), "bad-cb-locktime")
    equal(verdict(lambda b: setattr(b.txs[0], "lock_time", 100)), "bad-cb-locktime")
    equal(verdict(lambda b: b.txs[0].inputs[0].__setitem__(3, blocks.FINAL)), "bad-cb-sequence")
    small = Tx([[coins[0][0], 0, b"", 0]], [[coins[0][2], b"\x51\x75\x51\x51"]], [[blocks.TRUE_SCRIPT]])
    equal(len(small.bytes(False)), 64)
    equal(verdict(lambda b: (b.txs.append(small), b.commit())), "bad-txns-stripped-size-64")
    equal(node.getblockcount(), 101)


def test_whole_coinbase(lab: Lab):
    """-coinbaseaddress: miners that take a whole coinbase need not know any rule about it."""
    node = lab.node()
    address = node.decodescript(blocks.TRUE_OUTPUT.hex())["address"]
    assert "coinbasetxn" not in node.getblocktemplate(RULES)
    equal(node.stop(), 0)
    node.start([f"-coinbaseaddress={address}"])
    template = node.getblocktemplate({"rules": ["segwit"], "capabilities": ["coinbasetxn"]})
    raw = bytes.fromhex(template["coinbasetxn"]["data"])
    shown = node.decoderawtransaction(raw.hex())
    equal((shown["locktime"], shown["vout"][0]["scriptPubKey"]["address"]), (0, address))
    block = Block(template["previousblockhash"], template["curtime"], [], int(template["bits"], 16), template["version"])
    block.root = wired(shown["txid"])
    block.solve()
    equal(node.submitblock((block.header() + b"\x01" + raw).hex()), None)
    equal(node.gettxout(shown["txid"], 0)["scriptPubKey"]["address"], address)


def test_headers(lab: Lab):
    node = lab.node()
    block = next_block(node)
    equal(node.submitheader(block.header().hex()), None)
    info = node.getblockchaininfo()
    equal((info["blocks"], info["headers"]), (0, 1))
    equal([t["status"] for t in node.getchaintips() if t["hash"] == block.hash], ["headers-only"])
    rpc_error(-22, "Block header decode failed", node.submitheader, "00" * 79)
    equal(node.submitblock(block.hex), None)


def test_mining_info_and_priority(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 102)
    info = node.getmininginfo()
    equal((info["blocks"], info["chain"], info["pooledtx"], info["bits"]), (102, "regtest", 0, "207fffff"))
    cheap, dear = spend([coins[0]], fee_sat=1000), spend([coins[1]], fee_sat=100000)
    for tx in (cheap, dear):
        node.sendrawtransaction(tx.hex)
    equal(node.prioritisetransaction(cheap.txid, 0, 1000000), True)
    equal([t["txid"] for t in node.getblocktemplate(RULES)["transactions"]], [cheap.txid, dear.txid])
    equal(node.getprioritisedtransactions()[cheap.txid]["fee_delta"], 1000000)


def test_generate(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    tx = spend([coins[0]])
    made = node.generateblock(blocks.TRUE_DESCRIPTOR, [tx.hex])
    equal(node.getblock(made["hash"])["tx"][1:], [tx.txid])
    rpc_error(-5, "", node.generatetoaddress, 1, "nowhere")


def test_a_clock_that_is_behind_is_said_and_not_waited_for(lab: Lab):
    node = lab.node()
    hashes = node.generatetodescriptor(12, "raw(51)")
    node.setmocktime(node.getblockheader(hashes[0])["time"] - 3 * 3600)
    rpc_error(-1, "time-too-new", node.generatetodescriptor, 1, "raw(51)")
    rpc_error(-1, "time-too-new", node.getblocktemplate, {"rules": ["segwit"]})
    rpc_error(-25, "time-too-new", node.generateblock, "raw(51)", [])
    node.setmocktime(0)
    equal(len(node.generatetodescriptor(1, "raw(51)")), 1)


main()
