"""The live endpoint answers clients at a real port, and judges what they send there."""

from __future__ import annotations

import gc
import json
import socket
import struct
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import trustme  # noqa: F401  brings cryptography: an inner run in this process may not be the first to import it
from endpoints import CALLBACK, ISSUER, a_request
from live import a_live_endpoint, at_an_address, connect, hear, octets, say, threads_of_ours

from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.loopback import Reception
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.server_address import at_origin

pytestmark = pytest.mark.usefixtures("nobody_is_left")


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    server = LiveServer()
    yield server
    server.stop()


@pytest.fixture
def live(server: LiveServer) -> Iterator[LiveTokenEndpoint]:
    with a_live_endpoint(server) as endpoint:
        yield endpoint


@pytest.fixture
def nobody_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    assert threads_of_ours() == []


def send(endpoint: LiveTokenEndpoint, session: Any = requests, *, method: str = "POST", **how: Any) -> Any:
    """Send a right request by ``requests``, but for what is asked."""
    headers = how.pop("headers", [])
    request = a_request(endpoint, **how)
    verify = str(endpoint.ca_file) if endpoint.ca_file else True
    fields = dict([*request.headers, *headers])
    return session.request(method, request.url, data=request.body, headers=fields, verify=verify, timeout=5)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def head_of(answer: bytes) -> list[str]:
    return answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


# Addresses


def test_the_server_stands_at_loopback_with_the_paths_it_had(live: LiveTokenEndpoint) -> None:
    parts = urlsplit(live.url)
    assert (parts.scheme, parts.hostname, parts.path) == ("http", "127.0.0.1", urlsplit(f"{ISSUER}/token").path)
    assert live.server.issuer == f"http://127.0.0.1:{parts.port}{urlsplit(ISSUER).path}"
    assert live.server.jwks_uri == f"{live.server.issuer}/jwks"
    assert live.server.revocation_endpoint is None
    assert repr(live) == f"<LiveTokenEndpoint {live.url} profile='rfc7523', 0 requests>"


def test_two_endpoints_that_differ_in_their_host_alone_cannot_stand_at_one() -> None:
    server = AuthorizationServer(
        "https://a.example", "https://a.example/token", introspection_endpoint="https://b.example/token"
    )
    with pytest.raises(ConfigurationError, match="differ in their host alone: give them different paths"):
        at_origin(server, "http://127.0.0.1:1")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])
def test_no_other_address_than_loopback_is_listened_at(host: str) -> None:
    with pytest.raises(ConfigurationError, match="listens on loopback only"):
        LiveServer(host)


def test_it_listens_at_the_loopback_address_of_ipv6_too() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = LiveServer("::1")
    with a_live_endpoint(server) as endpoint:
        assert endpoint.url.startswith("http://[::1]:")
        assert send(endpoint).status_code == 200
    server.stop()


def test_https_speaks_tls_with_a_certificate_for_loopback(server: LiveServer) -> None:
    with a_live_endpoint(server, tls=True) as endpoint:
        assert endpoint.url.startswith("https://127.0.0.1:")
        assert endpoint.https is endpoint
        assert send(endpoint).status_code == 200
        by_name = endpoint.url.replace("127.0.0.1", "localhost")
        assert requests.get(by_name, verify=str(endpoint.ca_file), timeout=5).status_code == 404
        with pytest.raises(requests.exceptions.SSLError):
            requests.post(endpoint.url, timeout=5)


def test_the_second_endpoint_for_https_has_to_be_opened_by_somebody(live: LiveTokenEndpoint) -> None:
    with pytest.raises(ConfigurationError, match="without open_https="):
        live.https  # noqa: B018


# What arrives


def test_everything_arrives_as_it_was_sent(live: LiveTokenEndpoint) -> None:
    assert status_of(say(live, octets(live, "x-Twice: 1", "X-tWICE: 2", "X-Latin: \xe4"))) == 200
    (received,) = live.requests
    assert received.headers[-3:-1] == (("x-Twice", "1"), ("X-tWICE", "2"))
    assert received.headers[-1] == ("X-Latin", "\xe4")
    assert received.headers[0] == ("Host", urlsplit(live.url).netloc)
    assert received.url == live.url
    assert received.form["grant_type"] == "client_credentials"


