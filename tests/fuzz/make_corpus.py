#!/usr/bin/env python3
"""Make the seed corpora from the published vectors and a few forms written out here.

usage: tests/fuzz/make_corpus.py VECTORS_FOLDER

Writes small files into tests/fuzz/corpus/TARGET, which are committed; run it again only to extend them.
"""
import hashlib
import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent / "corpus"
SEED_BYTES_MAX = 20000


def put(target, data):
    if not data or len(data) > SEED_BYTES_MAX:
        return
    folder = ROOT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def transactions(vectors):
    for name in ("tx_valid.json", "tx_invalid.json"):
        for row in json.loads((vectors / name).read_text()):
            if len(row) == 3:
                yield bytes.fromhex(row[1])
    for row in json.loads((vectors / "script_assets_sample.json").read_text())[:12]:
        yield bytes.fromhex(row["tx"])


def compact(n):
    return bytes([n]) if n < 0xFD else b"\xfd" + struct.pack("<H", n)


def blocks(vectors):
    header = struct.pack("<I", 0x20000000) + bytes(32) + bytes(32) + struct.pack("<III", 1296688602, 0x207FFFFF, 2)
    txs = [t for t in transactions(vectors) if len(t) < 600][:8]
    for n in (1, 2, 3, 5, 8):
        yield header + compact(n) + b"".join(txs[:n])


def scripts():
    forms = ["76a914" + "11" * 20 + "88ac", "a914" + "22" * 20 + "87", "0014" + "33" * 20, "0020" + "44" * 32,
             "5120" + "55" * 32, "51ae", "6351675268", "ab51ac", "0103b1", "0103b2", "6a04deadbeef", "5121" + "02" + "66" * 32 + "51ae"]
    for i, form in enumerate(forms):
        script = bytes.fromhex(form)
        for flags in (0, 0x1FFFFF, 0x40020E15, 0x80020E15, 0xC0020E15):
            head = struct.pack("<IIII", flags, 2, i, 0xFFFFFFFE)
            runs = [b"\x51", script, b"\x01", bytes(64), script]
            yield head + b"".join(struct.pack("<H", len(r)) + r for r in runs)


def frame(command, payload, magic=bytes.fromhex("fabfb5da")):
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return magic + command.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + check + payload


def messages():
    version = struct.pack("<iQq", 70016, 9, 1700000000) + bytes(26) + bytes(26) + bytes(8) + b"\x0d/YCoin:0.1.0/" + struct.pack("<i", 5) + b"\x01"
    inv = b"\x02" + (struct.pack("<I", 1) + bytes(32)) * 2
    yield from [("version", version), ("verack", b""), ("ping", bytes(8)), ("pong", bytes(8)), ("inv", inv), ("getdata", inv),
                ("notfound", inv), ("headers", b"\x01" + bytes(80) + b"\0"), ("getheaders", struct.pack("<I", 70016) + b"\x01" + bytes(64)),
                ("addr", b"\x01" + bytes(30)), ("addrv2", b"\x01" + bytes(4) + b"\x00\x01\x04" + bytes(6)), ("feefilter", bytes(8)),
                ("sendheaders", b""), ("wtxidrelay", b""), ("sendaddrv2", b""), ("getaddr", b"")]


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    vectors = pathlib.Path(arguments[0])
    for i, tx in enumerate(transactions(vectors)):
        if i % 5 == 0 or len(tx) > 2000:
            put("tx", tx)
    for block in blocks(vectors):
        put("block", block)
    for i in range(6):
        ancestors = b"".join(struct.pack("<II", 1296688602 + 600 * k, 0x207FFFFF if i % 2 else 0x1D00FFFF) for k in range(12 + i))
        put("header", struct.pack("<I", 4) + bytes(64) + struct.pack("<III", 1296695802, 0x207FFFFF, i) + bytes([i]) + struct.pack("<q", 1296695902) + ancestors)
    for script in scripts():
        put("script", script)
    for row in json.loads((vectors / "key_io_valid.json").read_text())[::4]:
        put("address", row[0].encode())
    for text in (b"0.00000001", b"21000000.00000000", b"ycoin:yc1qqqq?amount=1.5&label=a%20b", b"addr(yc1qqqq)#abcdefgh", b"m/84'/0'/0'/1/5",
                 b"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"):
        put("address", text)
    for path in sorted((ROOT.parents[2] / "chains").glob("*.json")):
        put("chain_file", path.read_bytes())
    put("chain_file", b'{"schema": 1, "name": "x"}')
    stream = b""
    for i, (name, payload) in enumerate(messages()):
        data = frame(name, payload)
        stream += data
        put("frame", bytes([i]) + data)
        put("messages", bytes([i]) + payload)
        put("peer", bytes([0, i]) + struct.pack("<H", len(payload)) + payload)
    put("frame", b"\x07" + stream)
    steps = b"".join(bytes([0, i]) + struct.pack("<H", len(p)) + p for i, (_, p) in enumerate(messages()))
    put("peer", steps)
    for text in (b"\0POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", b"\1HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                 b"\0POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"\0GET / HTTP/1.0\r\n\r\n"):
        put("http", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
