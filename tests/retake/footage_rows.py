"""Seventy-odd files as cameras, phones, recorders and editors write them, made by FFmpeg's tools.

Each row is what follows FFmpeg's input: the scene of tests.filming, and a tone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

H264 = "-c:v libx264 -preset ultrafast -crf 10 -bf 0 -pix_fmt yuv420p"
HEVC = "-c:v libx265 -preset ultrafast -crf 10 -x265-params log-level=none -pix_fmt yuv420p"
AAC = "-c:a aac -b:a 128k"
FIELDS = "-flags +ilme+ildct"
SIZE = (320, 180)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A file: FFmpeg's words, the ending, and how the scene is to be seen in it.

    `rotation` is clockwise, `squeeze` the pixel aspect. `patched` changes the file afterwards.
    """

    coding: str
    ending: str = "mp4"
    seen: tuple[int, int] = SIZE
    squeeze: Fraction = Fraction(1)
    rotation: int = 0
    mirrored: bool = False
    fps: str = "24"
    seconds: float = 1.0
    sound: str = AAC
    filters: str = ""
    inputs: str = "-f lavfi -i sine=440:r=48000:d={seconds}"
    maps: str = "-map 0:v -map 1:a"
    fields: bool = False
    patched: Callable[[bytes], bytes] | None = None
    quality: float = 0.03  # how much of the picture may differ; old codecs blur
    heard: bool = True
    also: Mapping[str, str] = field(default_factory=dict)


def mirror(data: bytes) -> bytes:
    """The left and right of a track's matrix changed, as a front camera writes it."""
    at = data.index(b"tkhd") + 4 + 40
    return data[:at] + (-0x10000).to_bytes(4, "big", signed=True) + data[at + 4 :]


def untold(data: bytes) -> bytes:
    """A media header without a duration, as a recorder leaves it that was switched off."""
    at = data.index(b"mdhd") + 20
    return data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]


def without_aspect(data: bytes) -> bytes:
    """The pixel aspect said by the pictures alone."""
    return data.replace(b"pasp", b"free")


