#!/usr/bin/env python3
"""Blocks, headers and transactions bent in every way we could think of, given to ycoind and to Bitcoin Core in the same
order: the same verdicts in the same words."""
import copy
import random

from sides import Lab, both, equal, main, outcome, wait_same_tip

import blocks
from blocks import COIN, TRUE_OUTPUT, TRUE_SCRIPT, Tx, coinbase, mine_true, next_block, push_height, spend

FINAL = 0xFFFFFFFF
DECODE_FAILED = "error -22: Block decode failed"
BODY_WRONG = ("bad-txnmrklroot", "bad-witness-merkle-match", "bad-witness-nonce-size")


class Bench:
    """Two nodes that must say the same of everything."""

    def __init__(self, lab):
        self.node, self.other = both(lab)
        self.coins = mine_true(self.node, 110)
        wait_same_tip([self.node, self.other])
        self.node.disconnect(self.other)
        self.next_coin, self.count, self.problems = 0, 0, []

    def coin(self):
        """A mature coin that no earlier case has used."""
        self.next_coin += 1
        return self.coins[(self.next_coin - 1) % 10]

    def judge(self, name, block, bent=False):
        raw = block if isinstance(block, str) else block.hex
        verdicts = [outcome(n.submitblock, raw) for n in (self.node, self.other)]
        self.count += 1
        # Bitcoin Core reads a block and passes over bytes behind it; to us such bytes are not one block.
        if verdicts[0] != verdicts[1] and not (bent and verdicts[0] == DECODE_FAILED and verdicts[1] in BODY_WRONG):
            self.problems.append(f"{name}: ours {verdicts[0]!r}, theirs {verdicts[1]!r}")
        return verdicts[1]

    def judge_tx(self, name, tx):
        verdicts = [outcome(n.testmempoolaccept, [tx.hex], 0) for n in (self.node, self.other)]
        verdicts = [v if isinstance(v, str) else (v[0]["txid"], v[0]["wtxid"], v[0]["allowed"], v[0].get("reject-reason")) for v in verdicts]
        self.count += 1
        if verdicts[0] != verdicts[1]:
            self.problems.append(f"{name}: ours {verdicts[0]!r}, theirs {verdicts[1]!r}")

    def end(self):
        """The nodes agree about the chain as well."""
        equal(self.node.getbestblockhash(), self.other.getbestblockhash())
        equal(self.node.gettxoutsetinfo()["hash_serialized_3"], self.other.gettxoutsetinfo()["hash_serialized_3"])
        if self.problems:
            raise AssertionError(f"{len(self.problems)} of {self.count} cases differ:\n" + "\n".join(self.problems))


def header_cases(b):
    """(name, change) of blocks whose header is wrong."""
    tip = b.node.getblockheader(b.node.getbestblockhash())
    return [
        ("version 0", lambda k: setattr(k, "version", 0)), ("version 1", lambda k: setattr(k, "version", 1)), ("version 2", lambda k: setattr(k, "version", 2)),
        ("version 3", lambda k: setattr(k, "version", 3)), ("version -1", lambda k: setattr(k, "version", 0xFFFFFFFF)),
        ("version high bit", lambda k: setattr(k, "version", 0x80000000)),
        ("time at the median", lambda k: setattr(k, "time", tip["mediantime"])), ("time 0", lambda k: setattr(k, "time", 0)),
        ("time far ahead", lambda k: setattr(k, "time", 0xFFFFFFF0)), ("other bits", lambda k: setattr(k, "bits", 0x207FFFFE)),
        ("bits harder", lambda k: setattr(k, "bits", 0x2000FFFF)), ("parent unknown", lambda k: setattr(k, "previous", "12" * 32)),
        ("merkle root", lambda k: setattr(k, "root", b"\x13" * 32)),
    ]


def coinbase_cases():
    def cb(change):
        return lambda k: change(k.txs[0])

    def script(data):
        return cb(lambda t: t.inputs[0].__setitem__(2, data))

    def value(delta):
        return cb(lambda t: t.outputs[0].__setitem__(0, t.outputs[0][0] + delta))
    height = push_height(111)
    return [
        ("one unit too much", value(1)), ("much too much", value(50 * COIN)), ("one unit less", value(-1)), ("value negative", value(-200 * COIN)),
        ("value over the limit", value(21_000_001 * COIN)), ("height missing", script(b"\x00\x00")), ("height of another block", script(push_height(112) + b"\x00")),
        ("height not minimal", script(b"\x02\x6f\x00\x00")), ("script of 1 byte", script(b"\x01")), ("script empty", script(b"")), ("script of 100 bytes", script(height + b"\x00" * (100 - len(height)))),
        ("script of 101 bytes", script(height + b"\x00" * (101 - len(height)))), ("no outputs", cb(lambda t: t.outputs.clear())),
        ("two inputs", cb(lambda t: t.inputs.append(["00" * 32, FINAL, b"\x51", FINAL]))), ("spends something", cb(lambda t: t.inputs[0].__setitem__(0, "14" * 32))),
        ("null but index 0", cb(lambda t: t.inputs[0].__setitem__(1, 0))), ("not final", cb(lambda t: (setattr(t, "lock_time", 5000), t.inputs[0].__setitem__(3, 0)))),
        ("no transactions", lambda k: k.txs.clear()), ("a second coinbase", lambda k: k.txs.append(coinbase(111, 0, extra=b"\x01"))),
        ("unexpected witness", cb(lambda t: setattr(t, "witness", [[b"\x15" * 32]]))),
        ("commitment without witness", lambda k: (k.commit(), setattr(k.txs[0], "witness", None))),
        ("commitment to something else", lambda k: (k.commit(), k.txs[0].outputs[-1].__setitem__(1, blocks.COMMITMENT + b"\x16" * 32))),
        ("reserved value of 31 bytes", lambda k: (k.commit(), setattr(k.txs[0], "witness", [[b"\x00" * 31]]))),
        ("reserved value twice", lambda k: (k.commit(), setattr(k.txs[0], "witness", [[b"\x00" * 32] * 2]))),
        ("other reserved value", lambda k: (k.commit(), setattr(k.txs[0], "witness", [[b"\x01" * 32]]))),
        ("two commitments, last wrong", lambda k: (k.commit(), k.txs[0].outputs.append([0, blocks.COMMITMENT + b"\x17" * 32]))),
    ]


