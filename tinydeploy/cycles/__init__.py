"""An estimate of processor cycles from counts of executed blocks: docs/cycles.md."""
