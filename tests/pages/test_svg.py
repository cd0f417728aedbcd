from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.svg import clean_svg


@pytest.mark.parametrize(
    "hostile",
    [
        '<svg viewBox="0 0 1 1"><script>alert(1)</script><path d="M0 0"/></svg>',
        '<svg viewBox="0 0 1 1" onload="alert(1)"><path d="M0 0"/></svg>',
        '<svg viewBox="0 0 1 1"><foreignObject><img src=x onerror=alert(1)></foreignObject><path d="M0 0"/></svg>',
        '<svg viewBox="0 0 1 1"><a href="javascript:alert(1)"><path d="M0 0"/></a></svg>',
        '<svg viewBox="0 0 1 1"><use href="http://evil.example/x.svg#a"/><path d="M0 0"/></svg>',
        '<svg viewBox="0 0 1 1"><image href="http://evil.example/x.png"/><path d="M0 0"/></svg>',
        '<svg viewBox="0 0 1 1"><style>@import url(http://evil.example)</style><path d="M0 0" style="x"/></svg>',
        '<svg viewBox="0 0 1 1"><animate attributeName="href" values="javascript:alert(1)"/><path d="M0 0"/></svg>',
    ],
)
def test_what_runs_loads_or_links_is_removed(hostile):
    cleaned = clean_svg(hostile).lower()
    assert "<path" in cleaned
    for word in ("script", "onload", "onerror", "href", "javascript", "evil", "style", "foreignobject", "animate"):
        assert word not in cleaned


@pytest.mark.parametrize("other", ["", "hello", "<p>text</p>", "<script>1</script>", "<img src=x>"])
def test_what_is_no_drawing_is_refused(other):
    with pytest.raises(ValueError, match="not an SVG"):
        clean_svg(other)


@given(st.text(max_size=200))
def test_any_text_inside_stays_text(text):
    cleaned = clean_svg(f'<svg viewBox="0 0 1 1"><text>{text.replace("<", "&lt;")}</text></svg>')
    assert "<script" not in cleaned and cleaned.startswith("<svg")


def test_cleaning_twice_changes_nothing_more():
    once = clean_svg('<svg viewBox="0 0 1 1" role="img" aria-label="Ý chính"><text x="1" font-size="20">Chữ Việt</text></svg>')
    assert clean_svg(once) == once
