#!/usr/bin/env python3
"""README.md's commands, as they stand there, in order, in one shell with a home folder of its own."""
import os
import re
import shutil
import socket
import subprocess

from framework import BIN, ROOT, Lab, Skip, equal, main

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
DEFAULT_PORTS = (37443, 37444)  # of YCoin's regtest, which the README's commands use


def ports_are_free():
    for port in DEFAULT_PORTS:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def end_daemons(home):
    """Whatever the commands left running below the folder."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as f:
                if f"HOME={home}".encode() in f.read().split(b"\0") and int(entry) != os.getpid():
                    os.kill(int(entry), 9)
        except OSError:
            pass


def test_every_command_succeeds(lab: Lab):
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 6, f"only {len(blocks)} blocks of commands"
    if not ports_are_free():
        raise Skip(f"something listens on {DEFAULT_PORTS[0]} or {DEFAULT_PORTS[1]}, which the README's commands use")
    # A copy of the tree's visible parts, so that what the commands write stays in the test's folder.
    tree = lab.folder / "ycoin"
    tree.mkdir()
    for name in ("regtest", "chains", "README.md"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tree / name)
    (tree / "build").mkdir()
    (tree / "build" / "bin").symlink_to(BIN)
    home = lab.folder / "home"
    home.mkdir()
    script = "set -euo pipefail\n" + "\n".join(f"echo '== block {i + 1}' >&2\n{text}" for i, text in enumerate(blocks))
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": str(lab.folder), "YCOIN_NET": str(lab.folder / "net")}
    try:
        with open(lab.folder / "output", "w+", encoding="utf-8") as output:
            done = subprocess.run(["bash", "-x", "-c", script], cwd=tree, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                  check=False, timeout=250, env=env)
            output.seek(0)
            text = output.read()
    finally:
        end_daemons(home)
    if done.returncode != 0:
        raise AssertionError(f"the commands ended with {done.returncode}; the last of them:\n{text[-4000:]}")


def test_every_linked_file_exists(_: Lab):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / name).exists()]
    equal(missing, [])


main()
