#!/usr/bin/env python3
"""ycoin-wallet's passphrases: from files, standard input and a terminal (W30); changing them."""
import os
import pty
import select
import signal
import stat

from framework import BIN, Skip, contains, equal, main
from nodes import Wallet


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


def test_passphrases(lab):
    node = start(lab)
    w = wallet_of(lab, node, "w")
    secret = lab.folder / "secret"
    secret.write_text("a long passphrase\n")
    w("create", f"--passphrase-file={secret}")
    to = w("address")["address"]
    fund(node, to, 101)
    pay = ("send", to, "1", "--fee-rate=2", "--yes")
    equal(w.run(*pay, "--passphrase-stdin", stdin="another\n").returncode, 5)
    equal(w.run(*pay).returncode, 5)  # no terminal to ask on
    equal(w.run("unlock", "--passphrase-stdin", stdin="another\n").returncode, 5)
    ok(w, *pay, f"--passphrase-file={secret}")
    ok(w, "encrypt", "--passphrase-stdin", stdin="a long passphrase\nthe next\n")
    equal(w.run(*pay, f"--passphrase-file={secret}").returncode, 5)
    ok(w, *pay, "--passphrase-stdin", stdin="the next\n")
    ok(w, "encrypt", "--passphrase-stdin", stdin="the next\nthe last\n")
    open_one = wallet_of(lab, node, "open")  # unprotected: the new passphrase is the only one, whichever option names its file
    open_one("create", "--no-passphrase")
    ok(open_one, "encrypt", f"--new-passphrase-file={secret}")
    ok(open_one, "encrypt", f"--passphrase-file={secret}", f"--new-passphrase-file={secret}")
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
    fund(node, w("address")["address"], 101)
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


if __name__ == "__main__":
    main(in_memory=True)
