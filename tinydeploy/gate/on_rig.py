"""Checks pairs on the boards of a rig: built one after the other, measured side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tinydeploy.gate.baseline import Record
from tinydeploy.gate.check import Outcome, Prepared, attempt, check_pair, judge_pair, prepare_pair
from tinydeploy.gate.settings import Pair
from tinydeploy.progress import Step, no_step
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.measure import measure_on_rig


def check_on_rig(
    pairs: Sequence[Pair],
    baseline: Mapping[str, Record] | None,
    folder: Path,
    bench: Bench,
    step: Step = no_step,
) -> list[Outcome]:
    """The outcome of each pair, in their order. Boards that the rig lacks run as without a rig."""
    # A pool for each board: pairs that wait for one board don't keep those of others from running.
    pools = {board: ThreadPoolExecutor(count) for board, count in bench.device_counts().items()}

    measure = partial(measure_on_rig, bench)

    def judge(prepared: Prepared) -> Outcome:
        pair = prepared.pair
        return attempt(pair, lambda: judge_pair(prepared, baseline, measure, _named(pair, step)))

    def start(pair: Pair) -> Outcome | Future[Outcome]:
        if not bench.has_board(pair.board):
            return check_pair(pair, baseline, folder, step)
        prepared = attempt(pair, lambda: prepare_pair(pair, folder, step))
        if isinstance(prepared, Outcome):
            return prepared
        return pools[pair.board.id].submit(judge, prepared)

    try:
        started = [start(pair) for pair in pairs]
        return [item if isinstance(item, Outcome) else item.result() for item in started]
    finally:
        # Only an interruption leaves something to stop here.
        bench.commands.stop()
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def _named(pair: Pair, step: Step) -> Step:
    """Several pairs are under way: say which one it is."""

    def named(what: str, done: float | None) -> None:
        step(f"{pair.name}: {what}", done)

    return named
