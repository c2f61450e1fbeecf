#!/usr/bin/env python3
"""The same questions about the same chain, asked of ycoind and of Bitcoin Core: the same JSON but for named members."""
from sides import Lab, both, equal, main, outcome, same, wait_same_mempool, wait_same_tip

from blocks import COIN, TRUE_OUTPUT, Tx, mine_true, spend

# Deployments: Bitcoin Core lists no buried taproot, which some clients look for, and has a rule for tests.
# Of the node and not of the chain, or of Bitcoin Core's own bookkeeping.
OF_THE_NODE = {"size_on_disk", "verificationprogress", "warnings", "time_first_seen", "disk_size"}
KEY = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
SCRIPTS = [TRUE_OUTPUT, b"\x76\xa9\x14" + b"\x11" * 20 + b"\x88\xac", b"\xa9\x14" + b"\x22" * 20 + b"\x87", b"\x00\x14" + b"\x33" * 20,
           b"\x51\x20" + KEY[1:], b"\x21" + KEY + b"\xac", b"\x51\x21" + KEY + b"\x21" + KEY + b"\x52\xae", b"\x6a\x04data", b"\x52\x02\x4e\x73",
           b"\x51\x02\x4e\x73", b"\x60\x10" + b"\x44" * 16, b"", b"\x4c", b"\xff\xff", b"\x6a\x4c\x05ab", b"\x63\x51\x67\x00\x68",
           b"\x03\x01\x00\x80\x01\x81\x4f\x05\x01\x02\x03\x04\x05"]


def rich_chain(lab):
    """Two nodes on one chain whose blocks hold outputs of every form."""
    node, other = both(lab)
    coins = mine_true(node, 105)
    wait_same_tip([node, other])
    many = spend([coins[0]], outputs=len(SCRIPTS) + 1)
    for i, script in enumerate(SCRIPTS):
        many.outputs[i + 1][1] = script
    plain = Tx([[coins[1][0], 0, b"", 0xFFFFFFFF], [coins[2][0], 0, b"", 7]], [[coins[1][2], TRUE_OUTPUT]], [[b"\x51"]] * 2, lock_time=50, version=1)
    made = other.generateblock(f"raw({TRUE_OUTPUT.hex()})", [many.hex, plain.hex])
    wait_same_tip([node, other])
    equal(node.getbestblockhash(), made["hash"])
    return node, other, coins, [many, plain]


def test_blocks(lab: Lab):
    node, other, _, _ = rich_chain(lab)
    for height in (0, 1, 2, 50, 105, 106):
        block_hash = other.getblockhash(height)
        equal(node.getblockhash(height), block_hash)
        for verbosity in (0, 1, 2, 3, False, True):
            same(f"getblock {height} {verbosity}", node.getblock(block_hash, verbosity), other.getblock(block_hash, verbosity))
        for verbose in (True, False):
            same(f"getblockheader {height}", node.getblockheader(block_hash, verbose), other.getblockheader(block_hash, verbose))


def test_transactions_and_scripts(lab: Lab):
    node, other, _, txs = rich_chain(lab)
    tip = other.getbestblockhash()
    for tx in txs:
        for verbosity in (0, 1, 2):
            same(f"getrawtransaction {verbosity}", node.getrawtransaction(tx.txid, verbosity, tip), other.getrawtransaction(tx.txid, verbosity, tip))
        same("decoderawtransaction", node.decoderawtransaction(tx.hex), other.decoderawtransaction(tx.hex))
        for n in range(len(tx.outputs)):
            same(f"gettxout {n}", node.gettxout(tx.txid, n), other.gettxout(tx.txid, n))
    for script in SCRIPTS:
        same(f"decodescript {script.hex()}", outcome(node.decodescript, script.hex()), outcome(other.decodescript, script.hex()))


def test_state(lab: Lab):
    node, other, _, _ = rich_chain(lab)
    same("getblockchaininfo", node.getblockchaininfo(), other.getblockchaininfo(), OF_THE_NODE)
    same("getchaintips", node.getchaintips(), other.getchaintips())
    same("gettxoutsetinfo", node.gettxoutsetinfo(), other.gettxoutsetinfo(), OF_THE_NODE)
    same("getchaintxstats", node.getchaintxstats(50), other.getchaintxstats(50))
    same("getdeploymentinfo", node.getdeploymentinfo(), other.getdeploymentinfo(), {"script_flags", "taproot", "testdummy"})
    same("getdifficulty", node.getdifficulty(), other.getdifficulty())
    same("getnetworkhashps", node.getnetworkhashps(50), other.getnetworkhashps(50))
    for address in ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
                    "2N9QqxVBxLzLb3eLBBQ3mNkZKJpmiyfFvQN", "nowhere", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", ""):
        same(f"validateaddress {address}", node.validateaddress(address), other.validateaddress(address))


