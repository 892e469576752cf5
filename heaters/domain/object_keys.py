"""Every S3 key, in one place. Keys are made of ids and numbers; a name that somebody typed never enters one.

The first part of a key decides its lifecycle rule: what can be made again lives under its own prefix.
"""

UPLOADS = "uploads/"
"""Where uploaders drop files. The one prefix whose keys are not ours."""

PLAYBACK = "playback/"
"""Clips cut on demand for playing; expired by a lifecycle rule."""

QUERIES = "queries/"
"""What searches bring along and find out, for a day."""


def upload(upload_id: str) -> str:
    return f"{UPLOADS}{upload_id}/source"


def download(video_id: str) -> str:
    return f"sources/{video_id}/source"


def proxy(video_id: str) -> str:
    return f"proxies/{video_id}/proxy.mp4"


def frame_index(video_id: str) -> str:
    return f"proxies/{video_id}/frame_index.bin"


def scores(video_id: str) -> str:
    return f"analysis/{video_id}/scores.npz"


def keyframe_candidates(video_id: str) -> str:
    return f"analysis/{video_id}/keyframe_candidates.npz"


def facts(video_id: str) -> str:
    """What each frame is like."""
    return f"analysis/{video_id}/facts.bin"


def sound(video_id: str) -> str:
    """How loud the proxy is, fifty times a second."""
    return f"analysis/{video_id}/sound.npz"


def storyboard_sheet(video_id: str, sheet: int) -> str:
    return f"storyboards/{video_id}/{sheet:05d}.jpg"


def master_segment(video_id: str, segment: int) -> str:
    return f"masters/{video_id}/{segment:05d}.mkv"


def export(video_id: str, clip_id: str) -> str:
    return f"exports/{video_id}/{clip_id}.mp4"


def keyframe(video_id: str, clip_id: str, position: int) -> str:
    return f"keyframes/{video_id}/{clip_id}/{position:03d}.jpg"


def playback(video_id: str, clip_id: str) -> str:
    return f"{PLAYBACK}{video_id}/{clip_id}.mp4"


def wave_manifest(video_id: str, wave_id: str) -> str:
    return f"waves/{video_id}/{wave_id}.json"


def wave_embeddings(video_id: str, wave_id: str) -> str:
    return f"waves/{video_id}/{wave_id}.embed.json"


def wave_vectors(video_id: str, wave_id: str) -> str:
    return f"waves/{video_id}/{wave_id}.vectors.npz"


def query_image(owner: str, image_id: str) -> str:
    """A picture that somebody searches with; `owner` stands for that person."""
    return f"{QUERIES}images/{owner}/{image_id}"


def query_result(query_id: str) -> str:
    return f"{QUERIES}{query_id}.json"


def stage_result(video_id: str, stage: str) -> str:
    return f"results/{video_id}/{stage}.json"


def clip_result(video_id: str, clip_id: str, stage: str) -> str:
    return f"results/{video_id}/clips/{clip_id}/{stage}.json"


def error_beside(result: str) -> str:
    """Where a runner leaves its error in place of the result at this key."""
    return f"{result}.error"
