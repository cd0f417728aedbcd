"""The Markdown of questions as HTML: pictures and sound of the bank, formulas as MathML, nothing of anybody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

from quizzes import media

_FORMULA = re.compile(r"<math\b.*?</math>", re.S | re.I)
_KEPT = re.compile("\ue000(\\d+)\ue001")

# MathML Core; no links, no actions, no HTML inside (annotation-xml could carry it).
_MATH_TAGS = {
    "math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms",
    "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip
_MATH_ATTRIBUTES = {
    "*": {"mathvariant", "displaystyle", "scriptlevel", "dir"},
    "math": {"display"},
    "mo": {"stretchy", "fence", "separator", "lspace", "rspace", "accent", "minsize", "maxsize", "largeop", "movablelimits"},
    "mfrac": {"linethickness"}, "mspace": {"width", "height", "depth"}, "mtd": {"rowspan", "columnspan"},
    "mover": {"accent"}, "munder": {"accentunder"},
}  # fmt: skip


class _Renderer(RendererHTML):
    address: Callable[[str], str] = staticmethod(lambda name: "")

    def image(self, tokens: Sequence[Any], idx: int, options: Any, env: Any) -> str:
        """A picture or a sound of the bank; anything else is only told by its words."""
        token = tokens[idx]
        words = self.renderInlineAsText(token.children, options, env) if token.children else ""
        found = media.REFERENCE.fullmatch(str(token.attrs.get("src", "")))
        if not found:
            return escape(words)
        source = escape(self.address(found[1]))
        if media.is_sound(found[1]):
            return f'<audio controls preload="none" src="{source}" aria-label="{escape(words)}"></audio>'
        return f'<img src="{source}" alt="{escape(words)}" loading="lazy">'


def _is_link(url: str) -> bool:
    return bool(media.REFERENCE.fullmatch(url)) or url.startswith(("https://", "http://", "mailto:", "/"))


@cache
def _parser(address: Callable[[str], str]) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    parser.renderer.address = address  # type: ignore[attr-defined]
    # The parser refuses unknown schemes; of this one it is the renderer that decides.
    parser.validateLink = _is_link  # type: ignore[method-assign]
    return parser


def _formula(text: str) -> str:
    return nh3.clean(text, tags=_MATH_TAGS, attributes=_MATH_ATTRIBUTES)


def inline(text: str, address: Callable[[str], str]) -> str:
    """Each paragraph as a line of its own: a legend or a label may hold no paragraphs. `address` of a medium by its name."""
    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        formulas.append(_formula(match[0]))
        return f"\ue000{len(formulas) - 1}\ue001"

    parser = _parser(address)
    held = _FORMULA.sub(keep, text.replace("\ue000", "").replace("\ue001", ""))
    parts = [part for part in re.split(r"\n\s*\n", held) if part.strip()]
    drawn = "".join(f'<span class="d-block">{parser.renderInline(part)}</span>' for part in parts)
    return _KEPT.sub(lambda match: formulas[int(match[1])], drawn)


def phrase(text: str, address: Callable[[str], str]) -> str:
    """One paragraph, without a line of its own: an option, a stretch between two gaps."""
    drawn = inline(text.strip(), address)
    once = drawn.startswith('<span class="d-block">') and drawn.count('<span class="d-block">') == 1
    return drawn[len('<span class="d-block">') : -len("</span>")] if once else drawn


def passage(text: str, address: Callable[[str], str]) -> str:
    """A stretch between two gaps: no lines of its own at its ends, a blank line inside is a break."""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    parts = [phrase(part, address) for part in re.split(r"\n\s*\n", text) if part.strip()]

    def gap(space: str) -> str:
        return "<br>" if "\n" in space else " " if space else ""

    return gap(before) + "<br>".join(parts) + (gap(after) if text.strip() else "")
