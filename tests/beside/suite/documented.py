"""Two doctests, and one that sends a wrong request."""


def double(number: int) -> int:
    """Twice as much.

    >>> double(2)
    4
    """
    return 2 * number


def wrongly_documented(number: int) -> int:
    """Twice as much.

    >>> wrongly_documented(2)
    5
    """
    return 2 * number


def logs_in() -> None:
    """A login, with a password beside the assertion.

    >>> endpoint = getfixture("jwtauth_token_endpoint")
    >>> getfixture("login")(endpoint, wrong=True).status_code
    400
    """
