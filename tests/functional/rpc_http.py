#!/usr/bin/env python3
"""JSON-RPC over HTTP: what is refused and how, batches, named arguments, notifications, kept connections."""
import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import socket
import time

from framework import Lab, Node, contains, equal, main, rpc_error


def raw(node, body, path="/", method="POST", headers=None, auth=True):
    """One request on a connection of its own; (status, headers, body)."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    if auth:
        sent.setdefault("Authorization", "Basic " + base64.b64encode(node.cookie().encode()).decode())
    connection = http.client.HTTPConnection("127.0.0.1", node.rpc_port, timeout=30)
    try:
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def call(node, body, **how):
    status, _, answer = raw(node, body if isinstance(body, (str, bytes)) else json.dumps(body), **how)
    return status, json.loads(answer) if answer else None


def error_of(answer):
    status, body = answer
    return status, body["error"]["code"]


def test_malformed(lab: Lab):
    node = lab.node()
    for text in ("", "{", "nonsense", '{"method":"getblockcount"', "[1,", "\x00", '{"a":1}x', '{"method":"\ud800"}'.encode("utf-8", "surrogatepass"),
                 "[" * 100000, '{"a":' * 50000):
        equal(error_of(call(node, text)), (500, -32700))
    for value in ("7", '"text"', "null", "true"):
        equal(error_of(call(node, value)), (500, -32700))
    equal(node.getblockcount(), 0)


def test_wrong_types(lab: Lab):
    node = lab.node()
    equal(error_of(call(node, {"id": 1})), (400, -32600))
    equal(error_of(call(node, {"method": 7, "id": 1})), (400, -32600))
    equal(error_of(call(node, {"method": "getblockcount", "params": "x", "id": 1})), (400, -32600))
    equal(error_of(call(node, {"method": "getblockcount", "params": 5, "id": 1})), (400, -32600))
    equal(error_of(call(node, {"jsonrpc": 2.0, "method": "getblockcount", "id": 1})), (400, -32600))
    equal(error_of(call(node, {"jsonrpc": "3.0", "method": "getblockcount", "id": 1})), (400, -32600))
    rpc_error(-3, "JSON value of type string is not of expected type number", node.getblockhash, "0")
    rpc_error(-1, "JSON integer out of range", node.getblockhash, 1.5)
    rpc_error(-1, "getblockcount", node.getblockcount, 1)
    rpc_error(-1, "getblockhash", node.getblockhash)
    rpc_error(-8, "hash", node.getblock, "00")
    rpc_error(-8, "out of range", node.getblockhash, 9999)
    rpc_error(-8, "out of range", node.getblockhash, -1)


def test_no_such_method(lab: Lab):
    node = lab.node()
    rpc_error(-32601, "Method not found", node.rpc, "nosuchmethod")
    equal(error_of(call(node, {"method": "nosuchmethod", "id": 1})), (404, -32601))
    equal(error_of(call(node, {"jsonrpc": "2.0", "method": "nosuchmethod", "id": 1})), (200, -32601))


def test_versions(lab: Lab):
    node = lab.node()
    equal(call(node, {"method": "getblockcount", "id": "a"}), (200, {"result": 0, "error": None, "id": "a"}))
    equal(call(node, {"jsonrpc": "2.0", "method": "getblockcount", "id": [1, {"b": None}]})[1]["result"], 0)
    equal(call(node, {"jsonrpc": "2.0", "method": "getblockcount", "id": 3}), (200, {"jsonrpc": "2.0", "result": 0, "id": 3}))
    # 1.x says errors by the status as well
    equal(error_of(call(node, {"method": "getblockhash", "params": [99], "id": 1})), (500, -8))
    equal(error_of(call(node, {"jsonrpc": "2.0", "method": "getblockhash", "params": [99], "id": 1})), (200, -8))


def test_notifications(lab: Lab):
    node = lab.node()
    equal(call(node, {"jsonrpc": "2.0", "method": "getblockcount"}), (204, None))
    equal(call(node, {"jsonrpc": "2.0", "method": "nosuchmethod"}), (204, None))
    equal(call(node, [{"jsonrpc": "2.0", "method": "getblockcount"}] * 2), (204, None))


def test_batches(lab: Lab):
    node = lab.node()
    status, answers = call(node, [{"jsonrpc": "2.0", "method": "getblockcount", "id": 1}, {"jsonrpc": "2.0", "method": "nosuchmethod", "id": 2},
                                  {"jsonrpc": "2.0", "method": "getblockcount"}, {"method": "getblockhash", "params": [0], "id": 4}, 7])
    equal(status, 200)
    equal([a.get("id") for a in answers[:3]], [1, 2, 4])
    equal(answers[0]["result"], 0)
    equal(answers[1]["error"]["code"], -32601)
    equal(answers[2]["result"], node.getblockhash(0))
    equal(answers[3]["error"]["code"], -32600)
    equal(call(node, "[]"), (200, []))
    equal(len(call(node, [{"method": "getblockcount", "id": i} for i in range(500)])[1]), 500)


def test_named_arguments(lab: Lab):
    node = lab.node()
    tip = node.getbestblockhash()
    equal(node.rpc("getblock", blockhash=tip, verbosity=0), node.getblock(tip, 0))
    equal(call(node, {"method": "getblock", "params": {"args": [tip], "verbosity": 0}, "id": 1})[1]["result"], node.getblock(tip, 0))
    rpc_error(-8, "Unknown named parameter nosuch", node.rpc, "getblock", blockhash=tip, nosuch=1)
    rpc_error(-8, "Parameter blockhash specified twice", node.rpc, "getblock", args=[tip], blockhash=tip)


def test_who_may_call(lab: Lab):
    node = lab.node()
    body = '{"method":"getblockcount","id":1}'
    status, headers, _ = raw(node, body, auth=False)
    equal((status, headers["WWW-Authenticate"]), (401, 'Basic realm="jsonrpc"'))
    for text in ("Basic ", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"__cookie__:wrong").decode(), "Basic " + base64.b64encode(b"x").decode()):
        begun = time.monotonic()
        equal(raw(node, body, headers={"Authorization": text})[0], 401)
        if text.endswith(base64.b64encode(b"__cookie__:wrong").decode()):
            assert time.monotonic() - begun > 0.2, "a wrong password is answered at once"
    equal(raw(node, body)[0], 200)


def test_rpcuser_and_rpcauth(lab: Lab):
    # share/rpcauth's form: user:salt$HMAC-SHA256(salt, password); here of the password "secret"
    mac = hmac.new(b"5a17", b"secret", hashlib.sha256).hexdigest()
    node = lab.node("-rpcauth=alice:5a17$" + mac)
    body = '{"method":"getblockcount","id":1}'

    def basic(text):
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}
    equal(raw(node, body, headers=basic("alice:secret"))[0], 200)
    equal(raw(node, body, headers=basic("alice:Secret"))[0], 401)
    equal(raw(node, body, headers=basic("bob:secret"))[0], 401)


def test_rpcwhitelist(lab: Lab):
    """What a user may call; one call that he may not leaves a whole batch undone."""
    mac = hmac.new(b"5a17", b"secret", hashlib.sha256).hexdigest()
    node = lab.node(*(f"-rpcauth={name}:5a17${mac}" for name in ("alice", "bob", "carol")), "-rpcwhitelistdefault=0",
                    "-rpcwhitelist=alice:getblockcount, stop,uptime", "-rpcwhitelist=alice:getblockcount,uptime,getbestblockhash",
                    "-rpcwhitelist=bob")

    def status(user, *methods):
        calls = [json.dumps({"method": method, "id": 1}) for method in methods]
        headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:secret".encode()).decode()}
        return raw(node, calls[0] if len(calls) == 1 else f"[{','.join(calls)}]", headers=headers)[0]
    equal([status("alice", m) for m in ("uptime", "stop", "getbestblockhash", "getblockhash", "nothing", "", "getblockcoun")],
          [200, 403, 403, 403, 403, 403, 403])
    equal([status("alice", "uptime", "getblockcount"), status("alice", "uptime", "stop")], [200, 403])
    equal([status("bob", "uptime"), status("carol", "uptime"), node.getblockcount()], [403, 200, 0])
    contains((node.chain_folder / "debug.log").read_text(), "RPC User alice not allowed to call method stop")
    # Who has no list may call nothing once anybody has one.
    node.stop()
    node.options = [o for o in node.options if "default" not in o] + ["-rpcwhitelist=__cookie__:getblockcount,getrpcinfo,stop"]
    node.start()
    equal([status("carol", "uptime"), status("alice", "uptime"), node.getblockcount()], [403, 200, 0])


def test_methods_and_paths(lab: Lab):
    node = lab.node()
    body = '{"method":"getblockcount","id":1}'
    for method in ("GET", "PUT", "DELETE"):
        equal(raw(node, None, method=method)[0], 405)
    equal(raw(node, body, path="/nowhere")[0], 404)
    equal(raw(node, body, path="/../etc/passwd")[0], 404)
    equal(raw(node, body)[0], 200)


def test_web_pages_are_kept_out(lab: Lab):
    """R01: a page in a browser may neither call nor rebind its name to us."""
    node = lab.node()
    body = '{"method":"getblockcount","id":1}'
    for origin in ("http://evil.example", "null", "http://127.0.0.1"):
        status, headers, _ = raw(node, body, headers={"Origin": origin})
        equal(status, 403)
        equal(headers["Access-Control-Allow-Origin"], None)
    equal(raw(node, body, headers={"Host": "evil.example"})[0], 403)
    equal(raw(node, body, headers={"Host": f"evil.example:{node.rpc_port}"})[0], 403)
    for host in ("localhost", f"localhost:{node.rpc_port}", f"127.0.0.1:{node.rpc_port}"):
        equal(raw(node, body, headers={"Host": host})[0], 200)


def test_bodies_too_large(lab: Lab):
    node = lab.node()
    with socket.create_connection(("127.0.0.1", node.rpc_port), timeout=10) as s:
        auth = base64.b64encode(node.cookie().encode()).decode()
        s.sendall(f"POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {auth}\r\nContent-Length: 999999999999\r\n\r\n".encode())
        contains(s.recv(100).decode(), " 413 ")
    with socket.create_connection(("127.0.0.1", node.rpc_port), timeout=10) as s:
        s.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100000)
        answer = s.recv(100).decode()
        assert " 431 " in answer or " 400 " in answer or answer == "", answer
    equal(node.getblockcount(), 0)


def test_kept_connection(lab: Lab):
    node = lab.node()
    headers = {"Authorization": "Basic " + base64.b64encode(node.cookie().encode()).decode()}
    connection = http.client.HTTPConnection("127.0.0.1", node.rpc_port, timeout=10)
    ends = set()
    for i in range(50):
        connection.request("POST", "/", json.dumps({"method": "getblockcount", "id": i}), headers)
        answer = connection.getresponse()
        equal(json.loads(answer.read())["id"], i)
        ends.add(connection.sock.getsockname())
    equal(len(ends), 1)
    connection.close()


def test_pipelined(lab: Lab):
    node = lab.node()
    auth = base64.b64encode(node.cookie().encode()).decode()
    request = b""
    for i in range(5):
        body = json.dumps({"method": "getblockcount", "id": f"no{i}"}).encode()
        request += f"POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {auth}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    got = b""
    with socket.create_connection(("127.0.0.1", node.rpc_port), timeout=10) as s:
        s.sendall(request)
        while got.count(b"HTTP/1.1 200") < 5 or b"no4" not in got:
            piece = s.recv(65536)
            assert piece, got
            got += piece
    positions = [got.index(f'"no{i}"'.encode()) for i in range(5)]
    equal(positions, sorted(positions))


def test_work_queue_is_bounded(lab: Lab):
    node = lab.node("-rpcthreads=1", "-rpcworkqueue=1")
    body = json.dumps({"method": "waitfornewblock", "params": [1500], "id": 1})
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: raw(node, body), range(12)))
    statuses = sorted(a[0] for a in answers)
    assert set(statuses) <= {200, 503} and 200 in statuses, statuses
    for status, _, text in answers:
        if status == 503:
            equal(text, b"Work queue depth exceeded")
    equal(node.getblockcount(), 0)


def test_many_clients_at_once(lab: Lab):
    node = lab.node("-rpcthreads=8", "-rpcworkqueue=1000")
    node.generatetodescriptor(5, "raw(51)")

    def client(number):
        twin = Node(str(number), node.folder, node.port, node.rpc_port)
        for i in range(15):
            equal(twin.getblock(twin.getblockhash(i % 5), 2)["height"], i % 5)
            twin.getblockchaininfo()
            twin.getrawmempool(True)
            twin.getpeerinfo()
            if number == 0:
                twin.generatetodescriptor(1, "raw(51)")
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        list(pool.map(client, range(24)))
    equal(node.getblockcount(), 20)


def test_answers_while_others_wait(lab: Lab):
    node = lab.node("-rpcthreads=2")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: call(node, {"method": "waitforblockheight", "params": [1, 20000], "id": 1}))
        time.sleep(0.3)
        begun = time.monotonic()
        node.generatetodescriptor(1, "raw(51)")
        equal(waiting.result()[1]["result"]["height"], 1)
        assert time.monotonic() - begun < 10


main()
