"""The desk's own password rule, beside those of Django that the settings name."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError


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
