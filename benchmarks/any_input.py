"""What hostile input costs: how long each kind takes at 1, 8 and 64 KiB and at 1 MiB, and how that grows.

    python benchmarks/any_input.py [--tries 5] [--room judge ...] [--slowest 10]

The kinds are those of ``tests/sized_input.py``, which the tests hold to a bound. The table shows processor time in
milliseconds, the median of the tries, and how many times as long the eightfold takes, from 8 to 64 KiB: 8 is linear.
What stops at a limit grows by less.

Ends with status 1 if 64 KiB of something take longer than 50 ms, or grow by more than 16.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from requests_under_test import CLIENT, NOW, SERVER, a_key_client
from sized_input import FORMS, JSON_TEXTS, MESSAGES, REQUESTS, TEXTS, read_all

from pytest_jwtauth import form_body, jws
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.verdict import judge

SIZES = {"1 KiB": 2**10, "8 KiB": 2**13, "64 KiB": 2**16, "1 MiB": 2**20}
PROMISED = 0.05
"""Seconds for 64 KiB of anything."""
STEEPEST = 16.0
"""Twice what is linear."""
LEAST = 0.01
"""Seconds below which growth tells nothing: on a busy machine it is chance."""


def judged_for(client: RegisteredClient) -> Callable[[TokenRequest], Verdict]:
    return lambda request: judge(request, client=client, server=SERVER, now=NOW, profile="rfc7523")


def verdicts(made: Callable[[int], TokenRequest]) -> Callable[[int], Verdict]:
    return lambda size: judged_for(CLIENT)(made(size))


def a_text(piece: str) -> Callable[[int], str]:
    # A quotation mark that is not closed, and a last character that fits nothing before it.
    return lambda size: ('"' + piece * size)[: size - 1] + "x"


Room = tuple[Callable[[Any], object], Mapping[str, Callable[[int], Any]]]

ROOMS: Mapping[str, Room] = {
    "form_body": (form_body.parse, FORMS),
    "jws": (jws.take_apart, {name: a_text(piece) for name, piece in TEXTS.items()}),
    "json": (jws.read_json, JSON_TEXTS),
    "http_message": (read_all, MESSAGES),
    "judge": (judged_for(CLIENT), REQUESTS),
    "judge, a client with a key": (judged_for(a_key_client("RS256")), REQUESTS),
    "report": (str, {name: verdicts(made) for name, made in REQUESTS.items()}),
}


def measured(read: Callable[[Any], object], made: Any, tries: int) -> float:
    read(made)
    taken = []
    for _ in range(tries):
        started = time.thread_time()
        read(made)
        taken.append(time.thread_time() - started)
    return statistics.median(taken)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--room", nargs="*", choices=ROOMS, default=ROOMS)
    parser.add_argument("--slowest", type=int, help="only the kinds of each room that take longest")
    asked = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, processor time in ms\n")
    print(f"| room | of | {' | '.join(SIZES)} | 8 to 64 KiB |\n| --- | --- | {'---: | ' * (len(SIZES) + 1)}".rstrip())
    wrong = []
    for room in asked.room:
        read, kinds = ROOMS[room]
        rows = [
            (name, [measured(read, made(size), asked.tries) for size in SIZES.values()]) for name, made in kinds.items()
        ]
        rows.sort(key=lambda row: row[1][2], reverse=True)
        for name, times in rows:
            growth = times[2] / times[1]
            if times[2] > PROMISED or (times[2] > LEAST and growth > STEEPEST):
                wrong.append(f"{room}, {name}: {times[2] * 1000:.1f} ms, {growth:.1f} times")
        for name, times in rows[: asked.slowest]:
            shown = " | ".join([*(f"{taken * 1000:.2f}" for taken in times), f"{times[2] / times[1]:.1f}"])
            print(f"| {room} | {name} | {shown} |", flush=True)
    for line in wrong:
        print(f"too long: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
