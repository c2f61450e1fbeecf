"""ycoin-miner against a node made of the standard library (fake_node.py): what it hands in is checked here by other code.

Called by ctest as test_miner.py PROGRAM CASE; the cases are the functions below (catalogue N05, N06, N09, N10, N18).
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fake_node  # noqa: E402  (beside this file)

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ""
ROOT = pathlib.Path(__file__).resolve().parents[3]
CHAIN = ROOT / "chains" / "bitcoin-regtest.json"
P2WPKH = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP 173's key, with regtest's prefix
SCRIPT = bytes.fromhex("0014751e76e8199196d454941c45d1b3a323f1433bd6")
NOTHING_IS_FOUND = 0x1700ffff  # 2^80 hashes: Bitcoin's least difficulty, 2^32, is met once in a while


def command(node, *options, address=P2WPKH):
    return [PROGRAM, f"--chainfile={CHAIN}", f"--datadir={node.folder}", f"--rpcport={node.port}",
            f"--address={address}", "--threads=2", *options]


def run(node, *options, **named):
    return subprocess.run(command(node, *options, **named), capture_output=True, text=True, timeout=60, check=False)


def start(node, *options):
    return subprocess.Popen(command(node, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process):
    """Ctrl-C, and what it printed; the exit code must be 0."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, (process.returncode, err)
    return out + err


def wait(what, condition, seconds=30):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"waited in vain: {what}"
        time.sleep(0.002)


