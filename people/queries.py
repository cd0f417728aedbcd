from __future__ import annotations

from people.models import Membership, Organisation, User


def role_kinds(user: User) -> set[str]:
    """The kinds of roles `user` holds anywhere now. One query, kept on the user object."""
    if not hasattr(user, "_role_kinds"):
        user._role_kinds = set(user.roles.current().values_list("kind", flat=True))  # type: ignore[attr-defined]
    return set(user._role_kinds)  # type: ignore[attr-defined]


def home_organisations(user: User) -> tuple[Organisation | None, Organisation | None]:
    """The organisation to freeze on what the user does now, and the ward it lies under, if it does.

    With several memberships the one that began first is home.
    """
    membership = (
        Membership.objects.current().filter(user=user).select_related("organisation").order_by("since", "pk").first()
    )
    if membership is None:
        return None, None
    home = membership.organisation
    if home.kind in {"ward", "commune", "special_zone"}:
        return home, home
    steps = [home.path[:length] for length in range(Organisation.steplen, len(home.path), Organisation.steplen)]
    ward = Organisation.objects.filter(path__in=steps, kind__in={"ward", "commune", "special_zone"}).first()
    return home, ward
