"""Our Markdown from the HTML of other systems, and back.

What comes out of `read_html` is in a normal form: reading what `write_html` made of it gives the same. A table becomes a line
for each row, a heading a bold paragraph; what cannot be kept is said in `Source.lost`.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, unquote_to_bytes

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token as _Token

from quizzes import media
from quizzes.formats import runs
from quizzes.formats.encodings import clean
from quizzes.formats.hypertext import Close, Formula, Open, Text, Token, clean_formula, tokens
from quizzes.formats.runs import Run, escape, escape_line

__all__ = [
    "Source",
    "escape",
    "escape_line",
    "read_formatted",
    "read_html",
    "read_line",
    "read_plain",
    "write_html",
    "write_line",
]

_reading = MarkdownIt("commonmark", {"html": True}).enable("table")
_writing = MarkdownIt("commonmark", {"html": False})

_BOLD, _ITALIC = (
    frozenset({"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"}),
    frozenset({"i", "em", "var", "cite", "dfn"}),
)
_CODE = frozenset({"code", "tt", "kbd", "samp"})
_BLOCKS = frozenset(
    [
        *[
            "p",
            "div",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "blockquote",
            "section",
            "article",
            "header",
            "footer",
            "center",
            "form",
        ],
        *["fieldset", "figure", "figcaption", "address", "dl", "dt", "dd", "details", "summary", "main", "nav", "aside", "body"],
        *["caption", "hr", "pre", "ul", "ol", "li", "table", "tr", "tbody", "thead", "tfoot"],
    ]
)
_STYLED = frozenset({"span", "font", "b", "strong", "p", "div", "li", "td"})
_HIDING = frozenset({"audio", "video", "object"})
_SMALL = {
    "sup": dict(zip("0123456789+-−=()niabcdefghjklmoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)),
    "sub": dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)),
}
_DEEPEST_LIST = 6
_MATH = re.compile(r"\ufdd0(\d+)\ufdd1")
_TEX = re.compile(r"\\\(.{1,300}?\\\)|\$\$.{1,300}?\$\$|\\\[.{1,300}?\\\]", re.DOTALL)


@dataclass
class Source:
    """Where texts come from: `files` lie beside the text, by the name it has for them. `media` and `lost` are filled while
    texts are read."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    media: dict[str, bytes] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def lose(self, sentence: str) -> None:
        if sentence not in self.lost:
            self.lost.append(sentence)

    def find(self, address: str) -> bytes | None:
        """The bytes behind an address, if they are in the file."""
        if address[:5].lower() == "data:":
            return _data(address)
        if address.startswith("@@PLUGINFILE@@/"):
            name = unquote(address.removeprefix("@@PLUGINFILE@@/").partition("?")[0])
            if name in self.files:
                self.used.add(name)
                return self.files[name]
        return None

    def keep(self, data: bytes) -> str:
        """The address that our Markdown has for a picture or a sound; "" for anything else."""
        name = media.name_of(data)
        if name:
            self.media[name] = data
        return f"media:{name}" if name else ""


def _data(address: str) -> bytes | None:
    head, _comma, body = address.partition(",")
    try:
        return base64.b64decode(unquote_to_bytes(body)) if head.lower().endswith(";base64") else unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        return None


# --- from HTML ---------------------------------------------------------------------------------------------------------------


def read_html(source: str, origin: Source) -> str:
    """Paragraphs of Markdown."""
    return _Reader(origin).read(source).paragraphs()


def read_line(source: str, origin: Source) -> str:
    """One line of Markdown, whatever blocks there are."""
    return runs.write(_Reader(origin).read(source).in_line(), line=True)


def read_plain(source: str, origin: Source) -> str:
    """The words alone, in one line."""
    found = _Reader(origin).read(source).in_line()
    if any(run.kind in ("image", "math") for run in found):
        origin.lose(_("Một chỗ chỉ nhận chữ có hình hoặc công thức, chỉ phần chữ được giữ."))
    return runs.plain(found)


