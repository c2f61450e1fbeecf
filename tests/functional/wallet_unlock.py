#!/usr/bin/env python3
"""ycoin-wallet unlock and lock: one passphrase for a while (W11, W30, W31), and what must end it."""
import os
import pathlib
import signal
import sqlite3
import stat
import subprocess
import time

from framework import BIN, Skip, contains, equal, main, wait_until
from nodes import Wallet

PASSPHRASE = "correct horse battery staple"
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
ENTROPY = b"\x7f" * 16  # of the words
sealed = {}  # the file of a wallet of these words: sealing is slow on purpose


def fund(node, address, blocks):
    for _ in range(blocks):
        node.rpc("generatetoaddress", 1, address)


def asleep(lab):
    """A node that is not running: nothing here needs it."""
    node = lab.node(start=False)
    node.folder.mkdir(parents=True, exist_ok=True)
    return node


def wallet(lab, node, name="w"):
    """A sealed wallet of its own file. The process that unlocks it ends when the test's folder goes."""
    if not (BIN / "ycoin-wallet").exists():
        raise Skip("ycoin-wallet is not built")
    os.environ.pop("XDG_RUNTIME_DIR", None)
    w = Wallet(name, lab.folder / f"{name}.sqlite", node)
    if "file" in sealed:
        w.file.write_bytes(sealed["file"])
        w.file.chmod(0o600)
    else:
        done = w.run("restore", "--passphrase-stdin", "--json", stdin=f"{WORDS}\n{PASSPHRASE}\n")
        equal(done.returncode, 0)
        sealed["file"] = w.file.read_bytes()
    return w


def unlock(w, *options, passphrase=PASSPHRASE):
    return w.run("unlock", "--passphrase-stdin", *options, stdin=passphrase + "\n")


