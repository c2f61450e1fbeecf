"""Nodes of a regtest network on this machine: start, ask, kill, connect. Python's standard library alone.

regtest/net, regtest/demo.py and tests/functional use it. A node's state is its folder; its ports are chosen free at run
time and stay the same over restarts.
"""
import base64
import ctypes
import decimal
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = pathlib.Path(os.environ.get("YCOIN_BIN", ROOT / "build" / "bin"))
WAIT_S = float(os.environ.get("YCOIN_WAIT_S", "60"))  # a slow machine may need more


class RpcError(Exception):
    """An error that the node answered: code and message are its own."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error['message']} ({error['code']})")
        self.code = error["code"]
        self.message = error["message"]


given_ports = set()


def free_ports(count):
    """Ports that nothing listens on now, and that this process was not given before: a node may be about to listen there."""
    sockets, ports = [], []
    try:
        while len(ports) < count:
            sockets.append(socket.socket())
            sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sockets[-1].bind(("127.0.0.1", 0))
            port = sockets[-1].getsockname()[1]
            if port not in given_ports:
                given_ports.add(port)
                ports.append(port)
        return ports
    finally:
        for s in sockets:
            s.close()


def wait_until(what, condition, seconds=None):
    """Ask condition() until it gives something true, which is returned; after the time, an error that says what for."""
    end = time.monotonic() + (seconds or WAIT_S)
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds or WAIT_S:.0f} s in vain: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def die_with_parent():
    """In a child before it becomes a node: be killed when the parent goes, however that happens (Linux only)."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    except (OSError, AttributeError):
        pass


