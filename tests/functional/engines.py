#!/usr/bin/env python3
"""Whoever judges the signatures, the chain is the same: -sigengine, -sigcheck."""
import json
import subprocess

from framework import BIN, ROOT, Lab, Skip, contains, equal, main

CHAIN = ROOT / "chains" / "bitcoin-regtest.json"


def import_with(lab: Lab, engine, file):
    """The state of a node that has imported the file, and what its log says of the engine."""
    node = lab.node(start=False, name=engine.replace("=", "-"), chain=(f"-chainfile={CHAIN}", "-regtest"))
    node.start([f"-loadblock={file}", "-stopafterblockimport", f"-sigengine={engine}", "-sigcheck=1/8"], wait=False)
    status = node.wait_end()
    log = (node.chain_folder / "debug.log").read_text()
    if status == 1 and "neither AVX-512" in node.stderr():
        return None
    equal((status, node.stderr()), (0, ""))
    named = next(line for line in log.splitlines() if "signature engine" in line)
    node.start(["-maxtipage=999999999"])
    state = node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]
    node.stop()
    return state, named


def test_every_engine_leads_to_the_same_coins(lab: Lab):
    file = lab.folder / "chain.dat"
    made = subprocess.run([str(BIN / "ycoin-bench-chain"), f"--chain={CHAIN}", f"--out={file}", "--blocks=130", "--txs=40", "--empty=160"],
                          capture_output=True, text=True, check=True)
    scalar, named = import_with(lab, "scalar", file)
    equal(scalar[0], json.loads(made.stdout)["tip"])
    contains(named, "libsecp256k1")
    auto, _ = import_with(lab, "auto", file)
    equal(auto, scalar)
    for engine in ("lanes", "both"):
        result = import_with(lab, engine, file)
        if result is None:
            raise Skip("this machine has no lanes: lanes and both are refused, and said so")
        equal(result[0], scalar)
        equal(any(f"'{name}'" in result[1] for name in ("avx512-ifma", "avx-ifma", "avx2")), True)


def test_what_is_no_engine_is_refused(lab: Lab):
    for option, text in (("-sigengine=abc", "-sigengine=abc is no signature engine: give auto, scalar, lanes or both"),
                         ("-sigcheck=0", "-sigcheck=0 is no share of the signatures: give 1/N"),
                         ("-sigcheck=1/0", "-sigcheck=1/0 is no share of the signatures"),
                         ("-sigcheck=1/x", "-sigcheck=1/x is no share of the signatures")):
        done = lab.program("ycoind", "-regtest", f"-datadir={lab.folder}", option)
        equal(done.returncode, 1)
        contains(done.stderr, text)


if __name__ == "__main__":
    main()
