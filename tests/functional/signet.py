#!/usr/bin/env python3
"""A signet (BIP 325): the first blocks of Bitcoin's default one, and what becomes of them where another key must sign."""
import json
import re

from framework import ROOT, Lab, equal, main, rpc_error

CHAIN_FILE = ROOT / "chains" / "bitcoin-signet.json"
BLOCKS = re.findall(r'"([0-9a-f]{160,})"', (ROOT / "tests/unit/consensus/support/signet_blocks.def").read_text().replace('"\n    "', ""))


def test_real_blocks(lab: Lab):
    node = lab.node(chain=[f"-chainfile={CHAIN_FILE}"], chain_dir="signet")
    challenge = json.loads(CHAIN_FILE.read_text())["signet_challenge"]
    equal(len(BLOCKS), 10)
    for block in BLOCKS:
        equal(node.submitblock(block), None)
    equal(node.getblockcount(), 10)
    equal(node.getblockhash(1), "00000086d6b2636cb2a392d45edc4ec544a10024d30141c9adf4bfd9de533b53")
    equal(node.getblockchaininfo()["signet_challenge"], challenge)
    equal(node.getmininginfo()["signet_challenge"], challenge)
    rpc_error(-8, "must be called with the signet rule set", node.getblocktemplate, {"rules": ["segwit"]})
    template = node.getblocktemplate({"rules": ["segwit", "signet"]})
    equal((template["signet_challenge"], "!signet" in template["rules"]), (challenge, True))


def test_another_challenge(lab: Lab):
    chain = json.loads(CHAIN_FILE.read_text())
    chain["net"]["magic"] = None
    chain["signet_challenge"] = "52" + chain["signet_challenge"][2:]  # both keys must sign
    file = lab.folder / "other.json"
    file.write_text(json.dumps(chain))
    node = lab.node(chain=[f"-chainfile={file}"], chain_dir="signet")
    equal(node.submitblock(BLOCKS[0]), "bad-signet-blksig")
    equal(node.getblockcount(), 0)


main()
