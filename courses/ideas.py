"""A lesson cut into screens for the simple view: one idea each. Pure: works on the rendered pieces of a lesson."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from django.utils.html import strip_tags

_HEADING = re.compile(r"<h2\b(?P<attributes>[^>]*)>(?P<words>.*?)</h2>", re.S)
_ID = re.compile(r'\bid="([^"]+)"')
# Underscored, so that no question of a lesson can have the same name.
ANCHOR = "dau_y"
# What the reader does there fills the screen: text after it is an idea of its own.
_ALONE = {"question", "lab"}


@dataclass(frozen=True, kw_only=True)
class Idea:
    """One screen. `kind` is "start" (title and promise), "text", "question", "lab", "keep" (to take home) or "end".

    `heading` is "" where the template knows it better; `anchor` is the id that the heading must have; `again` says that a
    section goes on after a question or a lab.
    """

    kind: str
    heading: str = ""
    anchor: str = ANCHOR
    again: bool = False
    html: str = ""
    question: Mapping[str, Any] | None = None


def cut(pieces: Iterable[Mapping[str, Any]], *, keep: bool) -> tuple[Idea, ...]:
    """The screens of a lesson from its pieces {"kind", "html"} or {"question"}, in order; `keep`: it has things to take home.

    Cut at each heading of the second level, which becomes the heading of the screen, and at questions and labs.
    """
    found = [Idea(kind="start")]
    section = ""
    for piece in pieces:
        if "question" in piece:
            words = found.pop().heading if _bare(found[-1]) else ""
            found.append(Idea(kind="question", heading=words, question=piece["question"]))
            continue
        for kind, html in _sections(piece):
            heading = _HEADING.search(html)
            if _bare(found[-1]):
                found[-1] = replace(found[-1], kind=kind, html=html)
            elif heading:
                found.append(_idea(kind, html, heading))
                section = found[-1].heading if piece["kind"] == "text" else section
            elif found[-1].kind in _ALONE:
                found.append(Idea(kind="text", heading=section, again=True, html=html))
            else:
                found[-1] = replace(found[-1], html=f"{found[-1].html}\n{html}")
    return (*found, *([Idea(kind="keep")] if keep else []), Idea(kind="end"))


def place_of(ideas: Iterable[Idea], question: str) -> int:
    """The place, from 1, of the screen with the question of that name. Raises LookupError."""
    for place, idea in enumerate(ideas, 1):
        if idea.question and idea.question["name"] == question:
            return place
    raise LookupError(question)


def _sections(piece: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Only running text is cut: a heading inside a box belongs to the box."""
    kind = "lab" if piece["kind"] == "lab" else "text"
    parts = re.split(r"(?=<h2\b)", piece["html"]) if piece["kind"] == "text" else [piece["html"]]
    yield from ((kind, part) for part in parts if part.strip())


def _idea(kind: str, html: str, heading: re.Match[str]) -> Idea:
    own = _ID.search(heading["attributes"])
    return Idea(
        kind=kind, heading=" ".join(unescape(strip_tags(heading["words"])).split()), anchor=own[1] if own else ANCHOR,
        html=html[: heading.start()] + html[heading.end() :],
    )  # fmt: skip


def _bare(idea: Idea) -> bool:
    """A heading with nothing under it yet: it takes what follows, whole."""
    return idea.kind == "text" and not idea.html.strip()
