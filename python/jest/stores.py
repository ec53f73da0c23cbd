"""What a reference says of examples, computed once and looked up by id: embeddings and losses.

Files are those of the C++ library (docs/formats.md): safetensors with ids and checksums.
"""

from __future__ import annotations

import math
import os
from typing import Any, NamedTuple, Union

import numpy as np

from jest import _core

Array = Any
Path = Union[str, "os.PathLike[str]"]


class Embeddings(NamedTuple):
    """Embeddings x, y [n, d] float32 with the logit scale and bias of their model."""

    x: np.ndarray
    y: np.ndarray
    scale: float
    bias: float


def _expect(path: Path, key: str, came: str | None, expected: str) -> None:
    if came != expected:
        raise _core.Error(f"open store {os.fspath(path)}: expected metadata {key} {expected}, "
                          f"got {'none' if came is None else came}")


def _open(path: Path, fingerprint: str, summed: list[str]) -> tuple[Any, np.ndarray]:
    """The file and its ids; refused unless its metadata agree with its arrays."""
    file = _core.SafetensorsFile(path)
    metadata = file.metadata()
    if fingerprint:
        _expect(path, "fingerprint", metadata.get("fingerprint"), fingerprint)
    ids = file.integers("ids")
    for name in summed[:-1]:
        rows = file.floats(name, 1 if name == "losses" else 2)
        if len(rows) != len(ids):
            raise _core.Error(f"open store {os.fspath(path)}: expected {name} of the {len(ids)} ids, "
                              f"got {list(rows.shape)}")
    _expect(path, "rows", metadata.get("rows"), str(len(ids)))
    _expect(path, "checksum", metadata.get("checksum"), file.checksum(summed))
    return file, ids


class _Rows:
    """Rows by id: sorted ids, and the row of each."""

    def __init__(self, operation: str, ids: np.ndarray):
        self._order = np.argsort(ids, kind="stable")
        self._ids = ids[self._order]
        repeated = self._ids[1:][self._ids[1:] == self._ids[:-1]]
        if len(repeated):
            raise _core.Error(f"{operation}: expected distinct ids, got {repeated[0]} more than once")

    def of(self, operation: str, where: str, ids: Array) -> np.ndarray:
        ids = np.asarray(ids)
        if ids.ndim != 1 or ids.dtype != np.int64:
            raise _core.Error(f"{operation}: expected ids [n] int64, got {ids.dtype} "
                              f"{list(ids.shape)}")
        last = max(len(self._ids) - 1, 0)
        places = np.minimum(np.searchsorted(self._ids, ids), last)
        missing = ids if len(self._ids) == 0 else ids[self._ids[places] != ids]
        if len(missing):
            raise _core.Error(f"{operation}: expected every id of the super-batch in {where}, "
                              f"got id {missing[0]}, which is not")
        return self._order[places]


class LossStore:
    """Losses by id, such as the irreducible losses of RHO-LOSS.

    >>> import numpy as np, jest
    >>> store = jest.LossStore(np.array([7, 3]), np.float32([0.5, 2]))
    >>> store.gather(np.array([3, 7, 3])).tolist()
    [2.0, 0.5, 2.0]
    """

    def __init__(self, ids: Array, losses: Array):
        """ids: [rows] int64, distinct; losses: [rows] float32."""
        ids, losses = np.asarray(ids), np.array(losses)  # losses of its own, whatever becomes of those
        if losses.ndim != 1 or ids.shape != losses.shape or ids.dtype != np.int64 or losses.dtype != np.float32:
            raise _core.Error(f"loss store: expected ids [rows] int64 and losses [rows] float32, got "
                              f"{ids.dtype} {list(ids.shape)} and {losses.dtype} {list(losses.shape)}")
        self._rows = _Rows("loss store", ids)
        self._losses = losses

    @classmethod
    def open(cls, path: Path, fingerprint: str = "") -> LossStore:
        """Refuses a file that is damaged, stale or of another fingerprint (an empty one accepts any)."""
        file, ids = _open(path, fingerprint, ["losses", "ids"])
        return cls(ids.copy(), file.floats("losses", 1).copy())

    def __len__(self) -> int:
        return len(self._losses)

    def gather(self, ids: Array) -> np.ndarray:
        """Losses [n] float32 of ids [n] int64, copied."""
        return self._losses[self._rows.of("reference losses", "the store", ids)]