def test_pool(lab: Lab):
    node, other, coins, _ = rich_chain(lab)
    first = spend([coins[3]], fee_sat=3000, outputs=2)
    second = spend([(first.txid, 0, first.outputs[0][0]), coins[4]], fee_sat=9000)
    for tx in (first, second):
        other.sendrawtransaction(tx.hex)
    wait_same_mempool([node, other])
    ignore = {"time", "unbroadcast", "chunkweight", "chunk", "fees.chunk", "bip125-replaceable"}  # the last one for older clients
    same("getrawmempool", node.getrawmempool(True), other.getrawmempool(True), ignore)
    for tx in (first, second):
        same("getmempoolentry", node.getmempoolentry(tx.txid), other.getmempoolentry(tx.txid), ignore)
        same("getrawtransaction", node.getrawtransaction(tx.txid, 1), other.getrawtransaction(tx.txid, 1))
    same("getmempoolinfo", node.getmempoolinfo(), other.getmempoolinfo(),
         {"usage", "unbroadcastcount", "limitclustercount", "limitclustersize", "optimal", "fullrbf", "total_fee", "permitbaremultisig", "maxdatacarriersize"})
    same("gettxspendingprevout", node.gettxspendingprevout([{"txid": first.txid, "vout": n} for n in (0, 1)]),
         other.gettxspendingprevout([{"txid": first.txid, "vout": n} for n in (0, 1)]))
    rules = {"rules": ["segwit"]}
    ours, theirs = node.getblocktemplate(rules), other.getblocktemplate(rules)
    same("getblocktemplate", ours, theirs, {"curtime", "mintime", "longpollid", "capabilities", "coinbasetxn"})
    assert ours["coinbasevalue"] == 50 * COIN + 12000


def test_errors(lab: Lab):
    """The same code and the same sentence for calls that are wrong."""
    node, other, _, _ = rich_chain(lab)
    calls = [("getblock",), ("getblock", "00"), ("getblock", "z" * 64), ("getblock", "00" * 32), ("getblock", 5), ("getblockhash", -1), ("getblockhash", 107),
             ("getblockheader", "11" * 32), ("gettxout", "00", 0), ("getrawtransaction", "22" * 32), ("getrawtransaction", "22" * 32, 0, "33" * 32),
             ("getrawtransaction", "2", 1), ("sendrawtransaction", "00"), ("sendrawtransaction", ""), ("decoderawtransaction", "zz"), ("decoderawtransaction", "00"),
             ("testmempoolaccept", []), ("testmempoolaccept", ["00"]), ("submitblock", "00"), ("submitheader", "00"), ("submitheader", "00" * 80),
             ("getblocktemplate", {}), ("getblocktemplate", {"mode": "dance"}), ("getblocktemplate", {"mode": "proposal"}), ("getmempoolentry", "44" * 32),
             ("getmempoolancestors", "44" * 32), ("generatetoaddress", 1, "nowhere"), ("decodescript", "zz"), ("getchaintxstats", -1),
             ("getchaintxstats", 5000), ("getchaintxstats", 1, "55" * 32), ("prioritisetransaction", "66" * 32, 1, 1), ("nosuch",), ("getblockcount", 1),
             ("invalidateblock", "77" * 32), ("reconsiderblock", "77" * 32), ("gettxspendingprevout", []), ("gettxspendingprevout", [{"txid": "88" * 32, "vout": -1}]),
             ("scantxoutset", "dance"), ("waitforblockheight", 1, -1), ("addnode", "127.0.0.1:1", "dance"), ("disconnectnode", "127.0.0.1:1"),
             ("disconnectnode", "", 99), ("disconnectnode", "x", 99), ("setmocktime", -1), ("getblockhash", "0"), ("getblockhash", True), ("getblockhash", 2**40)]
    found = []
    for name, *arguments in calls:
        a, b = outcome(node.rpc, name, *arguments), outcome(other.rpc, name, *arguments)
        first = (str(a).split("\n", 1)[0], str(b).split("\n", 1)[0])  # a wrong count of arguments is answered with the help text
        if first[0] != first[1]:
            found.append(f"{name} {arguments}: ours {first[0]!r}, theirs {first[1]!r}")
    if found:
        raise AssertionError("\n".join(found))


main()
