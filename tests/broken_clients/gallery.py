"""Clients with one fault each, and the promise that is meant for it."""

from __future__ import annotations

from . import assertions, credentials, discretion, forms, retries, times, tokens, with_httpx

GALLERY = [
    *credentials.GALLERY,
    *forms.GALLERY,
    *assertions.GALLERY,
    *times.GALLERY,
    *retries.GALLERY,
    *tokens.GALLERY,
    *discretion.GALLERY,
    *with_httpx.GALLERY,
]
