"""A Bitcoin Core node of our own, on regtest, for the time of one stage."""
import base64
import http.client
import json
import pathlib
import socket
import subprocess
import tempfile
import time

START_S = 60


class RpcError(Exception):
    pass


class Core:
    """with Core(path, now) as core: core.call("getblockcount")"""

    def __init__(self, bitcoind, now):
        self.bitcoind, self.now = bitcoind, now

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="yc-vectors-")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        # Scripts are judged one after another, so that the first error is always the same; standardness rules about
        # form and fees are off, so that the pool's verdict is the script flags' verdict.
        self.process = subprocess.Popen(
            [self.bitcoind, "-regtest", f"-datadir={self.folder.name}", f"-rpcport={self.port}", "-listen=0",
             "-connect=0",
             "-dnsseed=0", "-par=1", "-acceptnonstdtxn=1", "-minrelaytxfee=0", "-dustrelayfee=0", "-persistmempool=0",
             "-printtoconsole=0", "-debuglogfile=0", f"-mocktime={self.now}"], stdout=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self._wait()
        return self

    def __exit__(self, *_):
        try:
            self.call("stop")
            self.process.wait(60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.folder.cleanup()

    def _wait(self):
        cookie = pathlib.Path(self.folder.name) / "regtest" / ".cookie"
        for _ in range(START_S * 10):
            try:
                self.auth = "Basic " + base64.b64encode(cookie.read_bytes()).decode()
                self.call("getblockcount")
                return
            except (OSError, RpcError):
                self.connection.close()
                time.sleep(0.1)
        raise SystemExit(f"{self.bitcoind} did not answer within {START_S} s.")

    def call(self, method, *params):
        body = json.dumps({"method": method, "params": params})
        self.connection.request("POST", "/", body, {"Authorization": self.auth, "Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read(), parse_float=str)
        if answer["error"]:
            raise RpcError(answer["error"]["message"])
        return answer["result"]

    def version(self):
        first = subprocess.run([self.bitcoind, "--version"], capture_output=True, text=True,
                               check=True).stdout.split("\n")[0]
        return first.replace(" daemon version", "").replace(" bitcoind", "")

    def pool_verdict(self, tx):
        """None: the pool would take it; else the reject reason."""
        result = self.call("testmempoolaccept", [tx.hex()], 0)[0]
        return None if result["allowed"] else result["reject-reason"]

    def block_verdict(self, raw, proposal=False):
        """None: valid; else the reject reason. A valid block is taken back at once."""
        try:
            if proposal:
                return self.call("getblocktemplate", {"mode": "proposal", "data": raw.hex(), "rules": ["segwit"]})
            reason = self.call("submitblock", raw.hex())
        except RpcError as e:
            return str(e)
        if reason is None:
            self.call("invalidateblock", self.call("getbestblockhash"))
        return reason
