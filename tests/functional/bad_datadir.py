#!/usr/bin/env python3
"""Data directories that cannot be used, and block files that nobody should trust: one sentence with the next step, an exit
status, and nothing touched (catalogue S12, S15, S16, S29)."""
import os
import pathlib
import shutil
import subprocess
import time

from blocks import mine_true
from framework import ROOT, Lab, Skip, contains, equal, main, start_fails, wait_until

# What a start writes before it looks at the data, and what LevelDB writes to look at it.
OWN = {"debug.log", ".lock", ".cookie", "ycoind.pid", "LOG", "LOG.old", "LOCK", "stderr"}


def contents(folder):
    """Every file below the folder with its bytes, but for those that any start writes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(pathlib.Path(folder).rglob("*"))
            if p.is_file() and p.name not in OWN}


def block_data(folder):
    """The part of it that is blocks."""
    return {name: data for name, data in contents(folder).items() if name.endswith(".dat")}


def refused(node, *parts, extra=()):
    """The start is refused with these parts of one sentence, and nothing is touched."""
    before = contents(node.folder)
    text = start_fails(node, *parts, extra=extra)
    equal(text.count("\n"), 1)
    after = contents(node.folder)
    equal([name for name in {**before, **after} if before.get(name) != after.get(name)], [])
    return text


def as_nobody(node):
    """Run the start as a user without rights: (exit status, standard error)."""
    if os.geteuid() != 0:
        raise Skip("only root can become somebody else")
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *node.command()], check=False,
                          capture_output=True, text=True, timeout=30)
    return done.returncode, done.stderr


def test_locked(lab: Lab):
    node = lab.node()
    other = lab.node(start=False)
    other.folder = node.folder
    done = subprocess.run(other.command(), capture_output=True, text=True, timeout=20, check=False)
    equal((done.returncode, done.stdout), (1, ""))
    # In Bitcoin Core's words to the last, which tools match as a whole; doc/guide.md has the next step.
    equal(done.stderr, f"Error: Cannot obtain a lock on directory {node.chain_folder}. YCoin is probably already running.\n")
    equal(node.getblockcount(), 0)


def test_blocks_locked(lab: Lab):
    """Two nodes never write to the same block files, though each has a data directory of its own (catalogue S12)."""
    shared = lab.folder / "shared"
    shared.mkdir()
    node = lab.node(f"-blocksdir={shared}")
    mine_true(node, 2)
    other = lab.node(f"-blocksdir={shared}", start=False)
    blocks = shared / node.chain_folder.name / "blocks"
    start_fails(other, f"Error: Cannot obtain a lock on directory {blocks}. YCoin is probably already running.")
    equal(node.getblockcount(), 2)
    node.stop()
    other.start()
    wait_until("what is stored is connected", lambda: other.getblockcount() == 2)


def test_blocks_folder_absent(lab: Lab):
    """It may be on a disk that is not mounted: no other is begun in its place."""
    node = lab.node(start=False)
    start_fails(node, f'Error: Specified blocks directory "{lab.folder}/none" does not exist.', extra=[f"-blocksdir={lab.folder}/none"])
    assert not (lab.folder / "none").exists()


def test_absent(lab: Lab):
    node = lab.node(start=False)
    done = subprocess.run([*node.command(), f"-datadir={lab.folder}/none"], capture_output=True, text=True, timeout=20, check=False)
    equal(done.returncode, 1)
    for part in (f"{lab.folder}/none", "does not exist", "mkdir"):
        contains(done.stderr, part)
    assert not (lab.folder / "none").exists()


def test_out_of_reach(lab: Lab):
    """A folder above it may not be entered."""
    node = lab.node(start=False)
    node.folder.mkdir()
    os.chmod(lab.folder, 0o700)
    status, text = as_nobody(node)
    equal(status, 1)
    contains(text, str(node.folder))
    contains(text, "Permission denied")
    contains(text, "Let the user")


def test_unreadable(lab: Lab):
    node = lab.node()
    equal(node.stop(), 0)
    os.chmod(lab.folder, 0o755)
    os.chmod(node.folder, 0o755)
    for mode in (0o000, 0o555):
        os.chmod(node.chain_folder, mode)
        status, text = as_nobody(node)
        equal((status, text.count("\n")), (1, 1))
        contains(text, str(node.chain_folder))
        contains(text, "let the user")


def test_a_file_where_a_folder_belongs(lab: Lab):
    for name in ("blocks", "chainstate"):
        node = lab.node(start=False, name=name)
        node.chain_folder.mkdir(parents=True)
        (node.chain_folder / name).write_text("a file")
        contains(refused(node, f"regtest/{name}"), "move it away")


def test_of_another_chain(lab: Lab):
    node = lab.node()
    mine_true(node, 3)
    equal(node.stop(), 0)
    other = lab.node(start=False, chain=(f"-chainfile={ROOT}/chains/bitcoin-regtest.json",), chain_dir="regtest")
    other.folder = node.folder
    before = block_data(node.folder)
    text = start_fails(other, "belongs to the chain whose genesis block is", "-datadir")
    equal(text.count("\n"), 1)
    equal(block_data(node.folder), before)
    node.start()
    equal(node.getblockcount(), 3)


def test_of_another_store(lab: Lab):
    """The coins where the index belongs."""
    node = lab.node()
    mine_true(node, 3)
    equal(node.stop(), 0)
    index = node.chain_folder / "blocks" / "index"
    shutil.rmtree(index)
    shutil.copytree(node.chain_folder / "chainstate", index)
    before = block_data(node.folder)
    start_fails(node, "another store where the block index belongs", "-datadir")
    equal(block_data(node.folder), before)


def test_of_bitcoin_core(lab: Lab):
    """Its block files are obfuscated, which xor.dat says: known before a store is opened."""
    node = lab.node()
    mine_true(node, 3)
    equal(node.stop(), 0)
    (node.chain_folder / "blocks" / "xor.dat").write_bytes(bytes.fromhex("0123456789abcdef"))
    refused(node, "xor.dat", "another program", "-datadir")


def test_a_damaged_xor_dat(lab: Lab):
    """It says nothing that is not known: without it the node goes on (catalogue S18)."""
    node = lab.node()
    mine_true(node, 3)
    equal(node.stop(), 0)
    xor = node.chain_folder / "blocks" / "xor.dat"
    xor.write_bytes(b"1" * 200)
    refused(node, "xor.dat", "is damaged: remove it")
    xor.unlink()
    node.start()
    equal((node.getblockcount(), xor.read_bytes()), (3, bytes(8)))


def test_of_a_real_bitcoin_core(lab: Lab):
    bitcoind = os.environ.get("BITCOIND")
    if not bitcoind:
        raise Skip("$BITCOIND names no program")
    node = lab.node(start=False, chain=(f"-chainfile={ROOT}/chains/bitcoin-regtest.json",), chain_dir="regtest")
    node.folder.mkdir()
    peer = subprocess.Popen([bitcoind, "-regtest", f"-datadir={node.folder}", "-listen=0", f"-rpcport={node.rpc_port}", "-server=0"],
                            stdout=subprocess.DEVNULL)
    wait_until("Bitcoin Core has made its folder", lambda: (node.chain_folder / "chainstate" / "CURRENT").exists())
    peer.terminate()
    peer.wait(60)
    refused(node, "xor.dat", "another program", "-datadir")


def records(data, magic):
    """The records of a block file, frames included."""
    at, found = 0, []
    while data[at:at + 4] == magic:
        size = 8 + int.from_bytes(data[at + 4:at + 8], "little")
        found.append(data[at:at + size])
        at += size
    return found


def test_hostile_block_files(lab: Lab):
    """-reindex takes what hangs together from genesis, and lets the rest lie."""
    node = lab.node()
    mine_true(node, 30)
    tip, before = node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]
    equal(node.stop(), 0)
    file = node.chain_folder / "blocks" / "blk00000.dat"
    good = file.read_bytes()
    magic = good[:4]
    blocks = records(good, magic)
    equal(len(blocks), 31)
    foreign = bytes.fromhex("f9beb4d9")
    hostile = {
        "duplicated": (b"".join(blocks + blocks), 30),
        "in reverse": (blocks[0] + b"".join(reversed(blocks[1:])), 30),
        "oversized": (b"".join(blocks[:10]) + magic + (0xffffffff).to_bytes(4, "little") + b"".join(blocks[10:]), 30),
        "swallowing": (b"".join(blocks[:10]) + magic + (2000).to_bytes(4, "little") + b"".join(blocks[10:]), 30),
        "foreign": (b"".join(foreign + b[4:] for b in blocks) + good, 30),
        "zeros between": (b"\0".join(blocks), 30),
        "truncated": (good[:-30], 29),
        "one damaged": (b"".join(blocks[:20]) + blocks[20][:-9] + b"\x55" + blocks[20][-8:] + b"".join(blocks[21:]), 19),
        "its beginning damaged": (good[:150] + b"1" * 200 + good[350:], 0),
        "empty": (b"", 0),
    }
    for what, (data, height) in hostile.items():
        file.write_bytes(data)
        node.start(["-reindex"])
        wait_until(f"{what}: the chain is there again", lambda h=height: node.getblockcount() == h)
        equal([t["status"] for t in node.getchaintips() if t["status"] == "invalid"], [])
        if height == 30:
            equal((node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]), (tip, before))
        equal((what, node.stop(), node.stderr()), (what, 0, ""))
        node.start()
        equal(node.getblockcount(), height)
        equal(node.stop(), 0)


def test_a_clock_that_was_set_back(lab: Lab):
    """S25: the chain's last block lies in the future, as it seems."""
    now = int(time.time())
    node = lab.node()
    node.setmocktime(now + 3 * 3600)
    tip = mine_true(node, 3) and node.getbestblockhash()
    equal(node.stop(), 0)
    text = start_fails(node, "height 3", "minutes ahead", "date and time")
    equal(text.count("\n"), 1)
    node.start([f"-mocktime={now + 3 * 3600}"])
    equal(node.getbestblockhash(), tip)
    equal(node.stop(), 0)
    node.start([f"-mocktime={now + 3600 + 60}"])  # less than two hours ahead is nothing unusual
    equal(node.getbestblockhash(), tip)


main()
