"""A submitted URL reaches the public internet and nothing else."""

from collections.abc import Sequence

import pytest

from heaters.domain.errors import BlockedAddress, InvalidJob, SourceUnavailable
from heaters.media.download.addresses import AddressPolicy, Resolve, check_url

INSIDE = (
    "0.0.0.0",  # noqa: S104 - an address to refuse, not to listen on
    "127.0.0.1", "127.8.8.8", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "169.254.170.2",
    "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:0a00:0001::", "64:ff9b:1::a00:1", "fec0::1", "::127.0.0.1", "::ffff:0:10.0.0.1",
    "2001::1", "2001:db8::1", "100::1", "5f00::1", "192.0.0.192", "::ffff:192.0.0.192", "192.88.99.1",
    "168.63.129.16", "3fff::1",
)  # fmt: skip


def at(*addresses: str) -> Resolve:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_the_network_is_blocked(address: str) -> None:
    with pytest.raises(BlockedAddress):
        check_url("https://videos.example/a.mp4", AddressPolicy(), resolve=at(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
)
def test_a_public_address_is_allowed(address: str) -> None:
    (found,) = check_url("https://videos.example/a.mp4", AddressPolicy(), resolve=at(address))
    assert str(found) == address


def test_one_inner_address_among_public_ones_blocks_the_host() -> None:
    with pytest.raises(BlockedAddress, match=r"videos\.example is at 10\.1\.2\.3"):
        check_url("http://videos.example/", AddressPolicy(), resolve=at("93.184.215.14", "10.1.2.3"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_loopback_in_any_spelling_is_blocked(host: str) -> None:
    with pytest.raises(BlockedAddress):
        check_url(f"http://{host}:8000/a.mp4", AddressPolicy())


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_loopback_is_open_where_the_policy_says_so(host: str) -> None:
    assert check_url(f"http://{host}:8000/a.mp4", AddressPolicy(allow_loopback=True))


def test_allowing_loopback_opens_nothing_else() -> None:
    with pytest.raises(BlockedAddress):
        check_url(
            "http://metadata.example/", AddressPolicy(allow_loopback=True), resolve=at("169.254.169.254")
        )


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://host/a", "data:video/mp4;base64,AA", "gopher://host/", "x"]
)
def test_only_http_and_https_are_fetched(url: str) -> None:
    with pytest.raises(BlockedAddress, match="only http and https"):
        check_url(url, AddressPolicy())


@pytest.mark.parametrize("url", ["http://", "https:///path", "http://[::1", "http://host:99999/"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidJob):
        check_url(url, AddressPolicy())


def test_a_name_without_an_address_is_unavailable() -> None:
    with pytest.raises(SourceUnavailable, match="no address"):
        check_url("http://nowhere.example/", AddressPolicy(), resolve=at())


def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    with pytest.raises(SourceUnavailable, match=r"nowhere\.example cannot be found"):
        check_url("http://nowhere.example/", AddressPolicy(), resolve=resolve)
