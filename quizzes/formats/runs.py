"""Stretches of text with their looks, written as Markdown (CommonMark) that shows exactly that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

_markdown = MarkdownIt("commonmark", {"html": False})
_LONGEST_STYLED = 50_000
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]{1,31};)")
_TEXT = re.compile(r"[\\`*_\[\]<&$]")
_LINE_START = re.compile(r"(?P<sign>[-+](?=\s|$|-)|#{1,6}(?=\s|$)|>|=+(?=\s*$)|~~~)|(?P<number>\d{1,9})(?P<stop>[.)])(?=\s|$)")


@dataclass(frozen=True, kw_only=True)
class Run:
    """`kind`: text, code, break, image (`text` is what it shows, `target` the address), math (its source)."""

    kind: Literal["text", "code", "break", "image", "math"] = "text"
    text: str = ""
    bold: bool = False
    italic: bool = False
    link: str = ""
    target: str = ""


def tidy(runs: Iterable[Run]) -> list[Run]:
    """Runs of space as one space, none at the ends and around line breaks; equal neighbours joined."""
    kept: list[Run] = []
    for run in runs:
        if run.kind == "text":
            text = re.sub(r"\s+", " ", run.text)
            last = kept[-1] if kept else None
            if text.startswith(" ") and (
                last is None or last.kind == "break" or (last.kind == "text" and last.text.endswith(" "))
            ):
                text = text[1:]
            if not text:
                continue
            if last and last.kind == "text" and replace(last, text="") == replace(run, text=""):
                kept[-1] = replace(last, text=last.text + text)
            else:
                kept.append(replace(run, text=text))
            continue
        if run.kind == "break":
            _drop_space(kept)
            if not kept:
                continue
        kept.append(run)
    _drop_space(kept)
    while kept and kept[-1].kind == "break":
        kept.pop()
        _drop_space(kept)
    return kept


def _drop_space(kept: list[Run]) -> None:
    if kept and kept[-1].kind == "text":
        text = kept[-1].text.rstrip()
        kept[-1:] = [replace(kept[-1], text=text)] if text else []


def plain(runs: Iterable[Run]) -> str:
    """What is said, without any look; a picture by what it shows."""
    return " ".join("".join(" " if run.kind == "break" else run.text for run in runs if run.kind != "math").split())


def write(runs: Iterable[Run], *, line: bool = False) -> str:
    """One paragraph of Markdown. In a `line` breaks are spaces."""
    tidied = tidy(replace(run, kind="text", text=" ") if line and run.kind == "break" else run for run in runs)
    if not any(run.bold or run.italic for run in tidied):
        return _emit(tidied, "", "")
    meant = _letters_of_runs(tidied)
    if sum(len(run.text) for run in tidied) <= _LONGEST_STYLED:
        for bold, italic in (("**", "*"), ("**", "_"), ("**", ""), ("", "*")):
            shown = [replace(run, bold=run.bold and bold != "", italic=run.italic and italic != "") for run in tidied]
            written = _emit(shown, bold, italic)
            # Not every look can be said: **"a"**b shows its stars. Then the text goes without the look.
            if _letters_of_markdown(written) == (meant if bold and italic else _letters_of_runs(shown)):
                return written
    return _emit([replace(run, bold=False, italic=False) for run in tidied], "", "")


# --- signs around texts ----------------------------------------------------------------------------------------------

_Look = tuple[str, str]


def _spaced(runs: Sequence[Run]) -> list[Run]:
    """Spaces at the ends of a look as runs of their own that have only what both neighbours have."""
    parts: list[Run] = []
    for run in runs:
        if run.kind != "text":
            parts.append(run)
            continue
        bare = run.text.strip(" ")
        before, after = run.text.startswith(" "), run.text.endswith(" ") and bare != ""
        parts += [replace(run, text=" ")] if before else []
        parts += [replace(run, text=bare)] if bare else []
        parts += [replace(run, text=" ")] if after else []
    for place, run in enumerate(parts):
        if run.kind == "break" or (run.kind == "text" and run.text == " "):
            around = parts[place - 1 : place] + parts[place + 1 : place + 2]
            both = around if len(around) == 2 else [Run()]
            link = run.link if all(one.link == run.link for one in both) else ""
            parts[place] = replace(run, bold=all(one.bold for one in both), italic=all(one.italic for one in both), link=link)
    return parts


def _emit(runs: Sequence[Run], bold: str, italic: str) -> str:
    parts = _spaced(runs)
    ends = _ends(parts)
    out: list[str] = []
    open_: list[_Look] = []
    signs = {"link": "[", "bold": bold, "italic": italic}
    for place, run in enumerate(parts):
        wanted = _looks(run)
        keep = 0
        while keep < len(open_) and open_[keep] in wanted:
            keep += 1
        while len(open_) > keep:
            name, value = open_.pop()
            out.append(f"]({value})" if name == "link" else signs[name])
        for look in sorted((one for one in wanted if one not in open_), key=lambda one: (one[0] != "link", -ends[place][one[0]])):
            if look[0] == "link":
                _before_bracket(out)
            out.append(signs[look[0]])
            open_.append(look)
        out.append(_piece(out, run, last=place == len(parts) - 1))
    out += [f"]({value})" if name == "link" else signs[name] for name, value in reversed(open_)]
    return "".join(out)


def _looks(run: Run) -> list[_Look]:
    looks = [("link", run.link)] if run.link else []
    return [*looks, *([("bold", "")] if run.bold else []), *([("italic", "")] if run.italic else [])]


def _ends(runs: Sequence[Run]) -> list[dict[str, int]]:
    """For every run and look the place up to which it goes on: what lasts longer is opened first."""
    ends: list[dict[str, int]] = []
    later: dict[_Look, int] = {}
    for place in range(len(runs) - 1, -1, -1):
        later = {look: later.get(look, place) for look in _looks(runs[place])}
        ends.append({name: end for (name, _value), end in later.items()})
    return ends[::-1]


def _before_bracket(out: list[str]) -> None:
    """An exclamation mark before a link would make a picture of it."""
    if out and out[-1].endswith("!"):
        out[-1] = out[-1][:-1] + "\\!"


def _piece(out: list[str], run: Run, *, last: bool) -> str:
    if run.kind == "break":
        return "\\\n"
    if run.kind == "math":
        return run.text
    if run.kind == "code":
        return _code(run.text)
    if run.kind == "image":
        _before_bracket(out)
        return f"![{_escape(' '.join(run.text.split()), brackets=True, last=True)}]({run.target})"
    text = _escape(run.text, brackets=bool(run.link), last=last)
    return _start(text) if not out or out[-1].endswith("\n") else text


def _code(text: str) -> str:
    text = " ".join(text.split("\n"))
    longest = max((len(one) for one in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    if text[:1] == "`" or text[-1:] == "`" or (text[:1] == text[-1:] == " " and text.strip()):
        text = f" {text} "
    return f"{fence}{text}{fence}"


def fence(text: str) -> str:
    """A block of code."""
    longest = max((len(one) for one in re.findall(r"`+", text)), default=0)
    signs = "`" * max(3, longest + 1)
    return f"{signs}\n{text}\n{signs}"


# --- signs inside texts ----------------------------------------------------------------------------------------------


def _escape(text: str, *, brackets: bool, last: bool) -> str:
    def escaped(found: re.Match[str]) -> str:
        sign, at = found[0], found.start()
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if _harmless(sign, before, after, at_end=last, brackets=brackets):
            return sign
        if sign == "&" and not _ENTITY.match(text, at):
            return sign
        return f"\\{sign}"

    return _TEXT.sub(escaped, text)


def _harmless(sign: str, before: str, after: str, *, at_end: bool, brackets: bool) -> bool:
    """Whether a sign shows itself where it stands."""
    if sign == "\\":
        return after != "" and after not in _PUNCTUATION
    if sign == "*":
        return before == after == " "
    if sign == "_":
        return before.isalnum() and after.isalnum()
    if sign == "]":
        return not brackets
    if sign == "<":
        return not (after.isalpha() or after in ("/", "!", "?")) if after else at_end
    return False


def _start(text: str) -> str:
    """A line that begins with what would make a list, a heading or a rule of it."""
    found = _LINE_START.match(text)
    if found is None:
        return text
    return f"\\{text}" if found["sign"] else f"{found['number']}\\{text[len(found['number']) :]}"


def escape(text: str) -> str:
    """Plain text as Markdown that shows it: blank lines part paragraphs, other line ends are breaks."""
    return "\n\n".join(filter(None, (_lines(part) for part in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text))))


def escape_line(text: str) -> str:
    """Plain text as one line of Markdown."""
    return write([Run(text=text)])


def _lines(text: str) -> str:
    runs: list[Run] = []
    for number, one in enumerate(text.split("\n")):
        runs += [Run(kind="break"), Run(text=one)] if number else [Run(text=one)]
    return write(runs)


# --- what is shown ---------------------------------------------------------------------------------------------------

_Letters = list[tuple[str, bool, bool, str]]


def _letters_of_runs(runs: Sequence[Run]) -> _Letters:
    found: _Letters = []
    for run in runs:
        if run.kind in ("break", "image", "math"):
            continue
        # A space has no look that one could see.
        found += [(letter, run.bold, run.italic, run.link) for letter in run.text if not letter.isspace()]
    return found


def _letters_of_markdown(text: str) -> _Letters:
    found: _Letters = []
    bold = italic = 0
    link = ""
    for token in _inline(text):
        if token.type in ("strong_open", "strong_close"):
            bold += token.nesting
        elif token.type in ("em_open", "em_close"):
            italic += token.nesting
        elif token.type == "link_open":
            link = str(token.attrs.get("href", ""))
        elif token.type == "link_close":
            link = ""
        elif token.type in ("text", "code_inline", "text_special"):
            found += [(letter, bold > 0, italic > 0, link) for letter in token.content if not letter.isspace()]
    return found


def _inline(text: str) -> list[Token]:
    bare = re.sub(r"<math\b.*?</math>", "\ufdd2", text) if "<math" in text else text
    tokens = [child for token in _markdown.parseInline(bare) for child in token.children or []]
    for token in tokens:
        token.content = token.content.replace("\ufdd2", "")
    return tokens
