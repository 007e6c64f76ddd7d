"""The grant: what each ``grant_type`` must and must not bring (RFC 6749 §4 and §6, RFC 7636, RFC 8628, CIBA)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from pytest_jwtauth import form_body
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.model import Finding
from pytest_jwtauth.parameters import (
    AUTHORIZATION_CODE,
    CIBA,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    GRANT_TYPES,
    PASSWORD,
    REFRESH_TOKEN,
)
from pytest_jwtauth.report_words import mask
from pytest_jwtauth.rules.registry import TOKEN, Room

room = Room(__name__, error="invalid_grant", needs="form")

CODE = (AUTHORIZATION_CODE,)
REFRESH = (REFRESH_TOKEN,)

_LOOPBACK = re.compile(r"\A(http://(?:127\.0\.0\.1|\[::1\])):[0-9]+(?=[/?]|\Z)")
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[\x21-\x7E]+")
_OAUTH_URN = "urn:ietf:params:oauth:"
_VSCHARS = re.compile(r"[\x20-\x7E]+")


@room.rule(
    "grant-type-missing", spec="RFC 6749 §4.1.3, §4.4.2, §6", endpoints=TOKEN, error="invalid_request", when="odd:grant"
)
def grant_type_missing(evidence: Evidence) -> Finding | str | None:
    """``grant_type`` is sent."""
    if evidence.grant is not None:
        return None
    return "grant_type is empty" if evidence.form.all("grant_type") else "no grant_type in the body"


@room.rule(
    "grant-type-unknown", spec="RFC 6749 §4.5, §5.2", endpoints=TOKEN, error="unsupported_grant_type", when="odd:grant"
)
def grant_type_unknown(evidence: Evidence) -> Finding | str | None:
    """``grant_type`` is one that the deployment knows."""
    sent = evidence.grant
    if sent is None:
        return None
    wanted = evidence.expected.get("grant_type")
    if wanted is not None and sent != wanted:
        return Finding(f"grant_type is {sent[:100]!r}", repr(wanted))
    known = evidence.profile.grant_types or GRANT_TYPES
    if sent in known:
        return None
    if not evidence.profile.grant_types and _may_be_an_extension(sent):
        return None
    return Finding(f"grant_type is {sent[:100]!r}", f"one of {', '.join(sorted(known))}")


def _may_be_an_extension(sent: str) -> bool:
    """Whether it is an absolute URI (RFC 6749 §4.5), and none that is known to mean something else."""
    if not _ABSOLUTE_URI.fullmatch(sent):
        return False
    name = sent.lower()
    # In OAuth's own namespace stand client-assertion-type, token-type and others beside grant-type (RFC 6755 §3).
    return name not in GRANT_TYPES and (not name.startswith(_OAUTH_URN) or name.startswith(f"{_OAUTH_URN}grant-type:"))


@room.rule(
    "grant-type-password", spec="RFC 9700 §2.4", endpoints=TOKEN, grants=(PASSWORD,), error="unauthorized_client"
)
def grant_type_password(evidence: Evidence) -> Finding | str | None:  # noqa: ARG001  the grant alone is the fault
    """The resource owner's password is not used as a grant."""
    return "grant_type is password"


@room.rule(
    "code-missing", spec="RFC 6749 §4.1.3", endpoints=TOKEN, grants=CODE, error="invalid_request", when="no-field:code"
)
def code_missing(evidence: Evidence) -> Finding | str | None:
    """``code`` is sent."""
    if evidence.form.get("code") is not None:
        return None
    return "code is empty" if evidence.form.all("code") else "no code in the body"


@room.rule("code-malformed", spec="RFC 6749 appendix A.11", endpoints=TOKEN, grants=CODE)
def code_malformed(evidence: Evidence) -> Finding | str | None:
    """``code`` consists of printable ASCII characters."""
    code = evidence.form.get("code")
    if code is None or _VSCHARS.fullmatch(code):
        return None
    return "the code holds a character outside 0x20–0x7E"


@room.rule("code-mismatch", spec="RFC 6749 §4.1.3", endpoints=TOKEN, grants=CODE)
def code_mismatch(evidence: Evidence) -> Finding | str | None:
    """``code`` is the one that was issued to the client."""
    issued, sent = evidence.expected.get("code"), evidence.form.get("code")
    if issued is None or sent is None or sent == issued:
        return None
    return Finding(
        f"the code is {mask(sent)}{_how_it_differs(sent, issued)}",
        mask(issued) if issued else "a code the server issued",
    )


