#!/usr/bin/env python3
"""What a node has said it knows is still there after kill -9; files that are spoiled or gone are told of in words."""
import http.client
import random
import threading
import time

from blocks import TRUE_DESCRIPTOR, mine_true, spend
from framework import Lab, Node, RpcError, contains, equal, main, rpc_error, start_fails, wait_same_tip, wait_until


def log_of(node):
    return (node.chain_folder / "debug.log").read_text(errors="replace")


def test_kill_at_the_tip(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 110)
    node.sendrawtransaction(spend([coins[0]]).hex)
    mine_true(node, 1)
    for _ in range(10):
        tip, before = node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]
        node.kill()
        took = node.start()
        equal(node.getbestblockhash(), tip)
        equal(node.gettxoutsetinfo()["hash_serialized_3"], before)
        assert took < 2, f"the start took {took:.1f} s"
        mine_true(node, 1)


def test_kill_right_after_an_answer(lab: Lab):
    """A block whose acceptance was answered is on the disk."""
    node = lab.node()
    for _ in range(10):
        tip = node.generatetodescriptor(1, TRUE_DESCRIPTOR)[-1]
        node.kill()
        node.start()
        equal(node.getbestblockhash(), tip)


def test_kill_during_a_burst(lab: Lab):
    node = lab.node()
    mine_true(node, 101)
    chance = random.Random(3)
    for _ in range(6):
        told = [node.getbestblockhash()]
        twin = Node("twin", node.folder, node.port, node.rpc_port)

        def burst(t=twin, heard=told):
            try:
                while True:
                    heard += t.generatetodescriptor(3, TRUE_DESCRIPTOR)
            except (OSError, http.client.HTTPException, RpcError, ValueError):
                pass  # the node is gone
        thread = threading.Thread(target=burst)
        thread.start()
        time.sleep(chance.uniform(0.02, 0.4))
        node.kill()
        thread.join()
        node.start()
        equal(node.getblockheader(told[-1])["confirmations"] >= 1, True)
        height = node.getblockcount()
        equal(node.gettxoutsetinfo("none")["height"], height)
    # What the files hold is one whole chain: another node takes all of it.
    other = lab.node()
    other.connect(node)
    wait_same_tip([node, other])
    equal(other.gettxoutsetinfo()["hash_serialized_3"], node.gettxoutsetinfo()["hash_serialized_3"])


def test_kill_during_sync(lab: Lab):
    source = lab.node()
    mine_true(source, 200)
    node = lab.node()
    chance = random.Random(4)
    for _ in range(4):
        node.addnode(f"127.0.0.1:{source.port}", "onetry")
        time.sleep(chance.uniform(0.01, 0.2))
        node.kill()
        node.start()
    node.connect(source)
    wait_same_tip([node, source])
    equal(node.gettxoutsetinfo()["hash_serialized_3"], source.gettxoutsetinfo()["hash_serialized_3"])


SPOILED = (b"", b"\x00" * 10, b"garbage" * 100)


def test_spoiled_address_book_is_kept_aside(lab: Lab):
    node = lab.node()
    equal(node.stop(), 0)
    book = node.chain_folder / "peers.dat"
    for spoiled in (*SPOILED, book.read_bytes()[:-1], book.read_bytes()[:-1] + b"x"):
        book.write_bytes(spoiled)
        node.start()
        wait_until("a warning", lambda: "It is kept as" in log_of(node))
        equal(book.with_suffix(".dat.bak").read_bytes(), spoiled)
        equal((node.stop(), node.stderr()), (0, ""))
        book.with_suffix(".dat.bak").unlink()
        (node.chain_folder / "debug.log").unlink()


