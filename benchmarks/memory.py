"""What is kept: memory for many requests in one test, and over many tests, beside a bare stub.

    python benchmarks/memory.py [--requests 10000] [--tests 10000]

Each figure is from a process of its own. In one test: what is resident after a fifth of the requests and after all,
and so what each keeps, until the test ends; a mock of ``responses`` keeps its calls as well. Over tests of one request
each: what is resident after a fifth of the tests and after all; pytest itself keeps a report of each, so a suite is to
be held against the bare one.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from suites import BASE, SUITES, run, write
from tables import table, versions

MIB = 2**20
IN_ONE_TEST = """
import contextlib, gc, json, os, sys
import requests, responses
from pytest_jwtauth import TokenEndpoint
from pytest_jwtauth.adapters import for_responses
from pytest_jwtauth.profiles import PROFILES
from token_requests import CLIENT, REDIRECT_URI, SERVER, STATIC, form

def resident():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

@contextlib.contextmanager
def bare():
    with responses.RequestsMock() as stub:
        stub.post(SERVER.token_endpoint, json=STATIC)
        yield lambda: "code"

@contextlib.contextmanager
def ours():
    endpoint = TokenEndpoint(client=CLIENT, server=SERVER, profile=PROFILES["pingone"])
    with for_responses.mounted(endpoint):
        yield lambda: endpoint.issue_code(redirect_uri=REDIRECT_URI, scope="profile")

which, count = sys.argv[1], int(sys.argv[2])
found = []
with {"bare": bare, "ours": ours}[which]() as new_code:
    for number in range(count):
        requests.post(SERVER.token_endpoint, data=form(new_code()), timeout=5).raise_for_status()
        if number + 1 in {count // 5, count}:
            found.append(resident())
print(json.dumps(found))
"""
TELL = """
import gc, os

def resident():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def pytest_runtest_logfinish(nodeid):
    number = int(nodeid.rpartition("_")[2]) + 1
    if number in {LOOKS}:
        print(f"\\nRESIDENT {resident()}")
"""


def in_one_test(which: str, requests: int) -> list[int]:
    """Octets resident after a fifth of the requests, and after all."""
    command = [sys.executable, "-c", IN_ONE_TEST, which, str(requests)]
    here = Path(__file__).parent
    return list(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=here, text=True).stdout))


def over_tests(suite: str, tests: int) -> list[int]:
    """Octets resident after a fifth of the tests, and after all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write(folder, {suite: SUITES[suite]}, tests)[suite]
        (folder / "conftest.py").write_text(TELL.replace("LOOKS", f"{tests // 5}, {tests}"), "utf-8")
        printed = run(path, ("-s", *SUITES[suite].options))
    return [int(found) for found in re.findall(r"RESIDENT (\d+)", printed)]


def rows(found: dict[str, list[int]], count: int) -> list[tuple[str, ...]]:
    return [
        (name, f"{first / MIB:.0f}", f"{last / MIB:.0f}", f"{(last - first) / (count - count // 5) / 1024:.1f}")
        for name, (first, last) in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=10_000, help="in one test (default 10000)")
    parser.add_argument("--tests", type=int, default=10_000, help="of a suite (default 10000)")
    options = parser.parse_args()
    print(versions("pytest", "responses"))
    found = {BASE: in_one_test("bare", options.requests), "judged": in_one_test("ours", options.requests)}
    heading = ("MiB at a fifth", "MiB at the end", "KiB for each")
    table((f"{options.requests} requests in one test", *heading), rows(found, options.requests))
    ours = ("`jwtauth_token_endpoint`", "`jwtauth_token_endpoint`, `jwtauth_clock`")
    found = {suite: over_tests(suite, options.tests) for suite in (BASE, *ours)}
    table((f"{options.tests} tests of one request", *heading), rows(found, options.tests))


if __name__ == "__main__":
    main()
