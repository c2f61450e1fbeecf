#!/usr/bin/env python3
"""ycoin-wallet against a real node: paid, paying, and what must never happen: paying twice (W29)."""
import decimal
import http.client
import http.server
import json
import os
import random
import signal
import subprocess
import threading
import time

from framework import BIN, Skip, contains, equal, main
from nodes import Wallet

D = decimal.Decimal
NOWHERE = "raw(51)"


def fund(node, address, blocks):
    for _ in range(blocks):
        node.rpc("generatetoaddress", 1, address)


def wallets(lab, *names, blocks=110):
    """A node, and wallets of which the first has coins."""
    if not (BIN / "ycoin-wallet").exists():
        raise Skip("ycoin-wallet is not built")
    node = lab.node()
    made = [Wallet(name, lab.folder / f"{name}.sqlite", node) for name in names]
    for wallet in made:
        wallet("create", "--no-passphrase")
    if blocks:
        fund(node, made[0]("address")["address"], blocks)
    return node, *made


def fails(wallet, status, part, *arguments, stdin=None):
    done = wallet.run(*arguments, stdin=stdin)
    equal((done.returncode, done.stdout), (status, ""))
    contains(done.stderr, part)


def mine(node, count=1):
    return node.rpc("generatetodescriptor", count, NOWHERE)


def test_a_payment_arrives_and_confirms(lab):
    node, alice, bob = wallets(lab, "alice", "bob")
    equal(alice("balance")["confirmed"], 550)
    to = bob("address")["address"]
    sent = alice("send", to, "1.5", "--fee-rate=5", "--yes")
    tx = node.rpc("decoderawtransaction", sent["hex"])
    equal(tx["txid"], sent["txid"])
    paid = sum(o["value"] for o in tx["vout"])
    equal(50 - paid, sent["fee"])
    assert 0 <= sent["fee"] * 100000000 - 5 * tx["vsize"] <= 5, (sent["fee"], tx["vsize"])
    assert node.rpc("getblockcount") - 100 <= tx["locktime"] <= node.rpc("getblockcount")
    equal(bob("balance")["unconfirmed"], D("1.5"))
    equal(alice("balance")["unconfirmed"], 50 - D("1.5") - sent["fee"])
    mine(node)
    equal(bob("balance")["confirmed"], D("1.5"))
    row = [h for h in bob("history") if h["txid"] == sent["txid"]][0]
    equal((row["amount"], row["confirmations"], row["status"], row["addresses"]), (D("1.5"), 1, "confirmed", [to]))
    row = [h for h in alice("history") if h["txid"] == sent["txid"]][0]
    equal((row["amount"], row["fee"]), (-D("1.5") - sent["fee"], sent["fee"]))


def test_everything_and_the_recipient_bears_the_fee(lab):
    node, alice, bob = wallets(lab, "alice", "bob", blocks=103)
    sent = alice("send", bob("address")["address"], "60", "--fee-rate=3", "--subtract-fee", "--yes")
    equal(sent["amount"] + sent["fee"], 60)
    mine(node)
    have = alice("balance")["confirmed"]
    sent = alice("send", bob("address")["address"], "all", "--fee-rate=3", "--yes")
    equal(sent["amount"] + sent["fee"], have)
    equal(alice("balance")["confirmed"], 0)
    equal(len(node.rpc("decoderawtransaction", sent["hex"])["vout"]), 1)


def test_own_change_can_be_spent_unconfirmed(lab):
    node, alice, bob = wallets(lab, "alice", "bob", blocks=100)
    first = alice("send", bob("address")["address"], "1", "--fee-rate=2", "--yes")
    second = alice("send", bob("address")["address"], "2", "--fee-rate=2", "--yes")
    equal(node.rpc("decoderawtransaction", second["hex"])["vin"][0]["txid"], first["txid"])
    fails(bob, 4, "not enough coins", "send", alice("address")["address"], "1", "--yes")  # of others: not before a block
    mine(node)
    equal(bob("balance")["confirmed"], 3)