class EmbeddingStore:
    """Embeddings by id, of a file that this package, the C++ library or jest-train wrote.

    >>> import jest, numpy as np, tempfile
    >>> x = np.eye(3, dtype=np.float32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     jest.write_embedding_store(folder + "/store", x, x, np.array([5, 6, 7]), scale=10.0)
    ...     store = jest.EmbeddingStore(folder + "/store")
    >>> store.gather(np.array([7, 5])).x.tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """

    def __init__(self, path: Path, fingerprint: str = ""):
        """Refuses a file that is damaged, stale or of another fingerprint (an empty one accepts any)."""
        self._file, ids = _open(path, fingerprint, ["x", "y", "ids"])
        _expect(path, "dtype", self._file.metadata().get("dtype"), "F32")
        self._path = os.fspath(path)
        self._x, self._y = self._file.floats("x", 2), self._file.floats("y", 2)
        if self._x.shape != self._y.shape:
            raise _core.Error(f"open store {self._path}: expected x and y of one shape, got "
                              f"{list(self._x.shape)} and {list(self._y.shape)}")
        self.scale: float = self._file.scalar("scale")
        self.bias: float = self._file.scalar("bias")
        self._ids = ids
        self._rows = _Rows(f"open store {self._path}", ids)

    def __len__(self) -> int:
        return len(self._ids)

    def gather(self, ids: Array) -> Embeddings:
        """x, y [n, d] float32 of ids [n] int64, copied, with the scale and bias of their model."""
        rows = self._rows.of("reference embeddings", self._path, ids)
        found = Embeddings(self._x[rows], self._y[rows], self.scale, self.bias)
        self._file.expect_unchanged()
        return found

    def own_losses(self, contrast: str = "sigmoid") -> LossStore:
        """The own term of every pair: what easy-reference selection, and `cascade`, rank by."""
        losses = _core.own_losses(self._x, self._y, self.scale, self.bias, contrast)
        return LossStore(self._ids.copy(), losses)


def write_embedding_store(path: Path, x: Array, y: Array, ids: Array, *, scale: float,
                          bias: float = 0.0, fingerprint: str = "") -> None:
    """Writes x, y [rows, d] float32 of ids [rows] int64 (distinct) atomically.

    fingerprint: any name of the model and of what it was shown, to be asked for on opening.

    >>> import jest, numpy as np, tempfile
    >>> x = np.eye(3, dtype=np.float32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     jest.write_embedding_store(folder + "/store", x, x, np.arange(3), scale=10.0, bias=-5.0)
    ...     len(jest.EmbeddingStore(folder + "/store"))
    3
    """
    x, y, ids = np.asarray(x), np.asarray(y), np.asarray(ids)
    if x.ndim != 2 or x.shape != y.shape or x.dtype != np.float32 or y.dtype != np.float32 \
            or ids.dtype != np.int64 or ids.shape != x.shape[:1]:
        raise _core.Error(f"write embedding store: expected x, y [rows, d] float32 and ids [rows] "
                          f"int64, got x {x.dtype} {list(x.shape)}, y {y.dtype} {list(y.shape)}, "
                          f"ids {ids.dtype} {list(ids.shape)}")
    if not (math.isfinite(scale) and scale > 0 and math.isfinite(bias)):
        raise _core.Error(f"write embedding store: expected a finite scale > 0 and a finite bias, got "
                          f"{scale} and {bias}")
    _Rows("write embedding store", ids)
    arrays = [("x", np.ascontiguousarray(x)), ("y", np.ascontiguousarray(y)),
              ("ids", np.ascontiguousarray(ids)), ("scale", np.array(float(scale))),
              ("bias", np.array(float(bias)))]
    _core.write_store(path, arrays, ["x", "y", "ids"],
                      {"fingerprint": fingerprint, "rows": str(len(ids)), "dtype": "F32"})


def write_loss_store(path: Path, losses: Array, ids: Array, *, fingerprint: str = "") -> None:
    """Writes losses [rows] float32 of ids [rows] int64 (distinct) atomically.

    >>> import jest, numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     jest.write_loss_store(folder + "/store", np.float32([2, 3]), np.array([7, 8]))
    ...     jest.LossStore.open(folder + "/store").gather(np.array([8])).tolist()
    [3.0]
    """
    LossStore(ids, losses)
    arrays = [("losses", np.ascontiguousarray(losses)), ("ids", np.ascontiguousarray(ids))]
    _core.write_store(path, arrays, ["losses", "ids"],
                      {"fingerprint": fingerprint, "rows": str(len(losses))})