def tx_cases(coin):
    """(name, transaction) that is wrong, each of the same coin."""
    def bent(change, **how):
        tx = spend([coin], **how)
        change(tx)
        return tx
    true_p2sh = b"\xa9\x14" + b"\x00" * 20 + b"\x87"
    return [
        ("coin unknown", spend([("18" * 32, 0, COIN)])), ("index unknown", spend([(coin[0], 7, coin[2])])),
        ("pays more than it has", spend([coin], fee_sat=-1)), ("witness script false", bent(lambda t: setattr(t, "witness", [[b"\x00"]]))),
        ("witness missing", bent(lambda t: setattr(t, "witness", None))), ("witness item too many", bent(lambda t: setattr(t, "witness", [[b"\x01", TRUE_SCRIPT]]))),
        ("scriptSig with witness program", bent(lambda t: t.inputs[0].__setitem__(2, b"\x51"))),
        ("no outputs", bent(lambda t: t.outputs.clear())), ("no inputs", Tx([], [[1000, TRUE_OUTPUT]])),
        ("an input twice", bent(lambda t: (t.inputs.append(list(t.inputs[0])), t.witness.append(t.witness[0])))),
        ("value negative", bent(lambda t: t.outputs[0].__setitem__(0, -1))), ("value over the limit", bent(lambda t: t.outputs[0].__setitem__(0, 21_000_000 * COIN + 1))),
        ("sum over the limit", bent(lambda t: (t.outputs.append([21_000_000 * COIN, TRUE_OUTPUT])))),
        ("a null input", bent(lambda t: (t.inputs.append(["00" * 32, FINAL, b"", FINAL]), t.witness.append([])))),
        ("lock height not reached", bent(lambda t: setattr(t, "lock_time", 111))), ("lock height reached", bent(lambda t: setattr(t, "lock_time", 110))),
        ("lock time far ahead", bent(lambda t: setattr(t, "lock_time", 0xFFFFFFF0))),
        ("lock ignored when final", bent(lambda t: (setattr(t, "lock_time", 5000), t.inputs[0].__setitem__(3, FINAL)))),
        ("relative lock of blocks", bent(lambda t: t.inputs[0].__setitem__(3, 200))), ("relative lock of time", bent(lambda t: t.inputs[0].__setitem__(3, 1 << 22 | 200))),
        ("relative lock, version 1", bent(lambda t: (t.inputs[0].__setitem__(3, 200), setattr(t, "version", 1)))),
        ("relative lock, version 0", bent(lambda t: (t.inputs[0].__setitem__(3, 200), setattr(t, "version", 0)))),
        ("relative lock, version 2^31", bent(lambda t: (t.inputs[0].__setitem__(3, 200), setattr(t, "version", 1 << 31)))),
        ("dust", bent(lambda t: t.outputs.append([1, TRUE_OUTPUT]))), ("output of no form", bent(lambda t: t.outputs.append([0, b"\xff" * 10]))),
        ("large data", bent(lambda t: t.outputs.append([0, b"\x6a\x4d" + b"\x10\x27" + b"x" * 10000]))), ("script hash of nothing", bent(lambda t: t.outputs.append([5000, true_p2sh]))),
        ("version 3", bent(lambda t: setattr(t, "version", 3))), ("version 4", bent(lambda t: setattr(t, "version", 4))),
        ("too small", Tx([[coin[0], 0, b"", FINAL]], [[coin[2] - 1000, b""]], [[TRUE_SCRIPT]])), ("free", spend([coin], fee_sat=0)), ("nearly free", spend([coin], fee_sat=5)),
        ("500 sigops", bent(lambda t: t.outputs.append([1000, b"\xac" * 500]))), ("80001 sigops", bent(lambda t: t.outputs.append([1000, b"\xac" * 20001]))),
    ]


