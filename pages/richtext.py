"""Rich text as Markdown: the way back from what the editor keeps to what content files say. Pure.

What a reader cannot see is settled on the way: one space for many, no empty paragraphs, no stress on a space. Two texts
are the same when their Markdown is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from bs4 import BeautifulSoup, NavigableString, Tag
from markdown_it import MarkdownIt

# The address of the page with this id; raises LookupError.
Address = Callable[[int], str]

_markdown = MarkdownIt("commonmark", {"html": False})
_HEADINGS = {"h1": "#", "h2": "##", "h3": "###", "h4": "####"}
_BREAK = "\n"
# What would mean something wherever it stands; an underscore inside a word does not.
_SPECIAL = re.compile(r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|:(?=::)|(?<=:):")
# What would begin something else at the beginning of a line.
_OPENING = re.compile(r"^(?:(\d+)([.)])(?= |$)|([#+\-=>~|]))")


class CannotWrite(ValueError):
    """The text holds something that Markdown of content files has no form for; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Letters that share their looks. A line break is a run of its own."""

    text: str
    bold: bool = False
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A paragraph or a heading (`kind` is the name of its element)."""

    kind: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class Rule:
    pass


@dataclass(frozen=True, kw_only=True)
class Listing:
    ordered: bool
    start: int
    items: tuple[tuple[Block, ...], ...]


Block = Line | Rule | Listing


def markdown(html: str, address: Address) -> str:
    """The Markdown of rich text. Raises CannotWrite."""
    return _write(tuple(_blocks(BeautifulSoup(html, "html.parser"), address)))


# --- reading what the editor keeps ---------------------------------------------------------------------------------------


def _blocks(parent: Tag, address: Address) -> Iterator[Block]:
    loose: list[Run] = []  # text that stands in no element of its own, as in the items of a list
    for child in parent.children:
        if isinstance(child, NavigableString) or (isinstance(child, Tag) and child.name in {"b", "strong", "a", "br", "span"}):
            loose.extend(_runs(child, address))
            continue
        yield from _line("p", loose)
        loose = []
        if isinstance(child, Tag):
            yield from _block(child, address)
    yield from _line("p", loose)


def _block(tag: Tag, address: Address) -> Iterator[Block]:
    if tag.name == "p" or tag.name in _HEADINGS:
        yield from _line(tag.name, [run for child in tag.children for run in _runs(child, address)])
    elif tag.name in {"ul", "ol"}:
        items = [tuple(_blocks(item, address)) for item in tag.find_all("li", recursive=False)]
        kept = tuple(item for item in items if item)
        if kept:
            start = int(str(tag.get("start") or 1)) if tag.name == "ol" else 1
            yield Listing(ordered=tag.name == "ol", start=start, items=kept)
    elif tag.name == "hr":
        yield Rule()
    elif tag.name == "div":
        yield from _blocks(tag, address)
    else:
        raise CannotWrite(f"<{tag.name}>")


def _runs(node: object, address: Address, look: Run | None = None) -> Iterator[Run]:
    look = look or Run(text="")
    if isinstance(node, NavigableString):
        text = re.sub(r"[ \t\r\n\f\v]+", " ", unicodedata.normalize("NFC", str(node)).replace("\x00", ""))
        yield replace(look, text=text)
        return
    if not isinstance(node, Tag):
        return
    if node.name == "br":
        yield Run(text=_BREAK)
        return
    if node.name in {"b", "strong"}:
        look = replace(look, bold=True)
    elif node.name == "a":
        look = replace(look, href=_href(node, address))
    elif node.name != "span":
        raise CannotWrite(f"<{node.name}>")
    for child in node.children:
        yield from _runs(child, address, look)


def _href(tag: Tag, address: Address) -> str:
    kind = tag.get("linktype")
    if kind is None:
        return _markdown.normalizeLink(unicodedata.normalize("NFC", str(tag.get("href") or "")).strip())
    if kind != "page":
        raise CannotWrite(f"<a linktype={kind}>")
    try:
        return _markdown.normalizeLink(address(int(str(tag.get("id") or 0))))
    except LookupError as error:
        raise CannotWrite(f"<a linktype=page id={tag.get('id')}>") from error


def _line(kind: str, runs: Iterable[Run]) -> Iterator[Line]:
    settled = _settled(runs)
    if settled:
        yield Line(kind=kind, runs=settled)


def _settled(runs: Iterable[Run]) -> tuple[Run, ...]:
    """No space at the ends of a line, none beside another, none with looks of its own; neighbours that look alike are one."""
    lines: list[list[Run]] = [[]]
    for run in runs:
        if run.text == _BREAK:
            lines.append([])
        else:
            lines[-1].extend(replace(run, text=letter) for letter in run.text)
    told = [_settled_line(line) for line in lines]
    while told and not told[-1]:
        told.pop()
    while told and not told[0]:
        told.pop(0)
    joined: list[Run] = []
    for place, line in enumerate(told):
        joined.extend([Run(text=_BREAK), *line] if place else line)
    return tuple(joined)


