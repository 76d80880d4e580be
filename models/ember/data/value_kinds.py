"""Values of every kind that a fact can hold: names, places, times, prices, amounts and things.

`draw(kind, rng, split)` gives the text of one value, as it stands in a sentence after its preposition.
"""

import random
from collections.abc import Callable

from .made_words import made_word, word
from .word_lists import words

NAMES = "words_names.txt"
THINGS = "words_things.txt"
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]
TIMES = ("minutes", "months")
# How often a name or a thing is, in training, a word that no list has.
NEW_RATE = 0.25
# Ends of names, which are written together with what stands before them, and words behind a name, which are few in any text.
ENDS = ("town_tails", "name_tails", "company_tails")
WORDS_BEHIND = ("street_tails", "company_kinds")
NUMBER_WORDS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


class Draw:
    """Where values come from: one source of chance and one split."""

    def __init__(self, rng: random.Random, split: str):
        self.rng = rng
        self.split = split

    def name(self, section: str) -> str:
        if self.is_new() and section not in WORDS_BEHIND:
            made = made_word(self.rng)
            return made if section in ENDS else made.capitalize()
        return words(NAMES)[section].word(self.rng, self.split)

    def thing(self, section: str) -> str:
        return word(self.rng) if self.is_new() else words(THINGS)[section].word(self.rng, self.split)

    def is_new(self) -> bool:
        """Whether a word is drawn that stands in no list."""
        return self.split == "train" and self.chance(NEW_RATE)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def integer(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)


def with_article(noun: str) -> str:
    """`noun` after `a` or `an`."""
    return ("an " if noun[0].lower() in "aeiou" else "a ") + noun


def first_name(d: Draw) -> str:
    return d.name("women" if d.chance(0.5) else "men")


def surname(d: Draw) -> str:
    return d.name("surnames") if d.chance(0.5) else d.name("name_heads") + d.name("name_tails")


def person(d: Draw) -> str:
    roll = d.rng.random()
    if roll < 0.08:
        return d.rng.choice(["Dr ", "Mr ", "Mrs ", "Ms "]) + surname(d)
    return first_name(d) if roll < 0.6 else f"{first_name(d)} {surname(d)}"


def town(d: Draw) -> str:
    return d.name("cities") if d.chance(0.4) else d.name("town_heads") + d.name("town_tails")


def river(d: Draw) -> str:
    return d.name("name_heads") + d.name("name_tails")


def street(d: Draw) -> str:
    return f"{d.name('street_heads')} {d.name('street_tails')}"


def company(d: Draw) -> str:
    head = d.name("name_heads")
    if d.chance(0.6):
        return head + d.name("company_tails")
    return f"{head}{d.name('name_tails')} {d.name('company_kinds')}"


def room(d: Draw) -> str:
    roll = d.rng.random()
    if roll < 0.3:
        return f"room {d.integer(1, 420)}"
    if roll < 0.4:
        return f"hall {d.rng.choice('ABCDEFG')}"
    return "the " + d.thing("rooms")


def price(d: Draw) -> str:
    roll = d.rng.random()
    if roll < 0.35:
        return f"${d.integer(1, 950)}"
    if roll < 0.6:
        return f"${d.integer(1, 99)}.{d.integer(1, 99):02d}"
    unit = d.rng.choice(["euros", "euros", "pounds", "coins", "francs", "dollars", "crowns"])
    return f"{d.integer(2, 900)} {unit}"


def money(d: Draw) -> str:
    amount = d.integer(2, 99) * d.rng.choice([10, 100, 1000])
    return f"${amount}" if d.chance(0.5) else f"{amount} {d.rng.choice(['euros', 'pounds', 'dollars'])}"


def clock(d: Draw) -> str:
    roll = d.rng.random()
    if roll < 0.35:
        return f"{d.integer(0, 23)}:{d.integer(0, 11) * 5:02d}"
    if roll < 0.65:
        return f"{d.integer(1, 12)}:{d.integer(0, 59):02d} {d.rng.choice(['am', 'pm'])}"
    if roll < 0.85:
        return f"{d.integer(1, 12)} {d.rng.choice(['am', 'pm', 'o' + chr(39) + 'clock'])}"
    return d.rng.choice(["half past", "quarter past", "quarter to"]) + " " + d.rng.choice(NUMBER_WORDS)


def date(d: Draw) -> str:
    month, day = d.rng.choice(MONTHS), d.integer(1, 28)
    roll = d.rng.random()
    if roll < 0.4:
        return f"{month} {day}"
    if roll < 0.65:
        return f"{day} {month}"
    if roll < 0.8:
        return f"{month} {day}, {d.integer(1995, 2035)}"
    return f"{d.rng.choice(WEEKDAYS)}, {month} {day}"


