#!/usr/bin/env python3
"""Bitcoin Core's own functional tests, unmodified, against ycoind on Bitcoin's regtest.

usage: BITCOIN_CORE=CHECKOUT tests/clients/core_tests.py [--jobs N] [--keep] [TEST...]

CHECKOUT is a source tree of Bitcoin Core (version 31 and later; it need not be built). Without TEST all that bitcoin-core.txt
lists are run; a TEST is the name of a script below test/functional, with or without .py. A test passes when its script ends
with 0, and is skipped where it says so itself, for want of a wallet for example. Prints how many passed and failed; ends with
1 when one failed, and with 77, a skip, when BITCOIN_CORE names no checkout. The programs are those of $YCOIN_BIN, else of
build/bin.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = pathlib.Path(__file__).with_name("bitcoin-core.txt")
SKIPPED = 77
TIME_LIMIT_S = 1200
# Ports are 11000 + 12 * seed and up: one for each test that may run, apart from those of a test runner beside this one.
SEED_FIRST = 300

CONFIG = """[environment]
CLIENT_NAME=YCoin
CLIENT_BUGREPORT=the developers of YCoin
SRCDIR={core}
BUILDDIR={work}
EXEEXT=
RPCAUTH={core}/share/rpcauth/rpcauth.py

[components]
ENABLE_CLI=true
BUILD_BITCOIN_TX=false
ENABLE_BITCOIN_UTIL=false
ENABLE_BITCOIND=true
ENABLE_BITCOIN_CHAINSTATE=false
ENABLE_WALLET=false
ENABLE_ZMQ=false
ENABLE_EXTERNAL_SIGNER=false
ENABLE_IPC=false
ENABLE_USDT_TRACEPOINTS=false
ENABLE_FUZZ_BINARY=false
ENABLE_EMBEDDED_ASMAP=false
"""


def listed():
    lines = (line.split("#")[0].strip() for line in LIST.read_text().splitlines())
    return [line for line in lines if line]


def environment():
    programs = pathlib.Path(os.environ.get("YCOIN_BIN", ROOT / "build" / "bin")).resolve()
    if not os.access(programs / "ycoind", os.X_OK):
        sys.exit(f"There is no ycoind in {programs}: ./do build makes it, or YCOIN_BIN names another folder.")
    return os.environ | {
        "YCOIND": str(programs / "ycoind"), "YCOIN_CLI": str(programs / "ycoin-cli"),
        "BITCOIND": str(ROOT / "tools" / "as-bitcoind"), "BITCOINCLI": str(ROOT / "tools" / "as-bitcoin-cli"),
        "PYTHONDONTWRITEBYTECODE": "1"}


def run(core, work, env, seed, name):
    """(exit status, seconds); the test's output is in WORK/NAME.log."""
    started = time.monotonic()
    command = [sys.executable, f"{core}/test/functional/{name}.py", f"--configfile={work}/config.ini", f"--tmpdir={work}/{name}",
               f"--cachedir={work}/cache", f"--portseed={seed}", "--nocleanup"]
    with open(work / f"{name}.log", "wb") as log:
        # A group of its own, so that its nodes end with it whatever happens.
        test = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env, cwd=work, start_new_session=True)
        try:
            status = test.wait(TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            log.write(f"not done after {TIME_LIMIT_S} s\n".encode())
            status = 1
        finally:
            try:
                os.killpg(test.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            test.wait()
    return status, time.monotonic() - started


def last_words(log):
    """The error that the test ended with, or its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception")) and "TestFramework" not in line]
    return (errors or lines or ["it said nothing"])[-1][:300]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="tests at a time (1)")
    parser.add_argument("--keep", action="store_true", help="keep logs and data, and say where")
    parser.add_argument("tests", nargs="*", metavar="TEST")
    options = parser.parse_args()
    if not os.environ.get("BITCOIN_CORE"):
        print("skipped: BITCOIN_CORE names no source tree of Bitcoin Core")
        return SKIPPED
    core = pathlib.Path(os.environ["BITCOIN_CORE"]).resolve()
    if not (core / "test" / "functional" / "test_framework").is_dir():
        sys.exit(f"BITCOIN_CORE is {core}, which has no test/functional/test_framework: it must name a source tree of Bitcoin Core.")
    names = [t.removesuffix(".py") for t in options.tests] or listed()
    missing = [n for n in names if not (core / "test" / "functional" / f"{n}.py").is_file()]
    if missing:
        sys.exit(f"{core} has no test {', '.join(missing)}: it is another version, or the name is wrong.")
    work = pathlib.Path(tempfile.mkdtemp(prefix="core-tests-"))
    (work / "config.ini").write_text(CONFIG.format(core=core, work=work))
    env, counts = environment(), {"passed": 0, "failed": 0, "skipped": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(run, core, work, env, SEED_FIRST + i, name): name for i, name in enumerate(names)}
        for done in concurrent.futures.as_completed(runs):
            name, (status, seconds) = runs[done], done.result()
            outcome = {0: "passed", SKIPPED: "skipped"}.get(status, "failed")
            counts[outcome] += 1
            print(f"{outcome:8}{name} ({seconds:.0f} s)" + (f": {last_words(work / f'{name}.log')}" if status else ""), flush=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed" + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    if options.keep:
        print(f"logs and data: {work}")
    else:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