def holders(w):
    """The processes that keep this wallet unlocked."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            alive = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            continue
        if alive and b"unlock" in words and f"-wallet={w.file}".encode() in words:
            found.append(int(entry.name))
    return found


def holder(w):
    pids = holders(w)
    equal(len(pids), 1)
    return pids[0]


def ended(w):
    wait_until("the key is gone", lambda: not holders(w))
    equal(w("info")["unlocked_until"], None)
    equal(list((w.file.parent / ".ycoin-unlock").iterdir()), [])


def test_payments_while_unlocked(lab):
    node = lab.node()
    w, other = wallet(lab, node), wallet(lab, node, "other")
    to = w("address")["address"]
    fund(node, to, 105)
    pay = ("send", to, "1", "--fee-rate=2", "--yes")

    def locked(one):
        done = one.run(*pay)
        equal((done.returncode, done.stdout), (5, ""))
        contains(done.stderr, "the wallet is locked")
    locked(w)
    equal(unlock(w, "--for=60").returncode, 0)
    assert 50 < w("info")["unlocked_until"] - time.time() <= 60
    w(*pay)
    w(*pay)
    locked(other)  # the same words, another file
    os.kill(holder(w), signal.SIGKILL)
    locked(w)
    equal(unlock(w, "--for=60").returncode, 0)  # over the socket that the dead one left
    w(*pay)
    equal(w("lock"), {"locked": True, "was_unlocked": True})
    equal(holders(w), [])
    equal(w("lock"), {"locked": True, "was_unlocked": False})
    contains(w.run("lock").stdout, "it was not unlocked")
    locked(w)
    equal(len(node.rpc("getrawmempool")), 3)


def test_it_ends_at_its_time(lab):
    w = wallet(lab, asleep(lab))
    equal(unlock(w, "--for=1").returncode, 0)
    ended(w)


def test_the_last_unlock_counts(lab):
    w = wallet(lab, asleep(lab))
    equal(unlock(w, "--for=1").returncode, 0)
    first = holder(w)
    equal(unlock(w, "--for=60").returncode, 0)
    assert holder(w) != first
    assert w("info")["unlocked_until"] > time.time() + 30
    equal(unlock(w, passphrase="another").returncode, 5)  # and takes nothing away
    assert w("info")["unlocked_until"] > time.time() + 30
    os.kill(holder(w), signal.SIGTERM)
    ended(w)


def test_several_at_once(lab):
    """One is left, and it can be reached."""
    w = wallet(lab, asleep(lab))
    (lab.folder / "passphrase").write_text(PASSPHRASE + "\n")
    command = [str(BIN / "ycoin-wallet"), *w.node.chain, f"-datadir={w.node.folder}", f"-wallet={w.file}", "unlock", "--for=60",
               f"--passphrase-file={lab.folder / 'passphrase'}"]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    equal([p.wait() for p in running], [0, 0, 0])
    wait_until("one is left", lambda: len(holders(w)) == 1)
    w("lock")
    equal(holders(w), [])


def test_nothing_of_it_is_seen(lab):
    """W11, W30: not in the arguments, the environment, the memory of others, a core file, or by another user."""
    w = wallet(lab, asleep(lab))
    equal(unlock(w, "--for=60").returncode, 0)
    proc = pathlib.Path("/proc") / str(holder(w))
    folder = w.file.parent / ".ycoin-unlock"
    equal(stat.S_IMODE(folder.stat().st_mode), 0o700)
    sockets = list(folder.iterdir())
    equal([stat.S_IMODE(s.stat().st_mode) for s in sockets], [0o600])
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    sanitized = b"__asan_init" in (BIN / "ycoin-wallet").read_bytes()  # such a build locks nothing
    assert sanitized or int(status["VmLck"].split()[0]) > 0
    equal(status["Umask"].strip(), "0077")
    core = [line for line in (proc / "limits").read_text().splitlines() if line.startswith("Max core")][0]
    equal(core.split()[4:6], ["0", "0"])
    fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
    equal((fields[3], fields[4]), (proc.name, "0"))  # a session of its own, without a terminal
    assert PASSPHRASE.encode() not in (proc / "cmdline").read_bytes()
    if os.geteuid() == 0:  # nobody else can even look
        assert PASSPHRASE.encode() not in (proc / "environ").read_bytes()
        equal(os.readlink(proc / "cwd"), "/")
        memory = read_memory(proc)
        for secret in (PASSPHRASE.encode(), ENTROPY, WORDS.encode()):
            assert secret not in memory, secret
    w("lock")


def read_memory(proc):
    parts = []
    with open(proc / "mem", "rb", buffering=0) as f:
        for line in (proc / "maps").read_text().splitlines():
            begin, end = (int(x, 16) for x in line.split()[0].split("-"))
            if "rw" in line.split()[1]:
                try:
                    f.seek(begin)
                    parts.append(f.read(min(end - begin, 1 << 26)))
                except (OSError, OverflowError, ValueError):
                    pass
    assert sum(map(len, parts)) > 100000
    return b"\0".join(parts)


def test_a_new_seal_ends_it(lab):
    w = wallet(lab, asleep(lab))
    equal(unlock(w).returncode, 0)
    equal(w.run("encrypt", "--passphrase-stdin", stdin=f"{PASSPHRASE}\nthe next\n").returncode, 0)
    ended(w)
    equal(unlock(w).returncode, 5)
    equal(unlock(w, passphrase="the next").returncode, 0)
    w.file.rename(w.file.with_suffix(".away"))  # whoever restores a file does not find it unlocked
    wait_until("the key is gone", lambda: not holders(w))


def test_the_folder_of_the_session(lab):
    w = wallet(lab, asleep(lab))
    session, beside = lab.folder / "session", w.file.parent / ".ycoin-unlock"
    session.mkdir(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(session)
    equal(unlock(w, "--for=60").returncode, 0)
    equal((len(list((session / "ycoin").iterdir())), beside.exists()), (1, False))
    del os.environ["XDG_RUNTIME_DIR"]
    equal(w("info")["unlocked_until"], None)  # does not know of it
    equal(unlock(w, "--for=60").returncode, 0)
    os.environ["XDG_RUNTIME_DIR"] = str(session)
    equal(len(holders(w)), 2)
    w("lock")
    equal(holders(w), [])
    (session / "ycoin").chmod(0o755)  # others could enter: no key goes through it
    equal(unlock(w, "--for=60").returncode, 0)
    equal((len(list((session / "ycoin").iterdir())), len(list(beside.iterdir()))), (0, 1))
    w("lock")
    beside.chmod(0o755)
    done = unlock(w, "--for=60")
    equal(done.returncode, 1)
    contains(done.stderr, "not this user's alone")
    equal(holders(w), [])
    del os.environ["XDG_RUNTIME_DIR"]


def test_what_is_refused(lab):
    w = wallet(lab, asleep(lab))
    for seconds in ("0", "-1", "86401", "soon", ""):
        equal((seconds, unlock(w, f"--for={seconds}").returncode), (seconds, 2))
    equal(w.run("unlock").returncode, 5)  # no terminal to ask on
    plain = Wallet("plain", lab.folder / "plain.sqlite", w.node)
    plain("create", "--no-passphrase")
    contains(plain.run("unlock").stdout, "nothing to unlock")
    equal(plain("lock"), {"locked": False, "was_unlocked": False})
    seen = Wallet("seen", lab.folder / "seen.sqlite", w.node)
    seen("watch", w("info")["xpub"])
    contains(seen.run("unlock").stderr, "only watches")


def test_a_guess_is_costly(lab):
    """W31: scrypt with at least 128 MB, chosen so that one guess takes 0.3 s on the machine that sealed."""
    w = wallet(lab, asleep(lab))
    with sqlite3.connect(w.file) as database:
        version, log2_n, r, p = database.execute("SELECT bytes FROM secret").fetchone()[0][:4]
    database.close()
    equal((version, r), (1, 8))
    assert log2_n >= 17 and p >= 1, (log2_n, p)


if __name__ == "__main__":
    main(in_memory=True)
