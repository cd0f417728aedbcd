"""System checks: what would otherwise be found out in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connection
from django.db.utils import DatabaseError
from django.utils import timezone

from people import clocks


@register(Tags.security, deploy=True)
def production_is_safe(app_configs: Any, **kwargs: Any) -> list[Error | Warning]:
    found: list[Error | Warning] = []
    if settings.DEMO_ALLOWED:
        found.append(Error("The demo city is allowed here.", hint="Use lms.settings.production.", id="lms.E001"))
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            Warning(
                "SQLite is the pilot edition: at most about 30 people in a quiz at once.",
                hint="Set DATABASE_URL to PostgreSQL.", id="lms.W001",
            )  # fmt: skip
        )
    if not settings.REDIS_URL:
        found.append(
            Warning("Without REDIS_URL every process has its own cache and its own rate limits.", id="lms.W002")
        )
    if "example" in settings.XAPI_HOME:
        found.append(
            Error(
                "XAPI_HOME is still the example.", id="lms.E002",
                hint="It is the root of every activity and actor for ever; set it before the first learner comes.",
            )  # fmt: skip
        )
    return found


@register(deploy=True)
def holidays_are_known(app_configs: Any, **kwargs: Any) -> list[Warning]:
    """The days by which requests must be answered leave out public holidays; from October on those of next year are needed."""
    today = timezone.localdate()
    needed = today.year + (today.month >= 10)
    if clocks.known_until() >= needed:
        return []
    hint = "Add them to the file people/clocks.py reads, as announced by the government."
    return [Warning(f"The public holidays of {needed} are not known.", hint=hint, id="lms.W003")]


@register(Tags.database)
def no_demo_people_in_production(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[Error]:
    """Demo accounts have passwords that are printed; a site that may not have them must not have them."""
    if settings.DEMO_ALLOWED or not databases:
        return []
    from people.models import User

    try:
        if User._meta.db_table not in connection.introspection.table_names():
            return []
        demo = User.objects.filter(is_demo=True, is_active=True).count()
    except DatabaseError:
        return []
    hint = "Remove them: manage.py setup_demo --remove"
    return [Error(f"{demo} demo accounts exist and can sign in.", hint=hint, id="lms.E003")] if demo else []
