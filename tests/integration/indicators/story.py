"""What happens in a town over two weeks around New Year, and in which order it becomes known: drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from tests.integration.indicators.town import Reading, Town, at
from tests.support.oracle_cases import Told

BEGIN, END = at("2025-12-27T00:00"), at("2026-01-07T00:00")
"""Everything happens in this time; the engines' clock begins at its end."""

COMMUNES = ("02647", "03006", "02671")
FORMER = "02635"
"""A commune of before July 2025 whose ground lies in 02647."""

THINGS: dict[str, tuple[str | None, tuple[str, ...], dict[str, Any]]] = {
    "city/air-1": ("02647", ("pm2_5", "pm10", "o3", "no2", "so2", "co"), {}),
    "city/air-2": ("02647", ("pm2_5", "o3"), {}),
    "city/air-3": ("03006", ("pm10",), {}),
    "kttv/lao-cai": ("02647", ("water_level",), {}),
    "kttv/bao-ha": ("03006", ("water_level",), {}),
    "city/river-1": ("03006", ("water_level",), {"alarmLevels": {"bd1": 60.0, "bd2": 75.5}}),
    "city/river-2": (None, ("water_level",), {}),
    "city/rain-1": ("03006", ("rain",), {"hazardZone": "low"}),
    "city/rain-2": ("02671", ("rain",), {}),
    "city/road-1": ("02647", ("vehicle_speed", "vehicle_count"), {"referenceSpeed": 60}),
    "city/road-2": ("02647", ("vehicle_speed",), {"referenceSpeed": 40.0}),
    "city/road-3": ("03006", ("vehicle_speed",), {}),
    "city/park-1": ("02647", ("parking_occupied",), {"capacity": 40}),
    "city/park-2": ("02647", ("parking_occupied",), {"capacity": 25}),
    "city/weather": ("02671", ("temperature",), {}),
    "city/meter": ("02671", ("active_power", "active_energy", "portal_up"), {}),
    "city/survey-1": ("02647", ("ict-infrastructure", "ict-workforce", "ict-application"), {}),
    "city/survey-2": ("03006", ("ict-infrastructure", "ict-workforce", "ict-application"), {}),
    "city/report": ("02647", ("d766-1", "dti-published"), {}),
}
_HIGHEST = {
    "pm2_5": 160,
    "pm10": 220,
    "co": 20_000,
    "o3": 260,
    "water_level": 90,
    "rain": 14,
    "vehicle_count": 60,
    "active_energy": 900,
    "portal_up": 1,
    "d766-1": 18,
    "dti-published": 1000,
}
_DECIMALS = {"water_level": 2, "parking_occupied": 0, "vehicle_count": 0, "portal_up": 0}
_SPARSE = ("ict-", "d766-", "dti-")

Turn = tuple[Literal["observe", "tell", "roll-up", "evaluate", "pass", "anew", "recount"], Any]
"""A thing that is done, and with what."""


