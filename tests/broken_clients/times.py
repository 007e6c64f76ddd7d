"""Clients that reckon time wrongly: units, zones, lifetimes, clocks."""

from __future__ import annotations

import calendar
import datetime
import time
from typing import Any

from .right import Client
from .row import row


class Milliseconds(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        return {**claims, "exp": claims["exp"] * 1000, "iat": claims["iat"] * 1000}


class TextExpiry(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        return {**claims, "exp": str(claims["exp"])}


class FractionsOfSeconds(Client):
    profile = "okta"

    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "exp": time.time() + 60.5}


class ForgetsExpiry(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        del claims["exp"]
        return claims


class LivesForADay(Client):
    lifetime = 86_400


class ExpiresAtOnce(Client):
    lifetime = 0


class NaiveUtc(Client):
    def now(self) -> int:
        return int(datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).timestamp())


class TakesLocalTimeForUtc(Client):
    def now(self) -> int:
        return calendar.timegm(time.localtime())


class IgnoresDaylightSaving(Client):
    """Puts right by the hours of winter what is five hours off in winter and four in summer."""

    def now(self) -> int:
        utc = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        return int(time.mktime(utc.timetuple())) - time.timezone


class RoundsUpToTheHour(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        return {**claims, "exp": -(-claims["iat"] // 3600) * 3600}


class LivesTooShort(Client):
    lifetime = 20


class IsAheadOfTheServer(Client):
    profile = "okta"

    def now(self) -> int:
        return super().now() + 45


class IsValidLater(Client):
    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "nbf": self.now() + 5}


class DatesItBack(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        return {**claims, "nbf": claims["exp"] + 1}


class ReadsTheClockOnce(Client):
    started = 0

    def now(self) -> int:
        type(self).started = self.started or super().now()
        return self.started


class ExpiresByTheCalendar(Client):
    """Adds a day to the date and not to the time."""

    def claims(self) -> dict[str, Any]:
        midnight = self.now() // 86_400 * 86_400
        return {**super().claims(), "exp": midnight + 14 * 3600}


GALLERY = [
    row(Milliseconds, "assertion-lifetime", "claim-time-milliseconds", 10),
    row(TextExpiry, "assertion-lifetime", "claim-time-not-number", 10),
    row(FractionsOfSeconds, "assertion-lifetime", "claim-time-not-integer", 10),
    row(ForgetsExpiry, "assertion-lifetime", "exp-missing", 10),
    row(LivesForADay, "assertion-lifetime", "exp-too-far", 5),
    row(ExpiresAtOnce, "assertion-lifetime", "exp-expired exp-not-after-iat"),
    row(IsValidLater, "assertion-lifetime", "nbf-in-future", 11),
    row(DatesItBack, "assertion-lifetime", "nbf-not-before-exp nbf-in-future"),
    row(NaiveUtc, "in-new-york", "exp-too-far"),
    row(NaiveUtc, "in-kolkata", "exp-expired"),
    row(TakesLocalTimeForUtc, "in-kolkata", "exp-too-far"),
    row(IgnoresDaylightSaving, "clocks-put-forward-and-back", "exp-expired"),
    row(RoundsUpToTheHour, "before-and-after-the-hour", "exp-expired exp-not-after-iat"),
    row(ExpiresByTheCalendar, "before-and-after-the-hour", "exp-expired exp-not-after-iat"),
    row(LivesTooShort, "server-ahead", "exp-expired"),
    row(IsAheadOfTheServer, "server-behind", "iat-in-future", 11),
    row(ReadsTheClockOnce, "after-a-sleep", "exp-expired"),
]
