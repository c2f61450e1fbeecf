#!/usr/bin/env python3
"""Time how fast transactions are taken into the pool, by ycoind alone or beside others, and print one JSON document.

usage: ./do bench pool [--txs=N] [--ablock=N] [--pairs=N] [--beside=PROGRAM] [--par=N] [--small]

  --txs=N     transactions that are taken in (default 20000)
  --ablock=N  transactions of a block (default 1500)
  --pairs=N   runs of each program, in alternation (default 3); the least time counts
  --beside=PROGRAM  another build of ycoind to measure beside this one
  --par=N     as the programs' option (default 0)
  --small     a few transactions; for the tests

$BITCOIND names Bitcoin Core's daemon, which is measured beside ours then. A chain is made by ycoin-bench-chain; its first blocks are
imported, and the transactions of its last ones (60 % P2WPKH, 20 % P2TR by key, 15 % P2PKH, 5 % P2WSH 2 of 3; one input in ten
spends another of them) are what is taken in, three ways, each by a pool that is empty before:

  p2p    one peer sends them all, unasked, in order: until the last is in the pool
  rpc    sendrawtransaction in batches of 100 calls
  rpc4   sendrawtransaction, single calls over four connections at once
  load   mempool.dat, from a node that was stopped with them

per_second is transactions a second of the fastest run; busiest_us is processor time for each of them of the thread that had most
to do (of those that are left at the end: Core's load has a thread of its own, which is not), and cpu_us that of the whole process, work in the background included; the ratios are against each other program. alone_us is the median time of a call of sendrawtransaction for one transaction with nothing else to do;
block_ms is how long submitblock took for a block of them, block_unknown_ms the same in a node that knows none of them, and template_ms a
getblocktemplate right behind the flood.
"""
import base64
import http.client
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "regtest"), str(ROOT / "tests" / "functional")]
import nodes  # noqa: E402  (after the path)
from p2p import Peer, frame  # noqa: E402

CHAIN = ROOT / "chains" / "bitcoin-regtest.json"
WARM_BLOCKS = 150
WAYS = ("p2p", "rpc", "rpc4", "load")
FIGURES = ("alone_us", "block_ms", "block_unknown_ms", "template_ms")


# -- what is sent

class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def compact(self):
        first = self.take(1)[0]
        return first if first < 253 else int.from_bytes(self.take({253: 2, 254: 4, 255: 8}[first]), "little")

    def tx(self):
        begun = self.at
        self.take(4)
        witness = self.data[self.at] == 0
        if witness:
            self.take(2)
        inputs = self.compact()
        for _ in range(inputs):
            self.take(36)
            self.take(self.compact() + 4)
        for _ in range(self.compact()):
            self.take(8)
            self.take(self.compact())
        for _ in range(inputs if witness else 0):
            for _ in range(self.compact()):
                self.take(self.compact())
        self.take(4)
        return self.data[begun:self.at]


def blocks_of(file):
    data, at = file.read_bytes(), 0
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 4)[0]
        yield data[at:at + 8 + n]
        at += 8 + n


def transactions(block):
    reader = Reader(block)
    reader.take(8 + 80)
    return [reader.tx() for _ in range(reader.compact())][1:]


