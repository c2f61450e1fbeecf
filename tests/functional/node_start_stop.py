#!/usr/bin/env python3
"""Starting and stopping ycoind: exit statuses, what it says where, its files, and starts that are refused."""
import concurrent.futures
import http.client
import json
import os
import signal
import socket
import time

from framework import ROOT, Lab, Node, RpcError, contains, equal, free_ports, main, wait_until


def refused(lab, *arguments, says=(), status=1):
    """A start that must fail with a sentence on standard error; the sentence."""
    done = lab.program("ycoind", *arguments)
    equal((done.returncode, done.stdout), (status, ""))
    contains(done.stderr, "Error: ")
    equal(done.stderr.count("\n"), 1)
    for part in says:
        contains(done.stderr, part)
    return done.stderr


def options_of(lab, name="D", *more):
    """Options of a start that must not listen where something else does."""
    folder = lab.folder / name
    folder.mkdir(exist_ok=True)
    p2p, rpc = free_ports(2)
    return [f"-datadir={folder}", "-regtest", f"-port={p2p}", f"-rpcport={rpc}", f"-bind=127.0.0.1:{p2p}", "-connect=0", "-printtoconsole=0", *more]


def test_files_and_stop_rpc(lab: Lab):
    node = lab.node()
    chain = node.chain_folder
    cookie = chain / ".cookie"
    equal(cookie.stat().st_mode & 0o777, 0o600)
    contains(cookie.read_text(), "__cookie__:")
    equal(int((chain / "ycoind.pid").read_text()), node.pid)
    equal(chain.stat().st_mode & 0o077, 0)
    contains((chain / "debug.log").read_text(), "init message: Done loading")
    for name in ("blocks", "chainstate", "wallets", "indexes"):
        assert (chain / name).is_dir(), name
    equal(list((chain / "wallets").iterdir()), [])
    equal(node.stop(), 0)
    equal(node.stderr(), "")
    assert not cookie.exists() and not (chain / "ycoind.pid").exists()


def test_stop_answers(lab: Lab):
    node = lab.node()
    equal(node.rpc("stop"), "YCoin stopping")
    equal(node.wait_end(), 0)


def test_signals(lab: Lab):
    for name in ("SIGTERM", "SIGINT"):
        node = lab.node()
        os.kill(node.pid, getattr(signal, name))
        equal((node.wait_end(), node.stderr()), (0, ""))


def has_begun(node):
    """Has the start written the first line of its log?"""
    try:
        return (node.chain_folder / "debug.log").stat().st_size > 0
    except FileNotFoundError:
        return False


def test_terminate_while_starting(lab: Lab):
    """At whatever moment the signal comes: a clean end, and the next start finds everything."""
    node = lab.node("-txindex", "-blockfilterindex")
    hashes = node.generatetodescriptor(20, "raw(51)")
    equal(node.stop(), 0)
    log = node.chain_folder / "debug.log"
    for ms in (0, 1, 2, 4, 8, 12, 16, 20, 30, 40, 60, 80):
        log.unlink(missing_ok=True)
        node.start(wait=False)
        time.sleep(ms / 1000)
        begun = has_begun(node)
        os.kill(node.pid, signal.SIGTERM)
        status = node.wait_end()
        # Before main() has said what SIGTERM means to it, the process dies of the signal, having done nothing.
        ends = [(0, "")] if begun else [(0, ""), (-signal.SIGTERM, "")]
        assert (status, node.stderr()) in ends, (ms, status, node.stderr())
    node.start()
    equal(node.getbestblockhash(), hashes[-1])


def test_terminate_at_the_first_line(lab: Lab):
    """From the first line of the log on, SIGTERM is a clean end."""
    node = lab.node(start=False)
    for _ in range(10):
        (node.chain_folder / "debug.log").unlink(missing_ok=True)
        node.start(wait=False)
        while not has_begun(node):
            assert node.running(), node.stderr()
        os.kill(node.pid, signal.SIGTERM)
        equal((node.wait_end(), node.stderr()), (0, ""))
        assert not (node.chain_folder / "ycoind.pid").exists() and not (node.chain_folder / ".cookie").exists()


