"""Takes the layers of a model apart by one method."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from tinydeploy.compress.judge import Judge, Replaced, content
from tinydeploy.compress.low_rank.factorization import Factorization, Ranks, Statistics
from tinydeploy.compress.low_rank.ranks import Candidate, Rule
from tinydeploy.compress.low_rank.statistics import measure
from tinydeploy.compress.record import Compressed
from tinydeploy.compress.rewrite import Rewritten, Weighted, rewrite
from tinydeploy.compress.size import Size
from tinydeploy.compress.survey import record_chains, shapes_of, weighted_layers
from tinydeploy.compress.wiring import weights_of
from tinydeploy.errors import UsageError
from tinydeploy.ir.graph import Array


def factorize(
    model: Any,
    method: type[Factorization],
    rule: Rule,
    samples: Sequence[Array] | None = None,
    skip: Collection[str] = (),
    judge: Judge = content,
) -> Compressed:
    """Return a keras.Model whose layers are factorized by `method`, at ranks chosen by `rule`.

    Strides, padding, dilation, bias and activation are kept; regularizers and constraints of a
    factorized layer are not. With `samples`, one array for each input of the model, SVD methods
    keep what matters for inputs like those; Tucker-2 and CP don't use them. Layers named in
    `skip` stay, and so does each layer that would not get smaller, or against whose pieces `judge`
    says something; the others then get smaller for it. The record says why.

    Raises UsageError for an unknown name in `skip` or a factor out of reach, CalibrationError for
    samples that don't fit, and what rewrite() and layer_macs() raise.
    """
    traced = rewrite(model)
    layers = weighted_layers(traced, skip)
    notes = {n: "skipped" if n in skip else method.obstacle(layers[n]) for n in layers}
    names = [name for name, note in notes.items() if not note]
    known = measure(traced, names, samples) if samples is not None else {}
    candidates = {n: _candidate(traced, layers[n], method, known, rule.size) for n in names}
    whole = rule.size.of_calls(traced.calls)
    left: dict[str, str] = {}
    while True:
        try:
            chains, said = _chains(candidates, rule, whole)
        except UsageError as error:
            if not left:
                raise
            raise _with_a_reason(error, left) from error
        notes |= said
        replaced = {n: _replaced(traced, layers[n], chain) for n, chain in chains.items()}
        refused = judge(replaced)
        if not refused:
            break
        left |= refused
        for name, reason in refused.items():
            notes[name] += f" is left: {reason}"
            del candidates[name]
    return Compressed(
        rewrite(traced.model, chains).model, record_chains(traced, layers, notes, chains)
    )


def _with_a_reason(error: UsageError, left: Mapping[str, str]) -> UsageError:
    """The error with what was said against pieces, of which there may have been enough."""
    name, reason = next(iter(left.items()))
    more = f", and {len(left) - 1} more" if len(left) > 1 else ""
    return UsageError(f'{error.message} ("{name}" is left: {reason}{more})', error.hint)


def _chains(
    candidates: Mapping[str, Candidate], rule: Rule, whole: int
) -> tuple[dict[str, tuple[Weighted, ...]], dict[str, str]]:
    """The pieces of each layer that gets smaller in a model of the size `whole`, and notes."""
    ranks = rule.ranks(list(candidates.values()), whole)
    chains, notes = {}, {}
    for (name, candidate), chosen in zip(candidates.items(), ranks, strict=True):
        notes[name] = _describe(candidate.factorization, chosen)
        if candidate.cost(chosen) < candidate.size:
            chains[name] = candidate.factorization.chain(chosen)
        else:
            notes[name] += f" has not fewer {rule.size.name}"
    return chains, notes


def _replaced(traced: Rewritten, layer: Any, chain: tuple[Weighted, ...]) -> Replaced:
    return Replaced(Weighted(layer, weights_of(layer)), chain, shapes_of(traced, layer.name))


def _candidate(
    traced: Rewritten,
    layer: Any,
    method: type[Factorization],
    known: Mapping[str, Statistics],
    size: Size,
) -> Candidate:
    factorization = method(layer, known.get(layer.name))
    shapes = shapes_of(traced, layer.name)

    @cache
    def cost(ranks: Ranks) -> int:
        chain = [Weighted(one) for one in factorization.layers(ranks)]
        return size.of_chain(chain, shapes)

    return Candidate(factorization, size.of_chain([Weighted(layer)], shapes), cost)


def _describe(factorization: Factorization, ranks: Ranks) -> str:
    pairs = zip(ranks, factorization.full_ranks, strict=True)
    return f"{factorization.NAME}, rank " + " and ".join(f"{r} of {full}" for r, full in pairs)
