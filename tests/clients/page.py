"""``docs/clients.md`` from what is written down of each library. Runs none, and measures nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clients import record

HEAD = """\
# Real client libraries, and what they send

Made from `tests/clients/*.json`, which `tox -e libraries` compares with what the libraries do, and `tox -e clients`
with what those of Node do: every library is run against the stub, each at the version named here, and a difference
fails. With `JWTAUTH_UPDATE_CLIENTS=1` both write down anew what they do, and `python docs/generate.py` makes this page.

None of this is a recommendation. What stands under *findings* is what the judge says of the request that the library
makes by default, by profile `rfc7523`, by `pingone`, and by the vendor's own profile where there is one; **bold** is an
error, the rest are warnings. Why, with the place in the library's source, stands [below](#where-it-comes-from). Which
promises of the contract Authlib, msal, requests_oauth2client, openid-client and oauth4webapi do not keep as they come
stands [there](contract.md#libraries-as-they-come).
"""

CONNECTED = """
## How to connect them, and what may surprise

- **Authlib, requests_oauth2client, oic, idpyoidc, google-auth and auth0-python over requests** need nothing but
  `jwtauth_token_endpoint`. For Authlib over httpx: `jwtauth_token_endpoint.mount(respx_mock)`, or `httpx_mock`.
- **auth0-python** talks to `https://DOMAIN/oauth/token`: override `jwtauth_server`. It posts JSON, which no profile
  takes for a form. It cannot be used under freezegun, which looks at every attribute of every module and so has
  pydantic meet a `datetime` that is none: set `jwtauth_clock = time-machine`.
- **google-auth** signs for `https://oauth2.googleapis.com/token`: override `jwtauth_server`, and choose `google-sa`.
- **msal**: `ConfidentialClientApplication(…, oidc_authority=jwtauth_server.issuer, instance_discovery=False)` reads the
  stub's metadata, for which `jwtauth_server` needs an `authorization_endpoint`.
- **oic, idpyoidc** verify ID Tokens by the keys at `jwks_uri`, which the stub serves.
- **idpyoidc** sends the secret by Basic, whatever `token_endpoint_auth_method` says, unless each call names the method
  by `authn_method=`.
- **okta** takes `https` only: `jwtauth_live_token_endpoint.https`, an aiohttp session that trusts its `ca_file`, and
  `https://127.0.0.1:PORT` as `orgUrl`.
- **aiohttp, niquests, urllib**: `jwtauth_live_token_endpoint`. **niquests** brings urllib3-future, whose wheel puts
  itself in the place of urllib3, under requests, too, unless it is built with `URLLIB3_NO_OVERRIDE=1` from its sources.
"""

SENT = """
## What is sent by default

All send `iss`, `sub` (google-auth: none), `aud` and `exp`; the life is `exp` less `iat`.

| library | used | over | method | JOSE header | further claims | `aud` | life | `jti` | fields of its own |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""

FINDINGS = """
## Findings on that request

| library | used | over | `rfc7523` | `pingone` | the vendor's |
| --- | --- | --- | --- | --- | --- |
"""

LATER = """
## What is done later

Each cell says what the library sends in that situation, compared with what it sent before; *nothing* means that it
sends no further request. Whether a redirect is followed, and whether `.netrc` is read, is mostly the doing of the HTTP
library underneath. Where a cell is empty nobody asked. The rules are those of the vendor's profile where there is one,
else of `rfc7523`.

| library | used | over | {questions} |
| --- | --- | --- | {dashes} |
"""

NOTES = """
## Where it comes from

"""


def clients_page() -> str:
    """The text of the page."""
    written = [record.read(library) for library in record.libraries()]
    ways = [(facts, name, way) for facts in written for name, way in facts["ways"].items()]
    questions = list(dict.fromkeys(question for _, _, way in ways for question in way.get("behaviour", {})))
    later = LATER.format(questions=" | ".join(questions), dashes=" | ".join("---" for _ in questions))
    parts = [HEAD, CONNECTED, SENT]
    parts += [_row(facts, name, way, _sent(way)) for facts, name, way in ways if "sent" in way]
    parts.append(FINDINGS)
    parts += [_row(facts, name, way, _findings(way["sent"]["verdicts"])) for facts, name, way in ways if "sent" in way]
    parts.append(later)
    parts += [
        _row(facts, name, way, [_answer(way["behaviour"].get(question)) for question in questions])
        for facts, name, way in ways
        if "behaviour" in way
    ]
    parts.append(NOTES)
    parts += [line for facts in written for line in _notes(facts)]
    return "".join(parts)


def _row(facts: Mapping[str, Any], name: str, way: Mapping[str, Any], cells: list[str]) -> str:
    first = [f"{facts['library']} {facts['version']}", name, way["over"]]
    return f"| {' | '.join([*first, *cells])} |\n"


def _sent(way: Mapping[str, Any]) -> list[str]:
    sent = way["sent"]
    header = ", ".join(
        f"`{name}`" if value == "…" else f"`{name}` {value}" for name, value in sent.get("header", {}).items()
    )
    claims = [f"`{name}`" for name in sent.get("claims", []) if name not in {"iss", "sub", "aud", "exp"}]
    lifetime = "" if sent.get("lifetime") is None else f"{sent['lifetime']} s"
    if sent.get("numbers") not in {None, "whole"}:
        lifetime += f", {sent['numbers']}"
    extra = [f"`{name}`" for name in sent.get("extra fields", [])]
    if not (sent.get("content type") or "").startswith("application/x-www-form-urlencoded"):
        extra.append(f"sent as `{sent.get('content type')}`")
    return [
        way["method"],
        header,
        ", ".join(claims),
        sent.get("aud") or "",
        lifetime,
        sent.get("jti") or "",
        ", ".join(extra),
    ]


def _findings(verdicts: Mapping[str, Any]) -> list[str]:
    vendors = [name for name in verdicts if name not in {"rfc7523", "pingone"}]
    cells = [_rules(verdicts.get(name)) for name in ("rfc7523", "pingone")]
    return [*cells, "; ".join(f"`{name}`: {_rules(verdicts[name])}" for name in vendors)]


def _rules(found: Mapping[str, list[str]] | None) -> str:
    if found is None:
        return ""
    listed = [f"**{rule}**" for rule in found["errors"]] + found["warnings"]
    return ", ".join(listed) or "✓"


def _answer(answer: Mapping[str, Any] | None) -> str:
    if answer is None:
        return ""
    return f"{answer['says']}: {', '.join(answer['found'])}" if answer["found"] else str(answer["says"])


def _notes(facts: Mapping[str, Any]) -> Iterator[str]:
    subjects: dict[str, list[str]] = {}
    for subject, note in facts.get("notes", {}).items():
        subjects.setdefault(f"{note['says']} (`{note['file']}`, `{note['function']}`)", []).append(subject)
    for text, named in subjects.items():
        yield f"- {facts['library']}, {', '.join(named)}: {text}.\n"