def test_repeated_fields_are_judged(live: LiveTokenEndpoint) -> None:
    answer = say(live, octets(live, "Authorization: Basic YTpi", "authorization: Basic Yzpk"))
    assert status_of(answer) == 400
    assert live.requests[0].headers[-2:] == (("Authorization", "Basic YTpi"), ("authorization", "Basic Yzpk"))
    assert "auth-basic-present" in live.verdicts[0].rules


def test_several_requests_go_over_one_connection(live: LiveTokenEndpoint) -> None:
    with requests.Session() as session:
        answers = [send(live, session) for _ in range(3)]
    assert [answer.headers["Connection"] for answer in answers] == ["keep-alive"] * 3
    # All three at once, without waiting for an answer, and the last asks for the end.
    answer = say(live, octets(live) + octets(live) + octets(live, "Connection: close") + octets(live))
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert len(live.requests) == 6


def test_an_old_client_gets_its_answer_and_the_end_of_the_connection(live: LiveTokenEndpoint) -> None:
    with connect(live) as connection:
        connection.sendall(octets(live).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        answer = hear(connection)
    assert status_of(answer) == 200
    assert "Connection: close" in head_of(answer)


def test_chunks_are_put_together(live: LiveTokenEndpoint) -> None:
    body = a_request(live).body
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i : i + 100]), body[i : i + 100]) for i in range(0, len(body), 100))
    assert status_of(say(live, octets(live, "Transfer-Encoding: chunked", body=chunks + b"0\r\n\r\n"))) == 200
    assert live.requests[0].body == body


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(live: LiveTokenEndpoint) -> None:
    head, _, body = octets(live, "Expect: 100-continue").partition(b"\r\n\r\n")
    with connect(live) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_other_methods_are_answered_and_judged(live: LiveTokenEndpoint, method: str) -> None:
    answer = say(live, octets(live).replace(b"POST", method.encode(), 1))
    assert status_of(answer) == 400
    assert live.verdicts[0].rules[0] == "http-method-not-post"
    has_content = not answer.endswith(b"\r\n\r\n")
    assert has_content is (method != "HEAD")
    assert any(line.startswith("Content-Length: ") for line in head_of(answer))


def test_the_documents_of_the_server_are_published(live: LiveTokenEndpoint) -> None:
    metadata = requests.get(live.metadata_url, timeout=5).json()
    assert metadata["token_endpoint"] == live.url
    assert requests.get(metadata["jwks_uri"], timeout=5).json() == live.jwks()
    assert live.requests == ()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", ""])
def test_a_host_that_is_not_this_one_is_another_url(live: LiveTokenEndpoint, host: str) -> None:
    sent = octets(live).replace(f"Host: {urlsplit(live.url).netloc}".encode(), f"Host: {host}".encode())
    assert status_of(say(live, sent)) == (404 if host else 200)
    assert ("url-endpoint-mismatch" in live.verdicts[0].rules) is bool(host)


def test_an_absolute_target_is_the_url(live: LiveTokenEndpoint) -> None:
    sent = octets(live).replace(urlsplit(live.url).path.encode(), b"http://elsewhere.example/as/token", 1)
    assert status_of(say(live, sent)) == 404
    assert live.requests[0].url == "http://elsewhere.example/as/token"


MALFORMED = [
    b"\x16\x03\x01 nonsense",
    b"\0\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"POST /token HTTP/1.1\r\nContent-Length: x\r\n\r\n",
]


@pytest.mark.parametrize("sent", MALFORMED)
def test_a_malformed_request_is_judged_as_far_as_it_goes_and_answered(live: LiveTokenEndpoint, sent: bytes) -> None:
    answer = say(live, sent)
    assert status_of(answer) in {400, 404}
    assert "Connection: close" in head_of(answer)
    assert live.unexpected() == live.verdicts
    assert len(live.verdicts) == 1
    assert send(live).status_code == 200


def test_the_answer_to_a_malformed_request_arrives_although_more_is_on_its_way(live: LiveTokenEndpoint) -> None:
    with connect(live) as connection:
        connection.sendall(b"POST /token HTTP/1.1\r\nContent-Length: x\r\n\r\n" + b"a" * 300_000)
        assert status_of(hear(connection)) == 404


# Browsers


