"""Run the suites of three applications, and of their broken twins, and print what was judged.

``python examples/run_demo.py``: the exit status is 0 if every application passes and every broken twin is found out.
Needs pytest-jwtauth and the three client libraries; takes nothing but the standard library itself.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Application:
    """One of the folders beside this file: ``right/`` and ``broken/`` hold the module, one suite tests either.

    Attributes:
        fault: What is wrong with the broken twin.
        rule: The rule that says so.
        test: A test that finds it out; its output is shown.
    """

    folder: str
    title: str
    fault: str
    rule: str
    test: str


APPLICATIONS = (
    Application(
        "requests_and_pyjwt",
        "requests and PyJWT, client_secret_jwt",
        "iat and exp in milliseconds",
        "claim-time-milliseconds",
        "test_login",
    ),
    Application(
        "authlib_session",
        "Authlib on requests, private_key_jwt",
        "one dictionary of claims for all assertions, in which Authlib leaves its first jti",
        "multi-jti-reused",
        "test_a_user_who_stays_all_day_is_refreshed_each_hour",
    ),
    Application(
        "requests_oauth2client",
        "requests_oauth2client, client_secret_jwt",
        "an assertion that is cached, and does not live as long as the cache",
        "exp-expired",
        "test_a_session_outlives_its_first_access_token",
    ),
)


def run(application: Application, version: str) -> tuple[int, str]:
    """Run the suite against the module in the folder *version*, ``right`` or ``broken``; exit status and output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        # What is shown is what our plugin does, whatever else is installed here.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "pytest", "-p", "pytest_jwtauth.plugin", "-p", "judged", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-o", f"pythonpath={version}"],
        cwd=HERE / application.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def section(output: str, heading: str) -> str:
    """The lines below a heading of pytest's, up to the next one."""
    found = re.search(rf"^=+ {re.escape(heading)} =+\n(.*?)(?=^=+ .* =+$|\Z)", output, re.MULTILINE | re.DOTALL)
    return found[1].rstrip() if found else ""


def failure(output: str, test: str) -> str:
    """What pytest prints about one failed test."""
    found = re.search(rf"^_+ {re.escape(test)} _+\n.*?(?=^_+ .* _+$|^=+ .* =+$|\Z)", output, re.MULTILINE | re.DOTALL)
    return found[0].rstrip() if found else ""


def show(application: Application) -> list[str]:
    """Run one application and its twin, print what was judged, and return what is wrong about that."""
    wrong = []
    print(f"\n##### {application.title} #####\n")
    status, output = run(application, "right")
    print(section(output, "what was judged"), output.rstrip().rpartition("\n")[2], sep="\n")
    if status != 0:
        print(output)
        wrong.append(f"{application.folder}: the suite of the right application failed")

    print(f"\n##### its broken twin: {application.fault} #####\n")
    status, output = run(application, "broken")
    print(failure(output, application.test), section(output, "what was judged"), sep="\n\n")
    print(output.rstrip().rpartition("\n")[2])
    if status != 1 or application.rule not in failure(output, application.test):
        print(output)
        wrong.append(f"{application.folder}: {application.test} did not find {application.rule} in the broken twin")
    return wrong


def main() -> int:
    wrong = [fault for application in APPLICATIONS for fault in show(application)]
    print()
    print("\n".join(wrong) or "All three applications send what they should; all three broken twins were found out.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
