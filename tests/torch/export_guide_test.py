#!/usr/bin/env python3
"""python/export_guide.py: what C++ computes by its packages is what PyTorch computes, and its stores
are read. Usage: export_guide_test.py PACKAGED_RUN. Exits with 77 where no torch can be imported.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/programs"))
import select_oracle

try:
    import torch
except (ImportError, OSError) as error:
    print(f"skipped: no torch in this Python: {error}")
    sys.exit(77)

# What a user would write.
GUIDES = '''
import torch

VOCABULARY, WIDTH = 50, 5


class Towers(torch.nn.Module):
    """x: the mean of token embeddings that are not masked; y: features by a linear layer."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.tokens = torch.nn.Embedding(VOCABULARY, 8)
        self.features = torch.nn.Linear(WIDTH, 8)

    def forward(self, tokens, mask, features):
        kept = mask.unsqueeze(2).float()
        x = (self.tokens(tokens) * kept).sum(1) / kept.sum(1)
        y = self.features(features)
        return torch.nn.functional.normalize(x, dim=1), torch.nn.functional.normalize(y, dim=1)


class Guide:
    dynamic = (1,)
    scale = 12.5

    def __init__(self):
        self.module = Towers()
        self.example = self.inputs(["ab", "abc"], ["de", ""])

    def inputs(self, xs, ys):
        length = max(2, max(map(len, xs)))
        rows = [[ord(c) % VOCABULARY for c in x] for x in xs]
        tokens = torch.tensor([row + [0] * (length - len(row)) for row in rows])
        mask = torch.tensor([[k < max(1, len(row)) for k in range(length)] for row in rows])
        return tokens, mask, torch.tensor([[float(len(y)), 1, 2, 3, 4] for y in ys])


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.layer = torch.nn.Linear(6, 3)

    def forward(self, inputs, labels):
        return torch.nn.functional.cross_entropy(self.layer(inputs), labels, reduction="none")


class Losses:
    kind = "losses"

    def __init__(self):
        self.module = Classifier()
        self.example = torch.randn(3, 6), torch.tensor([0, 1, 2])


class LongRows(Guide):
    def __init__(self):
        super().__init__()
        self.module = torch.nn.Identity()
        self.module.forward = lambda tokens, mask, features: (2 * features, features)


class OtherLosses(Losses):
    def __init__(self):
        super().__init__()
        self.module = torch.nn.Identity()
        self.module.forward = lambda inputs, labels: inputs


class Fails:
    def __init__(self):
        raise OSError("no weights here")
