"""A small pytest plugin for the demonstration: after the run it lists what each test sent, and the verdict on it.

``pytest -p judged``, with this folder on PYTHONPATH. It reads the public attributes of the endpoint and nothing else.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

_sent: list[tuple[str, list[str]]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    endpoint = getattr(item, "funcargs", {}).get("jwtauth_token_endpoint")
    if endpoint is not None:
        _sent.append((item.name, [describe(request) for request in endpoint.requests]))


def describe(request: Any) -> str:
    header, claims = (request.assertion.header, request.assertion.claims) if request.assertion else ({}, {})
    broken = [f"{found.rule} ({found.level})" for found in (*request.verdict.violations, *request.verdict.warnings)]
    verdict = ", ".join(broken) or "right"
    life = f"lives {claims['exp'] - claims['iat']} s" if {"exp", "iat"} <= claims.keys() else ""
    grant = request.form.get("grant_type", "")
    answered = request.response.status if request.response else "---"
    return f"{grant:<18} {header.get('alg', ''):<5} {life:<13} {answered}  {verdict}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("what was judged")
    for test, requests in _sent:
        terminalreporter.line(test)
        for request, same in groupby(requests):
            terminalreporter.line(f"  {len(list(same)):>3} x {request}")
    terminalreporter.line(f"{sum(len(requests) for _, requests in _sent)} requests")
