"""Floods of messages by peers against one node: what they cost it while they last, and whether an honest block still comes in.

Each flood runs for some seconds over several connections, as fast as the node takes it, while RPC calls are timed; in the
middle an honest peer shows a block. Time and memory are of whole processes on this machine.
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
from blocks import Block, Tx, compact, mine_true, next_block, spend, wired  # noqa: E402
from p2p import WTX, Peer, frame, net_address  # noqa: E402

PEERS = 4


def rss_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def hashes(kind, count, salt):
    return compact(count) + b"".join(struct.pack("<IQQQQ", kind, salt, i, 7, 7) for i in range(count))


# -- the floods: what makes the n-th message of a peer, its name and payload

def invs(node, coins):
    del node, coins
    return lambda peer, n: ("inv", hashes(WTX, 1000, peer << 32 | n))


def orphans(node, coins):
    del node, coins
    return lambda peer, n: ("tx", Tx([[f"{peer << 64 | n << 8 | k:064x}", 0, b"", 1] for k in range(1, 20)], [[1000, b"\x51" * 22]]).bytes())


def addresses(node, coins):
    del node, coins
    now = int(time.time())

    def message(peer, n):
        items = b"".join(struct.pack("<I", now) + net_address(1)[:20] + struct.pack(">IH", 0x01000000 + (peer << 20 | n * 1000 + i) % 0x5F000000, 8333)
                         for i in range(1000))
        return "addr", compact(1000) + items
    return message


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


def getdata(node, coins):
    del coins
    tip = wired(node.getbestblockhash())
    whole = compact(50_000) + (struct.pack("<I", 2 | 1 << 30) + tip) * 50_000
    return lambda peer, n: ("getdata", whole)


def bad_transactions(node, coins):
    """Another one each time, with a witness that is not the coin's."""
    del node
    tx = spend(coins[:1])
    tx.witness = [[b"\x00"]]
    whole, value = tx.bytes(), tx.outputs[0][0]
    at = whole.index(struct.pack("<q", value))
    return lambda peer, n: ("tx", whole[:at] + struct.pack("<q", value - (n * PEERS + peer)) + whole[at + 8:])


def pings(node, coins):
    del node, coins
    return lambda peer, n: ("ping", struct.pack("<Q", n + 1))


FLOODS = {f.__name__: f for f in (invs, orphans, addresses, headers, getdata, bad_transactions, pings)}


def send_all(node, number, message, end, sent):
    """Send until the time is over; a connection that the node closes is opened again. Reads nothing."""
    n = 0
    while time.monotonic() < end:
        try:
            with Peer(node) as peer:
                peer.socket.settimeout(0.5)
                while time.monotonic() < end:
                    peer.socket.sendall(frame(peer.magic, *message(number, n)))
                    n += 1
                    sent[number] = n
        except TimeoutError:
            pass  # the node takes no more: half a message is on its way, so begin anew
        except (OSError, AssertionError):
            time.sleep(0.05)


def flooding(node, message, end, sent):
    """In a process of its own, so that its threads do not slow down what is timed."""
    threads = [threading.Thread(target=send_all, args=(node, i, message, end, sent)) for i in range(PEERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def flood(name, seconds=5.0):
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-") as folder:
        node = nodes.Node(name, folder)
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
    before, most = rss_bytes(node.pid), 0
    begun, calls, block, block_s = time.monotonic(), [], None, None
    context = multiprocessing.get_context("fork")
    sent = context.Array("L", PEERS)
    flooder = context.Process(target=flooding, args=(node, message, begun + seconds, sent), daemon=True)
    flooder.start()
    while time.monotonic() < begun + seconds or block_s is None:
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
            "rpc_p99_ms": percentile(calls, 0.99) * 1e3, "rpc_max_ms": max(calls) * 1e3, "block_s": block_s}


def floods(seconds=5.0, names=tuple(FLOODS)):
    return {name: flood(name, seconds) for name in names}
