#!/usr/bin/env python3
"""loadtxoutset: a node goes on from another's set of coins, and validates what lies below in the background (S01, S02)."""
import hashlib
import os
import struct

from blocks import mine_true, spend
from framework import Lab, contains, equal, main, rpc_error, start_fails, wait_until

BASE, TIP = 110, 130


def miner(lab):
    """A chain that spends, its set of coins at BASE in a file, and the option by which others know it."""
    node = lab.node()
    coins = mine_true(node, 105)
    for i in range(5):
        node.sendrawtransaction(spend([coins[i]], outputs=3 + i).hex)
        coins += mine_true(node, 1)
    out = node.dumptxoutset(str(lab.folder / "set.dat"), "latest")
    equal(out["base_height"], BASE)
    known = f"-assumeutxo={BASE}:{out['base_hash']}:{out['txoutset_hash']}:{out['nchaintx']}"
    totals = node.gettxoutsetinfo()
    for i in range(5, 5 + TIP - BASE):
        if i < 15:
            node.sendrawtransaction(spend([coins[i]]).hex)
        mine_true(node, 1)
    return node, out, known, totals


def give_headers(a, b):
    for height in range(1, TIP + 1):
        b.submitheader(a.getblockheader(a.getblockhash(height), False))


def give_blocks(a, b, heights):
    for height in heights:
        b.submitblock(a.getblock(a.getblockhash(height), 0))


def services(node):
    names = node.getnetworkinfo()["localservicesnames"]
    equal("NETWORK_LIMITED" in names, True)
    return "NETWORK" in names


def states(node):
    return node.getchainstates()["chainstates"]


def check_done(a, b):
    wait_until("the background has come to the base", lambda: len(states(b)) == 1 and b.getblockcount() == TIP)
    equal((b.getblockcount(), states(b)[0]["validated"]), (TIP, True))
    equal(b.gettxoutsetinfo("hash_serialized_3", use_index=False)["hash_serialized_3"],
          a.gettxoutsetinfo()["hash_serialized_3"])
    wait_until("it says that it has all blocks", lambda: services(b))
    for height in (1, BASE - 1, BASE, BASE + 1, TIP):
        block = a.getblockhash(height)
        equal(b.getblock(block, 0), a.getblock(block, 0))
        equal(b.getchaintxstats(0, block)["txcount"], a.getchaintxstats(0, block)["txcount"])
        equal(b.getblock(block, 3), a.getblock(block, 3))  # undo data too
    assert "backgroundvalidation" not in b.getblockchaininfo()


def test_load_and_catch_up(lab: Lab):
    a, out, known, totals = miner(lab)
    b = lab.node(known, "-txindex", "-blockfilterindex", "-coinstatsindex")
    rpc_error(-32603, "must appear in the headers chain", b.loadtxoutset, out["path"])
    give_headers(a, b)
    give_blocks(a, b, (1, 2, 3))
    wait_until("indexes follow", lambda: all(i["synced"] for i in b.getindexinfo().values()))
    equal(services(b), True)
    loaded = b.loadtxoutset(out["path"])
    equal(loaded, {"coins_loaded": out["coins_written"], "tip_hash": out["base_hash"], "base_height": BASE, "path": out["path"]})
    equal((b.getblockcount(), b.getbestblockhash(), services(b)), (BASE, out["base_hash"], False))
    old, new = states(b)
    equal((old["blocks"], old["validated"], "snapshot_blockhash" in old), (3, True, False))
    equal((new["blocks"], new["validated"], new["snapshot_blockhash"]), (BASE, False, out["base_hash"]))
    behind = b.getblockchaininfo()["backgroundvalidation"]
    equal((behind["snapshotheight"], behind["blocks"], behind["bestblockhash"]), (BASE, 3, a.getblockhash(3)))
    info = b.gettxoutsetinfo("hash_serialized_3", use_index=False)
    equal([info[k] for k in ("height", "txouts", "hash_serialized_3")], [totals[k] for k in ("height", "txouts", "hash_serialized_3")])
    rpc_error(-1, "Block not available (not fully downloaded)", b.getblock, out["base_hash"])
    contains(rpc_error(-20, "cannot be invalidated", b.invalidateblock, a.getblockhash(50)), "still being validated")
    rpc_error(-32603, "more than once", b.loadtxoutset, out["path"])
    give_blocks(a, b, range(BASE + 1, TIP + 1))
    equal(b.getblockcount(), TIP)
    b.stop()
    b.start()
    equal((b.getblockcount(), len(states(b)), services(b)), (TIP, 2, False))
    assert all(not i["synced"] for i in b.getindexinfo().values()), b.getindexinfo()
    b.connect(a)
    check_done(a, b)
    wait_until("indexes have caught up", lambda: all(i["synced"] and i["best_block_height"] == TIP for i in b.getindexinfo().values()))
    b.stop()
    equal((b.chain_folder / "chainstate_snapshot").exists(), True)
    b.start()
    equal((b.chain_folder / "chainstate_snapshot").exists(), False)
    check_done(a, b)


def test_kill_at_any_time(lab: Lab):
    a, out, known, _ = miner(lab)
    b = lab.node(known)
    give_headers(a, b)
    b.loadtxoutset(out["path"])
    b.kill()
    b.start()
    equal((b.getblockcount(), len(states(b))), (BASE, 2))
    for height in (10, 11, 60, BASE - 1):
        give_blocks(a, b, range(states(b)[0]["blocks"] + 1, height + 1))
        b.kill()
        b.start()
        equal(len(states(b)), 2)
        wait_until("the background has come as far again", lambda h=height: states(b)[0]["blocks"] == h)
    give_blocks(a, b, range(BASE + 1, TIP + 1))
    b.kill()
    b.start()
    equal(b.getblockcount(), TIP)
    give_blocks(a, b, [BASE])
    check_done(a, b)
    b.kill()
    b.start()
    check_done(a, b)


