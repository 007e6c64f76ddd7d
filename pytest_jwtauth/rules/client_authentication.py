"""How the client authenticates: by one assertion, and nothing beside it (RFC 6749 §2.3, RFC 7521 §4.2)."""

from __future__ import annotations

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.form_body import decode_again
from pytest_jwtauth.jwa import HMAC_ALGORITHMS
from pytest_jwtauth.jws import take_apart
from pytest_jwtauth.model import Finding
from pytest_jwtauth.parameters import JWT_BEARER, JWT_BEARER_ASSERTION_TYPE, SAML2_BEARER
from pytest_jwtauth.rules.registry import Room

room = Room(__name__, error="invalid_client", needs="form")

_SAML_TYPE = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"


@room.rule("client-assertion-missing", spec="RFC 7521 §4.2; RFC 7523 §2.2", when="odd:assertion")
def client_assertion_missing(evidence: Evidence) -> Finding | str | None:
    """``client_assertion`` is sent."""
    field = evidence.profile.assertion_field
    if evidence.assertion is not None:
        return None
    if evidence.form.all(field):
        return f"{field} is empty"
    if any(name == field for name, _ in evidence.query):
        return f"{field} is in the query of the URL, not in the body"
    return f"no {field} in the body"


@room.rule(
    "client-assertion-type-missing", spec="RFC 7521 §4.2; RFC 7523 §2.2", needs="assertion", when="odd:assertion-type"
)
def client_assertion_type_missing(evidence: Evidence) -> Finding | str | None:
    """``client_assertion_type`` is sent with the assertion."""
    if evidence.form.get("client_assertion_type") is not None:
        return None
    state = "is empty" if evidence.form.all("client_assertion_type") else "is missing"
    return Finding(f"client_assertion_type {state}", JWT_BEARER_ASSERTION_TYPE)


@room.rule("client-assertion-type-orphan", spec="RFC 7521 §4.2", when="odd:assertion")
def client_assertion_type_orphan(evidence: Evidence) -> Finding | str | None:
    """``client_assertion_type`` is not sent without an assertion."""
    if evidence.assertion is not None or evidence.form.get("client_assertion_type") is None:
        return None
    return "client_assertion_type was sent, client_assertion was not"


@room.rule("client-assertion-type-wrong", spec="RFC 7523 §2.2; OIDC Core §9", when="odd:assertion-type")
def client_assertion_type_wrong(evidence: Evidence) -> Finding | str | None:
    """``client_assertion_type`` is exactly the URN of the JWT bearer assertion."""
    sent = evidence.form.get("client_assertion_type")
    if sent is None or sent == JWT_BEARER_ASSERTION_TYPE:
        return None
    if sent == JWT_BEARER:
        kind = "the grant type's URN"
    elif sent in {_SAML_TYPE, SAML2_BEARER}:
        kind = "the URN of a SAML assertion"
    elif sent.strip() == JWT_BEARER_ASSERTION_TYPE:
        kind = "the right URN with white space around it"
    elif sent.lower() == JWT_BEARER_ASSERTION_TYPE:
        kind = "the right URN in another case"
    elif decode_again(sent) == JWT_BEARER_ASSERTION_TYPE:
        kind = "the right URN, percent-encoded twice"
    else:
        kind = "another value"
    return Finding(f"{kind}: {sent[:100]!r}", JWT_BEARER_ASSERTION_TYPE)


@room.rule("client-assertion-multiple", spec="RFC 7523 §2.2", needs="assertion", when=("odd:form", "odd:jws"))
def client_assertion_multiple(evidence: Evidence) -> Finding | str | None:
    """``client_assertion`` holds a single JWT."""
    sent = [value for value in evidence.form.all(evidence.profile.assertion_field) if value]
    if len(sent) > 1:
        return f"the parameter was sent {len(sent)} times"
    pieces = sent[0].replace(",", " ").replace('"', " ").strip("[] ").split()
    whole = [piece for piece in pieces if piece.count(".") == 2 and piece.startswith("eyJ")]
    return f"{len(whole)} JWTs in one value" if len(whole) > 1 else None


@room.rule("client-id-mismatch", spec="RFC 7521 §4.2", when="field:client_id")
def client_id_mismatch(evidence: Evidence) -> Finding | str | None:
    """``client_id``, if sent, names the client that the assertion names."""
    sent, subject = evidence.form.get("client_id"), evidence.claims.get("sub")
    if sent is None or not isinstance(subject, str) or sent == subject:
        return None
    return Finding(f"client_id is {sent[:100]!r}", f"the assertion's sub, {subject[:100]!r}")


@room.rule(
    "client-id-missing",
    spec="Microsoft identity platform; Apple «Creating a client secret»",
    strength="vendor",
    level="off",
    when="no-field:client_id",
)
def client_id_missing(evidence: Evidence) -> Finding | str | None:
    """``client_id`` is sent beside the assertion."""
    return None if evidence.form.get("client_id") else "no client_id in the body"


@room.rule("client-id-unregistered", spec="RFC 7523 §3 item 2.B", when="field:client_id")
def client_id_unregistered(evidence: Evidence) -> Finding | str | None:
    """``client_id``, if sent, is the registered client's."""
    sent = evidence.form.get("client_id")
    if sent is None or sent == evidence.client.client_id:
        return None
    return Finding(f"client_id is {sent[:100]!r}", repr(evidence.client.client_id))


