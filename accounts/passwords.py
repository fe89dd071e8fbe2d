"""The desk's own entries among the password rules that the settings name."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from accounts.services.passwords import end_all_sessions


class MixedCharactersValidator:
    """Asks for an upper-case letter, a lower-case letter and a digit."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        needed = {
            "an upper-case letter": any(character.isupper() for character in password),
            "a lower-case letter": any(character.islower() for character in password),
            "a digit": any(character.isdigit() for character in password),
        }
        absent = [name for name, there in needed.items() if not there]
        if absent:
            raise ValidationError(f"This password needs {', '.join(absent)}.", code="password_not_mixed")

    def get_help_text(self) -> str:
        return "Your password must contain an upper-case letter, a lower-case letter and a digit."


class NewPasswordEndsSessions:
    """Refuses nothing: Django tells each rule once a password has changed, whoever changed it, and not of a rehash."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Every password will do."""

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if isinstance(user, User):
            end_all_sessions(user, now=timezone.now())

    def get_help_text(self) -> str:
        return "A new password logs its person out everywhere."
