#!/usr/bin/env python3
"""Time YCoin on this machine and print one JSON document; progress goes to standard error.

usage: ./do bench [NAME] [--seconds=S]      (import and pool are programs of their own: --help behind them says more)

  NAME         only what has NAME in its name: sha256d, batch, block, merkle, script, worst, coins, connect, headers,
               lanes, rpc, miner, net (whole nodes on this machine; only when it is named)
  --seconds=S  how long to measure each thing (default 0.5)
  --check      measure what is promised as a ratio, print each beside its promise, and fail when one is missed widely
  --smoke      measure everything for a moment and check the document; for the tests

Rates are those of one core. Where a result has "against", two ways were measured in turns: "cost_ratio" is our time
divided by the other's, "times_as_fast" the reverse. "batch" is a megabyte of transaction ids, and the merkle root of 4096
leaves, in one call with the best kernel; "script" is held against its signature check and hashes alone; "worst" is the
time to verify what BIP 54 leaves of the worst: the transaction that hashes most, the one that checks most signatures, and
a block full of those; "lanes" are signatures in batches against libsecp256k1 one by one, and a lane's share of each step. "rpc" is the round trip of getblockcount on a kept connection, "miner" the miner's own
benchmark of each of its kernels.
"""
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "regtest"))
import nodes  # noqa: E402  (after the path)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import net  # noqa: E402

