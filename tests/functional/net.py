#!/usr/bin/env python3
"""regtest/net: a network from the command line, from up to down, and what it says when asked for nonsense."""
import json
import os
import subprocess
import sys

from framework import ROOT, Lab, contains, equal, main


class Net:
    def __init__(self, lab):
        self.folder = lab.folder / "net"

    def run(self, *arguments):
        return subprocess.run([sys.executable, str(ROOT / "regtest" / "net"), f"--dir={self.folder}", *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=120)

    def __call__(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0 or done.stderr:
            raise AssertionError(f"net {' '.join(map(str, arguments))}: {done.returncode} {done.stderr}{done.stdout}")
        return done.stdout

    def refused(self, part, *arguments, status=1):
        done = self.run(*arguments)
        equal((done.returncode, done.stdout), (status, ""))
        contains(done.stderr, part)
        assert "Traceback" not in done.stderr, done.stderr

    def nodes(self):
        return json.loads(self("status", "--json"))["nodes"]

    def end(self):
        """After a failure: the nodes outlive their commands, so end them by their numbers."""
        if (self.folder / "net.json").exists():
            for node in json.loads((self.folder / "net.json").read_text())["nodes"]:
                try:
                    os.kill(node["pid"], 9)
                except (OSError, TypeError):
                    pass


def test_a_networks_life(lab: Lab):
    net = Net(lab)
    try:
        contains(net("up", 4, "--topology=ring"), "4 nodes are up")
        equal([n["peers"] for n in net.nodes()], [2, 2, 2, 2])
        net.refused("is there already", "up", 2)
        net("mine", 1, 101)
        equal({n["height"] for n in net.nodes()}, {101})
        contains(net("send", 1, 3, "12.5"), "sent 12.5")
        net("mine", 2)
        equal([n["balance"] for n in net.nodes()][2], "12.50000000")
        net("partition", "1,2", "3,4")
        equal([n["peers"] for n in net.nodes()], [1, 1, 1, 1])
        net("mine", 1, 2)
        net("mine", 3, 1)
        equal([n["height"] for n in net.nodes()], [104, 104, 103, 103])
        contains(net("status"), "cut: 1,2 | 3,4")
        contains(net("heal"), "height 104")
        equal(len({n["tip"] for n in net.nodes()}), 1)
        net("kill", 4)
        contains(net("status"), "does not run")
        net.refused("regtest/net restart 4", "mine", 4)
        net("restart", 4)
        equal({n["height"] for n in net.nodes()}, {104})
        equal([n["peers"] for n in net.nodes()], [2, 2, 2, 2])
        equal(net("cli", 2, "getblockcount"), "104\n")
        equal(net.run("cli", 2, "getblockhash", 9999).returncode, 8)
        net("down")
        assert not net.folder.exists()
    finally:
        net.end()


def test_nonsense(lab: Lab):
    net = Net(lab)
    for command in (["status"], ["mine", "1"], ["heal"], ["down"], ["kill", "1"], ["cli", "1", "help"]):
        net.refused("start one with regtest/net up", *command)
    net.refused("give a number from 1", "up", 0)
    net.refused("give a number from 1", "up", 1000)
    net.refused("invalid choice", "up", 2, "--topology=star", status=2)
    net.refused("invalid int", "up", "many", status=2)
    net.refused("invalid choice", "dance", status=2)
    equal(net.run("--help").returncode, 0)
    try:
        net("up", 2)
        net.refused("there is no node 3", "mine", 3)
        net.refused("there is no node x", "kill", "x")
        net.refused("give two groups or more", "partition", "1")
        net.refused("once", "partition", "1", "1")
        net.refused("give two groups or more", "partition", "1", "3")
        net.refused("from 1 on", "mine", 1, 0)
        net.refused("", "send", 1, 2, "lots")
        net.refused("", "send", 1, 2, 5)
        net("down", "--keep")
        assert (net.folder / "node1").exists()
    finally:
        net.end()


main()
