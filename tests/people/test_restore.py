"""Who was erased stays erased when a real backup is really restored."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from people.actions import privacy
from people.models import User
from tests import world
from tests.people import canary


@pytest.fixture
def committed(tmp_path: Path, django_db_setup: Any, django_db_blocker: Any) -> Iterator[None]:
    """A database that really keeps what is written, as it was before afterwards: a backup cannot be taken within a
    transaction that is rolled back."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        dump(tmp_path / "before")
        try:
            yield
        finally:
            restore(tmp_path / "before")
            connection.close()


def dump(to: Path) -> None:
    if connection.vendor == "sqlite":
        with sqlite3.connect(to) as copy:
            connection.connection.backup(copy)
        return
    _client("pg_dump", "--data-only", "--disable-triggers", "--exclude-table=django_migrations", "--file", str(to))


def restore(source: Path) -> None:
    if connection.vendor == "sqlite":
        with sqlite3.connect(source) as copy:
            copy.backup(connection.connection)
        return
    with connection.cursor() as cursor:
        tables = [table for table in connection.introspection.table_names(cursor) if table != "django_migrations"]
        cursor.execute("TRUNCATE " + ", ".join(connection.ops.quote_name(table) for table in tables) + " CASCADE")
    _client("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(source))


def _client(program: str, *words: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    said = connection.settings_dict
    where = ["--host", said["HOST"], "--port", str(said["PORT"] or 5432), "--username", said["USER"], "--dbname", said["NAME"]]
    env = {**os.environ, "PGPASSWORD": said["PASSWORD"] or ""}
    subprocess.run([program, *where, *words], check=True, capture_output=True, env=env)


def test_a_restored_backup_forgets_again_whom_the_ledger_names(committed: None, tmp_path: Path, now: Any) -> None:
    city = world.make_city()
    world.make_course("CD-T", "Khóa thử")
    world.make_teacher("binh", "Trần Văn Bình", city.school)
    yen, other = canary.make(), world.make_user("khac", "Người Khác")
    world.join(yen, city.clinic)
    canary.plant(yen)
    dump(tmp_path / "backup")
    privacy.erase_person(user=yen, reason="Người học yêu cầu", by=None, now=now)
    assert canary.whereabouts() == []

    restore(tmp_path / "backup")
    assert canary.whereabouts(), "the backup brought her back"
    call_command("erase_person", again=True)
    assert canary.whereabouts() == []
    assert User.objects.get(pk=other.pk).full_name == "Người Khác"
    call_command("erase_person", again=True)
    assert canary.whereabouts() == []
