"""The gateway to Meta: all that the product knows of Meta's wire is in here, and nothing of the product.

`InstagramClient` and `FacebookClient` call, `types` are what goes in and out, `exceptions` what goes wrong. A call
passes through `client` or `facebook` (over `calling`) → `wire` (HTTP, over `sockets`) → `verdict` (with `envelope`,
`deaths`, `throttle`) or `shapes` and `facebook_shapes`. `observation` tells whoever looks on what each call cost.
"""

from .client import InstagramClient
from .exceptions import (
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Refused,
    TokenDead,
    UnexpectedReply,
)
from .facebook import FacebookClient
from .observation import Exchange, observing
from .redaction import SecretFilter, mask, quiet_http_loggers
from .secret import Secret
from .signed_request import SignedRequest, read_signed_request
from .types import (
    AdAccount,
    AppCredentials,
    Endpoints,
    FacebookEndpoints,
    Inspection,
    LongLivedToken,
    Page,
    Profile,
    ShortLivedToken,
)
from .verdict import is_unknown

__all__ = [
    "AdAccount",
    "AppCredentials",
    "Endpoints",
    "Exchange",
    "FacebookClient",
    "FacebookEndpoints",
    "Inspection",
    "InstagramClient",
    "LongLivedToken",
    "MetaError",
    "MetaRateLimited",
    "MetaTransient",
    "OurMisconfiguration",
    "Page",
    "PermissionMissing",
    "Profile",
    "Refused",
    "Secret",
    "SecretFilter",
    "ShortLivedToken",
    "SignedRequest",
    "TokenDead",
    "UnexpectedReply",
    "is_unknown",
    "mask",
    "observing",
    "quiet_http_loggers",
    "read_signed_request",
]

# HTTP libraries print whole URLs at DEBUG; this must not depend on anybody's logging configuration.
quiet_http_loggers()