def test_saved_pool_outlives_a_kill(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    txid = node.sendrawtransaction(spend([coins[0]]).hex)
    equal(node.savemempool(), {"filename": str(node.chain_folder / "mempool.dat")})
    node.kill()
    node.start()
    wait_until("the pool is back", lambda: node.getrawmempool() == [txid])


def test_spoiled_pool_is_passed_over(lab: Lab):
    node = lab.node()
    coins = mine_true(node, 101)
    txid = node.sendrawtransaction(spend([coins[0]]).hex)
    equal(node.stop(), 0)
    saved = node.chain_folder / "mempool.dat"
    good = saved.read_bytes()
    for spoiled in (*SPOILED, good[:-1], good[:-1] + bytes([good[-1] ^ 1])):
        saved.write_bytes(spoiled)
        node.start()
        wait_until("a warning", lambda: "saved transaction" in log_of(node))
        equal(node.getrawmempool(), [])
        equal((node.stop(), node.stderr()), (0, ""))
        (node.chain_folder / "debug.log").unlink()
        equal(saved.with_suffix(".dat.bad").read_bytes(), spoiled)  # catalogue S17
        saved.with_suffix(".dat.bad").unlink()
    saved.write_bytes(good)
    node.start()
    wait_until("the pool is back", lambda: node.getrawmempool() == [txid])


def test_block_file_gone(lab: Lab):
    node = lab.node()
    mine_true(node, 5)
    equal(node.stop(), 0)
    file = node.chain_folder / "blocks" / "blk00000.dat"
    file.rename(file.with_suffix(".away"))
    node.start(wait=False)
    equal(node.wait_end(), 1)
    contains(node.stderr(), "Error: ")
    contains(node.stderr(), "blk00000.dat")
    contains(node.stderr(), "-reindex")
    file.with_suffix(".away").rename(file)
    node.start()
    equal(node.getblockcount(), 5)


def spoil_block(node, parent):
    """Flip a bit in the block on this parent, as it lies on the disk."""
    file = node.chain_folder / "blocks" / "blk00000.dat"
    data = bytearray(file.read_bytes())
    at = data.find(bytes.fromhex(parent)[::-1])  # in its header
    assert at > 0
    data[at + 60] ^= 1
    file.write_bytes(data)


def test_block_file_spoiled(lab: Lab):
    """Catalogue S09: what is damaged is not served; the rest is."""
    node = lab.node()
    mine_true(node, 12)
    hashes = [node.getblockhash(h) for h in range(6)]
    equal(node.stop(), 0)
    spoil_block(node, hashes[2])
    node.start()
    rpc_error(-1, "blk00000.dat is damaged", node.getblock, hashes[3])
    equal(node.getblock(hashes[4])["hash"], hashes[4])
    equal(node.verifychain(0, 0), False)
    equal(node.verifychain(4, 6), True)


def test_block_file_spoiled_near_the_tip(lab: Lab):
    """Catalogue S09: -checkblocks looks at the last blocks at the start; damage there is a clear stop."""
    node = lab.node()
    mine_true(node, 12)
    below = node.getblockhash(9)
    equal(node.stop(), 0)
    spoil_block(node, below)
    start_fails(node, "blk00000.dat is damaged", "-reindex")
    spoil_block(node, below)
    node.start()
    equal(node.getblockcount(), 12)


def test_kill_during_reindex(lab: Lab):
    node = lab.node()
    mine_true(node, 150)
    tip, before = node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]
    equal(node.stop(), 0)
    chance = random.Random(5)
    for option in ("-reindex", "-reindex-chainstate", "-reindex"):
        node.start([option], wait=False)
        time.sleep(chance.uniform(0.01, 0.15))
        node.kill()
    node.start()
    wait_until("all blocks are back", lambda: node.getbestblockhash() == tip)
    equal(node.gettxoutsetinfo()["hash_serialized_3"], before)


def test_reindex(lab: Lab):
    node = lab.node()
    mine_true(node, 30)
    tip, before = node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]
    equal(node.stop(), 0)
    for option in ("-reindex-chainstate", "-reindex"):
        node.start([option])
        wait_until("all blocks are back", lambda: node.getbestblockhash() == tip)
        equal(node.gettxoutsetinfo()["hash_serialized_3"], before)
        equal(node.stop(), 0)


main()
