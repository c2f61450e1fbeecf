#!/usr/bin/env python3
"""ycoin-wallet's file over its life: restoring, watching, backups, reorganisations, a killed process."""
import os
import random
import signal
import subprocess
import time

from framework import BIN, Skip, contains, equal, main
from nodes import Wallet

TYPES = ("bip84", "bip86")


def fund(node, address, blocks):
    for _ in range(blocks):
        node.rpc("generatetoaddress", 1, address)


def start(lab):
    if not (BIN / "ycoin-wallet").exists():
        raise Skip("ycoin-wallet is not built")
    return lab.node()


def wallet_of(lab, node, name):
    return Wallet(name, lab.folder / f"{name}.sqlite", node)


def ok(wallet, *arguments, stdin=None):
    done = wallet.run(*arguments, stdin=stdin)
    if done.returncode:
        raise AssertionError(f"{arguments}: {done.stderr} ({done.returncode})")
    return done


def mine(node, count=1, script="51"):
    """To another script than before where the same block must not come out again."""
    return [node.rpc("generatetodescriptor", 1, f"raw({script})")[0] for _ in range(count)]


def test_words_bring_everything_back(lab):
    node = start(lab)
    for kind in TYPES:
        old = wallet_of(lab, node, f"old-{kind}")
        words = old("create", "--no-passphrase", f"--type={kind}")["words"]
        addresses = [old("address")["address"] for _ in range(25)]
        for i in (19, 24, 3):  # out of order, and 24 is only found because 19 moved the gap
            node.rpc("generatetoaddress", 1, addresses[i])
        mine(node, 100)
        old("send", addresses[0], "1", "--fee-rate=2", "--yes")
        mine(node)
        new = wallet_of(lab, node, f"new-{kind}")
        ok(new, "restore", "--no-passphrase", f"--type={kind}", stdin=words + "\n")
        equal(new("balance"), old("balance"))
        equal([h["txid"] for h in new("history")], [h["txid"] for h in old("history")])
        seen = wallet_of(lab, node, f"watch-{kind}")
        seen("watch", old("info")["xpub"], f"--type={kind}")
        equal(seen("balance"), old("balance"))
        done = seen.run("send", addresses[0], "1", "--yes")
        equal(done.returncode, 1)
        contains(done.stderr, "only watches")
        new("send", addresses[0], "2", "--fee-rate=2", "--yes")


def test_a_mistyped_word_is_named(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    done = w.run("restore", "--no-passphrase", stdin="abandon " * 11 + "abuot\n")
    equal(done.returncode, 1)
    contains(done.stderr, "about")
    assert not w.file.exists()


def test_a_backup_is_checked_and_never_overwrites(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    w("create", "--no-passphrase")
    fund(node, w("address")["address"], 101)
    before = w("balance")
    copy = wallet_of(lab, node, "copy")
    ok(w, "backup", str(copy.file))
    equal(copy("balance"), before)
    done = w.run("backup", str(copy.file))
    equal(done.returncode, 1)
    contains(done.stderr, "exists already")


def test_a_reorganisation(lab):
    node = start(lab)
    a, b = wallet_of(lab, node, "a"), wallet_of(lab, node, "b")
    for w in (a, b):
        w("create", "--no-passphrase")
    fund(node, a("address")["address"], 101)
    sent = a("send", b("address")["address"], "1", "--fee-rate=2", "--yes")
    block = mine(node)[0]
    mine(node, 2)
    equal((a("balance")["height"], b("balance")["confirmed"]), (104, 1))
    node.rpc("invalidateblock", block)
    equal((b("balance")["confirmed"], b("balance")["unconfirmed"]), (0, 1))
    mine(node, 5, "52")
    equal(b("balance")["confirmed"], 1)
    equal([h["confirmations"] for h in b("history")], [5])
    node.rpc("invalidateblock", node.rpc("getblockhash", 50))  # deep: the coin that paid is immature again
    mine(node, 3, "53")
    equal(b("balance")["total"], 0)
    equal(a("balance")["total"], 50 * 49 - 1 - sent["fee"])  # and waits with the payment until it is not
    assert sent["txid"] not in node.rpc("getrawmempool")


def test_killed_at_any_instant(lab):
    """W09: whatever was reported is there afterwards, and the file opens."""
    node = start(lab)
    w = wallet_of(lab, node, "w")
    w("create", "--no-passphrase")
    chance, seen = random.Random(9), []
    begun = time.monotonic()
    seen.append(w("address")["address"])
    whole = time.monotonic() - begun
    for i in range(40):
        if i >= 10 and time.monotonic() - begun > 6:  # a busy machine has fewer
            break
        command = [str(BIN / "ycoin-wallet"), *node.chain, f"-datadir={node.folder}", f"-rpcport={node.rpc_port}", f"-wallet={w.file}",
                   "address"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        time.sleep(chance.random() * whole * 1.5)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        text = process.communicate()[0].strip()
        if text:
            seen.append(text)
    equal(len(set(seen)), len(seen))
    assert w("address")["address"] not in seen
    for address in seen:  # all are watched
        node.rpc("generatetoaddress", 1, address)
    equal(w("balance")["total"], 50 * len(seen))


def test_a_nodes_configuration_is_no_hindrance(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    (node.folder / "ycoin.conf").write_text("wallet=elsewhere\ntimeout=5000\ndbcache=100\n[regtest]\nwallet=elsewhere\n")
    w("create", "--no-passphrase")
    equal(w("balance")["total"], 0)
    equal(w("info")["file"], str(w.file))


def test_files_that_are_no_wallets(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    w.file.write_text("something else")
    done = w.run("balance")
    equal(done.returncode, 1)
    contains(done.stderr, "not a wallet")
    equal(w.file.read_text(), "something else")
    done = wallet_of(lab, node, "none").run("balance")
    equal(done.returncode, 1)
    contains(done.stderr, "there is no wallet")


if __name__ == "__main__":
    main(in_memory=True)
