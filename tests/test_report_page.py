"""The page of the report: one file, whole, escaped, in order; and, where there is a browser, opened in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pytest_jwtauth.suite_report.markdown import markdown
from pytest_jwtauth.suite_report.page import page
from pytest_jwtauth.suite_report.summary import document
from pytest_jwtauth.suite_report.timeline import MOST_ROWS, timeline

NOON = 1_800_000_000.0
HOSTILE = "<script>alert('`|*1*|`')</script>&amp;"


def request(at: float = NOON, **changes: Any) -> dict[str, Any]:
    claims = {"iat": at, "exp": at + 60, "jti": HOSTILE}
    return {
        "at": at,
        "method": "POST",
        "url": f"https://as.example/{HOSTILE}",
        "endpoint": "token_endpoint",
        "grant_type": "authorization_code",
        "fields": ["grant_type", HOSTILE],
        "assertion": {"header": {"alg": "HS256", "kid": HOSTILE}, "claims": claims, "signature": "valid"},
        "status": 200,
        "violations": [],
        "not_evaluated": [],
        **changes,
    }


VIOLATION = {
    "rule": "exp-expired",
    "level": "error",
    "found": HOSTILE,
    "expected": HOSTILE,
    "source": "RFC 7519 §4.1.4",
}


def record(name: str, *requests: dict[str, Any], **changes: Any) -> str:
    told = {
        "test": f"test_a.py::{name}",
        "outcome": "passed",
        "profile": "pingone",
        "broken": [],
        "warned": [],
        "requests": list(requests),
        "exercised": {"exp-expired": len(requests)},
        "promise": None,
    }
    return json.dumps({**told, **changes})


def promise(verdict: str, reason: str = "") -> dict[str, str]:
    return {"id": "form-fields", "sentence": HOSTILE, "source": "RFC 6749", "verdict": verdict, "reason": reason}


RECORDS = [
    record("test_right", request(), request(NOON + 3600)),
    record(
        "test_wrong",
        request(NOON, violations=[VIOLATION, {**VIOLATION, "level": "warning"}], status=400),
        request(NOON + 1, assertion=None, status=None, grant_type=None, fields=[], not_evaluated=["exp-too-far"]),
        outcome="failed",
        broken=["exp-expired"],
    ),
    record(f"test_many[{HOSTILE}]", *[request(NOON + number) for number in range(MOST_ROWS + 1)]),
    record("TestClient::test_form_fields", request(), promise=promise("broken", f"{HOSTILE}\nand more")),
    record("TestClient::test_html", promise=promise("not applicable", HOSTILE)),
    record("TestClient::test_kept", request(), promise=promise("kept")),
]


class Reader(HTMLParser):
    """Reads a page, and notes what a browser would need."""

    VOID = frozenset({"meta", "rect", "circle", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def read() -> Reader:
    return Reader(page(document(RECORDS)))


def test_the_page_is_whole(read: Reader) -> None:
    assert read.open == []
    assert read.tags.count("table") == read.tags.count("caption")
    assert {"h1", "h2", "main", "svg", "details", "summary"} <= set(read.tags)


def test_each_cell_is_named_for_screens_without_room_for_the_head() -> None:
    text = page(document(RECORDS))
    assert text.count("<td") == text.count("data-name=") > 20
    assert 'data-name="found"' in text


def test_the_page_needs_nothing_but_itself(read: Reader) -> None:
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert read.links
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert "url(" not in read.text


def test_what_was_sent_is_shown_as_it_is(read: Reader) -> None:
    # In a URL, a field's name, kid, jti, found and expected, a promise and its reason, the name of a test.
    assert read.text.count(HOSTILE) > 100
    for word in ("no answer", "rules broken: 1", "answered 400", "Not evaluated: exp-too-far", f"first {MOST_ROWS}"):
        assert word in read.text


def test_promises_that_are_broken_come_first(read: Reader) -> None:
    table = page(document(RECORDS)).partition("<table>")[2].partition("</table>")[0]
    assert re.findall(r'class="word [a-z-]+">([a-z ]+)', table) == ["broken", "kept", "not applicable"]


def test_a_suite_without_requests_has_a_page() -> None:
    read = Reader(page(document([])))
    assert read.open == []
    assert "No test had an endpoint." in read.text


def test_of_a_test_that_ran_again_the_last_run_counts() -> None:
    told = document([record("test_flaky", outcome="failed"), record("test_flaky")])
    assert [test["outcome"] for test in told["tests"]] == ["passed"]


def test_markdown_shows_what_is_odd_as_it_is_and_names_a_few_tests() -> None:
    text = markdown(document([*RECORDS, *[record(f"test_{n}", broken=["exp-expired"]) for n in range(6)]]))
    assert "<script" not in text
    assert "`" not in text
    assert " and 2 more |" in text
    assert all(line.count("|") in {0, 4, 5} for line in text.splitlines())


def spots(*requests: dict[str, Any]) -> list[float]:
    return [float(spot) for spot in re.findall(r'(?:x|cx|width)="([0-9.-]+)%"', timeline(list(requests)))]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": "soon"},
        {"exp": 10**400},
        {"iat": NOON, "exp": NOON - 1},
        {"iat": -1e300, "exp": NOON},
        {"iat": 0, "exp": NOON * 1000},
        {"nbf": None, "exp": [1]},
    ],
)
def test_odd_times_stay_within_the_drawing(claims: dict[str, Any]) -> None:
    odd = request(assertion={"header": {}, "claims": claims, "signature": "valid"})
    assert all(0 <= spot <= 100 for spot in spots(request(), odd, request(NOON + 10, assertion=None)))


def test_the_life_of_an_assertion_is_drawn_to_scale() -> None:
    drawn = timeline([request(NOON), request(NOON + 60)])
    assert re.findall(r'class="life" x="([\d.]+)%" y="\d+" width="([\d.]+)%"', drawn) == [
        ("1.0", "49.00"),
        ("50.0", "49.00"),
    ]
    assert "2027-01-15 08:00:00Z" in drawn
    assert "+ 120 s" in drawn


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.mark.browser
@pytest.mark.parametrize("size", ["390,844", "1280,900"], ids=["phone", "desktop"])
def test_a_browser_shows_all_of_it_and_complains_of_nothing(tmp_path: Path, size: str, read: Reader) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    (tmp_path / "contract.html").write_text(page(document(RECORDS)), "utf-8")
    command = [
        *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *(f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}", "--enable-logging=stderr", "--dump-dom"),
        (tmp_path / "contract.html").as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "CONSOLE" not in done.stderr
    shown = Reader(done.stdout)
    assert " ".join(shown.text.split()) == " ".join(read.text.split())
    assert shown.ids == read.ids
