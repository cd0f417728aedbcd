"""The certificate as a picture in a page: the layout of the PDF, written as SVG."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from certificates import paper as layout

register = template.Library()

_WEIGHTS = {layout.REGULAR: 400, layout.BOLD: 700}


@register.simple_tag
def paper(facts: layout.Facts) -> SafeString:
    """One picture with a spoken name; its facts must also stand in the page as text."""
    name = _("%(title)s của %(name)s") % {"title": facts.title, "name": facts.full_name}
    petals = "".join(f'<path fill="{layout.MANGO}" d="{_d(petal)}"/>' for petal in layout.PETALS)
    return format_html(
        '<svg class="art" viewBox="0 0 {} {}" role="img" aria-label="{}"><defs><symbol id="paper-tile" viewBox="0 0 24 24" '
        'preserveAspectRatio="none"><rect width="24" height="24" fill="{}"/>{}</symbol></defs>'
        '<g font-family="Be Vietnam Pro, sans-serif">{}</g></svg>',
        layout.WIDTH, layout.HEIGHT, name, layout.LEAF,
        mark_safe(petals),  # noqa: S308  numbers and colours of ours
        mark_safe("".join(_mark(mark) for mark in layout.lay_out(facts))),  # noqa: S308  each part is escaped
    )  # fmt: skip


def _mark(mark: layout.Mark) -> str:
    match mark:
        case layout.Shape():
            return f'<path fill="{mark.fill}" d="{_d(mark.steps)}"/>'
        case layout.Tile():
            # A hair wider than its place, so that no seam shines through between two tiles.
            size = f'width="{mark.width + 0.2:.2f}" height="{mark.height + 0.2:.2f}"'
            return f'<use href="#paper-tile" x="{mark.x:.2f}" y="{mark.y:.2f}" {size}/>'
        case layout.Modules():
            runs = "".join(f"M{x:.2f} {y:.2f}h{width:.2f}v{mark.side:.2f}h-{width:.2f}z" for x, y, width in mark.runs)
            return f'<path fill="{layout.INK}" shape-rendering="crispEdges" d="{runs}"/>'
        case layout.Text():
            return format_html(
                '<text x="{}" y="{}" style="font-size:{}px;font-weight:{};fill:{}" text-anchor="{}">{}</text>',
                f"{mark.x:.2f}", f"{mark.y:.2f}", f"{mark.size:.2f}", _WEIGHTS[mark.font], mark.fill,
                "middle" if mark.centred else "start", mark.text,
            )  # fmt: skip


def _d(steps: tuple[tuple[float, ...], ...]) -> str:
    """Steps as an SVG path."""
    words = []
    for number, step in enumerate(steps):
        letter = "M" if number == 0 else "L" if len(step) == 2 else "C"
        words.append(letter + " ".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in step))
    return "".join(words) + "Z"
