"""The registered parameter names and values of token requests as data (RFC 6749 and its extensions)."""

from __future__ import annotations

JWT_BEARER_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""RFC 7523 §2.2."""

AUTHORIZATION_CODE = "authorization_code"
CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"
PASSWORD = "password"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SAML2_BEARER = "urn:ietf:params:oauth:grant-type:saml2-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
CIBA = "urn:openid:params:grant-type:ciba"
GRANT_TYPES = frozenset(
    {
        *(AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN, PASSWORD),
        *(JWT_BEARER, SAML2_BEARER, TOKEN_EXCHANGE, DEVICE_CODE, CIBA),
    }
)

CREDENTIALS = frozenset(
    {
        *("client_secret", "client_assertion", "assertion", "code", "code_verifier", "refresh_token"),
        *("subject_token", "actor_token", "device_code", "auth_req_id", "token", "password"),
    }
)
"""Parameters whose value proves something: never in a URL, never with stray white space."""

TOKEN_PARAMETERS = CREDENTIALS | {
    *("grant_type", "redirect_uri", "scope", "client_id", "client_assertion_type", "username"),
    *("resource", "audience", "requested_token_type", "subject_token_type", "actor_token_type"),
    *("token_type_hint", "nonce", "state", "request", "request_uri", "response_type", "response_mode"),
    *("code_challenge", "code_challenge_method", "prompt", "max_age", "ui_locales", "id_token_hint", "login_hint"),
    *("acr_values", "claims", "display", "registration", "authorization_details", "dpop_jkt", "acr"),
    *("login_hint_token", "binding_message", "user_code", "requested_expiry", "client_notification_token"),
}
"""Every parameter name of the specifications read; others are unknown, which servers must ignore (RFC 6749 §3.2)."""

REPEATABLE = frozenset({"resource"})
"""RFC 8707 §2."""
REPEATABLE_IN_TOKEN_EXCHANGE = frozenset({"resource", "audience"})
"""RFC 8693 §2.1."""

JWT_GRANTS = frozenset({JWT_BEARER})
