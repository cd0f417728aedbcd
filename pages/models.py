"""The public site, and what all pages share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from pages.blocks import COMMON
from people.text import fold


class BasePage(Page):
    """What every page of the site has. `search_folded` is what the search looks in."""

    show_in_menus_default = False
    # A part of a course says which kind it is; other pages have none.
    part_kind: ClassVar[str] = ""

    search_fields: ClassVar[list[Any]] = [*Page.search_fields, index.SearchField("search_folded", boost=1)]

    class Meta:
        abstract = True

    def search_text(self) -> str:
        return self.title

    def search_folded(self) -> str:
        """Title and text without Vietnamese marks: no search back end finds "tri tue" in "trí tuệ" by itself."""
        return fold(self.search_text())


class HomePage(BasePage):
    headline = models.CharField(_("câu chính"), max_length=120)
    headline_second = models.CharField(_("câu thứ hai"), max_length=120, blank=True)
    lead = models.TextField(_("lời dẫn"))
    first_lesson = models.ForeignKey(
        Page, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("bài mở đầu")
    )

    max_count = 1
    template = "pages/home.html"
    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("headline"),
        FieldPanel("headline_second"),
        FieldPanel("lead"),
        FieldPanel("first_lesson"),
    ]

    class Meta:
        verbose_name = _("trang chủ")

    def search_text(self) -> str:
        return f"{self.headline} {self.headline_second} {self.lead}"


class ContentPage(BasePage):
    """Help, accessibility statement, privacy, how we count."""

    lead = models.TextField(_("lời dẫn"), blank=True)
    body = StreamField(COMMON, verbose_name=_("nội dung"), blank=True)

    parent_page_types: ClassVar[list[str]] = ["pages.HomePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "pages/content.html"
    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]

    class Meta:
        verbose_name = _("trang nội dung")

    def search_text(self) -> str:
        texts = (" ".join(block.block.get_searchable_content(block.value)) for block in self.body)
        return " ".join([self.title, self.lead, *texts])


class ContentFile(models.Model):
    """Which content file a page was loaded from, and what the file said then."""

    path = models.CharField(max_length=255, unique=True)
    digest = models.CharField(max_length=64)
    page = models.ForeignKey(Page, models.CASCADE, related_name="+")
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.path