@dataclass(frozen=True)
class Story:
    """A seed, and how much happens: it is told the same way each time, and less when there is less of it."""

    seed: int
    runs: int
    dossiers: int
    petitions: int
    others: int
    corrections: int
    batches: int
    upheavals: int

    def turns(self) -> list[Turn]:
        """What is done, in order: arrivals in batches, and work on them now and then."""
        random = Random(self.seed)
        readings = _arrivals(random, _readings(random, self.runs), self.corrections, _other_reading)
        events = _arrivals(random, _events(random, self), self.corrections, _other_event)
        turns: list[Turn] = []
        for _ in range(self.batches):
            turns.append(("observe", [readings.pop() for _ in range(len(readings) // random.randint(1, 4))]))
            turns.append(("tell", [events.pop() for _ in range(len(events) // random.randint(1, 4))]))
            turns += _work(random)
        turns.append(("observe", readings[::-1]))
        turns.append(("tell", events[::-1]))
        turns += [*_work(random), *_work(random)]
        for _ in range(self.upheavals):
            what: list[Turn] = [("anew", random.sample(_CHANGEABLE, 3)), ("recount", None)]
            turns.insert(random.randint(0, len(turns)), random.choice(what))
        return turns


_CHANGEABLE = [
    "vn-aqi-daily",
    "rain-24h",
    "parking-occupancy",
    "cases-open",
    "d766-2.1",
    "d766-5.4",
    "d766-total",
]


def _work(random: Random) -> list[Turn]:
    work: list[Turn] = []
    for _ in range(random.randint(0, 3)):
        what = random.choice(("roll-up", "roll-up", "evaluate", "evaluate", "evaluate", "pass"))
        if what == "pass":
            longest = random.choice((60, 7200, 3 * 86_400))
            work.append(("pass", timedelta(seconds=random.randint(1, longest))))
        elif what == "roll-up":
            work.append(("roll-up", None))
        else:
            work.append(("evaluate", random.randint(0, 1)))
    return work


async def play(town: Town, turns: Sequence[Turn]) -> None:
    """Do it."""
    for what, given in turns:
        match what:
            case "observe":
                await town.observe(given)
            case "tell":
                await town.tell(given)
            case "roll-up":
                await town.roll_up()
            case "evaluate":
                await town.evaluate(given)
            case "pass":
                town.now += given
            case "anew":
                await town.evaluate_anew(*given)
            case "recount":
                await town.count_anew()


def _arrivals(random: Random, happened: list[Any], corrections: int, other: Any) -> list[Any]:
    """Everything that arrives, the last first: all that happened, corrections of it and repetitions, shuffled."""
    arrivals = list(happened)
    if happened:
        arrivals += [other(random, random.choice(arrivals)) for _ in range(corrections)]
        arrivals += random.choices(arrivals, k=random.randint(0, len(happened) // 4))
    if random.random() < 0.3:  # nearly in order, as from a healthy sender
        return sorted(arrivals, key=lambda one: one.at, reverse=True)
    random.shuffle(arrivals)
    return arrivals


# ---------------------------------------------------------------- readings
def _readings(random: Random, runs: int) -> list[Reading]:
    found: dict[tuple[str, datetime], Reading] = {}
    for _ in range(runs):
        thing = random.choice(list(THINGS))
        names = THINGS[thing][1]
        start = BEGIN + timedelta(hours=random.randint(0, 150))
        for name in names if random.random() < 0.5 else (random.choice(names),):
            length = 1 if name.startswith(_SPARSE) else random.choice((1, 3, 14, 30, 90))
            for hour in range(length):
                for _ in range(random.choice((0, 1, 1, 1, 1, 2))):
                    at_ = start + timedelta(hours=hour, seconds=random.randint(0, 3599))
                    value = _value(random, name)
                    reading = Reading(f"{thing}/{name}", at_, value, random.random() < 0.05)
                    found[reading.datastream, at_] = reading
    return list(found.values())


def _value(random: Random, name: str) -> float:
    lowest = -2.0 if name == "temperature" else 50.0 if name == "water_level" else 0.0
    return float(round(random.uniform(lowest, _HIGHEST.get(name, 70)), _DECIMALS.get(name, 1)))


def _other_reading(random: Random, reading: Reading) -> Reading:
    if random.random() < 0.4:
        return Reading(reading.datastream, reading.at, reading.value, not reading.bad)
    value = _value(random, reading.datastream.rsplit("/", 1)[1])
    return Reading(reading.datastream, reading.at, value, reading.bad)


# ---------------------------------------------------------------- service events
def _events(random: Random, story: Story) -> list[Told]:
    found: list[Told] = []
    for number in range(story.dossiers):
        found += _dossier(random, f"d{number}")
    for number in range(story.petitions):
        found += _petition(random, f"p{number}")
    for number in range(story.others):
        found.append(_other(random, number, story))
    return found


def _moment(random: Random, since: datetime = BEGIN) -> datetime:
    return since + timedelta(seconds=random.randint(0, max(1, int((END - since).total_seconds()) - 1)))


def _whose(random: Random) -> dict[str, Any]:
    data: dict[str, Any] = {"agency": random.choice(("a", "a", "b", "c"))}
    if random.random() < 0.9:
        data["area"] = random.choice((*COMMUNES, FORMER))
    return data


def _some(random: Random, **choices: tuple[Any, ...]) -> dict[str, Any]:
    return {name: random.choice(values) for name, values in choices.items() if random.random() < 0.6}


def _dossier(random: Random, case_id: str) -> list[Told]:
    known = _whose(random) | {"dossierId": case_id} | _some(random, procedure=("x", "y", "z"))
    steps = ["received"] if random.random() < 0.9 else []
    for _ in range(random.choice((0, 0, 1, 2))):
        steps += ["supplement-requested"] + ["supplement-received"] * (random.random() < 0.7)
    steps += random.choice(
        ([], ["processed"], ["processed", "returned"], ["returned"], ["rejected"], ["withdrawn"])
    )
    steps += ["paid"] * (random.random() < 0.4)
    told: list[Told] = []
    now = _moment(random)
    for number, step in enumerate(steps):
        data = known | _details(random, step, now)
        told.append(Told(f"{case_id}-{number}", f"dossier.{step}", now, data))
        now = min(END - timedelta(seconds=1), now + timedelta(minutes=random.randint(0, 4000)))
    return told


def _details(random: Random, step: str, now: datetime) -> dict[str, Any]:
    data = _some(
        random,
        onlineService=("none", "partial", "full"),
        hasFee=(True, False),
        paperResultRequired=(True, False),
        digitised=(True, False),
        componentsReused=(True, False),
        fromNationalStore=(True, False),
        identityVerified=(True, False),
        channel=("online", "in-person", "postal"),
        resultFile=(True, False),
    )
    if random.random() < (0.8 if step == "received" else 0.15):
        data["dueAt"] = (now + timedelta(minutes=random.randint(-600, 20_000))).isoformat()
    if step == "paid" and random.random() < 0.6:
        data["onlinePayment"] = random.choice(("1", "2"))
    return data


def _petition(random: Random, case_id: str) -> list[Told]:
    known = _whose(random) | {"petitionId": case_id} | _some(random, repeated=(True, False))
    steps = ["received"] if random.random() < 0.9 else []
    if random.random() < 0.4:
        steps += ["supplement-requested"] + ["supplement-received"] * (random.random() < 0.7)
    steps += random.choice(
        ([], ["refused"], ["answered"], ["answered", "published"], ["published", "answered"])
    )
    told: list[Told] = []
    now = _moment(random, END - timedelta(days=random.choice((3, 11))))
    for number, step in enumerate(steps):
        told.append(Told(f"{case_id}-{number}", f"petition.{step}", now, known))
        now = min(END - timedelta(seconds=1), now + timedelta(minutes=random.randint(0, 6000)))
    return told


def _other(random: Random, number: int, story: Story) -> Told:
    now = _moment(random)
    if random.random() < 0.5:
        service = random.choice(("portal-visits", "documents-signed", "documents-issued", "something-else"))
        data = _whose(random) | {
            "service": service,
            "count": random.randint(1, 500),
            "periodStart": now.isoformat(),
        }
        return Told(f"u{number}", "usage.counted", now, data)
    subjects = [f"d{n}" for n in range(story.dossiers)] + [f"p{n}" for n in range(story.petitions)] or [
        "d-alone"
    ]
    subject = random.choice(subjects)
    about = {"dossierId" if subject.startswith("d") else "petitionId": subject, "score": random.randint(1, 5)}
    return Told(
        f"r{number}", "rating.submitted", now, _whose(random) | about | _some(random, procedure=("x", "y"))
    )


def _other_event(random: Random, event: Told) -> Told:
    """A correction: another time on the same day or another, another agency or place, or about another dossier."""
    data, moment_ = dict(event.data), event.at
    for _ in range(random.randint(1, 2)):
        match random.randint(0, 4):
            case 0:
                moment_ = min(
                    END - timedelta(seconds=1), moment_ + timedelta(minutes=random.randint(-300, 300))
                )
            case 1:
                moment_ = _moment(random)
            case 2:
                data |= _whose(random)
            case 3 if "dossierId" in data:
                data["dossierId"] = random.choice(("d0", "d1", data["dossierId"]))
            case _:
                data |= _some(random, procedure=("x", "y")) if "petitionId" not in data else {}
    return Told(event.id, event.name, moment_, data)