FLAGS = ["sha_ni", "ssse3", "sse4_1", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512ifma", "bmi2", "vaes", "sha2", "asimd"]
NAMES = ["sha256d-64/generic", "sha256d-80/generic", "block-parse", "merkle-4096", "merkle-9001", "script/p2pkh", "script/p2wpkh",
         "script/p2tr", "script/p2wsh-2of3", "coins/add", "coins/get", "coins/spend", "connect/inputs", "headers/load",
         "headers/accept-low", "headers/accept-high", "batch/txids", "batch/merkle",
         "worst/tx-hashes", "worst/tx-checks", "worst/block", "lanes/ecdsa", "lanes/bip340"]

# What is promised, and how far from it a busy machine may be before --check fails: name, what is looked at, the promise,
# the margin. What is measured in turns varies little, so a miss by the margin is no neighbour's doing.
PROMISES = [
    ("script/p2pkh", "cost_ratio", 1.08, 1.30),
    ("script/p2wpkh", "cost_ratio", 1.08, 1.30),
    ("script/p2tr", "cost_ratio", 1.08, 1.30),
    ("batch/txids", "times_as_fast", 3, 2),
    ("batch/merkle", "times_as_fast", 3, 2),
    ("lanes/ecdsa", "times_as_fast", 5, 4),
    ("lanes/bip340", "times_as_fast", 5, 4),
]


def machine():
    """The processor as /proc/cpuinfo has it."""
    found = {"architecture": platform.machine(), "system": f"{platform.system()} {platform.release()}", "cores": os.cpu_count()}
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = (part.strip() for part in line.partition(":"))
            if key in ("model name", "flags", "Features") and key not in found:
                found[key] = value
    except OSError:
        pass
    here = set(found.pop("flags", found.pop("Features", "")).split())
    return {**found, "cpu_flags": [f for f in FLAGS if f in here]}


def parts(only, seconds):
    command = [str(nodes.BIN / "ycoin-bench"), f"--seconds={seconds}"] + ([f"--only={only}"] if only else [])
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return json.loads(done.stdout)


def rpc(seconds):
    """Round trips of one call on a kept connection, and in batches of a hundred."""
    if not (nodes.BIN / "ycoind").exists():
        return {"skipped": "ycoind is not built"}
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-") as folder:
        node = nodes.Node("bench", folder)
        try:
            node.start()
            took, end = [], time.monotonic() + max(seconds, 0.05)
            while time.monotonic() < end:
                begun = time.perf_counter()
                node.getblockcount()
                took.append(time.perf_counter() - begun)
            batch = json.dumps([{"jsonrpc": "2.0", "id": i, "method": "getblockhash", "params": [0]} for i in range(100)])
            begun, calls = time.perf_counter(), 0
            while time.perf_counter() - begun < max(seconds, 0.05):
                node.post(batch)
                calls += 100
            batched = calls / (time.perf_counter() - begun)
        finally:
            node.end()
    took.sort()
    return {"per_second": 1 / statistics.mean(took), "unit": "calls", "median_us": statistics.median(took) * 1e6,
            "p99_us": took[int(len(took) * 0.99)] * 1e6, "batched_per_second": batched}


def miner():
    program = nodes.BIN / "ycoin-miner"
    if not program.exists():
        return {"skipped": "ycoin-miner is not built"}
    done = subprocess.run([str(program), "--benchmark", "--json"], stdout=subprocess.PIPE, text=True, check=False, timeout=300)
    if done.returncode != 0:
        return {"skipped": f"ycoin-miner --benchmark ended with {done.returncode}"}
    return json.loads(done.stdout)


def measure(only, seconds, smoke):
    document = {"machine": machine(), **parts(only, seconds)}
    for name, run in (("rpc", lambda: rpc(seconds)), ("miner", miner)):
        if not only or only in name:
            document["results"][name] = run()
            print(name, file=sys.stderr)
    for name in net.BENCHES:
        if smoke or (only and only in name):
            document["results"][name] = net.run(name, smoke)
            print(name, file=sys.stderr)
    if not document["results"]:
        sys.exit(f"nothing is called '{only}': try {', '.join(sorted({n.split('/')[0] for n in NAMES}))}, rpc, miner or net")
    return document


def problems(document):
    """What a reader of the document would miss."""
    for key in ("machine", "version", "compiler", "sha256_kernel", "results"):
        if not document.get(key):
            yield f"{key} is missing"
    if document["machine"]["cores"] < 1:
        yield "no cores"
    for name in [*NAMES, "rpc", "miner", *net.BENCHES]:
        if name not in document["results"]:
            yield f"{name} was not measured"
    for name, result in document["results"].items():
        if "skipped" in result or name in ("miner", *net.BENCHES):
            continue
        if not result["per_second"] > 0 or not result["unit"]:
            yield f"{name} has no positive rate: {result}"


def check(seconds):
    """Print each promise with what is measured; how many are missed by more than their margin."""
    missed = 0
    document = parts("script/", seconds)
    for group in ("batch/", "lanes/"):
        document["results"].update(parts(group, seconds)["results"])
    for name, field, promise, margin in PROMISES:
        if name.startswith("batch/") and document["sha256_kernel"] == "generic":
            print(f"{name}: this machine has the generic kernel alone")
            continue
        if name.startswith("lanes/") and "avx512ifma" not in machine()["cpu_flags"]:
            print(f"{name}: this machine has no lanes")
            continue
        value = document["results"][name][field]
        below = promise < margin  # the promise is a bound from above
        kept, tolerated = (value <= promise, value <= margin) if below else (value >= promise, value >= margin)
        word = "kept" if kept else "missed within the margin" if tolerated else "MISSED"
        print(f"{name}: {field} {value:.2f}, promised {'at most' if below else 'at least'} {promise}: {word}")
        missed += not tolerated
    return missed


def main(arguments):
    only, seconds, smoke, checks = None, 0.5, False, False
    for argument in arguments:
        if argument in ("-h", "--help"):
            print(__doc__.strip())
            return 0
        if argument == "--smoke":
            smoke, seconds = True, 0.02
        elif argument == "--check":
            checks = True
        elif argument.startswith("--seconds="):
            try:
                seconds = float(argument.partition("=")[2])
            except ValueError:
                sys.exit(f"{argument} is no time: give seconds, such as --seconds=2")
        elif argument.startswith("-") or only is not None:
            sys.exit(f"no option '{argument}': see --help")
        else:
            only = argument
    if checks:
        return 1 if check(seconds) else 0
    document = measure(only, seconds, smoke)
    print(json.dumps(document, indent=2))
    if not smoke:
        return 0
    found = list(problems(document))
    print("\n".join(found) or "the document is complete", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
