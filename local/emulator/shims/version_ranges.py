"""A range of one version of an object is answered as a range.

On AWS `Range` and the `response-*` parameters work with `versionId` as without it (Amazon S3 API
reference, "GetObject"). ministack honours both for the current version only, and answers a
request that names a version with the whole object.
"""

from typing import Any

import ministack.services.s3 as storage


def apply() -> None:
    """Cut the whole object down to what was asked for."""
    get = storage._get_object

    def get_range(
        bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        status, answered, body = get(bucket, key, headers, query)
        if status != 200 or not storage._qp(query or {}, "versionId", ""):
            return status, answered, body
        storage._apply_response_overrides(answered, query)
        asked = headers.get("range", "")
        if not asked:
            return status, answered, body
        span = storage._parse_range(asked, len(body))
        if span is None:
            refusal = storage._xml_body(storage._range_error_xml(bucket, key))
            whole = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
            return 416, whole, refusal
        start, end = span
        # A checksum is of the whole object, so a part must not carry it.
        kept = {k: v for k, v in answered.items() if not k.startswith("x-amz-checksum-")}
        part = {
            "Content-Length": str(end + 1 - start),
            "Content-Range": f"bytes {start}-{end}/{len(body)}",
        }
        return 206, kept | part, body[start : end + 1]

    storage._get_object = get_range