def test_headers(lab: Lab):
    b = Bench(lab)
    for name, change in header_cases(b):
        block = next_block(b.node)
        change(block)
        if block.bits == blocks.REGTEST_BITS or block.bits == 0x207FFFFE:
            block.solve()
        b.judge(name, block)
    b.judge("no work", next_block(b.node, extra=b"\x21").solve(good=False))
    block = next_block(b.node, extra=b"\x22")
    for bits in (0, 0x00FFFFFF, 0x21010000, 0xFF123456, 0x2080FFFF, 0x01003456, 0x20FFFFFF):
        block.bits = bits
        b.judge(f"bits {bits:08x}", block)
    b.end()


def test_coinbases(lab: Lab):
    b = Bench(lab)
    for i, (name, change) in enumerate(coinbase_cases()):
        block = next_block(b.node, extra=bytes([i, 1]))
        change(block)
        if not block.txs:
            block.root = b"\x00" * 32
        b.judge(name, block.solve())
        if b.node.getblockcount() != 110:  # a good one: off again, on both sides
            for n in (b.node, b.other):
                n.invalidateblock(n.getblockhash(111))
            wait_same_tip([b.node, b.other])
    b.end()


def test_transactions_in_blocks(lab: Lab):
    b = Bench(lab)
    for i, (name, tx) in enumerate(tx_cases(b.coins[0])):
        b.judge(name, next_block(b.node, [tx], extra=bytes([i, 2])))
        if b.node.getblockcount() != 110:
            for n in (b.node, b.other):
                n.invalidateblock(n.getblockhash(111))
            wait_same_tip([b.node, b.other])
    coin = b.coins[1]
    first = spend([coin])
    for name, txs in (("spent twice", [first, spend([coin], fee_sat=20000)]), ("child before parent", [spend([(first.txid, 0, first.outputs[0][0])]), first]),
                      ("the same transaction twice", [first, first]), ("young coin", [spend([b.coins[20]])]), ("coinbase of this block", None)):
        block = next_block(b.node, txs or [], extra=b"\x33")
        if txs is None:
            block.txs.append(spend([(block.txs[0].txid, 0, 50 * COIN)]))
            block.commit().solve()
        b.judge(name, block)
    b.end()


def test_merkle_tricks(lab: Lab):
    """CVE-2012-2459: a body with its last transactions repeated has the same root; the header must not suffer for it."""
    b = Bench(lab)
    txs = [spend([c], fee_sat=1000 + i) for i, c in enumerate(b.coins[:5])]
    for count in (1, 2, 3, 4, 5):
        block = next_block(b.node, txs[:count], fees_sat=0, extra=bytes([count, 3]))
        for repeat in (1, 2, 3):
            twisted = copy.deepcopy(block)
            twisted.txs += twisted.txs[-repeat:]
            twisted.root = block.header()[36:68]
            b.judge(f"{count} transactions, last {repeat} repeated", twisted)
        short = copy.deepcopy(block)
        short.txs.pop()
        short.root = block.header()[36:68]
        b.judge(f"{count} transactions, one missing", short)
        if count > 1:
            swapped = copy.deepcopy(block)
            swapped.txs[1:] = swapped.txs[:0:-1]
            swapped.root = block.header()[36:68]
            b.judge(f"{count} transactions, in another order", swapped)
        equal(b.judge("the block itself", block), None)
        for n in (b.node, b.other):
            n.invalidateblock(block.hash)
        wait_same_tip([b.node, b.other])
    b.end()


def test_bytes(lab: Lab):
    """Flipped bits and cut ends."""
    b = Bench(lab)
    chance = random.Random(11)
    good = next_block(b.node, [spend([c]) for c in b.coins[:3]]).bytes()
    for n in (0, 1, 79, 80, 81, 82, 100, len(good) - 1):
        b.judge(f"the first {n} bytes", good[:n].hex())
    for _ in range(300):
        bent, at = bytearray(good), chance.randrange(68 if chance.random() < 0.1 else 80, len(good))
        bent[at] ^= 1 << chance.randrange(8)
        b.judge(f"bit of byte {at} of {len(good)} flipped", bent.hex(), bent=True)
    b.judge("the block itself", good.hex())
    b.end()


def test_transactions_alone(lab: Lab):
    b = Bench(lab)
    for name, tx in tx_cases(b.coins[0]):
        b.judge_tx(name, tx)
    b.judge_tx("young coin", spend([b.coins[50]]))
    b.judge_tx("a coinbase", coinbase(111, 1))
    b.judge_tx("good", spend([b.coins[0]]))
    chance = random.Random(12)
    good = spend([b.coins[2], b.coins[3]], outputs=2).bytes()
    for _ in range(200):
        bent = bytearray(good)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        verdicts = [outcome(n.testmempoolaccept, [bent.hex()], 0) for n in (b.node, b.other)]
        short = [v.split(":")[0] if isinstance(v, str) else (v[0]["txid"], v[0]["allowed"], v[0].get("reject-reason")) for v in verdicts]
        b.count += 1
        if short[0] != short[1]:
            b.problems.append(f"ours {short[0]!r}, theirs {short[1]!r}: {bent.hex()}")
    b.end()


main()
