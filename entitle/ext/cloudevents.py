"""An event as a CloudEvent 1.0, in the structured JSON form that other programs read."""

import json

from entitle.shop.read import EventView

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TYPES = "entitle."  # what a type begins with, so that it is known among the events of others


def to_json(event: EventView, source: str) -> str:
    """The event as text. `source` is a URI reference that names the shop; with it an `id` stands for one event.

    `subject` is the stream (a customer, or `pool:…`), `sequence` the event's number in it, from 1 without a gap, and
    `data` the event's body.
    """
    said = {
        "specversion": "1.0",
        "id": event.id,
        "source": source,
        "type": TYPES + event.type,
        "time": event.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "subject": event.customer,
        "sequence": str(event.number),
        "sequencetype": "Integer",
        "datacontenttype": "application/json",
        "data": dict(event.body),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
