"""One person, planted wherever people/personal_data.yaml says that something about people is kept."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.db import connection, models
from django.utils import timezone

from classes.models import StaffRequirement
from people.declarations import Declared, declared
from people.holdings import Ways, rows
from people.models import AccountMerge, RoleRequest, User
from tests import world

NAME, ADDRESS, USERNAME = "Vũ Bạch Yến Kim", "bach.yen.7731@example.com", "bachyen.7731"
BIRTH_YEAR, IP = 1931, "203.0.113.77"
CANARIES = (NAME, ADDRESS, USERNAME, "vu bach yen kim", IP)
# Every date is later than the one before, as rows that check their order want it.
_days = itertools.count()
TEXT = f"{NAME} ({USERNAME}) viết từ {ADDRESS}"


def make() -> User:
    user = world.make_user(USERNAME, NAME, birth_year=BIRTH_YEAR, last_login=timezone.now())
    User.objects.filter(pk=user.pk).update(email=ADDRESS)
    user.refresh_from_db()
    return user


def plant(user: User) -> list[str]:
    """A row of hers in every declared model, her name in every text that erasure treats. Returns the models planted."""
    session = SessionStore()
    session["_auth_user_id"], session["ip"] = str(user.pk), IP
    session.save()
    for one in declared():
        if one.person[0] not in {"self", "session"}:
            _row_of(one.model, user)
    planted = []
    ways = Ways.of(user)
    for one in declared():
        for row in rows(one, ways):
            _write_over(row, one)
        assert rows(one, ways).exists(), f"{one.label}: no row of hers could be planted; help tests/people/canary.py"
        planted.append(one.label)
    return planted


def _row_of(model: type[models.Model], user: User) -> models.Model:
    """A row of hers, made with whatever it needs; of models without people the first there is."""
    said = next((one for one in declared() if one.label == model._meta.label), None)
    found = rows(said, Ways.of(user)).first() if said else model._base_manager.first()
    if found is None:
        found = model(**{
            field.name: _value(field, user)
            for field in model._meta.concrete_fields
            if not (field.primary_key and field.get_internal_type() != "UUIDField") and not isinstance(field, models.FileField)
        })
        if said and said.person[-1] == "actor":
            found.actor = Ways.of(user).actors[0]
        if isinstance(found, StaffRequirement):
            found.due_at = world.LONG_AGO  # nothing is required without an end
        if isinstance(found, RoleRequest):
            found.decided_by = None  # what she asks for she does not decide
        if isinstance(found, AccountMerge):
            found.closed = world.make_user("tai.khoan.kia", "Đỗ Văn Tám")  # two accounts, never one
        models.Model.save(found, force_insert=True)
    return found


def _value(field: Any, user: User) -> Any:
    if field.is_relation:
        if field.related_model is User:
            return user
        return None if field.null else _row_of(field.related_model, user)
    kind = field.get_internal_type()
    if field.choices:
        return field.choices[0][0]
    if field.has_default() and kind != "UUIDField":
        return field.get_default()
    if field.null:
        return None
    later = world.LONG_AGO + dt.timedelta(days=next(_days))
    plain = {
        "CharField": "x", "TextField": "x", "SlugField": "x", "JSONField": {}, "BooleanField": False, "UUIDField": uuid.uuid4(),
        "DateField": later.date(), "DateTimeField": later, "GenericIPAddressField": IP, "DecimalField": 1,
    }  # fmt: skip
    return plain.get(kind, 1)


def _write_over(row: models.Model, one: Declared) -> None:
    """Her name in every text field that is not kept; a file where files are removed."""
    written: dict[str, Any] = {}
    for name in [*one.treated("scrub"), *one.treated("pseudonymise"), *one.treated("blank"), *one.treated("delete")]:
        field = row._meta.get_field(name)
        kind = field.get_internal_type()
        if one.person[0] in {"self", "session"} or field.is_relation or field.choices or field.unique or kind == "FileField":
            continue
        if kind == "JSONField":
            written[name] = {"text": [TEXT]}
        elif kind == "TextField" or (kind in {"CharField", "SlugField"} and name != "actor"):
            written[name] = (NAME if (field.max_length or 999) < len(TEXT) else TEXT)[: field.max_length]
        elif kind == "GenericIPAddressField":
            written[name] = IP
    type(row)._base_manager.filter(pk=row.pk).update(**written)
    for field in row._meta.local_concrete_fields:
        if isinstance(field, models.FileField) and field.name in [*one.treated("file"), *one.treated("delete")]:
            name = field.storage.save(f"canary/{uuid.uuid4().hex}.txt", ContentFile(TEXT.encode()))
            type(row)._base_manager.filter(pk=row.pk).update(**{field.name: name})


def whereabouts(words: tuple[str, ...] = CANARIES) -> list[str]:
    """Every column of every table of the database in which one of `words` is found, escaped as in JSON or not."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            quote = connection.ops.quote_name
            cursor.execute(f"SELECT * FROM {quote(table)}")
            for values in cursor.fetchall():
                for column, value in zip(columns, values, strict=False):
                    text = str(value).lower()
                    for word in words:
                        escaped = word.encode("ascii", "backslashreplace").decode()
                        if word.lower() in text or escaped.lower() in text:
                            found.append(f"{table}.{column}: {word}")
    return sorted(set(found))
