"""What jest-data fetches, in small: packages, apt's indexes, and an apt-get that hands them over."""

import gzip
import io
import math
import random
import struct
import tarfile

# apt-get hands over what is prepared, wherever it is told to.
APT_GET = """#!/bin/sh
prepared=$(dirname "$0")/../apt
case $3 in
  update) cp "$prepared"/lists/* "$(dirname "$2")/lists" ;;
  download) shift 3; for name; do cp "$prepared/packages/${name}_1_all.deb" .; done ;;
esac
"""
APT_CACHE = "#!/bin/sh\necho dataset-fashion-mnist\n"
LANGUAGES = "en it da fr de sk pt_BR ja ko uk pl ru es cs pt zh_CN fi".split()
PICTURES = {"train": 3020, "t10k": 12}  # 3,000 become the curated ones
LINES = 12  # of a document


def descriptions(language):
    """apt's index of the descriptions of some packages; the English ones have an origin."""
    records = []
    for k in range(60):
        words = " ".join(f"{language}{(k + 7 * j) % 97}word" for j in range(12))
        records.append(f"Package: p{chr(97 + k % 26)}{chr(97 + k // 26)}\nDescription-md5: {k:032x}\n"
                       f"Description-{language}: {words}\n")
    return "\n".join(records)


def idx(*sizes):
    """An IDX array of bytes, gzipped, as the pictures' package holds them."""
    count = math.prod(sizes)
    content = bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)
    return gzip.compress(content + bytes(k % 10 for k in range(count)), mtime=0)


def pictures():
    files = {}
    for part, count in PICTURES.items():
        files[f"{part}-images-idx3-ubyte.gz"] = idx(count, 28, 28)
        files[f"{part}-labels-idx1-ubyte.gz"] = idx(count)
    return {"usr/share/datasets/fashion-mnist/" + name: content for name, content in files.items()}


def prose(seed):
    generator = random.Random(seed)
    words = ["".join(generator.choices("abcdefgh", k=5)) for _ in range(40)]
    return [" ".join(generator.choices(words, k=8)) for _ in range(LINES)]


def page(seed):
    paragraphs = "".join(f"<p>{line}</p>\n" for line in prose(seed))
    return f"<html><body><main>{paragraphs}</main></body></html>".encode()


def pod(seed):
    return ("=head1 NAME\n\n" + "\n\n".join(prose(seed)) + "\n").encode()


def raw(seed):
    return ("\n".join(prose(seed)) + "\n").encode()


def packed(seed):
    return gzip.compress(raw(seed), mtime=0)


# Of every source of jest-data debian-docs: package, how its documents are written, where they lie: one in
# each of the folders, since tar has to find every pattern.
PYTHON = "c-api extending faq howto library reference tutorial"
LINUX = "admin-guide core-api dev-tools filesystems mm process"
LINUX_SOURCES = "driver-api hwmon networking trace userspace-api"
SOURCES = (
    ("debian-handbook", page, "usr/share/doc/debian-handbook/html/{}/index.html", "en-US"),
    ("python3.11-doc", page, "usr/share/doc/python3.11/html/{}/index.html", PYTHON),
    ("postgresql-doc-15", page, "usr/share/doc/postgresql-doc-15/html/{}.html", "sql"),
    ("git-doc", page, "usr/share/doc/git-doc/{}.html", "git"),
    ("linux-doc-6.1", page, "usr/share/doc/linux-doc-6.1/html/{}/index.html", LINUX),
    ("linux-doc-6.1", raw, "usr/share/doc/linux-doc-6.1/html/_sources/{}/index.rst.txt", LINUX_SOURCES),
    ("rust-doc", page, "usr/share/doc/rust-doc/html/{}/index.html", "book nomicon reference rust-by-example"),
    ("perl-doc", pod, "usr/share/perl/{}/pod/perl.pod", "5.36"),
    ("emacs-el", packed, "usr/share/emacs/28.2/lisp/{}.el.gz", "simple"),
    ("openjdk-17-doc", page, "usr/share/doc/openjdk-17-jre-headless/api/java.base/java/{}/Map.html",
     "net nio util"),
    ("dict-gcide", packed, "usr/share/dictd/{}.dict.dz", "gcide"),
    ("manpages-dev", packed, "usr/share/man/{}/read.2.gz", "man2"))


def packages():
    """Package to its files."""
    all_ = {"dataset-fashion-mnist": pictures()}
    for name, make, path, folders in SOURCES:
        files = all_.setdefault(name, {})
        files.update({path.format(one): make(path.format(one)) for one in folders.split()})
    return all_


def tar(files):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as members:
        for path, content in files.items():
            member = tarfile.TarInfo("./" + path)
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def deb(name, files):
    """A Debian package: deb(5), an ar archive of two tar archives."""
    control = (f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: no <no@no>\n"
               f"Description: in small\n").encode()
    members = {"debian-binary": b"2.0\n", "control.tar": tar({"control": control}), "data.tar": tar(files)}
    content = b"!<arch>\n"
    for member, data in members.items():
        content += f"{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        content += data + b"\n" * (len(data) % 2)
    return content


def write_apt(folder):
    (folder / "apt/lists").mkdir(parents=True)
    for language in LANGUAGES:
        (folder / f"apt/lists/mirror_dists_stable_main_i18n_Translation-{language}").write_text(
            descriptions(language), encoding="utf-8")
    (folder / "apt/packages").mkdir()
    for name, files in packages().items():
        (folder / f"apt/packages/{name}_1_all.deb").write_bytes(deb(name, files))
    (folder / "bin").mkdir()
    for name, script in (("apt-get", APT_GET), ("apt-cache", APT_CACHE)):
        (folder / "bin" / name).write_text(script, encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    (folder / "tmp").mkdir()
