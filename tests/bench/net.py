"""The network benches: many idle peers, a line of nodes, floods, a first download from peers of which some stall, simulated networks.

    idle    so many peers connect, shake hands and stay silent: what the node holds for each, and how soon it answers a ping
    line    a block of known transactions along a line of nodes: from the first node's tip to the last one's, by their logs
    flood   peers that send as fast as they can, in several ways: memory, RPC and an honest block meanwhile (floods.py)
    stall   a first download from eight peers in Python that serve one file, without and with three that never answer
    sim     the simulator's networks of more and more nodes: how much faster than the real time, and what a node's hour costs

Time and memory are of whole processes on this machine; a busy machine shows in all of them.
"""
import datetime
import json
import mmap
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "regtest"), str(HERE.parent / "functional")]
import floods  # noqa: E402  (after the path)
import nodes  # noqa: E402
from blocks import Block, coinbase, compact, mine_true, next_block, spend, subsidy_sat, wired  # noqa: E402
from p2p import Peer, frame, magic_of, version_payload  # noqa: E402

HEADERS_MAX = 2000


def rss_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


# -- idle

def idle(count=1000, pings=100):
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-") as folder:
        node = nodes.Node("idle", folder, options=[f"-maxconnections={count + 50}", "-inboundrelaypercent=100"])
        peers = []
        try:
            node.start()
            node.generatetodescriptor(1, "raw(51)")
            before = rss_bytes(node.pid)
            for _ in range(count):
                peers.append(Peer(node))
            nodes.wait_until("all are connected", lambda: node.getnetworkinfo()["connections"] == count)
            time.sleep(1)
            after = rss_bytes(node.pid)
            took = []
            for i in range(pings):
                begun = time.perf_counter()
                peers[i * count // pings].sync()
                took.append(time.perf_counter() - begun)
        finally:
            for peer in peers:
                peer.close()
            node.end()
    took.sort()
    return {"peers": count, "kib_per_peer": (after - before) / 1024 / count, "rss_mb": after / 1e6,
            "ping_median_ms": took[len(took) // 2] * 1e3, "ping_max_ms": took[-1] * 1e3}


# -- line

def tip_time(node, block_hash):
    """When the node's log says that this block became its tip; None when it does not yet."""
    log = (node.chain_folder / "debug.log").read_text(errors="replace")
    found = re.search(rf"^(\S+)Z .*UpdateTip: new best={block_hash} ", log, re.MULTILINE)
    return found and datetime.datetime.fromisoformat(found.group(1)).timestamp()


def fan(coins, count):
    """Transactions that split coins into count outputs in all, and those outputs."""
    txs, out = [], []
    for coin in coins:
        tx = spend([coin], fee_sat=100_000, outputs=-(-count // len(coins)))
        txs.append(tx)
        out += [(tx.txid, i, o[0]) for i, o in enumerate(tx.outputs)]
    return txs, out[:count]


def submit_all(node, txs):
    for i in range(0, len(txs), 200):
        calls = [{"jsonrpc": "2.0", "id": k, "method": "sendrawtransaction", "params": [t.hex]} for k, t in enumerate(txs[i:i + 200])]
        for answer in json.loads(node.post(json.dumps(calls))[1]):
            if answer.get("error"):
                raise RuntimeError(f"a transaction was refused: {answer['error']}")


def one_block(row, coins, transactions):
    """Seconds from the first node's tip to the last one's, and how many nodes asked for nothing."""
    first, last = row[0], row[-1]
    split, outputs = fan(coins, transactions)
    first.submitblock(next_block(first, split, fees_sat=100_000 * len(split)).hex)
    nodes.wait_same_tip(row)
    txs = [spend([c], fee_sat=1_000) for c in outputs]
    submit_all(first, txs)
    nodes.wait_until("every pool has them", lambda: all(n.getmempoolinfo()["size"] == transactions for n in row), 300)
    block = next_block(first, txs, fees_sat=1_000 * transactions)
    first.submitblock(block.hex)
    nodes.wait_same_tip(row)
    whole = 0
    for node in row[1:]:
        log = (node.chain_folder / "debug.log").read_text(errors="replace")
        whole += bool(re.search(rf"reconstructed block {block.hash} .* and 0 txn \(0 bytes\) requested", log))
    return tip_time(last, block.hash) - tip_time(first, block.hash), whole


def line(hops=10, transactions=2000, blocks=3):
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-") as folder:
        row = [nodes.Node(f"n{i}", pathlib.Path(folder) / str(i), options=["-debug=cmpctblock", "-logtimemicros"]) for i in range(hops + 1)]
        try:
            for node in row:
                node.start(wait=False)
            for node in row:
                node.wait_ready()
            for a, b in zip(row, row[1:]):
                a.connect(b)
            coins = mine_true(row[0], 8 * blocks)
            row[0].generatetodescriptor(100, "raw(51)")
            nodes.wait_same_tip(row)
            results = [one_block(row, coins[8 * i:8 * i + 8], transactions) for i in range(blocks)]
        finally:
            for node in row:
                node.end()
    return {"hops": hops, "transactions": transactions, "blocks": blocks, "best_ms": min(r[0] for r in results) * 1e3,
            "each_ms": [r[0] * 1e3 for r in results], "without_a_question": sum(r[1] for r in results) / (blocks * hops)}


# -- stall

class Served:
    """A chain of blocks of about so many bytes, as frames one after another in a file."""

    def __init__(self, path, magic, genesis, count, block_bytes):
        self.headers, self.at, self.place = [], [], {}
        previous, start = genesis["hash"], genesis["time"]
        with open(path, "wb") as out:
            for height in range(1, count + 1):
                first = coinbase(height, subsidy_sat(height))
                first.outputs.append([0, b"\x6a" + b"\x00" * (block_bytes - 200)])
                block = Block(previous, start + height, [first]).solve()
                whole = frame(magic, "block", block.bytes())
                self.place[wired(block.hash)] = len(self.headers)
                self.headers.append(block.header())
                self.at.append((out.tell(), len(whole)))
                out.write(whole)
                previous = block.hash
        self.tip = previous
        with open(path, "rb") as file:
            self.file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def frame(self, index):
        at, n = self.at[index]
        return memoryview(self.file)[at:at + n]


class Server(threading.Thread):
    """A peer that answers from the file; one that stalls has the headers and never sends a block."""

    def __init__(self, node, chain, stalls):
        super().__init__(daemon=True)
        self.peer = Peer(node, handshake=False, seconds=600)
        self.chain, self.stalls = chain, stalls

    def run(self):
        peer, chain = self.peer, self.chain
        peer.send("version", version_payload(height=len(chain.headers)))
        while True:
            try:
                message = peer.read()
            except OSError:
                return
            if message is None:
                return
            name, payload = message
            if name == "version":
                peer.send("verack")
            elif name == "ping":
                peer.send("pong", payload)
            elif name == "getheaders":
                known = [payload[5 + 32 * i:37 + 32 * i] for i in range(payload[4])]
                begin = next((chain.place[h] + 1 for h in known if h in chain.place), 0)
                some = chain.headers[begin:begin + HEADERS_MAX]
                peer.send("headers", compact(len(some)) + b"".join(h + b"\x00" for h in some))
            elif name == "getdata" and not self.stalls:
                for i in range(payload[0]):
                    peer.send_raw(chain.frame(chain.place[payload[5 + 36 * i:37 + 36 * i]]))


def download(folder, make_chain, stallers, peers):
    node = nodes.Node("sync", folder)
    try:
        node.start()
        chain = make_chain(node)
        begun = time.perf_counter()
        servers = [Server(node, chain, i < stallers) for i in range(peers)]
        for server in servers:
            server.start()
        nodes.wait_until("the whole chain", lambda: node.getbestblockhash() == chain.tip, 600)
        took = time.perf_counter() - begun
        for server in servers:
            server.peer.close()
        return took
    finally:
        node.end()


def stall(blocks=3000, block_bytes=100_000, peers=8, stallers=3, turns=3):
    """Alternating, and the best of each: the ratio of the two."""
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-") as folder:
        kept = []

        def make_chain(node):
            if not kept:
                kept.append(Served(pathlib.Path(folder) / "chain", magic_of(node), node.getblockheader(node.getblockhash(0)), blocks, block_bytes))
            return kept[0]

        times = {0: [], stallers: []}
        for turn in range(turns):
            for stalling, took in times.items():
                with tempfile.TemporaryDirectory(prefix="ycoin-bench-") as place:
                    took.append(download(place, make_chain, stalling, peers))
        clean, stalled = min(times[0]), min(times[stallers])
    return {"blocks": blocks, "block_bytes": block_bytes, "peers": peers, "stallers": stallers, "clean_s": clean, "stalled_s": stalled,
            "each_clean_s": times[0], "each_stalled_s": times[stallers], "ratio": stalled / clean, "mb_per_second": blocks * block_bytes / clean / 1e6}


# -- sim

def simulate(count, hours):
    command = [str(nodes.BIN / "ycoin-sim"), "--scenario=plain", "--seed=1", f"--nodes={count}", f"--hours={hours}", "--report=json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    run = json.loads(done.stdout)["runs"][0]
    return {"nodes": count, "cpu_s": run["cpu_s"], "times_real_per_core": run["times_real_per_core"],
            "cpu_ms_per_node_hour": run["cpu_s"] * 1e3 / count / (run["virtual_s"] / 3600)}


def sim(counts=(20, 50, 100, 200, 500), hours=1, turns=2):
    """The best of some runs each; growth: a node's hour in the largest network beside one in the smallest."""
    sizes = [min((simulate(count, hours) for _ in range(turns)), key=lambda r: r["cpu_s"]) for count in counts]
    return {"sizes": sizes, "growth": sizes[-1]["cpu_ms_per_node_hour"] / sizes[0]["cpu_ms_per_node_hour"]}


BENCHES = {"net/idle": idle, "net/line": line, "net/flood": floods.floods, "net/stall": stall, "net/sim": sim}
SMOKE = {"net/idle": {"count": 20, "pings": 5}, "net/line": {"hops": 2, "transactions": 50, "blocks": 1}, "net/flood": {"seconds": 0.3, "names": ("invs",)},
         "net/stall": {"blocks": 60, "block_bytes": 2000, "peers": 3, "stallers": 1, "turns": 1},
         "net/sim": {"counts": (4, 8), "turns": 1}}


def run(name, smoke=False):
    if not (nodes.BIN / "ycoind").exists():
        return {"skipped": "ycoind is not built"}
    return BENCHES[name](**(SMOKE[name] if smoke else {}))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or list(BENCHES):
        print(json.dumps({wanted: run(wanted)}, indent=2))
