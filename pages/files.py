"""Pages as content files: what a page says in the terms of the files, and the files written so that only an edit differs."""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from shutil import copytree
from typing import Any

from wagtail.blocks import ListBlock, RichTextBlock, StreamBlock, StructBlock

from pages.markdown import COMMON_READERS, ContentError, Piece, Reader, Stream, pieces, read_file, read_piece, read_yaml
from pages.models import ContentPage
from pages.rewriting import rewrite_yaml, write_yaml
from pages.richtext import Address, CannotWrite, markdown
from pages.svg import clean_svg
from people.text import fold

# What becomes of the files of a folder: path below it → text, or None for a file that goes.
Changes = dict[str, str | None]
# A block's value → name in files, argument behind it, body: Markdown, or names and values for YAML.
Writer = Callable[[dict[str, Any]], tuple[str, str, str | dict[str, Any]]]

_DRAWING = re.compile(r"img/[\w-]+\.svg")


# --- what a page says ----------------------------------------------------------------------------------------------------


def settled(value: Any) -> str:
    """A text without what a reader cannot see: NFC, one kind of line end, no space at the ends of lines."""
    text = unicodedata.normalize("NFC", str(value or ""))
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()


def lines(value: str) -> list[str]:
    return [line.strip() for line in settled(value).split("\n") if line.strip()]


def given(head: Mapping[str, Any]) -> dict[str, Any]:
    """Without what may be left out and is empty."""
    return {name: value for name, value in head.items() if value not in ("", [], None)}


def tell(blocks: Any, address: Address, name: str) -> Stream:
    """The blocks of a StreamField as files say them, rich text as Markdown. Texts that follow each other are one.

    Raises ContentError with `name` and the block that cannot be written.
    """
    told: Stream = []
    for place, child in enumerate(blocks, 1):
        try:
            value = _tell(child.block, child.value, address)
        except CannotWrite as error:
            raise ContentError(f"{name}: block {place} ({child.block_type}): {error} cannot be written") from error
        if child.block_type == "table":
            value["rows"] = _settled_rows(value["rows"])
        if value == "":
            continue
        if child.block_type == "text" and told and told[-1]["type"] == "text":
            # Together they may be more than one behind the other: two lists would become one.
            value = markdown("".join(part.value.source for part in _texts_before(blocks, place)), address)
            told.pop()
        told.append({"type": child.block_type, "value": value})
    return told


def _texts_before(blocks: Any, place: int) -> list[Any]:
    found: list[Any] = []
    for child in reversed(list(blocks)[:place]):
        if child.block_type != "text":
            break
        found.insert(0, child)
    return found


def _tell(block: Any, value: Any, address: Address) -> Any:
    if isinstance(block, RichTextBlock):
        return markdown(getattr(value, "source", value) or "", address)
    if isinstance(block, StructBlock):
        return {name: _tell(child, value[name], address) for name, child in block.child_blocks.items()}
    if isinstance(block, ListBlock):
        return [_tell(block.child_block, one, address) for one in value]
    return value if isinstance(value, bool) else settled(value)


def _settled_rows(rows: str) -> str:
    return "\n".join(" | ".join(cell.strip() for cell in line.split("|")).strip() for line in rows.split("\n") if line.strip())


def tell_file(stream: Stream, block: StreamBlock, name: str) -> Stream:
    """The same of what a file was read into."""
    return tell(block.to_python(stream), _no_page, name)


def _no_page(page_id: int) -> str:
    raise LookupError(page_id)


# --- writing -------------------------------------------------------------------------------------------------------------


def _note(value: dict[str, Any]) -> tuple[str, str, str]:
    return "note", "" if value["tone"] == "info" else value["tone"], value["body"]