def read_formatted(text: str, form: str, origin: Source, read: Callable[[str, Source], str] = read_html) -> str:
    """`form` is what Moodle calls the format: html, markdown, plain_text (or plain), moodle_auto_format (or moodle)."""
    if form == "markdown":
        return read(_reading.render(text), origin)
    if form in ("plain_text", "plain"):
        return read(_paragraphed(html.escape(text, quote=False)), origin)
    if form in ("moodle_auto_format", "moodle") and not re.search(r"<(?:p|div|br|table|ul|ol)\b", text, re.IGNORECASE):
        return read(_paragraphed(text), origin)
    return read(text, origin)


def _paragraphed(text: str) -> str:
    parts = re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.strip("\n"))
    return "".join(f"<p>{part}</p>".replace("\n", "<br>") for part in parts)


@dataclass(frozen=True)
class _Block:
    """`lists` are the lists it stands in, outermost first; `begins` says from which of them on it begins an item."""

    content: tuple[Run, ...]
    lists: tuple[str, ...] = ()
    begins: int = 99
    code: bool = False


class _Reader:
    """Reads tags one by one; nothing here calls itself, so that no depth of nesting matters."""

    def __init__(self, origin: Source) -> None:
        self._origin = origin
        self._blocks: list[_Block] = []
        self._runs: list[Run] = []
        self._looks: dict[str, list[tuple[int, int]]] = {}
        self._bold = self._italic = self._code = self._pre = self._hidden = 0
        self._links: list[str] = []
        self._lists: list[str] = []
        self._begins = 99
        self._small: tuple[str, list[str]] | None = None
        self._tables: list[bool] = []  # whether rows become lines
        self._rows = 0  # how many of them do
        self._cells = 0  # of the row that becomes a line
        self._title = ""  # what a sound is called whose address comes later
        self._formula: Formula | None = None
        self._closings: Counter[str] = Counter()

    def read(self, source: str) -> _Reader:
        cleaned = clean(source) if not source.isascii() or "\r" in source else source
        stream = list(tokens(cleaned))
        self._closings = Counter(token.name for token in stream if isinstance(token, Close))
        layouts = _layouts(stream)
        if _TEX.search(cleaned):
            self._origin.lose(_("Công thức viết bằng TeX được giữ như chữ thường."))
        for place, token in enumerate(stream):
            if self._formula is not None and self._take_formula(token):
                continue
            if isinstance(token, Text):
                self._say(token.text)
            elif isinstance(token, Open):
                if token.name == "table":
                    self._tables.append(layouts.get(place, False))
                    self._rows += self._tables[-1]
                self._begin(token)
            else:
                self._end(token.name)
        self._finish_formula()
        self._flush()
        return self

    # --- texts

    def _say(self, text: str) -> None:
        if self._hidden:
            return
        if self._small is not None:
            self._small[1].append(text)
        elif self._pre or self._code:
            self._add(Run(kind="code", text=text))
        else:
            self._add(Run(text=text))

    def _add(self, run: Run) -> None:
        self._runs.append(replace(run, bold=self._bold > 0, italic=self._italic > 0, link=self._links[-1] if self._links else ""))

    # --- tags

    def _begin(self, tag: Open) -> None:
        name = tag.name
        if name == "math":
            self._formula = Formula()
            self._take_formula(tag)
        elif name == "br":
            self._break()
        elif name in ("img", "source", "audio", "video", "embed"):
            self._picture(tag)
        elif name in _SMALL:
            self._end_small()
            self._small = (name, [])
        elif name == "a":
            self._links.append(_address(tag.attributes.get("href", "")))
            self._linked_file(tag)
        elif name in _CODE:
            self._code += not tag.closed
        elif name in ("td", "th") and self._tables:
            self._cell()
        elif name in _BLOCKS:
            self._begin_block(tag)
        if name in _HIDING and not tag.closed and self._closings[name] > 0:
            self._hidden += 1
        self._look(tag)

    def _end(self, name: str) -> None:
        self._closings[name] -= 1
        if name in _HIDING:
            self._hidden = max(0, self._hidden - 1)
        elif name in _SMALL:
            self._end_small()
        elif name == "a" and self._links:
            self._links.pop()
        elif name in _CODE:
            self._code = max(0, self._code - 1)
        elif name in _BLOCKS:
            self._end_block(name)
        stack = self._looks.get(name)
        if stack:
            bold, italic = stack.pop()
            self._bold, self._italic = self._bold - bold, self._italic - italic

    def _look(self, tag: Open) -> None:
        """A style may take a look away again: <b style="font-weight: normal"> wraps whole pasted documents."""
        name, style = tag.name, tag.attributes.get("style", "").lower().replace(" ", "")
        bold, italic = name in _BOLD, name in _ITALIC
        if name in _STYLED and style:
            bold = bold and "font-weight:normal" not in style or re.search(r"font-weight:(?:bold|[6-9]00)", style) is not None
            italic = italic or "font-style:italic" in style
        elif not (bold or italic) and name not in _STYLED:
            return
        if tag.closed:
            return
        self._looks.setdefault(name, []).append((int(bold), int(italic)))
        self._bold, self._italic = self._bold + bold, self._italic + italic

    def _break(self) -> None:
        if self._pre:
            self._say("\n")
        elif self._small is None and not self._hidden:
            self._add(Run(text=" ") if self._in_rows() else Run(kind="break"))

    def _end_small(self) -> None:
        if self._small is None:
            return
        (name, parts), self._small = self._small, None
        text = "".join(parts)
        letters = text.strip()
        if all(letter in _SMALL[name] for letter in letters):
            self._say("".join(_SMALL[name][letter] for letter in letters))
        elif letters:
            self._say(f"{'^' if name == 'sup' else '_'}{letters if len(letters) == 1 else f'({letters})'}")

    # --- blocks

    def _in_rows(self) -> bool:
        return self._rows > 0

    def _begin_block(self, tag: Open) -> None:
        name = tag.name
        if self._in_rows() and not (name == "table" and self._rows == 1):
            if name == "tr" and self._rows == 1 and self._cells:
                self._end_block("tr")
            self._add(Run(text=" "))
            return
        self._cells = 0
        if name == "pre" and not tag.closed:
            self._flush()
            self._pre += 1
            return
        self._flush()
        if name in ("ul", "ol") and not tag.closed:
            start = tag.attributes.get("start", "")
            numbered = f"ol{start}" if start.isascii() and start.isdigit() and len(start) < 6 else "ol1"
            self._lists.append(numbered if name == "ol" else "ul")
        elif name == "li" and self._lists:
            self._begins = min(self._begins, len(self._lists) - 1)

    def _end_block(self, name: str) -> None:
        if name == "table":
            if not self._tables:
                return
            in_rows = self._tables.pop()
            self._rows -= in_rows
            if in_rows and not self._in_rows():
                self._flush()
                return
        if self._in_rows():
            if name == "tr" and self._rows == 1 and self._tables[-1]:
                self._cells = 0
                self._add(Run(kind="break"))
            else:
                self._add(Run(text=" "))
            return
        self._flush()
        if name == "pre":
            self._pre = max(0, self._pre - 1)
        elif name in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._begins = 99

    def _cell(self) -> None:
        if not self._tables[-1] or self._rows > 1:
            self._begin_block(Open("div"))
        else:
            self._runs.append(Run(text=" | " if self._cells else " "))
            self._cells += 1

    def _flush(self) -> None:
        content, self._runs = self._runs, []
        if self._pre and not self._in_rows():
            text = "".join("\n" if run.kind == "break" else run.text for run in content).strip("\n")
            if text.strip():
                self._put((Run(kind="code", text=text),), code=True)
            return
        tidied = runs.tidy(_with_code(content))
        if tidied:
            self._put(tuple(tidied), code=False)

    def _put(self, content: tuple[Run, ...], *, code: bool) -> None:
        lists = tuple(self._lists[:_DEEPEST_LIST])
        begins = min(self._begins, len(lists) - 1) if self._begins < 99 else 99
        self._blocks.append(_Block(content, lists, begins, code))
        self._begins = 99

    # --- pictures, sounds, formulas

    def _picture(self, tag: Open) -> None:
        address, shown = tag.attributes.get("src", ""), tag.attributes.get("alt", "") or tag.attributes.get("title", "")
        if tag.name == "audio":
            self._title = shown
        elif tag.name == "source":
            shown, self._title = shown or self._title, ""
        if not address or self._small is not None:
            return
        found = self._origin.find(address)
        kept = self._origin.keep(found) if found is not None else ""
        if kept:
            self._add(Run(kind="image", text=" ".join(shown.split()), target=kept))
        elif found is None and _address(address):
            self._origin.lose(_("Hình ở “%(address)s” không nằm trong tệp, chỉ giữ đường dẫn.") % {"address": address[:100]})
            self._runs.append(Run(text=" ".join(shown.split()) or _("Hình"), link=_address(address)))
        else:
            self._origin.lose(_("Tệp “%(name)s” không có hoặc không phải hình hay tiếng.") % {"name": unquote(address[:60])})
            if shown:
                self._add(Run(text=shown))

    def _linked_file(self, tag: Open) -> None:
        """A link to a file beside the text: a sound or a picture is shown, anything else is lost."""
        address = tag.attributes.get("href", "")
        if address.startswith("@@PLUGINFILE@@/"):
            found = self._origin.find(address)
            kept = self._origin.keep(found) if found is not None else ""
            if kept:
                self._add(Run(kind="image", text="", target=kept))
            else:
                name = unquote(address.removeprefix("@@PLUGINFILE@@/"))
                self._origin.lose(_("Tệp “%(name)s” không có hoặc không phải hình hay tiếng.") % {"name": name[:60]})

    def _take_formula(self, token: Token) -> bool:
        """Whether the token belongs to the formula that is being read."""
        formula = self._formula
        if formula is None:
            return False
        if isinstance(token, Open | Close) and token.name in _BLOCKS:
            self._finish_formula()
            return False
        if formula.take(token):
            self._finish_formula()
        return True

    def _finish_formula(self) -> None:
        formula, self._formula = self._formula, None
        if formula is not None and not self._hidden:
            self._add(Run(kind="math", text=formula.source()))

    # --- what was read

    def in_line(self) -> list[Run]:
        found: list[Run] = []
        for block in self._blocks:
            found += [Run(text=" "), *block.content] if found else block.content
        return found

    def paragraphs(self) -> str:
        return _join(self._blocks)


