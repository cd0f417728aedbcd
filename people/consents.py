"""The texts people consent to, kept as reviewable files in content/consents/<purpose>.v<version>.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.conf import settings

from people.models import ConsentPurpose


@dataclass(frozen=True)
class ConsentText:
    """One version of one purpose's text. The words are Vietnamese, whatever the language of the page around them."""

    purpose: str
    version: str
    required: bool
    title: str
    paragraphs: tuple[str, ...]

    @property
    def optional(self) -> bool:
        """May be given and withdrawn on the account page. A guardian's is given by her own link or on paper."""
        return not self.required and self.purpose != ConsentPurpose.GUARDIAN


def read(path: Path) -> ConsentText:
    _nothing, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    front = yaml.safe_load(head)
    return ConsentText(
        purpose=ConsentPurpose(front["purpose"]),
        version=str(front["version"]),
        required=bool(front["required"]),
        title=front["title"],
        paragraphs=tuple(part.strip() for part in body.split("\n\n") if part.strip()),
    )


@cache
def current_texts() -> dict[str, ConsentText]:
    """By purpose, in the order they are asked, the newest version of each. Read once a process."""
    newest: dict[str, ConsentText] = {}
    for path in (settings.BASE_DIR / "content" / "consents").glob("*.md"):
        text = read(path)
        kept = newest.get(text.purpose)
        if kept is None or int(text.version) > int(kept.version):
            newest[text.purpose] = text
    return {purpose: newest[purpose] for purpose in ConsentPurpose.values if purpose in newest}
