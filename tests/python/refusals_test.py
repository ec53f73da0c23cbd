#!/usr/bin/env python3
"""Bad input is one line, a jest.Error: operation, what was expected, what came."""

import ctypes
import unittest

import numpy as np
from cases import embeddings

import jest

X, Y = embeddings(6, 1, rows=8)
LOSSES = np.zeros(8, dtype=np.float32)


def unaligned(array):
    memory = np.zeros(array.nbytes + 1, dtype=np.uint8)
    return memory[1:].view(array.dtype).reshape(array.shape)


class Unexported:
    """An array whose memory its owner does not give."""

    def __dlpack__(self, **_):
        raise BufferError("no memory of the device cuda:0\nand a second line")


class OnCuda:
    """An array that says it lies on a CUDA device: DLPack's device, after the pointer, is another."""

    def __dlpack__(self, **_):
        capsule = X.__dlpack__()
        pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
        pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
        address = pointer_of(capsule, b"dltensor") + ctypes.sizeof(ctypes.c_void_p)
        ctypes.c_int32.from_address(address).value = 2  # kDLCUDA
        return capsule


class Refusals(unittest.TestCase):
    def refused(self, mention, function, *given, **named):
        with self.subTest(mention):
            with self.assertRaisesRegex(jest.Error, mention) as caught:
                function(*given, **({"count": 2} | named))
            self.assertIsInstance(caught.exception, ValueError)
            self.assertNotIn("\n", str(caught.exception))
            self.assertRegex(str(caught.exception), "^[a-z ,]+: expected ")

    def refused_pairs(self, mention, x, y=Y, **named):
        self.refused(mention, jest.select, x, y, reference_weight=0, **named)

    def test_arrays(self):
        for array, mention in ((X.astype(np.float64), r"learner x: .*got float64 \[8, 6\]"),
                               (X.astype(np.float16), r"got float16 \[8, 6\]"),
                               (X.astype(">f4"), "got ndarray: .*byte order"),
                               (np.asfortranarray(X), r"rows in C order.*strides \[1, 8\]"),
                               (X[::-1], r"rows in C order.*strides \[-6, 1\]"),
                               (X[:, ::2], "rows in C order"),
                               (X[0], r"float32 \[rows, columns\].*got float32 \[6\]"),
                               (unaligned(X), "not aligned"),
                               (X[:7], r"x and y of one shape.*\[7, 6\] and y \[8, 6\]"),
                               (X[:, :5], r"x and y of one shape.*\[8, 5\] and y \[8, 6\]"),
                               (X[:0], r"x and y of one shape"),
                               (Unexported(), "got Unexported: no memory of the device cuda:0$"),
                               (OnCuda(), r"got float32 \[8, 6\], of another device"),
                               (X.tolist(), "got list"), (None, "got NoneType")):
            self.refused_pairs(mention, array)
        self.refused_pairs("at least one row", X[:0], Y[:0])
        self.refused("as many learner rows", jest.select, X, Y, X[:4], Y[:4])

    def test_ids(self):
        for ids, mention in ((np.arange(7), "8 ids, one per candidate, got 7"),
                             (np.arange(0), "8 ids, one per candidate, got 0"),
                             (np.arange(8, dtype=np.int32), r"int64 \[n\].*got int32 \[8\]"),
                             (np.arange(16)[::2], "values side by side"),
                             (np.zeros(8, dtype=np.int64), "distinct ids, got 0"),
                             (np.arange(8) - 1, "ids")):
            self.refused_pairs(mention, X, ids=ids)

    def test_numbers_and_names(self):
        for named, mention in (({"count": 9}, "count between 1 and the 8"),
                               ({"count": 2**70}, "count of 64 bits"),
                               ({"step": -1}, "step between 0"), ({"seed": 2**64}, "seed of 64 bits"),
                               ({"threads": 0}, "at least one thread"),
                               ({"chunks": 5}, "chunks"), ({"gain": -1}, "gain"),
                               ({"preset": "best"}, "joint, independent"), ({"preset": 7}, "got '7'"),
                               ({"backend": "gpu"}, "default, eigen"),
                               ({"contrast": "cosine"}, "sigmoid, softmax"),
                               ({"learner_scale": -1}, "logit scale > 0"),
                               ({"learner_bias": np.nan}, "finite logit bias")):
            self.refused_pairs(mention, X, **named)
        self.refused("other than 0", jest.select, X, Y, learner_weight=0, reference_weight=0)

    def test_other_criteria(self):
        direction, importance = np.zeros(6, dtype=np.float32), np.zeros(8)
        self.refused("as many learner losses", jest.select_losses, LOSSES, LOSSES[:7])
        self.refused("reference losses: .*NoneType", jest.select_losses, LOSSES)
        self.refused("direction of width 6", jest.select_aligned, X, direction[:5])
        self.refused("added terms", jest.select_aligned, X, direction, importance[:5])
        self.refused("float64", jest.select_diverse, X, LOSSES)
        self.refused("one own term per feature row", jest.select_diverse, X, importance[:5])

    def test_cascades(self):
        def pick(kept):
            return jest.select_losses(LOSSES[kept], count=2, reference_weight=0)
        for given, mention in (((LOSSES, 0, pick), "count between"),
                               ((LOSSES.astype(np.float64), 4, pick), "got float64")):
            with self.assertRaisesRegex(jest.Error, mention):
                jest.cascade(*given)

    def test_a_backend_that_was_not_built(self):
        if jest._core.with_cuda:
            self.skipTest("this build has CUDA")
        with self.assertRaisesRegex(jest.Error, "backend cuda .*this build has none"):
            jest.select(X, Y, count=2, reference_weight=0, backend="cuda")


if __name__ == "__main__":
    unittest.main(verbosity=2)
