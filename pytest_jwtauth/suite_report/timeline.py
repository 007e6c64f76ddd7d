"""The requests of one test against the clock: a line for each, with the life of its assertion. Only draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pytest_jwtauth.numeric_date import show, show_span

MOST_ROWS = 40
ROW = 22
"""Pixels."""

Life = tuple[float, float]


def timeline(requests: list[dict[str, Any]]) -> str:
    """An SVG of the first of *requests*; nothing if there are none."""
    rows = [(request, _life(request)) for request in requests[:MOST_ROWS]]
    if not rows:
        return ""
    moments = [request["at"] for request, _ in rows]
    first, last = min(moments), max(moments)
    # A life of years, by mistake or in milliseconds, would leave nothing to see of the rest.
    margin = max(last - first, 300.0)
    begin = max(min([first, *(life[0] for _, life in rows if life)]), first - margin)
    end = min(max([last, *(life[1] for _, life in rows if life)]), last + margin)
    return "".join(_svg(rows, begin, max(end - begin, 1.0)))


def _life(request: dict[str, Any]) -> Life | None:
    claims = request["assertion"]["claims"] if request["assertion"] else {}
    start, end = _number(claims.get("nbf", claims.get("iat", request["at"]))), _number(claims.get("exp"))
    return (start, end) if start is not None and end is not None and start < end else None


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and abs(value) < 10**15 else None


def _svg(rows: list[tuple[dict[str, Any], Life | None]], begin: float, span: float) -> Iterator[str]:
    height = ROW * (len(rows) + 1) + 8

    def across(moment: float) -> float:
        return round(min(max((moment - begin) / span, 0), 1) * 98 + 1, 2)

    yield f'<svg height="{height}" role="img" aria-label="{len(rows)} requests against the clock, as listed below">'
    for number, (request, life) in enumerate(rows):
        top = number * ROW
        if life:
            left, width = across(life[0]), across(life[1]) - across(life[0])
            yield f'<rect class="life" x="{left}%" y="{top + 4}" width="{width:.2f}%" height="14" rx="3"/>'
        refused = "" if (request["status"] or 500) < 400 else " refused"
        place = across(request["at"])
        # Beside the mark, on the side where there is room.
        anchor, shift = ("start", 8) if place < 50 else ("end", -8)
        answer = "no answer" if request["status"] is None else str(request["status"])
        yield (
            f'<circle class="sent{refused}" cx="{place}%" cy="{top + 11}" r="5"/>'
            f'<text x="{place}%" dx="{shift}" y="{top + 15}" text-anchor="{anchor}">{number + 1}: {answer}</text>'
        )
    bottom = len(rows) * ROW + 4
    yield f'<line class="axis" x1="1%" x2="99%" y1="{bottom}" y2="{bottom}"/>'
    yield f'<text x="1%" y="{bottom + 16}">{show(math.floor(begin))}</text>'
    yield f'<text x="99%" y="{bottom + 16}" text-anchor="end">+ {show_span(round(span))}</text></svg>'
