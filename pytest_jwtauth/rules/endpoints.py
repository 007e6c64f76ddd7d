"""What the other endpoints demand of a client that authenticates the same way (RFC 9126, 7662, 7009, 8628, CIBA)."""

from __future__ import annotations

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.model import OTHER_ENDPOINTS, Finding
from pytest_jwtauth.report_words import shown_name
from pytest_jwtauth.rules.registry import Room

room = Room(__name__, error="invalid_request", needs="form")

PAR = ("pushed_authorization_request",)
INTROSPECTION = ("introspection",)
REVOCATION = ("revocation",)
DEVICE = ("device_authorization",)
BACKCHANNEL = ("backchannel_authentication",)

_CLIENT_AUTHENTICATION = frozenset({"client_id", "client_assertion", "client_assertion_type", "client_secret"})


@room.rule(
    "grant-type-unexpected",
    spec="RFC 9126 §2.1; RFC 7662 §2.1; RFC 7009 §2.1; CDR «Client Authentication»",
    strength="SHOULD",
    level="warning",
    endpoints=OTHER_ENDPOINTS,
)
def grant_type_unexpected(evidence: Evidence) -> Finding | str | None:
    """No ``grant_type`` is sent to an endpoint that issues no token."""
    return f"grant_type was sent to the {evidence.endpoint} endpoint" if evidence.form.all("grant_type") else None


@room.rule("par-client-id-missing", spec="RFC 9126 §2.1; RFC 6749 §4.1.1", endpoints=PAR)
def par_client_id_missing(evidence: Evidence) -> Finding | str | None:
    """A pushed authorization request carries ``client_id``: it is a parameter of the request itself."""
    if evidence.form.get("client_id") or evidence.form.get("request"):
        return None  # beside a request object stands only what authenticates the client (RFC 9126 §3)
    return "no client_id in the body"


@room.rule("par-request-uri-present", spec="RFC 9126 §2.1", endpoints=PAR)
def par_request_uri_present(evidence: Evidence) -> Finding | str | None:
    """A pushed authorization request carries no ``request_uri``."""
    return "request_uri was sent" if evidence.form.all("request_uri") else None


@room.rule("par-params-outside-request-object", spec="RFC 9126 §3", endpoints=PAR)
def par_params_outside_request_object(evidence: Evidence) -> Finding | str | None:
    """Beside a request object no authorization parameters are sent."""
    if evidence.form.get("request") is None:
        return None
    inside = _CLIENT_AUTHENTICATION | {"request"}
    outside = list(dict.fromkeys(name for name, value in evidence.form.fields if value and name not in inside))
    return f"beside request: {', '.join(map(shown_name, outside[:8]))}" if outside else None


@room.rule("par-redirect-uri-missing", spec="FAPI 2.0 Security Profile §5.3.2.2", level="off", endpoints=PAR)
def par_redirect_uri_missing(evidence: Evidence) -> Finding | str | None:
    """A pushed authorization request carries ``redirect_uri``."""
    if evidence.form.get("redirect_uri") or evidence.form.get("request"):
        return None
    return "no redirect_uri in the body"


@room.rule("introspection-token-missing", spec="RFC 7662 §2.1", endpoints=INTROSPECTION)
def introspection_token_missing(evidence: Evidence) -> Finding | str | None:
    """The token to be introspected is sent."""
    return None if evidence.form.get("token") else "no token in the body"


@room.rule("revocation-token-missing", spec="RFC 7009 §2.1", endpoints=REVOCATION)
def revocation_token_missing(evidence: Evidence) -> Finding | str | None:
    """The token to be revoked is sent."""
    return None if evidence.form.get("token") else "no token in the body"


@room.rule(
    "token-type-hint-unknown",
    spec="RFC 7009 §2.1, §4.1.2",
    strength="SHOULD",
    level="warning",
    endpoints=(*INTROSPECTION, *REVOCATION),
)
def token_type_hint_unknown(evidence: Evidence) -> Finding | str | None:
    """``token_type_hint`` is a registered one."""
    hint = evidence.form.get("token_type_hint")
    if hint in {None, "access_token", "refresh_token"}:
        return None
    return Finding(f"token_type_hint is {str(hint)[:60]!a}", "access_token or refresh_token")


@room.rule("device-authz-client-id", spec="RFC 8628 §3.1", endpoints=DEVICE)
def device_authz_client_id(evidence: Evidence) -> Finding | str | None:
    """A device authorization request names the client."""
    if evidence.form.get("client_id") or evidence.assertion:
        return None
    return "neither client_id nor an assertion in the body"


@room.rule("ciba-hint-count", spec="CIBA Core §7.1", endpoints=BACKCHANNEL)
def ciba_hint_count(evidence: Evidence) -> Finding | str | None:
    """A backchannel authentication request names the user by one hint."""
    if evidence.form.get("request"):
        return None  # the hints are in the signed request (CIBA Core §7.1.1)
    hints = [name for name in ("login_hint_token", "id_token_hint", "login_hint") if evidence.form.get(name)]
    if len(hints) == 1:
        return None
    return Finding(f"{' and '.join(hints) or 'no hint'}", "one of login_hint_token, id_token_hint, login_hint")


@room.rule("ciba-scope-openid", spec="CIBA Core §7.1", endpoints=BACKCHANNEL, error="invalid_scope")
def ciba_scope_openid(evidence: Evidence) -> Finding | str | None:
    """The scope of a backchannel authentication request contains ``openid``."""
    if evidence.form.get("request") or "openid" in (evidence.form.get("scope") or "").split():
        return None
    return "scope lacks openid" if evidence.form.get("scope") else "no scope in the body"