def large_file(path, head, coins):
    """A file of that head with so many coins, none of which exist."""
    with open(path, "wb") as f:
        f.write(head[:43] + struct.pack("<Q", coins))
        for i in range(coins):
            f.write(hashlib.sha256(struct.pack("<I", i)).digest() + bytes([1, 0, 2, 50, 7, 0x51]))


def test_kill_while_loading(lab: Lab):
    a, out, known, _ = miner(lab)
    b = lab.node(known)
    give_headers(a, b)
    give_blocks(a, b, (1, 2))
    head = open(out["path"], "rb").read(43)
    large_file(lab.folder / "large.dat", head, 400_000)
    child = os.fork()
    if child == 0:
        try:
            b._connection = None
            b.rpc("loadtxoutset", str(lab.folder / "large.dat"))
        except Exception:  # the node is killed under our hands
            pass
        os._exit(0)
    log = b.chain_folder / "debug.log"
    wait_until("a part has been loaded", lambda: "coins loaded (5%)" in log.read_text())
    equal(b.getblockcount(), 2)  # it serves meanwhile
    b.kill()
    os.waitpid(child, 0)
    equal((b.chain_folder / "chainstate_snapshot").exists(), True)
    b.start()
    contains(log.read_text(), "what there is of it is removed")
    equal((b.getblockcount(), len(states(b)), (b.chain_folder / "chainstate_snapshot").exists()), (2, 1, False))
    # To the end, it is another set than the one that is known.
    rpc_error(-32603, "Population failed: Bad snapshot content hash: expected " + out["txoutset_hash"], b.loadtxoutset,
              str(lab.folder / "large.dat"))
    equal((b.getblockcount(), (b.chain_folder / "chainstate_snapshot").exists()), (2, False))
    b.loadtxoutset(out["path"])
    b.connect(a)
    check_done(a, b)


def test_wrong_sets(lab: Lab):
    a, out, known, _ = miner(lab)
    data = open(out["path"], "rb").read()
    bad = lab.folder / "bad.dat"
    b = lab.node(known)
    give_headers(a, b)

    def refused(content, code, text):
        bad.write_bytes(content)
        rpc_error(code, text, b.loadtxoutset, str(bad))
        equal((len(states(b)), (b.chain_folder / "chainstate_snapshot").exists()), (1, False))

    rpc_error(-8, "Couldn't open file /nowhere for reading", b.loadtxoutset, "/nowhere")
    refused(b"", -22, "Invalid UTXO set snapshot magic bytes")
    refused(b"garbage" * 100, -22, "Invalid UTXO set snapshot magic bytes")
    refused(data[:5] + b"\x03\x00" + data[7:], -22, "Version of snapshot 3")
    refused(data[:7] + bytes.fromhex("f9beb4d9") + data[11:], -22, "The network of the snapshot (main) does not match")
    refused(data[:7] + bytes(4) + data[11:], -22, "unrecognized network")
    refused(data[:11] + bytes(32) + data[43:], -32603, f"The following snapshot heights are available: {BASE}")
    refused(data[:-1], -32603, "Bad snapshot format or truncated snapshot")
    refused(data + b"\0", -32603, "coins left over")
    refused(data[:51] + b"\xff" * 32 + data[83:], -32603, "Bad snapshot content hash")
    b.stop()
    start_fails(b, "-assumeutxo=5 is no set of coins", extra=["-assumeutxo=5"])
    # A set that is known by a hash that the blocks do not lead to is loaded, and found out.
    changed = bytearray(data)
    changed[51 + 32 + 1 + 1] ^= 2
    bad.write_bytes(changed)
    b.start()
    got = rpc_error(-32603, "Bad snapshot content hash", b.loadtxoutset, str(bad)).split("got ")[1][:64]
    b.stop()
    b.options = [known.replace(out["txoutset_hash"], got)]
    b.start()
    equal(b.loadtxoutset(str(bad))["base_height"], BASE)
    give_blocks(a, b, range(BASE + 1, TIP + 1))
    equal(b.getblockcount(), TIP)
    b.connect(a)
    equal(b.wait_end(60), 1)
    contains(b.stderr(), f"The snapshot at height {BASE} is wrong: the hash of its coins is {got}, and that of those that the "
                         f"blocks lead to is {out['txoutset_hash']}")
    b.start()
    equal((b.chain_folder / "chainstate_snapshot_INVALID").exists(), True)
    equal(len(states(b)), 1)
    check_done(a, b)  # the blocks above are here, and are connected to the right coins


def test_reindex_begins_anew(lab: Lab):
    a, out, known, _ = miner(lab)
    b = lab.node(known)
    give_headers(a, b)
    for option in ("-reindex", "-reindex-chainstate"):
        b.loadtxoutset(out["path"])
        give_blocks(a, b, [1, 2, 3, *range(BASE + 1, TIP + 1)])
        b.stop()
        b.start([option])
        wait_until("what is stored is connected", lambda: b.getblockcount() == 3)
        equal((len(states(b)), (b.chain_folder / "chainstate_snapshot").exists()), (1, False))
        give_headers(a, b)
    b.connect(a)
    check_done(a, b)


if __name__ == "__main__":
    main()
