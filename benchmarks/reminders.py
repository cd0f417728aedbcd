"""What the daily round of reminders costs in a city of so many learners: CPU a thousand people, memory, letters a second.

    python benchmarks/reminders.py [--learners 20000] [--database postgres://…/server]

Every rule is on; letters are written and handed to a channel that takes them and does nothing. The round is worked off by
a process of its own, whose peak memory is the figure. Makes its own city in its own database and takes both away.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.pages import database, environment, make_city, temporary_folder  # noqa: E402


class Nowhere:
    """Takes every letter."""

    def __enter__(self) -> Nowhere:
        return self

    def __exit__(self, *_error: Any) -> None:
        return None

    def send(self, message: Any) -> None:
        return None


def work() -> dict[str, float]:
    import django

    django.setup()
    from django.db import connection
    from django.db.models import F, Value
    from django.db.models.functions import Concat
    from django.utils import timezone

    from people.models import User
    from reminders import actions
    from reminders.judgement import ALWAYS, DEFAULTS
    from reminders.models import Notice, Round, RuleSetting, SendingHours

    def cpu() -> float:
        return time.process_time() + _backends(connection)

    now = timezone.now()
    User.objects.filter(email="").update(email=Concat(F("username"), Value("@example.com")))
    SendingHours.objects.create(opens="00:00", closes="23:59:59", a_day=2)
    for rule, policy in DEFAULTS.items():
        if rule not in ALWAYS:
            RuleSetting.objects.create(rule=rule.value, on_since=now, ahead=policy.ahead, every=policy.every, most=policy.most)
    begun, clock = cpu(), time.monotonic()
    actions.remind(now=now, more=lambda: True)
    rounds = cpu() - begun, time.monotonic() - clock
    whole = Round.objects.get()
    begun, clock = cpu(), time.monotonic()
    sent = actions.deliver(channel=Nowhere(), now=now, more=lambda: True)
    sending = cpu() - begun, time.monotonic() - clock
    return {
        "everybody": User.objects.count(), "people": whole.tally["people"], "letters": whole.tally["letters"],
        "round_cpu": rounds[0], "round_seconds": rounds[1], "sent": sent, "left": Notice.objects.filter(state="owed").count(),
        "sending_cpu": sending[0], "sending_seconds": sending[1],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def _backends(connection: Any) -> float:
    """CPU seconds of the database's own process; none where it is a file."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=20_000)
    parser.add_argument("--database", default="sqlite", help="a PostgreSQL server; without it SQLite in a temporary folder")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work()))
        return
    with temporary_folder() as var, database(given.database, var) as (url, _used):
        env = environment(var, url)
        make_city(env, given.learners)
        done = subprocess.run(
            [sys.executable, __file__, "--work"], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        print(json.dumps(json.loads(done.stdout.strip().splitlines()[-1]), indent=1))


if __name__ == "__main__":
    main()