def count(d: Draw) -> str:
    roll = d.rng.random()
    if roll < 0.25:
        return d.rng.choice(NUMBER_WORDS)
    return str(d.integer(2, 99) if roll < 0.7 else d.integer(100, 980))


def crowd(d: Draw) -> str:
    return str(d.integer(100, 9999) if d.chance(0.6) else d.integer(10, 999) * 100)


def quantity(d: Draw, units: list[str]) -> str:
    """A number from 2 up with a unit, now and then with a decimal where that is not a time."""
    if units[0] not in TIMES and d.chance(0.2):
        return f"{d.integer(1, 40)}.{d.integer(1, 9)} {d.rng.choice(units)}"
    number = d.rng.choice(NUMBER_WORDS) if d.chance(0.2) else str(d.integer(2, 95))
    return f"{number} {d.rng.choice(units)}"


def code(d: Draw) -> str:
    if d.chance(0.5):
        return str(d.integer(1000, 99999))
    return f"{d.rng.choice('ABCDEFGHKLMNPRSTUVWXYZ')}{d.rng.choice(['', '-'])}{d.integer(10, 9999)}"


def phone(d: Draw) -> str:
    return f"{d.integer(200, 989)}-{d.integer(100, 999)}-{d.integer(1000, 9999)}"


def score(d: Draw) -> str:
    low = d.integer(0, 5)
    return f"{low + d.integer(1, 6)} to {low}"


def object_name(d: Draw) -> str:
    noun = d.thing("objects")
    return f"{d.thing('adjectives')} {noun}" if d.chance(0.75) else noun


def title(d: Draw) -> str:
    return f"The {d.thing('title_heads')} {d.thing('title_tails')}"


def from_things(section: str, before: str = "") -> Callable[[Draw], str]:
    return lambda d: before + d.thing(section)


def from_units(*units: str) -> Callable[[Draw], str]:
    return lambda d: quantity(d, list(units))


KINDS: dict[str, Callable[[Draw], str]] = {
    "person": person, "first_name": first_name, "town": town, "river": river, "street": street, "company": company,
    "room": room, "price": price, "money": money, "clock": clock, "date": date, "count": count, "crowd": crowd,
    "code": code, "phone": phone, "score": score, "title": title, "object": object_name,
    "address": lambda d: f"{d.integer(1, 250)} {street(d)}",
    "weekday": lambda d: d.rng.choice(WEEKDAYS),
    "year": lambda d: str(d.integer(1700, 2030)),
    "recent_year": lambda d: str(d.integer(1930, 2020)),
    "percent": lambda d: f"{d.integer(2, 95)} percent",
    "age": lambda d: str(d.integer(5, 95)),
    "pages": lambda d: str(d.integer(24, 990)),
    "an_object": lambda d: with_article(object_name(d)),
    "the_object": lambda d: "the " + object_name(d),
    "an_animal": lambda d: with_article((d.thing("colors") + " " if d.chance(0.5) else "") + d.thing("animals")),
    "a_job": lambda d: with_article(d.thing("jobs")),
    "dish": lambda d: f"{d.thing('dish_heads')} {d.thing('dish_tails')}",
    "place": lambda d: "the " + d.thing("spots"),
    "container": lambda d: f"the {d.thing('adjectives')} {d.thing('containers')}",
    "bay": lambda d: f"{d.rng.choice(['platform', 'bay', 'gate', 'stand', 'pier'])} {d.integer(1, 40)}",
    "pet_name": lambda d: d.name("pets"),
    "team": lambda d: f"{d.name('town_heads')}{d.name('town_tails')} {d.thing('teams')}",
    "duration": from_units("minutes", "hours", "days"),
    "minutes": from_units("minutes"),
    "months": from_units("months", "weeks", "years"),
    "weight": from_units("kg", "grams", "pounds", "tons"),
    "amount": from_units("grams", "cups", "spoons", "ounces"),
    "distance": from_units("km", "miles"),
    "heat": lambda d: f"{d.integer(24, 46) * 5} degrees",
    "food": from_things("foods"), "drink": from_things("drinks"), "hobby": from_things("hobbies"),
    "subject": from_things("subjects"), "language": from_things("languages"), "color": from_things("colors"),
    "material": from_things("materials"), "plants": from_things("plants"), "reason": from_things("reasons"),
    "chore": from_things("chores"), "decision": from_things("decisions"),
}


def draw(kind: str, rng: random.Random, split: str) -> str:
    """One value of `kind`."""
    return KINDS[kind](Draw(rng, split))
