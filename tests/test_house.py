"""Rules that hold for the whole house."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
# From bottom to top; pages and lrs stand side by side.
LAYERS = {
    "people": 0, "lrs": 1, "pages": 1, "courses": 2, "quizzes": 3, "classes": 4, "certificates": 5, "reminders": 6, "plans": 7,
    "lms": 8,
}  # fmt: skip


def own_models():
    return [model for label in LAYERS if label != "lms" for model in apps.get_app_config(label).get_models()]


def test_every_relation_points_down():
    """A foreign key written as a string is invisible to the import linter."""
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in own_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model
        for target in [field.related_model._meta.app_label]
        if target in LAYERS
        and target != model._meta.app_label
        and LAYERS[target] >= LAYERS[model._meta.app_label]
    ]
    assert wrong == []


def test_no_model_lacks_its_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_module_is_called_utils_or_helpers():
    names = {"utils", "helpers", "misc", "common"}
    found = [path for label in LAYERS for path in sources(label) if path.stem in names]
    assert found == []


def sources(label):
    return [path for path in (ROOT / label).rglob("*.py") if "migrations" not in path.parts]


@pytest.mark.parametrize("label", LAYERS)
def test_no_signals_of_our_own_and_no_save_overrides(label):
    for path in sources(label):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and "models" in path.parts[-2:][0] + path.name:
                assert "save" not in {part.name for part in node.body if isinstance(part, ast.FunctionDef)}, f"{path}: save()"
            if isinstance(node, ast.ImportFrom):
                assert "signals" not in (node.module or "") or label == "", f"{path}: signal"


@pytest.mark.parametrize("label", LAYERS)
def test_views_are_short(label):
    """A view translates and makes one call: twenty lines of code are enough (docstrings do not count)."""
    for path in [*(ROOT / label).glob("views.py"), *(ROOT / label).glob("views/*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.args.args[:1] and node.args.args[0].arg == "request":
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                assert lines <= 24, f"{path.name}:{node.name} has {lines} lines"


def test_every_setting_that_is_read_is_documented():
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    read = set()
    for path in [*(ROOT / "lms/settings").glob("*.py"), ROOT / "lms/env.py"]:
        read |= set(re.findall(r'env\.(?:text|flag|number|words|database)\("([A-Z_]+)"', path.read_text(encoding="utf-8")))
    read.discard("PYTEST_XDIST_WORKER")
    assert {name for name in read if f"`{name}`" not in text} == set()
    rows = [line.split("|")[1] for line in text.split("|---|---|---|")[1].splitlines() if line.startswith("|")]
    documented = set(re.findall(r"`([A-Z][A-Z_]{3,})`", " ".join(rows)))
    assert documented - read - {"DJANGO_SETTINGS_MODULE", "DATABASE_POOL", "DATABASE_PREPARE"} == set()


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 8


def test_content_files_are_in_one_normal_form():
    import unicodedata

    for path in (ROOT / "content").rglob("*"):
        if path.suffix in {".md", ".yaml", ".svg", ".txt", ".csv"}:
            text = path.read_text(encoding="utf-8")
            assert text == unicodedata.normalize("NFC", text), path


def test_production_refuses_to_start_without_its_secrets(monkeypatch):
    import subprocess
    import sys

    environment = {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "lms.settings.production", "VAR_DIR": str(settings.VAR_DIR)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 and "SECRET_KEY is not set" in done.stderr


def test_production_refuses_demo_people(db, settings):
    from lms.checks import no_demo_people_in_production
    from tests import world

    user = world.make_user("demo", "Người Thử")
    type(user).objects.filter(pk=user.pk).update(is_demo=True)
    assert no_demo_people_in_production(None, databases=["default"]) == []
    settings.DEMO_ALLOWED = False
    assert [error.id for error in no_demo_people_in_production(None, databases=["default"])] == ["lms.E003"]


@pytest.mark.parametrize(("day", "warned"), [((2027, 9, 30), []), ((2027, 10, 1), ["lms.W003"]), ((2028, 1, 2), ["lms.W003"])])
def test_holidays_not_known_yet_are_asked_for_in_time(day, warned, monkeypatch):
    from lms import checks

    monkeypatch.setattr(checks.timezone, "localdate", lambda: dt.date(*day))
    assert [one.id for one in checks.holidays_are_known(None)] == warned


def css_classes(text):
    return {name.replace("\\", "") for name in re.findall(r"\.(-?[_a-zA-Z](?:[\w-]|\\.)*)", text)}


def test_the_purged_bootstrap_holds_every_class_the_templates_use():
    """`make css` rebuilds it; without this a new template would quietly lack its look."""
    whole = css_classes((ROOT / "assets/bootstrap/bootstrap.min.css").read_text(encoding="utf-8"))
    kept = css_classes((ROOT / "static/ui/bootstrap.css").read_text(encoding="utf-8"))
    used = set()
    for path in (ROOT / "templates").rglob("*.html"):
        for names in re.findall(r'class="([^"]*)"', path.read_text(encoding="utf-8")):
            used |= set(re.sub(r"\{[%{].*?[%}]\}", " ", names).split())
    assert sorted((used & whole) - kept) == []
