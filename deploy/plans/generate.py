#!/usr/bin/env python3
"""Writes the two seating plans that come with Usher, in the format that seats.pretix.eu exports.

    /usr/bin/python3 deploy/plans/generate.py [FOLDER]

theatre.json: three levels of curved rows around a stage, about 1,200 seats.
arena.json:   50,000 places in an elliptical bowl of three tiers and on two standing floors in front of an end stage.

Lengths are metres here and become the plan's units, of which a seat is about 25 wide, when they are written.
"""

import json
import math
import pathlib
import sys

UNITS_PER_M = 50
ROW_NAMES = [c for c in "ABCDEFGHJKLMNPQRSTUVWXYZ"] + [2 * c for c in "ABCDEFGHJKLMNPQRSTUVWXYZ"]
MARGIN_M = 4


# ---- plans in general ---------------------------------------------------------


def make_seat(prefix, row, number, place, category, flags=()):
    seat = {"seat_guid": f"{prefix}-{row}-{number}", "seat_number": str(number), "place": place, "category": category}
    if flags:
        seat["flags"] = list(flags)
    return seat


def units(place, origin):
    return {"x": round((place[0] - origin[0]) * UNITS_PER_M), "y": round((place[1] - origin[1]) * UNITS_PER_M)}


def added(a, b):
    return (a[0] + b["x"] / UNITS_PER_M, a[1] + b["y"] / UNITS_PER_M)


def finish(plan, low, high):
    """Turns places in metres into positions: a seat's relative to its row's, a row's to its zone's."""
    corner = (low[0] - MARGIN_M, low[1] - MARGIN_M)
    for zone in plan["zones"]:
        zone_at = corner
        zone["position"] = units(zone.pop("place"), corner)
        zone_at = added(corner, zone["position"])
        for row in zone["rows"]:
            row["position"] = units(row["seats"][0]["place"], zone_at)
            row_at = added(zone_at, row["position"])
            for seat in row["seats"]:
                seat["position"] = units(seat.pop("place"), row_at)
    plan["size"] = {
        "width": round((high[0] - corner[0] + MARGIN_M) * UNITS_PER_M),
        "height": round((high[1] - corner[1] + MARGIN_M) * UNITS_PER_M),
    }
    return plan


def places_of(plan):
    return sum(
        zone["general"]["capacity"] if "general" in zone else sum(len(row["seats"]) for row in zone["rows"])
        for zone in plan["zones"]
    )


def bounds(plan):
    places = [seat["place"] for zone in plan["zones"] for row in zone["rows"] for seat in row["seats"]]
    xs, ys = [p[0] for p in places], [p[1] for p in places]
    return (min(xs), min(ys)), (max(xs), max(ys))


# ---- the theatre ----------------------------------------------------------------

THEATRE_CATEGORIES = [
    {"name": "Premium", "color": "#7b2d8b"},
    {"name": "First", "color": "#1f6fb2"},
    {"name": "Second", "color": "#2a9d63"},
    {"name": "Third", "color": "#d9a514"},
]
SEAT_M = 0.54
# Blocks of a level as angles left and right of the middle; between them are aisles. The best first.
THEATRE_BLOCKS = [("centre", "Centre", -15.5, 15.5), ("left", "Left", -34.5, -17.5), ("right", "Right", 17.5, 34.5)]
# Level: its id, its name, the letters of its guids, the first row's distance from the centre of the arcs, rows.
THEATRE_LEVELS = [
    ("stalls", "Stalls", "ST", 8.0, 18),
    ("dress-circle", "Dress Circle", "DC", 26.5, 6),
    ("upper-circle", "Upper Circle", "UC", 34.5, 4),
]
THEATRE_ROW_M = 0.92


def theatre_category(level, block, row):
    if level == "stalls":
        return "Premium" if block == "centre" and row < 8 else "First" if row < 12 else "Second"
    if level == "dress-circle":
        return "First" if block == "centre" and row < 3 else "Second"
    return "Third"


