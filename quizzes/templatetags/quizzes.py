"""What quiz templates read: the reader's panel on the quiz page, question text, times of day."""

from __future__ import annotations

import datetime as dt
import html
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

from quizzes import queries, rendering

register = template.Library()


@register.simple_tag(takes_context=True)
def quiz_panel(context: dict[str, Any], page: Any) -> queries.Panel:
    """Rules and attempts for the reader of a quiz page."""
    return queries.panel(quiz=page, user=context["request"].user, now=timezone.now())


def _address(name: str) -> str:
    return reverse("quizzes:media", args=[name])


@register.filter
def inline(text: str) -> SafeString:
    """Markdown of a question, each paragraph as a line of its own: a legend may hold no paragraphs."""
    return mark_safe(rendering.inline(text, _address))  # noqa: S308  rendering lets no HTML through


@register.filter
def phrase(text: str) -> SafeString:
    """One paragraph of Markdown, as an option has."""
    return mark_safe(rendering.phrase(text, _address))  # noqa: S308


@register.filter
def passage(text: str) -> SafeString:
    """Markdown between two gaps: what stands before and after stays on its line."""
    return mark_safe(rendering.passage(text, _address))  # noqa: S308


@register.filter
def medium(reference: str) -> str:
    """The address of `media:NAME`."""
    return _address(reference.removeprefix("media:"))


@register.filter
def clock(moment: dt.datetime | None) -> str:
    """The time of day, 09:41, in the city."""
    return f"{timezone.localtime(moment):%H:%M}" if moment else ""


@register.filter
def minutes_left(seconds: int) -> str:
    """Minutes and seconds, 07:24; hours are told in minutes, 90:00."""
    return f"{seconds // 60:02}:{seconds % 60:02}"


@register.filter
def plain(text: str) -> str:
    """The words of a question's Markdown, for a line in a list."""
    return html.unescape(strip_tags(rendering.inline(text, _address)))


@register.filter
def indent(depth: int) -> str:
    """What stands before a name in a tree: a list to choose from knows no other way."""
    return "— " * depth


@register.filter
def points(value: Decimal) -> str:
    """As people write it, without idle zeros: 1,5."""
    return f"{value.normalize():f}".replace(".", ",")


@register.filter
def marked_name(slot: Any) -> str:
    """Whose answer it is, as a marker may know it."""
    return queries.name_of(slot)


@register.filter
def level_chosen(form: Any, place: int) -> str:
    """The level of a criterion that stands in a form of marks."""
    value = form[f"level-{place}"].value()
    return "" if value is None else str(value)