def _figure(value: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    body = {"alt": value["alt"], **given({"caption": value["caption"]})}
    return "figure", value["file"], body if value["ai_made"] else {**body, "ai_made": False}


def _titled(name: str) -> Writer:
    return lambda value: (name, value["title"], value["body"])


COMMON_WRITERS: dict[str, Writer] = {
    "note": _note,
    "remember": _titled("remember"),
    "reveal": _titled("reveal"),
    "example": _titled("example"),
    "figure": _figure,
}


@dataclass(frozen=True, kw_only=True)
class Form:
    """How one kind of page stands in files. `head` brings front matter, as it was read, into the terms of `Sheet.head`."""

    head: Callable[[dict[str, Any], Path], dict[str, Any]]
    block: StreamBlock
    readers: dict[str, tuple[str, Reader]]
    writers: dict[str, Writer]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file as it stands, and what it says."""

    name: str
    source: str
    head: dict[str, Any]
    pieces: list[Piece]
    told: Stream


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What one page says, the file that shall say it, and the one that says what it said before."""

    name: str
    page: str  # as messages call it
    head: dict[str, Any]
    told: Stream
    old: Written | None


def as_it_stands(path: Path, form: Form) -> Written:
    """Raises ContentError."""
    head, body = read_file(path)
    found = pieces(body, path)
    told: Stream = []
    for piece in found:
        told += tell_file([read_piece(piece, path, form.readers)], form.block, str(path))
        if piece.name == "figure":
            told[-1]["value"]["file"] = piece.argument
    source = unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
    return Written(name=path.name, source=source, head=form.head(head, path), pieces=found, told=told)


def write_sheets(sheets: Sequence[Sheet], folder: Path, form: Form) -> Changes:
    """What changes in `folder` so that its files say what the pages say. Raises ContentError for what cannot be written."""
    before = [one["value"]["file"] for sheet in sheets if sheet.old for one in _figures(sheet.old.told)]
    drawings = place_drawings([one["value"] for sheet in sheets for one in _figures(sheet.told)], folder, before)
    moved: Changes = {sheet.old.name: None for sheet in sheets if sheet.old and sheet.old.name != sheet.name}
    texts: Changes = {sheet.name: _write(sheet, form, sheet.old) for sheet in sheets}
    as_before = {(sheet.old.name, sheet.old.source) for sheet in sheets if sheet.old}
    touched = [sheet for sheet in sheets if (sheet.name, texts[sheet.name]) not in as_before]
    # Where the form of the file as it stands will not take the change, all of it is written anew.
    doubtful = [sheet for sheet, _why in _misread(touched, folder, form, {**drawings, **moved, **texts})]
    if doubtful:
        texts |= {sheet.name: _write(sheet, form, None) for sheet in doubtful}
        wrong = [why for _sheet, why in _misread(doubtful, folder, form, {**drawings, **moved, **texts})]
        if wrong:
            raise ContentError("; ".join(wrong))
    return {**drawings, **moved, **{sheet.name: texts[sheet.name] for sheet in touched}}


def _misread(sheets: Sequence[Sheet], folder: Path, form: Form, changes: Changes) -> list[tuple[Sheet, str]]:
    """The changed folder read on a copy: the sheets that its files do not say, and what of them."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        if folder.exists():
            copytree(folder, copy)
        apply(copy, changes)
        return [(sheet, why) for sheet in sheets if (why := _unsaid(sheet, copy, form))]


def _figures(told: Stream) -> list[dict[str, Any]]:
    return [one for one in told if one["type"] == "figure"]


def said(told: Stream) -> Stream:
    """Without where drawings come from, which is no matter of what the page says."""
    return [
        {**one, "value": {name: value for name, value in one["value"].items() if name not in {"source", "file"}}}
        if one["type"] == "figure"
        else one
        for one in told
    ]


def _unsaid(sheet: Sheet, folder: Path, form: Form) -> str:
    """What of the page the file in `folder` does not say; empty when it says all of it."""
    try:
        found = as_it_stands(folder / sheet.name, form)
    except ContentError as error:
        return f"{sheet.page}: {error}"
    for name in {**found.head, **sheet.head}:
        if found.head.get(name) != sheet.head.get(name):
            return f"{sheet.page}: “{name}” cannot be written"
    for place, (one, other) in enumerate(zip_longest(said(sheet.told), said(found.told)), 1):
        if one != other:
            return f"{sheet.page}: block {place} ({(one or other)['type']}) cannot be written"
    return ""


def _write(sheet: Sheet, form: Form, old: Written | None) -> str:
    """The file of `sheet`; where `old` says the same its text stays as it stands."""
    if old and old.head == sheet.head and _placed(old.told) == _placed(sheet.told):
        return old.source
    top = rewrite_yaml(old.source[4:].partition("\n---\n")[0] + "\n", old.head, sheet.head) if old else write_yaml(sheet.head)
    body = "\n\n".join(_write_blocks(sheet.told, old, form.writers))
    return f"---\n{top}---\n" + (f"\n{body}\n" if body else "")


def _placed(told: Stream) -> list[str]:
    """Each block as one text, drawings with the file they are in."""
    files = iter([one["value"]["file"] for one in _figures(told)])
    return [json.dumps([one, next(files) if one["type"] == "figure" else ""], sort_keys=True) for one in said(told)]


def _write_blocks(told: Stream, old: Written | None, writers: dict[str, Writer]) -> list[str]:
    before = old.told if old and len(old.told) == len(old.pieces) else []
    texts: list[str] = []
    for tag, first, last, begin, stop in SequenceMatcher(None, _placed(before), _placed(told), autojunk=False).get_opcodes():
        left = list(range(first, last))
        for one in told[begin:stop]:
            partner = next((place for place in left if before[place]["type"] == one["type"]), None)
            if partner is None or old is None:
                texts.append(_write_block(one, None, writers))
                continue
            left.remove(partner)
            piece = old.pieces[partner]
            texts.append(piece.source if tag == "equal" else _write_block(one, (piece, before[partner]), writers))
    return texts


def _write_block(told: dict[str, Any], old: tuple[Piece, dict[str, Any]] | None, writers: dict[str, Writer]) -> str:
    value = told["value"]
    if told["type"] == "text":
        return str(value)
    if told["type"] == "table":
        return _write_table(value)
    name, argument, body = writers[told["type"]](value)
    if isinstance(body, dict):
        before = writers[told["type"]](old[1]["value"])[2] if old else ""
        text = rewrite_yaml(old[0].body, before, body) if old and isinstance(before, dict) else write_yaml(body)
    else:
        text = f"{body}\n"
    return f"::: {name} {argument}".rstrip() + f"\n{text}:::"


def _write_table(value: dict[str, Any]) -> str:
    cells = [[cell.strip() for cell in row.split("|")] for row in value["rows"].split("\n")]
    rows = ["| " + " | ".join(row) + " |" for row in cells]
    rows.insert(1, "|" + "---|" * len(cells[0]))
    table = "\n".join(rows)
    return f"::: table {value['caption']}\n{table}\n:::" if value["caption"] else table


# --- drawings ------------------------------------------------------------------------------------------------------------


def place_drawings(figures: Sequence[dict[str, Any]], folder: Path, gone: Iterable[str]) -> Changes:
    """Give every figure its `file` below `folder`, and say which files change. `gone` are those the files named before.

    A drawing keeps its file while the file says it. An edited one stays in its file, unless another page still shows
    that as it was.
    """
    kept = {name: _drawing(folder / name) for name in {_named(figure, folder) for figure in figures} if name}
    placed: dict[str, str] = {}
    waiting = []
    for figure in figures:
        name = _named(figure, folder)
        if name and kept[name] == figure["svg"]:
            figure["file"] = name
            placed[name] = figure["svg"]
        else:
            waiting.append(figure)
    for figure in waiting:
        name = _named(figure, folder)
        if not name or placed.get(name, figure["svg"]) != figure["svg"]:
            name = _new_name(figure, folder, placed)
        figure["file"] = name
        placed[name] = figure["svg"]
    changes: Changes = {name: _redrawn(folder / name, svg) for name, svg in placed.items() if _drawing(folder / name) != svg}
    return {**changes, **{name: None for name in gone if name not in placed and (folder / name).exists()}}


def _named(figure: dict[str, Any], folder: Path) -> str:
    """The file that the figure says it comes from; nothing outside the folder's own drawings is one."""
    name = str(figure["source"]).removeprefix(f"{folder.name}/")
    return name if _DRAWING.fullmatch(name) else ""


def _new_name(figure: dict[str, Any], folder: Path, placed: Mapping[str, str]) -> str:
    words = re.findall(r"[a-z0-9]+", fold(figure["alt"]))
    stem = "-".join(words[:5]) or "hinh"
    for number in range(1, len(placed) + 1_000):
        name = f"img/{stem}.svg" if number == 1 else f"img/{stem}-{number}.svg"
        if placed.get(name, figure["svg"]) == figure["svg"] and _drawing(folder / name) in ("", figure["svg"]):
            return name
    raise ContentError(f"{folder}: no name left for {stem}")


def _drawing(path: Path) -> str:
    return clean_svg(unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))) if path.exists() else ""


