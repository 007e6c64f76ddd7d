"""How the cost of judging grows: with the rules in force, with the requests before, with the size of the body.

    python benchmarks/growth.py [--history 10 100 1000 10000 100000] [--repeat 200]

Medians of processor time for one call. The requests before are those that a stub remembers: what is looked for among
them is looked up, so its cost must not grow with their number. ``judge(history=[…])``, which is given them as a list,
reads all of them in each call, so that its cost does.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from tables import table, versions
from token_requests import CLIENT, REDIRECT_URI, SERVER, form

from pytest_jwtauth import Profile, TokenEndpoint, TokenRequest, judge
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import RULES, adjust, level_of

PROFILE = PROFILES["pingone"]


def request(code: str = "code", **more: str) -> TokenRequest:
    """A right request, signed anew."""
    fields = {**form(code), **more}
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    return TokenRequest("POST", SERVER.token_endpoint, headers, urlencode(fields).encode())


def microseconds(call: Callable[[], object], repeat: int) -> float:
    """The median processor time of *call*, called *repeat* times after some that fill caches."""
    taken = []
    for number in range(repeat + 5):
        began = time.thread_time()
        call()
        if number >= 5:
            taken.append(time.thread_time() - began)
    return statistics.median(taken) * 1e6


def with_rules(profile: Profile, share: float) -> tuple[int, Profile]:
    """*profile* with so much of its rules, and how many they are."""
    known = [rule.id for rule in RULES.values() if level_of(rule, profile) != "off"]
    kept = known[: round(len(known) * share)]
    return len(kept), adjust(profile, allow=[rule for rule in known if rule not in kept])


def rows(figures: Sequence[tuple[str, float]]) -> list[tuple[str, ...]]:
    first = figures[0][1]
    return [(name, f"{figure:.0f}", f"{figure / first:.2f}") for name, figure in figures]


def by_rules(repeat: int) -> list[tuple[str, float]]:
    sent = request()
    figures = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        count, profile = with_rules(PROFILE, share)
        call = lambda profile=profile: judge(sent, client=CLIENT, server=SERVER, profile=profile)  # noqa: E731
        figures.append((f"{count}", microseconds(call, repeat)))
    return figures


def by_requests_before(sizes: Sequence[int], repeat: int) -> list[tuple[str, float]]:
    endpoint = TokenEndpoint(client=CLIENT, server=SERVER, profile=PROFILE)
    figures, known = [], 0
    for size in sizes:
        for _ in range(size - known):
            endpoint.respond(request(endpoint.issue_code(redirect_uri=REDIRECT_URI, scope="profile")))
        ready = iter([
            request(endpoint.issue_code(redirect_uri=REDIRECT_URI, scope="profile")) for _ in range(repeat + 5)
        ])  # fmt: skip
        figures.append((f"{size}", microseconds(lambda ready=ready: endpoint.respond(next(ready)), repeat)))
        known = size + repeat + 5
    assert not endpoint.unexpected(), endpoint.unexpected()[0]
    return figures


def by_length_of_a_list(repeat: int) -> list[tuple[str, float]]:
    sent = [request(f"code-{number}") for number in range(1001)]
    return [
        (
            f"{size}",
            microseconds(
                lambda size=size: judge(sent[-1], client=CLIENT, server=SERVER, history=sent[:size]),
                max(repeat // 10, 5),
            ),
        )
        for size in (0, 10, 100, 1000)
    ]


def by_size(repeat: int) -> list[tuple[str, float]]:
    figures = []
    for kib in (1, 4, 16, 64, 256):
        sent = request(filler="x" * (kib * 1024 - len(request(filler="").body)))
        assert len(sent.body) == kib * 1024
        call = lambda sent=sent: judge(sent, client=CLIENT, server=SERVER, profile=PROFILE)  # noqa: E731
        figures.append((f"{kib} KiB", microseconds(call, repeat)))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--history", type=int, nargs="+", default=[10, 100, 1000, 10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=200, help="calls for each figure (default 200)")
    options = parser.parse_args()
    print(f"{options.repeat} calls for each figure; {versions('cryptography')}")
    unit = ("µs", "to the first")
    table(("rules in force, `judge`", *unit), rows(by_rules(options.repeat)))
    table(("requests before, stub", *unit), rows(by_requests_before(options.history, options.repeat)))
    table(("requests before, `judge(history=[…])`", *unit), rows(by_length_of_a_list(options.repeat)))
    table(("body, `judge`", *unit), rows(by_size(options.repeat)))


if __name__ == "__main__":
    main()