@room.rule(
    "auth-multiple-methods",
    spec="RFC 6749 §2.3",
    needs="request",
    error="invalid_request",
    when=("header:authorization", "field:client_secret", "odd:url"),
)
def auth_multiple_methods(evidence: Evidence) -> Finding | str | None:
    """A request uses one way to authenticate the client."""
    used = _methods_used(evidence)
    return f"{' and '.join(used)} in one request" if len(used) > 1 else None


def _methods_used(evidence: Evidence) -> list[str]:
    used = [] if evidence.assertion is None else [evidence.profile.assertion_field]
    if evidence.profile.assertion_field != "client_secret" and evidence.form.all("client_secret"):
        used.append("client_secret")
    if "authorization" in evidence.headers:
        used += [f"Authorization: {_scheme(value)}" for value in evidence.headers["authorization"]]
    elif evidence.url is not None and "@" in evidence.url.netloc:
        used.append("userinfo in the URL")
    return used


_SCHEMES = frozenset(
    {
        *("basic", "bearer", "concealed", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "oauth"),
        *("privatetoken", "scram-sha-1", "scram-sha-256", "vapid", "apikey", "jwt", "token"),
    }
)
"""The registered ones (IANA, HTTP Authentication Schemes), and what people write in their place."""


def _scheme(value: str) -> str:
    """The scheme's name, if it is one; what stands in its place may be a credential and is not shown."""
    scheme, space, _ = value.strip().partition(" ")
    if not space:
        return "‹no scheme›"
    return scheme if scheme.lower() in _SCHEMES else "‹an unknown scheme›"


@room.rule("auth-basic-present", spec="RFC 6749 §2.3", needs="request", when="header:authorization")
def auth_basic_present(evidence: Evidence) -> Finding | str | None:
    """No ``Authorization: Basic`` header is sent."""
    if not any(_scheme(value).lower() == "basic" for value in evidence.headers.get("authorization", ())):
        return None
    return Finding(
        "Authorization: Basic was sent; requests adds it from ~/.netrc or user:pass@ in the URL",
        "no Authorization header",
    )


@room.rule(
    "auth-bearer-present",
    spec="RFC 6749 §2.3",
    strength="SHOULD",
    level="warning",
    needs="request",
    when="header:authorization",
)
def auth_bearer_present(evidence: Evidence) -> Finding | str | None:
    """No Authorization header of another scheme is sent."""
    for value in evidence.headers.get("authorization", ()):
        scheme, _, credentials = value.strip().partition(" ")
        if scheme.lower() == "basic":
            continue
        claims = take_apart(credentials.strip()).claims or {}
        client_id = evidence.client.client_id
        if credentials.strip() == evidence.assertion or client_id == claims.get("iss") == claims.get("sub"):
            return Finding(
                f"Authorization: {_scheme(value)} carries the client assertion",
                f"the assertion in the form field {evidence.profile.assertion_field}, no Authorization header",
                level="error",
            )
        return Finding(f"Authorization: {_scheme(value)} was sent", "no Authorization header")
    return None


@room.rule("auth-client-secret-present", spec="RFC 6749 §2.3, §2.3.1", when="field:client_secret")
def auth_client_secret_present(evidence: Evidence) -> Finding | str | None:
    """No ``client_secret`` is sent."""
    if evidence.profile.assertion_field == "client_secret":
        return None
    sent = evidence.form.all("client_secret")
    if not sent:
        return None
    # An empty one is no omission here: it is how a client whose secret is the empty text authenticates (§2.3.1).
    return Finding("client_secret was sent" + ("" if any(sent) else ", with no value"), "no client_secret parameter")


@room.rule(
    "auth-method-not-registered",
    spec="OIDC Core §9, §3.1.3.1",
    when=("header:authorization", "field:client_secret", "unread"),
)
def auth_method_not_registered(evidence: Evidence) -> Finding | str | None:
    """The client authenticates by the method it is registered for."""
    registered = evidence.client.method
    used = None
    if evidence.assertion is None:
        if any(_scheme(value).lower() == "basic" for value in evidence.headers.get("authorization", ())):
            used = "client_secret_basic"
        elif evidence.form.get("client_secret"):
            used = "client_secret_post"
    elif evidence.algorithm is not None:
        used = "client_secret_jwt" if evidence.alg in HMAC_ALGORITHMS else "private_key_jwt"
    return Finding(f"the request uses {used}", registered) if used not in {None, registered} else None


@room.rule(
    "grant-and-client-assertion-same",
    spec="hygiene (RFC 7519 §4.1.7)",
    strength="hygiene",
    level="warning",
    grants=(JWT_BEARER,),
    when="field:assertion",
)
def grant_and_client_assertion_same(evidence: Evidence) -> Finding | str | None:
    """The grant's ``assertion`` and the ``client_assertion`` are two JWTs."""
    # Not `evidence.assertion`: where the JWT is the grant that is the one in ``assertion``.
    client_assertion = evidence.form.get("client_assertion")
    if client_assertion is None or evidence.form.get("assertion") != client_assertion:
        return None
    return "both parameters hold the same JWT, so its jti is spent twice"
