#!/usr/bin/env python3
"""Disks that are full, read-only, or have lost a file: the node says so in words, marks nothing invalid, and goes on once the
disk is right again (catalogue S07, S09, S12, S16, S18, S19)."""
import http.client
import os
import shutil
import subprocess

from blocks import TRUE_DESCRIPTOR, mine_true, spend
from framework import Lab, RpcError, Skip, contains, equal, main, start_fails, wait_same_tip, wait_until
from mounting import begin_where_one_may_mount, mount, unmount

GONE = (OSError, ValueError, RpcError, http.client.HTTPException)


def mount_tmpfs(folder, megabytes):
    if not mount(folder, megabytes):
        raise Skip("a small file system can only be mounted as root, or where users have namespaces of their own")


def mine_until_it_ends(node):
    """Mine big blocks until the node stops; the hash and height of the last block it answered for."""
    last = node.getbestblockhash()
    try:
        while True:
            last = node.generatetodescriptor(1, TRUE_DESCRIPTOR)[-1]
    except GONE:
        pass
    return last


def test_a_full_disk_stops_the_node_and_harms_nothing(lab: Lab):
    node = lab.node(start=False)
    mount_tmpfs(node.folder, 24)
    try:
        node.start()
        mine_true(node, 110)
        ballast = node.folder / "ballast"
        with open(ballast, "wb") as f:  # leave a little
            free = os.statvfs(node.folder)
            f.write(b"\0" * (free.f_bavail * free.f_frsize - 40_000))
        last = mine_until_it_ends(node)
        equal(node.wait_end(20), 1)
        contains(node.stderr(), "Error: ")
        ballast.unlink()
        node.start()
        assert node.getblockheader(last)["confirmations"] >= 1
        equal([t["status"] for t in node.getchaintips() if t["status"] == "invalid"], [])
        node.generatetodescriptor(5, TRUE_DESCRIPTOR)
        hash_now = node.gettxoutsetinfo()["hash_serialized_3"]
        other = lab.node()
        other.connect(node)
        wait_until("the other has it", lambda: other.getbestblockhash() == node.getbestblockhash())
        equal(other.gettxoutsetinfo()["hash_serialized_3"], hash_now)
        equal(node.stop(), 0)
    finally:
        node.end()
        unmount(node.folder)


def test_a_file_in_the_way(lab: Lab):
    node = lab.node(start=False)
    node.folder.mkdir(parents=True)
    (node.folder / "regtest").write_text("a file")
    start_fails(node, "regtest")


def test_two_nodes_one_folder(lab: Lab):
    node = lab.node()
    other = lab.node(start=False)
    other.folder = node.folder
    done = subprocess.run(other.command(), capture_output=True, text=True, timeout=20)
    equal(done.returncode, 1)
    contains(done.stderr, str(node.folder))


# What the node may do without a file or folder of its own: go on as before, or say what is missing.
PARTS = ("blocks/index", "chainstate", "blocks", "blocks/blk00000.dat", "blocks/rev00000.dat", "blocks/xor.dat", "peers.dat",
         "mempool.dat", "banlist.json", "debug.log", "fee_estimates.dat", "anchors.dat", "settings.json", "blocks/index/CURRENT",
         "chainstate/CURRENT", "blocks/index/MANIFEST*", "chainstate/MANIFEST*", "blocks/index/*.ldb", "chainstate/*.ldb",
         "blocks/index/*.log", "chainstate/*.log", "blocks/index/LOG", "chainstate/LOG")


NEEDED = ("CURRENT", "MANIFEST", ".ldb", "blk0", "rev0")
SPARE = ("peers.dat", "mempool.dat", "banlist.json", "debug.log", "fee_estimates.dat", "anchors.dat", "LOG")


