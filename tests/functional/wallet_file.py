#!/usr/bin/env python3
"""ycoin-wallet's file over its life: passphrases, restoring, watching, backups, reorganisations, a killed process."""
import decimal
import os
import pty
import random
import select
import signal
import stat
import subprocess
import time

from framework import BIN, Skip, contains, equal, main
from nodes import Wallet

D = decimal.Decimal
TYPES = ("bip84", "bip86")


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
    return node.rpc("generatetodescriptor", count, f"raw({script})")


def test_words_bring_everything_back(lab):
    node = start(lab)
    for kind in TYPES:
        old = wallet_of(lab, node, f"old-{kind}")
        words = old("create", "--no-passphrase", f"--type={kind}")["words"]
        addresses = [old("address")["address"] for _ in range(45)]
        for i in (19, 38, 44, 3):  # out of order, each only found because an earlier one moved the gap
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


def test_passphrases(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    secret = lab.folder / "secret"
    secret.write_text("a long passphrase\n")
    w("create", f"--passphrase-file={secret}")
    to = w("address")["address"]
    node.rpc("generatetoaddress", 101, to)
    pay = ("send", to, "1", "--fee-rate=2", "--yes")
    equal(w.run(*pay, "--passphrase-stdin", stdin="another\n").returncode, 5)
    equal(w.run(*pay).returncode, 5)  # no terminal to ask on
    equal(w.run("unlock", "--passphrase-stdin", stdin="another\n").returncode, 5)
    ok(w, *pay, f"--passphrase-file={secret}")
    ok(w, "encrypt", "--passphrase-stdin", stdin="a long passphrase\nthe next\n")
    equal(w.run(*pay, f"--passphrase-file={secret}").returncode, 5)
    ok(w, *pay, "--passphrase-stdin", stdin="the next\n")
    equal(stat.S_IMODE(os.stat(w.file).st_mode), 0o600)
    equal(sorted(p.name for p in lab.folder.glob("w.sqlite*")), ["w.sqlite"])


def at_terminal(wallet, answers, *arguments):
    """Run a command on a terminal of its own; each answer is typed when its question is there. (exit status, all text)"""
    command = [str(BIN / "ycoin-wallet"), *wallet.node.chain, f"-datadir={wallet.node.folder}", f"-rpcport={wallet.node.rpc_port}",
               f"-wallet={wallet.file}", *arguments]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    text = b""

    def read():
        if not select.select([terminal], [], [], 30)[0]:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"silent for 30 s after {text!r}")
        return os.read(terminal, 4096)
    try:
        for question, answer in answers:
            while question.encode() not in text:
                text += read()
            os.write(terminal, answer.encode() + b"\n")
            text += b"<typed>"
        while True:
            text += read()
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode()


def test_a_terminal_is_asked(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    status, text = at_terminal(w, [("New passphrase: ", "open sesame"), ("again: ", "open sesami")], "create")
    equal(status, 5)
    contains(text, "differ")
    status, text = at_terminal(w, [("New passphrase: ", "open sesame"), ("again: ", "open sesame")], "create")
    equal(status, 0)
    assert "open sesame" not in text  # never echoed
    node.rpc("generatetoaddress", 101, w("address")["address"])
    pay = ("send", w("address")["address"], "1", "--fee-rate=2")
    status, text = at_terminal(w, [("[y/N] ", "n")], *pay)
    equal(status, 1)
    contains(text, "Pay 1 to ")
    contains(text, "nothing was paid")
    status, text = at_terminal(w, [("[y/N] ", "y"), ("Passphrase: ", "open sesam")], *pay)
    equal(status, 5)
    status, text = at_terminal(w, [("[y/N] ", "y"), ("Passphrase: ", "open sesame")], *pay)
    equal(status, 0)
    assert "open sesame" not in text
    equal(len(node.rpc("getrawmempool")), 1)


def test_a_backup_is_checked_and_never_overwrites(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    w("create", "--no-passphrase")
    node.rpc("generatetoaddress", 101, w("address")["address"])
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
    node.rpc("generatetoaddress", 101, a("address")["address"])
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
    for _ in range(40):
        command = [str(BIN / "ycoin-wallet"), *node.chain, f"-datadir={node.folder}", f"-rpcport={node.rpc_port}", f"-wallet={w.file}",
                   "address"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        time.sleep(chance.random() * 0.03)
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
    main()
