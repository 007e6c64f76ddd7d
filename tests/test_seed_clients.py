"""The eleven clients in ``examples/seed_clients``: complete, with captured requests, and three that always run.

All that a machine has the toolchain of run in tox's environment ``clients``.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from pytest_jwtauth import AuthorizationServer, RegisteredClient, TokenRequest, Verdict, judge

TESTS = Path(__file__).resolve().parent
FOLDER = TESTS.parent / "examples" / "seed_clients"
CAPTURED = TESTS / "corpus" / "seed"

LANGUAGES = ["cURL", "C#", "Go", "HTTP", "Java", "jQuery", "NodeJS", "Python", "PHP", "Ruby", "Swift"]
"""What the document shows the request in, in its order."""

NOT_CLIENTS = {"clients.py", "conftest.py", "test_contract.py", "pytest.ini", "install.sh", "README.md"} | {
    *("package.json", "package-lock.json", ".npmrc", "jquery.html")
}


def load_clients() -> Any:
    spec = spec_from_file_location("seed_clients", FOLDER / "clients.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CLIENTS = load_clients().CLIENTS
TWINS = [pytest.param(client.twin, id=client.name) for client in CLIENTS]


def verdict_on(name: str) -> Verdict:
    """The verdict on a captured request, as the profile has it that the document belongs to."""
    case = json.loads(CAPTURED.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    request = case["request"]
    return judge(
        TokenRequest(request["method"], request["url"], request["headers"], base64.b64decode(request["body_base64"])),
        client=RegisteredClient(case["client"]["client_id"], client_secret=case["client"]["client_secret"]),
        server=AuthorizationServer(case["issuer"], case["token_endpoint"]),
        profile="pingone",
        now=case["received_at"],
        leeway=1,
        code="auth-code-1",
        redirect_uri="http://localhost:3000/callback",
    )


def test_there_is_a_client_for_each_language_of_the_document() -> None:
    assert [client.name for client in CLIENTS] == LANGUAGES


def test_each_client_is_in_a_file_of_its_own_and_no_other_file_lies_about() -> None:
    sources = [client.source for client in CLIENTS]
    assert len(set(sources)) == len(LANGUAGES)
    present = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert present == NOT_CLIENTS | set(sources)


def test_each_client_has_captured_requests() -> None:
    # Two ways of Mono's were captured; the client goes one of them.
    twins = {client.twin for client in CLIENTS} | {"csharp-mono-webclient"}
    assert len(twins) == len(LANGUAGES) + 1
    assert {path.name for path in CAPTURED.iterdir()} == {
        f"{twin}.{kind}.json" for twin in twins for kind in ("filled", "unfilled-placeholder")
    }


@pytest.mark.parametrize("client", CLIENTS, ids=LANGUAGES)
def test_a_client_takes_everything_from_its_environment(client: Any) -> None:
    source = FOLDER.joinpath(client.source).read_text(encoding="utf-8")
    taken = ["TOKEN_ENDPOINT", "CODE", "REDIRECT_URI", "CLIENT_ASSERTION", *(["CA_FILE"] if client.https else [])]
    assert [name for name in taken if not re.search(rf"\b(JWTAUTH_)?{name}\b", source)] == []
    assert "http://localhost" not in source
    assert "CLIENT_SECRET" not in source


@pytest.mark.parametrize("twin", TWINS)
def test_the_document_s_own_request_filled_in_breaks_no_rule(twin: str) -> None:
    verdict = verdict_on(f"{twin}.filled")
    assert verdict.violations == ()
    # The document's assertion has iss, sub, aud and exp alone.
    assert verdict.rules == ("jti-missing",)


@pytest.mark.parametrize("twin", TWINS)
def test_the_document_s_own_request_with_its_placeholders_breaks_the_rules_that_say_so(twin: str) -> None:
    verdict = verdict_on(f"{twin}.unfilled-placeholder")
    assert set(verdict.rules) == {"jws-json-serialization", "jws-part-count", "jws-b64-alphabet", "code-mismatch"}
    assert str(verdict).count("(a placeholder that was not filled in)") == 2


def test_clients_that_need_no_toolchain_fulfil_the_contract() -> None:
    always = ["HTTP", "Python", *(["cURL"] if shutil.which("curl") else [])]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "pytest_jwtauth.plugin", "--color=no"),
            *(f"--only={name}" for name in always),
        ],
        cwd=FOLDER,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    # Four cases each, and the one of raw HTTP as it is printed.
    assert re.search(rf"=+ {4 * len(always) + 1} passed, \d+ deselected in ", done.stdout), done.stdout
    table = done.stdout.partition("the clients of the document")[2]
    assert table.count(" HTTP: ran, judged, no violation\n") == len(always)
    assert table.count(" HTTPS: ran, judged, no violation\n") == len(always)
    assert "as printed: ran, judged, client-assertion-missing, grant-type-missing\n" in table


def test_the_page_beside_the_clients_names_each_with_its_library() -> None:
    page = FOLDER.joinpath("README.md").read_text(encoding="utf-8")
    assert [
        client.name for client in CLIENTS if f"| {client.name} | {client.library} | `{client.source}` |" not in page
    ] == []
