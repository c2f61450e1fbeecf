#!/usr/bin/env python3
"""Make the seed corpora from the published vectors and a few forms written out here.

usage: tests/fuzz/make_corpus.py VECTORS_FOLDER

Writes small files into tests/fuzz/corpus/TARGET, which are committed; run it again only to extend them.
"""
import csv
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


def standard_spends():
    """For fuzz_script: scriptSig, the script (of a taproot output its key) and witness items of standard spends."""
    sig, keys = b"\x30\x44\x02\x20" + b"\x11" * 32 + b"\x02\x20" + b"\x22" * 32 + b"\x01", [b"\x02" + b"\x5a" * 32, b"\x04" + b"\x5a" * 64]
    runs = [(0, [bytes([len(sig)]) + sig + bytes([len(key)]) + key, b""]) for key in keys]
    runs += [(kind, [b"", b"", sig, key]) for kind in (1, 2) for key in keys]
    runs += [(3, [b"", b"\x5a" * 32, b"\x33" * 64 + tail, *annex]) for tail in (b"", b"\x01", b"\x83") for annex in ([], [b"\x50"])]
    for kind, parts in runs:
        for flags in (0x20E15, 0x1FFFFF):
            head = struct.pack("<IIII", kind << 30 | 1 << 29 | flags, 2, 5, 0xFFFFFFFE)
            yield head + b"".join(struct.pack("<H", len(r)) + r for r in parts)


