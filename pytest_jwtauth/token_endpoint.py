"""The stubbed token endpoint: judge a request, remember it, answer as RFC 6749 §5 says. No sockets, no pytest.

How a request gets here, and the answer back, is the adapters' business.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from pytest_jwtauth import demands, numeric_date, wsgi
from pytest_jwtauth.addressable import Addressable
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.evidence import Evidence, gather
from pytest_jwtauth.faults import NoAnswer, ScriptedAnswer
from pytest_jwtauth.history import RESOURCE, History, is_metadata_url
from pytest_jwtauth.logged import LogCollector
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.model import AuthorizationServer, Json, Profile, Verdict, Violation
from pytest_jwtauth.parameters import AUTHORIZATION_CODE, REFRESH_TOKEN
from pytest_jwtauth.received import Expectation, Outcome, ReceivedRequest, Recorded
from pytest_jwtauth.registered_client import RegisteredClient, check_parties
from pytest_jwtauth.rules import RULES, level_of
from pytest_jwtauth.script import NORMAL, Scriptable
from pytest_jwtauth.served_endpoints import Refused
from pytest_jwtauth.setting import Setting
from pytest_jwtauth.token_response import json_response, refusal, scripted_response
from pytest_jwtauth.verdict import weigh

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True


class TokenEndpoint(Scriptable, Addressable):
    """A strict authorization server's token endpoint, for one client, in one process.

    Every request is judged, remembered and answered. The verdict alone decides the answer: a request that breaks no
    rule of level error gets tokens, another is refused with an ``error_description`` that names the broken rules.
    Safe to call from several threads.

    Args:
        client: The client that is registered.
        server: The authorization server that is stood in for.
        profile: What requests are judged by; a `Profile`, or its name.
        now: Gives the time, a NumericDate.
        leeway: Seconds of tolerance for ``exp`` and ``nbf``.
        mounter: Connects an endpoint to a stub library; what `mount` calls.

    Attributes:
        client, server, profile, leeway: As given; of a profile's name the `Profile`.
        jti_window: Whether the server keeps ``iss`` and ``jti`` of each assertion until its ``exp``, and refuses them
            when they come again although no rule of level error is broken. On where the profile has the rule
            ``multi-assertion-reused`` at level error, so not in ``pingone``.
        clock_skew: Seconds by which the server's clock is ahead; negative if it is behind.
        access_token_lifetime: Seconds, ``expires_in`` of the answers.
        subject: ``sub`` of ID Tokens.
        request_uri_lifetime, approval_lifetime: Seconds that a pushed request waits for the browser, and a login on
            another device for the user.
        polling_interval: Seconds between polls, as the answers say; None to leave it out, which means 5.

    Raises:
        ConfigurationError: for an unknown profile, or a *leeway* that is not finite.
        TypeError: if one of the arguments is of another type.
    """

    leeway = Setting[float](numeric_date.check_seconds)

    def __init__(
        self,
        *,
        client: RegisteredClient,
        server: AuthorizationServer,
        profile: str | Profile,
        now: Callable[[], float] = numeric_date.current_time,
        leeway: float = 0.0,
        mounter: Callable[[TokenEndpoint, object], None] | None = None,
    ) -> None:
        check_parties(client, server)
        if not callable(now):
            raise TypeError(f"now is a function that gives the time; got {type(now).__name__}")
        super().__init__(client=client, server=server, profile=profile, now=now)
        self.leeway = leeway
        self.jti_window = level_of(RULES["multi-assertion-reused"], self.profile) == "error"
        self._mounter = mounter
        self._history = History()
        self._ticks = itertools.count()
        self._recorded: list[Recorded] = []
        self._outcome = Outcome()
        self._log: LogCollector | None = None
        # Codes and refresh tokens that were used by a request whose answer was of no use to the client.
        self._used_in_vain: set[str] = set()
        self._undo: list[Callable[[], None]] = []

    def respond(self, request: TokenRequest, *, tls_verified: bool = True) -> TokenResponse:
        """Judge *request*, remember it, and answer it.

        Args:
            request: What was sent; anything that `TokenRequest.of` reads.
            tls_verified: False if the client is known to have switched the verification of certificates off.

        Raises:
            TypeError: if `TokenRequest.of` cannot read *request*.
            NoAnswer: if the test scripted that no answer arrives, or not the whole. Adapters raise what their library
                raises then. A request that is never sent is neither judged nor remembered.
        """
        request = TokenRequest.of(request)
        document = self._document(request.url) if request.method == "GET" else None
        if document is not None:
            return self._publish(request, document())
        lost: NoAnswer | None = None
        response: TokenResponse | None = None
        # Held while judging, too: of two exchanges of one code at the same moment, one comes second.
        arrived = next(self._ticks)
        with self._lock:
            step = self._next_step()
            if step.breakdown is not None and not step.is_sent:
                raise NoAnswer(step.breakdown)
            now = self.now
            evidence = self._gather(request, now, arrived)
            evidence.expected = {"tls_verified": tls_verified, **self._expected(evidence)}
            used_in_vain = self._is_used_in_vain(evidence)
            verdict = weigh(evidence)
            answer, honoured = self._answer(evidence, verdict, step, used_in_vain)
            try:
                response = answer if step is NORMAL else step.deliver(answer, now)
            except NoAnswer as no_answer:
                lost = no_answer
            past = evidence.as_past(response, True, left=next(self._ticks))
            if step is not NORMAL and honoured and not past.brought_tokens:
                spent = (value for name, value in past.fields.items() if name in {"code", "refresh_token"})
                self._used_in_vain.update(spent)
            if step is not NORMAL and response is not None:
                self._answer_where_it_leads(request.url, response)
            self._history.remember(past)
            self._recorded.append(Recorded(request, now, verdict, response))
            self._outcome.add(verdict)
        if response is None:
            assert lost is not None
            raise lost
        return response

    @contextmanager
    def watch_log(self) -> Iterator[None]:
        """A block in which what is logged is judged, too, by the rule ``log-credential-leak``.

        It counts as part of the latest request, whose answer has left already: no server knows what a client logs.
        """
        with LogCollector() as collector:
            self._log = collector
            try:
                yield
            finally:
                self._look_at_log()
                self._log = None

    def _look_at_log(self) -> None:
        """Judge what was logged since the last look; without any request so far, later."""
        rule = RULES["log-credential-leak"]
        if not self._log or not self._recorded or level_of(rule, self.profile) == "off":
            return
        with self._lock:
            last = self._recorded[-1].received
            evidence = self._gather(last, last.received_at or self.now, next(self._ticks))
            evidence.expected = {"logged": self._log.take()}
            verdict = weigh(evidence, only=rule)
            if verdict.rules:
                self._outcome.add(verdict)

    def _publish(self, request: TokenRequest, members: Mapping[str, Json]) -> TokenResponse:
        """Answer with a document; what the metadata said is held against the requests that follow."""
        with self._lock:
            now = self.now
            response = json_response(200, members, now)
            if is_metadata_url(request.url):
                evidence = self._gather(request, now, next(self._ticks))
                self._history.remember(evidence.as_past(response, True))
        return response

    def _gather(self, request: TokenRequest, now: float, arrived: float) -> Evidence:
        return gather(
            request,
            client=self.client,
            server=self.server,
            profile=self.profile,
            now=now,
            leeway=self.leeway,
            history=self._history,
            expected={},
            arrived=arrived,
        )

    def _is_used_in_vain(self, evidence: Evidence) -> bool:
        """Whether the code or refresh token sent was spent by an earlier request, and the client cannot know it.

        The judge must not blame it then, but the server honours it no more.
        """
        if not self._used_in_vain:
            return False
        if evidence.grant == AUTHORIZATION_CODE:
            is_once = level_of(RULES["multi-code-reused"], self.profile) == "error"
            return is_once and evidence.form.get("code") in self._used_in_vain
        sent = evidence.form.get("refresh_token")
        is_refresh = evidence.grant == REFRESH_TOKEN and sent in self._used_in_vain
        is_spent = is_refresh and evidence.expected["refresh_token"] != sent
        if is_spent:
            evidence.expected = {**evidence.expected, "refresh_token": sent}
        return is_spent

    def _answer(
        self, evidence: Evidence, verdict: Verdict, step: ScriptedAnswer, used_in_vain: bool
    ) -> tuple[TokenResponse, bool]:
        """What the server answers, before anything happens to it, and whether it did what it was asked for."""
        normal = self._normal_answer(evidence, verdict, used_in_vain) if step.processed else None
        honoured = normal is not None and normal.status < 300
        if step.normal and normal is not None:
            return normal, honoured
        authorization = evidence.header_value("authorization")
        answer = scripted_response(step, profile=self.profile, now=evidence.now, authorization=authorization)
        return answer, honoured

    def _normal_answer(self, evidence: Evidence, verdict: Verdict, used_in_vain: bool) -> TokenResponse:
        profile, now, authorization = self.profile, evidence.now, evidence.header_value("authorization")
        broken = tuple([violation.rule for violation in verdict.violations])
        error = RULES[broken[0]].error if broken else None
        if error is None and self.jti_window and (rule := demands.replayed(evidence)) is not None:
            error, broken = "invalid_client", (rule,)
        headers: tuple[tuple[str, str], ...] = ()
        nonce = self.dpop_nonce if error in {None, "invalid_dpop_proof"} else None
        if nonce is not None and demands.lacks_dpop_nonce(evidence, nonce):
            error, headers = "use_dpop_nonce", (("DPoP-Nonce", nonce),)
        if error is not None:
            if error == "invalid_grant":
                self._note_refusal(evidence)
            return refusal(
                error,
                "the DPoP proof needs the nonce in the header DPoP-Nonce",
                profile=profile,
                now=now,
                rules=broken,
                authorization=authorization,
                status=404 if "url-endpoint-mismatch" in broken else None,
                headers=headers,
            )
        if used_in_vain:
            self._note_refusal(evidence)
            reason = f"the {evidence.grant} was used by a request whose answer got lost"
            return refusal("invalid_grant", reason, profile=profile, now=now)
        if evidence.endpoint == RESOURCE:
            return self._for_holder(evidence)
        served = self._serve(evidence)
        if isinstance(served, Refused):
            return refusal(served.error, served.reason, profile=profile, now=now, status=served.status)
        return served

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Every request judged, oldest first."""
        with self._lock:
            return tuple([recorded.received for recorded in self._recorded])

    @property
    def secrets_told(self) -> tuple[str, ...]:
        """What a client was told that proves something, besides its registration."""
        return self.issued

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on each of `requests`."""
        return tuple([request.verdict for request in self.requests])

    def unexpected(self) -> tuple[Verdict, ...]:
        """Verdicts with violations of level error that no `expect_violation` asked for, without those it did ask for.

        The same objects each time.
        """
        self._look_at_log()
        with self._lock:
            return self._outcome.violating()

    def warnings(self) -> tuple[Violation, ...]:
        """Violations of level warning that no `expect_violation` asked for: the first of each rule."""
        self._look_at_log()
        with self._lock:
            return self._outcome.first_warnings()

    def expect_violation(self, *rules: str) -> Expectation:
        """A context manager for a block in which these rules are to be broken; without ids, any of level error.

        They do not fail the test then; other violations still do. If one of them does not occur inside the block,
        an `AssertionError` says what did.

        Raises:
            ConfigurationError: for an unknown rule id.
        """
        for rule in rules:
            if rule not in RULES:
                raise unknown_name("rule id", rule, RULES)
        off = frozenset(rule for rule in rules if level_of(RULES[rule], self.profile) == "off")
        return Expectation(frozenset(rules), off, self._begin, self._end)

    def _begin(self, expectation: Expectation) -> None:
        self._look_at_log()  # what was logged before is not forgiven
        with self._lock:
            self._outcome.expectations.append(expectation)

    def _end(self, expectation: Expectation) -> None:
        self._look_at_log()
        with self._lock:
            self._outcome.expectations.remove(expectation)

    def mount(self, stub: object) -> None:
        """Answer through another stub, too: a mock of a library that the test suite uses already.

        Raises:
            TypeError: for an object that is none of the supported stubs; the message lists them.
        """
        if self._mounter is None:
            raise ConfigurationError("this TokenEndpoint was made without mounter=, so it cannot mount itself anywhere")
        self._mounter(self, stub)

    def wsgi_app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """This endpoint as a WSGI application (PEP 3333), for what drives one without a network.

        ``httpx.Client(transport=httpx.WSGITransport(endpoint.wsgi_app))``. Everything that arrives is judged, whatever
        host it asks for.

        Raises:
            OSError: where the test scripted that no answer arrives: what a socket would raise.
        """
        return wsgi.serve(self.respond, environ, start_response)

    def on_close(self, undo: Callable[[], None]) -> None:
        """Have *undo* called by `close`: how an adapter takes leave of the stub it was mounted on."""
        self._undo.append(undo)

    def close(self) -> None:
        """Leave every stub this endpoint was mounted on, the last one first, also if one of them cannot be left."""
        with ExitStack() as leaving:
            for undo in self._undo:
                leaving.callback(undo)
            self._undo = []

    def __repr__(self) -> str:
        return f"<TokenEndpoint {self.url} profile={self.profile.name!r}, {len(self._recorded)} requests>"