def _redrawn(path: Path, svg: str) -> str:
    """The drawing; a line that says what it said stays as it stands in the file."""
    if not path.exists():
        return svg + "\n"
    raw = unicodedata.normalize("NFC", path.read_text(encoding="utf-8")).strip().split("\n")
    before, after = _drawing(path).split("\n"), svg.split("\n")
    if len(raw) != len(before):
        return svg + "\n"
    told: list[str] = []
    for tag, first, last, begin, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        told += raw[first:last] if tag == "equal" else after[begin:stop]
    text = "\n".join(told) + "\n"
    return text if clean_svg(text) == svg else svg + "\n"


def apply(folder: Path, changes: Changes) -> None:
    for name, text in changes.items():
        path = folder / name
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def write_mapping(path: Path, told: dict[str, Any], tell_head: Callable[[dict[str, Any], Path], dict[str, Any]]) -> Changes:
    """What changes in a YAML file so that it says `told`. Raises ContentError."""
    source = unicodedata.normalize("NFC", path.read_text(encoding="utf-8")) if path.exists() else ""
    texts = [write_yaml(told)]
    if source:
        before = tell_head(read_yaml(source, path), path)
        if before == told:
            return {}
        texts.insert(0, rewrite_yaml(source, before, told))
    for text in texts:
        if tell_head(read_yaml(text, path), path) == told:
            return {path.name: text}
    raise ContentError(f"{path}: what the page says cannot be written")


# --- the site's own pages ----------------------------------------------------------------------------------------------------


def _page_head(fields: Mapping[str, Any]) -> dict[str, Any]:
    head = {name: settled(fields.get(name)) for name in ("title", "slug", "lead")}
    return {"title": head["title"], "slug": head["slug"], **given({"lead": head["lead"]})}


def write_pages(pages: Mapping[str, ContentPage], folder: Path, address: Address) -> Changes:
    """What changes in the folder of content pages. `pages` are by the name of their file. Raises ContentError."""
    block = ContentPage._meta.get_field("body").stream_block
    form = Form(head=lambda head, path: _page_head(head), block=block, readers=COMMON_READERS, writers=COMMON_WRITERS)
    sheets = []
    for name, page in pages.items():
        path = folder / f"{name}.md"
        sheets.append(
            Sheet(
                name=path.name, page=f"pages/{name}", head=_page_head(vars(page)), told=tell(page.body, address, f"pages/{name}"),
                old=as_it_stands(path, form) if path.exists() else None,
            )  # fmt: skip
        )
    return write_sheets(sheets, folder, form)
