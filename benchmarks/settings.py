"""The site as on one's own machine, with one bare view beside it to compare with."""

from __future__ import annotations

from lms.settings.local import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
