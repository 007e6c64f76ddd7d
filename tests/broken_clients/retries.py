"""Clients that ask again: with the same assertion, too often, too soon, or elsewhere."""

from __future__ import annotations

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from .right import Client, Retrying
from .row import row


class RetriesByTransport(Client):
    def session(self) -> requests.Session:
        session = super().session()
        retry = Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        session.mount("https://", HTTPAdapter(max_retries=retry))
        session.mount("http://", HTTPAdapter(max_retries=retry))
        return session


class RetriesWithSameForm(Retrying):
    def ask(self, **grant: str) -> Any:
        form = self.form(**grant)
        response = self.post(form)
        return self.read(self.post(form) if response.status_code == 503 else response)


class RetriesWithSameJti(Retrying):
    def ask(self, **grant: str) -> Any:
        self.request = self.request + 1
        return super().ask(**grant)

    request = 0

    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "jti": f"7b1e4d6c9a580f1e2d3c{self.request:012}", "nbf": self.now() - self.sent()}

    def sent(self) -> int:
        self.times = self.times + 1
        return self.times

    times = 0


class NeverGivesUp(Client):
    def ask(self, **grant: str) -> Any:
        while True:
            response = self.post(self.form(**grant))
            if response.status_code == 200:
                return self.read(response)


class AsksFiveTimesMore(Client):
    """Takes every refusal for a passing one."""

    status = 0

    def ask(self, **grant: str) -> Any:
        for _ in range(6):
            response = self.post(self.form(**grant))
            if response.status_code != self.status:
                break
        return self.read(response)


class Repeats401(AsksFiveTimesMore):
    status = 401


class Repeats400(AsksFiveTimesMore):
    status = 400


class RepeatsRefusedGrant(Client):
    def ask(self, **grant: str) -> Any:
        response = self.post(self.form(**grant))
        if response.status_code == 400:
            time.sleep(0)
            response = self.post(self.form(**grant))
        return self.read(response)


class IgnoresRetryAfter(Client):
    def ask(self, **grant: str) -> Any:
        response = self.post(self.form(**grant))
        if response.status_code == 429:
            response = self.post(self.form(**grant))
        return self.read(response)


class RepeatsWhatBroke(Client):
    """Asks again and again where the connection breaks."""

    def post(self, form: Any) -> requests.Response:
        for _ in range(7):
            try:
                return super().post(self.form(**form))
            except requests.ConnectionError:
                continue
        raise requests.ConnectionError


class ReadsRetryAfterAsSeconds(Client):
    """Takes a date for no time at all."""

    def ask(self, **grant: str) -> Any:
        response = self.post(self.form(**grant))
        if response.status_code == 429:
            after = response.headers["Retry-After"]
            time.sleep(int(after) if after.isdigit() else 0)
            response = self.post(self.form(**grant))
        return self.read(response)


class HidesThatNobodyListens(Client):
    def ask(self, **grant: str) -> Any:
        try:
            return super().ask(**grant)
        except requests.ConnectionError:
            return None


class WaitsWithoutEnd(Client):
    patience = 0.2

    def ask(self, **grant: str) -> Any:
        try:
            return super().ask(**grant)
        except requests.Timeout:
            time.sleep(30)
            raise


class SetsNoTimeout(Client):
    timeout = None  # type: ignore[assignment]
    patience = 0.2


class TakesSilenceForTokens(Client):
    def ask(self, **grant: str) -> Any:
        try:
            return super().ask(**grant)
        except requests.Timeout:
            return {"access_token": "of-yesterday"}


class FollowsRedirects(Client):
    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.post(self.url, data=form, timeout=2)


class FollowsByHand(Client):
    """Reads Location itself, where the library is told not to."""

    def post(self, form: Any) -> requests.Response:
        response = super().post(form)
        if response.status_code == 307:
            with self.session() as session:
                return session.post(response.headers["Location"], data=form, timeout=2)
        return response


class SharesItsState(Client):
    """Loses the exchange of whoever comes at the same moment."""

    busy = False

    def exchange(self, code: str, redirect_uri: str) -> Any:
        if self.busy:
            raise RuntimeError("busy")
        self.busy = True
        try:
            time.sleep(0.05)
            return super().exchange(code, redirect_uri)
        finally:
            self.busy = False


class SignsOncePerSecond(Client):
    """Keeps an assertion for all who ask within the second."""

    signed: tuple[int, str] = (0, "")

    def assertion(self) -> str:
        if self.signed[0] != self.now() // 10:
            self.signed = self.now() // 10, super().assertion()
        return self.signed[1]


GALLERY = [
    row(RetriesByTransport, "fresh-on-retry", "multi-assertion-reused multi-retry-same-assertion", 1),
    row(RetriesWithSameForm, "fresh-on-retry", "multi-assertion-reused multi-retry-same-assertion", 1),
    row(RetriesWithSameJti, "fresh-on-retry", "multi-jti-reused", 1),
    row(NeverGivesUp, "unavailable"),
    row(Repeats401, "invalid-client-again-and-again"),
    row(Repeats400, "invalid-request"),
    row(RepeatsRefusedGrant, "refused-grant-not-repeated", "multi-code-reused multi-invalid-grant-retried"),
    row(IgnoresRetryAfter, "throttled", "multi-retry-after-ignored"),
    row(ReadsRetryAfterAsSeconds, "throttled-until-a-date", "multi-retry-after-ignored"),
    row(HidesThatNobodyListens, "connection-refused"),
    row(RepeatsWhatBroke, "connection-reset"),
    row(WaitsWithoutEnd, "timeout"),
    row(SetsNoTimeout, "timeout", over_sockets=True),
    row(TakesSilenceForTokens, "timeout"),
    row(FollowsRedirects, "redirect-not-followed"),
    row(FollowsRedirects, "redirect-to-another-origin-not-followed", "multi-redirect-followed"),
    row(FollowsByHand, "redirect-to-another-origin-not-followed", "multi-redirect-followed"),
    row(SharesItsState, "fresh-at-the-same-moment"),
    row(SignsOncePerSecond, "fresh-at-the-same-moment", "multi-assertion-reused"),
]