def test_stop_while_calls_wait(lab: Lab):
    node = lab.node()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        twins = [Node("twin", node.folder, node.port, node.rpc_port) for _ in range(3)]
        calls = [pool.submit(twins[0].waitfornewblock, 60000), pool.submit(twins[1].waitforblockheight, 50, 60000),
                 pool.submit(twins[2].getblocktemplate, {"rules": ["segwit"], "longpollid": node.getblocktemplate({"rules": ["segwit"]})["longpollid"]})]
        time.sleep(0.3)
        begun = time.monotonic()
        equal(node.stop(), 0)
        assert time.monotonic() - begun < 5, "calls that wait hold up the end"
        for call in calls:
            assert call.exception(5) is None or isinstance(call.exception(), (RpcError, OSError, http.client.HTTPException, ValueError)), call.exception()


def test_background(lab: Lab):
    options = options_of(lab, "D")
    done = lab.program("ycoind", *options, "-daemon")
    equal((done.returncode, done.stdout, done.stderr), (0, "YCoin starting\n", ""))
    node = Node("D", lab.folder / "D", *(int(o.split("=")[1]) for o in options[2:4]))
    node.wait_ready()
    node.pid = int((node.chain_folder / "ycoind.pid").read_text())
    lab.nodes.append(node)
    node.stop()
    assert not node.running()