def mines_blocks(node):
    """Each block handed in passes the checks of fake_node, and the count is what was asked for."""
    node.transactions = fake_node.make_transactions(5)
    done = run(node, "--blocks=25", "--tag=/test/", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["accepted"] == 25 and result["rejected"] == 0 and result["stale"] == 0, result
    assert len(node.chain) == 26 and node.errors == [], node.errors
    assert all(b.script == SCRIPT and b"/test/" in b.coinbase_script for b in node.accepted)
    assert all(b.lock_time == b.height - 1 and b.sequence == 0xfffffffe for b in node.accepted)  # BIP 54


def two_miners_differ(node):
    """N17: the extranonces of two processes begin with different bytes."""
    first = run(node, "--blocks=1", "--tag=")
    second = run(node, "--blocks=1", "--tag=")
    assert first.returncode == second.returncode == 0
    a, b = (block.coinbase_script[-8:-4] for block in node.accepted)
    assert a != b, (a, b)


def drops_old_work(node):
    """N06: a new tip reaches the miner by long poll at once, and it works on the new one."""
    node.bits = NOTHING_IS_FOUND
    process = start(node, "--json")
    wait("a long poll", lambda: node.polls_waiting == 1)
    for _ in range(5):
        asked = node.polls_answered
        node.add_foreign_block()
        wait("the next long poll", lambda: node.polls_answered > asked and node.polls_waiting == 1)
        time.sleep(0.05)
    node.bits = 0x207fffff
    node.add_foreign_block()
    wait("a block on the new tip", lambda: len(node.accepted) >= 1)
    assert node.accepted[0].height == 7, node.accepted[0].height
    out = end(process)
    result = json.loads(out[out.index("{"):out.index("}") + 1])
    assert 0 < result["switch_ms_max"] < 100, result
    assert node.errors == [], node.errors


def lives_through_restarts(node):
    """N18: the node restarts with another cookie and port still the same; no storm, no loss, nothing handed in twice."""
    node.bits = NOTHING_IS_FOUND
    process = start(node)
    wait("a long poll", lambda: node.polls_waiting == 1)
    node.stop()
    time.sleep(1.5)
    before = node.requests
    node.bits = 0x207fffff
    node.block_delay_s = 0.05
    node.start(cookie="another")
    wait("blocks after the restart", lambda: len(node.accepted) >= 3)
    text = end(process)
    assert "answers again" in text, text
    assert node.requests - before < 200, node.requests - before
    hashes = [b.hash for b in node.submitted]
    assert len(hashes) == len(set(hashes)), "a block was handed in twice"
    assert node.errors == [], node.errors


def keeps_a_found_block(node):
    """The node dies while a block is being handed in: it is handed in again, and that it is known already is success."""
    node.drop_next_submit_answer = True
    done = run(node, "--blocks=2", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accepted"] == 2
    assert node.duplicates == 1 and len(node.chain) == 3, (node.duplicates, len(node.chain))


def waits_for_a_syncing_node(node):
    node.syncing = True
    process = start(node, "--blocks=1")
    wait("a request", lambda: node.syncing_asked >= 2)
    node.syncing = False
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and "initial sync" in out, out


def goes_on_after_rejections(node):
    """A block that the node refuses is said, and does not make a storm."""
    node.refuse = "high-hash"
    process = start(node)
    wait("three refusals", lambda: node.refused >= 3)
    refused, begun = node.refused, time.monotonic()
    time.sleep(1)
    assert node.refused - refused <= 3, (node.refused - refused, time.monotonic() - begun)
    node.refuse = None
    assert "rejected by the node: high-hash" in end(process)


def refuses_what_cannot_work(node):
    """Sentences that name the value, the cause and the next step; status 1."""
    def fails(pattern, *options, **named):
        done = run(node, *options, **named)
        assert done.returncode == 1, (pattern, done)
        assert re.search(pattern, done.stderr), (pattern, done.stderr)
    fails("there is no kernel 'abacus'.*generic", "--kernel=abacus")
    fails("0 is not a number of threads", "--threads=0")
    fails("longer than 80", "--tag=" + "x" * 81)
    fails("bc1q", address="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    fails("begins with http://", "--node=https://127.0.0.1:1/")
    fails("is not an address", address="")
    fails("does not exist", f"--datadir={node.folder}/nowhere")
    empty = pathlib.Path(node.folder) / "empty"
    empty.mkdir()
    fails("no cookie file", f"--datadir={empty}")
    fails("refused the password", "--rpcuser=a", "--rpcpassword=b")
    node.genesis = "11" * 32
    fails("another chain", "--blocks=1")
    node.genesis = fake_node.GENESIS
    node.extra_rules = ["!future"]
    fails("future", "--blocks=1")
    node.extra_rules = []
    node.lie_about_commitment = True
    fails("commitment", "--blocks=1")
    node.stop()
    fails("ycoind", "--blocks=1")


def takes_a_url(node):
    user, password = node.cookie.split(":")
    escaped = "".join(f"%{b:02x}" for b in password.encode())
    empty = pathlib.Path(node.folder) / "empty"  # no cookie there
    empty.mkdir()
    done = run(node, f"--node=http://{user}:{escaped}@127.0.0.1:{node.port}/", f"--datadir={empty}", "--blocks=1")
    assert done.returncode == 0, done.stderr


def without_long_polls(node):
    """A node without them is asked once a second."""
    node.long_polls = False
    node.bits = NOTHING_IS_FOUND
    process = start(node)
    wait("a template", lambda: node.templates >= 1)
    node.bits = 0x207fffff
    node.add_foreign_block()
    wait("a block", lambda: len(node.accepted) >= 1)
    end(process)


def benchmark(_):
    done = subprocess.run([PROGRAM, "--benchmark", "--json", "--kernel=generic"], capture_output=True, text=True,
                          timeout=60, check=True)
    result = json.loads(done.stdout)
    assert result["threads"] == 1 and isinstance(result["cpu"], list)
    assert [k["name"] for k in result["kernels"]] == ["generic"] and result["kernels"][0]["mhs"] > 0, result
    pinned = subprocess.run([PROGRAM, "--benchmark", "--pin", "--kernel=generic"], capture_output=True, text=True, timeout=60,
                            check=False)
    assert pinned.returncode == 0 and "MH/s" in pinned.stdout, pinned
    crowded = subprocess.run([PROGRAM, "--benchmark", "--pin", "--kernel=generic", f"--threads={len(os.sched_getaffinity(0)) + 1}"],
                             capture_output=True, text=True, timeout=60, check=False)
    assert crowded.returncode == 1 and "no processor for thread number" in crowded.stderr, crowded


def main():
    case = globals()[sys.argv[2]]
    with tempfile.TemporaryDirectory() as folder:
        node = fake_node.Node(folder)
        node.start()
        try:
            case(node)
        finally:
            node.stop()
    print("ok", sys.argv[2], os.path.basename(PROGRAM))


if __name__ == "__main__":
    main()
