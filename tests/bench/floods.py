"""Floods by peers against one node: what they cost it while they last, and whether an honest block still comes in.

usage: tests/bench/floods.py [NAME...]      prints a table: each flood with the rows of the catalogue of attacks that it stands for

Each flood runs for some seconds over several connections, as fast as the node takes it, while RPC calls are timed; in the
middle an honest peer shows a block. Promised are 64 MB of memory at most, calls in 100 ms (99 of 100), the block in 2 s. Time and
memory are of whole processes on this machine.
"""
import multiprocessing
import pathlib
import struct
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "regtest"), str(HERE.parent / "functional")]
import nodes  # noqa: E402  (after the path)
from blocks import Block, Tx, coinbase, compact, mine_true, next_block, spend, subsidy_sat, wired  # noqa: E402
from compact import request  # noqa: E402
from p2p import BLOCK, SERVICES, VERSION, WTX, Peer, frame, net_address  # noqa: E402

PEERS = 4
PROMISES = {"rss_growth_mb": 64, "rpc_p99_ms": 100, "block_s": 2}
LEAST = 4  # messages of a flood
FLOODS, ROWS, SHAKES, COUNT = {}, {}, {}, {}


def rss_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def hashes(kind, count, salt):
    return compact(count) + b"".join(struct.pack("<IQQQQ", kind, salt, i, 7, 7) for i in range(count))


def stands_for(*rows, shakes_hands=True, peers=PEERS):
    """A flood: (node, coins) to a function (peer, n) to its n-th message: (name, payload), with the length that is announced if
    that is another, or bytes as they are. None: the connection is over, and opened anew; where more than PEERS take part it
    is held in silence."""
    def note(function):
        name = function.__name__
        FLOODS[name], ROWS[name], SHAKES[name], COUNT[name] = function, rows, shakes_hands, peers
        return function
    return note


@stands_for("P01", peers=60)
def half_messages(node, coins):
    """3.9 of 4.0 MB, and then silence."""
    del node, coins
    body = b"\x55" * 3_900_000
    return lambda peer, n: (("block", body, 3_999_999) if n == 0 else None)


@stands_for("P02", "P05", "P40")
def invs(node, coins):
    del node, coins
    return lambda peer, n: ("inv", hashes(WTX, 1000, peer << 32 | n))


@stands_for("P03")
def block_invs(node, coins):
    """50,000 blocks that nobody has; what the node asks for them is not read."""
    del node, coins
    whole = hashes(BLOCK, 50_000, 1)
    return lambda peer, n: ("inv", whole)


@stands_for("P04")
def getdata(node, coins):
    del coins
    tip = wired(node.getbestblockhash())
    whole = compact(50_000) + (struct.pack("<I", 2 | 1 << 30) + tip) * 50_000
    return lambda peer, n: ("getdata", whole)


def orphan(salt, inputs):
    return Tx([[f"{salt << 16 | k:064x}", 0, b"", 1] for k in range(1, inputs)], [[1000, b"\x51" * 22]]).bytes()


@stands_for("P07")
def orphans(node, coins):
    del node, coins
    return lambda peer, n: ("tx", orphan(peer << 64 | n, 20))


@stands_for("P06", "P07")
def large_orphans(node, coins):
    del node, coins
    return lambda peer, n: ("tx", orphan(peer << 64 | n, 2_000))


@stands_for("P08", "P27", shakes_hands=False)
def versions(node, coins):
    """Clocks at the ends of time, twice, with a message before and between."""
    del node, coins
    times = (-(1 << 63), (1 << 63) - 1, -1, 0)

    def message(peer, n):
        if n % 4 == 3:
            return None
        if n % 4 == 0:
            return "ping", struct.pack("<Q", n)
        return "version", (struct.pack("<iQq", VERSION, SERVICES, times[peer % 4]) + net_address() + net_address(SERVICES) +
                           struct.pack("<QBi?", peer << 32 | n, 0, 1 << 30, True))
    return message


@stands_for("P10")
def headers(node, coins):
    """Chains of the least work from genesis."""
    del coins
    genesis = node.getblockheader(node.getblockhash(0))

    def message(peer, n):
        out, previous = b"", genesis["hash"]
        for i in range(50):
            block = Block(previous, genesis["time"] + 1 + i, [Tx()])
            block.root = struct.pack("<QQQQ", peer, n, i, 1)
            block.solve()
            out += block.header() + b"\x00"
            previous = block.hash
        return "headers", compact(50) + out
    return message


@stands_for("P11", "P23")
def addresses(node, coins):
    del node, coins
    now = int(time.time())

    def message(peer, n):
        items = b"".join(struct.pack("<I", now) + net_address(1)[:20] + struct.pack(">IH", 0x01000000 + (peer << 20 | n * 1000 + i) % 0x5F000000, 8333)
                         for i in range(1000))
        return "addr", compact(1000) + items
    return message


