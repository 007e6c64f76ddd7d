"""Under load no request is lost, none is mixed up, nothing is left, and the end comes at once.

The whole load takes its time: `tox -e load`. The same in small runs with all other tests.
"""

from __future__ import annotations

import gc
import json
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NamedTuple

import load
import pytest
from endpoints import CALLBACK
from live import at_an_address, threads_of_ours

from pytest_jwtauth.adapters.for_httpserver import Address, LiveServer
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint


class Load(NamedTuple):
    requests: int
    clients: int
    broken_off: int
    nonsense: int
    slow: int


SMALL = Load(requests=300, clients=10, broken_off=50, nonsense=12, slow=10)
WHOLE = Load(requests=10_000, clients=50, broken_off=500, nonsense=120, slow=20)

both = pytest.mark.parametrize(
    "size", [pytest.param(SMALL, id="small"), pytest.param(WHOLE, id="whole", marks=pytest.mark.load)]
)
schemes = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


@pytest.fixture
def server() -> Iterator[LiveServer]:
    server = LiveServer()
    yield server
    server.stop()


@contextmanager
def a_loaded_endpoint(server: LiveServer, tls: bool) -> Iterator[tuple[LiveTokenEndpoint, Address]]:
    # Assertions are made before a load begins, which on a busy machine may last longer than they live.
    with at_an_address(server, tls=tls, leeway=600) as (live, address):
        yield live, address


@both
@schemes
def test_none_of_many_requests_is_lost_or_mixed_up_among_clients_that_misbehave(
    server: LiveServer, tls: bool, size: Load, capfd: pytest.CaptureFixture[str]
) -> None:
    before = load.open_files()
    with a_loaded_endpoint(server, tls) as (live, address):
        codes = [live.issue_code(redirect_uri=CALLBACK) for _ in range(size.requests)]
        requests = load.right_requests(live, codes)
        answers_to_nonsense: list[bytes] = []

        def trouble() -> None:
            load.break_off(live, size.broken_off)
            answers_to_nonsense.extend(load.talk_nonsense(live, size.nonsense))

        with load.slow_senders(live, size.slow) as sent_slowly:
            troubled = threading.Thread(target=trouble)
            troubled.start()
            answers = load.ask_by_many(live, requests, size.clients)
            troubled.join()
            assert min(sent_slowly) > 0
        assert {status for status, _ in answers} == {200}
        granted = {code: json.loads(body)["access_token"] for code, (_, body) in zip(codes, answers, strict=True)}
        assert len(set(granted.values())) == size.requests
        right = [request for request in live.requests if request.form.get("code") in granted]
        assert sorted(request.form["code"] for request in right) == sorted(codes)
        assert [request.verdict.rules for request in right if request.verdict.rules] == []
        kept = {r.form["code"]: json.loads(r.response.body)["access_token"] for r in right if r.response is not None}
        assert kept == granted
        # Nothing is made up: what else arrived is the nonsense, each refused.
        others = [request for request in live.requests if request.form.get("code") not in granted]
        assert len(others) <= size.nonsense
        assert all(request.verdict.violations for request in others)
        assert {answer.split(b" ")[1] for answer in answers_to_nonsense if answer} <= {b"400", b"401", b"404"}
    # Who resets a connection has perhaps gone before anything of the request was seen.
    assert address.unfinished <= size.broken_off + size.nonsense + size.slow
    assert address.unfinished >= size.broken_off * (load.LEAVE_A_PART - 1) // len(load.BREAKS)
    assert threads_of_ours() == []
    gc.collect()
    assert load.open_files() <= before + 3  # the certificate and what is loaded at the first TLS
    assert capfd.readouterr().err == ""


