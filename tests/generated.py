"""How many examples Hypothesis tries, and how long it may take: as long as it wants, for other tests run beside it."""

from __future__ import annotations

from hypothesis import settings

# The same examples each time, so that nobody's change fails for what it did not do; `tox -e fuzz` tries others.
patiently = settings(derandomize=True, deadline=None)
often = settings(derandomize=True, deadline=None, max_examples=200)
seldom = settings(derandomize=True, deadline=None, max_examples=50)
"""For what takes tens of milliseconds."""
