"""A hook of mkdocs: files of the repository that the pages of docs link to are pages of the site, too.

A link to docs leads to its page; one to another file or folder, to a page `source/PATH.md` that shows it.
Links that lead nowhere stay as they are, and mkdocs says so.
"""

import pathlib
import posixpath
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(\]\(<?)([^)\s#>]+)")
LANGUAGES = {".cpp": "cpp", ".hpp": "cpp", ".py": "python", ".toml": "toml", ".json": "json", ".txt": "text"}


def folder_of(page):
    """Where a page of the site lies in the repository."""
    name = posixpath.join("docs", page) if not page.startswith("source/") else page.removeprefix("source/")
    return posixpath.dirname(name)


def page_of(path):
    """The page of the site that shows a file or folder of the repository; nothing for others."""
    if path.startswith("docs/") and (ROOT / path).is_file():
        return path.removeprefix("docs/")
    if path.startswith("..") or not (ROOT / path).exists():
        return None
    return f"source/{path}" if path.endswith(".md") else f"source/{path}.md"


def rewritten(page, markdown, found=lambda path: None):
    """Its Markdown with links that lead to pages of the site; `found` is told of files outside docs."""
    def replaced(link):
        if re.match(r"[a-z]+:|/", link[2]):
            return link[0]
        path = posixpath.normpath(posixpath.join(folder_of(page), link[2]))
        target = page_of(path)
        if target is None:
            return link[0]
        if target.startswith("source/"):
            found(path)
        return link[1] + posixpath.relpath(target, posixpath.dirname(page) or ".")
    parts = FENCE.split(markdown)
    return "".join(part if part.lstrip().startswith("```") else LINK.sub(replaced, part) for part in parts)


def source_page(path):
    """Markdown that shows a file or folder; links are as in the repository."""
    place = ROOT / path
    if path.endswith(".md"):
        return place.read_text(encoding="utf-8")
    head = f"---\nsearch:\n  exclude: true\n---\n\n# {path}\n\n"
    if place.is_dir():
        inside = posixpath.basename(path)
        return head + "".join(f"- [{file.name}]({inside}/{file.name})\n" for file in sorted(place.iterdir())
                              if file.is_file())
    content = place.read_text(encoding="utf-8")
    fence = "````" if "```" in content else "```"
    language = LANGUAGES.get(place.suffix, "bash" if content.startswith("#!/usr/bin/env bash") else "text")
    return f"{head}{fence}{language}\n{content.rstrip()}\n{fence}\n"


def on_files(files, config):
    """Adds a page for every file that pages link to, and for those that these link to."""
    queue = [file.src_uri for file in files.documentation_pages()]
    texts = {page: (ROOT / "docs" / page).read_text(encoding="utf-8") for page in queue}
    while queue:
        page, wanted = queue.pop(), []
        rewritten(page, texts[page], wanted.append)
        for path in wanted:
            name = page_of(path)
            if name not in texts:
                texts[name] = source_page(path)
                files.append(File.generated(config, name, content=texts[name]))
                queue.append(name)
    return files


def on_page_markdown(markdown, page, **_):
    return rewritten(page.file.src_uri, markdown)
