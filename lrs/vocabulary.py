"""The verbs, activity types and extensions we emit, by their published IRIs (cmi5, ADL, TinCan registry, TLA)."""

from __future__ import annotations

from typing import Final, NamedTuple


class Term(NamedTuple):
    iri: str
    vi: str
    en: str


REGISTERED: Final = Term("http://adlnet.gov/expapi/verbs/registered", "đã ghi danh", "registered")
UNREGISTERED: Final = Term("http://id.tincanapi.com/verb/unregistered", "đã rút", "unregistered")
ASSIGNED: Final = Term("https://w3id.org/xapi/tla/verbs/assigned", "đã giao", "assigned")
WAS_ASSIGNED: Final = Term("https://w3id.org/xapi/tla/verbs/was-assigned", "được giao", "was assigned")
ATTENDED: Final = Term("http://adlnet.gov/expapi/verbs/attended", "đã dự", "attended")
EXPERIENCED: Final = Term("http://adlnet.gov/expapi/verbs/experienced", "đã xem", "experienced")
PROGRESSED: Final = Term("http://adlnet.gov/expapi/verbs/progressed", "đã tiến thêm", "progressed")
ANSWERED: Final = Term("http://adlnet.gov/expapi/verbs/answered", "đã trả lời", "answered")
ATTEMPTED: Final = Term("http://adlnet.gov/expapi/verbs/attempted", "đã làm", "attempted")
COMPLETED: Final = Term("http://adlnet.gov/expapi/verbs/completed", "đã hoàn thành", "completed")
PASSED: Final = Term("http://adlnet.gov/expapi/verbs/passed", "đã đạt", "passed")
FAILED: Final = Term("http://adlnet.gov/expapi/verbs/failed", "chưa đạt", "failed")
EARNED: Final = Term("http://id.tincanapi.com/verb/earned", "đã nhận", "earned")
ABANDONED: Final = Term("https://w3id.org/xapi/adl/verbs/abandoned", "đã bỏ dở", "abandoned")
WAIVED: Final = Term("https://w3id.org/xapi/adl/verbs/waived", "được công nhận", "waived")
VOIDED: Final = Term("http://adlnet.gov/expapi/verbs/voided", "đã hủy", "voided")

COURSE: Final = "http://adlnet.gov/expapi/activities/course"
LESSON: Final = "http://adlnet.gov/expapi/activities/lesson"
ASSESSMENT: Final = "http://adlnet.gov/expapi/activities/assessment"
INTERACTION: Final = "http://adlnet.gov/expapi/activities/cmi.interaction"
CERTIFICATE: Final = "https://www.opigno.org/en/tincan_registry/activity_type/certificate"
MEETING: Final = "http://adlnet.gov/expapi/activities/meeting"
GROUP: Final = "http://activitystrea.ms/schema/1.0/group"

MOVE_ON: Final = "https://w3id.org/xapi/cmi5/context/categories/moveon"
# Why something was waived; the values are those of cmi5 §9.5.5.2.
REASON: Final = "https://w3id.org/xapi/cmi5/result/extensions/reason"
PROGRESS: Final = "https://w3id.org/xapi/cmi5/result/extensions/progress"
ATTEMPT_ID: Final = "http://id.tincanapi.com/extension/attempt-id"
CERTIFICATE_LOCATION: Final = "http://id.tincanapi.com/extension/jws-certificate-location"
BUILDER: Final = "https://w3id.org/xapi/openedx/extension/transformer-version"