def test_tells_systemd(lab: Lab):
    """Type=notify: ready when it answers, stopping when it is told to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(lab.folder / "notify"))
        manager.settimeout(20)
        node = lab.node(start=False)
        os.environ["NOTIFY_SOCKET"] = str(lab.folder / "notify")
        try:
            node.start()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        contains(manager.recv(1000).decode(), "READY=1")
        equal(node.stop(), 0)
        contains(manager.recv(1000).decode(), "STOPPING=1")


def test_hangup_reopens_the_log(lab: Lab):
    node = lab.node()
    log = node.chain_folder / "debug.log"
    log.rename(log.with_suffix(".old"))
    os.kill(node.pid, signal.SIGHUP)
    node.generatetodescriptor(1, "raw(51)")
    wait_until("a new log", log.exists)
    assert "height=1" not in log.with_suffix(".old").read_text()


def test_restarts_where_it_was(lab: Lab):
    node = lab.node()
    hashes = node.generatetodescriptor(5, "raw(51)")
    equal(node.stop(), 0)
    node.start()
    equal(node.getbestblockhash(), hashes[-1])


def test_daemonwait(lab: Lab):
    options = options_of(lab, "D")
    done = lab.program("ycoind", *options, "-daemonwait")
    equal((done.returncode, done.stdout, done.stderr), (0, "YCoin starting\n", ""))
    node = Node("D", lab.folder / "D", *(int(o.split("=")[1]) for o in options[2:4]))
    node.pid = int((node.chain_folder / "ycoind.pid").read_text())
    lab.nodes.append(node)
    equal(node.getblockcount(), 0)
    node.rpc("stop")
    node.wait_end()


def test_daemonwait_reports_failure(lab: Lab):
    done = lab.program("ycoind", *options_of(lab), "-daemonwait", "-par=x")
    equal(done.returncode, 1)
    contains(done.stderr, "Error: ")


def test_two_daemons_on_one_folder(lab: Lab):
    node = lab.node()
    p2p, rpc = free_ports(2)
    refused(lab, "-regtest", f"-datadir={node.folder}", f"-port={p2p}", f"-rpcport={rpc}", says=[str(node.chain_folder), "already running"])
    equal(node.getblockcount(), 0)


def test_ports_in_use(lab: Lab):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        refused(lab, *options_of(lab, "D", f"-rpcport={port}"), says=[str(port), "in use"])
        refused(lab, *options_of(lab, "D", f"-bind=127.0.0.1:{port}"), says=[str(port), "in use"])


def test_folder_cannot_be_used(lab: Lab):
    refused(lab, "-regtest", f"-datadir={lab.folder}/none", says=[f"{lab.folder}/none", "does not exist"])
    (lab.folder / "plain").write_text("a file")
    refused(lab, "-regtest", f"-datadir={lab.folder}/plain", says=["plain"])
    (lab.folder / "D").mkdir()
    (lab.folder / "D" / "regtest").write_text("a file where the chain's folder should be")
    refused(lab, "-regtest", f"-datadir={lab.folder}/D", says=["regtest"])


def test_wrong_options(lab: Lab):
    home = f"-datadir={lab.folder}"
    refused(lab, home, "-regtset", says=["Error parsing command line arguments: Invalid parameter -regtset", "-regtest"])
    refused(lab, home, "word", says=["word"])
    refused(lab, home, "-regtest", "-test", says=["Can use at most one"])
    refused(lab, home, "-chain=nowhere", says=["Unknown chain nowhere"])
    for option in ("-rpcport=0", "-rpcport=x", "-port=99999", "-dbcache=1", "-par=many", "-maxmempool=-1", "-minrelaytxfee=x", "-mocktime=-1",
                   "-assumevalid=zz", "-rpcbind=nowhere", "-blockmaxweight=9999999", "-maxconnections=-5", "-mempoolexpiry=0"):
        contains(refused(lab, *options_of(lab, "D", "-rpcallowip=127.0.0.1", option)), option.split("=")[0])
    for option in ("-rpcauth=", "-rpcauth=foo", "-rpcauth=foo:bar", "-rpcauth=foo:bar:baz", "-rpcauth=foo$bar:baz", "-rpcauth=foo:a$b$c"):
        refused(lab, *options_of(lab, "D", option), says=["-rpcauth=", "<user>:<salt>$<hash>"])
    for option in ("-conf=absent.conf", "-debug=nothing", "-uacomment=/", "-coinbaseaddress=zz", "-bind=nowhere"):
        contains(refused(lab, *options_of(lab, "D", option)), option.split("=")[1])


def test_configuration_file(lab: Lab):
    node = lab.node(start=False)
    node.folder.mkdir()
    conf = node.folder / "ycoin.conf"
    conf.write_text("uacomment=told\nnosuchthing=1\n[regtest]\nmocktime=1700000000\n")
    node.start()
    contains(node.getnetworkinfo()["subversion"], "(told)")
    contains((node.chain_folder / "debug.log").read_text(), "Ignoring unknown configuration value nosuchthing")
    equal(node.stop(), 0)
    conf.write_text("this is no setting\n")
    node.start(wait=False)
    equal(node.wait_end(), 1)
    contains(node.stderr(), "Error: Error reading configuration file")
    contains(node.stderr(), "1")


def test_help_and_version(lab: Lab):
    for option in ("-help", "--help", "-h", "-?"):
        done = lab.program("ycoind", option)
        equal((done.returncode, done.stderr), (0, ""))
        for part in ("-datadir", "-chainfile", "-daemonwait"):
            contains(done.stdout, part)
    done = lab.program("ycoind", "-version")
    equal((done.returncode, done.stderr), (0, ""))
    contains(done.stdout, "YCoin")


def chain_file(lab, name="x.json", **changes):
    """Bitcoin's regtest as a file, with other values at its top level."""
    chain = json.loads((ROOT / "chains" / "bitcoin-regtest.json").read_text())
    chain.update(changes)
    path = lab.folder / name
    path.write_text(json.dumps({k: v for k, v in chain.items() if v is not None or k == "signet_challenge"}))
    return path


