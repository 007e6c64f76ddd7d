"""What the stub serves beside codes and refreshes: the other endpoints, the grants that begin there, its metadata.

Judges nothing: whoever gets here was found right. No sockets, no pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, NamedTuple

from pytest_jwtauth import jws
from pytest_jwtauth.approvals import Approvals
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.issued import Family, Grant
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import TOKEN_ENDPOINT, AuthorizationServer, Json, Profile
from pytest_jwtauth.parameters import (
    AUTHORIZATION_CODE,
    CIBA,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    JWT_BEARER,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
)
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.pushed_requests import PushedRequests
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.server_metadata import metadata_urls, server_metadata
from pytest_jwtauth.setting import Setting, of_type
from pytest_jwtauth.token_issuer import ID_TOKEN_LIFETIME, TokenIssuer
from pytest_jwtauth.token_response import empty_response, json_response
from pytest_jwtauth.urls import normalized_place

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold codes and tokens.
__tracebackhide__ = True

_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"
"""RFC 8693 §3."""
_OF_THE_LOGIN = ("redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method", "max_age")
"""What a code remembers of the authorization request."""


class Refused(NamedTuple):
    """What a request gets that breaks no rule and still gets no success: the user has not decided yet, for instance.

    Attributes:
        error: The ``error`` value.
        reason: What goes into ``error_description``: printable ASCII without ``"`` and ``\\``.
        status: The HTTP status; None for the one that belongs to *error*.
    """

    error: str
    reason: str
    status: int | None = None


class ServedEndpoints(TokenIssuer):
    """An authorization server as far as it answers requests that are right.

    Attributes:
        request_uri_lifetime: Seconds that a pushed authorization request waits for the browser (RFC 9126 §2.2).
        approval_lifetime: Seconds that a device code or an ``auth_req_id`` waits for the user.
        polling_interval: Seconds between polls, as the answers say; None to leave it out, which means 5.
    """

    request_uri_lifetime = Setting[int](of_type(int))
    approval_lifetime = Setting[int](of_type(int))
    polling_interval = Setting["int | None"](of_type(int, NoneType))

    def __init__(
        self, *, client: RegisteredClient, server: AuthorizationServer, profile: str | Profile, now: Callable[[], float]
    ) -> None:
        super().__init__(client=client, server=server, now=now)
        self.profile = profile
        self.request_uri_lifetime = 60
        self.approval_lifetime = 600
        self.polling_interval = 5
        self._pushed = PushedRequests()
        self._approvals = Approvals()
        self._metadata: dict[str, Json] | None = None
        self._documents = self._documents_of(server)

    @property
    def profile(self) -> Profile:
        """What requests are judged by, and what the metadata promises. May be set by its name, too."""
        return self._profile

    @profile.setter
    def profile(self, profile: str | Profile) -> None:
        self._profile = profile_named(profile)

    def _documents_of(self, server: AuthorizationServer) -> dict[str, Callable[[], Mapping[str, Json]]]:
        """What *server* publishes, by the URLs at which it does."""
        documents: dict[str, Callable[[], Mapping[str, Json]]] = dict.fromkeys(
            metadata_urls(server.issuer), lambda: self.metadata
        )
        if server.jwks_uri is not None:
            documents[server.jwks_uri] = self.jwks
        return documents

    def _document(self, url: str) -> Callable[[], Mapping[str, Json]] | None:
        """What is published at *url*; a query of the client's own changes nothing, as Entra's ``?appid=`` does not."""
        exactly = self._documents.get(url)
        if exactly is not None:
            return exactly
        place = normalized_place(url)
        return next((document for known, document in self._documents.items() if normalized_place(known) == place), None)

    @property
    def par_url(self) -> str:
        """Where to push authorization requests (RFC 9126). Raises `ConfigurationError` if there is no such place."""
        return self._url_of("pushed_authorization_request")

    @property
    def introspection_url(self) -> str:
        """Where to ask about a token (RFC 7662). Raises `ConfigurationError` if there is no such place."""
        return self._url_of("introspection")

    @property
    def revocation_url(self) -> str:
        """Where to revoke a token (RFC 7009). Raises `ConfigurationError` if there is no such place."""
        return self._url_of("revocation")

    @property
    def device_authorization_url(self) -> str:
        """Where a device begins a login (RFC 8628). Raises `ConfigurationError` if there is no such place."""
        return self._url_of("device_authorization")

    @property
    def backchannel_authentication_url(self) -> str:
        """Where a CIBA login begins (CIBA Core §7). Raises `ConfigurationError` if there is no such place."""
        return self._url_of("backchannel_authentication")

    @property
    def metadata_url(self) -> str:
        """Where the server's metadata stand (OIDC Discovery §4). RFC 8414's place, ahead of the path, works as well."""
        return metadata_urls(self.server.issuer)[0]

    def _url_of(self, name: str) -> str:
        url = self.server.endpoints.get(name)
        if url is None:
            raise ConfigurationError(
                f"this authorization server has no {name}_endpoint; it has {', '.join(self.server.endpoints)}. Give "
                f"AuthorizationServer({name}_endpoint=…) one, for instance in a fixture jwtauth_server of your own"
            )
        return url

    @property
    def metadata(self) -> dict[str, Json]:
        """The members of the server's metadata (RFC 8414 §2), to be changed by a test that serves wrong ones.

        ``endpoint.metadata["issuer"] = "https://other.example"``; ``del endpoint.metadata["token_endpoint"]``. They are
        made when first asked for, of the server, the profile and ``id_token_signing_alg`` as they are then.
        """
        if self._metadata is None:
            self._metadata = server_metadata(
                self.server, self.profile, grant_types=GRANT_TYPES, id_token_signing_alg=self.id_token_signing_alg
            )
        return self._metadata

    def issue_code(
        self,
        *,
        redirect_uri: str | None = None,
        scope: str | None = "openid",
        nonce: str | None = None,
        code_challenge: str | None = None,
        code_challenge_method: str | None = None,
        max_age: float | None = None,
        awkward: bool = False,
        request_uri: str | None = None,
    ) -> str:
        """Issue an authorization code, as if the user had just logged in.

        Args:
            redirect_uri, scope, nonce: As sent to the authorization endpoint; None if it was not sent. An ID Token is
                issued if ``openid`` is in *scope*.
            code_challenge: The PKCE challenge sent there.
            code_challenge_method: ``S256`` or ``plain``; left out it means ``plain`` (RFC 7636 §4.3).
            max_age: As sent there, in seconds: then ``auth_time`` stands in the ID Token (OIDC Core §2, §3.1.2.1).
            awkward: Put ``+``, ``/``, ``=``, ``%`` and ``&`` into the code, to catch a client that does not encode it.
            request_uri: Stands for a pushed request (RFC 9126 §4): everything above comes from there, and the
                ``request_uri`` is used up.

        Raises:
            ConfigurationError: for a challenge that the method cannot have produced, and for a *request_uri* that was
                not issued, was used, has expired, or comes together with one of the values above.
        """
        login: dict[str, Any] = {
            "redirect_uri": redirect_uri,
            "scope": scope,
            "nonce": nonce,
            "code_challenge": code_challenge,
            "code_challenge_method": code_challenge_method,
            "max_age": max_age,
        }
        if request_uri is not None:
            beside = [name for name, value in login.items() if value is not None and (name, value) != _DEFAULT_SCOPE]
            if beside:
                raise ConfigurationError(
                    f"issue_code(request_uri=…) takes {', '.join(beside)} from what was pushed: leave that out"
                )
            with self._lock:
                pushed = self._pushed.take(request_uri, self.now)
            login = {name: pushed.get(name) for name in _OF_THE_LOGIN}
            login["max_age"] = _seconds(login["max_age"])
        return super().issue_code(**login, awkward=awkward)

    def approve(self, name: str | None = None) -> None:
        """Have the user agree to a login on another device: the newest that waits, or the one called *name*.

        Args:
            name: A ``user_code``, or a ``device_code`` or ``auth_req_id``.

        Raises:
            ConfigurationError: if no such login waits.
        """
        with self._lock:
            self._approvals.decide("approved", name, self.now)

    def deny(self, name: str | None = None) -> None:
        """Have the user refuse a login on another device; see `approve`."""
        with self._lock:
            self._approvals.decide("denied", name, self.now)

    def _serve(self, evidence: Evidence) -> TokenResponse | Refused:
        """What a request gets that breaks no rule."""
        if evidence.endpoint != TOKEN_ENDPOINT:
            serve = _ENDPOINTS.get(evidence.endpoint)
            if serve is None:
                return Refused("invalid_request", f"no metadata of this server: they are at {self.metadata_url}", 404)
            return serve(self, evidence)
        grant = _EXTENSION_GRANTS.get(evidence.grant or "")
        served = self._issue(evidence) if grant is None else grant(self, evidence)
        return served or Refused("unsupported_grant_type", "this stub does not serve this grant_type")

    def _push(self, evidence: Evidence) -> TokenResponse:
        form = evidence.form
        sent: Mapping[str, Json] = {name: form.get(name) for name in _OF_THE_LOGIN}
        request_object = form.get("request")
        if request_object is not None:
            # RFC 9126 §3: then everything stands in there. Its signature is the client's affair with a real server.
            sent = jws.take_apart(request_object).claims or {}
        parameters = {name: str(value) for name in _OF_THE_LOGIN if isinstance(value := sent.get(name), (str, int))}
        lifetime = self.request_uri_lifetime
        request_uri = self._pushed.add(parameters, evidence.now + lifetime)
        return json_response(201, {"request_uri": request_uri, "expires_in": lifetime}, evidence.now)

    def _introspect(self, evidence: Evidence) -> TokenResponse:
        token = self._ledger.find_token(evidence.form.get("token"))
        members: dict[str, Json] = {"active": token is not None and token.is_active(evidence.now)}
        # RFC 7662 §2.2: of a token that is not active nothing else should be said.
        if token is not None and members["active"]:
            members["client_id"] = self.client.client_id
            members["iss"] = self.server.issuer
            members["sub"] = token.family.grant.subject or self.subject
            members["iat"] = int(token.issued_at)
            if token.scope is not None:
                members["scope"] = token.scope
            if token.expires_at is not None:
                members["exp"] = int(token.expires_at)
            if token.token_type is not None:
                members["token_type"] = token.token_type
        return json_response(200, members, evidence.now)

    def _revoke(self, evidence: Evidence) -> TokenResponse:
        token = self._ledger.find_token(evidence.form.get("token"))
        if token is not None:
            token.revoke()
        # RFC 7009 §2.2: a token that nobody knows is as good as revoked.
        return empty_response(200, evidence.now)

    def _authorize_device(self, evidence: Evidence) -> TokenResponse:
        lifetime = self.approval_lifetime
        awaited = self._approvals.add(evidence.form.get("scope"), evidence.now + lifetime, with_user_code=True)
        place = f"{self.server.issuer.rstrip('/')}/device"
        members = {
            "device_code": awaited.value,
            "user_code": awaited.user_code,
            "verification_uri": place,
            "verification_uri_complete": f"{place}?user_code={awaited.user_code}",
            "expires_in": lifetime,
        }
        return json_response(200, {**members, **self._interval()}, evidence.now)

    def _authenticate_backchannel(self, evidence: Evidence) -> TokenResponse:
        form, lifetime = evidence.form, self.approval_lifetime
        request_object = form.get("request")
        claims = {} if request_object is None else jws.take_apart(request_object).claims or {}
        scope = form.get("scope") or claims.get("scope")
        # CIBA Core §7.1: the client asks for it, the server decides.
        lifetime = min(lifetime, _seconds(form.get("requested_expiry")) or lifetime)
        awaited = self._approvals.add(
            scope if isinstance(scope, str) else None, evidence.now + lifetime, with_user_code=False
        )
        members = {"auth_req_id": awaited.value, "expires_in": lifetime}
        return json_response(200, {**members, **self._interval()}, evidence.now)

    def _interval(self) -> dict[str, int]:
        return {} if self.polling_interval is None else {"interval": self.polling_interval}

    def _for_approval(self, evidence: Evidence) -> TokenResponse | Refused:
        name = "device_code" if evidence.grant == DEVICE_CODE else "auth_req_id"
        awaited = self._approvals.find(evidence.form.get(name))
        # Each kind of login is polled for with its own grant.
        if awaited is None or (awaited.user_code is None) != (name == "auth_req_id"):
            return Refused("invalid_grant", f"this {name} was not issued here")
        error = awaited.error(evidence.now)
        if error is not None:
            return Refused(error, _WHY[error])
        awaited.spent = True
        family = Family(Grant(awaited.scope, awaited.decided_at))
        refresh_token = self._new_refresh_token(family, evidence.now)
        return self._tokens(evidence, family, awaited.scope, refresh_token, login=True)

    def _for_jwt(self, evidence: Evidence) -> TokenResponse:
        # RFC 7521 §4.1: no refresh token. Where no scope is asked for by a parameter, some vendors have it in the JWT.
        claims = jws.take_apart(evidence.form.get("assertion") or "").claims or {}
        subject = next((value for name in ("sub", "iss") if isinstance(value := claims.get(name), str)), None)
        scope = evidence.form.get("scope") or claims.get("scope")
        scope = scope if isinstance(scope, str) else None
        return self._tokens(evidence, Family(Grant(scope, evidence.now, subject=subject)), scope)

    def _for_token(self, evidence: Evidence) -> TokenResponse | Refused:
        """Token exchange (RFC 8693): for any subject token of others, and for one of ours that is good."""
        form, now = evidence.form, evidence.now
        subject = None
        for name in ("subject_token", "actor_token"):
            ours = self._ledger.find_token(form.get(name))
            if ours is not None and not ours.is_active(now):
                return Refused("invalid_request", f"the {name} is not active: it expired, was revoked or was replaced")
            if ours is not None and name == "subject_token":
                subject = ours.family.grant.subject
        kind = (form.get("requested_token_type") or f"{_TOKEN_TYPE}access_token").removeprefix(_TOKEN_TYPE)
        scope = form.get("scope")
        family = Family(Grant(scope, now, subject=subject))
        issued: dict[str, Json] = {"issued_token_type": f"{_TOKEN_TYPE}{kind}"}
        if kind == "access_token":
            return self._tokens(evidence, family, scope, extra=issued)
        if kind == "refresh_token":
            issued["access_token"] = self._new_refresh_token(family, now)
        elif kind in {"id_token", "jwt"}:
            issued["access_token"] = self._id_token(family.grant, int(now), None, None)
            issued["expires_in"] = ID_TOKEN_LIFETIME
        else:
            return Refused("invalid_request", "requested_token_type: only access_token, refresh_token, id_token, jwt")
        # RFC 8693 §2.2.1: the member is called access_token whatever is in it, and N_A says that it is none.
        return json_response(200, {**issued, "token_type": "N_A", **self.extra_members}, now)


def _seconds(sent: str | None) -> int | None:
    """A parameter that is a number of seconds; None for anything else."""
    return int(sent) if sent is not None and sent.isascii() and sent.isdigit() and len(sent) < 9 else None


_DEFAULT_SCOPE = ("scope", "openid")

_ENDPOINTS: Mapping[str, Callable[[ServedEndpoints, Evidence], TokenResponse]] = {
    "pushed_authorization_request": ServedEndpoints._push,
    "introspection": ServedEndpoints._introspect,
    "revocation": ServedEndpoints._revoke,
    "device_authorization": ServedEndpoints._authorize_device,
    "backchannel_authentication": ServedEndpoints._authenticate_backchannel,
}
_EXTENSION_GRANTS: Mapping[str, Callable[[ServedEndpoints, Evidence], TokenResponse | Refused]] = {
    JWT_BEARER: ServedEndpoints._for_jwt,
    TOKEN_EXCHANGE: ServedEndpoints._for_token,
    DEVICE_CODE: ServedEndpoints._for_approval,
    CIBA: ServedEndpoints._for_approval,
}
GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, *_EXTENSION_GRANTS)
"""All that are served."""

_WHY: Mapping[str, str] = {
    "authorization_pending": "the user has not decided yet",
    "access_denied": "the user refused",
    "expired_token": "the user took too long",
    "invalid_grant": "the tokens for this login have been collected",
}
