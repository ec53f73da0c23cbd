"""Files that are safetensors, nearly so, or not at all; and what the package `safetensors` 0.8.0 of
Python, the format's reference, says of them."""

import hashlib
import json
import struct

DATA = bytes(range(24))
SIX = '{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}'


def file_of(header, data=b""):
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header)) + header + data


def entry(dtype, shape, begin, end):
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}'


def of_x(more="", data=DATA, x=SIX):
    return file_of(f'{{"x":{x}{more}}}', data)


def with_field(field):
    return of_x(x=SIX[:-1] + "," + field + "}")


def nested(levels):
    return with_field('"m":' + "[" * levels + "]" * levels)


GOOD = of_x()
HEADER = GOOD[8:-24].decode()
ZERO = ',"z":{{"dtype":"F32","shape":[0],"data_offsets":[{0},{0}]}}'

# What both read.
READ = {
    "plain": GOOD,
    "without arrays": file_of("{}"),
    "blanks around": file_of(" \n" + HEADER + "\t\r\n ", DATA),
    "metadata": of_x(',"__metadata__":{"a":"b"}'),
    "metadata that is null": of_x(',"__metadata__":null'),
    "a key of the metadata twice": of_x(',"__metadata__":{"a":"b","a":"c"}'),
    "metadata by an escape": of_x(',"__m\\u0065tadata__":{"a":"b"}'),
    "a field of its own": with_field('"more":[1,{"a":1.5}]'),
    "a field of its own twice": with_field('"m":1,"m":2'),
    "a field with a number beyond 64 bits": with_field('"m":99999999999999999999999999'),
    "125 levels in a field": nested(125),
    "nothing at the start": of_x(ZERO.format(0)),
    "nothing at the end": of_x(ZERO.format(24)),
    "last first": file_of('{"y":%s,"x":%s}' % (entry("F32", [1], 4, 8), entry("F32", [1], 0, 4)),
                          DATA[:8]),
    "no name": file_of('{"":%s}' % SIX, DATA),
    "NUL in a name": file_of('{"\\u0000":%s}' % SIX, DATA),
    "a name of a surrogate pair": file_of('{"\\ud83d\\ude00":%s}' % SIX, DATA),
    "a dtype by an escape": of_x(x=SIX.replace("F32", "F\\u00332")),
    "an extent of 2^62 beside 0": of_x("", b"", entry("F32", [4294967296, 1073741824, 0], 0, 0)),
} | {dtype: of_x("", DATA[:bits], entry(dtype, [8], 0, bits)) for dtype, bits in (
    ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("BOOL", 8), ("U8", 8), ("I8", 8), ("I16", 16),
    ("U16", 16), ("F16", 16), ("BF16", 16))} | {
        dtype: of_x("", DATA[:16], entry(dtype, [16 // size], 0, 16))
        for dtype, size in (("I32", 4), ("U32", 4), ("F32", 4), ("C64", 8), ("F64", 8), ("I64", 8),
                            ("U64", 8))}

# What both refuse, and what this reader's line says of it.
REFUSED = {
    "bytes behind": (GOOD + b"\0", "1 bytes behind the last array"),
    "an archive's end behind": (GOOD + b"PK\5\6" + bytes(18), "22 bytes behind"),
    "data without arrays": (file_of("{}", b"\0"), "1 bytes behind"),
    "a hole at the start": (of_x("", bytes(32), entry("F32", [6], 8, 32)), "a hole: bytes 0 to 8"),
    "a hole between": (of_x(',"y":' + entry("U8", [1], 25, 26), bytes(26)), "bytes 24 to 25"),
    "arrays that overlap": (of_x(',"y":' + entry("U8", [8], 23, 31), bytes(31)), "overlap"),
    "the same bytes twice": (of_x(',"y":' + SIX), "overlap"),
    "nothing within another": (of_x(ZERO.format(8)), "overlap: z"),
    "nothing behind a hole": (of_x(ZERO.format(32), bytes(32)), "a hole"),
    "metadata twice": (of_x(',"__metadata__":{},"__metadata__":{}'), "__metadata__ twice"),
    "metadata of numbers": (of_x(',"__metadata__":{"a":1}'), "must be string"),
    "metadata that is a list": (of_x(',"__metadata__":[]'), "must be object"),
    "dtype twice": (with_field('"dtype":"F32"'), "dtype of x twice"),
    "shape twice": (with_field('"shape":[2,3]'), "shape of x twice"),
    "offsets twice": (with_field('"data_offsets":[0,24]'), "data_offsets of x twice"),
    "126 levels in a field": (nested(126), "levels of nesting"),
    "a byte order mark": (file_of(b"\xef\xbb\xbf" + HEADER.encode(), DATA), "begin with {"),
    "a list": (file_of("[]"), "begin with {"),
    "null": (file_of("null"), "begin with {"),
    "no header": (file_of(""), "begin with {"),
    "blanks alone": (file_of("    "), "begin with {"),
    "NUL behind": (file_of(HEADER + "\0", DATA), "a NUL byte at 57"),
    "text behind NUL": (file_of(HEADER + "\0, more", DATA), "a NUL byte at 57"),
    "two objects": (file_of(HEADER + "{}", DATA), "expected end of input"),
    "a form feed behind": (file_of(HEADER + "\f", DATA), "expected end of input"),
    "half an object": (file_of(HEADER[:-1], DATA), "parse error"),
    "a control character": (file_of(b'{"\x01":%s}' % SIX.encode(), DATA), "control character"),
    "no UTF-8": (file_of(b'{"\xff":%s}' % SIX.encode(), DATA), "UTF-8"),
    "half a surrogate pair": (file_of('{"\\ud800":%s}' % SIX, DATA), "surrogate"),
    "a number out of range": (with_field('"m":1e999'), "out_of_range"),
    "NaN": (with_field('"m":NaN'), "parse error"),
    "a comma at the end": (file_of(HEADER[:-1] + ",}", DATA), "parse error"),
    "an unknown dtype": (of_x(x=entry("F128", [2, 3], 0, 24)), "unknown dtype: F128"),
    "a dtype in small letters": (of_x(x=entry("f32", [2, 3], 0, 24)), "unknown dtype: f32"),
    "a dtype that is a number": (of_x(x=SIX.replace('"F32"', "32")), "must be string"),
    "a dtype that ends within a byte": (of_x("", DATA[:2], entry("F4", [3], 0, 2)), "within a byte"),
    "no shape": (of_x(x='{"dtype":"F32","data_offsets":[0,24]}'), "'shape' not found"),
    "a shape that is null": (of_x(x=entry("F32", "null", 0, 24)), "no list under shape"),
    "a shape of -0": (of_x("", b"", entry("F32", "[-0]", 0, 0)), "counts nothing"),
    "a shape of 0.0": (of_x("", b"", entry("F32", "[0.0]", 0, 0)), "counts nothing"),
    "a shape of 6e0": (of_x(x=entry("F32", "[6e0]", 0, 24)), "counts nothing"),
    "a shape of true": (of_x(x=entry("F32", "[6,true]", 0, 24)), "counts nothing"),
    "a shape of 02": (of_x(x=entry("F32", "[02,3]", 0, 24)), "parse error"),
    "a negative shape": (of_x(x=entry("F32", "[-2,-3]", 0, 24)), "counts nothing"),
    "a shape that overflows": (of_x("", b"", entry("F32", [4294967296, 4294967296, 0], 0, 0)),
                               "overflow"),
    "bytes that overflow": (of_x("", b"", entry("F64", [4611686018427387904], 0, 0)), "overflow"),
    "a shape of fewer bytes": (of_x(x=entry("F32", [2, 2], 0, 24)), "shape needs 16"),
    "three offsets": (of_x(x=SIX.replace(",24]", ",24,24]")), "data_offsets"),
    "one offset": (of_x(x=SIX.replace("[0,24]", "[0]")), "out of range"),
    "offsets that are an object": (of_x(x=SIX.replace("[0,24]", '{"0":0}')), "no list under"),
    "offsets backwards": (of_x(x=entry("F32", [2, 3], 24, 0)), "data_offsets [24, 0]"),
    "offsets beyond the end": (of_x(data=DATA[:-1]), "in 23 bytes of data"),
    "an entry that is null": (file_of('{"x":null}'), "no object under x"),
    "a length beyond the end": (struct.pack("<Q", 3) + b"{}", "header length of 3"),
    "a length beyond 64 bits": (b"\xff" * 8 + b"{}", "header length of 18446744073709551615"),
    "seven bytes": (b"\2" + bytes(6), "at least 8 bytes"),
    "nothing": (b"", "at least 8 bytes"),
}

# What the package reads and this reader refuses: the format forbids the first, knows neither of the
# next two, and no array can have the last one's elements counted.
STRICTER = {
    "a name twice": (of_x(',"x":' + SIX), "the name x twice"),
    "an entry that is a list": (of_x(x='["F32",[2,3],[0,24]]'), "no object under x"),
    "a dtype that is an object": (of_x(x=SIX.replace('"F32"', '{"F32":null}')), "must be string"),
    "an extent of 2^63": (of_x("", b"", entry("F32", [0, 9223372036854775808], 0, 0)),
                          "counts nothing"),
}


class Draws:
    """The same numbers from every version of Python."""

    def __init__(self, seed):
        self.seed, self.count = seed, 0

    def below(self, limit):
        self.count += 1
        digest = hashlib.sha256(f"{self.seed} {self.count}".encode()).digest()
        return int.from_bytes(digest[:8], "little") % limit

    def one_of(self, items):
        return items[self.below(len(items))]


SIZES = {"F32": 4, "F64": 8, "I64": 8, "I32": 4, "U8": 1, "BF16": 2, "BOOL": 1, "F8_E4M3": 1}
TOKENS = ['"', "{", "}", "[", "]", ",", ":", "0", "1", "4", "8", "-", ".5", "e1", "true", "null", " ",
          "\n", "\0", "\\", "\x80", '"dtype":"U8",', '"shape":[],', '"data_offsets":[0,0],', '"x":{},',
          '"y":' + entry("U8", [0], 0, 0) + ",", '"__metadata__":{},', "18446744073709551616"]


def well_formed(draws):
    """(header as a dictionary, data) of up to four arrays, some of them empty."""
    header, data = {}, b""
    if draws.below(3) == 0:
        header["__metadata__"] = {"a": "b", "ü": ""}
    names = ["x", "y", "weights.0", "é\n"][:1 + draws.below(4)]
    for name in names:
        dtype = draws.one_of(sorted(SIZES))
        shape = [draws.below(4) for _ in range(draws.below(4))]
        size = SIZES[dtype]
        for extent in shape:
            size *= extent
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
        data += bytes(draws.below(256) for _ in range(size))
    return header, data


def shifted(header, draws):
    """Another number somewhere in an entry."""
    fields = header[draws.one_of([name for name in header if name != "__metadata__"])]
    numbers = fields[draws.one_of(["shape", "data_offsets"])]
    if numbers:
        numbers[draws.below(len(numbers))] += draws.one_of([-1, 1, 4, 8])


def seeded(seed):
    """A well-formed file, or one that is off by up to three changes."""
    draws = Draws(seed)
    header, data = well_formed(draws)
    changes = draws.below(4)
    if changes and draws.below(3) == 0:
        shifted(header, draws)
    text = json.dumps(header, ensure_ascii=draws.below(2) == 0).encode()
    text += b" " * draws.below(9)
    for _ in range(changes):
        at = draws.below(len(text) + 1)
        kind = draws.below(6)
        if kind == 0:
            text = text[:at] + draws.one_of(TOKENS).encode("latin-1") + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + 1 + draws.below(4):]
        elif kind == 2:
            text = text[:at] + bytes([draws.below(256)]) + text[at + 1:]
        elif kind == 3:
            data += bytes(1 + draws.below(8))
        elif kind == 4:
            text = text.rstrip() + bytes([draws.one_of(b" \t\n\0}")])
    return file_of(text, data)
