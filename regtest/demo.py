#!/usr/bin/env python3
"""The whole idea of YCoin on a three-node network, each claim checked as it is printed.

usage: ./do demo [--slow] [--keep]

  --slow  pause between the steps, for an audience
  --keep  leave the nodes' folders in place afterwards, and say where they are

Real processes and real proof of work, on loopback, in a temporary folder. Exit 0 only if every claim held.
"""
import concurrent.futures
import decimal
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback

from nodes import Node, RpcError, Wallet, mine, wait_same_mempool, wait_same_tip, wait_until

D = decimal.Decimal
FEE_RATE = "--fee-rate=5"


class Show:
    """What the audience sees: steps, facts, and claims that are checked before they are printed."""

    def __init__(self, slow):
        self.slow, self.claims, self.begun = slow, 0, time.monotonic()
        self.bold, self.dim, self.green, self.plain = ("\033[1m", "\033[2m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("",) * 4

    def step(self, number, title):
        if self.slow and number > 1:
            time.sleep(3)
        print(f"\n{self.bold}{number}. {title}{self.plain}", flush=True)

    def fact(self, text):
        print(f"   {self.dim}{text}{self.plain}", flush=True)

    def claim(self, text, holds):
        if not holds:
            raise AssertionError(text)
        self.claims += 1
        print(f"   {self.green}✓{self.plain} {text}", flush=True)
        if self.slow:
            time.sleep(0.5)


def short(h):
    return f"{h[:10]}…{h[-6:]}"


class Demo:
    def __init__(self, show, folder):
        self.show, self.folder = show, folder
        self.nodes = [Node(name, f"{folder}/{name}") for name in "ABC"]
        self.a, self.b, self.c = self.nodes

    def one_nodes_start(self):
        show = self.show
        show.step(1, "Three nodes, in a line: A – B – C")
        for node in self.nodes:
            took = node.start()
            show.claim(f"node {node.name} answers {took:.2f} s after its start (P2P port {node.port}, RPC port {node.rpc_port})", took < 1)
        self.a.connect(self.b)
        self.b.connect(self.c)
        show.claim("A is connected to B, and B to C", [n.getconnectioncount() for n in self.nodes] == [1, 2, 1])

    def two_wallets_and_mining(self):
        show = self.show
        show.step(2, "Two wallets, and 110 blocks mined by the miner process")
        self.w1 = Wallet("wallet 1", f"{self.folder}/wallet1.sqlite", self.a)
        self.w2 = Wallet("wallet 2", f"{self.folder}/wallet2.sqlite", self.c)
        for w in (self.w1, self.w2):
            words = w("create", "--no-passphrase")["words"]
            show.claim(f"{w.name} is twelve words: {words}", len(words.split()) == 12)
        begun = time.monotonic()
        mine(self.a, self.w1("address")["address"], 110)
        tip = wait_same_tip(self.nodes)
        show.fact(f"110 blocks in {time.monotonic() - begun:.1f} s, each handed over by the miner, checked and relayed")
        show.claim(f"all three nodes are at height 110 with tip {short(tip)}", all(n.getblockcount() == 110 for n in self.nodes))
        balance = self.w1("balance")
        show.claim(f"wallet 1 holds {balance['confirmed']} coins it may spend, and {balance['immature']} that are not mature yet",
                   balance["confirmed"] == 50 * (110 - 99) and balance["immature"] == 50 * 99)

    def three_a_payment(self):
        show = self.show
        show.step(3, "A payment of 1.5 coins from wallet 1 (at A) to wallet 2 (at C)")
        address = self.w2("address")["address"]
        sent = self.w1("send", address, "1.5", FEE_RATE, "--yes")
        show.fact(f"sent {sent['txid']}, fee {sent['fee']}")
        wait_until("C knows the payment", lambda: sent["txid"] in self.c.getrawmempool())
        show.claim("wallet 2 sees 1.5 coins, unconfirmed", self.w2("balance")["unconfirmed"] == D("1.5"))
        mine(self.a, self.w1("address")["address"], 1)
        wait_same_tip(self.nodes)
        seen = [h for h in self.w2("history") if h["txid"] == sent["txid"]]
        show.claim("after one block it is confirmed, with 1 confirmation", seen[0]["confirmations"] == 1)
        show.claim("wallet 2 holds 1.5 coins", self.w2("balance")["confirmed"] == D("1.5"))

    def four_double_spend(self):
        show = self.show
        show.step(4, "A double spend: one coin, two payments of the same fee rate, at A and at C in the same moment")
        self.a.connect(self.c)
        to = [self.w2("address")["address"], self.w1("address")["address"]]
        coin = self.w1("coins")[0]
        name = f"{coin['txid']}:{coin['vout']}"
        hexes = [self.w1("send", address, "2", FEE_RATE, f"--coin={name}", "--no-broadcast", "--yes")["hex"] for address in to]
        txids = [self.a.decoderawtransaction(h)["txid"] for h in hexes]
        show.fact(f"the coin {short(coin['txid'])}:{coin['vout']} is spent by {short(txids[0])} and by {short(txids[1])}")
        start = threading.Barrier(2)

        def send(node, raw):
            start.wait()
            try:
                return node.sendrawtransaction(raw)
            except RpcError as e:
                return e.message
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(send, (self.a, self.c), hexes))
        show.fact(f"A answers: {answers[0]}")
        show.fact(f"C answers: {answers[1]}")
        keeps = {n.name: [t for t in txids if t in n.getrawmempool()] for n in (self.a, self.c)}
        show.claim("A and C each keep one of the two, the first they saw", all(len(k) == 1 for k in keeps.values()))
        for node in (self.a, self.c):
            other = [i for i in (0, 1) if txids[i] != keeps[node.name][0]][0]
            try:
                node.sendrawtransaction(hexes[other])
                refusal = "accepted"
            except RpcError as e:
                refusal = e.message.split(",")[0]
            show.claim(f"{node.name} refuses the other: {refusal}", refusal == "insufficient fee")
            log = (node.chain_folder / "debug.log").read_text(errors="replace")
            show.claim(f"{node.name}'s log tells of the double spend", "double spend" in log.lower() and txids[other] in log)
        mine(self.b, self.w1("address")["address"], 1)
        wait_same_tip(self.nodes)
        block = self.a.getblock(self.a.getbestblockhash())["tx"]
        mined = [t for t in txids if t in block]
        if not mined:  # B may have heard of neither before its block
            mine(self.a, self.w1("address")["address"], 1)
            wait_same_tip(self.nodes)
            mined = [t for t in txids if t in self.a.getblock(self.a.getbestblockhash())["tx"]]
        show.claim(f"the next block holds exactly one of them: {short(mined[0])}", len(mined) == 1)
        agreed = [[t for t in txids if t in n.getblock(n.getbestblockhash())["tx"]] for n in self.nodes]
        show.claim("every node agrees which", agreed == [mined] * 3)
        loser = [t for t in txids if t not in mined][0]
        show.claim("the other is gone from every mempool", all(loser not in n.getrawmempool() for n in self.nodes))
        self.a.disconnect(self.c)

    def five_partition(self):
        show = self.show
        show.step(5, "Partition: A – B on one side, C on the other; both mine")
        self.b.disconnect(self.c)
        before = self.a.getblockcount()
        address = self.w2("address")["address"]
        paid = self.w1.at(self.c)("send", address, "3", FEE_RATE, "--yes")
        mine(self.c, self.w2("address")["address"], 2)
        mine(self.a, self.w1.at(self.a)("address")["address"], 3)
        wait_same_tip([self.a, self.b])
        show.claim(f"A and B are at height {before + 3}, C at {before + 2}: two histories",
                   [n.getblockcount() for n in self.nodes] == [before + 3, before + 3, before + 2])
        seen = [h for h in self.w2.at(self.c)("history") if h["txid"] == paid["txid"]]
        show.claim("a payment of 3 coins is confirmed on C's side only", seen[0]["confirmations"] == 2 and paid["txid"] not in self.a.getrawmempool())
        show.fact("the cut is healed")
        self.b.connect(self.c)
        tip = wait_same_tip(self.nodes)
        show.claim(f"all adopt the chain with more work, at height {before + 3}, tip {short(tip)}", self.c.getblockcount() == before + 3)
        tips = [t for t in self.c.getchaintips() if t["status"] == "valid-fork"]
        show.claim("C reports the branch it left: 2 blocks deep", any(t["branchlen"] == 2 for t in tips))
        log = (self.c.chain_folder / "debug.log").read_text(errors="replace")
        show.claim("C's log tells of the reorganisation and its depth", "Reorganisation: 2 blocks left behind" in log)
        wait_until("the payment is waiting again at C", lambda: paid["txid"] in self.c.getrawmempool())
        show.claim("the payment is back in C's mempool", True)
        mine(self.c, self.w1.at(self.c)("address")["address"], 1)
        wait_same_tip(self.nodes)
        show.claim("and is mined again", paid["txid"] in self.a.getblock(self.a.getbestblockhash())["tx"])
        balances = [[w.at(n)("balance") for n in self.nodes] for w in (self.w1, self.w2)]
        show.claim("both wallets have the same balance wherever they ask", all(b[0] == b[1] == b[2] for b in balances))
        supply = self.a.gettxoutsetinfo("none")
        height = self.a.getblockcount()
        show.claim(f"the coins in existence are {supply['total_amount']}, to the last unit what {height} blocks have made",
                   supply["total_amount"] == 50 * height)

    def six_kill(self):
        show = self.show
        show.step(6, "kill -9 of node B, and restart")
        tip, coins = self.b.getbestblockhash(), self.b.gettxoutsetinfo()
        self.b.kill()
        took = self.b.start()
        show.claim(f"B answers again {took:.2f} s after its start", took < 2)
        show.claim(f"B stands at the same tip, {short(tip)}", self.b.getbestblockhash() == tip)
        after = self.b.gettxoutsetinfo()
        show.claim(f"and nothing is lost: the hash over all {after['txouts']} coins is {short(after['hash_serialized_3'])} as before",
                   after["hash_serialized_3"] == coins["hash_serialized_3"])
        self.b.connect(self.a)
        self.b.connect(self.c)

    def seven_table(self):
        show = self.show
        show.step(7, "In the end")
        print(f"   {'node':<5}{'height':>7}  {'tip':<19}{'peers':>6}{'mempool':>9}{'wallet 1':>16}{'wallet 2':>16}")
        for n in self.nodes:
            balances = [w.at(n)("balance")["confirmed"] for w in (self.w1, self.w2)]
            print(f"   {n.name:<5}{n.getblockcount():>7}  {short(n.getbestblockhash()):<19}{n.getconnectioncount():>6}"
                  f"{n.getmempoolinfo()['size']:>9}{balances[0]:>16.8f}{balances[1]:>16.8f}")
        show.claim("one tip everywhere", len({n.getbestblockhash() for n in self.nodes}) == 1)

    def run(self):
        self.one_nodes_start()
        self.two_wallets_and_mining()
        self.three_a_payment()
        self.four_double_spend()
        self.five_partition()
        self.six_kill()
        self.seven_table()

    def end(self):
        for node in self.nodes:
            node.end()


def main(arguments):
    if set(arguments) - {"--slow", "--keep"}:
        wanted = arguments[0] in ("-h", "-?", "-help", "--help")
        print(__doc__.strip(), file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    show = Show("--slow" in arguments)
    folder = tempfile.mkdtemp(prefix="ycoin-demo-")
    demo = Demo(show, folder)
    status, failed = 1, False
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing may stay behind
    try:
        demo.run()
        print(f"\nAll {show.claims} claims held, in {time.monotonic() - show.begun:.1f} s.", flush=True)
        status = 0
    except KeyboardInterrupt:
        print("\nstopped")
    except (AssertionError, RuntimeError, RpcError, TimeoutError, OSError) as e:
        failed = True
        print(f"\n   ✗ {e}", flush=True)
        traceback.print_exc()
    finally:
        demo.end()
        if "--keep" in arguments or failed:
            print(f"The nodes' folders and logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
