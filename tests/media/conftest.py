"""Proxies of the real test videos, each made once for all tests."""

import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from heaters.media.proxy.single_pass import ProxyPass, make_proxy
from heaters.media.source.probe import probe


@pytest.fixture(scope="session")
def proxy_of() -> Iterator[Callable[[Path], ProxyPass]]:
    """Makes each proxy once; all are removed at the end."""
    with tempfile.TemporaryDirectory() as base:

        @cache
        def make(path: Path) -> ProxyPass:
            return make_proxy(path, probe(path), folder=Path(tempfile.mkdtemp(dir=base)))

        yield make
