"""One-time codes by the clock (RFC 6238), through pyotp; a code is taken once."""

from __future__ import annotations

import pyotp

STEP_S = 30
"""RFC 6238, section 4.1: the default time step."""


def new_secret() -> str:
    """A fresh secret of 160 bits in Base32, as authenticator programs take it (RFC 4226, section 4, R6)."""
    return pyotp.random_base32()


def address_of(secret: str, name: str) -> str:
    """The ``otpauth://`` address that authenticator programs read."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Witnessmark")


def matching_step(secret: str, code: str, now_s: float, after_step: int) -> int | None:
    """The time step a code belongs to, one to either side of now at most; None when it is wrong or was used.

    Parameters
    ----------
    secret : str
        Base32.
    code : str
    now_s : float
        Seconds since 1970.
    after_step : int
        Codes of this step and before are used up.
    """
    totp = pyotp.TOTP(secret)
    digits = "".join(code.split())
    for step in range(int(now_s) // STEP_S - 1, int(now_s) // STEP_S + 2):
        if step > after_step and pyotp.utils.strings_equal(totp.generate_otp(step), digits):
            return step
    return None
