#!/usr/bin/env python3
"""Every message, cut at every byte, with a byte too many, twice, very long, and with as many elements as it may have and one
more; before the handshake, within it, after it, and after one that the node began; and frames that are none: ycoind and Bitcoin
Core answer, ignore and disconnect alike.

usage: BITCOIND=PROGRAM tests/differential/messages.py [--cases N] [--seed N]       all there are: --cases 100000

What is compared is what a peer sees until its next ping is answered: the names of the messages that came, and whether the
connection was closed. A connection is made for each case; nothing that one does may change what another one sees.
"""
import collections
import concurrent.futures
import random
import socket
import struct

from two import Run, command
from sides import ours, theirs, wait_same_tip, wait_until

from blocks import Block, coinbase, compact, mine_true, next_block, spend, wired
from p2p import SERVICES, VERSION, Peer, frame, inventory, net_address, version_payload

WHEN = ("before", "within", "after")
PAYLOAD_MAX = 4_000_000
# How a message is put into a frame, by name; "" as it should be.
FORMS = {
    "": frame,
    "twice": lambda magic, name, payload: frame(magic, name, payload) * 2,
    "of another magic": lambda magic, name, payload: frame(bytes([magic[0] ^ 1]) + magic[1:], name, payload),
    "of another magic's last byte": lambda magic, name, payload: frame(magic[:3] + bytes([magic[3] ^ 1]), name, payload),
    "with a wrong checksum": lambda magic, name, payload: frame(magic, name, payload, checksum=b"\x01\x02\x03\x04"),
    "with bytes behind its name": lambda magic, name, payload: frame(magic, name + "\x00x", payload),
    "with a space before its name": lambda magic, name, payload: frame(magic, " " + name[:11], payload),
    "with a name that cannot be shown": lambda magic, name, payload: frame(magic, name[:11] + "\x7f", payload),
    "of too long a length": lambda magic, name, payload: frame(magic, name, payload, length=PAYLOAD_MAX + 1),
    "of the longest length there is": lambda magic, name, payload: frame(magic, name, payload, length=0xFFFFFFFF),
}


class Case(collections.namedtuple("Case", "when name payload form", defaults=[""])):
    def __str__(self):
        return f"{self.name} of {len(self.payload)} bytes {self.form}{', ' if self.form else ''}{self.when} the handshake"
# What nodes say by themselves, each at its own time.
UNASKED = {"ping", "sendheaders", "sendcmpct", "feefilter", "inv", "wtxidrelay", "sendaddrv2", "verack", "version", "feature", "addr", "addrv2"}

def meant(case, verdicts):
    """Why these two are meant to differ, or None."""
    when, name, payload, _ = case
    when = "after" if when == "called" else when
    if when == "after" and name == "block" and payload[:4] == b"\x00" * 4 and verdicts == [((), "closed"), ((), "open")]:
        return "a header that fails is its sender's fault, whether its body can be read or not"
    if when == "after" and name == "inv" and [v[1] for v in verdicts] == ["open", "open"] and not verdicts[1][0]:
        return "on a chain that costs nothing to extend transactions are asked for at once"
    if name == "inv" and [v[1] for v in verdicts] == ["open", "open"] and set(dict(verdicts[0][0])) == set(dict(verdicts[1][0])) == {"getdata"}:
        return "as many transactions are asked for, in shorter lists"
    told = [set(dict(v[0])) for v in verdicts]
    if when == "after" and name == "getdata" and told[0] == {"notfound"} and told[1] <= told[0] and verdicts[0][1] == verdicts[1][1]:
        return "what is not found is told together, and of blocks too, that they may be asked of others at once"
    return None



def locator(count, stop=b"\x00" * 32):
    return struct.pack("<I", VERSION) + compact(count) + b"".join(struct.pack("<QQQQ", i + 1, 2, 3, 4) for i in range(count)) + stop


def addresses(count, v2):
    if v2:
        return compact(count) + b"".join(struct.pack("<I", 1) + b"\x01\x01\x04" + struct.pack(">I", 0x08000000 + i) + b"\x20\x8d" for i in range(count))
    return compact(count) + b"".join(struct.pack("<I", 1) + net_address(1)[:20] + struct.pack(">IH", 0x08000000 + i, 8333) for i in range(count))


def header_chain(tip, count):
    """So many valid headers on a block, as the message that tells them."""
    out, previous, time = b"", tip["hash"], tip["time"]
    for i in range(count):
        block = Block(previous, time + 1 + i, [])
        block.root = struct.pack("<QQQQ", i, count, 1, 1)
        out += block.solve().header() + b"\x00"
        previous = block.hash
    return compact(count) + out