def test_a_named_coin_twice_without_sending(lab):
    node, alice, bob = wallets(lab, "alice", "bob")
    coin = alice("coins")[0]
    name = f"--coin={coin['txid']}:{coin['vout']}"
    signed = [alice("send", w("address")["address"], "2", name, "--fee-rate=1", "--no-broadcast", "--yes") for w in (alice, bob)]
    for s in signed:
        inputs = node.rpc("decoderawtransaction", s["hex"])["vin"]
        equal([(i["txid"], i["vout"]) for i in inputs], [(coin["txid"], coin["vout"])])
    equal(node.rpc("getrawmempool"), [])
    equal(alice("balance")["confirmed"], 550)
    equal(node.rpc("sendrawtransaction", signed[1]["hex"]), signed[1]["txid"])
    equal(bob("balance")["unconfirmed"], 2)


def test_a_named_payment_is_made_once_whatever_is_killed(lab):
    node, alice, bob = wallets(lab, "alice", "bob")
    chance = random.Random(29)
    to = bob("address")["address"]
    begun = time.monotonic()
    alice("send", to, "0.5", "--fee-rate=2", "--yes", "--id=first")
    whole = time.monotonic() - begun
    rounds = 0
    while rounds < 12 and (rounds < 2 or time.monotonic() - begun < 8):  # a busy machine has fewer
        i, rounds = rounds, rounds + 1
        for _ in range(5):
            command = [str(BIN / "ycoin-wallet"), *node.chain, f"-datadir={node.folder}", f"-rpcport={node.rpc_port}",
                       f"-wallet={alice.file}", "send", to, "0.25", "--fee-rate=2", "--yes", f"--id=payment {i}"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.random() * whole * 1.2)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
            process.wait()
        one = alice("send", to, "0.25", "--fee-rate=2", "--yes", f"--id=payment {i}")
        equal(alice("send", to, "0.25", "--fee-rate=2", "--yes", f"--id=payment {i}")["txid"], one["txid"])
        mine(node)
    equal(bob("balance")["confirmed"], D("0.5") + rounds * D("0.25"))
    fails(alice, 1, "names an earlier payment", "send", to, "0.26", "--yes", "--id=payment 1")


def test_an_unreached_node_is_no_reason_to_pay_twice(lab):
    node, alice, bob = wallets(lab, "alice", "bob")
    to = bob("address")["address"]
    node.stop()
    done = alice.run("send", to, "1", "--fee-rate=2", "--yes", "--id=x")
    equal(done.returncode, 1)
    node.start()
    sent = alice("send", to, "1", "--fee-rate=2", "--yes", "--id=x")
    equal(node.rpc("getrawmempool"), [sent["txid"]])