def outcome(node, tip, coins):
    """After damage: True when the node serves what it served before; False when it says why it cannot. Anything else fails."""
    node.start(wait=False)

    def settled():
        if node.process.poll() is not None:
            return "ended"
        try:
            node.rpc("getblockcount")
            return "up"
        except (RpcError, *GONE):
            return None
    if wait_until("the node is up or has ended", settled, 60) == "ended":
        equal(node.process.returncode, 1)
        contains(node.stderr(), "Error: ")
        return False
    try:
        try:  # what was built anew from the block files is connected while the node is up
            wait_until("the tip is there again", lambda: node.getbestblockhash() == tip, 20)
        except TimeoutError:
            pass
        same = node.getbestblockhash() == tip and node.gettxoutsetinfo()["hash_serialized_3"] == coins
    except RpcError as e:  # met only when it was read
        contains(e.message, "-reindex")
        equal(node.stop(), 0)
        return False
    except GONE:
        node.wait_end(20)
        equal(node.process.returncode, 1)
        contains(node.stderr(), "Error: ")
        return False
    assert same, f"the node is at {node.getblockcount()} with other coins, and says nothing"
    equal(node.stop(), 0)
    equal(node.stderr(), "")
    return True


def whole(lab):
    node = lab.node()
    coins = mine_true(node, 104)
    node.sendrawtransaction(spend(coins[:1], outputs=20).hex)
    mine_true(node, 1)
    node.sendrawtransaction(spend(coins[1:2]).hex)
    tip, info = node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]
    equal(node.stop(), 0)
    node.start()  # LevelDB makes tables of its log
    equal(node.stop(), 0)
    kept = node.folder.with_name("kept")
    shutil.copytree(node.chain_folder, kept)
    return node, kept, tip, info


def damage(node, kept, pattern, how):
    """Restore the folder, spoil what the pattern names; False when there is nothing of that name."""
    shutil.rmtree(node.chain_folder)
    shutil.copytree(kept, node.chain_folder)
    found = sorted(node.chain_folder.glob(pattern))
    for path in found:
        how(path)
    return bool(found)


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def halve(path):
    if path.is_file():
        os.truncate(path, path.stat().st_size // 2)


def flip(path):
    if path.is_file() and path.stat().st_size:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0x10
        path.write_bytes(data)


def test_each_part_missing_or_spoiled(lab: Lab):
    node, kept, tip, coins = whole(lab)
    for how in (remove, halve, flip):
        for part in PARTS:
            if not damage(node, kept, part, how):
                continue
            try:
                went_on = outcome(node, tip, coins)
            except AssertionError as e:
                raise AssertionError(f"{part}, {how.__name__}d: {e}") from e
            if any(what in part for what in NEEDED):
                assert not went_on or how is flip and ".dat" in part, f"{part}, {how.__name__}d, is not missed"
            if any(what in part for what in SPARE):
                assert went_on, f"without {part} ({how.__name__}) the node does not start: {node.stderr()}"


def test_a_spoiled_index_does_not_ask_for_headers_for_ever_P46(lab: Lab):
    """A bit of the block index is wrong: the node says so and ends, or it comes to its peer's tip with a few questions."""
    node, kept, tip, coins = whole(lab)
    peer = lab.node()
    node.start()
    peer.connect(node)
    wait_same_tip([node, peer])
    equal(node.stop(), 0)
    more = peer.generatetodescriptor(3, "raw(51)")[-1]
    for place in (0.02, 0.3, 0.6, 0.95):
        def one_bit(path, place=place):
            data = bytearray(path.read_bytes())
            data[int(len(data) * place)] ^= 0x04
            path.write_bytes(data)
        assert damage(node, kept, "blocks/index/*.ldb", one_bit), "the index has no table"
        if not outcome(node, tip, coins):
            contains(node.stderr(), "reindex")
            continue
        node.start()
        node.connect(peer)
        wait_until("the node is at its peer's tip", lambda: node.getbestblockhash() == more, 30)
        asked = sum(p["bytesrecv_per_msg"].get("getheaders", 0) for p in peer.getpeerinfo())
        assert asked < 20_000, f"{asked} bytes of getheaders"
        equal(node.stop(), 0)


begin_where_one_may_mount()
main()
