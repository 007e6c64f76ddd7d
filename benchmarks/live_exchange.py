"""What the live endpoint costs: one token request over loopback, answered by it and by a bare pytest-httpserver.

    python benchmarks/live_exchange.py [--rounds 40] [--exchanges 40] [--starts 15]

The servers: a pytest-httpserver with a handler that answers static JSON, threaded and not; the live endpoint in profile
``pingone``, which judges each request. The client is ``requests`` in the same process: first with a connection of its
own for every request, then with a session, which keeps one where the server lets it. Assertions and codes are made
beforehand. The servers take turns in each round, so that a busy machine slows all of them alike; the table shows
medians of the rounds, as CPU time of client and server and as the ratio to the bare server in the same round.

Then the CPU time of a whole pytest that runs one test, which asks for one token, with both plugins loaded; and how long
the live endpoint takes to stop.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

import requests
from pytest_httpserver import HTTPServer

from pytest_jwtauth import AuthorizationServer, ClientAssertion, RegisteredClient
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.server_address import at_origin

ISSUER = "https://auth.pingone.example/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/as"
SERVER = AuthorizationServer(issuer=ISSUER, token_endpoint=f"{ISSUER}/token")
CLIENT = RegisteredClient.generate()
REDIRECT_URI = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
STATIC = {"access_token": uuid.uuid4().hex, "token_type": "Bearer", "expires_in": 3600}

Place = tuple[AuthorizationServer, Callable[[], str]]
"""Where to send requests, and what issues codes."""


def form(server: AuthorizationServer, code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": ClientAssertion.signed(client=CLIENT, server=server),
    }


@contextmanager
def bare(threaded: bool) -> Iterator[Place]:
    with HTTPServer("127.0.0.1", threaded=threaded) as httpserver:
        server = at_origin(SERVER, httpserver.url_for("").rstrip("/"))
        path = server.token_endpoint.removeprefix(httpserver.url_for("").rstrip("/"))
        httpserver.expect_request(path, method="POST").respond_with_json(STATIC)
        yield server, lambda: uuid.uuid4().hex


@contextmanager
def live(scope: str) -> Iterator[Place]:
    server = LiveServer()
    address = server.open()
    endpoint = LiveTokenEndpoint(client=CLIENT, server=at_origin(SERVER, address.origin), profile=PROFILES["pingone"])
    with address.answered_by(endpoint):
        yield endpoint.server, lambda: endpoint.issue_code(redirect_uri=REDIRECT_URI, scope=scope)
    assert not endpoint.unexpected(), endpoint.unexpected()[0]
    server.stop()


SERVERS: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "pytest-httpserver, static JSON": lambda: bare(False),
    "pytest-httpserver, static JSON, threaded": lambda: bare(True),
    "live, access token": lambda: live("profile"),
    "live, access token and ID Token": lambda: live("openid"),
}


def seconds_per_exchange(place: Place, exchanges: int, *, keep: bool) -> float:
    server, new_code = place
    forms = [form(server, new_code()) for _ in range(exchanges)]
    gc.collect()
    with requests.Session() as session:
        post = session.post if keep else requests.post
        start = time.process_time()
        for fields in forms:
            post(server.token_endpoint, data=fields, timeout=5).raise_for_status()
        return (time.process_time() - start) / exchanges


def table(title: str, rows: dict[str, list[float]], unit: float, name: str) -> None:
    first = next(iter(rows.values()))
    print(f"\n{title}")
    for label, values in rows.items():
        ratio = statistics.median([one / base for one, base in zip(values, first, strict=True)])
        print(f"  {label:<42} {statistics.median(values) * unit:9.1f} {name}  {ratio:5.2f} x")


SIGNED = """
import base64, hashlib, hmac, http.client, json, time, urllib.parse

def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()

def ask(url, client_id, client_secret):
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": url, "iat": now, "exp": now + 60, "jti": str(time.time_ns())}
    signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    assertion = f"{signed}.{encode(hmac.digest(client_secret.encode(), signed.encode(), 'sha256'))}"
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", parts.path, urllib.parse.urlencode(form), headers)
    answer = connection.getresponse()
    assert answer.status == 200
    return json.loads(answer.read())["access_token"]
"""
FIRST = {
    "pytest-httpserver, static JSON": f"""{SIGNED}
def test_first(httpserver):
    httpserver.expect_request("/as/token", method="POST").respond_with_json({STATIC})
    assert ask(httpserver.url_for("/as/token"), "client", "secret")
""",
    "live, access token": f"""{SIGNED}
def test_first(jwtauth_live_token_endpoint):
    live = jwtauth_live_token_endpoint
    assert ask(live.url, live.client.client_id, live.client.client_secret)
""",
}


def seconds_to_first_answer(source: str) -> float:
    """The CPU time of a pytest that runs one test."""
    plugins = ["-ppytest_httpserver.pytest_plugin", "-ppytest_jwtauth.plugin"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_first.py").write_text(source, "utf-8")
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        before = os.times()
        subprocess.run(
            [sys.executable, "-mpytest", "-q", *plugins], cwd=folder, env=environment, capture_output=True, check=True
        )
        after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def seconds_to_stop() -> float:
    server = LiveServer()
    addresses = [server.open() for _ in range(10)]
    assert len(addresses) == 10
    start = time.perf_counter()
    server.stop()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--exchanges", type=int, default=40, help="in each round, with each server")
    parser.add_argument("--starts", type=int, default=15, help="fresh interpreters for each server")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(HOME=home, NO_PROXY="*")
        names = ("Python", "pytest-httpserver", "Werkzeug", "requests")
        versions = [platform.python_version(), *(version(name) for name in names[1:])]
        print(", ".join(f"{name} {number}" for name, number in zip(names, versions, strict=True)))
        for keep in (False, True):
            results: dict[str, list[float]] = {name: [] for name in SERVERS}
            with ExitStack() as stack:
                places = {name: stack.enter_context(make()) for name, make in SERVERS.items()}
                for _ in range(options.rounds + 1):
                    for name, place in places.items():
                        results[name].append(seconds_per_exchange(place, options.exchanges, keep=keep))
            title = "a session" if keep else "a connection for each request"
            table(f"one exchange, {title}", {name: values[1:] for name, values in results.items()}, 1e6, "µs")
        firsts: dict[str, list[float]] = {name: [] for name in FIRST}
        for _ in range(options.starts + 1):
            for name, source in FIRST.items():
                firsts[name].append(seconds_to_first_answer(source))
        table(
            "a pytest that runs one test, to the first answer",
            {name: values[1:] for name, values in firsts.items()},
            1e3,
            "ms",
        )
        table("to stop, ten addresses open", {"live": [seconds_to_stop() for _ in range(10)]}, 1e3, "ms")
        print(f"\nthreads left: {threading.active_count() - 1}")


if __name__ == "__main__":
    main()
