"""Client libraries of Node against the live endpoint: what each sends, and what it does when things go wrong.

Run by ``tox -e clients``, which installs what ``node/package-lock.json`` names. What is found out is written down as it
is for the libraries of Python, and stands on the same page.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from clients import record
from clients.facts import what_followed, what_was_sent

from pytest_jwtauth import RegisteredClient

pytestmark = pytest.mark.node

PROGRAMS = Path(__file__).parent / "node"
NOT_RUN = "not run: no node on the PATH, or not the modules of node/package-lock.json; tox -e clients installs them"
MODULES = Path(os.environ.get("JWTAUTH_NODE_LIBRARIES") or PROGRAMS / "node_modules")


@dataclass(frozen=True)
class Way:
    """One way to use a library of Node.

    Attributes:
        library: Its name at npm.
        name: What of it is used.
        program: The program that does so.
        method: The client authentication method.
        options: What the program is told.
        breaks: The rules that its request breaks.
    """

    library: str
    name: str
    program: str
    method: str
    options: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()


WITH_ASSERTION = tuple(
    Way(library, f"`{function}`{what}", program, method, options)
    for library, program in (("openid-client", "openid_client.mjs"), ("oauth4webapi", "oauth4webapi.mjs"))
    for function, what, method, options in (
        ("ClientSecretJwt", "", "client_secret_jwt", ()),
        ("ClientSecretJwt", ", `modifyAssertion`", "client_secret_jwt", ("--audience=token_endpoint",)),
        ("PrivateKeyJwt", "", "private_key_jwt", ()),
    )
)
WITHOUT = (
    Way(
        "openid-client",
        "a secret, and no word of how to use it",
        "openid_client.mjs",
        "client_secret_post",
        ("--method=none",),
        ("auth-method-not-registered", "auth-client-secret-present", "client-assertion-missing", "secret-leaked"),
    ),
)
WAYS = (*WITH_ASSERTION, *WITHOUT)
LIBRARIES = tuple(dict.fromkeys(way.library for way in WAYS))


def named(way: Way) -> str:
    return f"{way.library}-{way.name}"


@cache
def client_with(method: str) -> RegisteredClient:
    if method == "private_key_jwt":
        return RegisteredClient.generate(method, alg="RS256")
    return RegisteredClient.generate("client_secret_jwt")


@pytest.fixture
def jwtauth_client(way: Way) -> RegisteredClient:
    return client_with(way.method)


@pytest.fixture(scope="session")
def jwtauth_profile() -> str:
    return "rfc7523"


Take = Callable[..., Any]


@pytest.fixture
def take(jwtauth_live_token_endpoint: Any, way: Way, tmp_path: Path) -> Take:
    """Have the library take steps, one after the other, in one process; how it ended, and what was sent."""
    if shutil.which("node") is None or not MODULES.is_dir():
        pytest.skip(NOT_RUN)
    for program in PROGRAMS.glob("*.mjs"):
        shutil.copy(program, tmp_path)
    tmp_path.joinpath("node_modules").symlink_to(MODULES, target_is_directory=True)

    def take(*steps: str) -> Any:
        return jwtauth_live_token_endpoint.run(
            ["node", way.program, *way.options, *steps], cwd=tmp_path, timeout=30, check=False
        )

    return take


def asked_again(endpoint: Any, take: Take) -> str:
    # To keep the token is left to the application, and this one does not.
    with endpoint.expect_violation("multi-token-not-cached"):
        run = take("credentials", "credentials").check()
    return what_followed(run.requests[0], run.requests[1:])


def refresh(endpoint: Any, take: Take) -> str:
    run = take("code", "refresh").check()
    return what_followed(run.requests[0], run.requests[1:])


def by_itself_after(trouble: int | str) -> Callable[[Any, Take], str]:
    def ask(endpoint: Any, take: Take) -> str:
        endpoint.then(trouble)
        run = take("code")
        assert run.status == 1
        return what_followed(run.requests[0], run.requests[1:])

    return ask


def after_a_redirect(endpoint: Any, take: Take) -> str:
    # The same machine by another name: what follows arrives at the endpoint, too, as a request to the wrong URL.
    elsewhere = urlsplit(endpoint.url)._replace(netloc=f"localhost:{urlsplit(endpoint.url).port}")
    endpoint.then(307, location=elsewhere.geturl())
    run = take("code")
    assert run.status == 1
    return "not followed" if len(run.requests) == 1 else what_followed(run.requests[0], run.requests[1:])


QUESTIONS: Mapping[str, Callable[[Any, Take], str]] = {
    "asked again at once": asked_again,
    "refresh": refresh,
    "by itself after 401 with a challenge for Basic": by_itself_after("basic-bait"),
    "by itself after 503": by_itself_after(503),
    "redirect 307 to another host": after_a_redirect,
}


def installed_version(library: str) -> str:
    package = json.loads(MODULES.joinpath(library, "package.json").read_text(encoding="utf-8"))
    return str(package["version"])


def agree(way: Way, part: str, facts: Any, question: str | None = None) -> None:
    """Compare *facts* with what is written down of *way*, or write them down."""
    __tracebackhide__ = True
    known = record.read(way.library)
    if record.WRITES:
        new = {"library": way.library, "version": "", "language": "Node", "notes": {}, "ways": {}}
        known = {**new, **known, "version": installed_version(way.library)}
        entry = known["ways"].setdefault(way.name, {})
        entry |= {"over": "fetch", "method": way.method, "grant": "authorization_code"}
        entry[part] = facts if question is None else {**entry.get(part, {}), question: facts}
        text = json.dumps(known, indent=2, ensure_ascii=False)
        record.file_of(way.library).write_text(f"{text}\n", encoding="utf-8")
        return
    written = known["ways"][way.name][part]
    assert facts == (written if question is None else written[question])


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_what_is_sent_by_default(way: Way, take: Take, jwtauth_live_token_endpoint: Any) -> None:
    endpoint = jwtauth_live_token_endpoint
    with endpoint.expect_violation(*way.breaks) if way.breaks else nullcontext():
        run = take("code")
    assert (run.status == 0) is not bool(way.breaks)
    (request,) = run.requests
    facts = what_was_sent(request, client=endpoint.client, server=endpoint.server, profiles=("rfc7523", "pingone"))
    agree(way, "sent", facts)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("way", WITH_ASSERTION, ids=named)
def test_what_is_done_later(way: Way, question: str, take: Take, jwtauth_live_token_endpoint: Any) -> None:
    endpoint = jwtauth_live_token_endpoint
    answer = QUESTIONS[question](endpoint, take)
    first = endpoint.requests[0].verdict.rules
    found = [rule for request in endpoint.requests[1:] for rule in request.verdict.rules if rule not in first]
    agree(way, "behaviour", {"says": answer, "found": list(dict.fromkeys(found))}, question)


@pytest.mark.parametrize("library", LIBRARIES)
class TestWhatIsWrittenDown:
    """As for the libraries of Python; only where they are installed there is something to compare it with."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        if not MODULES.is_dir():
            pytest.skip(NOT_RUN)

    def test_is_of_the_version_that_is_installed(self, library: str) -> None:
        assert record.read(library)["version"] == installed_version(library)

    def test_is_of_every_way_and_of_no_other(self, library: str) -> None:
        assert set(record.read(library)["ways"]) == {way.name for way in WAYS if way.library == library}

    def test_says_of_each_finding_where_in_the_library_it_comes_from(self, library: str) -> None:
        written = record.read(library)
        verdicts = [verdict for way in written["ways"].values() for verdict in way["sent"]["verdicts"].values()]
        answers = [answer for way in written["ways"].values() for answer in way.get("behaviour", {}).values()]
        found = {rule for verdict in verdicts for rule in (*verdict["errors"], *verdict["warnings"])}
        found |= {rule for answer in answers for rule in answer["found"]}
        assert found <= set(written["notes"])

    def test_names_functions_that_are_there(self, library: str) -> None:
        for note in record.read(library)["notes"].values():
            source = MODULES.joinpath(library, note["file"]).read_text(encoding="utf-8")
            name = note["function"].rpartition(".")[2]
            _, *bodies = re.split(rf"^(?:export )?(?:async )?(?:function | +){name}\(", source, flags=re.MULTILINE)
            assert any(note["quotes"] in body.partition("\nexport ")[0] for body in bodies), note