def _settled_line(letters: list[Run]) -> list[Run]:
    words: list[Run] = []
    gap = ""
    for letter in letters:
        if letter.text.isspace():
            gap += letter.text
            continue
        if words and gap:
            last = words[-1]
            # A breaking space beside one that does not break: the line may break there, so one space is all that is seen.
            space = " " if " " in gap else gap
            alike = last.href == letter.href
            words.append(Run(text=space, bold=alike and last.bold and letter.bold, href=last.href if alike else ""))
        words.append(letter)
        gap = ""
    return [
        Run(text=unicodedata.normalize("NFC", "".join(one.text for one in group)), bold=bold, href=href)
        for (bold, href), group in groupby(words, key=lambda one: (one.bold, one.href))
    ]


# --- writing Markdown ----------------------------------------------------------------------------------------------------


def _write(blocks: tuple[Block, ...]) -> str:
    texts: list[str] = []
    other = False  # the other marks, for a list that follows one of its own kind: else they would be one
    for before, block in zip((None, *blocks), blocks, strict=False):
        other = isinstance(before, Listing) and isinstance(block, Listing) and before.ordered == block.ordered and not other
        texts.append(_write_block(block, other))
    return "\n\n".join(texts)


def _write_block(block: Block, other: bool) -> str:
    if isinstance(block, Rule):
        return "---"
    if isinstance(block, Line):
        text = _write_runs(block.runs)
        return text if block.kind == "p" else f"{_HEADINGS[block.kind]} {_heading(text)}"
    lines = []
    for number, item in enumerate(block.items, block.start):
        mark = f"{number}{')' if other else '.'} " if block.ordered else ("* " if other else "- ")
        lines.append(mark + _write_item(item).replace("\n", "\n" + " " * len(mark)))
    gap = "\n\n" if any(len(_paragraphs(item)) > 1 for item in block.items) else "\n"
    return re.sub(r"^ +$", "", gap.join(lines), flags=re.M)


def _paragraphs(item: tuple[Block, ...]) -> list[Block]:
    return [block for block in item if not isinstance(block, Listing)]


def _write_item(item: tuple[Block, ...]) -> str:
    """A list inside an item stands close to what it belongs to."""
    if len(item) == 2 and isinstance(item[0], Line) and item[0].kind == "p" and isinstance(item[1], Listing):
        listing = item[1]
        if not listing.ordered or listing.start == 1:
            return f"{_write((item[0],))}\n{_write((listing,))}"
    return _write(item)


def _heading(text: str) -> str:
    if _BREAK in text:
        raise CannotWrite("a heading of two lines")
    return re.sub(r"(^|\s)(#+)$", lambda match: match[1] + "\\" + match[2], text)


def _write_runs(runs: tuple[Run, ...]) -> str:
    written: list[str] = []
    texts = _guarded(runs)
    for href, group in groupby(zip(runs, texts, strict=True), key=lambda pair: pair[0].href):
        inner = "".join(f"**{text}**" if run.bold else text for run, text in group)
        if href and written and written[-1].endswith("!"):
            written[-1] = written[-1][:-1] + "\\!"
        written.append(f"[{inner}]({_target(href)})" if href else inner)
    lines = "".join(written).split("\\" + _BREAK)
    return ("\\" + _BREAK).join(_OPENING.sub(_escaped_opening, line) for line in lines)


def _escaped_opening(match: re.Match[str]) -> str:
    return f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}"


def _target(href: str) -> str:
    plain = not re.search(r"[\s()<>\\]", href)
    if plain:
        return href
    return "<" + re.sub(r"([<>\\])", r"\\\1", href) + ">"


def _guarded(runs: tuple[Run, ...]) -> list[str]:
    """The text of each run, escaped. Where stress ends in a sign and a letter follows (or the other way round) Markdown
    would not see the stress, so the letter is written by its number."""
    texts = []
    for place, run in enumerate(runs):
        if run.text == _BREAK:
            texts.append("\\" + _BREAK)
            continue
        first = _hides(run, runs[place - 1], -1) if place else False
        last = _hides(run, runs[place + 1], 0) if place + 1 < len(runs) else False
        text = run.text
        if len(text) == 1 and (first or last):
            texts.append(f"&#{ord(text)};")
            continue
        head, text = (f"&#{ord(text[0])};", text[1:]) if first else ("", text)
        tail, text = (f"&#{ord(text[-1])};", text[:-1]) if last else ("", text)
        texts.append(head + _SPECIAL.sub(lambda match: "\\" + match[0], text) + tail)
    return texts


def _hides(run: Run, neighbour: Run, side: int) -> bool:
    """Whether the letter of `run` beside the stressed `neighbour` would keep its stress from being seen."""
    if run.bold or not neighbour.bold or run.href != neighbour.href or neighbour.text == _BREAK:
        return False
    own, other = (run.text[0], neighbour.text[-1]) if side == -1 else (run.text[-1], neighbour.text[0])
    return _is_sign(other) and not _is_sign(own) and not own.isspace()


def _is_sign(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "PS"