class Deaf(http.server.BaseHTTPRequestHandler):
    """A node's RPC that breaks off when a transaction is handed over."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if b"sendrawtransaction" in body:
            return
        node = http.client.HTTPConnection("127.0.0.1", self.server.node_port)
        node.request("POST", self.path, body, {"Authorization": self.headers["Authorization"]})
        answer = node.getresponse()
        text = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        node.close()

    def log_message(self, *arguments):
        pass


def test_a_payment_that_is_refused_for_ever_can_be_abandoned(lab):
    node, alice, bob = wallets(lab, "alice", "bob", blocks=101)
    to = bob("address")["address"]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Deaf) as deaf:
        deaf.node_port = node.rpc_port
        threading.Thread(target=deaf.serve_forever, daemon=True).start()
        fails(alice, 1, "The payment is recorded", "send", to, "1", "--fee-rate=0", "--yes", "--id=x",
              f"-rpcport={deaf.server_port}")
        deaf.shutdown()
    stuck = alice("history")[-1]
    equal((stuck["status"], alice("balance")["confirmed"], node.rpc("getrawmempool")), ("pending", 50, []))
    equal(alice("abandon", stuck["txid"])["status"], "abandoned")
    equal(alice("abandon", stuck["txid"])["status"], "abandoned")
    equal(alice("balance")["confirmed"], 100)
    sent = alice("send", to, "1", "--fee-rate=2", "--yes", "--id=x")
    fails(alice, 1, "the node has it in its pool", "abandon", sent["txid"])
    mine(node)
    fails(alice, 1, "it is in a block", "abandon", sent["txid"])
    fails(bob, 1, "not a payment of this wallet", "abandon", sent["txid"])
    fails(alice, 1, "no transaction of this id", "abandon", "00" * 32)
    fails(alice, 2, "64 hexadecimal digits", "abandon", "00")


def test_refusals_are_sentences_with_their_exit_status(lab):
    node, alice, bob = wallets(lab, "alice", "bob")
    to = bob("address")["address"]
    fails(alice, 4, "not enough coins", "send", to, "1000", "--yes", "--fee-rate=1")
    fails(alice, 1, "--max-fee", "send", to, "1", "--yes", "--fee-rate=80000")
    fails(alice, 1, "--max-fee", "send", to, "0.01", "--yes", "--fee-rate=800")
    fails(alice, 1, "dust", "send", to, "0.00000293", "--yes", "--fee-rate=1")
    fails(alice, 2, "--yes", "send", to, "1", "--fee-rate=1")
    fails(alice, 2, "decimals", "send", to, "0.123456789", "--yes")
    fails(alice, 2, "amount", "send", to, "1e3", "--yes")
    fails(alice, 2, "-1", "send", to, "1", "--yes", "--fee-rate=-1")
    fails(alice, 2, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "send", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "1", "--yes")
    fails(alice, 2, to[:-1], "send", to[:-1] + ("q" if to[-1] != "q" else "p"), "1", "--yes")
    fails(alice, 2, "not a command", "spend", to, "1")
    fails(alice, 2, "takes", "send", to)
    fails(alice, 1, "not an address of this wallet", "wait", to, "1")
    fails(alice, 1, "exists already", "create", "--no-passphrase")
    for name in ("../../x", "/tmp/../x", "..", ".hidden", "", "x" * 300, "a\nb"):
        done = lab.program("ycoin-wallet", *node.chain, f"-datadir={node.folder}", f"-wallet={name}", "create", "--no-passphrase")
        equal((name, done.returncode), (name, 2))
    assert not (node.folder.parent / "x").exists()


def test_waiting_outlives_the_node(lab):
    node, alice = wallets(lab, "alice", blocks=1)
    to = alice("address")["address"]
    command = [str(BIN / "ycoin-wallet"), *node.chain, f"-datadir={node.folder}", f"-rpcport={node.rpc_port}", f"-wallet={alice.file}",
               "wait", to, "50", "--timeout=60"]
    waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    node.kill()
    time.sleep(1.2)
    equal(waiting.poll(), None)
    node.start()
    node.rpc("generatetoaddress", 1, to)
    out, err = waiting.communicate(timeout=30)
    equal(waiting.returncode, 0)
    contains(out, "was paid 50")
    contains(err, "Still waiting")


def test_waiting_for_a_payment(lab):
    node, alice, bob = wallets(lab, "alice", "bob")
    to, other = bob("address")["address"], bob("address")["address"]
    fails(bob, 3, "not paid within 1 seconds", "wait", to, "2", "--timeout=1")
    alice("send", other, "2", "--fee-rate=2", "--yes")
    alice("send", to, "1.5", "--fee-rate=2", "--yes")
    mine(node)
    fails(bob, 3, "1.5 of 2", "wait", to, "2", "--timeout=1")  # W35: the other address does not count
    waiting = subprocess.Popen([str(BIN / "ycoin-wallet"), *node.chain, f"-datadir={node.folder}", f"-rpcport={node.rpc_port}",
                                f"-wallet={bob.file}", "wait", to, "2", "--confirmations=2", "--timeout=60", "--json"],
                               stdout=subprocess.PIPE, text=True)
    try:
        alice("send", to, "0.5", "--fee-rate=2", "--yes")
        mine(node)
        time.sleep(0.3)
        equal(waiting.poll(), None)
        mine(node)
        answer = json.loads(waiting.communicate(timeout=30)[0], parse_float=D)
    finally:
        waiting.kill()
        waiting.wait()
    equal((waiting.returncode, answer["received"]), (0, 2))
    request = bob("request", "12.5", "--label=Table 7")
    equal(request["uri"], f"ycoin:{request['address']}?amount=12.5&label=Table%207")


if __name__ == "__main__":
    main(in_memory=True)
