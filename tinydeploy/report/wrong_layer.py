"""What `tinydeploy verify --bisect` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrongValue:
    """One element of a tensor: where it stands, what the host and what the device computed."""

    position: tuple[int, ...]
    expected: float
    found: float


@dataclass(frozen=True, slots=True)
class WrongLayer:
    """The first layer whose output is not the host's; `values` are the first that differ."""

    index: int
    name: str
    op: str
    kernel: str
    tensor: str
    shape: tuple[int, ...]
    wrong_elements: int
    elements: int
    values: tuple[WrongValue, ...]
