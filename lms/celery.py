"""The Celery application and the whole beat schedule: every sweep that looks for what is owed."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.local")

app = Celery("lms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "certificates.issue": {"task": "certificates.issue", "schedule": 30.0},
    "certificates.render": {"task": "certificates.render", "schedule": 60.0},
    "classes.close_over": {"task": "classes.close_over", "schedule": crontab(minute="7,37")},
    "classes.count_agencies": {"task": "classes.count_agencies", "schedule": 30.0},
    "classes.forget_completions": {"task": "classes.forget_completions", "schedule": crontab(minute=50)},
    "classes.work_lists": {"task": "classes.work_lists", "schedule": 10.0},
    "classes.forget_lists": {"task": "classes.forget_lists", "schedule": crontab(minute=50)},
    "classes.mail": {"task": "classes.mail", "schedule": 60.0},
    "classes.purge": {"task": "classes.purge", "schedule": crontab(hour=3, minute=30)},
    "lrs.deliver": {"task": "lrs.deliver", "schedule": 30.0},
    "quizzes.close_overdue": {"task": "quizzes.close_overdue", "schedule": 60.0},
    "quizzes.forget_files": {"task": "quizzes.forget_files", "schedule": crontab(minute=25)},
    "quizzes.refresh_pools": {"task": "quizzes.refresh_pools", "schedule": 60.0},
    "quizzes.regrade": {"task": "quizzes.regrade", "schedule": 30.0},
    "people.work_rosters": {"task": "people.work_rosters", "schedule": 10.0},
    "people.send_activations": {"task": "people.send_activations", "schedule": 30.0},
    "people.ask_guardians": {"task": "people.ask_guardians", "schedule": 30.0},
    "people.forget_rosters": {"task": "people.forget_rosters", "schedule": crontab(minute=20)},
    "people.tell": {"task": "people.tell", "schedule": 60.0},
    "people.forget_sessions": {"task": "people.forget_sessions", "schedule": crontab(hour=2, minute=40)},
    "people.answer_requests": {"task": "people.answer_requests", "schedule": 60.0},
    "people.forget_readings": {"task": "people.forget_readings", "schedule": crontab(hour=3, minute=20)},
    "people.purge": {"task": "people.purge", "schedule": crontab(hour=3, minute=40)},
    "people.tell_unused": {"task": "people.tell_unused", "schedule": crontab(minute=50)},
    "people.finish_merges": {"task": "people.finish_merges", "schedule": crontab(hour=3, minute=40)},
    "people.erase_owed": {"task": "people.erase_owed", "schedule": 60.0},
    "reminders.remind": {"task": "reminders.remind", "schedule": 60.0},
    "reminders.tell_certificates": {"task": "reminders.tell_certificates", "schedule": 300.0},
    "reminders.send": {"task": "reminders.send", "schedule": 60.0},
    "reminders.forget": {"task": "reminders.forget", "schedule": crontab(hour=3, minute=50)},
    "plans.measure": {"task": "plans.measure", "schedule": crontab(minute="*/15")},
}
