"""Files of NumPy, written and read without it."""

import struct

FORMATS = {"F32": ("<f4", "f"), "F16": ("<f2", "e"), "F64": ("<f8", "d"), "BF16": ("<V2", None),
           "I64": ("<i8", "q"), "I32": ("<i4", "i"), "UIDS": ("[('f0', '<u8'), ('f1', '<u8')]", "Q"),
           "HEX": ("|S32", None)}


def packed(dtype, values):
    if dtype == "BF16":
        return b"".join(struct.pack("<f", value)[2:] for value in values)
    if dtype == "HEX":
        return b"".join(value.encode() for value in values)
    return struct.pack(f"<{len(values)}{FORMATS[dtype][1]}", *values)


def npy(dtype, shape, values, descr=None, order=False, version=1):
    descr = descr or FORMATS[dtype][0]
    descr = descr if descr.startswith("[") else f"'{descr}'"
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {tuple(shape)}, }}"
    width = "<H" if version == 1 else "<I"
    header += " " * (63 - (len(header) + 8 + struct.calcsize(width)) % 64) + "\n"
    return (b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, len(header)) + header.encode() +
            packed(dtype, values))


def read_npy(path):
    """descr, shape and content, as NumPy reads them."""
    with open(path, "rb") as file:
        content = file.read()
    assert content[:8] == b"\x93NUMPY\x01\0"
    end = 10 + struct.unpack("<H", content[8:10])[0]
    assert end % 64 == 0 and content[end - 1:end] == b"\n"
    header = eval(content[10:end], {"__builtins__": {}})  # NumPy reads it as a literal, too
    return header["descr"], header["shape"], content[end:]


def rounded(dtype, value):
    """What is left of a number in that width."""
    if dtype == "BF16":
        return struct.unpack("<f", b"\0\0" + struct.pack("<f", value)[2:])[0]
    format_ = "<" + FORMATS[dtype][1]
    return struct.unpack(format_, struct.pack(format_, value))[0]
