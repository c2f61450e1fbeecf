#!/usr/bin/env python3
"""-loadblock takes the blocks of other programs' files, whatever lies between them and in whatever order (catalogue S15);
-stopafterblockimport and -stopatheight end the node where they say."""
import random
import shutil
import struct

from blocks import mine_true, spend
from framework import Lab, contains, equal, main, wait_until

MAGIC = bytes.fromhex("e5c3dbf6")
FOREIGN = bytes.fromhex("fabfb5da")


def record(block, magic=MAGIC):
    return magic + struct.pack("<I", len(block)) + block


def state(node):
    return node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]


def make_chain(lab: Lab, height=130):
    """A node's chain with spends in it: its state and its blocks."""
    node = lab.node()
    coins = mine_true(node, 110)
    for coin in coins[:10]:
        node.sendrawtransaction(spend([coin], outputs=3).hex)
    mine_true(node, height - 110)
    blocks = [bytes.fromhex(node.getblock(node.getblockhash(h), 0)) for h in range(height + 1)]
    return node, state(node), blocks


def load(lab: Lab, *files, options=(), name=None):
    """A node of its own that has imported the files and ended by itself; started again, it answers."""
    node = lab.node(*options, start=False, name=name)
    node.start([f"-loadblock={f}" for f in files] + ["-stopafterblockimport"], wait=False)
    equal(node.wait_end(), 0)
    equal(node.stderr(), "")
    log = (node.chain_folder / "debug.log").read_text()
    contains(log, "Stopping after block import")
    node.start()
    return node, log


def test_clean_file(lab: Lab):
    source, wanted, blocks = make_chain(lab)
    file = lab.folder / "bootstrap.dat"
    file.write_bytes(b"".join(map(record, blocks)))
    node, log = load(lab, file)
    equal(state(node), wanted)
    contains(log, f"Loaded {len(blocks) - 1} blocks from external file in ")
    contains(log, f"Importing blocks file {file}")
    node.stop()
    node.start([f"-loadblock={source.chain_folder / 'blocks' / 'blk00000.dat'}"])  # all known: nothing changes
    wait_until("the second import ends", lambda: f"{len(blocks)} blocks were known" in (node.chain_folder / "debug.log").read_text())
    equal(state(node), wanted)


def test_disorder_junk_duplicates(lab: Lab):
    """Children before parents, blocks twice, another network's records, garbage that begins like a record, records inside
    what only looks like one, a torn end."""
    _, wanted, blocks = make_chain(lab)
    chance = random.Random(15)
    pieces = [record(b) for b in blocks] + [record(b) for b in chance.sample(blocks, 20)]
    pieces += [record(b, FOREIGN) for b in chance.sample(blocks, 5)]
    pieces += [chance.randbytes(chance.randrange(1, 3000)) for _ in range(20)]
    pieces += [bytes(chance.randrange(1, 200000)) for _ in range(3)]  # as a file that was extended ahead of its use
    pieces += [MAGIC * 3, MAGIC + struct.pack("<I", 0), MAGIC + struct.pack("<I", 0xFFFFFFFF)]
    pieces += [MAGIC + struct.pack("<I", 3000) + chance.randbytes(200) for _ in range(3)]
    pieces += [record(blocks[7][:90]), record(blocks[8] + b"\x00"), record(blocks[9][:-1])]
    # The header is a block's, the body is garbage with a block's record in it.
    pieces += [record(blocks[20][:80] + b"\xff" * 40 + record(blocks[21]) + b"\xff" * 9)]
    chance.shuffle(pieces)
    data = b"".join(pieces)
    for cut in (0, 1, 100):
        file = lab.folder / f"shuffled{cut}.dat"
        file.write_bytes(data + record(blocks[130])[:cut])
        node, log = load(lab, file, options=[["-par=1"], ["-par=2"], ["-dbcache=4"]][cut % 3])
        equal(state(node), wanted)
        contains(log, "bytes are no blocks")
        contains(log, "0 refused")
        node.stop()


def test_several_files_and_one_that_is_missing(lab: Lab):
    _, wanted, blocks = make_chain(lab)
    files = [lab.folder / f"part{i}.dat" for i in range(3)]
    for i, file in enumerate(files):
        file.write_bytes(b"".join(record(b) for b in blocks[i * 50:(i + 1) * 50]))
    node, log = load(lab, files[0], lab.folder / "none.dat", files[1], files[2])
    equal(state(node), wanted)
    contains(log, f"Could not open blocks file {lab.folder / 'none.dat'}")
    equal(log.count("blocks from external file in"), 3)


def test_bad_block_is_refused(lab: Lab):
    """A block that breaks a rule stays out, and what stands on it; the rest is taken."""
    _, _, blocks = make_chain(lab)
    bad = bytearray(blocks[60])
    bad[-5] ^= 1  # in the coinbase: the merkle root is another
    file = lab.folder / "bad.dat"
    file.write_bytes(b"".join(record(bytes(bad) if h == 60 else b) for h, b in enumerate(blocks)))
    node, log = load(lab, file)
    equal(node.getblockcount(), 59)
    contains(log, "1 refused")
    # That body was not the header's: the right one is still welcome.
    good = lab.folder / "good.dat"
    good.write_bytes(record(blocks[60]))
    node.stop()
    node.start([f"-loadblock={good}"])
    wait_until("the chain is whole", lambda: node.getblockcount() == 130)


def test_pool_waits_for_the_import(lab: Lab):
    """What the pool kept spends coins of imported blocks: it is read when they are connected, which getmempoolinfo tells
    (catalogue M08)."""
    source = lab.node()
    coins = mine_true(source, 110)
    txid = source.sendrawtransaction(spend([coins[0]], outputs=3).hex)
    source.stop()
    node = lab.node(start=False)
    node.chain_folder.mkdir(parents=True)
    shutil.copy(source.chain_folder / "mempool.dat", node.chain_folder)
    node.start([f"-loadblock={source.chain_folder / 'blocks' / 'blk00000.dat'}"])
    wait_until("the pool is loaded", lambda: node.getmempoolinfo()["loaded"])
    equal((node.getblockcount(), node.getrawmempool()), (110, [txid]))


def test_stop_at_height(lab: Lab):
    _, _, blocks = make_chain(lab)
    file = lab.folder / "all.dat"
    file.write_bytes(b"".join(map(record, blocks)))
    node = lab.node(start=False)
    node.start([f"-loadblock={file}", "-stopatheight=77"], wait=False)
    equal(node.wait_end(), 0)
    contains((node.chain_folder / "debug.log").read_text(), "Stopping at block height 77")
    node.start(["-stopatheight=0"])
    wait_until("at least that high", lambda: node.getblockcount() >= 77)


if __name__ == "__main__":
    main()
