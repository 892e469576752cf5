"""The public port: who may ask for what, and under which name."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

from local_cloud.aws.cognito import SignIn
from local_cloud.aws.front import Front, Refusal
from local_cloud.machine.http_server import HttpServer
from local_cloud.machine.settings import LocalCloudError
from local_cloud.web.public_port import PublicPort

FRONT = Front(
    headers={"X-Frame-Options": "DENY"},
    cache_control={"": "no-cache", "assets": "immutable"},
    not_signed_in=Refusal(status=401, body='{"error": {"code": "NotSignedIn"}}', headers={"X-From": "front"}),
)


class Backstage:
    """Stands behind the port and says what reached it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.seen.append(f"aws {environ['PATH_INFO']}")
        return Response("{}")(environ, start_response)

    def forward(self, _request: Request, path: str) -> Response:
        self.seen.append(f"api {path}")
        return Response("{}")

    def answer(self, request: Request) -> Response:
        self.seen.append(f"s3 {request.path}")
        return Response("object")

    def refuse(self, _request: Request, message: str) -> Response:
        return Response(message, status=403)


@pytest.fixture(scope="module")
def sign_in(tmp_path_factory: pytest.TempPathFactory) -> SignIn:
    return SignIn(home=tmp_path_factory.mktemp("home"))


@pytest.fixture
def backstage() -> Backstage:
    return Backstage()


@pytest.fixture
def port(backstage: Backstage, sign_in: SignIn, tmp_path: Path) -> Iterator[int]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>the site")
    (tmp_path / "assets" / "app-1.js").write_text("1")
    (tmp_path.parent / "secret.txt").write_text("not for you")
    server = HttpServer(0)
    server.serve(
        PublicPort(
            port=server.port, gateway=backstage, s3=backstage, api=backstage, sign_in=sign_in,  # type: ignore[arg-type] # stands in
            front=FRONT, site=tmp_path, secret_key="secret",
        )
    )  # fmt: skip
    yield server.port
    server.close()


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def test_another_name_for_this_address_is_refused(port: int, backstage: Backstage) -> None:
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1:1"):
        status, _, body = ask(port, "/config.json", Host=host)
        assert (status, json.loads(body)["error"]["code"]) == (421, "WrongHost")
    assert ask(port, "/", Authorization="AWS4-HMAC-SHA256 x", Host="evil.example")[0] == 421
    assert backstage.seen == []


def test_the_site_is_served_with_its_types_and_answers_for_its_own_paths(port: int) -> None:
    status, headers, body = ask(port, "/")
    assert (status, headers["Content-Type"], body) == (
        200,
        "text/html; charset=utf-8",
        b"<!doctype html>the site",
    )
    assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-cache", "DENY")
    assert ask(port, "/videos/some-id")[2] == body
    status, headers, _ = ask(port, "/assets/app-1.js")
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cache-Control"] == "immutable"
    assert ask(port, "/assets/none.js")[0] == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
def test_no_path_leads_out_of_the_site(port: int, path: str) -> None:
    assert b"not for you" not in ask(port, path)[2]


@pytest.mark.parametrize("path", ["/%00", "/..%2f", "/..", "/%2e%2e/", "/a/./b", "/a%5Cb", "/%ff", "/a%20b"])
def test_a_path_that_the_site_never_makes_up_is_not_found(port: int, path: str) -> None:
    assert ask(port, path)[0] == 404


def test_the_configuration_tells_the_site_where_to_sign_in(port: int, sign_in: SignIn) -> None:
    config = json.loads(ask(port, "/config.json")[2])
    assert config["apiUrl"] == "/api"
    assert config["cognito"]["endpoint"] == f"http://127.0.0.1:{port}/cognito"
    assert config["localUser"] == {"username": "operator", "password": sign_in.password}


def test_the_api_wants_a_token_and_health_does_not(port: int, sign_in: SignIn, backstage: Backstage) -> None:
    assert ask(port, "/api/health")[0] == 200
    status, headers, body = ask(port, "/api/videos")
    assert (status, json.loads(body)["error"]["code"]) == (401, "NotSignedIn")
    assert headers["X-From"] == "front"
    assert ask(port, "/api/videos", Authorization="Bearer x.y.z")[0] == 401
    assert ask(port, "/api/videos", Authorization=f"Bearer {sign_in.token('reviewer')}")[0] == 200
    assert backstage.seen == ["api /health", "api /videos"]


def test_only_sign_in_calls_of_cognito_are_let_through(port: int, backstage: Backstage) -> None:
    target = "AWSCognitoIdentityProviderService."
    ask(port, "/cognito", "POST", X_Amz_Target=f"{target}InitiateAuth")
    ask(port, "/cognito", "POST", X_Amz_Target=f"{target}AdminCreateUser")
    assert backstage.seen == ["aws /"]


def test_signed_requests_go_to_the_aws_endpoint_and_unsigned_ones_do_not(
    port: int, backstage: Backstage
) -> None:
    ask(port, "/bucket/key", "DELETE", Authorization="AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request")
    assert ask(port, "/bucket/key", "DELETE")[0] == 405
    assert ask(port, "/bucket/key?X-Amz-Signature=guessed")[0] == 403
    assert backstage.seen == ["aws /bucket/key"]


def test_a_port_that_is_taken_is_named_with_the_way_out(port: int) -> None:
    with pytest.raises(LocalCloudError, match=rf"Port {port} is in use.*HEATERS_PORT"):
        HttpServer(port)


def test_a_request_that_cannot_be_read_is_refused_in_the_api_s_shape(port: int) -> None:
    status, _, body = ask(port, "/api/videos?cursor=" + "x" * 70_000)
    assert (status, json.loads(body)["error"]["code"]) == (414, "InvalidRequest")


@pytest.mark.parametrize("expires", ["abc", "9" * 17, "9" * 5000])
def test_a_link_with_an_odd_lifetime_is_refused(port: int, expires: str) -> None:
    query = "X-Amz-Signature=0&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Credential=a%2Fb%2Fc%2Fs3%2Fe"
    assert ask(port, f"/bucket/key?{query}&X-Amz-Expires={expires}")[0] == 403
