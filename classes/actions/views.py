"""The views of her tables that an officer keeps under a name of her own."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from classes.models import SavedView
from people.models import User
from people.text import nfc

MOST = 30


class NameTaken(Exception):
    """She keeps another view under this name."""


class TooMany(Exception):
    """Nobody finds one among more than thirty."""


@transaction.atomic
def save_view(*, owner: User, name: str, address: str, now: dt.datetime) -> SavedView:
    """`address` as queries.kept_address gives it. Under a name that is hers already, the view is replaced. Raises TooMany."""
    User.objects.select_for_update(of=("self",)).get(pk=owner.pk)
    name = nfc(name)[:80]
    if SavedView.objects.filter(owner=owner).exclude(name=name).count() >= MOST:
        raise TooMany
    kept, _made = SavedView.objects.update_or_create(owner=owner, name=name, defaults={"address": address, "saved_at": now})
    return kept


@transaction.atomic
def rename_view(*, view: SavedView, name: str) -> None:
    """Raises NameTaken."""
    name = nfc(name)[:80]
    if SavedView.objects.filter(owner=view.owner_id, name=name).exclude(pk=view.pk).exists():
        raise NameTaken
    SavedView.objects.filter(pk=view.pk).update(name=name)


@transaction.atomic
def start_with(*, view: SavedView, starts: bool) -> None:
    """The bare start page opens it, and no other one, from now on; or no more."""
    SavedView.objects.filter(owner=view.owner_id, starts=True).update(starts=False)
    if starts:
        SavedView.objects.filter(pk=view.pk).update(starts=True)


@transaction.atomic
def delete_view(*, view: SavedView) -> None:
    SavedView.objects.filter(pk=view.pk).delete()