def arc_places(radius, from_degrees, to_degrees):
    """Seats side by side on an arc, in the middle of its span."""
    span = math.radians(to_degrees - from_degrees)
    count = int(span * radius / SEAT_M)
    middle = math.radians((from_degrees + to_degrees) / 2)
    step = SEAT_M / radius
    angles = [middle + (i - (count - 1) / 2) * step for i in range(count)]
    return [(radius * math.sin(angle), radius * math.cos(angle)) for angle in angles]


def theatre_flags(level, block, row, last_row, index, count):
    """Wheelchair places with a companion's seat beside them, at the step-free ends of two rows of the stalls."""
    if level == "stalls" and row in (9, last_row) and block != "centre":
        outside = index if block == "left" else count - 1 - index
        if outside < 4:
            return ("accessible",) if outside % 2 == 0 else ("companion",)
    if level == "stalls" and row == 0 and block != "centre":
        return ("restricted_view",)
    return ()


def theatre_zone(level, block, row_numbers):
    level_id, level_name, prefix, first_m, rows = level
    block_id, block_name, from_degrees, to_degrees = block
    zone = {"name": f"{level_name} {block_name}", "zone_id": f"{level_id}-{block_id}", "rows": []}
    for row in range(rows):
        name = ROW_NAMES[row]
        places = arc_places(first_m + row * THEATRE_ROW_M, from_degrees, to_degrees)
        first = row_numbers[level_id, row][block_id]
        seats = [
            make_seat(prefix, name, first + i, place, theatre_category(level_id, block_id, row),
                      theatre_flags(level_id, block_id, row, rows - 1, i, len(places)))
            for i, place in enumerate(places)
        ]
        zone["rows"].append({"row_number": name, "seats": seats})
    zone["place"] = zone["rows"][0]["seats"][0]["place"]
    return zone


def number_theatre_rows():
    """The first seat's number of each block of each row: seats are counted from left to right through the whole row."""
    numbers = {}
    from_left = sorted(THEATRE_BLOCKS, key=lambda block: block[2])
    for level_id, _, _, first_m, rows in THEATRE_LEVELS:
        for row in range(rows):
            next_number = 1
            numbers[level_id, row] = {}
            for block_id, _, from_degrees, to_degrees in from_left:
                numbers[level_id, row][block_id] = next_number
                next_number += len(arc_places(first_m + row * THEATRE_ROW_M, from_degrees, to_degrees))
    return numbers


def theatre():
    numbers = number_theatre_rows()
    zones = [theatre_zone(level, block, numbers) for level in THEATRE_LEVELS for block in THEATRE_BLOCKS]
    plan = {"name": "Theatre", "categories": THEATRE_CATEGORIES, "zones": zones}
    low, high = bounds(plan)
    return finish(plan, (low[0], 0), high)


# ---- the arena ------------------------------------------------------------------

ARENA_PLACES = 50_000
ARENA_CATEGORIES = [
    {"name": "Golden Circle", "color": "#d4af37"},
    {"name": "Floor", "color": "#8c564b"},
    {"name": "Category 1", "color": "#7b2d8b"},
    {"name": "Category 2", "color": "#1f6fb2"},
    {"name": "Category 3", "color": "#2a9d63"},
    {"name": "Category 4", "color": "#8a8f98"},
]
# The half axes of the floor; the stage stands at the end where x is lowest.
FLOOR_A_M, FLOOR_B_M = 42.0, 26.0
GOLDEN_CIRCLE_CAPACITY = 2_500
ARENA_SEAT_M = 0.5
AISLE_M = 1.3
# Tier: the hundred its blocks are numbered from, blocks, distance of the first row from the floor's edge, rows, pitch.
ARENA_TIERS = [(100, 34, 2.0, 26, 0.85), (200, 24, 27.0, 10, 0.9), (300, 40, 39.0, 26, 0.8)]
STEPS = 3600  # how finely the ellipse is measured


def ellipse_lengths(a, b):
    """How far it is along the ellipse from its stage end to each of STEPS + 1 points."""
    lengths, before = [0.0], (-a, 0.0)
    for i in range(1, STEPS + 1):
        place = ellipse_point(a, b, i / STEPS)
        lengths.append(lengths[-1] + math.dist(before, place))
        before = place
    return lengths


def ellipse_point(a, b, turn):
    """`turn` goes once round from 0 to 1, from the stage end on."""
    angle = math.pi + 2 * math.pi * turn
    return (a * math.cos(angle), b * math.sin(angle))


