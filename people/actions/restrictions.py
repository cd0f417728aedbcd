"""The use of somebody's data is held back, and let go again (Nghị định 356/2025/NĐ-CP, Điều 5; decision 0024)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from people.models import Consent, ConsentPurpose, DataRequest, Restriction, User


@transaction.atomic
def restrict(*, person: User, request: DataRequest | None, now: dt.datetime) -> Restriction:
    """From now on her data is kept and used for her own learning alone; what was optional ends. Twice, the first one stands."""
    held, _made = Restriction.objects.get_or_create(person=person, until=None, defaults={"since": now, "request": request})
    Consent.objects.filter(user=person, withdrawn_at=None, purpose=ConsentPurpose.RESEARCH).update(withdrawn_at=now)
    return held


@transaction.atomic
def lift_restriction(*, person: User, now: dt.datetime) -> bool:
    """By the person herself, whose right it is. What she agreed to before does not come back by itself."""
    return bool(Restriction.objects.current().filter(person=person).update(until=now))
