"""Clients that say too much: in a log, in an exception."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import requests

from .right import Client, TokenRefused
from .row import row


class LogsForm(Client):
    def post(self, form: Any) -> requests.Response:
        logging.getLogger("myapp.oauth").debug("POST %s %s", self.url, form)
        return super().post(form)


class LogsAside(Client):
    """Has a log of its own, which goes to no other."""

    def post(self, form: Any) -> requests.Response:
        log = logging.getLogger("myapp.audit")
        log.propagate = False
        log.debug("sent %s", form)
        return super().post(form)


class LogsAnswer(Client):
    def read(self, response: requests.Response) -> Mapping[str, Any]:
        logging.getLogger("myapp.oauth").info("%s", response.text)
        return super().read(response)


class LogsSecret(Client):
    def key(self) -> str:
        logging.getLogger("myapp.oauth").warning("signing with %r", self.client_secret)
        return self.client_secret


class LogsRefusal(Client):
    def read(self, response: requests.Response) -> Mapping[str, Any]:
        if response.status_code != 200:
            logging.getLogger("myapp.oauth").error("refused: %s", response.request.body)
        return super().read(response)


class TellsAllInException(Client):
    def read(self, response: requests.Response) -> Mapping[str, Any]:
        try:
            return super().read(response)
        except Exception as error:
            raise RuntimeError(f"refused: {response.request.body!r}") from error


class TellsTheCode(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        try:
            return super().exchange(code, redirect_uri)
        except TokenRefused:
            raise TokenRefused(f"the code {code} was refused") from None


class HidesItInTheCause(Client):
    def read(self, response: requests.Response) -> Mapping[str, Any]:
        try:
            return super().read(response)
        except TokenRefused as error:
            error.__cause__ = ValueError(response.request.body)
            raise


GALLERY = [
    row(LogsForm, "nothing-secret-in-logs", bug=16),
    row(LogsAside, "nothing-secret-in-logs", bug=16),
    row(LogsAnswer, "nothing-secret-in-logs", bug=16),
    row(LogsSecret, "nothing-secret-in-logs", bug=16),
    row(LogsRefusal, "nothing-secret-in-logs", bug=16),
    row(TellsAllInException, "nothing-secret-in-exceptions"),
    row(TellsTheCode, "nothing-secret-in-exceptions"),
    row(HidesItInTheCause, "nothing-secret-in-exceptions"),
]
