"""What the clock costs a whole suite: 1,000 judged exchanges under pytest, frozen, against the same unfrozen.

    python benchmarks/frozen_suite.py [--tests 1000] [--rounds 5]

Every test takes ``jwtauth_token_endpoint`` and sends it one right request with ``requests``. The suites take turns,
each in a process of its own; the table shows medians of processor time, and ratios within this run.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

APPLICATION = """
import requests

def login(endpoint, sign):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": sign(),
    }
    assert requests.post(endpoint.url, data=form, timeout=5).status_code == 200
"""
TEST = """
{decorator}
def test_{number}({clock}jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion)
"""
WAYS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "not frozen": ("", "", ()),
    "jwtauth_clock": ("", "jwtauth_clock, ", ()),
    "jwtauth_clock, on time-machine": ("", "jwtauth_clock, ", ("-o", "jwtauth_clock=time-machine")),
    "@freeze_time on each test": ("@freeze_time()", "", ()),
}
"""How each test is decorated, what it takes first, and the options of pytest."""


def processor_seconds(suite: Path, options: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_jwtauth.plugin"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(
        [*command, *options, suite.name], cwd=suite.parent, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tests", type=int, default=1000, help="tests in a suite (default 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each way (default 5)")
    options = parser.parse_args()
    measured: dict[str, list[float]] = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
        (folder / "app.py").write_text(APPLICATION, "utf-8")
        suites = {}
        for number, (way, (decorator, clock, _)) in enumerate(WAYS.items()):
            suites[way] = folder / f"test_suite_{number}.py"
            tests = [TEST.format(decorator=decorator, clock=clock, number=test) for test in range(options.tests)]
            suites[way].write_text(
                f"from freezegun import freeze_time\nfrom app import login\n{''.join(tests)}", "utf-8"
            )
        for round_number in range(options.rounds + 1):
            for way, (_, _, arguments) in WAYS.items():
                taken = processor_seconds(suites[way], arguments)
                if round_number:  # the first one compiles
                    measured[way].append(taken)
    unfrozen = statistics.median(measured["not frozen"])
    print(f"{options.tests} tests, {options.rounds} rounds, freezegun {version('freezegun')}\n")
    print("| way | seconds of a processor | ratio |")
    print("| --- | ---: | ---: |")
    for way, samples in measured.items():
        median = statistics.median(samples)
        print(f"| {way} | {median:.2f} | {median / unfrozen:.2f} |")


if __name__ == "__main__":
    main()
