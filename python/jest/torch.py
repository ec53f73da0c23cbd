"""Selection as operators of PyTorch, for eager code, torch.compile and torch.export.

    indices, scores = jest.torch.select(x, y, guide_x, guide_y, count=128, learner_scale=t.exp(),
                                        learner_bias=b, step=step)

The operators are written in Python over jest._core, so that one wheel serves every torch from 2.11
on. Count, chunks, seed and step are symbolic integers: a compiled graph serves every step. All other
numbers but the two weights become 0-d tensors and may be tensors, a learnt scale for instance. No
gradient flows. Floating tensors of other dtypes are read as float32, as by the C++ library.

Operators are `torch.ops.jest.select_pairs`, `select_losses`, `select_aligned` and `select_diverse`;
the C++ library's own, `torch.ops.jest.select`, may be loaded in the same process.

Tensors of a CUDA device are refused, unless `backend` names one of the host ("cpu", "cpu-bf16",
"eigen"), which copies them there and the answer back.
"""

from __future__ import annotations

from typing import Union

import torch
from torch import Tensor

from jest import _core, _selection
from jest._core import Error

__all__ = ["Error", "select", "select_aligned", "select_diverse", "select_losses"]

Number = Union[float, Tensor]
Picks = tuple[Tensor, Tensor]

_LIBRARY = torch.library.Library("jest", "FRAGMENT")
_SAMPLING = ("SymInt count, str preset, SymInt? chunks, Tensor gain, Tensor interaction, SymInt seed, "
             "SymInt step, str backend, int threads")


def _define(arguments: str):
    """Defines the operator that the decorated kernel of real values carries out."""
    def decorate(kernel):
        name = kernel.__name__.removeprefix("_kernel_of_")
        # A kernel reads scalars of its arguments, which a capture into a CUDA graph does not survive.
        tags = (torch.Tag.pt2_compliant_tag, torch.Tag.cudagraph_unsafe)
        _LIBRARY.define(f"{name}({arguments}) -> (Tensor indices, Tensor scores)", tags=tags)
        _LIBRARY.impl(name, kernel, "CompositeExplicitAutograd")
        _LIBRARY.impl(name, torch.library.fallthrough_kernel, "Autograd")
        torch.library.register_fake(f"jest::{name}", _shapes, lib=_LIBRARY)
        return getattr(torch.ops.jest, name).default
    return decorate


def _shapes(*tensors, count, **others) -> Picks:
    """The answer without values: shapes, dtypes and device."""
    like = next(tensor for tensor in tensors if tensor is not None)
    return (like.new_empty((count,), dtype=torch.int64),
            like.new_empty((count,), dtype=torch.float64))


def _number(value: Number) -> Tensor:
    return value if isinstance(value, Tensor) else torch.full((), value, dtype=torch.float64)


def _value(name: str, number: Tensor) -> float:
    if number.numel() != 1:
        raise Error(f"select: expected a 0-d {name}, got {list(number.shape)}")
    return float(number.detach())


def _signed(seed: int) -> int:
    """A seed is 64 bits without a sign; operators take the signed integer of the same bits."""
    if isinstance(seed, int) and not -2**63 <= seed < 2**64:
        raise _core.Error(f"select: expected a seed of 64 bits, got {seed}")
    return seed - 2**64 if seed >= 2**63 else seed


class _Host:
    """The arguments of one call as values in host memory."""

    def __init__(self, backend: str, *tensors: Tensor | None):
        self.device = next((t.device for t in tensors if t is not None), torch.device("cpu"))
        if self.device.type != "cpu" and backend in ("default", "cuda"):
            raise Error("select: expected tensors on the CPU, or a backend of the host by name (the "
                        "operators of this package have no CUDA backend), got tensors on "
                        f"{self.device}")

    def floats(self, name: str, tensor: Tensor | None, dtype: torch.dtype = torch.float32):
        """Read in place where dtype, device and order allow it."""
        if tensor is None:
            return None
        if not tensor.is_floating_point():
            raise Error(f"select, {name}: expected a floating dtype, got {tensor.dtype}")
        values = tensor.detach().to("cpu", dtype)
        in_order = values.dim() == 0 or values.stride(-1) == 1
        return values if in_order else values.contiguous()

    def ids(self, tensor: Tensor | None):
        return None if tensor is None else tensor.detach().to("cpu").contiguous()

    def picks(self, answer) -> Picks:
        indices, scores, _ = answer
        return torch.from_numpy(indices).to(self.device), torch.from_numpy(scores).to(self.device)


