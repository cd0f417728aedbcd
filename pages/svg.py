"""Diagrams are SVG text kept in the page, so that they follow the reader's theme. Only drawing elements pass."""

from __future__ import annotations

import nh3

_SHAPES = {"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc"}
_ATTRIBUTES = {
    "viewBox", "role", "aria-label", "aria-hidden", "class", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx",
    "ry", "width", "height", "points", "transform", "text-anchor", "font-size", "font-weight", "dominant-baseline",
    "opacity", "stroke-width", "stroke-dasharray", "dx", "dy",
}  # fmt: skip


def clean_svg(markup: str) -> str:
    """`markup` with nothing in it that can run, load or link. Raises ValueError when no drawing is left."""
    cleaned = nh3.clean(
        markup,
        tags=_SHAPES,
        clean_content_tags={"script", "style", "foreignObject"},
        attributes={"*": _ATTRIBUTES},
        strip_comments=True,
        link_rel=None,
    ).strip()
    if not cleaned.startswith("<svg"):
        raise ValueError("not an SVG drawing")
    return cleaned
