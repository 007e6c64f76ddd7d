"""What judging costs: one token request through ``requests``, answered by three kinds of stub on ``responses``.

    python benchmarks/judged_exchange.py [--rounds 60] [--exchanges 40]

The stubs: static JSON and nothing else; a callback as one writes it by hand, that verifies the client assertion with
PyJWT; the token endpoint of this plugin in profile ``pingone``, without and with an ID Token to sign. Assertions and
codes are made beforehand. The stubs take turns, so that a busy machine slows all of them alike; the table shows medians
of the rounds, as CPU time and as the ratio to the first stub in the same round.

The environment is emptied first: ``requests`` reads all of it for proxies in every call.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version

import requests
import responses
from token_requests import CLIENT, REDIRECT_URI, SERVER, STATIC, form, verify_with_pyjwt

from pytest_jwtauth import TokenEndpoint
from pytest_jwtauth.adapters import for_responses
from pytest_jwtauth.profiles import PROFILES

Code = Callable[[], str]
Stub = Callable[[], AbstractContextManager[Code]]


@contextmanager
def static_json() -> Iterator[Code]:
    with responses.RequestsMock() as stub:
        stub.post(SERVER.token_endpoint, json=STATIC)
        yield lambda: uuid.uuid4().hex


@contextmanager
def by_hand_with_pyjwt() -> Iterator[Code]:
    def callback(request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], str]:
        verify_with_pyjwt(str(request.body))
        return 200, {"Content-Type": "application/json"}, json.dumps(STATIC)

    with responses.RequestsMock() as stub:
        stub.add_callback(responses.POST, SERVER.token_endpoint, callback)
        yield lambda: uuid.uuid4().hex


def judged(scope: str) -> Stub:
    @contextmanager
    def stub() -> Iterator[Code]:
        endpoint = TokenEndpoint(client=CLIENT, server=SERVER, profile=PROFILES["pingone"])
        with for_responses.mounted(endpoint):
            yield lambda: endpoint.issue_code(redirect_uri=REDIRECT_URI, scope=scope)
        assert not endpoint.unexpected(), endpoint.unexpected()[0]

    return stub


STUBS: dict[str, Stub] = {
    "static JSON": static_json,
    "callback that verifies with PyJWT": by_hand_with_pyjwt,
    "judged, access token": judged("profile"),
    "judged, access token and ID Token": judged("openid"),
}


def seconds_per_exchange(stub: Stub, exchanges: int) -> float:
    with stub() as new_code:
        forms = [form(new_code()) for _ in range(exchanges)]
        gc.collect()
        start = time.process_time()
        for fields in forms:
            requests.post(SERVER.token_endpoint, data=fields, timeout=5).raise_for_status()
        return (time.process_time() - start) / exchanges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--exchanges", type=int, default=40, help="in each round, by each stub")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ.clear()
        os.environ.update(HOME=home, NO_PROXY="*")
        for stub in STUBS.values():
            seconds_per_exchange(stub, 10)
        rounds = [
            {name: seconds_per_exchange(stub, options.exchanges) for name, stub in STUBS.items()}
            for _ in range(options.rounds)
        ]
    first = next(iter(STUBS))
    print(
        f"{options.rounds} rounds of {options.exchanges} exchanges; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("requests", "responses", "PyJWT", "cryptography"))
    )
    print()
    print("| stub | µs of CPU per exchange | ratio |")
    print("| --- | ---: | ---: |")
    for name in STUBS:
        seconds = statistics.median(times[name] for times in rounds)
        ratio = statistics.median(times[name] / times[first] for times in rounds)
        print(f"| {name} | {seconds * 1e6:.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
