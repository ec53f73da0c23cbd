"""The published methods that the library has by name."""

from __future__ import annotations

import json
from importlib import resources
from typing import NamedTuple


class Method(NamedTuple):
    """One row of `jest-train methods`; what the columns mean is said in docs/method.md."""

    name: str
    scored_by: str
    drawn: str
    trained_by: str
    reference: str
    source: str


def methods() -> list[Method]:
    """Every method of the library: its name, its parts with their parameters, and its paper.

    >>> import jest
    >>> [method.drawn for method in jest.methods() if method.name == "jest"]
    ['joint, N 16, gain 100, κ 1']
    """
    text = resources.files("jest").joinpath("methods.json").read_text(encoding="utf-8")
    return [Method(**row) for row in json.loads(text)]
