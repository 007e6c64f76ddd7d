"""The rule book and the profiles as text: what ``--jwtauth-rules`` and ``--jwtauth-explain`` print, and the docs.

Reads the rules and the profiles; judges nothing.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from pytest_jwtauth.errors import unknown_name
from pytest_jwtauth.model import OTHER_ENDPOINTS, TOKEN_ENDPOINT, Profile, Rule
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import RULES, level_of

ROOMS = {
    "transport": "HTTP request",
    "form": "Form body",
    "client_authentication": "Client authentication",
    "serialization": "The assertion as a text",
    "jose_header": "JOSE header",
    "keys": "Key and signature",
    "claims": "Claims",
    "lifetimes": "Times",
    "grants": "Grants",
    "scopes": "Scope",
    "extension_grants": "Extension grants",
    "endpoints": "Other endpoints",
    "history": "Repetition",
    "retries": "Retries and polling",
    "token_use": "Use of tokens",
    "dpop": "DPoP",
}
"""Headings, in the order of the book."""

NOT_JUDGED: dict[str, str] = {}
"""Ids of the catalogue that no rule stands for, with the reason."""

_SPECIFICATION = re.compile(
    r"RFC 8725bis|RFC \d+|rfc7523bis|OIDC Core|OIDC Dynamic Client Registration|OAuth 2\.1|FAPI \d\.\d|CIBA Core"
    r"|FIPS 186-5"
)


WIDTH = 100
"""Columns of a terminal, where it is not known how wide it is."""
NARROWEST_COLUMN = 50
"""Columns that a requirement needs beside the id of its rule; with fewer it stands below."""


def explain(rule_id: str, width: int = WIDTH) -> str:
    """One rule as text: requirement, source, level in each profile, an example that breaks it and one that does not.

    Raises:
        ConfigurationError: for an id that no rule has.
    """
    if rule_id not in RULES:
        raise unknown_name("rule id", rule_id, RULES)
    rule = RULES[rule_id]
    breaks, keeps = _examples()[rule_id]
    lines = [
        f"{rule.id} ({rule.strength}, {rule.level} by default)",
        _wrapped("  ", plain(rule.requirement), width),
        _wrapped("  source:  ", rule.spec, width),
        _wrapped("  applies: ", _scope(rule), width),
    ]
    differing = [f"{name} {level}" for name, level in _differing(rule)]
    if differing:
        lines.append(_wrapped("  in:      ", ", ".join(differing), width))
    lines += [_wrapped("  breaks:  ", breaks, width), _wrapped("  keeps:   ", keeps, width), f"  error:   {rule.error}"]
    return "\n".join(lines)


def _wrapped(beginning: str, text: str, width: int) -> str:
    """*text* after *beginning*, in lines that are as long as the terminal is wide and stand below each other."""
    indent = " " * len(beginning)
    return textwrap.fill(text, width, initial_indent=beginning, subsequent_indent=indent, break_on_hyphens=False)


@cache
def _examples() -> dict[str, tuple[str, str]]:
    """For each rule what breaks it and what comes near, in a few words; made from the tables that test the rules."""
    text = files("pytest_jwtauth").joinpath("rule_examples.json").read_text(encoding="utf-8")
    return {rule_id: (breaks, keeps) for rule_id, (breaks, keeps) in json.loads(text).items()}


def listing(profile: Profile, width: int = WIDTH) -> str:
    """The rules of *profile* by room, a line each where the terminal is wide enough, without those that are off."""
    lines = [f"{profile.name}: {profile.title}", _wrapped("  source: ", profile.source, width)]
    for room, heading in ROOMS.items():
        rules = [rule for rule in RULES.values() if rule.room == room and level_of(rule, profile) != "off"]
        if rules:
            lines.append(f"{heading}:")
        for rule in rules:
            line = f"  {level_of(rule, profile):<8} {rule.id:<38} "
            if width >= len(line) + NARROWEST_COLUMN:
                lines.append(_wrapped(line, plain(rule.requirement), width))
            else:
                lines += [line.rstrip(), _wrapped(" " * 11, plain(rule.requirement), width)]
    return "\n".join(lines)


def plain(text: str) -> str:
    """A docstring's sentence without its markup."""
    return text.replace("``", "")


def _scope(rule: Rule) -> str:
    parts = [", ".join(sorted(names)) for names in (rule.methods, rule.endpoints, rule.grants) if names]
    return "; ".join(parts) or "everywhere"


def _differing(rule: Rule) -> Iterator[tuple[str, str]]:
    for name, profile in PROFILES.items():
        level = level_of(rule, profile)
        if level != rule.level:
            yield name, level


def rules_page() -> str:
    """``docs/rules.md``."""
    return "\n".join(_rules_page())


