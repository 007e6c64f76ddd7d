"""``contract.html``: one page that needs nothing else, neither a network nor a script. Everything told is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from pytest_jwtauth.numeric_date import show
from pytest_jwtauth.suite_report.page_style import STYLE
from pytest_jwtauth.suite_report.summary import broken_rules, clients, never_exercised, rules_in_words
from pytest_jwtauth.suite_report.timeline import MOST_ROWS, timeline


def page(told: dict[str, Any]) -> str:
    """The page for *told*, the document of `summary`."""
    return "\n".join(_page(told)) + "\n"


def _page(told: dict[str, Any]) -> Iterator[str]:
    anchors = {test["test"]: f"test-{number}" for number, test in enumerate(told["tests"], 1)}
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Token requests</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>"
    yield "<h1>Token requests</h1>"
    yield from _figures(told)
    for client, tests in clients(told).items():
        yield f"<h2>Promises of {escape(client)}</h2>"
        yield from _promises(client, tests, anchors)
    if broken := broken_rules(told):
        yield "<h2>Rules that were broken</h2>"
        rows = (
            (
                f"<code>{rule['id']}</code>",
                escape(rule["requirement"]),
                escape(rule["source"]),
                "\n".join(_link(test, anchors) for test in rule["broken_in"]),
            )
            for rule in broken
        )
        yield from _table("Each with where it is demanded", ("rule", "requirement", "source", "tests"), rows)
    yield "<h2>Requests</h2>"
    if not told["tests"]:
        yield "<p>No test had an endpoint.</p>"
    for test in told["tests"]:
        yield from _test(test, anchors[test["test"]])
    yield from _rules(told)
    yield f'<p class="faint">Made by {escape(told["made_by"])}.</p>\n</main>\n</body>\n</html>'


def _figures(told: dict[str, Any]) -> Iterator[str]:
    summary = told["summary"]
    figures = []
    if clients(told):
        figures = [(f"promises {verdict}", count, verdict) for verdict, count in summary["promises"].items() if count]
    figures += [
        ("requests", summary["requests"], ""),
        ("tests with an endpoint", summary["tests"], ""),
        (f"of {summary['rules']['known']} rules exercised", summary["rules"]["exercised"], ""),
        ("rules broken", summary["rules"]["broken"], "broken" if summary["rules"]["broken"] else ""),
    ]
    yield '<ul class="figures">'
    for words, count, kind in figures:
        yield f'<li><b class="{_kind(kind)}">{count}</b>{words}</li>'
    yield "</ul>"


def _promises(client: str, tests: list[dict[str, Any]], anchors: dict[str, str]) -> Iterator[str]:
    rows = []
    for test in tests:
        promise = test["promise"]
        rows.append(
            (
                f'<a href="#{anchors[test["test"]]}">{escape(promise["id"])}</a>',
                f'{escape(promise["sentence"])} <span class="faint">{escape(promise["source"])}</span>',
                _word(promise["verdict"]),
                escape(promise["reason"].partition("\n")[0]),
            )
        )
    caption = f"What {escape(client)} was held to"
    yield from _table(caption, ("promise", "what is promised", "verdict", "why"), rows)


def _table(caption: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table of cells that are HTML already."""
    yield f"<table>\n<caption>{caption}</caption>\n<thead><tr>"
    yield "".join(f'<th scope="col">{name}</th>' for name in head) + "</tr></thead>\n<tbody>"
    for first, *others in rows:
        # A narrow screen has no room for the head, and shows each cell's name beside it.
        named = zip(head[1:], others, strict=True)
        cells = "".join(f'<td class="where" data-name="{name}">{cell}</td>' for name, cell in named)
        yield f'<tr><th scope="row">{first}</th>{cells}</tr>'
    yield "</tbody>\n</table>"


def _test(test: dict[str, Any], anchor: str) -> Iterator[str]:
    requests, promise = test["requests"], test["promise"]
    count = "1 request" if len(requests) == 1 else f"{len(requests)} requests"
    word = promise["verdict"] if promise else test["outcome"]
    # What is broken is what somebody came to read.
    yield f"<details{' open' if word in {'broken', 'failed'} else ''}>"
    yield f'<summary>{_word(word)} {escape(test["test"])} <span class="faint">{count}</span></summary>'
    # Inside, so that a browser that goes there opens the details.
    yield f'<p class="faint" id="{anchor}">Judged by profile {escape(test["profile"])}.</p>'
    if test["broken"]:
        yield f"<p>Broken: <code>{', '.join(test['broken'])}</code></p>"
    if promise and promise["reason"]:
        yield f"<pre>{escape(promise['reason'])}</pre>"
    yield timeline(requests)
    if len(requests) > MOST_ROWS:
        yield f'<p class="faint">Drawn are the first {MOST_ROWS}.</p>'
    for number, request in enumerate(requests, 1):
        yield from _request(number, request)
    yield "</details>"


def _request(number: int, request: dict[str, Any]) -> Iterator[str]:
    answer = "no answer" if request["status"] is None else f"answered {request['status']}"
    broken = sum(one["level"] == "error" for one in request["violations"])
    wrong = f' <span class="word broken">rules broken: {broken}</span>' if broken else ""
    kind = escape(request["grant_type"] or request["method"])
    yield f"<details><summary>{number}. {show(request['at'])} {kind}: {answer}{wrong}</summary>"
    yield f"<p><code>{escape(request['method'])} {escape(request['url'])}</code></p>"
    if request["fields"]:
        yield f"<p>Fields: <code>{escape(', '.join(request['fields']))}</code></p>"
    rows = [
        (
            f"<code>{one['rule']}</code>",
            _word(one["level"]),
            escape(one["found"]),
            escape(one["expected"]),
            escape(one["source"]),
        )
        for one in request["violations"]
    ]
    if rows:
        yield from _table("Rules that this request broke", ("rule", "level", "found", "expected", "source"), rows)
    if assertion := request["assertion"]:
        for part in ("header", "claims"):
            text = json.dumps(assertion[part], indent=2, ensure_ascii=False)
            yield f"<h3>Assertion: {part}</h3><pre>{escape(text)}</pre>"
        yield f"<p>Signature: {escape(assertion['signature'])}</p>"
    if request["not_evaluated"]:
        yield f'<p class="faint">Not evaluated: {escape(", ".join(request["not_evaluated"]))}</p>'
    yield "</details>"


def _rules(told: dict[str, Any]) -> Iterator[str]:
    yield f"<h2>Rules</h2>\n<p>{rules_in_words(told).capitalize()}.</p>"
    rows = [
        (f"<code>{rule['id']}</code>", escape(rule["requirement"]), escape(rule["source"]), str(rule["requests"]))
        for rule in told["rules"]
        if rule["requests"]
    ]
    if rows:
        yield f"<details><summary>Exercised: {len(rows)}</summary>"
        yield from _table("By how many requests", ("rule", "requirement", "source", "requests"), rows)
        yield "</details>"
    never = never_exercised(told)
    yield f"<details><summary>Never exercised: {len(never)}</summary>"
    yield f"<p><code>{', '.join(never)}</code></p></details>"


def _link(test: str, anchors: dict[str, str]) -> str:
    return f'<a href="#{anchors[test]}">{escape(test)}</a>'


def _word(word: str) -> str:
    return f'<span class="word {_kind(word)}">{escape(word)}</span>'


def _kind(word: str) -> str:
    """The CSS class for *word*."""
    return word.replace(" ", "-")