def _with_code(content: Sequence[Run]) -> list[Run]:
    """Stretches of code that touch are one."""
    joined: list[Run] = []
    for run in content:
        if run.kind == "code" and not run.text.strip():
            run = replace(run, kind="text")
        if run.kind == "code" and joined and joined[-1].kind == "code" and joined[-1].link == run.link:
            joined[-1] = replace(joined[-1], text=joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined


def _layouts(stream: Sequence[Token]) -> dict[int, bool]:
    """For the tables of a text, by the place of their tag: whether any row has more than one cell. Others only lay out."""
    found: dict[int, bool] = {}
    open_: list[list[int]] = []  # place, cells in the row, most cells
    for place, token in enumerate(stream):
        if isinstance(token, Text) or token.name not in ("table", "tr", "td", "th"):
            continue
        if isinstance(token, Open) and token.name == "table":
            open_.append([place, 0, 0])
        elif open_ and isinstance(token, Open) and token.name == "tr":
            open_[-1][1] = 0
        elif open_ and isinstance(token, Open):
            open_[-1][1] += 1
            open_[-1][2] = max(open_[-1][1:])
        elif open_ and token.name == "table":
            begun, _cells, most = open_.pop()
            found[begun] = most > 1
    found.update({begun: most > 1 for begun, _cells, most in open_})
    return found


def _join(blocks: Sequence[_Block]) -> str:
    """Blocks as Markdown; lists of one kind that follow each other are one list."""
    out: list[str] = []
    before: tuple[str, ...] = ()
    counts: list[int] = []
    widths: list[int] = []
    for block in blocks:
        same = 0
        while same < min(len(before), len(block.lists)) and before[same][:2] == block.lists[same][:2]:
            same += 1
        counts, widths = counts[:same], widths[:same]
        begins = min(block.begins, same)
        marks = " " * sum(widths[:begins])
        for depth in range(begins, len(block.lists)):
            kind = block.lists[depth]
            if depth < len(counts):
                counts[depth] += 1
            else:
                counts.append(int(kind[2:]) if kind != "ul" else 0)
            mark = "- " if kind == "ul" else f"{counts[depth]}. "
            counts, widths = counts[: depth + 1], [*widths[:depth], len(mark)]
            marks += mark
        text = runs.fence(block.content[0].text) if block.code else runs.write(block.content)
        if not text:
            continue
        indent = " " * sum(widths)
        lines = text.split("\n")
        said = "\n".join([marks + lines[0], *(indent + line if line else line for line in lines[1:])])
        tight = block.lists and before and begins < len(block.lists) and same > 0
        out.append(("\n" if tight else "\n\n") + said if out else said)
        before = block.lists
    return "".join(out)


def _address(href: str) -> str:
    """An address that a link may have, "" for a script, a relative path or nothing."""
    bare = re.sub(r"[\x00-\x20]+", "", href)
    if not re.match(r"(?:https?://|mailto:|tel:)[^/?#]", bare, re.IGNORECASE):
        return ""
    return quote(bare, safe="%:/?#@!$&'*+,;=~-._")


# --- to HTML -----------------------------------------------------------------------------------------------------------------


def write_html(markdown: str, address: Callable[[str], str]) -> str:
    """`address` tells where the page finds the file that texts call `media:NAME`."""
    prepared, formulas = _set_aside(markdown)
    stream = _writing.parse(prepared)
    return _finish(_writing.renderer.render(_shown(stream, formulas, address), _writing.options, {}).strip(), formulas)


def write_line(markdown: str, address: Callable[[str], str]) -> str:
    """One line, without a paragraph around it."""
    prepared, formulas = _set_aside(markdown)
    stream = _writing.parseInline(prepared)
    return _finish(_writing.renderer.render(_shown(stream, formulas, address), _writing.options, {}).strip(), formulas)


def _set_aside(markdown: str) -> tuple[str, list[str]]:
    """Formulas out of the way of everything that reads Markdown."""
    formulas: list[str] = []
    parts: list[str] = []
    at = 0
    text = re.sub("[\ufdd0\ufdd1]", "", markdown)
    last = text.rfind("</math>")
    while (begun := text.find("<math", at)) >= 0 and begun < last:
        end = text.index("</math>", begun) + len("</math>")
        before = text[at:begun]
        escaped = (len(before) - len(before.rstrip("\\"))) % 2 == 1
        if escaped or not re.match(r"<math[\s>]", text[begun : begun + 6]):
            parts.append(text[at : begun + 5])
            at = begun + 5
            continue
        parts += [before, f"\ufdd0{len(formulas)}\ufdd1"]
        formulas.append(text[begun:end])
        at = end
    return "".join([*parts, text[at:]]), formulas


def _shown(stream: list[_Token], formulas: Sequence[str], address: Callable[[str], str]) -> list[_Token]:
    def whole(text: str) -> str:
        return _MATH.sub(lambda found: formulas[int(found[1])], text)

    for token in stream:
        if token.type in ("fence", "code_block"):
            token.content, token.info = whole(token.content), ""
        for child in token.children or []:
            if child.type == "code_inline":
                child.content = whole(child.content)
            elif child.type == "image":
                _show_media(child, whole, address)
    return stream


def _show_media(image: _Token, whole: Callable[[str], str], address: Callable[[str], str]) -> None:
    for part in image.children or []:
        part.content = whole(part.content)
    source = str(image.attrs.get("src", ""))
    if not source.startswith("media:"):
        return
    name = source.removeprefix("media:")
    if media.is_sound(name):
        shown = html.escape("".join(part.content for part in image.children or []))
        image.type = "html_inline"
        image.content = f'<audio controls="controls" title="{shown}"><source src="{html.escape(address(name))}"></audio>'
        image.children = None
    else:
        image.attrs["src"] = address(name)


def _finish(written: str, formulas: Sequence[str]) -> str:
    return _MATH.sub(lambda found: clean_formula(formulas[int(found[1])]), written)
