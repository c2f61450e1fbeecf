#!/usr/bin/env python3
"""-blocknotify, -reorgnotify, -startupnotify, -shutdownnotify: which commands run when, and that nobody waits for them."""
import time

from blocks import mine_true
from framework import Lab, contains, equal, main, wait_until


def lines(path):
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def test_notifications(lab: Lab):
    out = lab.folder
    node = lab.node(f"-blocknotify=echo %s >> '{out}/blocks'", f"-reorgnotify=echo %d %s >> '{out}/reorgs'",
                    f"-startupnotify=echo up >> '{out}/up'", f"-shutdownnotify=echo down >> '{out}/down'",
                    f"-shutdownnotify=sleep 0.2; echo twice >> '{out}/down'")
    wait_until("the node has said that it is up", lambda: lines(out / "up") == ["up"])
    told = [node.generatetodescriptor(1, "raw(51)")[0] for _ in range(3)]
    wait_until("each block is told of", lambda: sorted(lines(out / "blocks")) == sorted(told))
    equal(lines(out / "reorgs"), [])
    other = lab.node()
    mine = other.generatetodescriptor(4, "raw(52)")
    for block in mine:
        node.submitblock(other.getblock(block, 0))
    equal(node.getbestblockhash(), mine[-1])
    wait_until("the reorganisation is told of", lambda: lines(out / "reorgs") == [f"3 {mine[-1]}"])
    contains((node.chain_folder / "debug.log").read_text(), "Reorganisation: 3 blocks left behind")
    equal(lines(out / "down"), [])
    equal(node.stop(), 0)
    equal(lines(out / "down"), ["down", "twice"])


def test_commands_that_hang_or_fail(lab: Lab):
    node = lab.node("-blocknotify=sleep 20", "-startupnotify=/no/such/program 2>/dev/null", "-shutdownnotify=exit 7")
    begun = time.monotonic()
    mine_true(node, 5)
    equal(node.stop(), 0)
    assert time.monotonic() - begun < 15
    contains((node.chain_folder / "debug.log").read_text(), "-shutdownnotify ended with 7: exit 7")


main()