def test_a_browser_may_ask_whether_it_may_send(live: LiveTokenEndpoint) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, x-mine",
        "Access-Control-Request-Private-Network": "true",
    }
    answer = requests.options(live.url, headers=asked, timeout=5)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, x-mine"
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Content-Length" not in answer.headers
    assert live.requests == ()


def test_a_browser_that_asks_for_less_is_told_less(live: LiveTokenEndpoint) -> None:
    asked = {"Origin": "null", "Access-Control-Request-Method": "POST"}
    answer = requests.options(live.url, headers=asked, timeout=5)
    assert answer.headers["Access-Control-Allow-Origin"] == "null"
    assert not {"Access-Control-Allow-Headers", "Access-Control-Allow-Private-Network"} & answer.headers.keys()


@pytest.mark.parametrize("fault", [None, "exp-expired"])
def test_a_page_may_read_every_answer(live: LiveTokenEndpoint, fault: str | None) -> None:
    answer = send(live, fault=fault, headers=[("Origin", "https://app.example")])
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Origin" not in send(live).headers


# Trouble on purpose


def test_a_connection_is_reset(live: LiveTokenEndpoint) -> None:
    for kind in ("connection-reset", "connection-refused"):
        live.then(kind)
        with connect(live) as connection:
            connection.sendall(octets(live))
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
    # The first request arrived and was judged. As if refused, the second was never sent.
    assert len(live.requests) == 1


@pytest.mark.parametrize("kind", ["read-timeout", "connect-timeout"])
def test_an_answer_never_comes_as_long_as_the_client_waits(live: LiveTokenEndpoint, kind: str) -> None:
    live.then(kind)
    with connect(live) as connection:
        connection.sendall(octets(live) + b"\r\n")
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.sendall(b"\r\n")
    assert send(live).status_code == 200


def test_a_client_that_waits_for_nothing_does_not_hold_up_the_end(server: LiveServer) -> None:
    with a_live_endpoint(server) as live:
        live.then("read-timeout")
        connection = connect(live)
        connection.sendall(octets(live))
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    with connection:
        connection.settimeout(5)
        assert hear(connection) == b""


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_half_of_a_body_arrives(server: LiveServer, tls: bool) -> None:
    with a_live_endpoint(server, tls=tls) as live:
        live.then("truncated-body")
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="more expected"):
            send(live, headers=[("Origin", "https://app.example")])


def test_a_slow_body_begins_and_does_not_go_on(live: LiveTokenEndpoint) -> None:
    live.then("slow-body")
    with connect(live) as connection:
        connection.sendall(octets(live, "Origin: https://app.example"))
        connection.settimeout(0.2)
        answer = connection.recv(65536)
        with pytest.raises(TimeoutError):
            connection.recv(65536)
    assert status_of(answer) == 200
    assert "Access-Control-Allow-Origin: https://app.example" in head_of(answer)


def test_scripted_answers_arrive_whole(live: LiveTokenEndpoint) -> None:
    live.then(503, retry_after=2).then(307, location="https://elsewhere.example/").then("huge-body")
    with requests.Session() as session:
        session.max_redirects = 0
        answers = [send(live, session) for _ in range(1)]
        assert (answers[0].status_code, answers[0].headers["Retry-After"]) == (503, "2")
    redirected = say(live, octets(live))
    assert status_of(redirected) == 307
    assert len(send(live).content) > 8_000_000


# Trouble of the clients' own


def test_none_of_many_requests_is_lost_among_clients_that_misbehave(server: LiveServer) -> None:
    with at_an_address(server) as (live, address):
        stalled = [connect(live) for _ in range(10)]
        for number in range(50):
            with connect(live) as connection:
                whole = octets(live)
                connection.sendall(whole[: len(whole) - 10] if number % 2 else whole[:40])
                if number % 5 == 0:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for slow in stalled:
            slow.sendall(octets(live)[:20])
        codes = [live.issue_code(redirect_uri=CALLBACK) for _ in range(50)]

        def exchange(code: str) -> int:
            how = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
            return int(send(live, **how).status_code)

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(exchange, codes)) == {200}
        assert sorted(request.form["code"] for request in live.requests) == sorted(codes)
        assert 0 < address.unfinished <= 50
    for slow in stalled:
        slow.close()