def messages(node, coins):
    """Well-formed ones, [(name, payload)]: each is cut and lengthened."""
    tip = node.getblockheader(node.getbestblockhash())
    hash32 = wired(tip["hash"])
    old = node.getblockhash(1)
    tx = spend(coins[:1])
    tx.witness = [[b"\x00"]]  # refused, for ever
    return [
        ("version", version_payload(nonce=99)), ("verack", b""), ("ping", b"\x01" * 8), ("ping", b""), ("pong", b"\x01" * 8),
        ("addr", addresses(1, False)), ("addrv2", addresses(1, True)), ("getaddr", b""), ("sendaddrv2", b""), ("wtxidrelay", b""),
        ("sendheaders", b""), ("sendcmpct", b"\x00" + struct.pack("<Q", 2)), ("sendcmpct", b"\x01" + struct.pack("<Q", 3)),
        ("feefilter", struct.pack("<q", 1000)), ("feefilter", struct.pack("<q", -1)), ("feefilter", struct.pack("<Q", 1 << 63)),
        ("inv", inventory((1, "11" * 32))), ("inv", inventory((2, "12" * 32))), ("inv", inventory((9, "12" * 32))),
        ("getdata", inventory((2, old))), ("getdata", inventory((2 | 1 << 30, old))), ("getdata", inventory((1, "11" * 32))),
        ("getdata", inventory((3, old))), ("getdata", inventory((4, tip["hash"]))), ("getdata", inventory((0, old))),
        ("getdata", inventory((2, "55" * 32), (1, "66" * 32), (7, "77" * 32), (5, "88" * 32))), ("getdata", inventory((4, "99" * 32))),
        ("notfound", inventory((1, "11" * 32))),
        ("getblocks", locator(1)), ("getheaders", locator(1)), ("getheaders", locator(0, hash32)), ("headers", compact(0)),
        ("headers", compact(1) + b"\x00" * 81), ("headers", compact(1) + Block("33" * 32, tip["time"], [coinbase(1, 0)]).solve().header() + b"\x00"),
        ("tx", tx.bytes()), ("tx", b"\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), ("block", b"\x00" * 81), ("block", b"\x00" * 80 + b"\x01" + coinbase(1, 0).bytes()),
        ("block", next_block(node).header() + b"\x01" + coinbase(1, 0).bytes()),
        ("cmpctblock", b"\x00" * 88 + b"\x00\x01\x00" + coinbase(1, 0).bytes()), ("getblocktxn", hash32 + b"\x01\x00"), ("getblocktxn", hash32 + b"\x01\x01"),
        ("getblocktxn", wired("44" * 32) + b"\x01\x00"), ("blocktxn", hash32 + b"\x00"), ("mempool", b""), ("filterload", b"\x01\x00" + struct.pack("<IIB", 1, 0, 0)),
        ("filteradd", b"\x01\x00"), ("filterclear", b""), ("merkleblock", b"\x00" * 84 + b"\x00\x00"), ("reject", b"\x02tx\x10\x00"), ("alert", b"\x00" * 10),
        ("getcfilters", b"\x00" + struct.pack("<I", 0) + hash32), ("getcfheaders", b"\x00" + struct.pack("<I", 0) + hash32), ("getcfcheckpt", b"\x00" + hash32),
        ("cfilter", b"\x00" * 34), ("cfheaders", b"\x00" * 66), ("cfcheckpt", b"\x00" * 34), ("", b""), ("abcdefghijkl", b"\x01"), ("sendtxrcncl", struct.pack("<IQ", 1, 1)), ("feature", b"\x04abcd\x01x"), ("nosuchname", b"\x01\x02"),
    ]


def at_the_most(node, coins):
    """As many elements as may be, and one more."""
    del coins
    tip = node.getblockheader(node.getbestblockhash())
    hash32 = wired(tip["hash"])
    for extra in (0, 1):
        yield "inv", inventory(*[(1, f"{i:064x}") for i in range(1, 50_001 + extra)])
        yield "getdata", inventory(*[(1, f"{i:064x}") for i in range(1, 50_001 + extra)])
        yield "notfound", inventory(*[(1, f"{i:064x}") for i in range(1, 50_001 + extra)])
        yield "addr", addresses(1000 + extra, False)
        yield "addrv2", addresses(1000 + extra, True)
        yield "headers", header_chain(tip, 2000 + extra)
        yield "getheaders", locator(101 + extra)
        yield "getblocks", locator(101 + extra)
        yield "getblocktxn", hash32 + compact(65_535 + extra) + b"\x00" * (65_535 + extra)
        yield "cmpctblock", b"\x00" * 88 + compact(65_535 + extra) + b"\x01" * 6 * (65_535 + extra) + b"\x00"
        yield "version", struct.pack("<iQq", VERSION, SERVICES, 0) + net_address() * 2 + b"\x01" * 8 + compact(256 + extra) + b"a" * (256 + extra) + b"\x00" * 5
        yield "feature", bytes([80 + extra]) + b"a" * (80 + extra) + b"\x00"
        yield "filteradd", compact(520 + extra) + b"\x00" * (520 + extra)
        yield "blocktxn", hash32 + compact(65_535 + extra) + b"\x00" * 10
        yield "filterload", compact(36_000 + extra) + b"\x00" * (36_000 + extra) + struct.pack("<IIB", 1, 0, 0)
    for name in ("inv", "getdata", "addr", "headers", "addrv2", "notfound"):
        yield name, b"\xff" + b"\xff" * 8
        yield name, b"\xfd\x01\x00" + b"\x00" * 40  # a count in a longer form than it needs


def long_ones(some):
    """Each message with so many zeros behind it that a frame can hold no more, and with one more than most messages need."""
    shown = {name: payload for name, payload in reversed(some)}
    for name, payload in shown.items():
        for length in (65_537, PAYLOAD_MAX):
            yield Case("after", name, payload.ljust(length, b"\x00"))


def cases(node, coins):
    some = messages(node, coins)
    out = []
    for name, payload in some:
        out += [Case(when, name, payload[:n]) for when in WHEN for n in range(len(payload) + 1)]
        out += [Case(when, name, payload + b"\x00") for when in WHEN]
        out += [Case(when, name, payload, "twice") for when in WHEN]
        out += [Case("called", name, payload)]
    for form in FORMS:
        out += [Case(when, name, payload, form) for when in (*WHEN, "called") for name, payload in some if name in ("ping", "inv", "nosuchname", "version")]
    out += long_ones(some)
    most = [Case(when, name, payload) for name, payload in at_the_most(node, coins) for when in (*WHEN, "called")]
    return out, sorted(most, key=lambda case: case.name == "headers")  # last: from then on there is more to ask for


def filter_questions(node):
    """Questions for filters (BIP 157) around each of their bounds."""
    height = node.getblockcount()
    stops = [wired(node.getblockhash(h)) for h in (0, 999, 1000, height)] + [wired("55" * 32)]
    for stop in stops:
        yield Case("after", "getcfcheckpt", b"\x00" + stop)
        for start in (0, 1, height - 2000, height - 1999, height - 1000, height - 999, height, height + 1, 0xFFFFFFFF):
            for name in ("getcfilters", "getcfheaders"):
                yield Case("after", name, b"\x00" + struct.pack("<I", start) + stop)
    yield Case("after", "getcfilters", b"\x01" + struct.pack("<I", height) + stops[3])


def look(peer):
    """Names until the answer to a ping, or until the node closes."""
    nonce = random.randbytes(8)
    peer.send("ping", nonce)
    seen = []
    while True:
        message = peer.read()
        if message is None:
            return seen, True
        if message == ("pong", nonce):
            return seen, False
        seen.append(message[0])


def called(node):
    """A peer that the node has connected to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        node.addconnection(f"127.0.0.1:{listener.getsockname()[1]}", "outbound-full-relay", False)
        listener.settimeout(20)
        return Peer(node, handshake=False, connection=listener.accept()[0])


def watch(node, case):
    """What a peer of the node sees."""
    with called(node) if case.when == "called" else Peer(node, handshake=False) as peer:
        whole = FORMS[case.form](peer.magic, case.name, case.payload)
        if case.when == "before":
            peer.send_raw(whole)
        peer.send("version", version_payload())
        if case.when == "within":
            peer.send_raw(whole)
        peer.send("verack")
        seen, closed = look(peer)
        late = case.when in ("after", "called")
        if late and not closed:
            look(peer)
            peer.send_raw(whole)
            seen, closed = look(peer)
    answers = collections.Counter(n for n in seen if n not in UNASKED and (late or n != "getheaders"))
    return tuple(sorted(answers.items())), "closed" if closed else "open"


def compare(run, pool, nodes, chosen):
    for case in chosen:
        verdicts = list(pool.map(lambda side, case=case: watch(side, case), nodes))
        reason = verdicts[0] != verdicts[1] and meant(case, verdicts)
        if reason:
            run.meant.update([reason])
            verdicts[0] = verdicts[1]
        run.judge(str(case), verdicts, case.payload[:2000])
        run.tell()


def differ(lab, count, seed):
    node, other = ours(lab), theirs(lab, "-peerbloomfilters=0")
    coins = mine_true(node, 101)
    for height in range(1, 102):
        other.submitblock(node.getblock(node.getblockhash(height), 0))
    every, most = cases(node, coins)
    chosen = (every if count >= len(every) else random.Random(seed).sample(every, max(count - len(most), 0))) + most
    serving = [side(lab, "-blockfilterindex", "-peerblockfilters", name=f"{side.__name__}-filters") for side in (ours, theirs)]
    mine_true(serving[0], 2100)
    serving[0].connect(serving[1])
    wait_same_tip(serving)
    wait_until("the filters are made", lambda: all(side.getindexinfo()["basic block filter index"]["synced"] for side in serving))
    questions = list(filter_questions(serving[0]))
    run = Run("cases", len(chosen) + len(questions))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        compare(run, pool, serving, questions)
        compare(run, pool, (node, other), chosen)
    return run.end()


command(__doc__, "cases", 500, differ)