def _how_it_differs(sent: str, issued: str) -> str:
    if not issued:
        return ", and no code was issued"
    if form_body.decode_again(sent) == issued:
        return " (percent-encoded twice)"
    if sent.replace(" ", "+") == issued:
        return " (a «+» that was not encoded)"
    if form_body.parse(f"code={issued}".encode("utf-8", "surrogatepass")).get("code") == sent:
        return " (it was not encoded)"
    if sent.strip() == issued:
        return " (white space around it)"
    if issued.startswith(sent):
        return f" (cut off at {issued[len(sent)]!r})"
    if sent.startswith("{") and sent.endswith("}"):
        return " (a placeholder that was not filled in)"
    return ""


@room.rule(
    "redirect-uri-missing",
    spec="RFC 6749 §4.1.3",
    endpoints=TOKEN,
    grants=CODE,
    error="invalid_request",
    when="no-field:redirect_uri",
)
def redirect_uri_missing(evidence: Evidence) -> Finding | str | None:
    """``redirect_uri`` is repeated where the authorization request had one."""
    if evidence.form.get("redirect_uri") is not None:
        return None
    if evidence.expected.get("redirect_uri", "") is None:
        return None  # the test says that the authorization request had none
    expected = evidence.expected.get("redirect_uri")
    found = "redirect_uri is empty" if evidence.form.all("redirect_uri") else "no redirect_uri in the body"
    return Finding(found, repr(expected) if expected else None)


@room.rule("redirect-uri-mismatch", spec="RFC 6749 §4.1.3; OIDC Core §3.1.3.2", endpoints=TOKEN, grants=CODE)
def redirect_uri_mismatch(evidence: Evidence) -> Finding | str | None:
    """``redirect_uri`` is identical to the one in the authorization request."""
    sent = evidence.form.get("redirect_uri")
    if sent is None:
        return None
    expected = evidence.expected.get("redirect_uri")
    registered = evidence.client.redirect_uris
    if expected is not None:
        return None if sent == expected else Finding(f"redirect_uri is {sent[:200]!r}", repr(expected))
    # A server that compares with what is registered lets a loopback address have any port (RFC 8252 §7.3).
    if "redirect_uri" not in evidence.expected and registered and not _same_but_for_port(sent, registered):
        return Finding(f"redirect_uri is {sent[:200]!r}", f"a registered one: {', '.join(map(repr, registered))}")
    return None


def _same_but_for_port(sent: str, registered: Iterable[str]) -> bool:
    return _LOOPBACK.sub(r"\1", sent) in [_LOOPBACK.sub(r"\1", uri) for uri in registered]


@room.rule(
    "redirect-uri-unexpected",
    spec="hygiene (RFC 6749 §4.1.3)",
    strength="hygiene",
    level="warning",
    endpoints=TOKEN,
    grants=CODE,
)
def redirect_uri_unexpected(evidence: Evidence) -> Finding | str | None:
    """``redirect_uri`` is not sent where the authorization request had none."""
    if evidence.expected.get("redirect_uri", "") is not None or evidence.form.get("redirect_uri") is None:
        return None
    return "redirect_uri was sent, the authorization request had none"


@room.rule("code-verifier-missing", spec="RFC 7636 §4.5; RFC 9700 §2.1.1", endpoints=TOKEN, grants=CODE, when="pkce")
def code_verifier_missing(evidence: Evidence) -> Finding | str | None:
    """``code_verifier`` is sent where the authorization request had a challenge."""
    if not evidence.expected.get("code_challenge") or evidence.form.get("code_verifier") is not None:
        return None
    return "no code_verifier, though the authorization request had a code_challenge"


@room.rule(
    "code-verifier-unexpected",
    spec="RFC 9700 §4.8.2; OAuth 2.1 §3.2.4",
    endpoints=TOKEN,
    grants=CODE,
    error="invalid_request",
    when="field:code_verifier",
)
def code_verifier_unexpected(evidence: Evidence) -> Finding | str | None:
    """``code_verifier`` is not sent where the authorization request had no challenge."""
    if evidence.expected.get("code_challenge", "") is not None or evidence.form.get("code_verifier") is None:
        return None
    return "code_verifier was sent, the authorization request had no code_challenge"


@room.rule(
    "code-verifier-malformed",
    spec="RFC 7636 §4.1",
    endpoints=TOKEN,
    grants=CODE,
    error="invalid_request",
    when="field:code_verifier",
)
def code_verifier_malformed(evidence: Evidence) -> Finding | str | None:
    """``code_verifier`` has 43 to 128 characters out of ``A-Z a-z 0-9 - . _ ~``."""
    sent = evidence.form.get("code_verifier")
    if sent is None or _VERIFIER.fullmatch(sent):
        return None
    foreign = "".join(dict.fromkeys(re.findall(r"[^A-Za-z0-9\-._~]", sent)))[:8]
    return f"{len(sent)} characters" + (f", among them {foreign!r}" if foreign else "")


