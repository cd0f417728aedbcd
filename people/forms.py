"""Forms of the account pages: allauth's, in the house's words and with one password field that can be read."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account_forms
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.userkit import filter_users_by_username
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.socialaccount.models import SocialLogin
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from people.actions import accounts, identities
from people.consents import ConsentText, current_texts
from people.models import Audience, ConsentPurpose, Organisation, RequestKind, RoleKind, User
from people.oidc import Claims
from people.queries import person_named
from people.text import is_person_name, is_username, nfc

SIGN_UP_KEY = "sign_up"

PASSWORD_HINT = _("Ít nhất 8 ký tự, không chỉ toàn số. Một câu ngắn dễ nhớ là tốt nhất. Bạn dán được vào ô này.")
CODE_HINT = _("Sáu chữ số trong ứng dụng xác thực, hoặc một mã dự phòng.")


class PasswordInput(forms.PasswordInput):
    """With a button beside it that shows what is typed: phones and Vietnamese keyboards make hidden typing a guess."""

    template_name = "people/password_input.html"


class FullNameField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "label": _("Họ và tên"),
                "max_length": 120,
                "error_messages": {"required": _("Viết họ và tên của bạn.")},
                "widget": forms.TextInput(attrs={"autocomplete": "name", "autocapitalize": "words", "spellcheck": "false"}),
                **options,
            }
        )

    def clean(self, value: Any) -> str:
        name = nfc(super().clean(value) or "")
        if name and not is_person_name(name):
            raise forms.ValidationError(
                _("Viết tên bằng chữ, từ 2 đến 120 ký tự. Tên có thể có dấu cách, dấu chấm, gạch nối, không có chữ số.")
            )
        return name


class HouseMixin:
    """Our labels, hints and password field on allauth's forms; one password is typed once, since it can be shown."""

    labels: dict[str, Any] = {}
    hints: dict[str, Any] = {}
    missing: dict[str, Any] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            if isinstance(field.widget, forms.PasswordInput):
                field.widget = PasswordInput(attrs=field.widget.attrs)
                field.help_text = PASSWORD_HINT if name == "password1" else ""
            if name == "code":
                field.widget.attrs.update({"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True})
            field.help_text = self.hints.get(name, field.help_text)
            if name in self.missing:
                field.error_messages["required"] = self.missing[name]


class StartForm(forms.Form):
    """What is asked before anything else, because a child is asked for other consents."""

    birth_year = forms.IntegerField(
        label=_("Bạn sinh năm nào?"),
        help_text=_("Bốn chữ số, ví dụ 1958. Hỏi trước để bảo vệ trẻ em; không hỏi ngày và tháng sinh."),
        error_messages={
            "required": _("Viết năm sinh bằng bốn chữ số, ví dụ 1958."),
            "invalid": _("Viết năm sinh bằng bốn chữ số, ví dụ 1958."),
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4, "autocomplete": "bday-year", "class": "short"}),
    )
    audience = forms.ChoiceField(
        label=_("Bạn học với tư cách nào?"),
        choices=Audience.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Chọn một mục. Đổi lại được sau.")},
    )

    def clean_birth_year(self) -> int:
        year = self.cleaned_data["birth_year"]
        if not 1900 <= year <= timezone.localdate().year:
            raise forms.ValidationError(
                _("Năm sinh phải từ 1900 đến %(year)s. Xem lại bốn chữ số bạn vừa gõ."),
                params={"year": str(timezone.localdate().year)},
            )
        return year


class NameForm(forms.Form):
    full_name = FullNameField(help_text=_("Giấy xác nhận đã cấp vẫn giữ tên cũ."))


class NewPasswordForm(forms.Form):
    """The password of an account that was opened by an organisation; the person sets it as she takes the account over."""

    password = forms.CharField(
        label=_("Mật khẩu mới"), strip=False, max_length=128, help_text=PASSWORD_HINT,
        widget=PasswordInput(attrs={"autocomplete": "new-password"}), error_messages={"required": _("Đặt một mật khẩu.")},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password


class ActivationForm(NewPasswordForm):
    """Both words from the paper, and a password."""

    username = forms.CharField(
        label=_("Tên đăng nhập"), max_length=150, help_text=_("In trên giấy của bạn, ví dụ an.482137."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Gõ tên đăng nhập in trên giấy.")},
    )  # fmt: skip
    code = forms.CharField(
        label=_("Mã nhận tài khoản"), max_length=40,
        help_text=_("Ví dụ m7kp-42xh-9qwe. Viết hoa hay thường, có gạch hay không đều được."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Gõ mã in trên giấy.")},
    )  # fmt: skip
    field_order = ("username", "code", "password")


class ReasonForm(forms.Form):
    """Why something is done to somebody else's account. It is kept, and she reads it."""

    reason = forms.CharField(
        label=_("Lý do"),
        max_length=200,
        help_text=_("Ví dụ: mất điện thoại, đã gặp trực tiếp và nhận ra nhau. Người ấy đọc được dòng này trong thư."),
        error_messages={"required": _("Viết lý do, một câu là đủ.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return nfc(self.cleaned_data["reason"])


class MergeForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("Ví dụ: đã gọi điện, chị nói cả hai đều của chị. Người ấy đọc được dòng này.")


class GrantForm(ReasonForm):
    """Whom, what, where. Both names are exact, because a search would show who has an account."""

    person = forms.CharField(
        label=_("Giao cho ai?"),
        max_length=254,
        help_text=_("Tên đăng nhập hoặc thư điện tử, viết đầy đủ."),
        error_messages={"required": _("Viết tên đăng nhập hoặc thư điện tử.")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=_("Vai trò"), choices=RoleKind.choices)
    place = forms.CharField(
        label=_("Mã cơ quan"),
        max_length=40,
        help_text=_("Vai trò có hiệu lực ở cơ quan này và mọi đơn vị bên dưới. Ví dụ: SNV"),
        error_messages={"required": _("Viết mã cơ quan.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["person", "kind", "place", "reason"]

    def __init__(self, *args: Any, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.giver = giver
        self.fields["reason"].help_text = _("Ví dụ: Quyết định số 12/QĐ ngày 01/12/2026.")

    def clean_person(self) -> User:
        found = person_named(nfc(self.cleaned_data["person"]))
        if found is None:
            raise forms.ValidationError(_("Không có tài khoản nào tên như vậy. Xem lại từng chữ."))
        return found

    def clean_place(self) -> Organisation:
        found = Organisation.objects.visible_to(self.giver).filter(code=nfc(self.cleaned_data["place"])).first()
        if found is None:
            raise forms.ValidationError(_("Không có cơ quan nào mang mã này trong phạm vi của bạn."))
        return found


class ConsentsForm(forms.Form):
    """What whoever opens an account agrees to; under 16 a guardian too. `begin` first: it knows who is under 16."""

    birth_year: int
    audience: str
    minor: bool

    def begin(self, *, birth_year: int, audience: str) -> None:
        self.birth_year, self.audience = birth_year, audience
        self.minor = User(birth_year=birth_year, audience=audience).is_minor(timezone.localdate())
        if self.minor:
            self.fields["guardian_name"] = FullNameField(
                label=_("Họ và tên cha, mẹ hoặc người giám hộ"),
                widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "words", "spellcheck": "false"}),
                error_messages={"required": _("Nhờ cha, mẹ hoặc người giám hộ tự viết tên vào đây.")},
            )
        for purpose, text in self.consent_texts().items():
            binding = not text.optional
            self.fields[f"consent_{purpose}"] = forms.BooleanField(
                label=format_html('<span lang="vi">{}</span>', text.title),
                required=binding,
                help_text=self._consent_hint(purpose, binding),
                error_messages={"required": self._consent_error(purpose)},
            )

    def consent_texts(self) -> dict[str, ConsentText]:
        return {purpose: text for purpose, text in current_texts().items() if self.minor or purpose != ConsentPurpose.GUARDIAN}

    def own_consents(self) -> list[tuple[forms.BoundField, ConsentText]]:
        return [(self[f"consent_{text.purpose}"], text) for text in self.consent_texts().values() if text.purpose != "guardian"]

    def guardian_consent(self) -> tuple[forms.BoundField, ConsentText] | None:
        text = self.consent_texts().get(ConsentPurpose.GUARDIAN)
        return (self["consent_guardian"], text) if text else None

    @staticmethod
    def _consent_hint(purpose: str, binding: bool) -> Any:
        if purpose == ConsentPurpose.GUARDIAN:
            return _("Cha, mẹ hoặc người giám hộ đọc và chọn mục này.")
        if binding:
            return _("Bắt buộc để có tài khoản. Không đồng ý, bạn vẫn học được như khách.")
        return _("Không bắt buộc")

    @staticmethod
    def _consent_error(purpose: str) -> Any:
        if purpose == ConsentPurpose.GUARDIAN:
            return _("Dưới 16 tuổi cần cha, mẹ hoặc người giám hộ đồng ý. Chưa có thì em vẫn học được bằng mã lớp.")
        return _("Chưa chọn mục này thì chưa mở được tài khoản. Bạn vẫn học được như khách, không cần tài khoản.")

    def consents(self) -> dict[str, str]:
        """Each purpose agreed to, to who agreed."""
        data: dict[str, Any] = self.cleaned_data
        return {
            purpose: data["guardian_name"] if purpose == ConsentPurpose.GUARDIAN else ""
            for purpose in self.consent_texts()
            if data[f"consent_{purpose}"]
        }


class SignupForm(ConsentsForm, HouseMixin, account_forms.SignupForm):
    """The details. Needs the answers of StartForm in the session; who has none is sent there by the adapter."""

    labels = {
        "email": _("Địa chỉ thư điện tử"),
        "username": _("Tên đăng nhập"),
        "password1": _("Mật khẩu"),
    }
    hints = {
        "email": _("Để đăng nhập và lấy lại mật khẩu."),
        "username": _("Từ 3 đến 30 ký tự: chữ thường không dấu, chữ số, dấu chấm, gạch nối. Ví dụ: an.nguyen58"),
    }
    missing = {"password1": _("Đặt một mật khẩu.")}
    field_order = ["full_name", "email", "username", "password1"]
    full_name = FullNameField(help_text=_("Viết như bạn muốn thấy trên giấy xác nhận. Đổi lại được sau."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        start = context.request.session.get(SIGN_UP_KEY, {})
        # One of the two is needed; the fold below the address says so, "not required" beside both would not.
        for name in ("email", "username"):
            self.fields[name].template_name = "people/either_field.html"  # type: ignore[attr-defined]
        self.fields["username"].required = False
        self.fields["username"].widget.attrs.update({"maxlength": 30, "autocapitalize": "none", "spellcheck": "false"})
        self.fields["email"].widget.attrs.update({"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"})
        self.begin(birth_year=start.get("birth_year", 0), audience=start.get("audience", Audience.PUBLIC))

    def clean_username(self) -> str:
        username = nfc(self.cleaned_data["username"]).lower()
        if username and not is_username(username):
            raise forms.ValidationError(
                _("Dùng từ 3 đến 30 ký tự: chữ thường không dấu, chữ số, dấu chấm, gạch nối hoặc gạch dưới, không có dấu cách.")
            )
        if username and filter_users_by_username(username).exists():
            raise forms.ValidationError(_("Tên này đã có người dùng. Thử thêm vài chữ số, ví dụ năm sinh."))
        return username

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not {"email", "username"} & set(self.errors) and not (
            self.cleaned_data.get("email") or self.cleaned_data.get("username")
        ):
            self.add_error("email", _("Viết địa chỉ thư điện tử, hoặc chọn một tên đăng nhập ở ngay bên dưới."))
        return self.cleaned_data

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        try:
            return super().try_save(request)
        except accounts.UsernameTaken:
            # Somebody was quicker between our look and our write.
            messages.error(request, _("Tên đăng nhập vừa có người khác chọn. Chọn tên khác rồi thử lại."))
            return None, redirect("account_signup")

    def save(self, request: HttpRequest) -> User:
        data = self.cleaned_data
        user = accounts.register_account(
            full_name=data["full_name"],
            username=data.get("username", ""),
            email=data.get("email", ""),
            password=data["password1"],
            birth_year=self.birth_year,
            audience=self.audience,
            consents=self.consents(),
            channel="web",
            now=timezone.now(),
        )
        request.session.pop(SIGN_UP_KEY, None)
        return user


class NationalSignupForm(ConsentsForm):
    """Who comes from the national sign-in for the first time. What the provider says of her birth it is asked no more."""

    full_name = FullNameField(help_text=_("Viết như bạn muốn thấy trên giấy xác nhận. Đổi lại được sau."))

    def __init__(self, *args: Any, sociallogin: SocialLogin, **kwargs: Any) -> None:
        self.sociallogin, self.claims = sociallogin, Claims.of(sociallogin.state["claims"])
        kwargs["initial"] = {"full_name": self.claims.full_name}
        super().__init__(*args, **kwargs)
        start = context.request.session.get(SIGN_UP_KEY, {})
        self.begin(
            birth_year=self.claims.birth_year or start.get("birth_year", 0), audience=start.get("audience", Audience.PUBLIC)
        )

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """As allauth asks for it: the account, or where to go instead."""
        try:
            user = identities.register(
                full_name=self.cleaned_data["full_name"], birth_year=self.birth_year, audience=self.audience,
                consents=self.consents(), provider=self.sociallogin.account.provider, claims=self.claims, now=timezone.now(),
            )  # fmt: skip
        except identities.BelongsToAnother:
            # A second window was quicker: the account is there.
            messages.info(request, _("Tài khoản của bạn đã có rồi. Mời bạn đăng nhập."))
            return None, redirect("account_login")
        self.sociallogin.user = user
        request.session.pop(SIGN_UP_KEY, None)
        record_authentication(request, user, "national", acr=self.claims.acr)
        return user, None


class LoginForm(HouseMixin, account_forms.LoginForm):
    labels = {
        "login": _("Thư điện tử hoặc tên đăng nhập"),
        "password": _("Mật khẩu"),
        "remember": _("Nhớ tôi trên máy này"),
    }
    hints = {"remember": _("Đừng chọn nếu đây là máy dùng chung.")}
    missing = {"login": _("Viết thư điện tử hoặc tên đăng nhập của bạn."), "password": _("Gõ mật khẩu của bạn.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs.update(
            {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": 254}
        )

    def clean_login(self) -> str:
        return nfc(self.cleaned_data["login"]).lower()

    def user_credentials(self) -> dict[str, Any]:
        """An address is never a username here. Trying it as both would check the password twice for known people
        and once for unknown ones, and so tell them apart by the time it takes (security V5)."""
        credentials = super().user_credentials()
        if "email" in credentials:
            credentials.pop("username", None)
        return credentials


class ResetPasswordForm(HouseMixin, account_forms.ResetPasswordForm):
    labels = {"email": _("Địa chỉ thư điện tử")}
    hints = {"email": _("Địa chỉ bạn đã dùng khi đăng ký.")}
    missing = {"email": _("Viết địa chỉ thư điện tử của bạn.")}


class ResetPasswordKeyForm(HouseMixin, account_forms.ResetPasswordKeyForm):
    labels = {"password1": _("Mật khẩu mới")}


class ChangePasswordForm(HouseMixin, account_forms.ChangePasswordForm):
    labels = {"oldpassword": _("Mật khẩu đang dùng"), "password1": _("Mật khẩu mới")}


class SetPasswordForm(HouseMixin, account_forms.SetPasswordForm):
    labels = {"password1": _("Mật khẩu mới")}


class AddEmailForm(HouseMixin, account_forms.AddEmailForm):
    labels = {"email": _("Địa chỉ thư điện tử mới")}
    hints = {"email": _("Chúng tôi gửi một thư tới địa chỉ này. Địa chỉ đổi khi bạn mở liên kết trong thư.")}
    missing = {"email": _("Viết địa chỉ thư điện tử mới.")}

    def save(self, request: HttpRequest) -> EmailAddress:
        """allauth would drop an address that a roster wrote and nobody proved before the new one is proven."""
        address = accounts.await_address(user=self.user, email=self.cleaned_data["email"])
        send_verification_email_to_address(request, address)
        return address


class ReauthenticateForm(HouseMixin, account_forms.ReauthenticateForm):
    labels = {"password": _("Mật khẩu")}


class AuthenticateForm(HouseMixin, mfa_forms.AuthenticateForm):
    labels = {"code": _("Mã xác thực")}
    hints = {"code": CODE_HINT}


class ReauthenticateCodeForm(HouseMixin, mfa_forms.ReauthenticateForm):
    labels = {"code": _("Mã xác thực")}
    hints = {"code": CODE_HINT}


class ActivateTOTPForm(HouseMixin, totp_forms.ActivateTOTPForm):
    labels = {"code": _("Mã xác thực")}
    hints = {"code": _("Sáu chữ số ứng dụng đang hiện.")}


class RequestLoginCodeForm(HouseMixin, account_forms.RequestLoginCodeForm):
    labels = {"email": _("Địa chỉ thư điện tử")}
    hints = {"email": _("Địa chỉ bạn đã dùng khi đăng ký.")}
    missing = {"email": _("Viết địa chỉ thư điện tử của bạn.")}


class ConfirmLoginCodeForm(HouseMixin, account_forms.ConfirmLoginCodeForm):
    labels = {"code": _("Mã trong thư")}
    hints = {"code": _("Sáu chữ số.")}


class AddPasskeyForm(HouseMixin, webauthn_forms.AddWebAuthnForm):
    labels = {"name": _("Tên khóa"), "passwordless": _("Đăng nhập bằng khóa này thay mật khẩu")}
    hints = {
        "name": _("Để nhận ra sau này. Ví dụ: điện thoại của tôi."),
        "passwordless": _("Bỏ chọn nếu chỉ dùng khóa làm bước thứ hai."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True


class RenamePasskeyForm(HouseMixin, webauthn_forms.EditWebAuthnForm):
    labels = {"name": _("Tên khóa")}
    missing = {"name": _("Viết một cái tên.")}


class FileRequestForm(forms.Form):
    """What somebody asks about her own data."""

    kind = forms.ChoiceField(
        label=_("Bạn muốn gì?"),
        choices=RequestKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Chọn một điều bạn muốn.")},
    )
    words = forms.CharField(
        label=_("Nói rõ thêm, nếu cần"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Ví dụ: tên tôi viết sai dấu. Đừng ghi mật khẩu hay số căn cước vào đây."),
    )


class AnswerForm(forms.Form):
    """What whoever handles a request does and says. `step` names the button."""

    answer = forms.CharField(
        label=_("Lời trả lời cho người yêu cầu"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Gia hạn hoặc từ chối thì phải ghi lý do. Người yêu cầu đọc lời này trong thư và trên trang của họ."),
    )
    full_name = FullNameField(label=_("Họ và tên đúng"), required=False)
    birth_year = forms.IntegerField(label=_("Năm sinh đúng"), required=False, min_value=1900)
    sure = forms.BooleanField(label=_("Tôi đã kiểm tra đúng là người đó yêu cầu. Xóa rồi không lấy lại được."), required=False)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind != RequestKind.CORRECT:
            del self.fields["full_name"], self.fields["birth_year"]
        if kind != RequestKind.ERASE:
            del self.fields["sure"]

    def clean_birth_year(self) -> int | None:
        year = self.cleaned_data["birth_year"]
        if year and year > timezone.localdate().year:
            raise forms.ValidationError(_("Năm sinh không thể ở sau năm nay."))
        return year

    def clean(self) -> dict[str, Any]:
        super().clean()
        step = self.data.get("step")
        if step in {"extend", "refuse"} and not self.cleaned_data.get("answer"):
            self.add_error("answer", _("Ghi lý do, để người yêu cầu hiểu."))
        if step == "fulfil" and "sure" in self.fields and not self.cleaned_data.get("sure"):
            self.add_error("sure", _("Kiểm tra rồi chọn ô này trước khi xóa."))
        return self.cleaned_data
