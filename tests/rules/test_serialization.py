"""The assertion as a text: what each rule refuses, and what it lets pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from requests_under_test import CLIENT, SERVER, an_assertion, claims_of, json_octets
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth import base64url

Change = Callable[[str], str]
CLAIMS = claims_of(CLIENT, SERVER.token_endpoint)
JWE_HEADER = base64url.encode(b'{"alg":"dir","enc":"A128GCM"}')
UNREADABLE = ["jws-part-count"]
NO_SIGNATURE = ["signature-wrong-length", "signature-invalid"]


def part(number: int, change: Change) -> Change:
    """A change of one part of the text: 0 the header, 1 the payload, 2 the signature."""

    def changed(text: str) -> str:
        parts = text.split(".")
        parts[number] = change(parts[number])
        return ".".join(parts)

    return changed


def padded(text: str) -> str:
    """base64url with the padding that JWS leaves out, one «=» at least."""
    return text + "=" * (-len(text) % 4 or 1)


def one_up(text: str) -> str:
    """The last character replaced by the next one of the alphabet: other unused bits, the same octets."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def payload_of(size: int) -> bytes:
    """Claims whose assertion has *size* characters."""
    usual = json_octets({**CLAIMS, "x": ""})
    around = len(an_assertion(payload=usual)) - len(base64url.encode(usual))
    for filled in range((size - around) * 3 // 4 - len(usual) - 3, (size - around) * 3 // 4):
        made = json_octets({**CLAIMS, "x": "y" * filled})
        if len(base64url.encode(made)) == size - around:
            return made
    raise AssertionError(size)


TABLES: dict[str, list[Row]] = {
    "jws-not-jwt-string": [
        broken("in double quotes", text='"{}"'.format, says="double quotes"),
        broken("in single quotes", text="'{}'".format, says="single quotes"),
        broken("a bytes literal", text="b'{}'".format, says="b'…'"),
        broken("a bytes literal in double quotes", text='b"{}"'.format, says='b"…"'),
        broken("after Bearer", text="Bearer {}".format, says="Bearer"),
        broken("after bearer in small letters", text="bearer  {}".format),
        broken("in angle brackets", text="<{}>".format, says="angle brackets"),
        broken("a line feed after it", text="{}\n".format, also=["form-value-whitespace"], says="white space"),
        broken("a space before it", text=" {}".format, also=["form-value-whitespace"]),
        broken("quotes within white space", text=' "{}"\n'.format, also=["form-value-whitespace"], says="quotes"),
        broken("quotes around no JWT", text='"x"', also=[*UNREADABLE, "jws-b64-length"]),
        kept("the bare text"),
        kept("a quote at one end only", text='"{}'.format, also=["jws-b64-alphabet"]),
        kept("Bearer without a space", text="Bearer{}".format, also=["header-not-utf8", "jws-b64-noncanonical"]),
    ],
    "jws-json-serialization": [
        broken(
            "the flattened one",
            text='{"protected":"e30","payload":"e30","signature":""}',
            also=["jws-part-count", "jws-b64-alphabet"],
            says="braces",
        ),
        broken(
            "a template that was never filled in",
            text="{{jwtClientAssertion}}",
            also=["jws-part-count", "jws-b64-alphabet"],
            says="the text holds braces (a placeholder that was not filled in)",
        ),
        broken("one that splits on dots", text=lambda right: f'{{"a":"{right}"}}', also=["jws-b64-alphabet"]),
        broken("a brace at the end", text="{}}}".format, also=["jws-b64-alphabet"]),
        kept("brackets", text="[{}]".format, also=["jws-b64-alphabet"]),
    ],
    "jws-is-jwe": [
        broken("five parts", text="e30.e30.e30.e30.e30", also=["jws-part-count", "alg-missing"], says="five parts"),
        broken("the header has enc", header={"enc": "A128GCM"}, also=["header-unexpected-param"], says="enc"),
        broken(
            "both",
            text=f"{JWE_HEADER}..e30.e30.e30",
            also=["jws-part-count", "alg-unknown", "header-unexpected-param"],
            says="«enc»",
        ),
        kept("four parts", text="e30.e30.e30.e30", also=["jws-part-count", "alg-missing"]),
        kept("six parts", text="e30.e30.e30.e30.e30.e30", also=["jws-part-count", "alg-missing"]),
        kept(
            "two JWTs and a comma",
            text=lambda right: f"{right},{right}",
            also=["jws-part-count", "jws-b64-alphabet", "client-assertion-multiple"],
        ),
        kept("a payload with enc", claims={"enc": "A128GCM"}),
    ],
    "jws-part-count": [
        broken("one", text="eyJhbGciOiJIUzI1NiJ9", says="1 part", wants="header.payload.signature"),
        broken("no signature", text=lambda right: right.rpartition(".")[0], says="2 parts"),
        broken("a dot at the end", text="{}.".format, says="4 parts"),
        broken("a dot at the start", text=".{}".format, says="4 parts"),
        broken("a dot alone", text=".", says="2 parts"),
        broken("three dots", text="...", says="4 parts"),
        broken("a thousand", text="e30." * 999, also=["alg-missing"], says="1000 parts"),
        broken(
            "full-width dots", text=lambda right: right.replace(".", "\uff0e"), also=["jws-b64-alphabet"], says="1 part"
        ),
        kept("three"),
        kept(
            "three empty ones",
            text="..",
            also=["jws-empty-segment", "header-not-json", "payload-not-json", "signature-empty"],
        ),
        kept("too many characters to count", text="." * 65537, also=["jws-too-large"]),
    ],
    "jws-empty-segment": [
        broken("the header", text=part(0, lambda _: ""), also=["header-not-json"], says="empty: header"),
        broken("the payload", payload=b"", also=["payload-not-json"], says="empty: payload"),
        broken("both", text="..c2ln", also=["header-not-json", "payload-not-json"], says="header, payload"),
        kept("the signature", text=part(2, lambda _: ""), also=["signature-empty"]),
        kept("a header that does not decode", text=part(0, lambda _: "A"), also=["jws-b64-length"]),
    ],
    "jws-b64-padding": [
        broken("of the signature", text=part(2, padded), says="signature"),
        broken(
            "of the header and the payload",
            text=lambda right: part(0, padded)(part(1, padded)(right)),
            says="header, payload",
        ),
        broken("more than anybody needs", text="{}====".format, says="«=»"),
        broken("inside", text=part(2, lambda text: f"{text[:4]}={text[4:]}")),
        broken("of a part too many", text="e30=.e30.e30.e30", also=["jws-part-count", "alg-missing"], says="part 1"),
        kept("encoded padding", text="{}%3D".format, also=["jws-b64-alphabet"]),
    ],
    "jws-b64-alphabet": [
        broken(
            "the standard alphabet",
            signature=b"\xff\xff\xfe" * 10 + b"\xfb\xff",
            text=lambda right: right.replace("_", "/").replace("-", "+"),
            also=["signature-invalid"],
            says="in signature",
        ),
        broken(
            "the standard alphabet in the payload",
            claims={"x": "\x3e\x3f~~~???>>>"},
            text=part(1, lambda text: text.replace("_", "/")),
            says="'/' in payload",
        ),
        broken("a space inside", text=part(1, lambda text: f"{text[:8]} {text[8:]}"), says="' ' in payload"),
        broken(
            "a line feed inside",
            text=part(0, lambda text: f"{text[:8]}\n{text[8:]}"),
            also=["form-value-whitespace"],
            says="header",
        ),
        broken("two parts", text="!!!!.????.c2ln", says="'!' in header; '?' in payload"),
        broken("a NUL", text=part(2, "{}\0".format), says="'\\x00' in signature"),
        broken(
            "a Cyrillic letter", text=part(0, lambda text: text.replace("e", "\u0435", 1)), says="'\\u0435' in header"
        ),
        broken(
            "an octet that is not UTF-8",
            text="{}".format,
            body=lambda right: right + b"%FF",
            also=["form-charset-not-utf8"],
        ),
        broken("a tilde", text="{}~".format),
        broken("eight kinds, of which eight are shown", text="{}!#$%&*,:;".format, says="'!#$%&*,:'"),
        kept("padding is another fault", text=part(2, padded), also=["jws-b64-padding"]),
    ],
    "jws-b64-length": [
        broken("the header", text=part(0, lambda _: "eyJhb"), says="header"),
        broken(
            "the payload",
            text=part(1, lambda text: "A" * (len(text) // 4 * 4 + 1)),
            also=["signature-invalid"],
            says="payload",
        ),
        broken("the signature", text=part(2, lambda text: text[:41]), says="signature"),
        broken("one character", text=part(2, lambda _: "A")),
        broken("with padding", text=part(2, lambda text: f"{text[:41]}==="), also=["jws-b64-padding"]),
        kept("two characters too few", text=part(2, lambda text: f"{text[:41]}w"), also=NO_SIGNATURE),
        kept(
            "a foreign character tells nothing of the length",
            text=part(2, lambda text: f"{text[:40]}!"),
            also=["jws-b64-alphabet"],
        ),
    ],
    "jws-b64-noncanonical": [
        broken("the signature", text=part(2, one_up), says="signature", level="error"),
        broken("the header", header={"a": ""}, text=part(0, one_up), also=NO_SIGNATURE[1:], says="header"),
        broken("with padding", text=part(2, lambda text: padded(one_up(text))), also=["jws-b64-padding"]),
        broken("two characters of which the second says too much", text=part(2, lambda _: "AB"), also=NO_SIGNATURE),
        kept("zeros"),
        kept("a length that leaves no bits", text=part(2, lambda _: "AAAB"), also=NO_SIGNATURE),
        kept("a length that nothing gives", text=part(2, lambda _: "AAAAB"), also=["jws-b64-length"]),
    ],
    "jws-too-large": [
        broken("8193 characters", payload=payload_of(8193), says="8193 characters", wants="8192"),
        broken("65536 characters", text="A" * 65536, also=["jws-part-count"], level="warning"),
        broken("65537 characters", text="A" * 65537, level="error", says="65537 characters, too many to be read"),
        kept("8192 characters", payload=payload_of(8192)),
    ],
    "jws-nested": [
        broken("cty says so", header={"cty": "JWT"}, also=["header-unexpected-param"], says="cty is 'JWT'"),
        broken("in small letters", header={"cty": "jwt"}, also=["header-unexpected-param"]),
        broken("with its tree", header={"cty": "application/JWT"}, also=["header-unexpected-param"]),
        broken("the payload is a JWT", payload=an_assertion().encode(), also=["payload-not-json"], says="payload"),
        kept("another cty", header={"cty": "json"}, also=["header-unexpected-param"]),
        kept("a cty that is no text", header={"cty": ["JWT"]}, also=["header-unexpected-param"]),
        kept("a payload that only begins so", payload=b"eyJ.x", also=["payload-not-json"]),
        kept("a JWT among the claims", claims={"x": an_assertion()}),
        kept(
            "a payload that does not decode", text=part(1, lambda _: "A"), also=["jws-b64-length", "signature-invalid"]
        ),
        kept("five parts in the payload", payload=b"eyJ.a.b.c.d", also=["payload-not-json"]),
        kept("three parts that begin before", payload=b"abc.d.e", also=["payload-not-json"]),
        kept("three parts that begin behind", payload=b"xyz.d.e", also=["payload-not-json"]),
        kept("a cty that sorts behind", header={"cty": "text"}, also=["header-unexpected-param"]),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
