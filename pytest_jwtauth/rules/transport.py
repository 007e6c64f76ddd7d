"""The HTTP request around the form: method, URL, header fields (RULES of RFC 6749 §3.2 and RFC 9110)."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from pytest_jwtauth.evidence import FORM_MEDIA_TYPE, Evidence
from pytest_jwtauth.form_body import parse
from pytest_jwtauth.model import Finding
from pytest_jwtauth.parameters import CREDENTIALS, TOKEN_PARAMETERS
from pytest_jwtauth.rules.registry import Room
from pytest_jwtauth.urls import is_loopback, normalized_place

room = Room(__name__, error="invalid_request")


@room.rule("http-method-not-post", spec="RFC 6749 §3.2; OIDC Core §3.1.3.1", when="odd:method")
def http_method_not_post(evidence: Evidence) -> Finding | str | None:
    """The request uses the method POST."""
    method = evidence.request.method
    if method == "POST" or (method == "OPTIONS" and "access-control-request-method" in evidence.headers):
        # A CORS preflight (Fetch standard §4.8) is the browser's own and carries no credential.
        return None
    if method.upper() == "POST":
        return f"the method is {method!r}; methods are case-sensitive (RFC 9110 §9.1)"
    return f"the method is {method}"


@room.rule("url-scheme-not-https", spec="RFC 6749 §3.2, §10.9; OIDC Core §3.1.3", needs="url", when="odd:url")
def url_scheme_not_https(evidence: Evidence) -> Finding | str | None:
    """The endpoint is called over TLS."""
    scheme = evidence.url.scheme.lower()
    if scheme == "https":
        return None
    if scheme != "http":
        return f"the scheme is {scheme or 'missing'}"
    if is_loopback((evidence.url.hostname or "").lower()):
        return None
    return "the scheme is http, for a host that is not loopback"


@room.rule("tls-verification-off", spec="RFC 6749 §10.9", when="odd:tls")
def tls_verification_off(evidence: Evidence) -> Finding | str | None:
    """The client verifies the server's certificate."""
    if evidence.expected.get("tls_verified", True):
        return None
    return Finding("certificate verification was switched off", "verification left on, or a CA file of the test's")


@room.rule("url-fragment-present", spec="RFC 6749 §3.2", needs="url", when="odd:url")
def url_fragment_present(evidence: Evidence) -> Finding | str | None:
    """The endpoint's URL has no fragment."""
    if "#" in evidence.request.url:
        return "the URL of the request has a fragment"
    # HTTP clients drop a fragment before sending, so the configured URL is the better witness.
    return "the configured URL has a fragment" if "#" in evidence.endpoint_url else None


@room.rule("url-userinfo-present", spec="RFC 9110 §4.2.4", needs="url", when="odd:url")
def url_userinfo_present(evidence: Evidence) -> Finding | str | None:
    """The URL holds no ``user:password@``."""
    if "@" not in evidence.url.netloc:
        return None
    return Finding(
        "the URL has userinfo before the host; requests and httpx turn it into Authorization: Basic",
        "a URL without userinfo",
    )


@room.rule("url-credentials-in-query", spec="RFC 6749 §2.3.1, §3.2; RFC 7521 §4.2", needs="url", when="odd:url")
def url_credentials_in_query(evidence: Evidence) -> Finding | str | None:
    """No credential travels in the query of the URL."""
    return _found_in_query(evidence, CREDENTIALS)


@room.rule("url-form-params-in-query", spec="RFC 6749 §4.1.3, §4.4.2, §6", needs="url", when="odd:url")
def url_form_params_in_query(evidence: Evidence) -> Finding | str | None:
    """Parameters are sent in the body only."""
    return _found_in_query(evidence, TOKEN_PARAMETERS - CREDENTIALS)


def _found_in_query(evidence: Evidence, names: frozenset[str] | set[str]) -> Finding | None:
    if not evidence.query:
        return None
    configured = _query_of(evidence.endpoint_url)
    found = dict.fromkeys(name for name, value in evidence.query if name in names and (name, value) not in configured)
    return Finding(f"in the query: {', '.join(found)}", "these in the body") if found else None


def _query_of(url: str) -> tuple[tuple[str, str], ...]:
    return parse(urlsplit(url).query.encode("utf-8", "surrogatepass")).fields


@room.rule("url-endpoint-query-dropped", spec="RFC 6749 §3.2", needs="url", when="odd:url")
def url_endpoint_query_dropped(evidence: Evidence) -> Finding | str | None:
    """The query that is part of the endpoint's own URL is kept."""
    if "?" not in evidence.endpoint_url:
        return None
    sent = list(evidence.query)
    dropped = []
    for pair in _query_of(evidence.endpoint_url):
        if pair in sent:
            sent.remove(pair)
        else:
            dropped.append(pair[0])
    return f"missing in the query: {', '.join(dropped)}" if dropped else None


@room.rule("url-endpoint-mismatch", spec="hygiene (RFC 3986 §6.2)", strength="hygiene", when="odd:url")
def url_endpoint_mismatch(evidence: Evidence) -> Finding | str | None:
    """The request goes to the configured endpoint."""
    if evidence.at_endpoint:
        return None
    sent, configured = normalized_place(evidence.request.url), normalized_place(evidence.endpoint_url)
    if sent is None or configured is None:
        return Finding("the URL cannot be read", evidence.endpoint_url)
    differences = [
        f"{name} {ours!r} instead of {theirs!r}"
        for name, ours, theirs in zip(("scheme", "host", "port", "path"), sent, configured, strict=True)
        if ours != theirs
    ]
    return Finding(f"{'; '.join(differences)}{_kind_of_near_miss(sent[3], configured[3])}", evidence.endpoint_url)


