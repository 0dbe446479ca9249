"""Expressions as the catalog has them, to be compared without what a key's type makes of them."""

import re

_CAST = re.compile(
    r"::\s*(character varying|character|bpchar|text|uuid|bigint|integer|smallint)"
    r"(\(\d+\))?(\[\])*"
)
_SPACE = re.compile(r"[\s()]+")


def without_casts(expression: str) -> str:
    """An expression without casts between key types, brackets and spaces, to be compared."""
    return _SPACE.sub("", _CAST.sub("", expression))
