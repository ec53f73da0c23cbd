"""The rules of the tree as plain functions of paths and texts; tree_test.py applies them."""

import re

# A folder may include itself and the folders named here; each layer adds to the one before it.
CORE = {"core"}
BELOW_TORCH = {"core", "criteria", "io", "select"}
MAY_USE = {
    "core": set(),
    "criteria": CORE,
    "io": CORE,
    "select": {"core", "criteria", "io"},
    "torch": BELOW_TORCH,
    "learner": BELOW_TORCH | {"torch"},
    "scorers": BELOW_TORCH | {"torch", "learner"},
    "methods": BELOW_TORCH | {"torch", "learner", "scorers"},
    "data": BELOW_TORCH | {"torch", "learner"},
    "train": BELOW_TORCH | {"torch", "learner", "scorers", "data"},
    "shards": BELOW_TORCH | {"data"},  # a library of its own, jest::shards; its header is one of data
}
# Whose private headers a folder may include beside its own.
MAY_SEE_INTO = {"shards": {"io"}, "data": {"io"}}
# Headers that lie beside the folders and gather them for a user.
DOORS = {
    "include/jest/select.hpp": BELOW_TORCH,
    "include/jest/jest.hpp": set(MAY_USE),
}
TORCH = ("torch/", "ATen/", "c10/", "caffe2/")
LOGGING = ("fmt/", "spdlog/")
CUDA = ("cuda", "cublas", "cub/", "thrust/", "cutlass/", "cute/")
# What sources alone may use: a user of the library needs none of it to compile.
PRIVATE = ("Eigen/", "hwy/", "nlohmann/", "zlib.h") + LOGGING
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

FORBIDDEN_FOLDERS = {"util", "utils", "common", "helper", "helpers", "manager", "managers"}
MACHINE_PATH = re.compile(r"(?<![\w.)}])/(?:work|root|home/\w+|tmp/x)/")
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|deb\.debian|download\.pytorch|npmjs|conan)"
                      r"\.(?:org|io|com)\b")


def included_by(text):
    """(quote or angle, path) of every include."""
    return INCLUDE.findall(text)


def layer_of(path):
    """The folder of the table that `path` (relative, posix) lies in, or an empty string."""
    found = re.match(r"(?:include/jest|src)/([^/]+)/", path)
    return found.group(1) if found else ""


def is_below_torch(path):
    """Whether the public header `path` belongs to jest::core."""
    return layer_of(path) in BELOW_TORCH or DOORS.get(path) == BELOW_TORCH


def include_faults(path, text):
    """What is wrong with the includes of the library's file `path`."""
    layer = layer_of(path)
    if layer not in MAY_USE and path not in DOORS:
        return [f"{path}: the folder {layer!r} is in no layer"]
    may_use = DOORS[path] if path in DOORS else MAY_USE[layer] | {layer}
    faults = []
    for style, name in included_by(text):
        jest = re.match(r"jest/([^/]+)/", name)
        seen = {layer} | MAY_SEE_INTO.get(layer, set())
        private = path.startswith("src/") and name.split("/")[0] in seen
        if jest and jest.group(1) not in may_use:
            faults.append(f"{path}: {layer} may not include {name}")
        elif style == '"' and not jest and "/" in name and not private:
            faults.append(f"{path}: {name} is neither a jest header nor of this folder")
        elif name.startswith(TORCH) and not may_include_torch(path, layer, name):
            faults.append(f"{path}: may not include {name}")
        elif style == "<" and name.startswith(CUDA) and not path.endswith((".cu", ".cuh")):
            faults.append(f"{path}: {name} is for nvcc alone")
        elif name.startswith(PRIVATE) and path.startswith("include/"):
            faults.append(f"{path}: no public header includes {name}")
    return faults


def may_include_torch(path, layer, name):
    if layer in BELOW_TORCH:
        return False
    if path.startswith("src/") and path.endswith(".cpp"):
        return True
    return name == "ATen/core/Tensor.h" or name.startswith("c10/")


def region_of(text, name):
    """The lines between the two marker lines `// [name]` (`# [name]` of CMake and Python), or None."""
    parts = re.split(rf"^[ \t]*(?://|#) \[{re.escape(name)}\][ \t]*\n", text, flags=re.MULTILINE)
    return without_indentation(parts[1]) if len(parts) == 3 else None


