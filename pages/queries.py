"""Reads about the site's pages."""

from __future__ import annotations

from typing import Any

from wagtail.fields import StreamField
from wagtail.models import Page

from pages.files import lines, said, tell
from pages.markdown import ContentError
from pages.models import ContentFile, ContentPage, HomePage


def page_address(page_id: int) -> str:
    """Where the page is on this site. Raises LookupError when there is none, or it is not published."""
    page = Page.objects.live().filter(pk=page_id).first()
    parts = page.get_url_parts() if page else None
    if not parts or not parts[2]:
        raise LookupError(page_id)
    return str(parts[2])


def says(page: Page, fields: dict[str, Any]) -> bool:
    """Whether the page says what `fields` say, as a reader sees it. `fields` are as a content file is read."""
    return all(_same(page, name, value) for name, value in fields.items())


def _same(page: Page, name: str, value: Any) -> bool:
    field = page._meta.get_field(name)
    if isinstance(field, StreamField):
        try:
            told = [tell(blocks, page_address, page.slug) for blocks in (getattr(page, name), field.to_python(value))]
        except ContentError:
            return False
        return said(told[0]) == said(told[1])
    kept = getattr(page, name)
    if isinstance(value, str) and isinstance(kept, str):
        return _settled_lines(kept) == _settled_lines(value)
    return bool(kept == value)


def _settled_lines(text: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in lines(text)]


def content_pages() -> dict[str, ContentPage]:
    """The published pages by the name of the file each was loaded from, or its slug."""
    names = former_paths()
    found = ContentPage.objects.live().child_of(HomePage.objects.get()).order_by("path")
    return {names.get(page.pk, f"pages/{page.slug}").removeprefix("pages/"): page for page in found}


def former_paths() -> dict[int, str]:
    """The content file each page was last loaded from, by the page's id."""
    return dict(ContentFile.objects.order_by("loaded_at", "pk").values_list("page_id", "path"))
