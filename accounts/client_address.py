"""Who is asking, by network address: one answer for rate limits, the list of sessions and everything else."""

from __future__ import annotations

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

# What stands where no address is known, as behind a socket file: all of them are counted as one.
UNKNOWN = "0.0.0.0"  # noqa: S104
# A household or office has one network of this size; whoever is in it may take any address of it at any time.
IPV6_NETWORK = 64
WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+")


def client_ip(request: HttpRequest) -> str:
    """The address of whoever asks, as `TRUSTED_PROXY_COUNT` lets it be known.

    Each of our own proxies adds the address that it was called from at the right of `X-Forwarded-For`: with two of
    them the second from the right was written by ours, whatever else stands before it was claimed by the caller.
    A header with fewer entries did not come through all of them and counts for nothing.
    """
    trusted: int = settings.TRUSTED_PROXY_COUNT
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    forwarded = _address(hops[-trusted]) if 0 < trusted <= len(hops) else ""
    return forwarded or _address(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


def network_of(ip: str) -> str:
    """What a limit is counted for: the address itself, of IPv6 its /64."""
    address = ipaddress.ip_address(ip)
    if address.version == 4:
        return ip
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK), strict=False))


def _address(text: str) -> str:
    """The plain address in what a proxy wrote, without a port, brackets or zone; empty where it is none."""
    text = text.strip()
    if found := WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
