#!/usr/bin/env python3
"""jest-select on Parquet files. Usage: select_parquet_test.py JEST_SELECT; skips without pyarrow."""

import struct
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    sys.exit(77)
from npy_files import npy
from select_cached_test import Cached
from select_cases import main


class Parquet(Cached):
    def table(self, name, columns, groups=3):
        path = self.path(name)
        pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=self.rows // groups)
        return path

    def rows_of(self, side, kind, dtype):
        rows = [self.sides[side][k:k + self.width] for k in range(0, self.rows * self.width, self.width)]
        return pyarrow.array(rows, kind(dtype))

    def test_columns_are_arrays(self):
        uids = [f"{self.generator.getrandbits(128):032x}" for _ in range(self.rows)]
        ids = self.put("ids.npy", npy("HEX", [self.rows], uids))
        expected = self.answer(*self.stored(), "--ids", ids, "--gain", 1)
        for kind in (lambda dtype: pyarrow.list_(dtype, self.width), pyarrow.list_, pyarrow.large_list):
            words = list(self.scales)
            for model in ("learner", "reference"):
                columns = {side: self.rows_of(f"{model}-{side}", kind, pyarrow.float32()) for side in "xy"}
                columns |= {"uid": pyarrow.array(uids), "caption": pyarrow.array(["a"] * self.rows)}
                words += ["--" + model, self.table(model + ".parquet", columns)]
            got = self.answer(*words, "--names", "ids=uid", "--gain", 1)
            self.assertEqual((got["indices"], got["scores"]), (expected["indices"], expected["scores"]))

    def test_bad_files(self):
        ragged = pyarrow.array([[1.0] * (1 + k % 2) for k in range(self.rows)], pyarrow.list_(pyarrow.float32()))
        whole = self.rows_of("learner-y", lambda dtype: pyarrow.list_(dtype, self.width), pyarrow.float32())
        nulls = pyarrow.array([None, *whole.to_pylist()[1:]], whole.type)
        words = ["--score", "hard-learner", "--learner-scale", 1, "--learner-bias=-1"]
        for x in (ragged, nulls):
            path = self.table("bad.parquet", {"x": x, "y": whole})
            self.refused([*words, "--learner", path], path, "an array x, got y F32 [40, 6]")
        with open(self.path("bad.parquet"), "rb") as file:
            content = file.read()
        for damaged in (content[:100], content[:-1], content[:-20] + bytes(20)):
            self.refused([*words, "--learner", self.put("bad.parquet", damaged)], "bad.parquet")


if __name__ == "__main__":
    main()
