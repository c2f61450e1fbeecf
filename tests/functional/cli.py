#!/usr/bin/env python3
"""ycoin-cli: what it prints, where, and with which exit status."""
import json
import subprocess
import threading
import time

from framework import Lab, contains, equal, main


def ok(done):
    equal((done.returncode, done.stderr), (0, ""))
    return done.stdout


def test_results(lab: Lab):
    node = lab.node()
    node.generatetodescriptor(3, "raw(51)")
    equal(ok(node.cli("getblockcount")), "3\n")
    tip = ok(node.cli("getbestblockhash")).strip()
    equal((len(tip), tip), (64, node.getbestblockhash()))
    info = ok(node.cli("getblockchaininfo"))
    equal(json.loads(info)["blocks"], 3)
    contains(info, '\n  "blocks": 3,')
    equal(ok(node.cli("syncwithvalidationinterfacequeue")), "")
    equal(json.loads(ok(node.cli("getblock", tip, "2")))["hash"], tip)
    equal(json.loads(ok(node.cli("getrawmempool", "true"))), {})
    contains(ok(node.cli("help")), "getblockcount")
    contains(ok(node.cli("help", "getblock")), "getblock")


def test_generate(lab: Lab):
    node = lab.node()
    address = node.decodescript("0014" + "11" * 20)["address"]
    made = json.loads(ok(node.cli(f"-address={address}", "-generate", "3")))
    equal((made["address"], made["blocks"][-1], len(made["blocks"])), (address, node.getbestblockhash(), 3))
    done = node.cli("-generate")
    equal((done.returncode, done.stdout), (1, ""))
    contains(done.stderr, "-address=<address>")


def test_named_and_stdin(lab: Lab):
    node = lab.node()
    genesis = node.getblockhash(0)
    equal(ok(node.cli("-named", "getblockhash", "height=0")).strip(), genesis)
    equal(json.loads(ok(node.cli("-named", "getblock", f"blockhash={genesis}", "verbosity=1")))["height"], 0)
    equal(ok(node.cli("-stdin", "getblockhash", stdin="0\n")).strip(), genesis)
    equal(json.loads(ok(node.cli("-stdin", "getblock", stdin=f"{genesis}\n1\n")))["hash"], genesis)


def test_errors(lab: Lab):
    node = lab.node()
    done = node.cli("getblockhash", "99")
    equal((done.returncode, done.stdout), (8, ""))
    contains(done.stderr, "error code: -8\nerror message:\nBlock height out of range")
    equal(node.cli("nosuchmethod").returncode, 89)
    equal(node.cli("getblockhash").returncode, 1)
    equal(node.cli("getblock", "zz").returncode, 8)
    done = node.cli("-named", "getblockhash", "nosuch=1")
    equal(done.returncode, 8)
    done = node.cli("getblockhash", "word")
    assert done.returncode != 0 and done.stdout == ""
    done = node.cli("-nosuchoption", "getblockcount")
    equal((done.returncode, done.stdout), (1, ""))
    contains(done.stderr, "Invalid parameter -nosuchoption")
    equal(node.cli().returncode, 1)


def test_wrong_credentials(lab: Lab):
    node = lab.node()
    done = node.cli("-rpcuser=x", "-rpcpassword=y", "getblockcount")
    equal((done.returncode, done.stdout), (1, ""))
    contains(done.stderr, "Incorrect rpcuser or rpcpassword")


def test_no_node(lab: Lab):
    node = lab.node(start=False)
    node.folder.mkdir()
    done = node.cli("getblockcount")
    equal((done.returncode, done.stdout), (1, ""))
    contains(done.stderr, "error: ")
    begun = time.monotonic()
    done = node.cli("-rpcwait", "-rpcwaittimeout=1", "getblockcount")
    equal(done.returncode, 1)
    assert 0.5 < time.monotonic() - begun < 10


def test_rpcwait(lab: Lab):
    node = lab.node(start=False)
    node.folder.mkdir()
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(node.cli("-rpcwait", "-rpcwaittimeout=15", "getblockcount")))
    waiter.start()
    time.sleep(0.5)
    node.start()
    waiter.join()
    equal(ok(answers[0]), "0\n")


def test_getinfo(lab: Lab):
    node = lab.node()
    node.generatetodescriptor(2, "raw(51)")
    text = ok(node.cli("-getinfo"))
    for part in ("regtest", "Blocks: 2", "Difficulty"):
        contains(text, part)


def test_netinfo(lab: Lab):
    node, other = lab.line(2)
    text = ok(node.cli("-netinfo"))
    lines = [line.split() for line in text.splitlines()]
    equal(lines[2:6], [["ipv4", "ipv6", "npr", "total", "block", "manual"], ["in", "0", "0", "0", "0"],
                       ["out", "0", "0", "1", "1", "0", "1"], ["total", "0", "0", "1", "1"]])
    equal(lines[-1], ["Local", "addresses:", "none"])
    agent = node.getnetworkinfo()["subversion"]
    for level, words in ("1", []), ("2", ["127.0.0.1:"]), ("3", [agent + "\n"]), ("4", ["127.0.0.1:", agent + "\n"]):
        table = ok(node.cli("-netinfo", level)).split("\n\n")[1] + "\n"
        equal([len(table.splitlines()), [w for w in ("127.0.0.1:", agent + "\n") if w in table]], [3, words])
        equal(table.splitlines()[2].split()[:4], ["out", "manual", "npr", "nwl"])
    text = ok(other.cli("-netinfo", "4", "outonly"))
    assert "manual" not in text.split("\n\n")[1] and "127.0.0.1:" not in text, text
    contains(ok(node.cli("-netinfo", "help")), "outonly")
    for words in ("5",), ("x",), ("4", "all"), ("4", "outonly", "1"):
        assert node.cli("-netinfo", *words).returncode == 1, words


def test_netinfo_is_shown_again(lab: Lab):
    node = lab.node()
    shown = subprocess.Popen(node.cli_command("-netinfo", "-watch"), stdout=subprocess.PIPE, text=True)
    try:
        heads = 0
        for line in shown.stdout:
            heads += line.startswith("YCoin client")
            if heads == 2:
                break
        equal(heads, 2)
        node.stop()
        assert shown.wait(20) != 0, "it goes on without a node"
    finally:
        shown.kill()
        shown.wait()


def test_rates_from_the_command_line(lab: Lab):
    node = lab.node()
    contains(ok(node.cli("setratelimit", "100", "200")), '"upload": 100')
    equal(node.getnettotals()["ratelimit"], {"upload": 100, "download": 200})


def test_help_and_version(lab: Lab):
    for option in ("-help", "--help", "-h", "-?"):
        contains(ok(lab.program("ycoin-cli", option)), "-rpcwait")
    contains(ok(lab.program("ycoin-cli", "-version")), "YCoin")


def test_stop(lab: Lab):
    node = lab.node()
    for _ in range(5):
        equal(ok(node.cli("stop")), "YCoin stopping\n")
        node.start()  # at once: the command has waited for the end


main()
