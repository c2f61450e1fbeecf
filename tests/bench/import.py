#!/usr/bin/env python3
"""Time the import of a chain, by ycoind alone or beside Bitcoin Core, and print one JSON document.

usage: ./do bench import [--pairs=N] [--small] [--blocks=N --txs=N --empty=N --seed=N] [--dbcache=MiB] [--par=N] [--kind=KIND]

  --pairs=N   runs of each program and kind, in alternation (default 3); the least and the median are reported
  --small     a chain of seconds instead of minutes; for the tests
  --kind=KIND only "sigs" (every signature) or only "assumevalid" (every rule but scripts)

The chain is made anew by ycoin-bench-chain: by default 600 blocks of 1500 signed transactions and 2200 empty ones on top, on
Bitcoin's regtest, 250 MB. $BITCOIND names Bitcoin Core's daemon; without it ycoind is measured alone. Both import the same
file with -loadblock and -stopafterblockimport. At the end each is started once more, and must have the chain's last block and
the same hash over all coins, or there is no result. wall and cpu are seconds, rss is the peak of memory, written is
what went to the disk in all, coins_store the size of chainstate at the end; ratios are Core's figure divided by ours, of the
least ones: above 1 ours is better. Where strace is at hand, one more run with -assumevalid, untimed, tells what was written
file by file: log and tables of chainstate, blocks and undo data, the rest.
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "regtest"))
import nodes  # noqa: E402  (after the path)

CHAIN = ROOT / "chains" / "bitcoin-regtest.json"
NUMBERS = {"pairs": 3, "blocks": 600, "txs": 1500, "empty": 2200, "seed": 7, "dbcache": 450, "par": 0}
SMALL = {"pairs": 1, "blocks": 140, "txs": 60, "empty": 2200}


def program(name):
    """The command and the options that it has besides those both have."""
    if name == "ycoind":
        return [str(nodes.BIN / "ycoind"), f"-chainfile={CHAIN}", "-regtest"]
    return [os.environ["BITCOIND"], "-regtest", "-checkblockindex=0", "-checkmempool=0"]


def make_chain(asked, out):
    command = [str(nodes.BIN / "ycoin-bench-chain"), f"--chain={CHAIN}", f"--out={out}"]
    done = subprocess.run(command + [f"--{k}={asked[k]}" for k in ("blocks", "txs", "empty", "seed")], stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return json.loads(done.stdout)


def coins(name, folder, tip):
    """Start the program on what it has imported: the hash over all its coins."""
    node = nodes.Node(name, folder, program=program(name)[0], chain=program(name)[1:], options=["-maxtipage=999999999"])
    node.start()
    try:
        if node.getbestblockhash() != tip:
            sys.exit(f"{name} did not import the whole chain: its tip is {node.getbestblockhash()}, not {tip}")
        return node.gettxoutsetinfo()["hash_serialized_3"]
    finally:
        node.end()


def import_command(name, file, kind, asked, tip, folder):
    return program(name) + [f"-datadir={folder}", f"-loadblock={file}", "-stopafterblockimport", f"-dbcache={asked['dbcache']}",
                            f"-assumevalid={tip if kind == 'assumevalid' else 0}", f"-par={asked['par']}", "-connect=0",
                            "-listen=0", "-server=0", "-maxtipage=999999999", "-printtoconsole=0"]


def import_once(name, file, kind, asked, tip, folder):
    folder.mkdir()
    command = import_command(name, file, kind, asked, tip, folder)
    begun = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{name} ended with {child.returncode}: {' '.join(command)}")
    store = sum(f.stat().st_size for f in (folder / "regtest" / "chainstate").iterdir())
    return {"wall": time.monotonic() - begun, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss * 1024,
            "written": used.ru_oublock * 512, "coins_store": store}


# A call that wrote, whole or its beginning, and the end of one that another thread came between.
WROTE = re.compile(r"^(\d+) +\w+\(\d+<([^>]*)>.*?(?:\) += (\d+)|<unfinished \.\.\.>)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>.*\) += (\d+)$")


def written_where(name, file, asked, tip, folder):
    """Bytes that an import with -assumevalid writes: to chainstate, to blocks, elsewhere."""
    folder.mkdir()
    trace = folder / "trace"
    command = ["strace", "-f", "-y", "-s0", "-e", "trace=write,pwrite64,writev,pwritev,pwritev2", "-o", str(trace)]
    if subprocess.run(command + import_command(name, file, "assumevalid", asked, tip, folder), stdin=subprocess.DEVNULL,
                      stdout=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit(f"{name} under strace failed")
    begun, sums = {}, {"coins_store": 0, "blocks": 0, "other": 0}
    with trace.open(errors="replace") as lines:
        for line in lines:
            whole, end = WROTE.match(line), RESUMED.match(line)
            if whole and not whole[3]:
                begun[whole[1]] = whole[2]
                continue
            path, count = (whole[2], whole[3]) if whole else (begun.pop(end[1], ""), end[2]) if end else ("", 0)
            if path.startswith(str(folder)):
                kind = "coins_store" if "/chainstate/" in path else "blocks" if path.endswith(".dat") else "other"
                sums[kind] += int(count)
    shutil.rmtree(folder)
    return sums


def summary(runs):
    """Of each figure the least and the median."""
    return {key: {"least": min(r[key] for r in runs), "median": statistics.median(r[key] for r in runs)} for key in runs[0]}


def measure_kind(kind, file, chain, asked, programs, folder):
    runs, hashes = {name: [] for name in programs}, {}
    for pair in range(asked["pairs"]):
        for name in programs:
            where = folder / f"{kind}-{name}-{pair}"
            runs[name].append(import_once(name, file, kind, asked, chain["tip"], where))
            print(f"{kind} {name}: {runs[name][-1]['wall']:.2f} s, {runs[name][-1]['cpu']:.2f} s of processor", file=sys.stderr)
            if pair == 0:
                hashes[name] = coins(name, where, chain["tip"])
            subprocess.run(["rm", "-rf", str(where)], check=True)
    if len(set(hashes.values())) != 1:
        sys.exit(f"the coins differ after {kind}: {hashes}")
    result = {name: summary(r) for name, r in runs.items()}
    for name, r in result.items():
        r["tx_per_second"] = chain["transactions"] / r["wall"]["least"]
        r["inputs_per_second"] = chain["inputs"] / r["wall"]["least"]
    if len(programs) == 2:
        core, ours = result["bitcoind"], result["ycoind"]
        result["ratios"] = {key: core[key]["least"] / max(ours[key]["least"], 1e-9) for key in runs["ycoind"][0]}
    result["hash_serialized_3"] = hashes["ycoind"]
    return result


def options(arguments):
    asked, small, kinds = {}, False, ["assumevalid", "sigs"]
    for argument in arguments:
        key, _, value = argument.removeprefix("--").partition("=")
        if argument in ("-h", "--help"):
            print(__doc__.strip())
            sys.exit(0)
        if argument == "--small":
            small = True
        elif key == "kind" and value in kinds:
            kinds = [value]
        elif key in NUMBERS and value.isdigit():
            asked[key] = int(value)
        else:
            sys.exit(f"no option '{argument}': see --help")
    return {**NUMBERS, **(SMALL if small else {}), **asked}, kinds


def main(arguments):
    asked, kinds = options(arguments)
    programs = ["ycoind"] + (["bitcoind"] if os.environ.get("BITCOIND") else [])
    with tempfile.TemporaryDirectory(prefix="ycoin-bench-import-") as folder:
        folder = pathlib.Path(folder)
        file = folder / "chain.dat"
        chain = make_chain(asked, file)
        document = {"chain": chain, "options": asked, "cores": os.cpu_count(), "load_before": os.getloadavg()[0]}
        for kind in kinds:
            document[kind] = measure_kind(kind, file, chain, asked, programs, folder)
        if shutil.which("strace"):
            where = {name: written_where(name, file, asked, chain["tip"], folder / f"traced-{name}") for name in programs}
            document["written_where"] = where
            if len(programs) == 2:
                document["written_where"]["ratios"] = {key: where["bitcoind"][key] / max(where["ycoind"][key], 1)
                                                       for key in where["ycoind"]}
    if len({document[kind]["hash_serialized_3"] for kind in kinds}) != 1:
        sys.exit("the coins depend on whether signatures are checked")
    print(json.dumps(document, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
