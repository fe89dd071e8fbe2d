"""Rows of accounts: people (user, session, password reset, share) and money (trading account, credential, transfer)."""

from accounts.models.credentials import Credential
from accounts.models.resets import PasswordResetRequest
from accounts.models.sessions import UserSession
from accounts.models.shares import Share
from accounts.models.trading_accounts import TradingAccount
from accounts.models.transfers import Book, Transfer, TransferKind
from accounts.models.users import Role, User

__all__ = [
    "Book",
    "Credential",
    "PasswordResetRequest",
    "Role",
    "Share",
    "TradingAccount",
    "Transfer",
    "TransferKind",
    "User",
    "UserSession",
]
