"""Selection of arrays: what `import jest` offers of it, with types and documentation."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any, NamedTuple

import numpy as np

from jest import _core

Array = Any
"""A NumPy array, or any other in CPU memory that offers DLPack or a buffer; read without a copy."""


class Selection(NamedTuple):
    """`count` distinct positions in draw order, their scores, and figures of the selection.

    A score is the conditional score in the round of the pick, without gain and noise.
    """

    indices: np.ndarray
    """[count] int64, positions in the super-batch."""
    scores: np.ndarray
    """[count] float64."""
    statistics: dict[str, Any]
    """backend, select_ms, extra_bytes, nan_count, mean_own_score_super_batch, ...; is_flat: whether
    candidates are scored so alike that noise decides (a guide that is not calibrated, a low gain)."""


def _spec(count: int, preset: str, chunks: int | None, gain: float, interaction: float, seed: int,
          step: int, backend: str, threads: int, first_round: int = 0) -> _core.Spec:
    """A seed is 64 bits without a sign; a negative one stands for the same bits."""
    seed = index(seed)
    if not -(2**63) <= seed < 2**64:
        raise _core.Error(f"select: expected a seed of 64 bits, got {seed}")
    numbers = {"count": index(count), "chunks": 0 if chunks is None else index(chunks),
               "step": index(step)}
    for name, number in numbers.items():
        if not -(2**63) <= number < 2**63:
            raise _core.Error(f"select: expected a {name} of 64 bits, got {number}")
    if not 1 <= index(threads) < 2**31:
        raise _core.Error(f"select: expected at least one thread, got {threads}")
    return _core.spec(numbers["count"], str(preset), None if chunks is None else numbers["chunks"],
                      float(gain), float(interaction), seed % 2**64, numbers["step"], first_round,
                      str(backend), index(threads))


def select(learner_x: Array | None, learner_y: Array | None, reference_x: Array | None = None,
           reference_y: Array | None = None, ids: Array | None = None, *, count: int,
           preset: str = "joint", chunks: int | None = None, gain: float = 100.0, seed: int = 0,
           step: int = 0, learner_weight: float = 1.0, reference_weight: float = 1.0,
           interaction: float = 1.0, contrast: str = "sigmoid", learner_scale: float = 1.0,
           learner_bias: float = 0.0, reference_scale: float = 1.0, reference_bias: float = 0.0,
           backend: str = "default", threads: int = 1) -> Selection:
    """Picks `count` of B pairs by the embeddings of a learner and a reference.

    learner_x, learner_y: [B, d] float32, rows in C order, used as given (normalise them before);
    reference_x, reference_y: [B, d'] likewise. Those of a model whose weight is 0 may be None.
    ids: [B] int64, distinct, >= 0; positions when None. A candidate keeps its noise with its id.
    contrast: "sigmoid" (SigLIP, logits scale * x.y + bias) or "softmax" (CLIP, the bias counts as 0).
    preset: "joint", "independent", "topk", "mean-field", "greedy" or "uniform"; chunks: rounds of
    "joint", min(16, count) when None. threads never change the picks.

    The picks are a pure function of the arguments. Raises jest.Error, a ValueError of one line.

    >>> import numpy as np, jest
    >>> rows = np.random.default_rng(1).normal(size=(4, 640, 32)).astype(np.float32)
    >>> x, y, guide_x, guide_y = rows / np.linalg.norm(rows, axis=2, keepdims=True)
    >>> picks = jest.select(x, y, guide_x, guide_y, count=128, learner_scale=10, learner_bias=-5,
    ...                     reference_scale=10, reference_bias=-5, step=3)
    >>> picks.indices.shape, picks.indices.dtype.name, len(set(picks.indices.tolist()))
    ((128,), 'int64', 128)
    """
    spec = _spec(count, preset, chunks, gain, interaction, seed, step, backend, threads)
    return Selection(*_core.select_pairs(
        (learner_x, learner_y, float(learner_scale), float(learner_bias)),
        (reference_x, reference_y, float(reference_scale), float(reference_bias)),
        ids, spec, float(learner_weight), float(reference_weight), str(contrast)))


def select_losses(learner: Array | None, reference: Array | None = None, ids: Array | None = None,
                  *, count: int, preset: str = "joint", chunks: int | None = None,
                  gain: float = 100.0, seed: int = 0, step: int = 0, learner_weight: float = 1.0,
                  reference_weight: float = 1.0, backend: str = "default",
                  threads: int = 1) -> Selection:
    """Picks `count` of B examples by their losses: learner_weight * learner - reference_weight * reference.

    learner, reference: [B] float32; None where the model's weight is 0. ids: as in `select`. Losses
    do not interact: "joint" equals "independent" here. preset="topk" is RHO-LOSS.

    >>> import numpy as np, jest
    >>> now, irreducible = np.float32([3, 1, 2, 5]), np.float32([3, 0, 0, 1])
    >>> jest.select_losses(now, irreducible, count=2, preset="topk").indices.tolist()
    [3, 2]
    """
    spec = _spec(count, preset, chunks, gain, 1.0, seed, step, backend, threads)
    return Selection(*_core.select_losses(learner, reference, ids, spec, float(learner_weight),
                                          float(reference_weight)))


def select_aligned(features: Array, direction: Array, added: Array | None = None,
                   ids: Array | None = None, *, count: int, step_size: float = 1.0,
                   preset: str = "joint", chunks: int | None = None, gain: float = 100.0,
                   seed: int = 0, step: int = 0, interaction: float = 1.0,
                   backend: str = "default", threads: int = 1) -> Selection:
    """Picks `count` of B examples whose gradients together lead towards a direction (GREATS).

    features: [B, d] float32, gradient features h; direction: [d] float32, v, for instance the mean
    feature of a small curated batch; added: [B] float64, added to the own terms, or None.
    Own terms are step_size * h.v + added, pair terms -step_size**2 / 2 * h_i.h_j.

    >>> import numpy as np, jest
    >>> features = np.float32([[1, 0], [1, 0], [0, 1], [-1, 0]])
    >>> jest.select_aligned(features, np.float32([1, 0.9]), count=2, preset="greedy").indices.tolist()
    [0, 2]
    """
    spec = _spec(count, preset, chunks, gain, interaction, seed, step, backend, threads)
    return Selection(*_core.select_aligned(features, direction, added, ids, spec, float(step_size)))


def select_diverse(embeddings: Array, importance: Array, ids: Array | None = None, *, count: int,
                   strength: float = 1.0, preset: str = "joint", chunks: int | None = None,
                   gain: float = 100.0, seed: int = 0, step: int = 0, interaction: float = 1.0,
                   backend: str = "default", threads: int = 1) -> Selection:
    """Picks `count` of B examples that are important and unlike each other (InfoMax).

    embeddings: [B, d] float32, of the reference; importance: [B] float64, any own terms, for
    instance learnability. Pair terms are -strength * e_i.e_j.

    >>> import numpy as np, jest
    >>> embeddings = np.float32([[1, 0], [1, 0], [0, 1]])
    >>> importance = np.float64([1.0, 0.9, 0.5])
    >>> jest.select_diverse(embeddings, importance, count=2, preset="greedy").indices.tolist()
    [0, 2]
    """
    spec = _spec(count, preset, chunks, gain, interaction, seed, step, backend, threads)
    return Selection(*_core.select_diverse(embeddings, importance, ids, spec, float(strength)))


def fit_scale_and_bias(x: Array, y: Array, *, contrast: str = "sigmoid",
                       batch: int | None = None) -> tuple[float, float]:
    """The logit scale and bias of a model that was not trained by the sigmoid loss.

    x, y: [n, d] float32, embeddings of curated pairs: x_i belongs to y_i. 50 pairs are enough, at most
    1,024 are used. A logistic regression over all n * n pairs; of "softmax", the bias is 0.
    batch: how many pairs the logits are for, as many as are picked, say; n when None. The bias
    depends on it, as each is told from all others.

    >>> import numpy as np, jest
    >>> random = np.random.default_rng(1)
    >>> x = random.normal(size=(50, 16)).astype(np.float32)
    >>> y = x + 0.5 * random.normal(size=(50, 16)).astype(np.float32)
    >>> x, y = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (x, y))
    >>> scale, bias = jest.fit_scale_and_bias(x, y)
    >>> scale > 5, bias < 0, bool((scale * (x * y).sum(1) + bias > 0).mean() > 0.9)
    (True, True, True)
    """
    return _core.fit_scale_and_bias(x, y, str(contrast), 0 if batch is None else batch)


LAST_ROUND = 2**32 - 1
"""Of no selection's own rounds, so the noise of a cascade's stages is independent."""


def cascade(losses: Array, keep: int, pick: Callable[[np.ndarray], Selection],
            ids: Array | None = None, *, gain: float = 2.0, seed: int = 0,
            step: int = 0) -> Selection:
    """Picks from a large super-batch in two stages; the costly models see `keep` of B candidates.

    losses: [B] float32 that a reference gave once (EmbeddingStore.own_losses): stage one keeps the
    easy ones, by Gumbel top-k of -gain * loss. pick: is given the kept positions [keep] and returns
    a selection among them; give it the kept ids, and the same seed and step. The answer's indices
    are positions in the whole super-batch, its statistics those of stage two with stage one's
    milliseconds and NaN losses added.

    >>> import numpy as np, jest
    >>> losses = np.linspace(0, 9, 1000, dtype=np.float32)
    >>> learner = np.ones(1000, dtype=np.float32)
    >>> picks = jest.cascade(losses, 100, lambda kept: jest.select_losses(
    ...     learner[kept], losses[kept], ids=kept, count=10, step=4), step=4)
    >>> len(picks.indices), float(losses[picks.indices].mean()) < 3
    (10, True)
    """
    candidates = len(losses)
    if candidates <= keep:
        return pick(np.arange(candidates))
    spec = _spec(keep, "independent", None, gain, 1.0, seed, step, "default", 1, LAST_ROUND)
    kept, _, stage_one = _core.select_losses(None, losses, ids, spec, 0.0, 1.0)
    picks = pick(kept)
    if len(picks.indices) > keep:
        raise _core.Error(f"cascade: expected at most the {keep} kept to be picked, "
                          f"got {len(picks.indices)}")
    both = {name: stage_one[name] + picks.statistics[name] for name in ("nan_count", "select_ms")}
    return picks._replace(indices=kept[picks.indices], statistics=picks.statistics | both)
