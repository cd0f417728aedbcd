"""What the house knows about people, as declared in personal_data.yaml: read, checked against the models, written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.conf import settings
from django.db.models import Field, Model
from django.utils.translation import get_language

FILE = Path(__file__).with_name("personal_data.yaml")
TREATMENTS = ("delete", "blank", "pseudonymise", "scrub", "file", "keep")
# Ways from a row to its person that no look-up of the ORM can say.
SPECIAL = {"self", "actor", "session", "object"}
_KEYS = {"title", "category", "person", "merge", "plain", "secret", *TREATMENTS}
MERGING = {"moves", "stays", "ends"}
_MERGE_OPTIONS = {"taken", "ends", "number", "clears"}
_TEXT = {"CharField", "TextField", "SlugField", "JSONField", "FileField", "GenericIPAddressField", "BinaryField"}


@dataclass(frozen=True)
class Wording:
    """One sentence in both languages."""

    vi: str
    en: str

    @classmethod
    def read(cls, text: str) -> Wording:
        vi, _bar, en = text.partition(" | ")
        return cls(vi, en or vi)

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.vi


@dataclass(frozen=True)
class Category:
    key: str
    title: Wording
    purpose: Wording
    basis: Wording
    readers: Wording
    kept: Wording
    # Who sees to it that nothing is kept longer, and by which sweeps of lms.celery; none: a person, as `enforced` says.
    enforced: Wording
    sweeps: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """One field that says something about a person, and what erasure does with it."""

    name: str
    what: Wording
    erasure: str
    secret: bool


@dataclass(frozen=True)
class Declared:
    """One model that holds something about people."""

    label: str
    title: Wording
    category: Category
    person: tuple[str, ...]
    fields: tuple[Kept, ...]
    merge: dict[str, str]

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.label)

    @property
    def goes(self) -> bool:
        """Erasure deletes the row."""
        return any(field.erasure == "delete" for field in self.fields)

    def treated(self, erasure: str) -> list[str]:
        return [field.name for field in self.fields if field.erasure == erasure]


def _raw() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


@cache
def categories() -> dict[str, Category]:
    return {
        key: Category(
            key=key, sweeps=tuple(said["sweeps"]),
            **{name: Wording.read(text) for name, text in said.items() if name != "sweeps"},
        )  # fmt: skip
        for key, said in _raw()["categories"].items()
    }


@cache
def declared() -> tuple[Declared, ...]:
    """The models that hold something about people, in the order of the file. Models that are not installed are left out."""
    return tuple(_declared(label, said) for label, said in _raw()["models"].items() if "person" in said and _installed(label))


def _installed(label: str) -> bool:
    return any(model._meta.label == label for model in _models())


def _models() -> Iterator[type[Model]]:
    """Every model with a table of its own, those behind many-to-many fields and of other people's apps as well."""
    found = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy)
    # The search index holds published pages alone, and its tables go by the database.
    return (model for model in found if model._meta.app_label != "wagtailsearch")


def _declared(label: str, said: dict[str, Any]) -> Declared:
    ways = said["person"]
    secret = set(said.get("secret", ()))
    return Declared(
        label=label,
        title=Wording.read(said["title"]),
        category=categories()[said["category"]],
        person=(ways,) if isinstance(ways, str) else tuple(ways),
        fields=tuple(
            Kept(name=name, what=Wording.read(what), erasure=treatment, secret=name in secret)
            for treatment, named in said.items()
            if treatment in TREATMENTS
            for name, what in named.items()
        ),
        merge=said.get("merge", {}),
    )


# --- what is not declared -----------------------------------------------------------------------------------------------


def undeclared() -> list[str]:
    """What the file does not say about the models, and what it says about fields there are not: a line to add for each."""
    raw = _raw()["models"]
    found: list[str] = []
    for model in _models():
        found += _gaps(model, raw)
    known = {model._meta.label: model for model in _models()}
    for label, said in raw.items():
        found += _contradictions(label, said, known)
    return found


def _fields(model: type[Model]) -> list[Field]:
    return list(model._meta.local_concrete_fields)


def _names_a_person(field: Field) -> bool:
    return field.related_model is not None and field.related_model._meta.label == settings.AUTH_USER_MODEL


def _about_people(model: type[Model], raw: dict[str, Any]) -> bool:
    """It is the person, points at one, or at a row that is one person's: a fact of that row is a fact about her."""
    if model._meta.label == settings.AUTH_USER_MODEL or any(_names_a_person(field) for field in _fields(model)):
        return True
    return any(
        field.related_model is not None and _one_persons(raw.get(field.related_model._meta.label, {})) for field in _fields(model)
    )


