"""The cast and the little world every test starts from. See docs/tests.md for who is who."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from xdist.scheduler import LoadScopeScheduling

from tests import world

# Playwright's sync API keeps an event loop in this thread; the ORM is called beside it, never inside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# The same examples in every run: a gate that is red by chance teaches nobody. --hypothesis-profile default looks for new ones.
# A busy machine draws slowly: that is no failure.
hypothesis.settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))


def pytest_configure(config: pytest.Config) -> None:
    """On SQLite every worker starts from one migrated file, copied: migrating takes 15 s, copying 5 ms."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(settings.VAR_DIR / f"test-{worker}.sqlite3")


class BrowserTogether(LoadScopeScheduling):
    """One worker drives the browser, because its site takes a minute to set up; every other test goes where there is room.

    xdist's own groups do not work with this pytest: it marks a test by a name that pytest no longer reads back.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BrowserTogether:
    return BrowserTogether(config, log)


def _template() -> Path:
    base = Path(settings.BASE_DIR)
    digest = hashlib.sha256()
    for path in sorted([*base.glob("*/migrations/*.py"), base / "requirements.txt", base / "lms/settings/base.py"]):
        digest.update(path.read_bytes())
    return Path(settings.VAR_DIR) / f"template-{digest.hexdigest()[:16]}.sqlite3"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None) -> Iterator[None]:
    if connection.vendor != "sqlite":
        with django_db_blocker.unblock():
            old = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        yield
        with django_db_blocker.unblock():
            connection.creation.destroy_test_db(old, verbosity=0)
        return
    target = Path(connection.settings_dict["TEST"]["NAME"])
    template = _template()
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = str(target)
        for leftover in target.parent.glob(f"{target.name}*"):
            leftover.unlink()
        if not template.exists():
            building = target.with_suffix(".building")
            building.unlink(missing_ok=True)
            connection.settings_dict["NAME"] = str(building)
            call_command("migrate", verbosity=0)
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            building.replace(template)
            for leftover in building.parent.glob(f"{building.name}-*"):
                leftover.unlink()
            connection.settings_dict["NAME"] = str(target)
        shutil.copy(template, target)
    yield
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    world.empty_cache()
    yield
    world.empty_cache()


@pytest.fixture(autouse=True)
def _whole_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "force_login", world.log_in_whole)


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture
def city(db: None) -> SimpleNamespace:
    """city → dept, ward → (its clinic), other_ward, school_office → school, other_school."""
    return world.make_city()


@pytest.fixture
def an(db: None) -> Any:
    """A learner from the public, 70 years old, member of nothing."""
    return world.make_user("an", "Nguyễn Thị An", birth_year=1956)


@pytest.fixture
def binh(city: SimpleNamespace) -> Any:
    """A teacher of `school`."""
    return world.make_teacher("binh", "Trần Văn Bình", city.school)


@pytest.fixture
def chi(city: SimpleNamespace) -> Any:
    """An officer over `ward` and what lies under it."""
    return world.make_officer("chi", "Lê Thị Chi", city.ward)


@pytest.fixture
def dung(city: SimpleNamespace) -> Any:
    """The owner of the programme, for the whole city."""
    return world.make_owner("dung", "Phạm Quốc Dũng", city.city)


@pytest.fixture
def outsider(city: SimpleNamespace) -> Any:
    """Officer of `other_ward` and teacher of `other_school`: has rights, but none here."""
    user = world.make_officer("khanh", "Vũ Minh Khánh", city.other_ward)
    world.grant(user, "teacher", city.other_school)
    return user


@pytest.fixture
def course(db: None) -> SimpleNamespace:
    """A published course: page, lessons (two, the first with a question), quiz (5 of 8 questions, pass at 7)."""
    return world.make_course("CD-T", "Khóa thử")
