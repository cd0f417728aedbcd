"""Bringing content files into pages. Loading twice changes nothing; an editor's later work is never overwritten."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
from enum import Enum
from typing import Any

from django.db import transaction
from wagtail.models import Page, Site

from pages.models import ContentFile, ContentPage, HomePage
from pages.queries import says


class Loaded(Enum):
    MADE = "made"
    CHANGED = "changed"
    SAME = "same"
    KEPT = "kept"  # an editor has changed the page since; the file was not loaded over it


@transaction.atomic
def load_page(
    *, kind: type[Page], parent: Page, slug: str, fields: dict[str, Any], path: str, now: dt.datetime, force: bool = False
) -> tuple[Page, Loaded]:
    """Make or update the child `slug` of `parent` from a content file, and publish it.

    `path` names the file (or the set of files) and is what "unchanged" is judged by; a page that says what the file says
    is the same, whoever wrote it. With `force` the file wins over an editor's change.
    """
    # StreamField writes ids into what it is given; the caller's data must stay as the file said it.
    fields = copy.deepcopy(fields)
    digest = hashlib.sha256(json.dumps([slug, fields], sort_keys=True, default=str).encode()).hexdigest()
    page = kind.objects.child_of(parent).filter(slug=slug).first()
    known = ContentFile.objects.filter(path=path).first()
    if page and known and known.digest == digest:
        return page, Loaded.SAME
    if page and says(page, fields):
        _note_file(path, digest, page, now)
        return page, Loaded.SAME
    if page and not force and _edited(page, known):
        return page, Loaded.KEPT
    if page is None:
        # treebeard keeps the number of children on the object it is asked through: read it again
        page = Page.objects.get(pk=parent.pk).specific.add_child(instance=kind(slug=slug, live=False, **fields))
        result = Loaded.MADE
    else:
        for name, value in fields.items():
            setattr(page, name, value)
        result = Loaded.CHANGED
    page.save_revision(clean=True).publish()
    _note_file(path, digest, page, now)
    return kind.objects.get(pk=page.pk), result


def _note_file(path: str, digest: str, page: Page, now: dt.datetime) -> None:
    ContentFile.objects.update_or_create(path=path, defaults={"digest": digest, "page_id": page.pk, "loaded_at": now})


def _edited(page: Page, known: ContentFile | None) -> bool:
    """Whether an editor has worked on the page since page and file last said the same."""
    last = page.latest_revision
    if last is None or last.user_id is None:
        return False
    return known is None or page.has_unpublished_changes or last.created_at > known.loaded_at


@transaction.atomic
def ensure_home(*, now: dt.datetime) -> HomePage:
    """The home page as root of the default site; Wagtail's welcome page goes."""
    home = HomePage.objects.first()
    if home:
        return home
    root = Page.get_first_root_node()
    Page.objects.filter(depth=2, slug="home").delete()
    home = Page.objects.get(pk=root.pk).add_child(
        instance=HomePage(
            title="Học AI", slug="home", headline="Hiểu AI trong mười phút.", headline_second="Không cần tài khoản.",
            lead="Khóa học miễn phí của Thành phố cho mọi người: chữ to, bài ngắn, điện thoại nào cũng xem được.",
        )  # fmt: skip
    )
    home.save_revision().publish()
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "port": 80, "root_page": home, "site_name": "Học AI"}
    )
    Site.clear_site_root_paths_cache()
    return home


def load_content_page(
    *, home: HomePage, slug: str, title: str, lead: str, body: list[dict[str, Any]], path: str, now: dt.datetime, force: bool
) -> tuple[Page, Loaded]:
    fields = {"title": title, "lead": lead, "body": body}
    return load_page(kind=ContentPage, parent=home, slug=slug, fields=fields, path=path, now=now, force=force)


@transaction.atomic
def set_first_lesson(*, home: HomePage, lesson: Page | None) -> None:
    """Where the home page's start button leads; left alone when an editor has chosen."""
    home = HomePage.objects.get(pk=home.pk)  # pages were added under it since: saving the old object would lose them
    if lesson is None or home.first_lesson_id:
        return
    home.first_lesson = Page.objects.get(pk=lesson.pk)
    home.save_revision().publish()
