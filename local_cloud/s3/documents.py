"""S3's XML documents, both ways. Values in, elements out; nothing is looked up except by `listing`."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from local_cloud.s3.object_store import ObjectStore
from local_cloud.s3.objects import Upload, Version

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_MAX_KEYS = 1000


def _element(tag: str, *children: Element | None, **values: object) -> Element:
    element = Element(tag)
    for name, value in values.items():
        ElementTree.SubElement(element, name).text = str(value)
    element.extend(child for child in children if child is not None)
    return element


def _root(tag: str, *children: Element | None, **values: object) -> Element:
    element = _element(tag, *children, **values)
    element.set("xmlns", _NAMESPACE)
    return element


def _time(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def error(code: str, message: str) -> Element:
    return _element("Error", Code=code, Message=message)


def buckets(names: Iterable[str]) -> Element:
    found = [_element("Bucket", Name=name, CreationDate=_time(0)) for name in sorted(names)]
    return _root("ListAllMyBucketsResult", _element("Buckets", *found))


def location() -> Element:
    return _root("LocationConstraint")


def versioning() -> Element:
    return _root("VersioningConfiguration", Status="Enabled")


def listing(bucket: str, query: Mapping[str, str], store: ObjectStore) -> Element:
    """ListObjectsV2 (and its first version), with `delimiter`, `max-keys` and continuation."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    encode = quote if query.get("encoding-type") == "url" else str
    limit = min(int(query.get("max-keys", _MAX_KEYS)), _MAX_KEYS)
    after = query.get("continuation-token") or query.get("start-after") or query.get("marker") or ""
    keys: list[Version] = []
    folders: list[str] = []
    last, more = after, True
    while more and len(keys) + len(folders) < limit:
        page = store.newest(bucket, prefix, last, limit + 1)
        more = False
        for version in page:
            if len(keys) + len(folders) == limit:
                more = True
                break
            rest = version.key[len(prefix) :]
            if delimiter and delimiter in rest:
                folder = prefix + rest.split(delimiter)[0] + delimiter
                folders.append(folder)
                last, more = folder + "\U0010fffe", True
                break
            keys.append(version)
            last = version.key
    truncated = more and bool(store.newest(bucket, prefix, last, 1))
    root = _root(
        "ListBucketResult", Name=bucket, Prefix=encode(prefix), MaxKeys=limit,
        KeyCount=len(keys) + len(folders), IsTruncated=str(truncated).lower(),
    )  # fmt: skip
    if truncated:
        ElementTree.SubElement(root, "NextContinuationToken").text = last
        ElementTree.SubElement(root, "NextMarker").text = encode(last)
    if "encoding-type" in query:
        ElementTree.SubElement(root, "EncodingType").text = "url"
    root.extend(_contents("Contents", version, encode(version.key)) for version in keys)
    root.extend(_element("CommonPrefixes", Prefix=encode(folder)) for folder in folders)
    return root


def _contents(tag: str, version: Version, key: str, **more: object) -> Element:
    return _element(
        tag, Key=key, LastModified=_time(version.modified_s), ETag=f'"{version.etag}"',
        Size=version.size, StorageClass="STANDARD", **more,
    )  # fmt: skip


def versions(bucket: str, found: Iterable[Version]) -> Element:
    root = _root("ListVersionsResult", Name=bucket, IsTruncated="false")
    seen: set[str] = set()
    for version in found:
        more = {"VersionId": version.version_id, "IsLatest": str(version.key not in seen).lower()}
        seen.add(version.key)
        if version.is_marker:
            moment = _time(version.modified_s)
            root.append(_element("DeleteMarker", Key=version.key, LastModified=moment, **more))
        else:
            root.append(_contents("Version", version, version.key, **more))
    return root


def copied(version: Version) -> Element:
    return _root("CopyObjectResult", ETag=f'"{version.etag}"', LastModified=_time(version.modified_s))


def deleted(keys: Iterable[tuple[str, str | None]]) -> Element:
    return _root("DeleteResult", *(_element("Deleted", Key=key) for key, _ in keys))


def tagging(tags: Mapping[str, str]) -> Element:
    return _root("Tagging", _element("TagSet", *(_element("Tag", Key=k, Value=v) for k, v in tags.items())))


def upload_started(bucket: str, key: str, upload_id: str) -> Element:
    return _root("InitiateMultipartUploadResult", Bucket=bucket, Key=key, UploadId=upload_id)


def parts(upload: Upload, query: Mapping[str, str], found: Mapping[int, tuple[int, str]]) -> Element:
    """ListParts, a page after `part-number-marker`; `found` has size and ETag by part number."""
    limit = min(int(query.get("max-parts", _MAX_KEYS)), _MAX_KEYS)
    rest = [number for number in sorted(found) if number > int(query.get("part-number-marker", 0))]
    page = rest[:limit]
    listed = [_element("Part", PartNumber=n, Size=found[n][0], ETag=f'"{found[n][1]}"') for n in page]
    return _root(
        "ListPartsResult", *listed, Bucket=upload.bucket, Key=upload.key, UploadId=upload.upload_id,
        NextPartNumberMarker=page[-1] if page else 0, MaxParts=limit,
        IsTruncated=str(len(rest) > limit).lower(),
    )  # fmt: skip


def completed(upload: Upload, version: Version) -> Element:
    return _root(
        "CompleteMultipartUploadResult", Bucket=upload.bucket, Key=upload.key, ETag=f'"{version.etag}"'
    )


def _parse(body: bytes) -> Element:
    """The document without its namespace. Bodies come from this machine's own processes and signed requests."""
    root = ElementTree.fromstring(body)  # noqa: S314 - no entities are resolved by expat's default limits
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def parse_delete(body: bytes) -> tuple[list[tuple[str, str | None]], bool]:
    """The keys (and versions) to delete, and whether to be quiet about it."""
    root = _parse(body)
    wanted = [(item.findtext("Key", ""), item.findtext("VersionId")) for item in root.iter("Object")]
    return wanted, root.findtext("Quiet", "false").lower() == "true"


def parse_tagging(body: bytes) -> dict[str, str]:
    return {tag.findtext("Key", ""): tag.findtext("Value", "") for tag in _parse(body).iter("Tag")}


def parse_complete(body: bytes) -> list[tuple[int, str]]:
    """Part numbers with their ETags, in the order given."""
    listed = _parse(body).iter("Part")
    return [(int(p.findtext("PartNumber", "0")), p.findtext("ETag", "").strip('"')) for p in listed]
