"""Files sent as answers: kept for good, named by the steps of their question."""

from __future__ import annotations

import datetime as dt
from typing import IO, Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from quizzes import queries, uploads
from quizzes.actions.locks import Closed, lock_slot
from quizzes.kinds.by_hand import file_types
from quizzes.models import AnswerFile, Attempt, Slot
from quizzes.responses import Response, ResponseError

# Changed one's mind so often: enough for anybody, too few to fill a disk.
MOST_SENT = 20


@transaction.atomic
def keep_file(*, attempt: Attempt, position: int, name: str, file: IO[Any], size: int, now: dt.datetime) -> AnswerFile:
    """Keep a file for a question; it counts once a step names it. The same file again is the one that is kept.

    Raises Closed, uploads.UploadRefused, Slot.DoesNotExist.
    """
    slot, _last = lock_slot(attempt, position)
    if not queries.is_running(slot.attempt, now):
        raise Closed(str(attempt.pk))
    types = file_types(slot.version.kind, slot.version.body)
    if not types:
        raise uploads.UploadRefused(_("Câu này không nhận tệp."))
    read = uploads.read(name, file, size, types)
    kept = AnswerFile.objects.filter(slot=slot, sha256=read.sha256, name=read.name).first()
    if kept:
        return kept
    if AnswerFile.objects.filter(slot=slot).count() >= MOST_SENT:
        raise uploads.UploadRefused(_("Bạn đã gửi quá nhiều tệp cho câu này. Hãy dùng một trong các tệp đã gửi."))
    made = AnswerFile(slot=slot, name=read.name, kind=read.kind, size=size, sha256=read.sha256, sent_at=now)
    # By its own id: what somebody called it never becomes a path.
    made.file.save(f"{made.pk}.{read.kind}", ContentFile(read.content), save=False)
    made.save(force_insert=True)
    return made


def check_files(slot: Slot, response: Response) -> None:
    """An answer names only files that were sent to this question. Raises ResponseError."""
    named = response.get("files") or []
    if named and AnswerFile.objects.filter(slot=slot, pk__in=named).count() != len(set(named)):
        raise ResponseError(_("Tệp này chưa gửi xong. Bạn gửi lại tệp."))
