"""What is on sale in a run: an event with numbered seats and a floor, and one with a waiting room only."""

GALA, LINE = "gala", "line"
SECTIONS = [f"block-{number}" for number in range(1, 9)]
FLOOR = "floor"
ROWS, SEATS_A_ROW, FLOOR_CAPACITY = 20, 40, 20_000
LIMIT = 6            # places a buyer may have
HOLD_TTLS_S = (10, 14)  # between these the organiser changes how long holds last
PROBE_ROW = "probe"  # a row of each section that the crowd leaves alone
PROBE_SEATS = 60


def row(section, name, seats):
    return {"row_number": name, "position": {"x": 0, "y": 0},
            "seats": [{"seat_guid": f"{section}-{name}-{seat}", "seat_number": str(seat), "position": {"x": 10 * seat, "y": 0},
                       "category": "Standard"} for seat in range(1, seats + 1)]}


def zone(name, number, **content):
    return {"name": name, "zone_id": name, "position": {"x": 0, "y": 1000 * number}, "rows": [], **content}


def plan():
    zones = [zone(section, number, rows=[row(section, str(at), SEATS_A_ROW) for at in range(1, ROWS + 1)]
                  + [row(section, PROBE_ROW, PROBE_SEATS)]) for number, section in enumerate(SECTIONS)]
    zones.append(zone(FLOOR, len(zones), general={"capacity": FLOOR_CAPACITY, "category": "Standard"}))
    return {"name": "The hall", "categories": [{"name": "Standard"}], "zones": zones}


def line_plan():
    return {"name": "The line", "categories": [{"name": "Standard"}],
            "zones": [zone("stalls", 0, rows=[row("stalls", "1", 20)])]}


def seats():
    """Those that the crowd wants, the most wanted first: all sections' first rows, then their second ones."""
    return [f"{section}-{at}-{seat}" for at in range(1, ROWS + 1) for seat in range(1, SEATS_A_ROW + 1)
            for section in SECTIONS]