@stands_for("P12", "P13")
def compact_blocks(node, coins):
    """A block's header, thousands of short ids of nothing, and then nothing of what is asked for."""
    del coins
    header = next_block(node).header()
    ids = b"".join(struct.pack("<IH", i * 2654435761 & 0xFFFFFFFF, i) for i in range(2_000))
    announced = header + struct.pack("<Q", 7) + compact(2_000) + ids + b"\x01\x00" + coinbase(1, 0).bytes()
    answered = Block("00" * 32, 0, [Tx()]).header()[:32] + compact(0)
    return lambda peer, n: (("blocktxn", answered) if n % 2 else ("cmpctblock", announced))


@stands_for("P14", "P32")
def mutated_blocks(node, coins):
    """Another body than the header's."""
    header = next_block(node).header()
    body = compact(2) + coinbase(1, 0).bytes() + spend(coins[:1]).bytes()
    return lambda peer, n: ("block", header + body)


@stands_for("P17")
def costly_transactions(node, coins):
    """80,000 signature operations in scripts that nobody relays."""
    del node
    whole = spend(coins[:1], outputs=20, script=b"\xac" * 4_000).bytes()
    return lambda peer, n: ("tx", whole[:-4] + struct.pack("<I", n * PEERS + peer))


@stands_for("P19")
def bloom_filters(node, coins):
    del node, coins
    return lambda peer, n: ("filterload", b"\x00" + struct.pack("<IIB", 0, 0, 0))


@stands_for("P18", "P21")
def garbage(node, coins):
    """Wrong checksums, unknown names, contents of no form."""
    magic = Peer(node)
    kinds = [frame(magic.magic, "tx", b"\x01" * 200, checksum=b"\x00" * 4), frame(magic.magic, "nonsense", b"\x02" * 5_000),
             frame(magic.magic, "getheaders", b"\xff"), frame(magic.magic, "inv", b"\xfd\xff")]
    magic.close()
    del coins
    return lambda peer, n: kinds[n % len(kinds)]


@stands_for("P26", "P42", shakes_hands=False)
def connections(node, coins):
    """Opened and closed again, half of them in the middle of a header."""
    del node, coins
    return lambda peer, n: (b"\xfa\xbf" if n % 2 == 0 and peer % 2 else None)


@stands_for("P28")
def locators(node, coins):
    """The longest that may be, of blocks that nobody knows: each is answered from genesis on."""
    del node, coins
    whole = struct.pack("<I", VERSION) + compact(101) + b"".join(struct.pack("<QQQQ", i, 1, 2, 3) for i in range(101)) + b"\x00" * 32
    return lambda peer, n: ("getheaders", whole)


@stands_for("P29")
def loose_headers(node, coins):
    """Headers that follow upon nothing."""
    del node, coins

    def message(peer, n):
        block = Block(f"{peer << 32 | n:064x}", 1_700_000_000, [Tx()])
        block.root = b"\x01" * 32
        return "headers", compact(1) + block.solve().header() + b"\x00"
    return message


@stands_for("P30")
def side_blocks(node, coins):
    """Whole blocks of little work, beside the first one, that nobody asked for."""
    del coins
    genesis = node.getblockheader(node.getblockhash(0))

    def message(peer, n):
        first = coinbase(1, subsidy_sat(1), extra=struct.pack("<BIQ", 12, peer, n))
        return "block", Block(genesis["hash"], genesis["time"] + 1 + n % 1000, [first]).solve().bytes()
    return message


@stands_for("P34")
def questions_for_addresses(node, coins):
    del node, coins
    return lambda peer, n: ("getaddr", b"")


@stands_for("P39")
def bad_transactions(node, coins):
    """Another one each time, with a witness that is not the coin's."""
    del node
    tx = spend(coins[:1])
    tx.witness = [[b"\x00"]]
    whole, value = tx.bytes(), tx.outputs[0][0]
    at = whole.index(struct.pack("<q", value))
    return lambda peer, n: ("tx", whole[:at] + struct.pack("<q", value - (n * PEERS + peer)) + whole[at + 8:])


@stands_for("P41")
def single_transactions(node, coins):
    """Of a block that is too deep to be told by its transactions."""
    del coins
    whole = request(node.getblockhash(1), [0])
    return lambda peer, n: ("getblocktxn", whole)


@stands_for("P33")
def pings(node, coins):
    """Whose answers are not read."""
    del node, coins
    return lambda peer, n: ("ping", struct.pack("<Q", n + 1))


@stands_for("P43")
def extremes(node, coins):
    del node, coins
    kinds = [("feefilter", struct.pack("<q", (1 << 63) - 1)), ("feefilter", struct.pack("<q", -1)), ("pong", b"\xff" * 8),
             ("sendcmpct", b"\x01" + b"\xff" * 8), ("ping", b"\xff" * 8)]
    return lambda peer, n: kinds[n % len(kinds)]


