"""What a whole suite costs: 1,000 tests that each log in once, against the same with a bare stub.

    python benchmarks/suites.py [--tests 1000] [--rounds 5] [--workers 0 2]

The application signs with PyJWT and sends with ``requests``; a fixture of the suite makes it, and a test is one line.
The suites differ in that fixture alone: a ``RequestsMock`` with static JSON; one whose callback verifies the assertion
with PyJWT, as one writes it by hand; ``jwtauth_token_endpoint``. Each also frozen: by ``freeze_time`` around each test,
by ``jwtauth_clock``, and by that on time-machine. They take turns, each in a process of its own, with no other plugin;
the table shows medians of processor time, and ratios within this run.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tables import ratio, table, versions
from token_requests import SERVER

APPLICATION = f"""
import time, uuid
import jwt, requests

URL = {SERVER.token_endpoint!r}
SECRET = "k" * 64

class Application:
    def __init__(self, url=URL, client_id="client", client_secret=SECRET):
        self.url, self.client_id, self.client_secret = url, client_id, client_secret

    def log_in(self):
        now = int(time.time())
        claims = {{
            "iss": self.client_id, "sub": self.client_id, "aud": self.url,
            "iat": now, "exp": now + 60, "jti": str(uuid.uuid4()),
        }}
        form = {{
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(claims, self.client_secret),
        }}
        answer = requests.post(self.url, data=form, timeout=5)
        answer.raise_for_status()
        return answer.json()["access_token"]
"""
BARE = """
@pytest.fixture
def application({clock}):
    with responses.RequestsMock() as stub:
        stub.post(URL, json={{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}})
        yield Application()
"""
BY_HAND = """
def answer(request):
    jwt.decode(
        parse_qs(request.body)["client_assertion"][0], SECRET, algorithms=["HS256"], audience=URL, issuer="client",
        options={{"require": ["exp", "iss", "sub", "aud"]}},
    )
    token = {{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}}
    return 200, {{"Content-Type": "application/json"}}, json.dumps(token)

@pytest.fixture
def application({clock}):
    with responses.RequestsMock() as stub:
        stub.add_callback("POST", URL, answer)
        yield Application()
"""
OURS = """
@pytest.fixture
def application({clock}jwtauth_token_endpoint, jwtauth_client):
    return Application(jwtauth_token_endpoint.url, jwtauth_client.client_id, jwtauth_client.client_secret)
"""
HEAD = """
import json
from urllib.parse import parse_qs
import freezegun, jwt, pytest, responses
from app import SECRET, URL, Application
"""
FREEZER = """
@pytest.fixture
def freeze():
    with freezegun.freeze_time():
        yield
"""
PLUGIN = ("-p", "pytest_jwtauth.plugin")


class Suite(NamedTuple):
    """How one kind of suite is written, and run; the suite without a frozen clock that it is compared with."""

    source: str
    options: tuple[str, ...] = ()
    unfrozen: str | None = None


BASE = "`responses`, static JSON"
SUITES = {
    BASE: Suite(BARE.format(clock="")),
    "callback with PyJWT": Suite(BY_HAND.format(clock="")),
    "`jwtauth_token_endpoint`": Suite(OURS.format(clock=""), PLUGIN),
    "`responses`, `freeze_time`": Suite(FREEZER + BARE.format(clock="freeze"), (), BASE),
    "callback with PyJWT, `freeze_time`": Suite(FREEZER + BY_HAND.format(clock="freeze"), (), "callback with PyJWT"),
    "`jwtauth_token_endpoint`, `jwtauth_clock`": Suite(
        OURS.format(clock="jwtauth_clock, "), PLUGIN, "`jwtauth_token_endpoint`"
    ),
    "the same, on time-machine": Suite(
        OURS.format(clock="jwtauth_clock, "), (*PLUGIN, "-o", "jwtauth_clock=time-machine"), "`jwtauth_token_endpoint`"
    ),
}


def write(folder: Path, suites: dict[str, Suite], tests: int) -> dict[str, Path]:
    """Write the application and the *suites* of so many *tests* into *folder*; where each is."""
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (folder / "app.py").write_text(APPLICATION, "utf-8")
    body = "".join([f"\ndef test_{number}(application):\n    assert application.log_in()\n" for number in range(tests)])
    paths = {name: folder / f"test_suite_{number}.py" for number, name in enumerate(suites)}
    for name, path in paths.items():
        path.write_text(f"{HEAD}{suites[name].source}{body}", "utf-8")
    return paths


def run(path: Path, options: Sequence[str]) -> str:
    """Run a suite, with no plugins but those of *options*; what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, path.name]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    # Without compiled files each run would compile a thousand tests, which no second run of a user's does.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    ended = subprocess.run(command, cwd=path.parent, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return ended.stdout


def processor_seconds(path: Path, options: Sequence[str]) -> float:
    """The processor time of a suite, its workers' included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(path, options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tests", type=int, default=1000, help="tests in a suite (default 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each way (default 5)")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="of pytest-xdist (default 0 and 2)")
    options = parser.parse_args()
    print(f"{options.tests} tests, {options.rounds} rounds; {versions('pytest', 'responses', 'freezegun', 'PyJWT')}")
    with tempfile.TemporaryDirectory() as name:
        paths = write(Path(name), SUITES, options.tests)
        for workers in options.workers:
            spread = ("-p", "xdist.plugin", "-n", str(workers)) if workers else ()
            measured: dict[str, list[float]] = {way: [] for way in SUITES}
            for number in range(options.rounds + 1):
                for way, suite in SUITES.items():
                    taken = processor_seconds(paths[way], (*suite.options, *spread))
                    if number:  # the first one compiles
                        measured[way].append(taken)
            rows = []
            for way, suite in SUITES.items():
                seconds = sorted(measured[way])[len(measured[way]) // 2]
                frozen = f"{ratio(measured, way, suite.unfrozen):.2f}" if suite.unfrozen else ""
                rows.append((way, f"{seconds:.2f}", f"{ratio(measured, way, BASE):.2f}", frozen))
            table((f"suite, `-n {workers}`", "s of a processor", "to the bare stub", "frozen to unfrozen"), rows)


if __name__ == "__main__":
    main()
