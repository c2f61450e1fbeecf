#!/usr/bin/env python3
"""Whom a node connects to, and how: bans, named nodes, the address book, networks and proxies."""
import json
import socket
import struct
import subprocess
import threading
import time

from blocks import mine_true, next_block, spend
from framework import ROOT, Lab, contains, equal, main, rpc_error, start_fails, wait_until
from p2p import BLOCK, Peer, inventory

ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"


class Socks:
    """A SOCKS5 proxy on a free port: notes what it is asked for, and connects to where names leads."""

    def __init__(self, names, refuse=()):
        self.names, self.refuse, self.asked = names, refuse, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, c):
        def take(n):
            data = b""
            while len(data) < n:
                more = c.recv(n - len(data))
                if not more:
                    raise ConnectionError
                data += more
            return data
        try:
            version, methods = take(2)
            login = 2 in take(methods)
            c.sendall(bytes([version, 2 if login else 0]))
            credentials = None
            if login:
                take(1)
                user = take(take(1)[0])
                credentials = (user, take(take(1)[0]))
                c.sendall(b"\x01\x00")
            head = take(4)
            equal(head[:3], b"\x05\x01\x00")
            host = take(take(1)[0]).decode() if head[3] == 3 else socket.inet_ntoa(take(4))
            port = struct.unpack(">H", take(2))[0]
            self.asked.append((host, port, credentials))
            if host in self.refuse or host not in self.names:
                c.sendall(b"\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00")
                return
            target = socket.create_connection(("127.0.0.1", self.names[host]))
            c.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            threading.Thread(target=self.copy, args=(c, target), daemon=True).start()
            self.copy(target, c)
        except OSError:
            pass
        finally:
            c.close()

    @staticmethod
    def copy(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_bans_hold_across_restarts(lab: Lab):
    a, b = lab.line(2)
    b.setban("127.0.0.1", "add")
    wait_until("a is gone", lambda: b.getpeerinfo() == [])
    rpc_error(-23, "already banned", b.setban, "127.0.0.1", "add")
    b.setban("10.0.0.0/8", "add", 1000)
    b.setban(ONION, "add")
    equal([x["address"] for x in b.listbanned()], ["10.0.0.0/8", "127.0.0.1/32", ONION])
    b.stop()
    b.start()
    equal([x["address"] for x in b.listbanned()], ["10.0.0.0/8", "127.0.0.1/32", ONION])
    rpc_error(-30, "Unban failed", b.setban, "127.0.0.0/8", "remove")
    b.setban("127.0.0.1", "remove")
    a.connect(b)
    b.clearbanned()
    equal(b.listbanned(), [])


def test_a_spoiled_ban_list_is_kept_aside(lab: Lab):
    a = lab.node()
    a.setban("10.0.0.1", "add")
    a.stop()
    path = a.chain_folder / "banlist.json"
    equal(json.loads(path.read_text())["banned_nets"][0]["address"], "10.0.0.1/32")
    path.write_text('{"banned_nets": [{"version": 1, "address": "nonsense"}]}')
    a.start()
    equal(a.listbanned(), [])
    contains((a.chain_folder / "banlist.json.bak").read_text(), "nonsense")
    contains((a.chain_folder / "debug.log").read_text(), "Recreating the banlist database")


def test_added_nodes_are_listed(lab: Lab):
    a, b = lab.node(), lab.node()
    address = f"127.0.0.1:{b.port}"
    a.addnode(address, "add")
    wait_until("a is connected", lambda: a.getaddednodeinfo()[0]["connected"])
    equal(a.getaddednodeinfo(address),
          [{"addednode": address, "connected": True, "addresses": [{"address": address, "connected": "outbound"}]}])
    rpc_error(-24, "has not been added", a.getaddednodeinfo, "1.2.3.4")
    a.addnode(address, "remove")
    equal(a.getaddednodeinfo(), [])


def test_the_book_of_addresses(lab: Lab):
    a = lab.node("-cjdnsreachable")
    for host, port in [("1.2.3.4", 8333), ("1233:3432:2434:2343:3234:2345:6546:4534", 8333), (ONION, 8333), ("fc00:1:2::3", 8333)]:
        equal(a.addpeeraddress(host, port), {"success": True})
    equal(a.addpeeraddress("1.2.3.4", 8333), {"success": False, "error": "failed-adding-to-new"})
    equal(a.addpeeraddress("5.6.7.8", 8333, True)["success"], True)
    info = a.getaddrmaninfo()
    equal({k: v["total"] for k, v in info.items()}, {"ipv4": 2, "ipv6": 1, "onion": 1, "i2p": 0, "cjdns": 1, "all_networks": 5})
    equal(info["ipv4"], {"new": 1, "tried": 1, "total": 2})
    equal([x["address"] for x in a.getnodeaddresses(0, "onion")], [ONION])
    equal(len(a.getnodeaddresses(0)), 5)
    equal(len(a.getrawaddrman()["tried"]), 1)
    rpc_error(-8, "Network not recognized: Foo", a.getnodeaddresses, 1, "Foo")
    rpc_error(-30, "Invalid IP address", a.addpeeraddress, "localhost", 8333)
    a.stop()
    a.start()
    equal(a.getaddrmaninfo()["all_networks"]["total"], 5)


def bits(text):
    """'0' and '1', from each byte's least significant bit on."""
    text = text.replace(" ", "")
    return bytes(int(text[i:i + 8][::-1], 2) for i in range(0, len(text), 8))


def asmap(low, high):
    """IPv4 addresses below 128.0.0.0 are system `low`'s, those above `high`'s: net/addr/asmap.h has the form."""
    match = "110 1111111 "
    systems = "".join(f"0 0 {n - 1:015b} " for n in (low, high))
    return bits(10 * (match + "00000000 ") + 2 * (match + "11111111 ") + "10 0 00000 " + systems)


def test_a_map_of_systems_tells_owners_apart(lab: Lab):
    """P24: with -asmap addresses are grouped by autonomous systems, and the book moves with the map."""
    a = lab.node("-asmap=systems.map", "-debug=addrman", "-checkaddrman=1", start=False)
    a.chain_folder.mkdir(parents=True)
    (a.chain_folder / "systems.map").write_bytes(asmap(1234, 77))
    a.start()
    for host in ("30.1.1.1", "20.1.1.1", "200.1.1.1", "2600::1"):  # two of one bucket: the one that goes to "tried" first
        equal(a.addpeeraddress(host, 8333, host == "30.1.1.1"), {"success": True})
    seen = {e["address"]: e.get("mapped_as") for table in a.getrawaddrman().values() for e in table.values()}
    equal(seen, {"20.1.1.1": 1234, "30.1.1.1": 1234, "200.1.1.1": 77, "2600::1": None})
    log = a.chain_folder / "debug.log"
    a.stop()
    a.start()
    text = "ASMap Health Check: 4 clearnet peers are mapped to 2 ASNs with 1 peers being unmapped"
    wait_until("the log tells what the map knows", lambda: text in log.read_text())
    contains(log.read_text(), "CheckAddrman: completed")
    a.stop()
    (a.chain_folder / "systems.map").write_bytes(asmap(5, 6))
    a.start()
    equal({e.get("mapped_as") for table in a.getrawaddrman().values() for e in table.values()}, {5, 6, None})
    equal(a.getaddrmaninfo()["all_networks"], {"new": 3, "tried": 1, "total": 4})
    a.stop()
    (a.chain_folder / "systems.map").write_bytes(b"garbage")
    start_fails(a, "Could not parse asmap file")
    contains(log.read_text(), "it is no map of autonomous systems: at bit ")
    (a.chain_folder / "systems.map").unlink()
    start_fails(a, "Could not find asmap file")


def test_a_proxy_is_asked_for_names_and_nothing_is_looked_up(lab: Lab):
    b = lab.node()
    proxy = Socks({"b.example.invalid": b.port, ONION: b.port})
    a = lab.node(f"-proxy=127.0.0.1:{proxy.port}")
    for name in ("b.example.invalid:4321", ONION + ":99"):
        a.addnode(name, "onetry")
        wait_until(f"a is connected to {name}", lambda name=name: [p for p in a.getpeerinfo() if p["addr"] == name and p["version"]])
    equal([asked[:2] for asked in proxy.asked], [("b.example.invalid", 4321), (ONION, 99)])
    # Tor's stream isolation: each connection has credentials of its own.
    equal(len({asked[2] for asked in proxy.asked}), 2)
    networks = {n["name"]: n for n in a.getnetworkinfo()["networks"]}
    equal(networks["onion"], {"name": "onion", "limited": False, "reachable": True, "proxy": f"127.0.0.1:{proxy.port}",
                              "proxy_randomize_credentials": True})
    equal((networks["i2p"]["reachable"], networks["i2p"]["proxy"]), (False, ""))
    equal(sorted(p["inbound"] for p in b.getpeerinfo()), [True, True])


def test_a_proxy_that_refuses_is_told_of(lab: Lab):
    proxy = Socks({}, refuse=["gone.example.invalid"])
    a = lab.node(f"-proxy=127.0.0.1:{proxy.port}", "-proxyrandomize=0", "-debug=net")
    a.addnode("gone.example.invalid:1", "onetry")
    log = a.chain_folder / "debug.log"
    wait_until("the log tells", lambda: "host unreachable" in log.read_text())
    equal(proxy.asked, [("gone.example.invalid", 1, None)])
    equal(a.getpeerinfo(), [])


def test_a_named_peer_on_cjdns_is_reached_by_the_proxy(lab: Lab):
    b = lab.node()
    proxy = Socks({"fc00:1:2:3:4:5:6:7": b.port})
    a = lab.node(f"-proxy=127.0.0.1:{proxy.port}", "-cjdnsreachable")
    a.addnode("[fc00:1:2:3:4:5:6:7]:8888", "onetry")
    wait_until("a is connected", lambda: [p["network"] for p in a.getpeerinfo()] == ["cjdns"])
    equal([asked[:2] for asked in proxy.asked], [("fc00:1:2:3:4:5:6:7", 8888)])


def test_dead_addresses_do_not_keep_a_node_alone(lab: Lab):
    proxy = Socks({})  # nobody answers
    def asked(name):
        return [a for a in proxy.asked if a[0] == name]
    node = lab.node(f"-proxy=127.0.0.1:{proxy.port}", "-seednode=seed.example.invalid", start=False,
                    chain=(f"-chainfile={ROOT}/chains/bitcoin-regtest.json",), chain_dir="regtest")
    with_connect = node.command
    node.command = lambda extra=(): [word for word in with_connect(extra) if word != "-connect=0"]
    node.start()
    wait_until("a named seed is asked at once when nothing is known", lambda: asked("seed.example.invalid"))
    node.addpeeraddress("11.22.33.44", 8333)
    node.stop()
    proxy.asked.clear()
    node.start()
    begun = int(time.time())
    wait_until("what is known is tried", lambda: asked("11.22.33.44"))
    equal(asked("seed.example.invalid"), [])
    node.setmocktime(begun + 12)
    wait_until("a named seed is asked when that does not answer", lambda: asked("seed.example.invalid"))
    equal(asked("dummySeed.invalid."), [])
    node.setmocktime(begun + 32)
    wait_until("DNS seeds are considered", lambda: "Waiting 11 seconds before" in (node.chain_folder / "debug.log").read_text())
    node.setmocktime(begun + 44)
    wait_until("DNS seeds are asked at last", lambda: asked("dummySeed.invalid."))


def refused(lab, text, *options):
    done = lab.program("ycoind", "-regtest", f"-datadir={lab.folder}", *options)
    equal(done.returncode, 1)
    contains(done.stderr, text)


def test_options_that_contradict_are_refused(lab: Lab):
    refused(lab, "Unknown network specified in -onlynet: 'abc'", "-onlynet=abc")
    refused(lab, "restricted to onion (-onlynet=onion) but no proxy leads there", "-onlynet=onion")
    refused(lab, "restricted to cjdns (-onlynet=cjdns) but -cjdnsreachable is not provided", "-onlynet=cjdns")
    refused(lab, "-dnsseed=1 was explicitly specified, but -onlynet forbids", "-onlynet=onion", "-onion=127.0.0.1", "-dnsseed")
    refused(lab, "Unrecognized network in -proxy='127.0.0.1:1=abc': 'abc'", "-proxy=127.0.0.1:1=abc")
    refused(lab, "Invalid -proxy address or hostname: 'proxy.example'", "-proxy=proxy.example")
    refused(lab, "proxies at Unix sockets are not supported", "-onion=unix:/tmp/socket")
    refused(lab, "Cannot resolve -externalip address: 'me.example'", "-externalip=me.example")
    refused(lab, "Cannot resolve -bind address: '127.0.0.1=tor'", "-bind=127.0.0.1=tor")
    refused(lab, "restricted to i2p (-onlynet=i2p) but I2P is not supported as a way out", "-onlynet=i2p")
    same = ["-bind=127.0.0.1:11012", "-bind=127.0.0.1:11012=onion", "-whitebind=noban@127.0.0.1:11012"]
    for first in same:
        for second in same:
            refused(lab, "Duplicate binding configuration for address 127.0.0.1:11012.", first, second)
    refused(lab, "-rpcbind names 127.0.0.1:11013 twice", "-rpcallowip=127.0.0.1", "-rpcbind=127.0.0.1:11013", "-rpcbind=127.0.0.1:11013", "-listen=0")


def test_our_own_addresses_are_shown(lab: Lab):
    a = lab.node("-externalip=4.5.6.7", f"-externalip={ONION}:12")
    equal([(x["address"], x["port"]) for x in a.getnetworkinfo()["localaddresses"]], [("4.5.6.7", a.port), (ONION, 12)])
    # Where it listens, not where it would without -bind.
    b = lab.node("-externalip=4.5.6.7", "-port=4321")
    equal([(x["address"], x["port"]) for x in b.getnetworkinfo()["localaddresses"]], [("4.5.6.7", b.port)])


def test_a_captured_conversation_can_be_read(lab: Lab):
    a, b = lab.node("-capturemessages"), lab.node()
    a.connect(b)
    a.generatetodescriptor(1, "raw(51)")
    wait_until("b has the block", lambda: b.getblockcount() == 1)
    a.stop()
    done = subprocess.run([str(ROOT / "regtest" / "conversation"), str(a.chain_folder / "message_capture")], capture_output=True, text=True, check=True)
    equal(done.stderr, "")
    lines = [line.split(" ", 3) for line in done.stdout.splitlines()]
    equal([line[1] for line in lines], [f"127.0.0.1_{b.port}"] * len(lines))
    equal((lines[0][2], lines[0][3].split()[0]), ("->", "version"))
    said = {line[3].split()[0] for line in lines}
    assert {"version", "verack", "headers", "ping", "pong"} <= said, said
    assert "cannot be read" not in done.stdout, done.stdout


def test_rates_hold_and_change_while_running(lab: Lab):
    a, b = lab.node(), lab.node("-uploadrate=20")
    b.generatetodescriptor(1, "raw(51)")
    equal(b.getnettotals()["ratelimit"], {"upload": 20, "download": 0})
    b.connect(a)
    wait_until("they have shaken hands", lambda: a.getpeerinfo() and a.getpeerinfo()[0]["version"])
    begun, sent = time.monotonic(), b.getnettotals()["totalbytessent"]
    for _ in range(20):  # 20 kB of junk to answer nothing to, and some to send: 3 s at 20 kB/s beyond the burst
        b.sendmsgtopeer(b.getpeerinfo()[0]["id"], "junk", "00" * 4000)
    wait_until("all is sent", lambda: b.getnettotals()["totalbytessent"] >= sent + 80000)
    took = time.monotonic() - begun
    assert took > 2, f"80 kB at 20 kB/s and a burst of 20 kB took {took:.1f} s"
    equal(b.setratelimit(0, 1000), {"upload": 0, "download": 1000})
    b.sendmsgtopeer(b.getpeerinfo()[0]["id"], "junk", "00" * 1000000)
    wait_until("a megabyte is sent at once", lambda: b.getnettotals()["totalbytessent"] >= sent + 1080000, seconds=10)


DAY_S = 86400


def fetch(peer, block_hash):
    peer.send("getdata", inventory((BLOCK, block_hash)))
    peer.wait("block")
    peer.sync()  # or it would not be known yet how much was sent


def test_a_days_upload_comes_to_an_end(lab: Lab):
    """-maxuploadtarget: blocks of a week ago are refused before it is used up, what is new is served beyond it, and who has
    leave to download is served all (Bitcoin Core's feature_maxuploadtarget says the same of larger blocks)."""
    node = lab.node("-maxuploadtarget=550", "-debug=net")  # MiB: 144 blocks of 4 MB, which are kept for new ones, and 716,800 bytes
    then = node.getblockheader(node.getblockhash(0))["time"] + 600
    now = then + 14 * DAY_S
    node.setmocktime(then)
    coins = mine_true(node, 101)
    large = next_block(node, [spend(coins[:1], outputs=30, script=b"\x51" * 9_000)], fees_sat=10_000)
    equal(node.submitblock(large.hex), None)
    node.setmocktime(now)
    new = mine_true(node, 1) and node.getbestblockhash()

    def target():
        found = node.getnettotals()["uploadtarget"]
        return found["target_reached"], found["serve_historical_blocks"]

    equal(node.getnettotals()["uploadtarget"], {"timeframe": DAY_S, "target": 550 << 20, "target_reached": False, "serve_historical_blocks": True,
                                                "bytes_left_in_cycle": 550 << 20, "time_left_in_cycle": DAY_S})
    with Peer(node) as greedy, Peer(node) as modest:
        fetch(greedy, large.hash)
        fetch(greedy, large.hash)
        equal(target(), (False, True))
        fetch(greedy, large.hash)
        equal(target(), (False, False))
        greedy.send("getdata", inventory((BLOCK, large.hash)))
        equal([m for m in greedy.closed() if m[0] == "block"], [])
        contains((node.chain_folder / "debug.log").read_text(), "historical block serving limit reached, disconnecting peer=0")
        fetch(modest, new)
    node.setmocktime(now + DAY_S + 1)
    with Peer(node) as another_day:
        fetch(another_day, large.hash)
        equal(target(), (False, True))

    node.stop()
    node.start(extra=["-maxuploadtarget=300k", "-whitelist=download@127.0.0.1", f"-mocktime={now}"])
    equal(target(), (False, False))
    with Peer(node) as friend:
        for _ in range(2):
            fetch(friend, large.hash)
        equal(target(), (True, False))
        fetch(friend, new)
        fetch(friend, large.hash)
        equal(node.getpeerinfo()[0]["permissions"], ["download"])
    node.stop()
    node.start(extra=["-maxuploadtarget=300k", f"-mocktime={now}"])
    with Peer(node) as other:
        fetch(other, new)
        other.send("getdata", inventory((BLOCK, large.hash)))
        assert other.closed() is not None, "a block of two weeks ago is served beyond the target"
    start_fails(lab.node(start=False), "Unable to parse -maxuploadtarget: 'abc'", extra=["-maxuploadtarget=abc"])


if __name__ == "__main__":
    main()
