"""Pupils sign in with class code, short name and PIN: no e-mail, no user name to copy from a slip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from classes import codes, queries
from classes.actions.members import NotOurAccount
from classes.models import ClassMember, TrainingClass


class WrongPin(Exception):
    """Class code, name and PIN do not belong together. It never says which of them is wrong."""


@dataclass(frozen=True, kw_only=True)
class PinSlip:
    """`pin` is here for once; the database holds only its hash."""

    number: int
    name: str
    pin: str


def set_pins(*, training_class: TrainingClass, members: Iterable[ClassMember]) -> tuple[PinSlip, ...]:
    """New PINs for accounts the class made; the old ones end. Raises NotOurAccount."""
    chosen = list(members)
    if any(one.training_class_id != training_class.pk or not queries.is_our_account(one) for one in chosen):
        raise NotOurAccount
    slips = []
    for member in chosen:
        pin = codes.new_pin()
        member.pin = make_password(pin)
        slips.append(PinSlip(number=member.number, name=member.shown_as, pin=pin))
    with transaction.atomic():
        ClassMember.objects.bulk_update(chosen, ["pin"])
    return tuple(slips)


def member_by_pin(*, code: str, name: str, pin: str) -> ClassMember:
    """The member of an open class. Raises WrongPin, after the same work whatever was wrong."""
    found = [one for one in queries.pin_candidates(code, name) if check_password(pin, one.pin)]
    if len(found) != 1 or not found[0].learner.is_active or not queries.is_our_account(found[0]):
        if not found:
            make_password(pin)
        raise WrongPin
    return found[0]
