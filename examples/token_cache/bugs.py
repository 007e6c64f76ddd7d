"""Six classic bugs of a token cache, each as the piece of ``right/token_cache.py`` that it replaces, and its test.

``python bugs.py`` makes each broken twin in turn, runs the suite against it, and tells which tests found it out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
RIGHT = HERE / "right" / "token_cache.py"


@dataclass(frozen=True)
class Bug:
    """A way to be wrong: what stands in the place of a piece of the right module.

    Attributes:
        told_by: What the failure of *test* says: a rule of pytest-jwtauth, or the test's own assertion.
    """

    name: str
    right: str
    wrong: str
    test: str
    told_by: str


BUGS = (
    Bug(
        "late refresh",
        "lifetime - min(MARGIN, lifetime / 2)",
        "lifetime",
        "test_a_token_is_replaced_before_its_end",
        "assert cache.get() != first",
    ),
    Bug(
        "inverted leeway",
        "lifetime - min(MARGIN, lifetime / 2)",
        "lifetime + min(MARGIN, lifetime / 2)",
        "test_a_token_that_has_expired_is_not_handed_out",
        "assert cache.get() != first",
    ),
    Bug(
        "reused assertion",
        '"client_assertion": self.assertion(),',
        '"client_assertion": self.__dict__.setdefault("kept", self.assertion()),',
        "test_each_request_has_an_assertion_that_lives",
        "exp-expired",
    ),
    Bug(
        "reused jti",
        '"jti": str(uuid.uuid4()),',
        '"jti": str(uuid.uuid5(uuid.NAMESPACE_URL, self.client_id)),',
        "test_each_assertion_has_a_jti_of_its_own",
        "multi-jti-reused",
    ),
    Bug(
        "retry storm",
        'time.sleep(float(answer.headers.get("Retry-After", 2**attempt)))',
        "continue",
        "test_a_busy_server_is_left_alone_for_as_long_as_it_says",
        "multi-retry-after-ignored",
    ),
    Bug(
        "swallowed error",
        'raise TokenError(answer.json().get("error_description", answer.reason))',
        "return",
        "test_a_refusal_is_an_error_and_not_an_old_token",
        "DID NOT RAISE",
    ),
)


def twin_of(bug: Bug) -> str:
    """The text of the module with the bug in it."""
    text = RIGHT.read_text(encoding="utf-8")
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.name}: the piece to replace occurs {text.count(bug.right)} times")
    return text.replace(bug.right, bug.wrong)


def run(module: str) -> tuple[int, str]:
    """Run the suite against the text of a module; exit status and output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "NO_COLOR": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, RIGHT.name).write_text(module, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "pytest_jwtauth.plugin", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, "-o", f"pythonpath={folder}"],
            cwd=HERE,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
    return done.returncode, done.stdout


def failed(output: str) -> list[str]:
    """The names of the tests that failed."""
    return re.findall(r"^FAILED \S+::(\w+)", output, re.MULTILINE)


def main() -> int:
    status, output = run(RIGHT.read_text(encoding="utf-8"))
    print("right:", output.rstrip().rpartition("\n")[2])
    missed = [] if status == 0 else ["right"]
    for bug in BUGS:
        found_by = failed(run(twin_of(bug))[1])
        print(f"{bug.name}: found by {', '.join(found_by) or 'nobody'}")
        if bug.test not in found_by:
            missed.append(bug.name)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
