"""Plain values: a field's, a key's or a kept value as any binary form can carry it, and back.

There a list is a list, and a whole number has 64 bits.  Here a list of values is a tuple, and a mask of
many purposes or a product that is kept may have outgrown them: such a number travels as a mapping, which
no value is.
"""

from __future__ import annotations

from typing import Any, Final

_WIDE: Final = 1 << 63


def to_plain(value: Any) -> Any:
    if type(value) is int and not -_WIDE <= value < _WIDE:
        return {"number": hex(value)}
    if type(value) is tuple:
        return [to_plain(each) for each in value]
    return value


def from_plain(value: Any) -> Any:
    if type(value) is list:
        return tuple([from_plain(each) if type(each) is list or type(each) is dict else each for each in value])
    if type(value) is dict:
        return int(value["number"], 16)
    return value