def test_chain_files_with_faults(lab: Lab):
    home = f"-datadir={lab.folder}"
    refused(lab, home, f"-chainfile={lab.folder}/none.json", says=["none.json"])
    (lab.folder / "empty.json").write_text("")
    refused(lab, home, f"-chainfile={lab.folder}/empty.json", says=["empty.json"])
    (lab.folder / "half.json").write_text('{"schema": 1,')
    refused(lab, home, f"-chainfile={lab.folder}/half.json", says=["half.json"])
    refused(lab, home, f"-chainfile={chain_file(lab, rules=None)}", says=["x.json", "rules"])
    refused(lab, home, f"-chainfile={chain_file(lab, colour='red')}", says=["x.json", "colour"])
    refused(lab, home, f"-chainfile={chain_file(lab, subsidy={'initial': 10**18, 'halving_interval': 150})}", says=["x.json", "subsidy"])
    genesis = json.loads((ROOT / "chains" / "bitcoin-regtest.json").read_text())["genesis"]
    refused(lab, home, f"-chainfile={chain_file(lab, genesis={**genesis, 'nonce': 3})}", says=["x.json", "genesis"])


def test_chain_file_and_name_must_agree(lab: Lab):
    file = ROOT / "chains" / "bitcoin-regtest.json"
    refused(lab, f"-datadir={lab.folder}", f"-chainfile={file}", "-test", says=["test", "regtest"])
    node = lab.node(chain=[f"-chainfile={file}", "-regtest"])
    equal(node.getblockchaininfo()["chain"], "regtest")
    equal(node.getblockhash(0), "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")
    equal(node.stop(), 0)
    # The folder now belongs to another genesis than that of the built-in regtest.
    node.chain = ["-regtest"]
    node.start(wait=False)
    equal(node.wait_end(), 1)
    contains(node.stderr(), "genesis")
    contains(node.stderr(), "-datadir")


def test_mkchain_and_mkgenesis(lab: Lab):
    made = [lab.program("ycoind", "-mkchain=orchard", seconds=60) for _ in range(2)]
    for done in made:
        equal((done.returncode, done.stderr), (0, ""))
    first, second = (json.loads(done.stdout) for done in made)
    equal(first["name"], "orchard")
    assert first["net"]["magic"] != second["net"]["magic"] and first["net"]["port"] != first["net"]["rpcport"]
    file = lab.folder / "orchard.json"
    file.write_text(made[0].stdout)
    node = lab.node(chain=[f"-chainfile={file}"], chain_dir=first["dir"])
    equal(node.getblockchaininfo()["chain"], "orchard")
    equal(node.getblockhash(0), first["genesis"]["hash"])
    # A changed genesis is mined anew; before that it is refused.
    first["genesis"]["message"] = "another beginning"
    file.write_text(json.dumps(first))
    refused(lab, f"-datadir={lab.folder}", f"-chainfile={file}", says=["genesis"])
    del first["genesis"]["nonce"], first["genesis"]["hash"]
    file.write_text(json.dumps(first))
    contains(refused(lab, f"-datadir={lab.folder}", f"-chainfile={file}"), "genesis")
    done = lab.program("ycoind", "-mkgenesis", f"-chainfile={file}", seconds=60)
    equal((done.returncode, done.stderr), (0, ""))
    file.write_text(done.stdout)
    equal(json.loads(done.stdout)["genesis"]["message"], "another beginning")
    other = lab.node(chain=[f"-chainfile={file}"], chain_dir=first["dir"])
    equal(other.getblockhash(0), json.loads(done.stdout)["genesis"]["hash"])
    for name in ("", "main", "Bad-Name", "waytoolongforaname"):
        refused(lab, f"-mkchain={name}")


def test_starts_in_a_second(lab: Lab):
    node = lab.node(start=False)
    begun = time.monotonic()
    node.start()
    assert time.monotonic() - begun < 5, "a start on an empty folder takes seconds"


main()
