"""How many bytes of a tensor go into one frame: fewer where the line damages long ones."""

from __future__ import annotations

_LEAST_BYTES = 16
_PASSES_TO_GROW = 16


class ChunkSize:
    """Halves when a frame of this size doesn't get through, grows again when many have."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._passed = 0
        self.bytes = most_bytes

    @property
    def can_shrink(self) -> bool:
        """Whether shorter frames may still help."""
        return self.bytes > _LEAST_BYTES

    def shrink(self) -> None:
        """A frame of this size did not get through."""
        self.bytes = max(_LEAST_BYTES, self.bytes // 2)
        self._passed = 0

    def passed(self) -> None:
        """A frame of this size got through at once."""
        self._passed += 1
        if self._passed >= _PASSES_TO_GROW:
            self.bytes = min(self._most_bytes, self.bytes * 2)
            self._passed = 0