def _spec(count, preset, chunks, gain, interaction, seed, step, backend, threads):
    return _selection._spec(count, preset, chunks, _value("gain", gain),
                            _value("interaction", interaction), seed, step, backend, threads)


@_define("Tensor? learner_x, Tensor? learner_y, Tensor? reference_x, Tensor? reference_y, Tensor? ids, "
         "Tensor learner_scale, Tensor learner_bias, Tensor reference_scale, Tensor reference_bias, "
         f"*, {_SAMPLING}, float learner_weight, float reference_weight, str contrast")
def _kernel_of_select_pairs(learner_x, learner_y, reference_x, reference_y, ids, learner_scale,
                            learner_bias, reference_scale, reference_bias, *, learner_weight,
                            reference_weight, contrast, **sampling):
    host = _Host(sampling["backend"], learner_x, learner_y, reference_x, reference_y)

    def model(name, weight, x, y, scale, bias):
        if weight == 0:
            return None, None, 1.0, 0.0
        return (host.floats(f"{name} x", x), host.floats(f"{name} y", y),
                _value(f"{name} scale", scale), _value(f"{name} bias", bias))

    return host.picks(_core.select_pairs(
        model("learner", learner_weight, learner_x, learner_y, learner_scale, learner_bias),
        model("reference", reference_weight, reference_x, reference_y, reference_scale,
              reference_bias),
        host.ids(ids), _spec(**sampling), learner_weight, reference_weight, contrast))


@_define("Tensor? learner, Tensor? reference, Tensor? ids, *, "
         f"{_SAMPLING}, float learner_weight, float reference_weight")
def _kernel_of_select_losses(learner, reference, ids, *, learner_weight, reference_weight,
                             **sampling):
    host = _Host(sampling["backend"], learner, reference)
    return host.picks(_core.select_losses(
        host.floats("learner losses", learner), host.floats("reference losses", reference),
        host.ids(ids), _spec(**sampling), learner_weight, reference_weight))


@_define(f"Tensor features, Tensor direction, Tensor? added, Tensor? ids, Tensor step_size, *, {_SAMPLING}")
def _kernel_of_select_aligned(features, direction, added, ids, step_size, **sampling):
    host = _Host(sampling["backend"], features)
    return host.picks(_core.select_aligned(
        host.floats("gradient features", features), host.floats("target direction", direction),
        host.floats("added terms", added, torch.float64), host.ids(ids), _spec(**sampling),
        _value("step size", step_size)))


@_define(f"Tensor embeddings, Tensor importance, Tensor? ids, Tensor strength, *, {_SAMPLING}")
def _kernel_of_select_diverse(embeddings, importance, ids, strength, **sampling):
    host = _Host(sampling["backend"], embeddings)
    return host.picks(_core.select_diverse(
        host.floats("embeddings", embeddings), host.floats("importance", importance, torch.float64),
        host.ids(ids), _spec(**sampling), _value("strength", strength)))


