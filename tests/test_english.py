"""The English edition is complete: each message has its English, and the account pages show no Vietnamese."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_translations import BRAND, VIETNAMESE, catalogues, pages


def test_every_message_of_ours_is_in_the_catalogue_with_its_english() -> None:
    assert [line for line in catalogues.problems() if not line.startswith("not compiled")] == []


@pytest.mark.django_db
def test_the_account_pages_show_no_vietnamese_to_an_english_reader(an: Any) -> None:
    an.full_name = an.name_folded = "nguyen thi an"
    an.save()
    for name, text in pages("en", an):
        left = [word for word in text.replace(BRAND, "").split() if VIETNAMESE.search(word)]
        assert left == [], name
