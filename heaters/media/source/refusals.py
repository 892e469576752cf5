"""Why a file that looked like a video cannot be one for us, in sentences for whoever uploaded it. Opens no decoder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.media.source.mp4_boxes import is_fragmented, picture_kinds, top_boxes
from heaters.media.untrusted.ffmpeg import last_words
from heaters.media.untrusted.sniff import MP4, Container

_SMALLEST_BYTES = 1024


def refuse_protected(path: Path, container: Container, answer: Mapping[str, Any]) -> None:
    """Raise UnsupportedMedia if the pictures of a file are encrypted; `answer` is ffprobe's about it.

    ISO/IEC 14496-12 calls encrypted pictures `encv`, which ffprobe passes over. Of Matroska's ContentEncryption it
    tells the key's name, or complains where there is none (libavformat/matroskadec.c).
    """
    pictures = [stream for stream in answer.get("streams", []) if stream.get("codec_type") == "video"]
    kinds = picture_kinds(path) if container is MP4 else []
    is_sealed = bool(kinds) and all(kind in (b"encv", b"drmi") for kind in kinds)
    is_sealed |= any("Unsupported encoding type" in line for line in answer["log"])
    is_sealed |= bool(pictures) and all(_has_key(stream) for stream in pictures)
    if is_sealed:
        raise UnsupportedMedia(
            "The video is copy-protected (its pictures are encrypted); upload a file without protection."
        )


def _has_key(stream: Mapping[str, Any]) -> bool:
    return "enc_key_id" in {name.lower() for name in stream.get("tags", {})}


def explain_unreadable(
    path: Path, container: Container, log: Sequence[str]
) -> DamagedMedia | UnsupportedMedia:
    """Why ffprobe could not open a file that looked like a `container`."""
    kinds = _top_kinds(path, container)
    if container is MP4 and b"moof" in kinds and b"moov" not in kinds:
        return UnsupportedMedia(
            "The file is a piece of a stream without its beginning; join the stream's pieces and upload the whole."
        )
    if container is MP4 and any("moov atom not found" in line for line in log):
        return DamagedMedia(
            "The file ends before its index (moov), so its upload was cut off; upload it again."
        )
    if path.stat().st_size < _SMALLEST_BYTES:
        return DamagedMedia(f"The file ends after {path.stat().st_size} bytes; upload it again.")
    return UnsupportedMedia(
        f"The file looks like {container.name} but cannot be opened: {_said(path, log)}; upload it again.",
    )


def explain_no_frames(path: Path, container: Container) -> DamagedMedia | UnsupportedMedia:
    """Why not one picture came out of a file with a picture track."""
    if container is MP4 and is_fragmented(path) and b"moof" not in _top_kinds(path, container):
        return UnsupportedMedia(
            "The file is the beginning of a stream without its pieces; join the stream's pieces and upload the whole."
        )
    return DamagedMedia("Not one of the file's first frames can be decoded; upload it again.")


def _top_kinds(path: Path, container: Container) -> set[bytes]:
    return {box.kind for box in top_boxes(path)} if container is MP4 else set()


def _said(path: Path, log: Sequence[str]) -> str:
    """ffprobe's last words without the name of the file, which is ours and not the uploader's."""
    return last_words(log).rpartition(f"{path.name}: ")[2] or "it said nothing"