def turn_at(lengths, length):
    """The turn at which the ellipse is so long."""
    low, high = 0, STEPS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if lengths[middle] <= length else (low, middle)
    part = (length - lengths[low]) / (lengths[high] - lengths[low])
    return (low + part) / STEPS


def length_at(lengths, turn):
    step = min(int(turn * STEPS), STEPS - 1)
    return lengths[step] + (turn * STEPS - step) * (lengths[step + 1] - lengths[step])


def arena_category(tier, turn):
    """By the view: the long sides near the stage are best, behind the stage is worst."""
    from_stage = min(turn, 1 - turn)  # 0 behind the stage, 0.25 in the middle of a long side, 0.5 opposite
    if from_stage < 0.08:
        return "Category 4"
    rank = {100: 1, 200: 1, 300: 3}[tier] + (1 if from_stage > 0.36 else 0)
    return f"Category {rank}"


def arena_flags(tier, row, rows, index, turn):
    if min(turn, 1 - turn) < 0.08:
        return ("restricted_view",)
    # The last row of the lower tier is level with the concourse.
    if tier == 100 and row == rows - 1 and index < 4:
        return ("accessible",) if index % 2 == 0 else ("companion",)
    return ()


def block_row(lengths, axes, from_turn, to_turn):
    """Seats side by side on a row's ellipse between two aisles."""
    start, end = length_at(lengths, from_turn) + AISLE_M / 2, length_at(lengths, to_turn) - AISLE_M / 2
    count = int((end - start) / ARENA_SEAT_M)
    first = (start + end - (count - 1) * ARENA_SEAT_M) / 2
    return [ellipse_point(*axes, turn_at(lengths, first + i * ARENA_SEAT_M)) for i in range(count)]


def arena_tier(tier, blocks, first_m, rows, pitch_m):
    axes = [(FLOOR_A_M + first_m + i * pitch_m, FLOOR_B_M + first_m + i * pitch_m) for i in range(rows)]
    lengths = [ellipse_lengths(*each) for each in axes]
    middle = lengths[rows // 2]
    edges = [turn_at(middle, middle[-1] * i / blocks) for i in range(blocks)] + [1.0]
    zones = []
    for block in range(blocks):
        number = str(tier + block + 1)
        turn = (edges[block] + edges[block + 1]) / 2
        zone = {"name": f"Block {number}", "zone_id": number, "rows": []}
        for row in range(rows):
            places = block_row(lengths[row], axes[row], edges[block], edges[block + 1])
            seats = [
                make_seat(number, ROW_NAMES[row], i + 1, place, arena_category(tier, turn),
                          arena_flags(tier, row, rows, i, turn))
                for i, place in enumerate(places)
            ]
            zone["rows"].append({"row_number": ROW_NAMES[row], "seats": seats})
        zone["place"] = zone["rows"][0]["seats"][0]["place"]
        zones.append(zone)
    return zones


def standing(name, zone_id, x_m, capacity, category):
    return {"name": name, "zone_id": zone_id, "place": (x_m, 0.0), "rows": [],
            "general": {"capacity": capacity, "category": category}}


def arena():
    zones = [zone for tier in ARENA_TIERS for zone in arena_tier(*tier)]
    plan = {"name": "Arena", "categories": ARENA_CATEGORIES, "zones": zones}
    low, high = bounds(plan)
    rear = ARENA_PLACES - GOLDEN_CIRCLE_CAPACITY - places_of(plan)
    assert rear > 0, "the tiers have too many seats"
    plan["zones"] = [
        standing("Golden Circle", "golden-circle", -FLOOR_A_M / 3, GOLDEN_CIRCLE_CAPACITY, "Golden Circle"),
        standing("Floor", "floor", FLOOR_A_M / 3, rear, "Floor"),
    ] + zones
    return finish(plan, low, high)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, plan in (("theatre", theatre()), ("arena", arena())):
        text = json.dumps(plan, separators=(",", ":")) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}.json: {places_of(plan)} places in {len(plan['zones'])} sections, {len(text)} bytes")


if __name__ == "__main__":
    main()