def _kind_of_near_miss(sent: str, configured: str) -> str:
    if sent == configured:
        return ""
    if sent.rstrip("/") == configured.rstrip("/"):
        return " (a trailing slash)"
    if sent.lower() == configured.lower():
        return " (the case of the path)"
    if sent.replace("//", "/") == configured:
        return " (a doubled slash)"
    if "{" in sent or "%7B" in sent:
        return " (a placeholder that was not filled in)"
    return ""


@room.rule("header-content-type-missing", spec="RFC 6749 §4.1.3, appendix B", when="odd:content-type")
def header_content_type_missing(evidence: Evidence) -> Finding | str | None:
    """A body comes with a Content-Type."""
    if "content-type" in evidence.headers or not evidence.request.body:
        return None
    return Finding("the body has no Content-Type", FORM_MEDIA_TYPE)


@room.rule(
    "header-content-type-wrong",
    spec="RFC 6749 §4.1.3; RFC 8693 §2.1; RFC 9126 §2.1; RFC 7662 §2.1",
    when="odd:content-type",
)
def header_content_type_wrong(evidence: Evidence) -> Finding | str | None:
    """The Content-Type is ``application/x-www-form-urlencoded``."""
    for value in evidence.headers.get("content-type", ()):
        media_type = value.partition(";")[0].strip().lower()
        if media_type != FORM_MEDIA_TYPE or "," in _outside_quotes(value):
            return Finding(f"Content-Type is {value[:80]!r}", FORM_MEDIA_TYPE)
    return None


def _outside_quotes(value: str) -> str:
    return "".join(value.split('"')[::2])


@room.rule("header-content-type-repeated", spec="RFC 9110 §5.3, §8.3", when="odd:content-type")
def header_content_type_repeated(evidence: Evidence) -> Finding | str | None:
    """There is one Content-Type header field."""
    lines = evidence.headers.get("content-type", ())
    return f"{len(lines)} Content-Type fields" if len(lines) > 1 else None


@room.rule(
    "header-accept-excludes-json",
    spec="hygiene (RFC 6749 §5.1; RFC 9110 §12.5.1)",
    strength="hygiene",
    level="warning",
    when="odd:accept",
)
def header_accept_excludes_json(evidence: Evidence) -> Finding | str | None:
    """An Accept header, if sent, allows ``application/json``."""
    accept = ",".join(evidence.headers.get("accept", ()))
    if not accept:
        return None
    qualities: dict[str, bool] = {}
    for element in accept.split(","):
        media_range, *parameters = [piece.strip().lower() for piece in element.split(";")]
        qualities[media_range] = not any(piece.startswith("q=") and _is_zero(piece[2:]) for piece in parameters)
    for media_range in ("application/json", "application/*", "*/*"):
        if media_range in qualities:
            # The most specific range decides (RFC 9110 §12.5.1).
            return (
                None if qualities[media_range] else Finding(f"Accept refuses JSON: {accept[:80]!r}", "application/json")
            )
    return Finding(f"Accept is {accept[:80]!r}", "application/json")


def _is_zero(weight: str) -> bool:
    return weight.strip("0.") == "" and weight != ""


@room.rule("header-cookie-present", spec="hygiene", strength="hygiene", level="warning", when="header:cookie")
def header_cookie_present(evidence: Evidence) -> Finding | str | None:
    """No cookies are sent to the endpoint."""
    if "cookie" not in evidence.headers:
        return None
    return Finding("a Cookie header was sent: a session shared with other requests?", "a session of its own")


@room.rule(
    "header-user-agent-missing",
    spec="GOV.UK One Login, «Make a POST request to the /token endpoint»",
    strength="vendor",
    level="off",
)
def header_user_agent_missing(evidence: Evidence) -> Finding | str | None:
    """A User-Agent is sent and not empty."""
    return None if (evidence.header_value("user-agent") or "").strip() else "no User-Agent"


@room.rule(
    "header-secret-leaked",
    spec="hygiene (RFC 8725 §3.5; purpose of RFC 7523)",
    strength="hygiene",
    error="invalid_client",
    when=("odd:leak", "header:authorization"),
)
def header_secret_leaked(evidence: Evidence) -> Finding | str | None:
    """No header holds the client secret, the private key or the assertion."""
    needles = evidence.client.secret_needles()
    assertion = evidence.assertion if evidence.assertion and len(evidence.assertion) > 40 else None
    decoded = [_decoded(value) for value in evidence.headers.get("authorization", ())]
    everything = b"\n".join([*(value.encode("utf-8", "replace") for _, value in evidence.request.headers), *decoded])
    # Looked for in all of them at once: there may be thousands, and most have none.
    needles = tuple([needle for needle in needles if needle in everything])
    for name, values in evidence.headers.items():
        for value in values:
            octets = value.encode("utf-8", "replace")
            if name == "authorization":
                octets += b" " + _decoded(value)
            if any(needle in octets for needle in needles):
                return f"the {name} header holds the client's secret or private key"
            if assertion and assertion in value:
                return f"the {name} header holds the client assertion"
            if "PRIVATE KEY-----" in value:
                return f"the {name} header holds a private key"
    return None


def _decoded(value: str) -> bytes:
    """What stands behind the scheme of an Authorization header, where that is base64 as in Basic."""
    try:
        return base64.b64decode(value.strip().partition(" ")[2] + "==")
    except ValueError:
        return b""