def _one_persons(said: dict[str, Any]) -> bool:
    return "person" in said and said["category"] != "duty"


def _gaps(model: type[Model], raw: dict[str, Any]) -> list[str]:
    label = model._meta.label
    said = raw.get(label, {})
    known = {name for key in (*TREATMENTS, "plain") for name in said.get(key, ())}
    about = _about_people(model, raw)
    wanted = [field for field in _fields(model) if about or (field.get_internal_type() in _TEXT and not field.choices)]
    lacking = [field.name for field in wanted if field.name not in known]
    found = []
    if lacking and about:
        found += [
            f"{label}.{name} is not declared. In {FILE.relative_to(settings.BASE_DIR)}, under `models:` → `{label}:`, add "
            f'under one of {", ".join(f"`{one}:`" for one in TREATMENTS)} the line `{name}: "điều đó là gì | what it is"`, '
            f"or `{name}` to its list `plain:` if it says nothing about anybody."
            for name in lacking
        ]
        if not said:
            way = next((field.name for field in _fields(model) if _names_a_person(field)), "the__way__to_the_person")
            found.append(f"{label} begins with the lines `{label}:`, `title: …`, `category: …` and `person: {way}`.")
    said_of = said.get("merge", {})
    found += [
        f"{label}.{field.name} names a person: say in `merge: {{{field.name}: …}}` whether it moves, stays or ends when two "
        f"accounts are merged."
        for field in _fields(model)
        if _names_a_person(field) and said_of.get(field.name) not in MERGING
    ]
    if lacking and not about:
        found.append(
            f"{label} has text that nobody declared. In {FILE.relative_to(settings.BASE_DIR)}, under `models:`, add "
            f"`{label}: {{plain: [{', '.join(lacking)}]}}`, or declare it like people.Consent if it may hold a person's data."
        )
    return found


def _contradictions(label: str, said: dict[str, Any], known: dict[str, type[Model]]) -> list[str]:
    if label not in known:
        return [f"{label} is declared, but there is no such model: take it out of {FILE.name}."]
    found = [f"{label}: `{key}` is no key of {FILE.name}." for key in said if key not in _KEYS]
    names = [name for key in (*TREATMENTS, "plain") for name in said.get(key, ())]
    real = {field.name for field in _fields(known[label])}
    names += [name for name in said.get("merge", ()) if name not in _MERGE_OPTIONS and name not in names]
    found += [f"{label}.{name} is declared, but there is no such field." for name in names if name not in real]
    found += [f"{label}.{name} is declared twice." for name in sorted({one for one in names if names.count(one) > 1})]
    if any(said.get(key) for key in TREATMENTS) and not {"title", "category", "person"} <= set(said):
        found.append(f"{label} holds personal fields: it needs the lines `title: …`, `category: …` and `person: …`.")
    if said.get("delete") and any(said.get(key) for key in TREATMENTS if key not in {"delete", "file", "scrub"}):
        found.append(f"{label}: where the row is deleted, what is personal stands under `delete:`, texts may under `scrub:`.")
    return found


# --- the page of the register -------------------------------------------------------------------------------------------


def _sweeps(category: Category) -> str:
    return f" ({', '.join(f'`{name}`' for name in category.sweeps)})" if category.sweeps else ""


def register() -> str:
    """docs/personal-data.md: every category and every field, in English."""
    lines = [
        "# Personal data",
        "",
        "Written by `manage.py personal_data` from `people/personal_data.yaml`; do not edit. A test fails on a field of a",
        "person that is not declared there. What erasure does: decision 0018.",
        "",
    ]
    by_category: dict[str, list[Declared]] = {}
    for one in declared():
        by_category.setdefault(one.category.key, []).append(one)
    for key, category in categories().items():
        lines += [
            f"## {category.title.en}", "",
            "| | |", "|---|---|",
            f"| purpose | {category.purpose.en} |",
            f"| legal basis | {category.basis.en} |",
            f"| who reads it | {category.readers.en} |",
            f"| kept | {category.kept.en} |",
            f"| enforced | {category.enforced.en}{_sweeps(category)} |",
            "", "| field | what it is | on erasure |", "|---|---|---|",
        ]  # fmt: skip
        for one in by_category.get(key, []):
            lines += [f"| `{one.label}.{field.name}` | {field.what.en} | {field.erasure} |" for field in one.fields]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
