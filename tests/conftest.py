"""What all tests share. The inner runs of pytest are pytester's."""

from __future__ import annotations

pytest_plugins = "pytester"