def _rules_page() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "<!-- Made from the code by docs/generate.py; do not edit. -->"
    yield ""
    yield (
        f"{len(RULES)} rules. A rule of level *error* fails the test, one of level *warning* gives a pytest warning, "
        "one that is *off* does nothing unless a profile or you turn it on. A rule whose input could not be read is "
        "reported as *not evaluated*, never as passed."
    )
    yield ""
    yield "`pytest --jwtauth-explain ID` prints one rule with examples, `pytest --jwtauth-rules` those of your profile."
    for room, heading in ROOMS.items():
        yield from ("", f"## {heading}", "")
        yield "| id | requirement | source | strength | level | differs in |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for rule in RULES.values():
            if rule.room == room:
                differing = ", ".join(f"{name}: {level}" for name, level in _differing(rule))
                yield (
                    f'| <a id="{rule.id}"></a>`{rule.id}` | {markdown(rule.requirement)} | {rule.spec} '
                    f"| {rule.strength} | {rule.level} | {differing} |"
                )
    yield from ("", "## By specification", "", "| specification | rules |", "| --- | --- |")
    for specification, ids in sorted(_by_specification().items(), key=lambda item: _natural(item[0])):
        yield f"| {specification} | {', '.join(f'[{rule_id}](#{rule_id})' for rule_id in ids)} |"
    yield from ("", "## Not judged", "")
    yield "\n".join(f"- `{rule_id}`: {reason}" for rule_id, reason in NOT_JUDGED.items()) or "Nothing was left out."
    yield ""


def markdown(text: str) -> str:
    """A docstring's sentence as Markdown."""
    return text.replace("``", "`").replace("|", "\\|")


def _by_specification() -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for rule in RULES.values():
        for name in dict.fromkeys(_SPECIFICATION.findall(rule.spec)):
            index.setdefault(name, []).append(rule.id)
    return index


def _natural(name: str) -> tuple[str, int]:
    digits = re.search(r"\d+", name)
    return name.rstrip("0123456789"), int(digits[0]) if digits else 0


def profiles_page(extra: str = "") -> str:
    """``docs/profiles.md``, with *extra* at its end."""
    return "\n".join([*_profiles_page(), extra]) if extra else "\n".join(_profiles_page())


def _profiles_page() -> Iterator[str]:
    yield "# Profiles"
    yield ""
    yield "<!-- Made from the code by docs/generate.py; do not edit. -->"
    yield ""
    yield (
        "What servers demand differs, so what a request is judged by is a choice: the marker "
        '`@pytest.mark.jwtauth(profile="okta")`, the ini value `jwtauth_profile`, or the fixture of that name. '
        'What a source does not say is not enforced. `PROFILES["okta"].but(max_lifetime=600)` derives your own.'
    )
    yield ""
    head = ("profile", "for", "methods and algorithms", "`aud`", "`aud` at other endpoints", "longest life")
    yield f"| {' | '.join(head)} | `jti` | `kid` | `typ` | `iat` ahead |"
    yield f"|{' --- |' * 10}"
    for profile in PROFILES.values():
        yield f"| {' | '.join(_row(profile))} |"
    yield from ("", "## Sources", "")
    for profile in PROFILES.values():
        yield f"- `{profile.name}`: {profile.source}"
    yield ""


def _row(profile: Profile) -> Iterable[str]:
    algorithms = [f"{method}: {', '.join(sorted(algs))}" for method, algs in profile.algorithms.items() if algs]
    limit = "" if profile.max_lifetime is None else f"{profile.max_lifetime} s from {profile.lifetime_from}"
    kid = "required" if profile.kid_required else ""
    ahead = "" if level_of(RULES["iat-in-future"], profile) == "off" else f"{profile.iat_skew:g} s"
    yield f"`{profile.name}`"
    yield profile.title
    yield "; ".join(algorithms)
    yield _audiences(profile, TOKEN_ENDPOINT)
    # No profile of ours tells the other endpoints apart.
    yield _audiences(profile, OTHER_ENDPOINTS[0])
    yield limit
    yield level_of(RULES["jti-missing"], profile).replace("error", "required").replace("warning", "advised")
    yield f"{kid} or x5c" if kid and profile.x5c_expected else kid
    yield " or ".join(profile.typ_values) + (", required" if level_of(RULES["typ-missing"], profile) == "error" else "")
    yield ahead


def _audiences(profile: Profile, endpoint: str) -> str:
    kinds = [kind.replace("any_endpoint", "any other endpoint") for kind in profile.audiences[endpoint]]
    kinds = ["the endpoint called" if kind == "endpoint" else kind.replace("_", " ") for kind in kinds]
    return ", ".join([*(f"`{value}`" for value in profile.fixed_audiences), *kinds])
