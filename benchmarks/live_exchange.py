"""What the live endpoint costs: one token request over loopback, answered by it, by bare servers, and by its peers.

    python benchmarks/live_exchange.py [--rounds 40] [--exchanges 40] [--starts 15]

The servers: a pytest-httpserver with a handler that answers static JSON, threaded and not, and with one that verifies
the assertion with PyJWT, as one writes it by hand; the live endpoint in profile ``pingone``, which judges each request;
and, where they are installed, the two that come nearest to it, each with what it supports. oidc-provider-mock lets any
client in by Basic, so nothing is verified. pytest-iam verifies an assertion of ES256 with the password grant alone; it
is measured up to the refusal of the user, for to look at a password would take longer than all the rest.

The client is ``requests`` in the same process: first with a connection of its own for every request, then with a
session, which keeps one where the server lets it. Requests are made beforehand. The servers take turns in each round,
so that a busy machine slows all of them alike; the tables show medians of the rounds, as CPU time of client and server
and as the ratio to the bare server in the same round.

Then the CPU time of a whole pytest that runs one test, which asks for one token, with both plugins loaded; and how long
the live endpoint takes to stop.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import requests
from pytest_httpserver import HTTPServer
from tables import compare, versions
from token_requests import ASSERTION_TYPE, CLIENT, REDIRECT_URI, SERVER, STATIC, form, verify_with_pyjwt
from werkzeug import Request, Response

from pytest_jwtauth import AuthorizationServer, ClientAssertion, RegisteredClient
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.server_address import at_origin


class Place(NamedTuple):
    """Where to send requests, what makes the next form, what ``requests`` has to add, and the status of the answer."""

    url: str
    new_form: Callable[[], dict[str, str]]
    auth: tuple[str, str] | None = None
    status: int = 200


@contextmanager
def bare(threaded: bool, *, verifies: bool = False) -> Iterator[Place]:
    def answer(request: Request) -> Response:
        if verifies:
            verify_with_pyjwt(request.get_data(as_text=True), server)
        return Response(json.dumps(STATIC), content_type="application/json")

    with HTTPServer("127.0.0.1", threaded=threaded) as httpserver:
        server = at_origin(SERVER, httpserver.url_for("").rstrip("/"))
        httpserver.expect_request(urlsplit(server.token_endpoint).path, method="POST").respond_with_handler(answer)
        yield Place(server.token_endpoint, lambda: form(uuid.uuid4().hex, server))


@contextmanager
def live(scope: str) -> Iterator[Place]:
    server = LiveServer()
    address = server.open()
    endpoint = LiveTokenEndpoint(client=CLIENT, server=at_origin(SERVER, address.origin), profile=PROFILES["pingone"])
    with address.answered_by(endpoint):
        yield Place(
            endpoint.url, lambda: form(endpoint.issue_code(redirect_uri=REDIRECT_URI, scope=scope), endpoint.server)
        )
    assert not endpoint.unexpected(), endpoint.unexpected()[0]
    server.stop()


@contextmanager
def oidc_provider_mock() -> Iterator[Place]:
    import oidc_provider_mock

    client = ("client", "secret")

    def new_form() -> dict[str, str]:
        asked = {"client_id": client[0], "redirect_uri": REDIRECT_URI, "response_type": "code", "scope": "openid"}
        login = requests.post(
            f"{origin}/oauth2/authorize", params=asked, data={"sub": "someone"}, allow_redirects=False, timeout=5
        )
        code = parse_qs(urlsplit(login.headers["Location"]).query)["code"][0]
        return {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}

    with oidc_provider_mock.run_server_in_thread() as server:
        origin = f"http://localhost:{server.server_port}"
        yield Place(f"{origin}/oauth2/token", new_form, client)


@contextmanager
def pytest_iam() -> Iterator[Place]:
    import portpicker
    import pytest_iam

    # The functions behind the fixtures, which are given by hand what pytest would give them.
    port: int = portpicker.pick_unused_port()
    configuration = pytest_iam.iam_configuration.__wrapped__(None, port)
    running: Any = contextmanager(pytest_iam.iam_server.__wrapped__)
    client = RegisteredClient.generate("private_key_jwt")
    with running(configuration, port) as iam:
        origin = iam.url.rstrip("/")
        server = AuthorizationServer(origin, f"{origin}/oauth/token")
        registered = iam.models.Client(
            client_id=client.client_id,
            client_name="a client",
            grant_types=["password"],
            redirect_uris=[REDIRECT_URI],
            token_endpoint_auth_method="private_key_jwt",
            jwks=json.dumps({"keys": [client.keys[0].public()]}),
            scope=["openid"],
        )
        iam.backend.save(registered)

        def new_form() -> dict[str, str]:
            return {
                "grant_type": "password",
                "username": "nobody",
                "password": "nothing",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": ClientAssertion.signed(client=client, server=server),
            }

        yield Place(server.token_endpoint, new_form, status=400)


def servers() -> dict[str, Callable[[], AbstractContextManager[Place]]]:
    """Those that are measured, the one that the others are held against first."""
    known: dict[str, Callable[[], AbstractContextManager[Place]]] = {
        "pytest-httpserver, static JSON": lambda: bare(False),
        "pytest-httpserver, static JSON, threaded": lambda: bare(True),
        "pytest-httpserver, PyJWT by hand": lambda: bare(False, verifies=True),
        "live, access token": lambda: live("profile"),
        "live, access token and ID Token": lambda: live("openid"),
    }
    peers: dict[str, Callable[[], AbstractContextManager[Place]]] = {
        "oidc_provider_mock": oidc_provider_mock,
        "pytest_iam": pytest_iam,
    }
    for module, peer in peers.items():
        name = module.replace("_", "-")
        if find_spec(module) is None:
            print(f"not measured: {name}, which is not installed")
        else:
            known[name] = peer
    return known


def seconds_per_exchange(place: Place, exchanges: int, *, keep: bool) -> float:
    forms = [place.new_form() for _ in range(exchanges)]
    gc.collect()
    with requests.Session() as session:
        post = session.post if keep else requests.post
        start = time.process_time()
        answers = [post(place.url, data=fields, auth=place.auth, timeout=5) for fields in forms]
        taken = (time.process_time() - start) / exchanges
    assert {answer.status_code for answer in answers} == {place.status}, answers[0].text
    return taken


def measure(places: dict[str, Place], rounds: int, exchanges: int, *, keep: bool) -> dict[str, list[float]]:
    measured: dict[str, list[float]] = {name: [] for name in places}
    for number in range(rounds + 1):
        for name, place in places.items():
            taken = seconds_per_exchange(place, exchanges, keep=keep)
            if number:
                measured[name].append(taken)
    return measured


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
    for name in ("werkzeug", "oidc_provider_mock", "canaille"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        os.environ.update(HOME=home, NO_PROXY="*")
        print(versions("pytest-httpserver", "Werkzeug", "requests"))
        places = {name: stack.enter_context(make()) for name, make in servers().items()}
        for keep in (False, True):
            title = "one exchange, a session" if keep else "one exchange, a connection for each"
            compare(title, measure(places, options.rounds, options.exchanges, keep=keep), unit="µs", scale=1e6)
        firsts: dict[str, list[float]] = {name: [] for name in FIRST}
        for number in range(options.starts + 1):
            for name, source in FIRST.items():
                taken = seconds_to_first_answer(source)
                if number:
                    firsts[name].append(taken)
        compare("a pytest that runs one test, to the first answer", firsts, unit="ms", scale=1e3)
        compare("to stop, ten addresses open", {"live": [seconds_to_stop() for _ in range(10)]}, unit="ms", scale=1e3)
    print(f"\nthreads left: {threading.active_count() - 1}")


if __name__ == "__main__":
    main()
