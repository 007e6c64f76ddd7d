"""The version; the build reads this file as text, so nothing may be computed here."""

__version__ = "0.1.0"