CODED: dict[str, tuple[str, str, str]] = {
    # name: coding, ending, sound
    "H.264 in MP4": (H264, "mp4", AAC),
    "H.264 in MOV": (H264, "mov", "-c:a pcm_s16le"),
    "H.264 in Matroska": (H264, "mkv", "-c:a libopus"),
    "H.264 in a transport stream": (H264, "ts", AAC),
    "H.264 of a camcorder": (f"{H264} -f mpegts -mpegts_m2ts_mode 1", "MTS", "-c:a ac3"),
    "H.264 in Flash": (H264, "flv", AAC),
    "H.264 with B-frames": (H264.replace("-bf 0", "-bf 3 -g 12"), "mp4", AAC),
    "H.264 in fragments": (f"{H264} -movflags +frag_keyframe+empty_moov -g 12", "mp4", AAC),
    "H.264 in DASH segments": (f"{H264} -movflags +dash+frag_keyframe -g 12", "mp4", AAC),
    "H.264, index first": (f"{H264} -movflags +faststart", "mp4", AAC),
    "HEVC": (f"{HEVC} -tag:v hvc1", "mp4", AAC),
    "HEVC with another tag": (f"{HEVC} -tag:v hev1", "mp4", AAC),
    "HEVC in Matroska": (HEVC, "mkv", "-c:a flac"),
    "HEVC in a transport stream": (HEVC, "ts", "-c:a mp2"),
    "VP8": ("-c:v libvpx -deadline realtime -cpu-used 8 -b:v 4M", "webm", "-c:a libvorbis"),
    "VP9": ("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 4M", "webm", "-c:a libopus"),
    "VP9 in MP4": ("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 4M", "mp4", AAC),
    "AV1": ("-c:v libaom-av1 -cpu-used 8 -crf 20 -usage realtime", "mp4", AAC),
    "MPEG-2 in a program stream": ("-c:v mpeg2video -q:v 2", "mpg", "-c:a mp2"),
    "MPEG-2 in a transport stream": ("-c:v mpeg2video -q:v 2", "ts", "-c:a mp2"),
    "MPEG-2 in MXF": ("-c:v mpeg2video -q:v 2 -pix_fmt yuv422p", "mxf", "-c:a pcm_s16le"),
    "MPEG-1": ("-c:v mpeg1video -q:v 2", "mpg", "-c:a mp2"),
    "MPEG-4 in AVI": ("-c:v mpeg4 -q:v 2", "avi", "-c:a libmp3lame"),
    "MPEG-4 in MP4": ("-c:v mpeg4 -q:v 2", "mp4", AAC),
    "DivX 3": ("-c:v msmpeg4 -q:v 2", "avi", "-c:a libmp3lame"),
    "Motion JPEG in AVI": ("-c:v mjpeg -q:v 2 -pix_fmt yuvj420p", "avi", "-c:a pcm_s16le"),
    "Motion JPEG in MOV": ("-c:v mjpeg -q:v 2 -pix_fmt yuvj420p", "mov", "-c:a pcm_s16le"),
    "ProRes": ("-c:v prores_ks -profile:v 2", "mov", "-c:a pcm_s24le"),
    "ProRes 4444": ("-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le", "mov", "-c:a pcm_s24le"),
    "CineForm": ("-c:v cfhd -pix_fmt yuv422p10le", "mov", "-c:a pcm_s16le"),
    "DNxHR": ("-c:v dnxhd -profile:v dnxhr_hq -pix_fmt yuv422p", "mov", "-c:a pcm_s16le"),
    "QuickTime Animation": ("-c:v qtrle", "mov", "-c:a pcm_s16be"),
    "PNG": ("-c:v png", "mov", "-c:a pcm_s16le"),
    "V210": ("-c:v v210 -pix_fmt yuv422p10le", "mov", "-c:a pcm_s16le"),
    "FFV1": ("-c:v ffv1", "mkv", "-c:a flac"),
    "HuffYUV": ("-c:v huffyuv -pix_fmt yuv422p", "avi", "-c:a pcm_s16le"),
    "Ut Video": ("-c:v utvideo -pix_fmt yuv420p", "avi", "-c:a pcm_s16le"),
    "raw": ("-c:v rawvideo -pix_fmt yuv420p", "avi", "-c:a pcm_s16le"),
    "Theora": ("-c:v libtheora -q:v 9", "ogv", "-c:a libvorbis"),
    "Windows Media": ("-c:v wmv2 -q:v 2", "wmv", "-c:a wmav2"),
    "with a timecode": (f"{H264} -timecode 01:00:00:00", "mov", "-c:a pcm_s16le"),
    "Sorenson": ("-c:v flv -q:v 2", "flv", "-c:a libmp3lame"),
}
ROWS: dict[str, Row] = {
    name: Row(coding=coding, ending=ending, sound=sound, quality=0.06)
    for name, (coding, ending, sound) in CODED.items()
}
ROWS |= {
    f"turned by {degrees} in {ending}": Row(
        coding=H264, ending=ending, seen=SIZE if degrees == 180 else SIZE[::-1], rotation=degrees
    )
    for degrees in (90, 180, 270)
    for ending in ("mp4", "mov")
}
ROWS |= {
    "mirrored": Row(coding=H264, mirrored=True, patched=mirror),
    "an HDV camera": Row(coding=H264, squeeze=Fraction(4, 3)),
    "wide television": Row(coding=H264, ending="mov", squeeze=Fraction(64, 45)),
    "narrow television": Row(coding=H264, ending="mkv", seen=(240, 180), squeeze=Fraction(8, 9)),
    "squeezed and turned": Row(
        coding=H264, ending="mov", seen=SIZE[::-1], squeeze=Fraction(4, 3), rotation=90
    ),
    "squeezed, say the pictures alone": Row(
        coding=H264, squeeze=Fraction(4, 3), patched=without_aspect
    ),
    "squeezed in a transport stream": Row(coding=H264, ending="ts", squeeze=Fraction(4, 3)),
    "top field first": Row(coding=f"{H264} {FIELDS} -x264opts tff=1", fields=True, fps="25"),
    "bottom field first": Row(coding=f"{H264} {FIELDS} -x264opts bff=1", fields=True, fps="25"),
    "MPEG-2 in fields": Row(
        coding=f"-c:v mpeg2video -q:v 2 {FIELDS} -top 1", ending="ts", fields=True, fps="25"
    ),
    "ProRes in fields": Row(
        coding=f"-c:v prores_ks {FIELDS} -top 1", ending="mov", fields=True, fps="25"
    ),
    "DV": Row(
        coding="-c:v dvvideo -pix_fmt yuv420p",
        ending="avi",
        seen=(768, 576),
        squeeze=Fraction(16, 15),
        fps="25",
        sound="-c:a pcm_s16le",
        quality=0.06,
    ),
    "an old telephone": Row(coding="-c:v h263 -q:v 2", ending="3gp", seen=(176, 144), quality=0.06),
    "a silent track first": Row(
        coding=H264,
        ending="mkv",
        inputs="-f lavfi -i anullsrc=r=48000:d={seconds} -f lavfi -i sine=440:r=48000:d={seconds}",
        maps="-map 0:v -map 1:a -map 2:a",
    ),
    "two tracks": Row(coding=H264, maps="-map 0:v -map 1:a -map 1:a"),
    "no sound": Row(coding=H264, inputs="", maps="-map 0:v", sound="", heard=False),
    "4:4:4": Row(coding=H264.replace("yuv420p", "yuv444p")),
    "10 bits": Row(coding=H264.replace("yuv420p", "yuv420p10le")),
    "RGB": Row(coding="-c:v libx264rgb -preset ultrafast -crf 5 -pix_fmt rgb24"),
    "full range": Row(coding=H264.replace("yuv420p", "yuvj420p"), filters="scale=out_range=pc"),
    "23.976": Row(coding=H264, fps="24000/1001", seconds=2),
    "29.97": Row(coding=H264, ending="mov", fps="30000/1001", seconds=2),
    "59.94": Row(coding=H264, ending="mkv", fps="60000/1001"),
    "no duration": Row(coding=H264, patched=untold),
    "late pictures": Row(coding=H264, inputs="-itsoffset -1 -f lavfi -i sine=440:r=48000:d=2"),
    "longer sound": Row(coding=H264, inputs="-f lavfi -i sine=440:r=48000:d=2"),
    "too long": Row(coding=H264, seconds=4),
    "too short": Row(coding=H264, seconds=0.25),
    "too small": Row(coding=H264, seen=(128, 72)),
    "too large": Row(coding=H264, seen=(512, 288)),
    "too slow": Row(coding=H264, fps="15"),
    "too fast": Row(coding=H264, fps="120"),
}
