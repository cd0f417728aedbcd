"""Every field that says something about a person is declared, and the register says what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from lms.celery import app
from people import declarations


def test_every_field_about_people_is_declared() -> None:
    gaps = declarations.undeclared()
    assert not gaps, "\n" + "\n".join(gaps)


def test_the_register_is_what_the_declarations_say() -> None:
    kept = (Path(settings.BASE_DIR) / "docs" / "personal-data.md").read_text(encoding="utf-8")
    assert kept == declarations.register(), "run manage.py personal_data"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("people.User", "birth_year"), ("people.Consent", "given_by"), ("courses.Completion", "completed_at"),
        ("certificates.Certificate", "full_name"), ("wagtailcore.Comment", "text"), ("classes.ClassMember", "learner"),
    ],
)  # fmt: skip
def test_a_field_nobody_declared_is_named_with_the_line_to_add(label: str, name: str, monkeypatch: Any) -> None:
    raw = declarations._raw()
    for key in (*declarations.TREATMENTS, "plain"):
        if name in raw["models"][label].get(key, ()):
            del raw["models"][label][key][name]
    monkeypatch.setattr(declarations, "_raw", lambda: raw)
    (gap,) = declarations.undeclared()
    assert gap.startswith(f"{label}.{name} is not declared. In people/personal_data.yaml, under `models:` → `{label}:`")
    assert f'`{name}: "' in gap


def test_a_whole_model_nobody_declared_is_named_with_its_first_lines(monkeypatch: Any) -> None:
    raw = declarations._raw()
    del raw["models"]["people.Membership"], raw["models"]["plans.Target"]
    monkeypatch.setattr(declarations, "_raw", lambda: raw)
    gaps = declarations.undeclared()
    assert "people.Membership begins with the lines `people.Membership:`, `title: …`, `category: …` and `person: user`." in gaps
    assert any("add `plans.Target: {plain: [deadline, quote, source, note]}`" in gap for gap in gaps)


def test_what_is_declared_and_is_not_there_is_named(monkeypatch: Any) -> None:
    raw = declarations._raw()
    raw["models"]["people.Ghost"] = {"plain": ["name"]}
    raw["models"]["people.Consent"]["keep"]["shoe_size"] = "cỡ giày | size of shoes"
    monkeypatch.setattr(declarations, "_raw", lambda: raw)
    gaps = declarations.undeclared()
    assert "people.Ghost is declared, but there is no such model: take it out of personal_data.yaml." in gaps
    assert "people.Consent.shoe_size is declared, but there is no such field." in gaps


def test_every_retention_has_a_sweep_that_runs_or_says_who_sees_to_it() -> None:
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    used = {one.category.key for one in declarations.declared()}
    for key, category in declarations.categories().items():
        assert set(category.sweeps) <= scheduled, key
        assert category.kept.vi and category.enforced.vi and category.enforced.en != category.enforced.vi, key
        assert key in used, f"nothing is of the category {key}"
    by_hand = {key for key, category in declarations.categories().items() if not category.sweeps}
    assert by_hand == {"place", "learning", "certificate", "duty"}, "say in decision 0024 why"
