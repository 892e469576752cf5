"""The only way from yt-dlp to the network: http and https, each connection to an address that was checked.

Every request of yt-dlp (page, redirect, manifest, key, fragment, file) goes through one handler; no proxy, no
websocket, no other library and no external program can take its place. Never decides what is downloaded.
"""

import functools
import http.client
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin
from urllib.request import HTTPCookieProcessor, HTTPDefaultErrorHandler, HTTPErrorProcessor, OpenerDirector

import yt_dlp
from yt_dlp.networking import Request, RequestDirector, Response
from yt_dlp.networking._urllib import HTTPHandler, RedirectHandler, UrllibRH
from yt_dlp.networking.exceptions import RequestError

from heaters.domain.errors import BlockedAddress
from heaters.media.download.addresses import check_scheme
from heaters.media.download.connections import Connect


class CheckedDownloader(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """yt-dlp, bound to `connect`. `blocked` is the first address that was refused, if one was."""

    def __init__(self, options: Mapping[str, Any], connect: Connect) -> None:
        self.connect = connect
        self.blocked: BlockedAddress | None = None
        super().__init__({**options, "proxy": "", "enable_file_urls": False})

    def build_request_director(self, _handlers: object, _preferences: object = None) -> RequestDirector:
        """One handler and no other, whatever is installed or comes with a plugin."""
        director = super().build_request_director([functools.partial(CheckedRH, downloader=self)])
        assert list(director.handlers) == [CheckedRH.RH_KEY]
        return director

    def dl(self, *_arguments: object, **_options: object) -> None:
        """Downloaders are chosen by us: yt-dlp's own choice includes external programs."""
        raise NotImplementedError


class CheckedRH(UrllibRH):  # type: ignore[misc]  # yt-dlp has no types
    """yt-dlp's handler on Python's own HTTP client, with checked connections and nothing but http and https.

    A refused address ends the request with an error that yt-dlp does not try again.
    """

    _SUPPORTED_URL_SCHEMES = ("http", "https")
    _SUPPORTED_PROXY_SCHEMES = ()

    def __init__(self, *, downloader: CheckedDownloader, **settings: Any) -> None:
        super().__init__(**{**settings, "enable_file_urls": False})
        self._downloader = downloader

    def _validate(self, request: Request) -> None:
        self._noticing(check_scheme, request.url)
        super()._validate(request)

    def _send(self, request: Request) -> Response:
        return self._noticing(super()._send, request)

    def _noticing(self, do: Any, subject: Any) -> Any:
        try:
            return do(subject)
        except BlockedAddress as exc:
            self._downloader.blocked = self._downloader.blocked or exc
            raise RequestError(str(exc), cause=exc) from exc

    def _create_instance(
        self, *, cookiejar: Any, legacy_ssl_support: bool | None = None, **_proxies: object
    ) -> OpenerDirector:
        """What urllib may use: without the openers of proxies, FTP, data and files."""
        opener = OpenerDirector()
        context = self._make_sslcontext(legacy_ssl_support=legacy_ssl_support)
        for handler in (
            _CheckedHTTP(self._downloader.connect, context=context),
            _CheckedRedirects(),
            HTTPCookieProcessor(cookiejar),
            HTTPDefaultErrorHandler(),
            HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        opener.addheaders = []
        return opener


class _CheckedHTTP(HTTPHandler):  # type: ignore[misc]  # yt-dlp has no types
    """Names and certificates stay the host's; only the address comes from the check."""

    def __init__(self, connect: Connect, **settings: Any) -> None:
        super().__init__(**settings)
        self._connect = connect

    def http_open(self, request: Any) -> Any:
        return self.do_open(functools.partial(self._open, http.client.HTTPConnection), request)

    def https_open(self, request: Any) -> Any:
        return self.do_open(
            functools.partial(self._open, http.client.HTTPSConnection), request, context=self._context
        )

    def _open(self, kind: Any, *arguments: Any, **settings: Any) -> http.client.HTTPConnection:
        connection: Any = kind(*arguments, **settings)
        connection._create_connection = self._connect
        return connection  # type: ignore[no-any-return]  # of either kind


class _CheckedRedirects(RedirectHandler):  # type: ignore[misc]  # yt-dlp has no types
    """Python itself would follow a redirect to ftp."""

    def http_error_302(self, request: Any, response: Any, code: int, reason: str, headers: Any) -> Any:
        target = headers.get("location") or headers.get("uri") or ""
        check_scheme(urljoin(request.full_url, target))
        return super().http_error_302(request, response, code, reason, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