def spends():
    """For fuzz_connect: byte of choices (form, version, sequence), the script, what unlocks it."""
    pairs = [("51", ""), ("00", ""), ("935587", "5253"), ("6351675268", "51"), ("ac91", "00210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
             ("a820" + hashlib.sha256(b"x").hexdigest() + "87", "0178"), ("b27551", "00"), ("6a", "51"), ("5151", ""), ("7e51", "5151"), ("0064ae6851", "")]
    rows = [bytes([form + more, len(code) // 2]) + bytes.fromhex(code) + bytes([len(sig) // 2]) + bytes.fromhex(sig)
            for form in range(3) for more in (0, 0x33, 0x63) for code, sig in pairs]
    yield from rows
    good = [row for row in rows if row[1:] in (b"\x01\x51\x00",)]
    yield b"".join(good)
    for at in range(0, len(rows), 9):
        yield b"".join(rows[at:at + 12])
    yield b"".join(good[:3]) + rows[1] + b"".join(good[:3]) + rows[7]


def pool_batches():
    """For fuzz_pool: byte of choices, the script (bytes below 8 are keys, 8 CHECKSIG, 9 CHECKSIGVERIFY, 10 CHECKMULTISIG, 12 NOT,
    13 IF …), the stack (0 to 7 a good signature by that key, 8 to 14 a bad one, 15 nothing)."""
    pairs = [("0008", "00"), ("0008", "08"), ("00080c", "08"), ("00080c", "00"), ("00090108", "0100"), ("00090108", "0108"),
             ("5200010253" + "0a", "0f0001"), ("5200010253" + "0a", "0f0102"), ("5200010253" + "0a", "0f0201"), ("0008" + "0d01080f0208" + "10", "020100"),
             ("00080c0d0108" + "10", "0108"), ("17" * 3 + "0008", "00"), ("51", ""), ("0008", "0f"), ("00080c", "0f")]
    rows = [bytes([more, len(code) // 2]) + bytes.fromhex(code) + bytes([len(stack) // 2]) + bytes.fromhex(stack)
            for more in (0, 1, 3) for code, stack in pairs]
    yield from rows[:len(pairs)]
    for at in range(0, len(rows), 7):
        yield b"".join(rows[at:at + 10])
    yield rows[0] * 10


def digests(vectors):
    rows = [row for row in json.loads((vectors / "sighash.json").read_text()) if len(row) == 5]
    for row in rows[::12]:
        code = bytes.fromhex(row[1])
        pattern = code[:3]
        yield (struct.pack("<iB", row[3], row[2]) + struct.pack("<H", len(code)) + code + struct.pack("<H", len(pattern)) + pattern +
               bytes.fromhex(row[0]))


def targets():
    for i, bits in enumerate((0x1D00FFFF, 0x207FFFFF, 0x1B0404CB, 0x01003456, 0x04923456, 0x21010000, 0, 0x170331DB)):
        numbers = bytes(range(i, i + 32)) + bytes([255 - i]) * (i * 4) + bytes(32 - i * 4)
        yield numbers + struct.pack("<IIQQQI", bits, 0x1D00FFFF, 600 + i, 1296688602, 1296688602 + 600 * i, 2016 * i + 1)


def keys_and_signatures(vectors):
    point = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    y = bytes.fromhex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
    signature = bytes.fromhex("3006020101020101") + b"\x01"
    for key in (b"\x02" + point, b"\x03" + point, b"\x04" + point + y, b"\x06" + point + y, b"\x07" + point + y, point, b""):
        for sig in (signature, signature[:-1], b"", bytes(72)):
            yield bytes([len(key)]) + key + sig
    for row in json.loads((vectors / "bip39_vectors.json").read_text())["english"][:3]:
        yield row[3].encode()
    for row in json.loads((vectors / "base58_encode_decode.json").read_text())[:12]:
        yield row[1].encode()
    yield b"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"


def filters(vectors):
    for row in json.loads((vectors / "blockfilters.json").read_text())[1:]:
        yield bytes.fromhex(row[1])[::-1] + bytes.fromhex(row[5])
    yield bytes(32) + b"\x51\x52\0\x51\x52\0\0\x76\xa9\0"


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


def signature_batches(vectors):
    """Records of fuzz_sigbatch.c: BIP 340's vectors, and ECDSA equations at the edges."""
    rows = []
    for row in csv.DictReader((vectors / "bip340_test_vectors.csv").read_text().splitlines()):
        if len(row["message"]) == 64:
            rows.append(b"\x20\x40" + bytes.fromhex(row["public key"] + row["signature"] + row["message"]))
    yield from (b"\x01" + row for row in rows)
    yield b"".join(b"\x01" + row for row in rows)
    yield b"".join(b"\x05" + row for row in rows[:6])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    numbers = [1, 2, 3, order - 1, order - 2, order + 2, order // 2, order // 2 + 1, 1 << 128, 0x5363AD4CC05C30E0A5261C028812645A122E22EA20816678DF02967C1B23BD72,
               0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798]
    number = [n.to_bytes(32, "big") for n in numbers]
    equations = [b"\x02" + number[i] + number[(i * 5 + 3) % 10] + number[(i * 7 + 2) % 10] for i in range(len(number))]
    yield from equations
    yield b"".join(equations)
    yield b"".join(b"\x0a" + e[1:] + bytes([40 + i, 1]) for i, e in enumerate(equations))
    yield b"".join(e + b"\x01" + r for e, r in zip(equations, rows))


def programs():
    """Programs for the machines of the network: each step is bytes as its target reads them."""
    def wide(*numbers):
        return b"".join(struct.pack("<H", n) for n in numbers)

    both = [bytes([2 + how, peer + 6 * 3]) for peer in range(6) for how in (0, 1)]
    yield "requests", b"".join(both) + bytes([220, 5]) * 3 + bytes([110, 18]) + bytes([220, 125]) * 8 + bytes([160, 19, 220, 125])
    yield "requests", b"".join(bytes([i % 4, i]) for i in range(48)) + bytes([200, 255, 120, 9, 220, 130, 150, 4, 220, 130])
    yield "requests", bytes([172, 254]) * 3 + bytes([1, 2, 180, 1, 165, 2, 172, 250, 1, 8, 220, 250])
    yield "announce", b"".join(bytes([7]) + wide(i * 9) for i in range(40)) + bytes([121]) + wide(20) + bytes([255]) + wide(0) + bytes([254]) + wide(0)
    yield "announce", (bytes([99]) + wide(0)) * 6 + (bytes([186]) + wide(0)) * 9 + bytes([181]) + wide(0) + (bytes([187]) + wide(0)) * 4
    light = b"".join(bytes([60, p]) + wide(p * 256) for p in range(14))
    yield "orphans", b"\0" + light + bytes([151, 0]) + wide(0) + bytes([201, 0]) + wide(0) + bytes([240, 0]) + wide(77) + bytes([120, 3]) + wide(0)
    yield "orphans", b"\0" + b"".join(bytes([58, p]) + wide(i * 24 + p) for i in range(2) for p in range(24)) + bytes([58, 1]) + wide(999)
    yield "orphans", b"\0" + b"".join(bytes([5, p % 5]) + wide(p // 5) for p in range(20)) + b"".join(bytes([130, p]) + wide(0) for p in range(5))
    yield "orphans", b"\xd0" + light
    for kind, wanted, first in ((0, 18500, 20), (0, 16000, 18), (1, 2500, 4), (2, 900, 2), (4, 18500, 10)):
        more = b"\x60\x00" if kind == 2 else b""
        yield "presync", bytes([kind]) + wide(wanted) + more + b"\x01" * first
        yield "presync", bytes([kind]) + wide(wanted) + more + b"\x01" * (first // 2) + b"\xc9" * 8
        yield "presync", bytes([kind]) + wide(wanted) + more + b"\x08" + wide(700) + b"\x01" * first + b"\xf1" + struct.pack("<I", 999)
    told = b"".join(bytes([89, 7 + 40 * i]) + wide(i * 240) for i in range(6))
    works = b"".join(bytes([119, 0]) + wide(i * 8) for i in range(40))
    yield "addrman", b"\0" + told + works + bytes([160, 3]) + wide(0) + bytes([250, 9]) + wide(0) + bytes([195, 0]) + wide(0)
    yield "addrman", b"\0" + told + bytes([210, 0]) + wide(0, 0, 0) + bytes([210, 5]) + wide(0, 60, 0) + works[:80] + bytes([161, 23]) + wide(0)
    yield "addrman", b"\0" + told * 2 + (bytes([130, 1]) + wide(4) + bytes([250, 8]) + wide(0)) * 5 + told + bytes([160, 0]) + wide(0)
    yield "addrman", b"\xe0" + told + works[:40]
    book = b"".join(bytes([5, i * 16, i * 64 % 256]) for i in range(16))
    opened = bytes([40, 0, 0, 231, 0, 2]) * 14
    yield "slots", b"\0\0" + book + opened + bytes([208, 0, 1]) + bytes([231, 0, 250, 40, 0, 0]) * 4 + bytes([130, 2, 1]) + opened
    yield "slots", b"\0\0" + b"".join(bytes([151, i, 0]) for i in range(10)) + bytes([40, 0, 0]) * 3 + bytes([152, 3, 0, 140, 1, 0, 231, 0, 3, 40, 0, 0])
    yield "slots", b"\0\x1c" + b"".join(bytes([100, i * 8, 0, 215, i, i * 3]) for i in range(30)) + bytes([131, 4, 0]) * 3
    yield "slots", b"\0\0" + book + bytes([180, 0, 9, 180, 64, 3, 180, 128, 200, 197, 9, 0, 202, 20, 0, 202, 80, 0, 211, 3, 0]) + opened
    named = b"".join(bytes([151, i, 0]) for i in range(9))
    yield "slots", b"\0\x1c" + book + named + bytes([40, 0, 0, 231, 0, 3]) * 12 + bytes([100, 9, 0, 100, 77, 0, 231, 0, 9, 40, 0, 0])
    yield "slots", b"\xd0\0" + book + opened + bytes([100, 1, 1]) * 20
    peers = b"".join(bytes([20 + p, how]) + wide(0) for p, how in enumerate((0, 65, 2, 3, 192, 5)))
    news = b"".join(bytes([20 + i % 6, 64 + i % 8]) + wide(i * 31) for i in range(18))
    later = (bytes([190, 60]) + wide(0)) * 3
    anchor = struct.pack("<I", 220000 | 1 << 29) + bytes(4) + b"\x09\x01\x04\x1e\x02\x03\x04\x20\x8d"
    yield "gossip", b"\xff" + peers + news + later + bytes([156, 0]) + wide(0) + bytes([157, 0]) + wide(0) + bytes([187, 255]) + wide(0) + later
    yield "gossip", b"\xff" + peers + b"".join(bytes([101 + i % 24, 252 + i % 4]) + wide(i * 60) for i in range(12)) + later + bytes([3, 0]) + wide(0) + later
    guests = bytes([0, 0, 67, 0, 1, 66, 0, 2, 1, 0, 3, 0, 0, 4, 66, 0, 5, 67, 0, 6, 3])
    grows = b"".join(bytes([what, who, 69, who, 210, 0, 69, who]) for what in (97, 146, 179, 83) for who in (0, 1, 4, 5))
    lies = b"".join(bytes([what, who, how]) + (b"\x01" + wide(9) if what % 2 else b"") + bytes([60 + how % 8]) + bytes([69, who, 210, 0])
                    for what in (100, 101, 130, 150, 151, 170, 190) for who, how in ((2, 9), (3, 33), (6, 13)))
    for kind in (0, 12, 13, 14, 1):
        yield "sync", bytes([kind, 5]) + guests + grows
        yield "sync", bytes([kind, 0xe6]) + guests + lies + bytes([240, 9, 69, 0, 255, 12]) + grows
        yield "sync", bytes([kind, 0x11]) + guests + bytes([69, 0, 255, 20, 240, 250, 69, 1, 210, 0]) * 5 + bytes([5, 0, 5, 1, 5, 2])
    yield "sync", bytes([77, 9]) + guests + bytes([69, 0, 230, 50]) * 3
    yield "gossip", b"\x00\x02" + anchor + anchor
    yield "gossip", b"\x00\x03" + anchor * 3


def small_files():
    """For fuzz_files: a node's files of each kind, right and wrong."""
    def ban(until, word):
        return struct.pack("<qiB", 1700000000, until, len(word)) + word

    anchor = b"\x01" + struct.pack("<I", 220000 | 1 << 29) + bytes(4) + b"\x09\x01\x04\x1e\x02\x03\x04\x20\x8d"
    tx = b"\x02\0\0\0\x01" + b"\x01" * 36 + b"\0" * 5 + b"\x01\x01" + b"\0" * 7 + b"\x01\x51" + b"\0" * 4
    waits = b"\x01" + struct.pack("<qq", 1700000000, 5) + tx
    record = struct.pack("<H", len(waits)) + waits
    delta = b"\x02" + bytes(32) + struct.pack("<q", 7)
    yield b"\0\1" + b'{"banned_nets": []}'
    yield b"\0\0" + ban(2000000000, b"1.2.3.0/24") + ban(2000000000, b"::/0") + ban(1, b"10.0.0.1")
    yield b"\0\0" + ban(2000000000, b"no address")
    yield from (b"\1\1x", b"\1\0" + bytes(100), b"\2\0" + anchor, b"\2\1garbage", b"\3\1ycpool\0\1", b"\3\0\xff\1\0a")
    yield b"\3\0\0" + record + b"\0" + struct.pack("<H", len(delta)) + delta
    yield b"\3\0\xfe" + record


def coin_files():
    """For fuzz_coins_file: sets of coins of every form, and what is none."""
    key = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    forms = [b"\x00" + bytes(20), b"\x01" + bytes(range(20)), b"\x02" + key, b"\x03" + key, b"\x04" + key, b"\x05" + key, b"\x06",
             b"\x07\x51", b"\x1c\x00\x14" + bytes(20), b"\x28\x51\x20" + key, b"\x80\x00" + bytes(122)]
    amounts = [b"\x00", b"\x01", b"\x32", b"\x09", b"\xff\x7e", bytes.fromhex("8efefefefe7f")]
    txs = [bytes([i]) * 32 + b"\x01" + bytes([i]) + bytes([2 + i]) + amounts[i % 5] + f for i, f in enumerate(forms)]
    many = b"\xaa" * 32 + b"\x03" + b"".join(compact(i) + b"\x86\x50\x05" + forms[7] for i in (0, 7, 300))
    head = b"utxo\xff\x02\x00\xe5\xc3\xdb\xf6" + b"\x11" * 32

    def file(coins, *parts):
        return head + struct.pack("<Q", coins) + b"".join(parts)

    whole = file(len(forms) + 3, *txs, many)
    yield from (whole, whole[:-1], whole + b"\0", file(0), file(3, many), head, whole[:5] + b"\x01" + whole[6:])
    yield from (file(2, txs[0], txs[0]), file(1, txs[0][:35] + amounts[5] + forms[0]), file(2**64 - 1, *txs), file(1, txs[4][:-1] + b"\x00"))
    yield from (file(1, bytes(33)), file(1, bytes(32) + b"\xff" + b"\xff" * 8), file(1, bytes(32) + b"\x01\x00\xff\xff\xff\xff\x7f\x00\x06"))


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
    for script in [*scripts(), *standard_spends()]:
        put("script", script)
    for name, seeds in {"sighash": digests(vectors), "bits": targets(), "keys": keys_and_signatures(vectors), "blockfilter": filters(vectors),
                        "sigbatch": signature_batches(vectors)}.items():
        for seed in seeds:
            put(name, seed)
    for seed in spends():
        put("connect", seed)
    for seed in coin_files():
        put("coins_file", seed)
    for seed in small_files():
        put("files", seed)
    for name, seed in programs():
        put(name, seed)
    for seed in pool_batches():
        put("pool", seed)
    for count in (0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 64, 65):
        put("merkle", bytes(range(count)))
        put("merkle", bytes(i // 2 for i in range(count)))
        put("merkle", bytes(range(count)) + bytes(range(count))[-2:])
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
    for i, (_, payload) in enumerate(messages()):
        put("conversation", bytes([120 + i, i]) + struct.pack("<H", len(payload)) + payload)
    nearly = [bytes([who, kind, 2]) + struct.pack("<H", at) + b"\x01" * (1 if kind != 2 else 2) for who in range(3) for kind in range(6) for at in (0, 9999)]
    put("conversation", b"".join(nearly))
    put("conversation", b"".join(reversed(nearly)) + bytes([250, 255, 0, 1]))
    coinbase = b"\x02\0\0\0\x01" + b"\0" * 32 + b"\xff" * 4 + b"\x02\x51\x00" + b"\xff" * 4 + b"\x01" + b"\0" * 8 + b"\x00" + b"\0" * 4
    others = [coinbase.replace(b"\0" * 32, bytes([i]) * 32, 1) for i in range(1, 6)]
    put("compact", b"\0" * 80 + bytes([6]) + coinbase + b"".join(others))
    told = b"\0" * 88 + b"\x05" + b"".join(bytes([i]) * 6 for i in range(1, 6)) + b"\x01\x00" + coinbase
    put("compact", struct.pack(">H", len(told)) + told + b"\0" * 32 + b"\x05" + b"".join(others))
    put("compact", b"\0" * 32 + b"\x03\x00\x05\xfd\xff\x00")
    steps = b"".join(bytes([0, i]) + struct.pack("<H", len(p)) + p for i, (_, p) in enumerate(messages()))
    put("peer", steps)
    for text in (b"\0POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", b"\1HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                 b"\0POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"\0GET / HTTP/1.0\r\n\r\n"):
        put("http", text)
    for text in (b"1.2.3.4:8333", b"[2001:db8::1]:17333", b"::ffff:1.2.3.4", b"fc00::1", b"10.0.0.0/8", b"10.0.0.0/255.255.0.0", b"2001:db8::/32",
                 b"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333", b"c4gfnttsuwqomiygupdqqqyy5y5emnk5c73hrfvatri67prd7vyq.b32.i2p",
                 b"\x00\x05\x00\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50", b"\x01\x05\x02\x01\x00\x05\x00\x00\x03\x03abc\x00\x50"):
        put("netaddr", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
