"""What the stub hands out: codes and refresh tokens before a request, tokens in answer to one that was found right.

Judges nothing and refuses nothing. No sockets, no pytest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType, NoneType
from typing import Any, Literal, get_args

from pytest_jwtauth import demands, numeric_date
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.id_token import SigningKey, check_signing_alg, signing_key
from pytest_jwtauth.issued import Family, Grant, Issued, Kind, Ledger, new_code, new_token, read_grant
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import AuthorizationServer, Json
from pytest_jwtauth.parameters import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.setting import Setting, of_type, seconds_or_none
from pytest_jwtauth.token_response import json_response

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold codes and tokens.
__tracebackhide__ = True

RefreshRotation = Literal["off", "rotate", "detect-reuse"]

DEFAULT_ID_TOKEN_SIGNING_ALG = "ES256"
ID_TOKEN_LIFETIME = 3600
"""Seconds."""


class TokenIssuer:
    """An authorization server as far as it issues: for one client, from the login on.

    Attributes:
        client, server: For whom and in whose name.
        clock_skew: Seconds by which the server's clock is ahead; negative if it is behind.
        access_token_lifetime: Seconds, ``expires_in`` of the answers; None: without end, and no ``expires_in``.
        refresh_token_lifetime: Seconds that a refresh token is good for; None: without end.
        granted_scope: What a client that acts for itself is granted whatever it asks for; None: what it asks for.
        extra_members: Members that every success response has besides its own, or in their place.
        id_token_claims: Claims of ID Tokens that differ from the right ones; None as a value leaves the claim out.
        dpop_nonce: What a DPoP proof must carry as ``nonce`` (RFC 9449 §8), or None. A client that was not told yet is
            told by ``use_dpop_nonce``; one that was told and does not send it breaks the rule ``dpop-proof``.
        subject: ``sub`` of ID Tokens.
    """

    clock_skew = Setting[float](numeric_date.check_seconds)
    access_token_lifetime = Setting["int | None"](of_type(int, NoneType))
    refresh_token_lifetime = Setting["float | None"](seconds_or_none)
    granted_scope = Setting["str | None"](of_type(str, NoneType))
    extra_members = Setting[Mapping[str, Json]](of_type(Mapping))
    id_token_claims = Setting[Mapping[str, Json]](of_type(Mapping))
    dpop_nonce = Setting["str | None"](of_type(str, NoneType))
    subject = Setting[str](of_type(str))

    def __init__(self, *, client: RegisteredClient, server: AuthorizationServer, now: Callable[[], float]) -> None:
        self.client = client
        self.server = server
        self.clock_skew = 0.0
        self.access_token_lifetime = 3600
        self.refresh_token_lifetime = None
        self.granted_scope = None
        self.extra_members = {}
        self.id_token_claims = {}
        self.dpop_nonce = None
        self.subject = "jwtauth-user"
        self._clock = now
        self._lock = threading.Lock()
        self._ledger = Ledger()
        self._refresh_rotation: RefreshRotation = "rotate"
        self._refresh_grace: float = 0
        self._token_type = "Bearer"
        self._id_token_signing_alg = DEFAULT_ID_TOKEN_SIGNING_ALG
        self._signing_keys: dict[str, SigningKey] = {}

    @property
    def now(self) -> float:
        """The server's time, a NumericDate: the clock's, moved by `clock_skew`."""
        return self._clock() + self.clock_skew

    @property
    def id_token_signing_alg(self) -> str:
        """``alg`` of ID Tokens. ES256 by default: an RSA key costs 37 to 120 ms once, and each RS256 signature 0.3 ms.

        Set it to ``"RS256"``, the default of OIDC Registration §2 and what PingOne uses, for a client that insists.
        """
        return self._id_token_signing_alg

    @id_token_signing_alg.setter
    def id_token_signing_alg(self, alg: str) -> None:
        check_signing_alg(alg)
        self._id_token_signing_alg = alg

    @property
    def refresh_rotation(self) -> RefreshRotation:
        """What becomes of a refresh token that is used (RFC 9700 §4.14.2).

        - ``"rotate"``, as it is at first: it is spent, and the answer brings the next.
        - ``"detect-reuse"``: so, too; and if a spent one comes again, all tokens of its login are revoked.
        - ``"off"``: it stays good.
        """
        return self._refresh_rotation

    @refresh_rotation.setter
    def refresh_rotation(self, mode: RefreshRotation) -> None:
        if mode not in get_args(RefreshRotation):
            raise unknown_name("refresh_rotation", mode, get_args(RefreshRotation))
        self._refresh_rotation = mode

    @property
    def refresh_grace(self) -> float:
        """Seconds for which a refresh token still works after it was replaced: for a client whose answer got lost."""
        return self._refresh_grace

    @refresh_grace.setter
    def refresh_grace(self, seconds: Any) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise ConfigurationError(f"refresh_grace is a number of seconds, 0 or more; got {seconds!r}")
        self._refresh_grace = seconds

    @property
    def token_type(self) -> str:
        """``token_type`` of the answers, in any spelling: ``Bearer``, ``bearer``, ``DPoP`` (RFC 6749 §5.1).

        Where the request had a DPoP proof it is ``DPoP``, whatever stands here (RFC 9449 §5).
        """
        return self._token_type

    @token_type.setter
    def token_type(self, spelling: Any) -> None:
        if not isinstance(spelling, str) or spelling.lower() not in {"bearer", "dpop"}:
            raise ConfigurationError(
                f"token_type is Bearer or DPoP, in any spelling; got {spelling!r}. "
                "For another one: extra_members = {'token_type': …}"
            )
        self._token_type = spelling

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
    ) -> str:
        """Issue an authorization code, as if the user had just logged in.

        Args:
            redirect_uri, scope, nonce: As sent to the authorization endpoint; None if it was not sent. An ID Token is
                issued if ``openid`` is in *scope*.
            code_challenge: The PKCE challenge sent there.
            code_challenge_method: ``S256`` or ``plain``; left out it means ``plain`` (RFC 7636 §4.3).
            max_age: As sent there, in seconds: then ``auth_time`` stands in the ID Token (OIDC Core §2, §3.1.2.1).
            awkward: Put ``+``, ``/``, ``=``, ``%`` and ``&`` into the code, to catch a client that does not encode it.

        Raises:
            ConfigurationError: for a challenge that the method cannot have produced.
        """
        grant = read_grant(
            scope=scope,
            auth_time=self.now,
            nonce=nonce,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
            max_age=max_age,
        )
        with self._lock:
            return self._ledger.add(Issued(new_code(awkward=awkward), "code", Family(grant), scope, grant.auth_time))

    @property
    def issued(self) -> tuple[str, ...]:
        """Every code and token that was handed out, good or not: what must not stand in a log."""
        with self._lock:
            return tuple(self._ledger.values())

    def issue_refresh_token(self, *, scope: str | None = "openid") -> str:
        """Issue a refresh token, for a test that starts when the user logged in long ago."""
        grant = read_grant(scope=scope, auth_time=self.now)
        with self._lock:
            return self._new_refresh_token(Family(grant), grant.auth_time)

    def revoke(self, token: str) -> bool:
        """Revoke an access token, or a refresh token and with it all tokens of its login (RFC 7009 §2.1).

        Returns:
            Whether it was issued here.
        """
        with self._lock:
            issued = self._ledger.find_token(token)
            if issued is not None:
                issued.revoke()
        return issued is not None

    def is_active(self, token: str) -> bool:
        """Whether *token* is an access token or refresh token that is good now: not expired, revoked or replaced."""
        with self._lock:
            issued = self._ledger.find_token(token)
            return issued is not None and issued.is_active(self.now)

    def jwks(self) -> dict[str, Json]:
        """The JWK Set (RFC 7517 §5) that verifies the ID Tokens; it also stands at the server's ``jwks_uri``."""
        self._signing_key()
        return {"keys": [key.jwk.public() for key in self._signing_keys.values()]}

    def _signing_key(self) -> SigningKey:
        alg = self._id_token_signing_alg
        return self._signing_keys.get(alg) or self._signing_keys.setdefault(alg, signing_key(alg))

    def _expected(self, evidence: Evidence) -> Mapping[str, Any]:
        """What the judge has to know of what was issued: the DPoP nonce, a code, a refresh token."""
        expected = self._expected_of_grant(evidence)
        # Before it was told the nonce no client can know it: that is not its fault.
        if self.dpop_nonce is not None and demands.knew_dpop_nonce(evidence, self.dpop_nonce):
            expected = {**expected, "dpop_nonce": self.dpop_nonce}
        return expected

    def _expected_of_grant(self, evidence: Evidence) -> Mapping[str, Any]:
        if evidence.grant == AUTHORIZATION_CODE:
            # An unknown code is compared with the likeliest one, so that the verdict can say what happened on its way.
            code = self._ledger.find("code", evidence.form.get("code")) or self._ledger.likeliest("code")
            if code is None:
                return {"code": ""}
            login = code.family.grant
            return {
                "code": code.value,
                "redirect_uri": login.redirect_uri,
                "code_challenge": login.code_challenge,
                "code_challenge_method": login.code_challenge_method,
            }
        if evidence.grant == REFRESH_TOKEN:
            sent = self._ledger.find("refresh_token", evidence.form.get("refresh_token"))
            state = None if sent is None else _why_not_live(sent, evidence.now)
            live = sent if sent is not None and state is None else self._ledger.likeliest("refresh_token")
            if live is None or not live.is_active(evidence.now):
                none = "none was issued" if live is None else "all that were issued are revoked or have expired"
                return {"refresh_token": "", "refresh_token_state": state or none}
            return {
                "refresh_token": live.value,
                "refresh_token_state": state,
                "granted_scope": live.family.grant.scope,
                "refresh_grace": self._refresh_grace,
            }
        return {}

    def _issue(self, evidence: Evidence) -> TokenResponse | None:
        """The tokens that a right request gets (RFC 6749 §5.1); None if its grant is none that is served."""
        serve = _GRANTS.get(evidence.grant or "")
        return None if serve is None else serve(self, evidence)

    def _note_refusal(self, evidence: Evidence) -> None:
        """Revoke what goes back to a code or refresh token that was refused because it is spent."""
        sent = None
        if evidence.grant == AUTHORIZATION_CODE:
            # RFC 6749 §4.1.2: then the tokens issued on it should be revoked.
            sent = self._ledger.find("code", evidence.form.get("code"))
        elif self._refresh_rotation == "detect-reuse":
            sent = self._ledger.find("refresh_token", evidence.form.get("refresh_token"))
        if sent is not None and sent.spent_from is not None and evidence.now >= sent.spent_from:
            sent.family.revoked = True

    def _new(
        self,
        kind: Kind,
        family: Family,
        scope: str | None,
        now: float,
        lifetime: float | None,
        *,
        token_type: str | None = None,
    ) -> str:
        """Issue a token of *kind* for *lifetime* seconds, without end if None."""
        expires_at = None if lifetime is None else now + lifetime
        return self._ledger.add(Issued(new_token(), kind, family, scope, now, expires_at, token_type=token_type))

    def _new_refresh_token(self, family: Family, now: float) -> str:
        # RFC 6749 §6: a new refresh token has the scope of the old one, whatever was asked for this time.
        return self._new("refresh_token", family, family.grant.scope, now, self.refresh_token_lifetime)

    def _for_code(self, evidence: Evidence) -> TokenResponse:
        code = self._ledger.find("code", evidence.form.get("code"))
        if code is None:
            # An unknown code gets here if the profile allows it: then the test does without issue_code().
            family = Family(Grant("openid", evidence.now))
        else:
            code.spent_from = evidence.now
            family = code.family
        grant = family.grant
        refresh_token = self._new_refresh_token(family, evidence.now)
        return self._tokens(evidence, family, grant.scope, refresh_token, login=True, nonce=grant.nonce)

    def _for_refresh_token(self, evidence: Evidence) -> TokenResponse:
        token = self._ledger.find("refresh_token", evidence.form.get("refresh_token"))
        family = Family(Grant("openid", evidence.now)) if token is None else token.family
        refresh_token = None
        if self._refresh_rotation != "off":
            if token is not None and token.spent_from is None:
                token.spent_from = evidence.now + self._refresh_grace
            refresh_token = self._new_refresh_token(family, evidence.now)
        # OIDC Core §12.2: the ID Token of a refresh should have no nonce.
        scope = evidence.form.get("scope") or family.grant.scope
        return self._tokens(evidence, family, scope, refresh_token, login=True)

    def _for_client_itself(self, evidence: Evidence) -> TokenResponse:
        # RFC 6749 §4.4.3: no refresh token. No ID Token either, for there is no user.
        scope = evidence.form.get("scope") if self.granted_scope is None else self.granted_scope
        return self._tokens(evidence, Family(Grant(scope, evidence.now, subject=self.client.client_id)), scope)

    def _tokens(
        self,
        evidence: Evidence,
        family: Family,
        scope: str | None,
        refresh_token: str | None = None,
        *,
        login: bool = False,
        nonce: str | None = None,
        extra: Mapping[str, Json] = MappingProxyType({}),
    ) -> TokenResponse:
        """A success response (RFC 6749 §5.1) with a new access token of *family*.

        Args:
            scope: What the access token is good for.
            refresh_token: To hand out with it, or None.
            login: Whether a user logged in: then there is an ID Token if *scope* has ``openid``.
            nonce: Of the ID Token.
            extra: Members that only this grant has.
        """
        now, lifetime = evidence.now, self.access_token_lifetime
        bound = "dpop" in evidence.headers and self._token_type.lower() != "dpop"
        token_type = "DPoP" if bound else self._token_type
        access_token = self._new("access_token", family, scope, now, lifetime, token_type=token_type)
        members: dict[str, Json] = {"access_token": access_token, "token_type": token_type}
        if lifetime is not None:
            members["expires_in"] = lifetime
        # RFC 6749 §5.1: it may be left out only where it is what was asked for.
        if scope is not None and scope != evidence.form.get("scope"):
            members["scope"] = scope
        if refresh_token is not None:
            members["refresh_token"] = refresh_token
        if login and "openid" in (scope or "").split():
            members["id_token"] = self._id_token(family.grant, int(now), access_token, nonce)
        return json_response(200, {**members, **extra, **self.extra_members}, now)

    def _for_holder(self, evidence: Evidence) -> TokenResponse:
        """What the holder of an access token gets at an API (RFC 6750 §3.1): who logged in, or 401."""
        token = self._ledger.find("access_token", evidence.bearer_token())
        if token is None or not token.is_active(evidence.now):
            challenge = (("WWW-Authenticate", 'Bearer error="invalid_token"'),)
            return json_response(401, {"error": "invalid_token"}, evidence.now, challenge)
        return json_response(200, {"sub": token.family.grant.subject or self.subject}, evidence.now)

    def _id_token(self, login: Grant, issued_at: int, access_token: str | None, nonce: str | None) -> str:
        claims: dict[str, Json] = {
            "iss": self.server.issuer,
            "sub": login.subject or self.subject,
            "aud": self.client.client_id,
            "exp": issued_at + ID_TOKEN_LIFETIME,
            "iat": issued_at,
        }
        if login.max_age is not None:
            claims["auth_time"] = int(login.auth_time)
        if nonce is not None:
            claims["nonce"] = nonce
        changed = {**claims, **self.id_token_claims}
        present = {name: value for name, value in changed.items() if value is not None}
        return self._signing_key().id_token(present, access_token)


def _why_not_live(token: Issued, now: float) -> str | None:
    """Why a refresh token does not work, or None if it does."""
    if token.is_active(now):
        return None
    if token.revoked:
        return "it was revoked"
    return "it was replaced by the one in an earlier answer" if token.spent else "it has expired"


_GRANTS: Mapping[str, Callable[[TokenIssuer, Evidence], TokenResponse]] = {
    AUTHORIZATION_CODE: TokenIssuer._for_code,
    REFRESH_TOKEN: TokenIssuer._for_refresh_token,
    CLIENT_CREDENTIALS: TokenIssuer._for_client_itself,
}
