"""The house's small parts in templates: icons, tiles, tier petals, covers, Vietnamese dates and marks.

Loaded everywhere (a template builtin), so that no template has to ask for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from people.models import Audience, Tier
from people.text import whole_words

register = template.Library()

_HEADING = re.compile(r"(<h[2-4]\b[^>]*>)([^<]+)(</h[2-4]>)")

# Of one place in a template; a text is a few thousand characters.
_MOST_KEPT = 500


class KeptNode(template.Node):
    def __init__(self, nodelist: NodeList, values: dict[str, FilterExpression]) -> None:
        self.nodelist, self.values = nodelist, values
        self.kept: dict[tuple[Any, ...], str] = {}

    def render(self, context: template.Context) -> str:
        values = {name: value.resolve(context) for name, value in self.values.items()}
        key = (get_language(), *values.values())
        found = self.kept.get(key)
        if found is None:
            if len(self.kept) >= _MOST_KEPT:
                self.kept.clear()
            found = self.kept[key] = self.nodelist.render(context.new(values))
        return found


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """{% kept name=value … %} … {% endkept %}: what looks the same for everybody is rendered once a process.

    Inside, only the given values are known, so nothing of one reader can come to another. They must be hashable.
    """
    values = token_kwargs(token.split_contents()[1:], parser)
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, values)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """An icon of components/sprite.html. Decoration only: a word must stand beside it."""
    return format_html('<svg class="ic" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
@cache
def symbol(name: str) -> SafeString:
    """A tile (`t-done t-now t-half t-none t-slot`) or matrix mark (`m-done m-part m-late m-stuck m-none`)."""
    return format_html('<svg aria-hidden="true" viewBox="0 0 24 24"><use href="#{}"/></svg>', name)


_PETALS = (
    "M12 12C12 5 7 0 0 0c0 7 5 12 12 12Z",
    "M12 12c7 0 12-5 12-12-7 0-12 5-12 12Z",
    "M12 12c0 7 5 12 12 12 0-7-5-12-12-12Z",
    "M12 12C5 12 0 17 0 24c7 0 12-5 12-12Z",
)


@register.simple_tag
def tier(value: str) -> SafeString:
    """Petals and the tier's name: one petal basic, two intermediate, three advanced."""
    filled = Tier.values.index(value) + 1
    petals = "".join(
        f'<path class="{"f-leaf" if place < filled else "f-line"}" d="{path}"/>' for place, path in enumerate(_PETALS)
    )
    return format_html(
        '<span class="tier"><svg viewBox="-1 -1 26 26" aria-hidden="true">{}</svg>{}</span>',
        mark_safe(petals),  # noqa: S308
        Tier(value).label,
    )


_GROUND = {
    Audience.PUBLIC: ("f-mangos", "f-mango"),
    Audience.STAFF: ("f-leafs", "f-leaf"),
    Audience.PUPIL: ("f-skys", "f-sky"),
    Audience.TEACHER: ("f-clays", "f-clay"),
}
_FLOWER = "".join(f'<path d="{path}"/>' for path in _PETALS)
_TILES = (
    '<path d="M0 24A24 24 0 0 1 24 0 24 24 0 0 1 0 24z"/>',
    '<path d="M24 24H0A24 24 0 0 1 24 0z"/>',
    '<path d="M0 0h24A24 24 0 0 1 0 24z"/>',
    '<circle cx="12" cy="12" r="7"/>',
    _FLOWER,
    _FLOWER,
    "",
)


@register.simple_tag
def cover(code: str, audience: str, columns: int = 8, rows: int = 3) -> SafeString:
    """A cement-tile cover laid from the course's code: the same code always gives the same floor."""
    ground, main = _GROUND.get(Audience(audience), ("f-mangos", "f-mango"))
    colours = (main, main, main, "f-clay" if main != "f-clay" else "f-leaf", "f-mango" if main != "f-mango" else "f-leaf")
    stream = hashlib.shake_128(code.encode()).digest(2 * columns * rows)
    tiles = []
    for place in range(columns * rows):
        shape = _TILES[stream[2 * place] % len(_TILES)]
        if shape:
            colour = colours[stream[2 * place + 1] % len(colours)]
            x, y = 24 * (place % columns), 24 * (place // columns)
            tiles.append(f'<g class="{colour}" transform="translate({x} {y})">{shape}</g>')
    width, height = 24 * columns, 24 * rows
    return mark_safe(  # noqa: S308
        f'<svg class="cover" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<rect class="{ground}" width="{width}" height="{height}"/>{"".join(tiles)}</svg>'
    )


def _local(moment: dt.datetime | dt.date) -> dt.date:
    return timezone.localtime(moment).date() if isinstance(moment, dt.datetime) else moment


@register.filter
def weekday(moment: dt.datetime | dt.date | None) -> str:
    """"thứ Sáu", in the language of the reader."""
    if moment is None:
        return ""
    names = (_("thứ Hai"), _("thứ Ba"), _("thứ Tư"), _("thứ Năm"), _("thứ Sáu"), _("thứ Bảy"), _("Chủ nhật"))
    return names[_local(moment).weekday()]


@register.filter
def due_date(moment: dt.datetime | dt.date | None) -> str:
    """"thứ Sáu, 28/11/2025": what is due carries its weekday."""
    return f"{weekday(moment)}, {_local(moment):%d/%m/%Y}" if moment else ""


@register.filter
def score10(value: Decimal | None) -> str:
    """A mark on the scale of 10 without needless zeros: 8,5; 10; an en dash when there is none."""
    if value is None:
        return "–"
    text = f"{Decimal(value).quantize(Decimal('0.01')):f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if localize(Decimal("0.5")) == "0,5" else text


@register.filter
def percent_of(part: int, whole: int) -> int:
    """0..100, rounded down so that 99.6 % never looks finished; 0 when there is nothing to divide by."""
    return int(100 * part / whole) if whole else 0


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.filter
def keep_pairs(text: str) -> str:
    """No-break spaces inside words of two syllables and before the last one: no line of a heading ends on half a word."""
    return whole_words(text)


@register.filter
def keep_headings(html: object) -> str:
    """keep_pairs for the headings inside a text."""
    return mark_safe(_HEADING.sub(lambda found: found[1] + keep_pairs(found[2]) + found[3], str(html)))  # noqa: S308


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], **changes: Any) -> str:
    """The current query string with `changes` made; None removes. Keeps filters while sorting or paging."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else "?"
