"""Meta's error bodies."""

from typing import Any

# As sent by api.instagram.com for a code that was used.
USED_CODE = "Matching code was not found or was already used"
TROUBLE = "Error validating access token: "


def graph(code: Any, message: str = "Something is wrong.", subcode: Any = None, **more: Any) -> dict[str, Any]:
    extra = more if subcode is None else {"error_subcode": subcode, **more}
    return {
        "error": {
            "message": message,
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "AbC_d-1234567890",
            **extra,
        }
    }


def flat(message: str, code: Any = 400) -> dict[str, Any]:
    return {"error_type": "OAuthException", "code": code, "error_message": message}