class Node:
    """One ycoind. options are further command-line options, without which every node listens and connects to nobody.
    chain are the options that choose the chain, chain_dir is its folder below the data directory."""

    def __init__(self, name, folder, port=None, rpc_port=None, options=(), program=None, chain=("-regtest",), chain_dir="regtest"):
        self.name = name
        self.folder = pathlib.Path(folder)
        if port is None or rpc_port is None:
            port, rpc_port = free_ports(2)
        self.port, self.rpc_port = port, rpc_port
        self.options, self.chain, self.chain_dir = list(options), list(chain), chain_dir
        self.program = str(program or BIN / "ycoind")
        self.outlives = False  # does the process go on when this one ends?
        self.process = None
        self.pid = None
        self._connection = None

    # -- the process

    @property
    def chain_folder(self):
        return self.folder / self.chain_dir

    def command(self, extra=()):
        return [self.program, *self.chain, f"-datadir={self.folder}", f"-port={self.port}", f"-rpcport={self.rpc_port}",
                f"-bind=127.0.0.1:{self.port}", "-connect=0", "-printtoconsole=0", *self.options, *extra]

    def start(self, extra=(), wait=True):
        """Start the process; with wait, until it answers. Returns the seconds that took. Outside of regtest/net the node
        dies with this process."""
        begun = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._connection = None
        errors = open(self.folder / "stderr", "wb")  # closed with the process's own copy
        self.process = subprocess.Popen(self.command(extra), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                        start_new_session=True, preexec_fn=None if self.outlives else die_with_parent)
        errors.close()
        self.pid = self.process.pid
        if wait:
            self.wait_ready()
        return time.monotonic() - begun

    def wait_ready(self):
        def ready():
            if self.process and self.process.poll() is not None:
                raise RuntimeError(f"node {self.name} ended with {self.process.returncode}: {self.stderr().strip()}")
            try:
                self.rpc("getblockcount")
                return True
            except (OSError, http.client.HTTPException, FileNotFoundError):
                return False
            except RpcError as e:
                if e.code != -28:
                    raise
                return False
        wait_until(f"node {self.name} answers", ready)

    def stderr(self):
        try:
            return (self.folder / "stderr").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def running(self):
        if self.process:
            return self.process.poll() is None
        if not self.pid:
            return False
        try:  # the number may be another program's by now
            return f"-datadir={self.folder}".encode() in pathlib.Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    def stop(self, seconds=None):
        """End it cleanly and return its exit code (None when it is not our child)."""
        if not self.running():
            return self.process.returncode if self.process else None
        try:
            self.rpc("stop")
            self._connection = None
        except (OSError, http.client.HTTPException, RpcError):
            os.kill(self.pid, signal.SIGTERM)
        return self.wait_end(seconds)

    def wait_end(self, seconds=None):
        if self.process:
            return self.process.wait(timeout=seconds or WAIT_S)
        wait_until(f"node {self.name} ends", lambda: not self.running(), seconds)
        return None

    def kill(self):
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_end()
        self._connection = None

    def end(self):
        """Whatever its state: when this returns the process is gone."""
        if not self.running():
            return
        try:
            self.stop(20)
        except Exception:  # any failure of a clean end leaves the hard one
            self.kill()

    # -- RPC

    def cookie(self):
        return (self.chain_folder / ".cookie").read_text()

    def post(self, body, headers=None, seconds=120):
        """One HTTP request on a kept connection; (status, body bytes)."""
        auth = base64.b64encode(self.cookie().encode()).decode()
        sent = {"Authorization": f"Basic {auth}", "Content-Type": "application/json", **(headers or {})}
        for fresh in (False, True):
            if self._connection is None or fresh:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=seconds)
                fresh = True
            try:
                self._connection.request("POST", "/", body, sent)
                answer = self._connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = None
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def rpc(self, method, *params, **named):
        """Call a method; numbers with a point come back as Decimal."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": named or list(params)}
        body = json.dumps(request, default=lambda d: float(d) if isinstance(d, decimal.Decimal) else str(d))
        status, raw = self.post(body)
        if status == 401:
            raise PermissionError(f"node {self.name} does not accept its cookie file {self.chain_folder / '.cookie'}")
        answer = json.loads(raw, parse_float=decimal.Decimal)
        if answer.get("error"):
            raise RpcError(method, answer["error"])
        return answer["result"]

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda *params, **named: self.rpc(method, *params, **named)

    # -- peers

    def connect(self, other):
        """Open a connection to the other node and wait until both have shaken hands."""
        def met(a, port):
            return any(p["addr"] == f"127.0.0.1:{port}" and p.get("version") for p in a.rpc("getpeerinfo"))
        before = len(other.rpc("getpeerinfo"))
        self.rpc("addnode", f"127.0.0.1:{other.port}", "onetry")
        wait_until(f"{self.name} meets {other.name}", lambda: met(self, other.port) and len(
            [p for p in other.rpc("getpeerinfo") if p.get("version")]) > before)

    def disconnect(self, other):
        """Close the connections that this node opened to the other."""
        for peer in self.rpc("getpeerinfo"):
            if peer["addr"] == f"127.0.0.1:{other.port}":
                try:
                    self.rpc("disconnectnode", "", peer["id"])
                except RpcError as e:
                    if e.code != -29:  # it went by itself meanwhile
                        raise
        wait_until(f"{self.name} has left {other.name}",
                   lambda: all(p["addr"] != f"127.0.0.1:{other.port}" for p in self.rpc("getpeerinfo")))

    def cli_command(self, *arguments):
        return [str(BIN / "ycoin-cli"), *self.chain, f"-datadir={self.folder}", f"-rpcport={self.rpc_port}", *arguments]

    def cli(self, *arguments, stdin=None):
        """Run ycoin-cli against it; the finished process."""
        return subprocess.run(self.cli_command(*arguments), input=stdin, capture_output=True, text=True, check=False, timeout=WAIT_S)


def wait_same_tip(nodes, seconds=None):
    """Until all nodes have one tip; its hash."""
    def same():
        tips = {n.rpc("getbestblockhash") for n in nodes}
        return tips.pop() if len(tips) == 1 else None
    return wait_until("all nodes have one tip", same, seconds)


def wait_same_mempool(nodes, seconds=None):
    def same():
        pools = {tuple(sorted(n.rpc("getrawmempool"))) for n in nodes}
        return len(pools) == 1
    wait_until("all nodes have one mempool", same, seconds)


class Wallet:
    """ycoin-wallet over one file, asking one node; ask another by at(node)."""

    def __init__(self, name, file, node):
        self.name, self.file, self.node = name, pathlib.Path(file), node

    def at(self, node):
        return Wallet(self.name, self.file, node)

    def run(self, *arguments, stdin=None):
        command = [str(BIN / "ycoin-wallet"), *self.node.chain, f"-datadir={self.node.folder}", f"-rpcport={self.node.rpc_port}",
                   f"-wallet={self.file}", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=WAIT_S)

    def __call__(self, *arguments):
        """A command with --json; its parsed result, or an error that quotes the program."""
        done = self.run(*arguments, "--json")
        if done.returncode != 0:
            raise RuntimeError(f"ycoin-wallet {' '.join(arguments)}: {done.stderr.strip()} ({done.returncode})")
        return json.loads(done.stdout, parse_float=decimal.Decimal)


def mine(node, address, blocks, threads=1):
    """Run ycoin-miner until it has found so many blocks."""
    command = [str(BIN / "ycoin-miner"), *node.chain, f"--datadir={node.folder}", f"--rpcport={node.rpc_port}",
               f"--address={address}", f"--blocks={blocks}", f"--threads={threads}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=WAIT_S)
    if done.returncode != 0:
        raise RuntimeError(f"ycoin-miner: {done.stderr.strip() or done.stdout.strip()} ({done.returncode})")