'''
DTYPES = {torch.float32: "F32", torch.int64: "I64", torch.bool: "BOOL", torch.int32: "I32"}
PROGRAM = ""


def write_tensors(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        content = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def read_tensors(path):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8:8 + size]), content[8 + size:]
    header.pop("__metadata__", None)
    kinds = {"F32": torch.float32, "F64": torch.float64}
    return {name: torch.frombuffer(bytearray(data[slice(*array["data_offsets"])]),
                                   dtype=kinds[array["dtype"]]).reshape(array["shape"])
            for name, array in header.items()}


class ExportGuide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (cls.folder / "guides.py").write_text(GUIDES, encoding="utf-8")
        sys.path.append(str(cls.folder))
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cls.folder / "inductor")

    def export(self, *words):
        return subprocess.run([sys.executable, ROOT / "python/export_guide.py", *map(str, words)],
                              cwd=self.folder, capture_output=True, text=True, timeout=500, check=False)

    def packaged(self, *words):
        done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.stderr, "")
        return done

    def run_package(self, package, kind, inputs):
        write_tensors(self.folder / "in.safetensors", {f"in{k}": t for k, t in enumerate(inputs)})
        done = self.packaged(package, kind, self.folder / "in.safetensors", self.folder / "out.safetensors")
        self.assertEqual(done.returncode, 0, done.stdout)
        return read_tensors(self.folder / "out.safetensors")

    def refused(self, package, kind, inputs, mention):
        write_tensors(self.folder / "in.safetensors", {f"in{k}": t for k, t in enumerate(inputs)})
        done = self.packaged(package, kind, self.folder / "in.safetensors", self.folder / "no")
        self.assertEqual((done.returncode, done.stdout.count("\n")), (1, 1), done.stdout)
        self.assertIn(mention, done.stdout)

    def agree(self, got, names, wanted):
        for prefix in ("", "parts_", "strided_"):
            for name, tensor in zip(names, wanted):
                torch.testing.assert_close(got[prefix + name], tensor, rtol=0, atol=1e-6)

    def test_embeddings_in_cpp_are_those_of_pytorch(self):
        import guides

        package = self.folder / "guide.pt2"
        done = self.export("package", "guides:Guide", package, "--bias", "-5")
        self.assertEqual(done.returncode, 0, done.stderr)
        towers = guides.Towers().eval()
        for rows, length in ((1, 2), (2, 2), (3, 9), (16, 5), (17, 30), (641, 11)):
            with self.subTest(rows=rows, length=length), torch.no_grad():
                inputs = (torch.randint(0, guides.VOCABULARY, (rows, length)),
                          torch.arange(length).expand(rows, -1) <= torch.arange(rows).unsqueeze(1),
                          torch.randn(rows, guides.WIDTH))
                got = self.run_package(package, "embed", inputs)
                self.agree(got, "xy", towers(*inputs))
                self.assertEqual((got["scale"].item(), got["bias"].item()), (12.5, -5))
        tokens, mask, features = inputs
        wanted = "int64 [n, "
        self.refused(package, "embed", (tokens, mask), wanted)
        self.refused(package, "embed", (tokens.int(), mask, features), "int32 [641, 11]")
        self.refused(package, "embed", (tokens, mask[:, 1:], features), "bool [641, 10]")
        self.refused(package, "embed", (tokens, mask, features[:, 1:]), "float32 [641, 4]")
        self.refused(package, "embed", (tokens[:, 0], mask, features), "int64 [641]")
        self.refused(package, "embed", (tokens[:0], mask[:0], features[:0]), "int64 [0, 11]")
        self.refused(package, "losses", (), "kind 'losses'")
        self.without_calibration(package)
        self.embeds_as_the_module_does(package)

    def embeds_as_the_module_does(self, package):
        rows = [f"{k}\t{'ab' * (1 + k % 4)}\ty{k}" for k in range(5)]
        (self.folder / "few.tsv").write_text("\n".join(["id\tx\ty", *rows]) + "\n", encoding="utf-8")
        stores = []
        for words in ((), ("--package", package)):
            store = self.folder / f"by{len(words)}.safetensors"
            done = self.export("embed", "guides:Guide", store, "few.tsv", "--bias", "-5", "--batch", "2", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            stores.append({name: values for name, (_, values) in
                           select_oracle.read_safetensors(store).items()})
        self.assertEqual(stores[0]["ids"], stores[1]["ids"])
        for side in "xy":
            torch.testing.assert_close(torch.tensor(stores[0][side]), torch.tensor(stores[1][side]),
                                       rtol=0, atol=1e-6)
        done = self.export("embed", "guides:Guide", "s", "few.tsv", "--bias", "-5", "--package", "missing")
        self.assertIn("missing", done.stderr)

    def without_calibration(self, package):
        other = self.folder / "other.pt2"
        with zipfile.ZipFile(package) as made, zipfile.ZipFile(other, "w") as written:
            for name in made.namelist():
                content = made.read(name)
                written.writestr(name, content.replace(b"jest_bias", b"jest_else"))
        done = self.packaged(other, "embed")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a scale and a bias of logits", done.stdout)

    def test_losses_in_cpp_are_those_of_pytorch(self):
        import guides

        package = self.folder / "losses.pt2"
        done = self.export("package", self.folder / "guides.py:Losses", package)
        self.assertEqual(done.returncode, 0, done.stderr)
        classifier = guides.Classifier().eval()
        for rows in (1, 2, 7, 100):
            with self.subTest(rows=rows), torch.no_grad():
                inputs = torch.randn(rows, 6), torch.randint(0, 3, (rows,))
                self.agree(self.run_package(package, "losses", inputs), ["losses"], [classifier(*inputs)])

    def test_stores_are_read_and_hold_what_the_module_says(self):
        import guides

        (self.folder / "pool.tsv").write_text("id\tx\ty\ttag\n3\tab\tdef\tt\n-1\tabcdef\t\tt\n",
                                              encoding="utf-8")
        (self.folder / "eval.tsv").write_bytes("\ufeffid\tx\ty\r\n7\tü€\tx\r\n3\tab\tdef\r\n".encode())
        store = self.folder / "store.safetensors"
        words = ("embed", "guides:Guide", store, "pool.tsv", "eval.tsv")
        self.assertIn("got scale alone", self.export(*words).stderr)
        done = self.export(*words, "--bias", "1", "--batch", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.packaged(store, "store").stdout, "3 rows\n")
        arrays = {name: values for name, (_, values) in select_oracle.read_safetensors(store).items()}
        guide = guides.Guide()
        with torch.no_grad():
            wanted = guide.module(*guide.inputs(["ab", "abcdef", "ü€"], ["def", "", "x"]))
        self.assertEqual(list(arrays["ids"]), [3, -1, 7])
        for name, side in zip("xy", wanted):
            torch.testing.assert_close(torch.tensor(arrays[name]).reshape(3, -1), side, rtol=0, atol=1e-6)

    def test_refusals_are_one_line(self):
        tables = {"twice.tsv": "id\tx\ty\n1\ta\tb\n1\ta\tc\n", "header.tsv": "a\tb\n",
                  "fields.tsv": "id\tx\ty\n1\ta\n", "empty.tsv": "id\tx\ty\n"}
        for name, content in tables.items():
            (self.folder / name).write_text(content, encoding="utf-8")
        embed = ("embed", "guides:Guide", "store", "--bias", "0")
        for words, mention in (
                (("package", "guides:Nothing", "x.pt2"), "something to import"),
                (("package", "nowhere:Guide", "x.pt2"), "No module named"),
                (("package", "guides", "x.pt2"), "MODULE:NAME"),
                (("package", "guides:Fails", "x.pt2"), "no weights here"),
                (("package", "guides:Towers", "x.pt2"), "an object with .module"),
                (("package", "guides:LongRows", "x.pt2"), "rows of length 1"),
                (("package", "guides:OtherLosses", "x.pt2"), "losses [3]"),
                ((*embed, "twice.tsv"), "one pair of texts for an id"),
                ((*embed, "header.tsv"), "the header id, x, y"),
                ((*embed, "fields.tsv"), "line 2"),
                ((*embed, "empty.tsv"), "tables with pairs"),
                ((*embed, "nowhere.tsv"), "No such file"),
                (("embed", "guides:Losses", "store", "empty.tsv"), "a guide of kind embed")):
            with self.subTest(words):
                done = self.export(*words)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(mention, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertFalse((self.folder / "store").exists())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
