"""What stages found out about a source video: where its source is, what its proxy is like."""

from psycopg.types.json import Jsonb

from heaters.catalog.connection import Connection
from heaters.catalog.videos import Video
from heaters.domain import wire
from heaters.domain.results import DownloadResult, ProxyResult

_ORIGIN = ("title", "webpage_url", "uploader", "upload_date", "licence", "repair", "warnings")


def record_download(connection: Connection, video: Video, result: DownloadResult) -> None:
    """The source is in the bucket, with what its page says; a title that was only the URL becomes the page's."""
    connection.execute(
        """
        UPDATE source_videos
        SET source_key = %(key)s, source_version = NULL,
            title = CASE WHEN title = source_url THEN %(title)s ELSE title END,
            origin = %(origin)s, warnings = %(warnings)s
        WHERE video_id = %(video_id)s
        """,
        {
            "video_id": video.video_id,
            "key": result.source.key,
            "title": result.title,
            "origin": Jsonb({name: wire.to_json(getattr(result, name)) for name in _ORIGIN}),
            "warnings": list(result.warnings),
        },
    )


def record_proxy(connection: Connection, video: Video, result: ProxyResult) -> None:
    """The proxy, its frame count and rate, and what the pass over the source noticed after the download did."""
    connection.execute(
        """
        UPDATE source_videos
        SET source_facts = %(source_facts)s, proxy_key = %(proxy_key)s,
            proxy_version = %(proxy_version)s, proxy_size_bytes = %(proxy_size_bytes)s, width = %(width)s,
            height = %(height)s, fps_num = %(fps_num)s, fps_den = %(fps_den)s, frame_count = %(frame_count)s,
            has_audio = %(has_audio)s, frame_index_key = %(frame_index_key)s, scores_key = %(scores_key)s,
            storyboard = %(storyboard)s,
            warnings = %(warnings)s::text[]
                || ARRAY(SELECT jsonb_array_elements_text(coalesce(origin -> 'warnings', '[]')))
        WHERE video_id = %(video_id)s
        """,
        {
            "video_id": video.video_id,
            "source_facts": Jsonb(wire.to_json(result.source)),
            "warnings": list(result.warnings),
            "proxy_key": result.proxy.key,
            "proxy_version": result.proxy.version_id,
            "proxy_size_bytes": result.proxy_size_bytes,
            "width": result.width,
            "height": result.height,
            "fps_num": result.fps.numerator,
            "fps_den": result.fps.denominator,
            "frame_count": result.frame_count,
            "has_audio": result.has_audio,
            "frame_index_key": result.frame_index.key,
            "scores_key": result.scores.key,
            "storyboard": Jsonb(wire.to_json(result.storyboard)),
        },
    )
