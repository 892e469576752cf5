"""The headers under which the site and the API are served, on AWS and on one machine alike. Names no domain."""

from collections.abc import Iterable, Mapping

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Every answer has these, and a content security policy."""

FOR_EVER = "public, max-age=31536000, immutable"
ASKED_EACH_TIME = "no-cache"
COMPRESSED_FROM_BYTES = 1024
"""Answers of the API that are shorter are not worth it."""

HASHED_FOLDER = "assets"
"""Names of files in this folder follow from their content, so FOR_EVER suits them; ASKED_EACH_TIME the others."""


def content_security_policy(*, media: Iterable[str] = (), services: Iterable[str] = ()) -> str:
    """Nothing but the site's own files; pictures, clips and ranges from `media`; requests to `services` too."""
    own, from_media = ["'self'"], list(media)
    directives = {
        "default-src": ["'none'"],
        "script-src": own,
        "style-src": own,
        "img-src": [*own, "blob:", *from_media],
        "media-src": [*own, "blob:", *from_media],
        "connect-src": [*own, *from_media, *services],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())