def make(folder, count, a_block):
    """The file to import, and the transactions of the blocks behind it."""
    whole, first = folder / "whole.dat", folder / "chain.dat"
    blocks = WARM_BLOCKS + -(-count // a_block)
    done = subprocess.run([str(nodes.BIN / "ycoin-bench-chain"), f"--chain={CHAIN}", f"--out={whole}", f"--blocks={blocks}",
                           f"--txs={a_block}", "--empty=0"], stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(f"ycoin-bench-chain ended with {done.returncode}")
    made = list(blocks_of(whole))
    first.write_bytes(b"".join(made[:WARM_BLOCKS]))
    whole.unlink()
    txs = [tx for block in made[WARM_BLOCKS:] for tx in transactions(block)][:count]
    return first, txs, made[WARM_BLOCKS][8:]  # the block without its frame


# -- the programs

def program(name):
    if name == "bitcoind":
        return [os.environ["BITCOIND"]], ["-regtest", "-checkblockindex=0", "-checkmempool=0"]
    return [str(nodes.BIN / "ycoind") if name == "ycoind" else name], [f"-chainfile={CHAIN}", "-regtest"]


def make_node(name, folder, asked):
    command, chain = program(name)
    return nodes.Node("pool", folder, program=command[0], chain=chain,
                      options=["-maxtipage=999999999", "-dbcache=450", f"-par={asked['par']}", "-maxmempool=1000", "-persistmempool=1"])


def import_chain(name, folder, file):
    command, chain = program(name)
    done = subprocess.run(command + chain + [f"-datadir={folder}", f"-loadblock={file}", "-stopafterblockimport", "-dbcache=450",
                                             "-connect=0", "-listen=0", "-server=0", "-maxtipage=999999999", "-printtoconsole=0"],
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} ended with {done.returncode} while it imported the chain")


def cpu_s(node):
    fields = pathlib.Path(f"/proc/{node.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads_s(node):
    """Processor time of each thread; a hundredth of a second is the kernel's unit, so that of schedstat is taken."""
    return {task.name: int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
            for task in pathlib.Path(f"/proc/{node.pid}/task").iterdir()}


def settle_cpu(node):
    """Processor time when the node has nothing left to do in the background."""
    before = cpu_s(node)
    while True:
        time.sleep(0.3)
        now = cpu_s(node)
        if now - before < 0.02:
            return now
        before = now


# -- the ways

def by_p2p(node, txs):
    with Peer(node) as peer:
        data = b"".join(frame(peer.magic, "tx", tx) for tx in txs)
        begun = time.perf_counter()
        sender = threading.Thread(target=peer.send_raw, args=(data,))
        sender.start()
        sender.join()
        peer.sync()  # a pong comes when all before it has been worked off
        took = time.perf_counter() - begun
    return took


def connection(node):
    return http.client.HTTPConnection("127.0.0.1", node.rpc_port, timeout=120)


def headers(node):
    return {"Authorization": "Basic " + base64.b64encode(node.cookie().encode()).decode(), "Content-Type": "application/json"}


def by_rpc(node, txs):
    bodies = [json.dumps([{"jsonrpc": "2.0", "id": i, "method": "sendrawtransaction", "params": [tx.hex(), 0]}
                          for i, tx in enumerate(txs[at:at + 100])]) for at in range(0, len(txs), 100)]
    conn, head = connection(node), headers(node)
    begun = time.perf_counter()
    for body in bodies:
        conn.request("POST", "/", body, head)
        conn.getresponse().read()
    return time.perf_counter() - begun


def by_rpc4(node, txs):
    head = headers(node)

    def run(part):
        conn = connection(node)
        for tx in part:
            conn.request("POST", "/", '{"jsonrpc":"2.0","id":1,"method":"sendrawtransaction","params":["' + tx.hex() + '",0]}', head)
            conn.getresponse().read()
    threads = [threading.Thread(target=run, args=(txs[i::4],)) for i in range(4)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def by_load(node, _):
    begun = time.perf_counter()
    while not node.getmempoolinfo()["loaded"]:
        time.sleep(0.005)
    return time.perf_counter() - begun


def alone_us(node, txs):
    """The median of single calls, with a moment of rest between them."""
    took, conn, head = [], connection(node), headers(node)
    for tx in txs:
        time.sleep(0.005)
        body = '{"jsonrpc":"2.0","id":1,"method":"sendrawtransaction","params":["' + tx.hex() + '",0]}'
        begun = time.perf_counter()
        conn.request("POST", "/", body, head)
        conn.getresponse().read()
        took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1e6


def timed(call):
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1e3


class Round:
    """One program, once through everything."""

    def __init__(self, name, base, txs, block, folder, asked):
        self.name, self.base, self.txs, self.block, self.folder, self.asked = name, base, txs, block, folder / "run", asked
        self.result = {}

    def __enter__(self):
        subprocess.run(["cp", "-r", str(self.base), str(self.folder)], check=True)
        self.node = make_node(self.name, self.folder, self.asked)
        self.node.start()
        return self

    def __exit__(self, *_):
        self.node.end()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)

    def take(self, way, call):
        node = self.node
        cpu, threads = cpu_s(node), threads_s(node)
        took = call(node, self.txs)
        busiest = max(t - threads.get(name, 0) for name, t in threads_s(node).items())
        if way == "p2p":
            self.result["template_ms"] = timed(lambda: node.getblocktemplate({"rules": ["segwit"]}))
        count = node.getmempoolinfo()["size"]
        if count < len(self.txs) * 0.9:
            sys.exit(f"{self.name} took only {count} of {len(self.txs)} transactions by {way}")
        self.result[way] = {"taken": count, "seconds": took, "busiest": busiest, "cpu": settle_cpu(node) - cpu}

    def again(self):
        """Stop, which saves the pool, and start."""
        self.node.stop()
        self.node.start()


def one_round(name, base, txs, block, folder, asked):
    with Round(name, base, txs, block, folder, asked) as r:
        r.take("p2p", by_p2p)
        r.again()
        r.take("load", by_load)
        r.result["block_ms"] = timed(lambda: r.node.submitblock(block.hex()))
        if r.node.getblockcount() != WARM_BLOCKS + 1:
            sys.exit(f"{name} did not take the block")
        result = r.result
    for way, call in (("rpc", by_rpc), ("rpc4", by_rpc4)):
        with Round(name, base, txs, block, folder, asked) as r:
            r.take(way, call)
            result.update(r.result)
    with Round(name, base, txs, block, folder, asked) as r:
        result["block_unknown_ms"] = timed(lambda: r.node.submitblock(block.hex()))
    with Round(name, base, txs, block, folder, asked) as r:
        result["alone_us"] = alone_us(r.node, txs[:len(txs) // 20 + 20])
    return result


def summary(runs):
    """The least of each figure."""
    out = {key: min(r[key] for r in runs) for key in FIGURES}
    for way in WAYS:
        best = min((r[way] for r in runs), key=lambda one: one["seconds"])
        out[way] = {"per_second": best["taken"] / best["seconds"], "taken": best["taken"],
                    "busiest_us": min(r[way]["busiest"] / r[way]["taken"] for r in runs) * 1e6,
                    "cpu_us": min(r[way]["cpu"] / r[way]["taken"] for r in runs) * 1e6}
    return out


def options(arguments):
    asked = {"txs": 20000, "pairs": 3, "par": 0, "ablock": 1500}
    beside = []
    for argument in arguments:
        key, _, value = argument.removeprefix("--").partition("=")
        if argument in ("-h", "--help"):
            print(__doc__.strip())
            sys.exit(0)
        if argument == "--small":
            asked.update(txs=150, pairs=1, ablock=100)
        elif key == "beside" and value:
            beside.append(value)
        elif key in asked and value.isdigit():
            asked[key] = int(value)
        else:
            sys.exit(f"no option '{argument}': see --help")
    return asked, ["ycoind", *beside] + (["bitcoind"] if os.environ.get("BITCOIND") else [])


def main(arguments):
    asked, programs = options(arguments)
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-pool-") as folder:
        folder = pathlib.Path(folder)
        file, txs, block = make(folder, asked["txs"], asked["ablock"])
        base, runs = {}, {name: [] for name in programs}
        for i, name in enumerate(programs):
            base[name] = folder / f"base{i}"
            base[name].mkdir()
            import_chain(name, base[name], file)
        for _ in range(asked["pairs"]):
            for name in programs:
                runs[name].append(one_round(name, base[name], txs, block, folder, asked))
                print(name, json.dumps(runs[name][-1]), file=sys.stderr)
    result = {name: summary(r) for name, r in runs.items()}
    if len({result[name][way]["taken"] for name in programs for way in ("p2p", "rpc")}) != 1:
        sys.exit(f"the programs did not take the same transactions: {json.dumps(result)}")
    document = {"transactions": len(txs), "options": asked, "cores": os.cpu_count(), "results": result}
    document["times_as_fast_as"] = {
        name: {**{way: result["ycoind"][way]["per_second"] / result[name][way]["per_second"] for way in WAYS},
               **{f"{way}_busiest": result[name][way]["busiest_us"] / result["ycoind"][way]["busiest_us"] for way in WAYS},
               **{key: result[name][key] / result["ycoind"][key] for key in FIGURES}}
        for name in programs[1:]}
    print(json.dumps(document, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
