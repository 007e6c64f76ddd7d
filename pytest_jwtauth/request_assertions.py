"""Assertion helpers for a request that the test has in hand: a wrong one raises, all its faults in one text.

No stub, no pytest, no clock but the current time as the default of ``now``. A value that proves something is masked.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from types import EllipsisType
from typing import Any, TypeAlias, TypeVar

from pytest_jwtauth import form_body, profile_in_force
from pytest_jwtauth.errors import InvalidTokenRequest, TokenRequestWarning
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer, NotEvaluated, Profile, Verdict, Violation
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.report import describe_warning
from pytest_jwtauth.report_words import mask
from pytest_jwtauth.rules import RULES
from pytest_jwtauth.urls import urlsplit_or_none
from pytest_jwtauth.verdict import judge

# A failure points at the line of the test, and `pytest --showlocals` shows none of the variables here.
__tracebackhide__ = True

FieldValue: TypeAlias = str | EllipsisType | None
"""What a form field is to be: this text, ``...`` for any that is not empty, or None for a field that is not sent."""

NamedT = TypeVar("NamedT", Violation, NotEvaluated)

ASSERTION_ROOMS = frozenset({"client_authentication", "serialization", "jose_header", "keys", "claims", "lifetimes"})
"""The rooms of `pytest_jwtauth.rules` that speak of the client assertion and how it is sent."""

_SHOWN_AS_THEY_ARE = frozenset(
    {
        *("grant_type", "redirect_uri", "scope", "client_id", "client_assertion_type", "resource", "audience"),
        *("token_type_hint", "response_type", "code_challenge_method"),
    }
)
_JUDGED = ("grant_type", "code", "redirect_uri", "refresh_token", "code_verifier", "client_assertion_type")
"""Form fields whose expected value the judge wants to know."""
_KNOWN_SCHEMES = frozenset({"basic", "bearer", "digest", "dpop", "negotiate"})
_FIELD_NAME = re.compile(r"[A-Za-z][\w.\[\]-]{0,39}", re.ASCII)
_SECRET_OUTSIDE_A_FORM = re.compile(rb"""["']client_secret["']""")

_SAID_BY: Mapping[str, frozenset[str]] = {
    "grant_type": frozenset({"grant-type-missing", "grant-type-unknown"}),
    "code": frozenset({"code-missing", "code-mismatch"}),
    "redirect_uri": frozenset({"redirect-uri-missing", "redirect-uri-mismatch"}),
    "refresh_token": frozenset({"refresh-token-missing", "refresh-token-mismatch"}),
    "client_assertion": frozenset({"client-assertion-missing"}),
    "client_assertion_type": frozenset({"client-assertion-type-missing"}),
}
"""The rules that say of a field, and better, what is wrong with it: it is not named a second time then."""


@dataclass(frozen=True, slots=True, repr=False)
class _Fault:
    """One thing that is wrong: its name, what was found, what was expected; neither gives a credential away."""

    name: str
    found: str
    expected: str
    adds: bool = False
    """Whether it says more than the rule about the same field does."""


def assert_token_request(
    request: object,
    *,
    client: RegisteredClient,
    server: AuthorizationServer,
    profile: str | Profile | None = None,
    now: float | None = None,
    leeway: float = 0,
    **form_fields: FieldValue,
) -> None:
    """Check that a request breaks no rule of *profile*, and that its form fields are as given.

    A rule of level warning that is broken gives a `TokenRequestWarning`.

    Args:
        request: What was sent; anything that `TokenRequest.of` reads.
        client: The registration of the client that should have sent it.
        server: The server that it should have been sent to.
        profile: Name of a profile, or a `Profile`. If None, inside pytest what the marker of the test, the option or
            the setting says; elsewhere ``pingone``. A fixture ``jwtauth_profile`` of your own is not looked up here.
        now: The server's time, a NumericDate in seconds; the time of the call if None.
        leeway: Seconds by which the clocks may differ.
        form_fields: As in `assert_form_fields`. The judge is told them too, so that a ``code`` encoded twice or cut off
            is named as that. For what is no form field, as a ``code_challenge``, call `judge`.

    Raises:
        InvalidTokenRequest: an `AssertionError`, with every rule broken and every field that differs.
        TypeError: for an object that is no request.
        ConfigurationError: for an unknown profile.
    """
    sent = TokenRequest.of(request)
    profile = profile_in_force.current() if profile is None else profile
    known: dict[str, Any] = {name: form_fields[name] for name in _JUDGED if isinstance(form_fields.get(name), str)}
    verdict = judge(sent, client=client, server=server, profile=profile, now=now, leeway=leeway, **known)
    said = {violation.rule for violation in verdict.violations}
    faults = [
        fault
        for fault in _field_faults(sent, form_fields)
        if fault.adds or not said & _SAID_BY.get(fault.name, frozenset())
    ]
    if verdict.violations or faults:
        raise InvalidTokenRequest(_combined(verdict, faults), (verdict,))
    _warn(verdict.warnings)


def assert_client_assertion(
    request: object,
    *,
    client: RegisteredClient,
    server: AuthorizationServer,
    profile: str | Profile | None = None,
    now: float | None = None,
    leeway: float = 0,
) -> None:
    """Check the client assertion of a request and how it was sent, and nothing else of the request.

    The arguments are those of `assert_token_request`.

    Raises:
        InvalidTokenRequest: an `AssertionError`, with every rule broken.
        TypeError: for an object that is no request.
        ConfigurationError: for an unknown profile.
    """
    sent = TokenRequest.of(request)
    profile = profile_in_force.current() if profile is None else profile
    verdict = judge(sent, client=client, server=server, profile=profile, now=now, leeway=leeway)
    about = replace(
        verdict,
        violations=_of_assertion(verdict.violations),
        warnings=_of_assertion(verdict.warnings),
        not_evaluated=_of_assertion(verdict.not_evaluated),
    )
    about.check()
    if verdict.assertion is None:
        # A body that is no form, say. What was not looked at has not passed.
        raise InvalidTokenRequest(f"client_assertion: none could be read, so none was checked\n{verdict}", (verdict,))
    _warn(about.warnings)


def assert_form_fields(request: object, /, **fields: FieldValue) -> None:
    """Check that the body holds each of *fields* exactly once, with this value.

    Args:
        request: What was sent; anything that `TokenRequest.of` reads.
        fields: Each a text, ``...`` for any value that is not empty, or None for a field that is not to be sent.

    Raises:
        AssertionError: with every field that differs; values of codes, tokens and the like are masked.
        TypeError: for an object that is no request.
    """
    sent = TokenRequest.of(request)
    faults = [*_field_faults(sent, fields)]
    if faults:
        raise AssertionError(_text(f"{_names(faults)}: {_not_as_expected(faults)}", faults, [f"  {_outline(sent)}"]))


def assert_no_basic_auth(request: object) -> None:
    """Check that no password travels: no ``Authorization``, no userinfo in the URL, no ``client_secret`` anywhere.

    Raises:
        AssertionError: with everything found; its text begins with the ids of the rules broken.
        TypeError: for an object that is no request.
    """
    faults = [*_passwords(TokenRequest.of(request))]
    if faults:
        raise AssertionError(_text(f"{_names(faults)}: a credential was sent beside the client assertion", faults, []))


def _field_faults(sent: TokenRequest, wanted: Mapping[str, FieldValue]) -> Iterator[_Fault]:
    form = form_body.parse(sent.body)
    for name, value in wanted.items():
        if not isinstance(value, (str, EllipsisType, type(None))):
            raise TypeError(f"{name}= is a text, ... or None; got {type(value).__name__}")
        found = form.all(name)
        if value is None:
            if found:
                yield _Fault(name, _shown_all(name, found), "not sent")
        elif not found:
            yield _Fault(name, "not sent", _wanted(name, value))
        elif len(found) > 1:
            shown = f"sent {len(found)} times: {_shown_all(name, found)}"
            yield _Fault(name, shown, f"once, {_wanted(name, value)}", adds=True)
        elif isinstance(value, str) and found[0] != value:
            place = _difference(name, found[0], value)
            yield _Fault(name, _shown(name, found[0]), _wanted(name, value) + place, adds=bool(place))
        elif not isinstance(value, str) and not found[0]:
            yield _Fault(name, "sent without a value", _wanted(name, value))


def _wanted(name: str, value: FieldValue) -> str:
    return _shown(name, value) if isinstance(value, str) else "any value"


def _shown_all(name: str, values: Iterable[str]) -> str:
    return ", ".join(_shown(name, value) for value in values)


def _shown(name: str, value: str) -> str:
    return repr(value[:200]) if name in _SHOWN_AS_THEY_ARE or not value else mask(value)


def _difference(name: str, found: str, wanted: str) -> str:
    """Where two masked values begin to differ, since one cannot see it."""
    if name in _SHOWN_AS_THEY_ARE:
        return ""
    differing = (at for at, (one, other) in enumerate(zip_longest(found, wanted), 1) if one != other)
    return f" (they differ from character {next(differing)} on)"


def _outline(sent: TokenRequest) -> str:
    """Names of the fields that were sent; where there are none, what was sent instead."""
    names = [name for name, _ in form_body.parse(sent.body).fields if _FIELD_NAME.fullmatch(name)]
    if names:
        return f"fields sent: {', '.join(names[:20])}"
    media = next((value for name, value in sent.headers if name.lower() == "content-type"), "none")
    return f"no form fields in the body of {len(sent.body)} octets; Content-Type: {media[:80]!r}"


def _passwords(sent: TokenRequest) -> Iterator[_Fault]:
    for name, value in sent.headers:
        if name.strip().lower() == "authorization":
            yield _authorization(value)
    parts = urlsplit_or_none(sent.url)
    authority = parts.netloc if parts else sent.url.partition("://")[2].partition("/")[0]
    if "@" in authority:
        yield _Fault("url-userinfo-present", "user or password stands before the host in the URL", "no userinfo")
    # Blank ones too: a server that ignores them is no reason to send them, and a stub's form matcher drops them.
    if form_body.parse(sent.body).all("client_secret") or _SECRET_OUTSIDE_A_FORM.search(sent.body):
        yield _Fault("auth-client-secret-present", "client_secret is in the body", "no client_secret")
    query = sent.url.partition("?")[2].encode("utf-8", "surrogatepass")
    if form_body.parse(query).all("client_secret"):
        yield _Fault("url-credentials-in-query", "client_secret is in the query of the URL", "no client_secret")


def _authorization(value: str) -> _Fault:
    scheme = value.split(maxsplit=1)[0] if value.strip() else ""
    if scheme.lower() == "basic":
        found = "Authorization: Basic was sent; requests adds it from ~/.netrc or from user:pass@ in the URL"
        return _Fault("auth-basic-present", found, "no Authorization header")
    # What follows may be no scheme but the credential itself.
    shown = scheme if scheme.lower() in _KNOWN_SCHEMES else "‹another scheme›"
    return _Fault("auth-bearer-present", f"Authorization: {shown} was sent", "no Authorization header")


def _of_assertion(items: tuple[NamedT, ...]) -> tuple[NamedT, ...]:
    return tuple([item for item in items if RULES[item.rule].room in ASSERTION_ROOMS])


def _combined(verdict: Verdict, faults: list[_Fault]) -> str:
    """The report of *verdict*, with the fields that differ in its headline and before its details."""
    headline, _, details = str(verdict).partition("\n")
    if not faults:
        return str(verdict)
    if verdict.violations:
        ids, _, rest = headline.partition(": ")
        headline = f"{ids}, {_names(faults)}: {rest}, {_not_as_expected(faults)}"
    else:
        headline = f"{_names(faults)}: {_not_as_expected(faults)}"
    return _text(headline, faults, [details])


def _names(faults: list[_Fault]) -> str:
    return ", ".join(dict.fromkeys(fault.name for fault in faults))


def _not_as_expected(faults: list[_Fault]) -> str:
    return f"{len(faults)} form field{'s are' if len(faults) > 1 else ' is'} not as expected"


def _text(headline: str, faults: list[_Fault], rest: list[str]) -> str:
    width = max(len(fault.name) for fault in faults)
    lines = [headline]
    for fault in faults:
        lines += [f"  {fault.name:<{width}}  {fault.found}", f"{' ' * (width + 4)}expected: {fault.expected}"]
    return "\n".join([*lines, *rest])


def _warn(violations: Iterable[Violation]) -> None:
    for violation in violations:
        warnings.warn(TokenRequestWarning(describe_warning(violation)), stacklevel=3)
