#!/usr/bin/env python3
"""Stores of the Python package: refusals, and files interchanged with the C++ library.

JEST_PEER, the program python_peer of this tree, adds what the C++ library wrote, reads and picks.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest
import zlib

import cases  # leaves no compiled files behind
import numpy as np

import jest

ROWS = 40
IDS = 100 + 3 * np.arange(ROWS)


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="jest-python-")
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.x = np.arange(ROWS * 3, dtype=np.float32).reshape(ROWS, 3) / np.float32(100)
        self.y = np.ascontiguousarray(self.x[:, ::-1])

    def write(self):
        jest.write_embedding_store(self.path / "embeddings", self.x, self.y, IDS, scale=2.5, bias=-1,
                                   fingerprint="peer")
        jest.write_loss_store(self.path / "losses", np.ascontiguousarray(self.x[:, 0]), IDS,
                              fingerprint="peer")


class Stores(InFolder):
    def test_what_was_written_is_read(self):
        self.write()
        store = jest.EmbeddingStore(self.path / "embeddings", "peer")
        found = store.gather(np.array([106, 100, 106]))
        np.testing.assert_array_equal(found.x, self.x[[2, 0, 2]])
        np.testing.assert_array_equal(found.y, self.y[[2, 0, 2]])
        self.assertEqual((found.scale, found.bias, len(store)), (2.5, -1.0, ROWS))
        losses = jest.LossStore.open(self.path / "losses")
        np.testing.assert_array_equal(losses.gather(IDS[::-1]), self.x[::-1, 0])

    def test_own_losses(self):
        self.write()
        store = jest.EmbeddingStore(self.path / "embeddings")
        dots = (self.x.astype(np.float64) * self.y).sum(axis=1)
        np.testing.assert_allclose(store.own_losses().gather(IDS), np.logaddexp(0, 1 - 2.5 * dots),
                                   rtol=1e-6)
        np.testing.assert_allclose(store.own_losses("softmax").gather(IDS), -2.5 * dots, rtol=1e-6)

    def test_the_checksum_is_that_of_the_documentation(self):
        self.write()
        expected = format(zlib.crc32(self.x.tobytes() + self.y.tobytes() + IDS.tobytes()), "08x")
        self.assertIn(f'"checksum":"{expected}"'.encode(), (self.path / "embeddings").read_bytes())

    def refused(self, mention, function, *given, **named):
        with self.subTest(mention):
            with self.assertRaisesRegex(jest.Error, mention) as caught:
                function(*given, **named)
            self.assertNotIn("\n", str(caught.exception))

    def test_refusals(self):
        self.write()
        store = jest.EmbeddingStore(self.path / "embeddings")
        self.refused("metadata fingerprint other, got peer", jest.EmbeddingStore,
                     self.path / "embeddings", "other")
        self.refused("metadata fingerprint other, got peer", jest.LossStore.open,
                     self.path / "losses", "other")
        self.refused("id 101, which is not", store.gather, np.array([100, 101]))
        self.refused(r"ids \[n\] int64, got int32", store.gather, np.array([100], dtype=np.int32))
        self.refused("expected array x", jest.EmbeddingStore, self.path / "losses")
        self.refused("distinct ids, got 7 more than once", jest.LossStore, np.array([7, 7]),
                     np.zeros(2, dtype=np.float32))
        self.refused("float32, got", jest.LossStore, np.array([7]), np.zeros(1))
        self.refused("x float64", jest.write_embedding_store, self.path / "none",
                     self.x.astype(np.float64), self.y, IDS, scale=1)
        self.refused("No such file", jest.EmbeddingStore, self.path / "none")
        self.assertFalse((self.path / "none").exists())

    def test_a_flipped_bit_is_found(self):
        self.write()
        content = bytearray((self.path / "embeddings").read_bytes())
        content[-100] ^= 1
        (self.path / "embeddings").write_bytes(content)
        self.refused("checksum|jest_crc32", jest.EmbeddingStore, self.path / "embeddings")


@unittest.skipUnless(os.environ.get("JEST_PEER"), "JEST_PEER names no program")
class WithTheLibrary(InFolder):
    def peer(self, command):
        return subprocess.run([os.environ["JEST_PEER"], command, self.folder.name],
                              stdout=subprocess.PIPE, text=True, check=True, timeout=120).stdout

    def test_files_of_the_library(self):
        self.peer("write")
        written = {name: (self.path / name).read_bytes() for name in ("embeddings", "losses")}
        found = jest.EmbeddingStore(self.path / "embeddings", "peer").gather(IDS)
        np.testing.assert_array_equal(found.x, self.x)
        np.testing.assert_array_equal(found.y, self.y)
        self.assertEqual((found.scale, found.bias), (2.5, -1.0))
        self.write()
        for name, content in written.items():
            self.assertEqual((self.path / name).read_bytes(), content, name)

    def test_files_for_the_library(self):
        self.write()
        lines = [np.array(line.split(), dtype=np.float64) for line in self.peer("read").splitlines()]
        store = jest.EmbeddingStore(self.path / "embeddings")
        for got, expected in zip(lines, (self.x[[2, 0]], self.y[[2, 0]], 2.5, -1.0, self.x[[2, 0], 0],
                                         store.own_losses().gather(IDS),
                                         store.own_losses("softmax").gather(IDS)), strict=True):
            np.testing.assert_array_equal(got, np.ravel(expected).astype(np.float64))

    def test_a_cascade_of_the_library(self):
        self.write()
        expected = [int(word) for word in self.peer("cascade").split()]
        losses = jest.LossStore.open(self.path / "losses").gather(IDS)

        def second(kept):
            return jest.select_losses(losses[kept], ids=IDS[kept], count=4, preset="uniform",
                                      reference_weight=0, seed=11, step=5)

        picks = jest.cascade(losses, 10, second, IDS, seed=11, step=5)
        self.assertEqual(picks.indices.tolist(), expected)


if __name__ == "__main__":
    unittest.main(verbosity=2)
