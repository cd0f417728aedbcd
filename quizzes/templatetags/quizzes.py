"""What quiz templates read: the reader's panel on the quiz page, question text, times of day."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from quizzes import queries

register = template.Library()

# No raw HTML: what it makes is safe to show.
_markdown = MarkdownIt("commonmark", {"html": False}).disable("image")


@register.simple_tag(takes_context=True)
def quiz_panel(context: dict[str, Any], page: Any) -> queries.Panel:
    """Rules and attempts for the reader of a quiz page."""
    return queries.panel(quiz=page, user=context["request"].user, now=timezone.now())


@register.filter
def inline(text: str) -> SafeString:
    """Markdown of a question, each paragraph as a line of its own: a legend may hold no paragraphs."""
    parts = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    return mark_safe("".join(f'<span class="d-block">{_markdown.renderInline(part)}</span>' for part in parts))  # noqa: S308


@register.filter
def clock(moment: dt.datetime | None) -> str:
    """The time of day, 09:41, in the city."""
    return f"{timezone.localtime(moment):%H:%M}" if moment else ""


@register.filter
def minutes_left(seconds: int) -> str:
    """Minutes and seconds, 07:24; hours are told in minutes, 90:00."""
    return f"{seconds // 60:02}:{seconds % 60:02}"
