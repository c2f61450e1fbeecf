"""A node of nothing but the standard library: serves templates, long polls, and checks each block by its own hashing.

It knows only what mining needs. Its chain is a list; time, restarts, other people's blocks and answers that get lost are
the test's to cause.
"""
import base64
import hashlib
import http.server
import json
import pathlib
import socket
import socketserver
import struct
import threading
import time

GENESIS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"  # of Bitcoin's regtest


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def merkle(leaves):
    while len(leaves) > 1:
        leaves = leaves + leaves[-1:] if len(leaves) % 2 else leaves
        leaves = [sha256d(leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
    return leaves[0]


def compact(data, at):
    first = data[at]
    if first < 0xfd:
        return first, at + 1
    size = {0xfd: 2, 0xfe: 4, 0xff: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + size], "little"), at + 1 + size


def make_transactions(count):
    """Serialised transactions, as (stripped, whole); every second one has a witness."""
    made = []
    for i in range(count):
        head, tail = struct.pack("<I", 2), struct.pack("<I", 0)
        body = (b"\x01" + bytes([i + 1]) * 32 + struct.pack("<I", 0) + b"\x00" + b"\xff" * 4 +
                b"\x01" + struct.pack("<q", 1000 + i) + b"\x16\x00\x14" + bytes([i]) * 20)
        whole = head + b"\x00\x01" + body + b"\x01\x02ab" + tail if i % 2 else head + body + tail
        made.append((head + body + tail, whole))
    return made


class Block:
    """A block as this file reads it; raises when something is wrong with it."""

    def __init__(self, raw):
        self.raw, self.hash = raw, sha256d(raw[:80])[::-1].hex()
        self.previous = raw[4:36][::-1].hex()
        self.root, (self.time, self.bits, self.nonce) = raw[36:68], struct.unpack("<III", raw[68:80])
        self.count, at = compact(raw, 80)
        begin = at
        assert raw[at:at + 4] == struct.pack("<I", 2)
        self.has_witness = raw[at + 4:at + 6] == b"\x00\x01"
        at += 6 if self.has_witness else 4
        inputs_at = at
        assert raw[at] == 1 and raw[at + 1:at + 37] == bytes(32) + b"\xff" * 4, "no coinbase"
        length, at = compact(raw, at + 37)
        self.coinbase_script = raw[at:at + length]
        assert 2 <= length <= 100, length
        at += length
        self.sequence, = struct.unpack("<I", raw[at:at + 4])
        outputs, at = compact(raw, at + 4)
        self.outputs = []
        for _ in range(outputs):
            value, = struct.unpack("<q", raw[at:at + 8])
            length, at = compact(raw, at + 8)
            self.outputs.append((value, raw[at:at + length]))
            at += length
        body = raw[inputs_at:at]
        if self.has_witness:
            assert raw[at:at + 34] == b"\x01\x20" + bytes(32), "the witness reserved value"
            at += 34
        self.lock_time, = struct.unpack("<I", raw[at:at + 4])
        self.coinbase_txid = sha256d(raw[begin:begin + 4] + body + raw[at:at + 4])
        self.rest = raw[at + 4:]

    @property
    def script(self):
        return self.outputs[0][1]

    @property
    def height(self):
        first = self.coinbase_script[0]
        if first == 0 or first > 0x50:
            return first - 0x50 if first else 0
        return int.from_bytes(self.coinbase_script[1:1 + first], "little")


class Node:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.lock = threading.Condition()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.cookie = ""
        self.server = None
        self.chain = [GENESIS]
        self.genesis = GENESIS
        self.bits = 0x207fffff
        self.transactions = []
        self.extra_rules = []
        self.long_polls = True
        self.lie_about_commitment = self.syncing = self.drop_next_submit_answer = False
        self.refuse = None
        self.block_delay_s = 0
        self.errors, self.accepted, self.submitted = [], [], []
        self.polls_waiting = self.polls_answered = self.requests = self.templates = 0
        self.syncing_asked = self.refused = self.duplicates = 0
        self.stopping = False

    # -- its life

    def start(self, cookie="first"):
        self.cookie = f"__cookie__:{cookie}"
        folder = self.folder / "regtest"
        folder.mkdir(exist_ok=True)
        (folder / ".cookie").write_text(self.cookie)
        node = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_POST(self):
                node.answer(self)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass  # a client that has gone away

        self.stopping = False
        self.connections = []
        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """As kill -9 does: connections break, whatever was under way."""
        if not self.server:
            return
        with self.lock:
            self.stopping = True
            self.lock.notify_all()
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.server.shutdown()
        self.server.server_close()
        self.server = None

    def add_foreign_block(self):
        with self.lock:
            self.chain.append(hashlib.sha256(self.chain[-1].encode()).hexdigest())
            self.lock.notify_all()

    # -- JSON-RPC

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.lock:
            self.requests += 1
            self.connections.append(handler.connection)
        expected = "Basic " + base64.b64encode(self.cookie.encode()).decode()
        if handler.headers.get("Authorization") != expected:
            self.send(handler, 401, b"")
            return
        request = json.loads(body)
        result, error = None, None
        try:
            result = getattr(self, "rpc_" + request["method"])(*request["params"])
        except LookupError as e:
            error = {"code": e.args[0], "message": e.args[1]}
        except ConnectionAbortedError:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        reply = {"result": result, "error": error, "id": request["id"]}
        self.send(handler, 500 if error else 200, json.dumps(reply).encode())

    @staticmethod
    def send(handler, status, body):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def rpc_getblockhash(self, height):
        return self.genesis if height == 0 else self.chain[height]

    def rpc_getblocktemplate(self, request):
        assert "segwit" in request["rules"] and "bip54" in request["rules"]
        with self.lock:
            if self.syncing:
                self.syncing_asked += 1
                raise LookupError(-10, "Bitcoin Core is in initial sync and waiting for blocks...")
            if "longpollid" in request:
                self.polls_waiting += 1
                while request["longpollid"] == self.poll_id() and not self.stopping:
                    self.lock.wait()
                self.polls_waiting -= 1
                self.polls_answered += 1
                if self.stopping:
                    raise ConnectionAbortedError
            self.templates += 1
            return self.template()

    def poll_id(self):
        return self.chain[-1] + str(len(self.transactions))

    def commitment(self):
        root = merkle([bytes(32)] + [sha256d(whole) for _, whole in self.transactions])
        value = sha256d(root + bytes(32))
        if self.lie_about_commitment:
            value = value[::-1]
        return b"\x6a\x24\xaa\x21\xa9\xed" + value

    def template(self):
        size, mantissa = self.bits >> 24, self.bits & 0xffffff
        made = {
            "version": 0x20000000, "rules": ["csv", "!segwit"] + self.extra_rules, "bits": f"{self.bits:08x}",
            "target": f"{mantissa << 8 * (size - 3):064x}", "height": len(self.chain), "curtime": int(time.time()),
            "mintime": int(time.time()) - 3600, "coinbasevalue": 5000000000, "mutable": ["time", "transactions"],
            "previousblockhash": self.chain[-1], "default_witness_commitment": self.commitment().hex(),
            "coinbaseaux": {}, "transactions": [
                {"data": whole.hex(), "txid": sha256d(stripped)[::-1].hex(), "hash": sha256d(whole)[::-1].hex()}
                for stripped, whole in self.transactions],
        }
        if self.long_polls:
            made["longpollid"] = self.poll_id()
        return made

    def rpc_submitblock(self, data):
        time.sleep(self.block_delay_s)
        with self.lock:
            if self.refuse:
                self.refused += 1
                return self.refuse
            block = Block(bytes.fromhex(data))
            self.submitted.append(block)
            if block.hash in self.chain:
                self.duplicates += 1
                return "duplicate"
            if block.previous != self.chain[-1]:
                return "inconclusive"
            try:
                self.check(block)
            except AssertionError as e:
                self.errors.append(str(e))
                return "bad"
            self.accepted.append(block)
            self.chain.append(block.hash)
            self.lock.notify_all()
            if self.drop_next_submit_answer:
                self.drop_next_submit_answer = False
                raise ConnectionAbortedError
            return None

    def check(self, block):
        """Everything that a block owes to the template, by this file's own hashing."""
        size, mantissa = self.bits >> 24, self.bits & 0xffffff
        assert block.bits == self.bits, "bits"
        assert int(block.hash, 16) <= mantissa << 8 * (size - 3), "proof of work"
        assert abs(block.time - time.time()) < 120, "time"
        assert block.height == len(self.chain), "height"
        assert block.count == len(self.transactions) + 1, "count"
        assert block.rest == b"".join(whole for _, whole in self.transactions), "transactions"
        leaves = [block.coinbase_txid] + [sha256d(stripped) for stripped, _ in self.transactions]
        assert block.root == merkle(leaves), "merkle root"
        assert block.has_witness and (0, self.commitment()) in block.outputs, "witness commitment"
        assert sum(value for value, _ in block.outputs) == 5000000000, "value"