@stands_for("P47")
def many_inputs(node, coins):
    del node, coins
    inputs = b"".join(struct.pack("<QQQQIBI", k, 1, 2, 3, 0, 0, 0xFFFFFFFD) for k in range(24_000))
    whole = struct.pack("<I", 2) + compact(24_000) + inputs + b"\x01" + struct.pack("<q", 1000) + b"\x16" + b"\x51" * 22
    return lambda peer, n: ("tx", whole + struct.pack("<I", n * PEERS + peer))


def goes_on(end, sent):
    """Until the time is over; on a machine that has not come to it by then, until there was a flood at all."""
    now = time.monotonic()
    return now < end or (sum(sent) < LEAST and now < end + 30)


def send_all(node, name, number, message, end, sent):
    """Send while it goes on; a connection that the node closes is opened again. Reads nothing."""
    n = 0
    while goes_on(end, sent):
        try:
            with Peer(node, handshake=SHAKES[name]) as peer:
                peer.socket.settimeout(0.5)
                while goes_on(end, sent):
                    what = message(number, n)
                    n += 1
                    if what is None and COUNT[name] > PEERS:
                        time.sleep(max(0, end - time.monotonic()))  # hold what is held
                    if what is None:
                        break
                    data = what
                    if isinstance(what, tuple):
                        data = frame(peer.magic, what[0], what[1], length=what[2] if len(what) > 2 else None)
                    peer.socket.sendall(data)
                    sent[number] = n
        except TimeoutError:
            pass  # the node takes no more: half a message is on its way, so begin anew
        except (OSError, AssertionError):
            time.sleep(0.05)


def flooding(node, name, message, end, sent):
    """In a process of its own, so that its threads do not slow down what is timed."""
    threads = [threading.Thread(target=send_all, args=(node, name, i, message, end, sent)) for i in range(COUNT[name])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def flood(name, seconds=5.0):
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-") as folder:
        node = nodes.Node(name, folder, options=["-inboundrelaypercent=100"])
        try:
            node.start()
            coins = mine_true(node, 1)
            node.generatetodescriptor(100, "raw(51)")
            with Peer(node) as honest:
                honest.sync()
                return measure(node, name, coins, honest, seconds)
        finally:
            node.end()


def measure(node, name, coins, honest, seconds):
    message = FLOODS[name](node, coins)
    log = node.chain_folder / "debug.log"
    before, most, log_before = rss_bytes(node.pid), 0, log.stat().st_size
    begun, calls, block, block_s = time.monotonic(), [], None, None
    context = multiprocessing.get_context("fork")
    sent = context.Array("L", COUNT[name])
    flooder = context.Process(target=flooding, args=(node, name, message, begun + seconds, sent), daemon=True)
    flooder.start()
    while goes_on(begun + seconds, sent) or block_s is None:
        at = time.perf_counter()
        tip = node.getbestblockhash()
        calls.append(time.perf_counter() - at)
        most = max(most, rss_bytes(node.pid))
        if block is None and time.monotonic() > begun + seconds / 2:
            block, sent_at = next_block(node), time.perf_counter()
            honest.send("block", block.bytes())
        elif block is not None and block_s is None and tip == block.hash:
            block_s = time.perf_counter() - sent_at
        if time.monotonic() > begun + seconds + 60:
            raise RuntimeError(f"{name}: the honest block is not accepted within a minute")
        time.sleep(0.005)
    flooder.join()
    return {"messages": sum(sent), "rss_growth_mb": (most - before) / 1e6,
            "rpc_p99_ms": percentile(calls, 0.99) * 1e3, "rpc_max_ms": max(calls) * 1e3, "block_s": block_s,
            "log_kb": (log.stat().st_size - log_before) / 1e3, "rows": ROWS[name]}


def floods(seconds=5.0, names=tuple(FLOODS)):
    return {name: flood(name, seconds) for name in names}


def table(results):
    """Lines for people; what is not as promised is marked."""
    yield f"{'flood':24}{'rows':16}{'messages':>10}{'memory MB':>11}{'RPC p99 ms':>12}{'block s':>9}{'log kB':>8}"
    for name, r in results.items():
        missed = [key for key, promise in PROMISES.items() if r[key] > promise]
        yield (f"{name:24}{' '.join(r['rows']):16}{r['messages']:>10}{r['rss_growth_mb']:>11.1f}{r['rpc_p99_ms']:>12.1f}{r['block_s']:>9.2f}"
               f"{r['log_kb']:>8.0f}" + (f"  not as promised: {', '.join(missed)}" if missed else ""))


if __name__ == "__main__":
    print("\n".join(table(floods(5.0, sys.argv[1:] or tuple(FLOODS)))))
