"""The P2P protocol as a peer in Python speaks it: enough to shake hands, relay, and misbehave. Standard library alone."""
import socket
import struct
import time

from blocks import compact, sha256d, wired

VERSION = 70016
SERVICES = 1 | 8  # network, witness
TX, BLOCK, WTX, WITNESS_TX, WITNESS_BLOCK = 1, 2, 5, 1 | 1 << 30, 2 | 1 << 30


def magic_of(node):
    """The chain's magic bytes, from the block files that it starts."""
    folder = node.chain_folder / "blocks"
    first = min(folder.glob("blk*.dat"))  # the lowest that was not pruned
    return bytes(a ^ b for a, b in zip(first.read_bytes()[:4], (folder / "xor.dat").read_bytes()))


def frame(magic, name, payload=b"", checksum=None, length=None):
    head = magic + name.encode().ljust(12, b"\x00") + struct.pack("<I", len(payload) if length is None else length)
    return head + (sha256d(payload)[:4] if checksum is None else checksum) + payload


def net_address(services=0):
    return struct.pack("<Q", services) + b"\x00" * 10 + b"\xff\xff" + b"\x7f\x00\x00\x01" + struct.pack(">H", 0)


def version_payload(agent=b"/tester:1/", nonce=None, height=0, relay=True, version=VERSION):
    return (struct.pack("<iQq", version, SERVICES, int(time.time())) + net_address() + net_address(SERVICES) +
            struct.pack("<Q", nonce if nonce is not None else time.monotonic_ns()) + compact(len(agent)) + agent + struct.pack("<i?", height, relay))


def inventory(*entries):
    """(kind, hash as shown) …"""
    return compact(len(entries)) + b"".join(struct.pack("<I", kind) + wired(h) for kind, h in entries)


class Peer:
    """One connection to a node, of one that announces by wtxid (BIP 339) if it says so. Messages that arrive are (name, payload)."""

    def __init__(self, node, handshake=True, seconds=20, by_wtxid=False, connection=None, **version):
        """connection: a socket that the node connected to; without one it is connected to."""
        self.magic, self.received = magic_of(node), b""
        self.socket = connection or socket.create_connection(("127.0.0.1", node.port))
        self.socket.settimeout(seconds)
        self.seconds = seconds
        if handshake:
            self.send("version", version_payload(**version))
            self.wait("version")
            if by_wtxid:
                self.send("wtxidrelay")
            self.send("verack")
            self.wait("verack")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, name, payload=b""):
        self.send_raw(frame(self.magic, name, payload))

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # the node has closed: what it did is seen by reading

    def read(self):
        """The next message, or None when the node has closed the connection."""
        while True:
            if len(self.received) >= 24:
                length = struct.unpack("<I", self.received[16:20])[0]
                if len(self.received) >= 24 + length:
                    whole, self.received = self.received[:24 + length], self.received[24 + length:]
                    if whole[:4] != self.magic or whole[20:24] != sha256d(whole[24:])[:4]:
                        raise AssertionError(f"the node sent a bad frame: {whole[:24].hex()}")
                    return whole[4:16].rstrip(b"\x00").decode(), whole[24:]
            try:
                piece = self.socket.recv(65536)
            except ConnectionError:
                piece = b""
            if not piece:
                return None
            self.received += piece

    def wait(self, name, accept=lambda payload: True):
        """The payload of the next message of this name; pings are answered under way."""
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            message = self.read()
            if message is None:
                raise AssertionError(f"the node closed the connection instead of sending {name}")
            if message[0] == "ping":
                self.send("pong", message[1])
            if message[0] == name and accept(message[1]):
                return message[1]
        raise AssertionError(f"no {name} came in {self.seconds} s")

    def sync(self):
        """Everything sent before has been worked off when this returns."""
        nonce = struct.pack("<Q", time.monotonic_ns())
        self.send("ping", nonce)
        self.wait("pong", lambda payload: payload == nonce)

    def closed(self, seconds=None):
        """Does the node close the connection? The messages that came before, or None when it does not."""
        self.socket.settimeout(seconds or self.seconds)
        messages = []
        try:
            while True:
                message = self.read()
                if message is None:
                    return messages
                messages.append(message)
        except TimeoutError:
            return None