def without_indentation(text):
    lines = text.rstrip("\n").split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    return "\n".join(line[min(indents, default=0):].rstrip() for line in lines)


SNIPPET = re.compile(r"<!-- region: (\S+)#(\S+) -->\s*```(?:cpp|cmake|python)\n(.*?)^```",
                     re.DOTALL | re.MULTILINE)


def snippets_of(page):
    """(file, region, code) of every block of C++, CMake or Python that names where it comes from."""
    return [(file, name, without_indentation(code)) for file, name, code in SNIPPET.findall(page)]


FENCE = re.compile(r"(?:<!-- ([^\n]*) -->\s*)?^ *```([^\n`]*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
CLAIM = re.compile(r"tested: (\S+)#(test_\w+)")
# What a block that is no code must not hold: a command, or the start of a program.
COMMAND = re.compile(r"^\s*(?:\$ |sudo |scripts/|jest-\w+ |cmake |c?make |pip |python3? |git |docker |"
                     r"#include|import |from \w+ import )", re.MULTILINE)
DOCTESTED = {"docs/python.md"}  # by tests/python/documents_test.py


def tested_commands(page):
    """(test file, function, commands) of every block of shell that names the test that runs it."""
    claims = [(CLAIM.fullmatch(marker), code) for marker, language, code in FENCE.findall(page)
              if language == "sh"]
    return [(claim[1], claim[2], code) for claim, code in claims if claim]


def untested_fences(name, page, read):
    """Of the page `name`: the first lines of blocks that no test claims. C++, CMake and Python are regions
    of tested files, shell names the test that runs it (`read` gives a file's text), a session of Python is
    a doctest; what else there is shows no code."""
    faults = []
    for marker, language, code in FENCE.findall(page):
        claim = CLAIM.fullmatch(marker)
        fits = {
            "sh": lambda: claim is not None and f"def {claim[2]}(" in read(claim[1]),
            "pycon": lambda: name in DOCTESTED,
            "text": lambda: not COMMAND.search(code),
            "": lambda: not COMMAND.search(code),
        } | dict.fromkeys(("cpp", "cmake", "python"), lambda: marker.startswith("region: "))
        if not fits.get(language, lambda: False)():
            faults.append(f"{name}: ```{language}: {code.splitlines()[0] if code else ''}")
    return faults


def links_of(page):
    """Relative link targets, without anchors; code blocks and code spans are not searched."""
    prose = re.sub(r"```.*?^```|`[^`\n]*`", "", page, flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(<?([^)\s>]+)>?[^)]*\)|(?:href|src)=\"([^\"]+)\"", prose)
    found = [(first or second).split("#")[0] for first, second in targets]
    return [link for link in found if link and not re.match(r"[a-z]+:", link)]


# A stream ends quietly where a disk fails or memory is short, and takes what came for the whole file.
FILE_STREAM = re.compile(r"#include <fstream>|\bstd::(?:basic_)?i?fstream\b|\brdbuf\(|istreambuf_iterator")


def file_streams_of(text):
    """What of a source reads files by streams."""
    return FILE_STREAM.findall(text)


NAMESPACE = re.compile(r"(?:inline )?namespace (\w[\w:]*)? ?\{$")
TYPE = re.compile(r"(?:template <.*> )?(?:struct|class|enum|enum class|union) "
                  r"(?:JEST_EXPORT |\[\[.*?\]\] )?([\w:]+)(?: final)?(?: \{| : |$)")


def types_of(text):
    """Full names of the types that `text` defines outside of namespaces without a name. The formatting is
    that of .clang-format: what a namespace contains is not indented."""
    within, found = [], set()
    for line in text.split("\n"):
        opened, defined = NAMESPACE.match(line), TYPE.match(line)
        if opened:
            within.append(opened.group(1) or "")
        elif line.startswith("}  // namespace"):
            within.pop()
        elif defined and "" not in within and ("{" in line or not line.endswith(";")):
            found.add("::".join([*within, defined.group(1)]))
    return found


def main_length(text):
    """Lines of the function main, or None."""
    found = re.search(r"^int main\([^\n]*\}$|^int main\(.*?^\}", text, re.DOTALL | re.MULTILINE)
    return found.group(0).count("\n") + 1 if found else None