def test_a_client_that_speaks_no_tls_keeps_nobody_waiting(server: LiveServer) -> None:
    with a_live_endpoint(server, tls=True) as live:
        with connect(live) as silent, connect(live) as plain:
            plain.sendall(octets(live))
            assert send(live).status_code == 200
            assert b"HTTP/1.1 200" not in hear(plain)
            silent.sendall(b"\0" * 100)
        assert len(live.requests) == 1


def test_a_caller_for_whom_there_is_no_thread_is_turned_away_and_the_next_is_heard(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_live_endpoint(server) as live:
        with monkeypatch.context() as without_threads:
            without_threads.setattr(threading.Thread, "start", _cannot_start)
            with connect(live) as caller:
                assert hear(caller) == b""
        assert send(live).status_code == 200


def _cannot_start(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_caller_who_resets_before_tls_begins_leaves_no_socket_unclosed(server: LiveServer) -> None:
    with at_an_address(server, tls=True) as (live, address), socket.create_server(("127.0.0.1", 0)) as listener:
        caller = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            hearing = threading.Thread(target=address._door._hear, args=(accepted,))
            hearing.start()
            hearing.join()
            gc.collect()
        assert [str(one.message) for one in said] == []
        assert send(live).status_code == 200


def test_a_fault_of_ours_is_raised_where_the_endpoint_is_closed(server: LiveServer) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    def conversation() -> None:
        with a_live_endpoint(server) as live:
            live.respond = fails  # type: ignore[method-assign,assignment]
            assert say(live, octets(live)) == b""

    with pytest.raises(ZeroDivisionError, match="a fault of ours"):
        conversation()


# The end


def test_nobody_is_heard_after_the_end(server: LiveServer) -> None:
    with a_live_endpoint(server) as live, requests.Session() as session:
        send(live, session)
        idle, busy = connect(live), connect(live)
        busy.sendall(octets(live)[:50])
    with idle, busy:
        assert (hear(idle), hear(busy)) == (b"", b"")
    with pytest.raises(ConnectionRefusedError):
        connect(live)
    assert len(live.requests) == 1


def test_a_server_that_stops_closes_what_is_open_and_removes_its_files() -> None:
    server = LiveServer()
    address = server.open(tls=True)
    assert address.ca_file is not None
    assert address.ca_file.exists()
    host, port = "127.0.0.1", urlsplit(address.origin).port
    assert port is not None
    with socket.create_connection((host, port), timeout=5) as connection:
        server.stop()
        assert hear(connection) == b""
    assert not address.ca_file.exists()


def test_an_endpoint_may_outlive_its_server() -> None:
    server = LiveServer()
    with a_live_endpoint(server) as live:
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            connect(live)


def test_a_caller_who_has_gone_again_is_nobody(server: LiveServer) -> None:
    with at_an_address(server) as (live, address):
        address._door.admit()
        assert send(live).status_code == 200


@pytest.mark.parametrize(("module", "package"), [("pytest_httpserver", "pytest-httpserver"), ("trustme", "trustme")])
def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, module: str, package: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=f"needs {package}, which is not installed: pip install"):
        open_and_stop(LiveServer)


def open_and_stop(make: type[LiveServer]) -> None:
    server = make()
    try:
        server.open(tls=True)
    finally:
        server.stop()


def test_doors_cannot_be_opened_where_nobody_lets_callers_in() -> None:
    reception = Reception(patience=0.01)
    with pytest.raises(RuntimeError, match="does not run"):
        reception.open(lambda connection: None)
    reception.shutdown()
    reception.serve_forever()


# Many at once


def test_two_hundred_exchanges_in_threads_are_all_counted_once(live: LiveTokenEndpoint) -> None:
    codes = [live.issue_code(redirect_uri=CALLBACK) for _ in range(200)]

    def exchange(code: str) -> tuple[int, str]:
        how = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        answer = send(live, **how)
        return answer.status_code, answer.json()["access_token"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(exchange, codes))
    assert {status for status, _ in answers} == {200}
    assert len({token for _, token in answers}) == 200
    assert sorted(request.form["code"] for request in live.requests) == sorted(codes)
    by_code = {request.form["code"]: json.loads(request.response.body) for request in live.requests if request.response}
    assert [by_code[code]["access_token"] for code in codes] == [token for _, token in answers]
