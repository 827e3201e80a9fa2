"""Files of active-safety alarms: fields that their messages share. T/JSATL 12-2017, 4.6 to 4.10."""

from __future__ import annotations

from protocols.jt808.fields import Fields, Number, SizedText

FILE: Fields = (SizedText("file_name"), Number("file_type", 1), Number("file_size", 4))
FILE_TYPES = ("image", "audio", "video", "text", "other")
