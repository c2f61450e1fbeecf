#!/usr/bin/env python3
"""What happens to the process from outside: it is stopped and goes on, its folder is copied while it runs, its stack is small, its files
are few, its sizes are large (catalogue P38, S23, S24, S26, S28)."""
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time

from blocks import TRUE_DESCRIPTOR, mine_true
from framework import Lab, Skip, contains, equal, main, start_fails, wait_same_tip, wait_until

STACK_BYTES = 512 * 1024


def test_stopped_and_continued(lab: Lab):
    """S26: a laptop that sleeps. Nobody is banned, nothing is lost, and the chain goes on."""
    a, b = lab.line(2)
    mine_true(a, 5)
    wait_same_tip([a, b])
    for sleeper, awake in ((a, b), (b, a)):
        os.kill(sleeper.pid, signal.SIGSTOP)
        try:
            awake.generatetodescriptor(3, TRUE_DESCRIPTOR)
            time.sleep(1.5)
        finally:
            os.kill(sleeper.pid, signal.SIGCONT)
        wait_same_tip([a, b])
        equal((a.listbanned(), b.listbanned()), ([], []))
        equal((len(a.getpeerinfo()), len(b.getpeerinfo())), (1, 1))


def test_a_copy_of_a_folder_in_use(lab: Lab):
    """S28: whatever the copy caught, the node on it has the right coins or says why it does not start."""
    node = lab.node()
    mine_true(node, 110)
    outcomes = []
    for attempt in range(4):
        end = threading.Event()

        def work(stop=end):
            while not stop.is_set():
                node.generatetodescriptor(5, TRUE_DESCRIPTOR)
                node.gettxoutsetinfo()  # which flushes
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.1)
        copy = lab.node(start=False, name=f"copy{attempt}")
        try:
            shutil.copytree(node.folder, copy.folder)
        except shutil.Error:
            end.set()  # a file that was removed meanwhile: the copy is known to be incomplete
            thread.join()
            continue
        end.set()
        thread.join()
        copy.start(wait=False)

        def up_or_ended(n=copy):
            try:
                return n.process.poll() is not None or n.getblockcount() >= 0
            except Exception:  # still starting
                return False
        wait_until("the copy is up or has ended", up_or_ended)
        if copy.process.poll() is not None:
            equal(copy.process.returncode, 1)
            contains(copy.stderr(), "Error: ")
            outcomes.append("refused")
            continue
        copy.connect(node)
        wait_same_tip([node, copy])
        equal(copy.gettxoutsetinfo()["hash_serialized_3"], node.gettxoutsetinfo()["hash_serialized_3"])
        equal([t for t in copy.getchaintips() if t["status"] == "invalid"], [])
        equal(copy.stop(), 0)
        outcomes.append("right")


def begin_limited(node, what, most):
    """Start the node with a limit on what the system gives it."""
    node.folder.mkdir(exist_ok=True)
    with open(node.folder / "stderr", "wb") as errors:
        process = subprocess.Popen(node.command(), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                   preexec_fn=lambda: resource.setrlimit(what, (most, most)))
    node.process, node.pid = process, process.pid


def test_few_files_P38(lab: Lab):
    """With 64 files the node says that it cannot start, with 300 it takes fewer peers, and it works."""
    node = lab.node(start=False)
    begin_limited(node, resource.RLIMIT_NOFILE, 64)
    equal(node.wait_end(30), 1)
    contains(node.stderr(), "Not enough file descriptors available. 64 available, ")
    begin_limited(node, resource.RLIMIT_NOFILE, 300)
    node.wait_ready()
    contains((node.chain_folder / "debug.log").read_text(), "Reducing -maxconnections from 125 to 81")
    mine_true(node, 3)
    equal(node.stop(), 0)


def test_more_than_a_thousand_connections(lab: Lab):
    """-maxconnections is what the transport holds, too."""
    count = 1100
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2 * count + 400:
        raise Skip("the system gives too few files for so many connections")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
    node = lab.node(f"-maxconnections={count + 20}", "-inboundrelaypercent=100")
    sockets = [socket.create_connection(("127.0.0.1", node.port), timeout=10) for _ in range(count)]
    wait_until("all are connected", lambda: node.getconnectioncount() == count)
    for s in sockets:
        s.close()


def test_a_small_stack(lab: Lab):
    """S23: no input decides how deep the stack grows."""
    node = lab.node(start=False)
    begin_limited(node, resource.RLIMIT_STACK, STACK_BYTES)
    node.wait_ready()
    for nested in ("[" * 100_000, "[" * 50_000 + "]" * 50_000, '{"a":' * 50_000):
        status, _ = node.post(nested)
        assert status in (400, 500), status
        status, answer = node.post(json.dumps({"id": 1, "method": "decodescript", "params": ["63" * 9_000]}))
        equal((status, json.loads(answer)["error"]), (200, None))
    deep = "wsh(" * 2_000 + "pk(00)" + ")" * 2_000
    status, answer = node.post(json.dumps({"id": 1, "method": "getdescriptorinfo", "params": [deep]}))
    assert json.loads(answer)["error"] is not None
    mine_true(node, 3)
    equal(node.stop(), 0)


def test_large_sizes(lab: Lab):
    """S24: sizes beyond 4 GiB are sizes, and those out of range are refused."""
    node = lab.node("-dbcache=65536", "-maxmempool=65536")
    equal(node.getmempoolinfo()["maxmempool"], 65536 * 1_000_000)
    mine_true(node, 3)
    equal(node.stop(), 0)
    node.options = []
    for option in ("-dbcache=65537", "-dbcache=18446744073709551616", "-maxmempool=4294967300", "-dbcache=-1"):
        start_fails(node, option.split("=", maxsplit=1)[0], extra=[option])


main()
