"""Real client libraries: what each sends by default, what the judge says of it, and what it does when things go wrong.

Run by ``tox -e libraries``, where each has the version that is written down. A library that is missing fails its tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import files
from pathlib import Path

import pytest
from clients import record, with_httpx, with_requests, with_sockets
from clients.connecting import LivePort, connected
from clients.facts import what_was_sent
from clients.questions import QUESTIONS, Asked
from clients.ways import Way

from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.clock import FrozenClock

pytestmark = pytest.mark.libraries

WAYS = (*with_requests.WAYS, *with_httpx.WAYS, *with_sockets.WAYS)


@pytest.fixture(autouse=True)
def no_news() -> Iterator[None]:
    """What libraries deprecate of themselves and of others is not our business."""
    with warnings.catch_warnings():
        with suppress(ImportError):
            import authlib.deprecate  # noqa: F401  puts its own warnings before all filters
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module")
def live() -> Iterator[LivePort]:
    """A server, once a test needs one."""
    started: list[LiveServer] = []

    def start() -> LiveServer:
        if not started:
            started.append(LiveServer())
        return started[0]

    yield start
    for server in started:
        server.stop()


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_is_sent_by_default(way: Way, live: LivePort) -> None:
    with connected(way, live) as one:
        one.token()
        facts = what_was_sent(
            one.requests[0], client=one.endpoint.client, server=one.endpoint.server, profiles=way.profiles
        )
    record.agree(way, "sent", facts)


@pytest.mark.parametrize(
    ("way", "question"),
    # A time-out at a socket would take the time that the client allows.
    [(way, name) for way in WAYS for name in QUESTIONS if not (way in with_sockets.WAYS and "time-out" in name)],
    ids=str,
)
def test_what_is_done_later(
    way: Way, live: LivePort, question: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The time stands still, so that two assertions are equal, or not, whenever the second changes.
    # freezegun looks at every attribute of every module, which makes auth0-python import what cannot be imported then.
    with connected(way, live) as one, FrozenClock(freezer="time-machine") as clock:
        # Libraries wait by `time.sleep` before they try again.
        monkeypatch.setattr("time.sleep", clock.tick)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        answer = QUESTIONS[question](Asked(one, clock, tmp_path))
        first = one.requests[0].verdict.rules
        found = [rule for request in one.requests[1:] for rule in request.verdict.rules if rule not in first]
    record.agree(way, "behaviour", {"says": answer, "found": list(dict.fromkeys(found))}, question)


@pytest.mark.parametrize("library", sorted({way.library for way in WAYS}))
class TestWhatIsWrittenDown:
    def test_is_of_the_version_that_is_installed(self, library: str) -> None:
        assert record.read(library)["version"] == record.version_of(library)

    def test_is_of_every_way_and_of_no_other(self, library: str) -> None:
        assert set(record.read(library)["ways"]) == {way.name for way in WAYS if way.library == library}

    def test_says_of_each_finding_where_in_the_library_it_comes_from(self, library: str) -> None:
        written = record.read(library)
        broken = set()
        for facts in written["ways"].values():
            for verdict in facts["sent"]["verdicts"].values():
                broken |= {*verdict["errors"], *verdict["warnings"]}
            # Whether a redirect is followed is the HTTP library's doing.
            for question in facts["behaviour"].keys() - {"redirect 307 to another host"}:
                broken |= {*facts["behaviour"][question]["found"]}
        assert set(written["notes"]) >= broken

    def test_names_functions_that_are_there(self, library: str) -> None:
        notes = record.read(library)["notes"]
        installed = {str(path): path for path in (files(library) or () if notes else ())}
        for note in notes.values():
            source = installed[note["file"]].read_text()
            assert f"def {note['function'].rpartition('.')[2]}(" in source, note
            assert note.get("quotes", "") in source, note
