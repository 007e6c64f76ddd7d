"""How many examples Hypothesis tries, and how long it may take: as long as it wants, for other tests run beside it."""

from __future__ import annotations

from hypothesis import settings

patiently = settings(deadline=None)
often = settings(deadline=None, max_examples=200)
seldom = settings(deadline=None, max_examples=50)
"""For what takes tens of milliseconds."""