def select(learner_x: Tensor | None, learner_y: Tensor | None, reference_x: Tensor | None = None,
           reference_y: Tensor | None = None, ids: Tensor | None = None, *, count: int,
           preset: str = "joint", chunks: int | None = None, gain: Number = 100.0, seed: int = 0,
           step: int = 0, learner_weight: float = 1.0, reference_weight: float = 1.0,
           interaction: Number = 1.0, contrast: str = "sigmoid", learner_scale: Number = 1.0,
           learner_bias: Number = 0.0, reference_scale: Number = 1.0, reference_bias: Number = 0.0,
           backend: str = "default", threads: int = 1) -> Picks:
    """indices [count] int64 and scores [count] float64 of the pairs to learn from; see `jest.select`.

    learner_x, learner_y: [B, d]; reference_x, reference_y: [B, d'], floating; ids: [B] int64.

    >>> import torch, jest.torch
    >>> x, y = torch.nn.functional.normalize(torch.ones(2, 8, 4).cumsum(1), dim=2)
    >>> log_scale = torch.nn.Parameter(torch.tensor(2.3))
    >>> indices, scores = jest.torch.select(x, y, count=3, reference_weight=0.0,
    ...                                     learner_scale=log_scale.exp(), step=5)
    >>> indices.shape, indices.dtype, scores.requires_grad
    (torch.Size([3]), torch.int64, False)
    """
    return _kernel_of_select_pairs(
        learner_x, learner_y, reference_x, reference_y, ids, _number(learner_scale),
        _number(learner_bias), _number(reference_scale), _number(reference_bias), count=count,
        preset=preset, chunks=chunks, gain=_number(gain), interaction=_number(interaction),
        seed=_signed(seed), step=step, backend=backend, threads=threads,
        learner_weight=learner_weight, reference_weight=reference_weight, contrast=contrast)


def select_losses(learner: Tensor | None, reference: Tensor | None = None, ids: Tensor | None = None,
                  *, count: int, preset: str = "joint", chunks: int | None = None,
                  gain: Number = 100.0, seed: int = 0, step: int = 0, learner_weight: float = 1.0,
                  reference_weight: float = 1.0, backend: str = "default",
                  threads: int = 1) -> Picks:
    """indices and scores [count] of the examples to learn from; see `jest.select_losses`.

    learner, reference: losses [B], floating; ids: [B] int64.

    >>> import torch, jest.torch
    >>> losses = torch.tensor([3.0, 1.0, 2.0, 5.0])
    >>> jest.torch.select_losses(losses, torch.zeros(4), count=2, preset="topk")[0]
    tensor([3, 0])
    """
    return _kernel_of_select_losses(
        learner, reference, ids, count=count, preset=preset, chunks=chunks, gain=_number(gain),
        interaction=_number(1.0), seed=_signed(seed), step=step, backend=backend, threads=threads,
        learner_weight=learner_weight, reference_weight=reference_weight)


def select_aligned(features: Tensor, direction: Tensor, added: Tensor | None = None,
                   ids: Tensor | None = None, *, count: int, step_size: Number = 1.0,
                   preset: str = "joint", chunks: int | None = None, gain: Number = 100.0,
                   seed: int = 0, step: int = 0, interaction: Number = 1.0,
                   backend: str = "default", threads: int = 1) -> Picks:
    """indices and scores [count] of the examples to learn from; see `jest.select_aligned`.

    features: [B, d]; direction: [d]; added: [B] or None, floating; ids: [B] int64.

    >>> import torch, jest.torch
    >>> features = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> jest.torch.select_aligned(features, torch.tensor([1.0, 0.9]), count=2, preset="greedy")[0]
    tensor([0, 2])
    """
    return _kernel_of_select_aligned(
        features, direction, added, ids, _number(step_size), count=count, preset=preset,
        chunks=chunks, gain=_number(gain), interaction=_number(interaction), seed=_signed(seed),
        step=step, backend=backend, threads=threads)


def select_diverse(embeddings: Tensor, importance: Tensor, ids: Tensor | None = None, *, count: int,
                   strength: Number = 1.0, preset: str = "joint", chunks: int | None = None,
                   gain: Number = 100.0, seed: int = 0, step: int = 0, interaction: Number = 1.0,
                   backend: str = "default", threads: int = 1) -> Picks:
    """indices and scores [count] of the examples to learn from; see `jest.select_diverse`.

    embeddings: [B, d]; importance: [B], floating; ids: [B] int64.

    >>> import torch, jest.torch
    >>> embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> jest.torch.select_diverse(embeddings, torch.tensor([1.0, 0.9, 0.5]), count=2,
    ...                           preset="greedy")[0]
    tensor([0, 2])
    """
    return _kernel_of_select_diverse(
        embeddings, importance, ids, _number(strength), count=count, preset=preset, chunks=chunks,
        gain=_number(gain), interaction=_number(interaction), seed=_signed(seed), step=step,
        backend=backend, threads=threads)