@room.rule("code-verifier-mismatch", spec="RFC 7636 §4.6", endpoints=TOKEN, grants=CODE, when="field:code_verifier")
def code_verifier_mismatch(evidence: Evidence) -> Finding | str | None:
    """``code_verifier`` belongs to the challenge of the authorization request."""
    challenge, sent = evidence.expected.get("code_challenge"), evidence.form.get("code_verifier")
    if not challenge or sent is None:
        return None
    digest = hashlib.sha256(sent.encode("utf-8", "surrogatepass")).digest()
    derived = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    plain = _method_of_the_login(evidence) == "plain"
    if challenge == (sent if plain else derived):
        return None
    if plain:
        return Finding(f"the verifier is {mask(sent)}", "the challenge itself: the method is plain")
    why = "the verifier is the challenge itself" if sent == challenge else "the verifier hashes to another challenge"
    return Finding(why, f"a verifier whose SHA-256, in base64url, is {challenge}")


def _method_of_the_login(evidence: Evidence) -> str:
    # None says that the authorization request had no method, which means plain (RFC 7636 §4.3).
    return evidence.expected.get("code_challenge_method", "S256") or "plain"


@room.rule(
    "code-challenge-plain",
    spec="RFC 7636 §4.2; RFC 9700 §2.1.1",
    level="warning",
    error="invalid_request",
    when=("pkce", "field:code_challenge"),
)
def code_challenge_plain(evidence: Evidence) -> Finding | str | None:
    """The challenge method is ``S256``."""
    if evidence.expected.get("code_challenge"):
        method = _method_of_the_login(evidence)
    elif evidence.form.get("code_challenge"):
        method = evidence.form.get("code_challenge_method") or "plain"  # omitted means plain (RFC 7636 §4.3)
    else:
        return None
    return Finding(f"the code_challenge_method is {method[:40]!a}", "S256") if method != "S256" else None


@room.rule(
    "code-verifier-reused",
    spec="RFC 7636 §4.1, §7.1; RFC 9700 §2.1.1",
    endpoints=TOKEN,
    grants=CODE,
    when="field:code_verifier",
)
def code_verifier_reused(evidence: Evidence) -> Finding | str | None:
    """A verifier serves one authorization request."""
    verifier, code = evidence.form.get("code_verifier"), evidence.form.get("code")
    if verifier is None or code is None:
        return None
    for past in evidence.history.with_field("code_verifier", verifier):
        if past.fields.get("code", code) != code:
            return "the same code_verifier was sent before, with another code"
    return None


@room.rule(
    "refresh-token-missing",
    spec="RFC 6749 §6",
    endpoints=TOKEN,
    grants=REFRESH,
    error="invalid_request",
    when="no-field:refresh_token",
)
def refresh_token_missing(evidence: Evidence) -> Finding | str | None:
    """``refresh_token`` is sent."""
    if evidence.form.get("refresh_token") is not None:
        return None
    return "refresh_token is empty" if evidence.form.all("refresh_token") else "no refresh_token in the body"


@room.rule("refresh-token-mismatch", spec="RFC 6749 §6, §10.4", endpoints=TOKEN, grants=REFRESH)
def refresh_token_mismatch(evidence: Evidence) -> Finding | str | None:
    """``refresh_token`` is a live one of this client."""
    issued, sent = evidence.expected.get("refresh_token"), evidence.form.get("refresh_token")
    if issued is None or sent is None or sent == issued:
        return None
    why = (
        evidence.expected.get("refresh_token_state")
        or f"it is {mask(sent)}{_how_it_differs(sent, issued) if issued else ''}"
    )
    return Finding(
        f"the refresh token is not a live one: {why}", mask(issued) if issued else "a refresh token the server issued"
    )


@room.rule(
    "client-credentials-extra-params",
    spec="hygiene (RFC 6749 §4.4.2)",
    strength="hygiene",
    level="warning",
    endpoints=TOKEN,
    grants=(CLIENT_CREDENTIALS,),
    error="invalid_request",
)
def client_credentials_extra_params(evidence: Evidence) -> Finding | str | None:
    """A client acting for itself sends no parameters of a user's login."""
    extra = [
        name
        for name in ("code", "redirect_uri", "username", "password", "refresh_token", "code_verifier")
        if evidence.form.get(name)
    ]
    return f"with client_credentials: {', '.join(extra)}" if extra else None


@room.rule("device-code-missing", spec="RFC 8628 §3.4", endpoints=TOKEN, grants=(DEVICE_CODE,), error="invalid_request")
def device_code_missing(evidence: Evidence) -> Finding | str | None:
    """``device_code`` is sent."""
    return None if evidence.form.get("device_code") else "no device_code in the body"


@room.rule("ciba-auth-req-id-missing", spec="CIBA Core §10.1", endpoints=TOKEN, grants=(CIBA,), error="invalid_request")
def ciba_auth_req_id_missing(evidence: Evidence) -> Finding | str | None:
    """``auth_req_id`` is sent."""
    return None if evidence.form.get("auth_req_id") else "no auth_req_id in the body"
