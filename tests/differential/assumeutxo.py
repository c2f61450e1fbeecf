#!/usr/bin/env python3
"""loadtxoutset beside Bitcoin Core: each goes on from the other's set of coins, and finds by the other's blocks that it was
right. The chain is the one whose set of coins at height 110 Bitcoin Core's regtest knows."""
from sides import Lab, equal, main, ours, theirs, wait_same_tip, wait_until

BEGUN_S = 1598887952
SCRIPT = "210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798ac"
BASE, TIP = 110, 130
BASE_HASH = "135eec25a6fb277884e5824e7aa7d052c4868161c99a5122170b5266f86c273d"
COINS_HASH = "86e9a1205b418b16dde3a18a78c730e30137e28466bda5dbf6b33ab8fc05447c"


def mined(node):
    for i in range(TIP):
        node.setmocktime(BEGUN_S + i)
        node.generatetodescriptor(1, f"raw({SCRIPT})")
    equal(node.getblockhash(BASE), BASE_HASH)
    out = node.dumptxoutset(str(node.folder / "set.dat"), "rollback", {"rollback": BASE})
    equal((out["base_hash"], out["txoutset_hash"], out["nchaintx"]), (BASE_HASH, COINS_HASH, BASE + 1))
    return out


def goes_on(new, out, old):
    """The new node knows the headers alone; then the file; then the old one's blocks."""
    new.setmocktime(BEGUN_S + TIP)
    for height in range(1, TIP + 1):
        new.submitheader(old.getblockheader(old.getblockhash(height), False))
    loaded = new.loadtxoutset(out["path"])
    equal((loaded["coins_loaded"], loaded["tip_hash"], loaded["base_height"]), (out["coins_written"], BASE_HASH, BASE))
    equal((new.getblockcount(), len(new.getchainstates()["chainstates"])), (BASE, 2))
    return sorted(loaded), sorted(new.getblockchaininfo()["backgroundvalidation"]), [sorted(s) for s in new.getchainstates()["chainstates"]]


def ends_well(new, old):
    new.connect(old)
    wait_same_tip([new, old])
    wait_until("the background has come to the base", lambda: len(new.getchainstates()["chainstates"]) == 1)
    equal(new.gettxoutsetinfo()["hash_serialized_3"], old.gettxoutsetinfo()["hash_serialized_3"])
    equal(new.getblock(BASE_HASH, 2), old.getblock(BASE_HASH, 2))


def test_each_goes_on_from_the_others_coins(lab: Lab):
    core, node = theirs(lab), ours(lab)
    of_core, of_node = mined(core), mined(node)
    equal(open(of_node["path"], "rb").read(), open(of_core["path"], "rb").read())
    new_node = lab.node(name="new", chain=node.chain, chain_dir=node.chain_dir)
    new_core = lab.node(*core.options, name="newcore", program=core.program, chain=core.chain, chain_dir=core.chain_dir)
    shown = goes_on(new_node, of_core, core)
    equal(shown, goes_on(new_core, of_node, node))
    ends_well(new_node, core)
    ends_well(new_core, node)


if __name__ == "__main__":
    main()