@schemes
def test_slow_senders_hold_nobody_up_and_the_server_stops_within_a_second(tls: bool) -> None:
    server = LiveServer()
    with ExitStack() as stack:
        live, _ = stack.enter_context(a_loaded_endpoint(server, tls))
        codes = [live.issue_code(redirect_uri=CALLBACK) for _ in range(60)]
        requests = load.right_requests(live, codes)
        alone = sorted(load.seconds_to(partial(load.ask, live, [one])) for one in requests[:30])
        with load.slow_senders(live, 50):
            meanwhile = sorted(load.seconds_to(partial(load.ask, live, [one])) for one in requests[30:])
            assert meanwhile[15] < alone[15] + 0.25
            assert load.seconds_to(server.stop) < 1
    assert threads_of_ours() == []


@schemes
def test_the_server_stops_within_a_second_while_a_hundred_connections_are_open(tls: bool) -> None:
    server = LiveServer()
    with ExitStack() as stack:
        live, _ = stack.enter_context(a_loaded_endpoint(server, tls))
        for code in [live.issue_code(redirect_uri=CALLBACK) for _ in range(100)]:
            connection = stack.enter_context(load.call(live))
            connection.sendall(load.right_requests(live, [code])[0])
            reader = load.Answers(connection)
            assert reader.next()[0] == 200
            reader.close()
        assert len(threads_of_ours()) == 100
        assert load.seconds_to(server.stop) < 1
        assert threads_of_ours() == []


@schemes
def test_an_endpoint_that_closes_leaves_nothing_behind(server: LiveServer, tls: bool) -> None:
    with a_loaded_endpoint(server, tls):  # the certificate is made once
        pass
    files, threads = load.open_files(), threading.active_count()
    for _ in range(20):
        with a_loaded_endpoint(server, tls) as (live, _):
            requests = load.right_requests(live, [live.issue_code(redirect_uri=CALLBACK)])
            assert load.ask(live, requests)[0][0] == 200
            load.break_off(live, 5)
    assert (load.open_files(), threading.active_count()) == (files, threads)


def test_nothing_is_kept_from_one_address_to_the_next(server: LiveServer) -> None:
    def one_test() -> None:
        with a_loaded_endpoint(server, tls=False) as (live, _):
            codes = [live.issue_code(redirect_uri=CALLBACK) for _ in range(60)]
            assert {status for status, _ in load.ask(live, load.right_requests(live, codes))} == {200}
            load.break_off(live, 5)

    one_test()
    tracemalloc.start()
    try:
        one_test()
        objects, octets = load.objects_of_ours(), tracemalloc.get_traced_memory()[0]
        for _ in range(3):
            one_test()
        kept, more = load.objects_of_ours() - objects, tracemalloc.get_traced_memory()[0] - octets
    finally:
        tracemalloc.stop()
    # Of each address no more than the server, in caches of a bounded size.
    assert kept <= Counter(AuthorizationServer=3)
    # The bodies alone of what is sent are about a hundred and fifty thousand octets.
    assert more < 100_000


@pytest.mark.load
def test_memory_grows_by_what_is_remembered_and_by_nothing_else(server: LiveServer) -> None:
    resident: list[list[int]] = []
    for _ in range(2):
        with a_loaded_endpoint(server, tls=False) as (live, _):
            resident.append([])
            for _ in range(5):
                codes = [live.issue_code(redirect_uri=CALLBACK) for _ in range(WHOLE.requests // 5)]
                load.ask_by_many(live, load.right_requests(live, codes), WHOLE.clients)
                gc.collect()
                resident[-1].append(load.resident())
            assert len(live.requests) == WHOLE.requests
            # Not before the last look at what is resident: to go through all of it takes as much memory again.
            remembered = load.size_of(live) if len(resident) == 2 else 0
    first, second = resident
    grown = (first[-1] - first[0]) / (WHOLE.requests * 4 // 5)
    kept = remembered / WHOLE.requests
    print(f"for each request {grown:.0f} octets are resident, {kept:.0f} remembered; {resident=}")
    assert grown < 1.5 * kept
    # The second test has the memory of the first one, which is more than is remembered, and in other pieces.
    assert second[-1] - second[0] < 0.1 * remembered
    assert second[-1] - first[-1] < 0.4 * remembered
