"""The key of a result."""

import pytest
from retake.domain.edit import Edit
from retake.domain.result_keys import result_keys
from retake.domain.source import KEY_BYTES, Source
from retake.domain.vocabulary import Status


@pytest.mark.parametrize(
    "key",
    [
        "clip.mp4",
        "no ending",
        ".mp4",
        "a/b/c.d/clip.MOV",
        "🎬" * 250 + ".mp4",
        "x" * 1020 + ".mp4",
        "f" * 1000 + "/clip.mp4",
        "line\nend.mp4",
        "../../etc/passwd",
    ],
)
def test_a_result_key_fits_s3_whatever_the_upload_was_called(key: str) -> None:
    edit = Edit(
        edit_id="e-0123456789abcdefghjk",
        status=Status.RUNNING,
        created_at="",
        updated_at="",
        upload=Source(bucket="inbox", key=key),
    )

    video, manifest = result_keys(edit)

    for result in (video, manifest):
        assert result.startswith("edited/")
        assert len(result.encode()) <= KEY_BYTES
        assert result.isprintable()
    assert video.endswith(f".{edit.edit_id}.mp4")
