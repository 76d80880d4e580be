"""The scene of one story: who is in it, where, with which things; each value stays the same through the story."""
from __future__ import annotations

import random

from . import words_people as people
from . import words_world as world


def capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def title_case(text: str) -> str:
    """The text as it stands in a title."""
    small = ("to", "the", "a", "of", "and", "in")
    return " ".join(word if word in small else capital(word) for word in text.split())


def draw_character(rng: random.Random, split: str, is_animal: bool, taken: list[str]) -> dict[str, str]:
    """A child with a name, or an animal with or without one; `taken` are kinds and names already in the scene."""
    pronoun = rng.choice(("he", "she"))
    if is_animal:
        kind = rng.choice([animal for animal in world.ANIMALS if animal not in taken])
        pronoun = "she" if kind == "hen" else pronoun
        name = people.pet_name(rng, split) if rng.random() < 0.6 else ""
    else:
        kind = "girl" if pronoun == "she" else "boy"
        name = people.first_name(rng, split, pronoun)
    if name and name in taken:
        name = people.first_name(rng, split, pronoun)
    look = rng.choice(("", "", "little ", "young ", "small "))
    intro = f"a {look}{kind}" + (rng.choice((f" named {name}", f" called {name}")) if name else "")
    return {"kind": kind, "ref": name or f"the {kind}", "call": name or capital(kind), "intro": intro,
            "named": name, "pronoun": pronoun}


def draw_adult(rng: random.Random, is_animal: bool, family: bool) -> tuple[str, str]:
    """The adult and the pronoun; `family` asks for one who lives in the hero's home."""
    adults = people.ANIMAL_ADULTS if is_animal else people.CHILD_ADULTS
    return rng.choice([adult for adult in adults if not family or (adult[0][0] == "{" and "teacher" not in adult[0])])


def cast_slots(rng: random.Random, split: str, is_animal: bool, family: bool, barred: list[str]) -> dict[str, str]:
    """Slots of the hero (A), the friend (B) and the adult (G)."""
    hero = draw_character(rng, split, is_animal, barred)
    friend = draw_character(rng, split, is_animal, barred + [hero["kind"] if is_animal else "", hero["named"]])
    he, him, his, himself = people.FORMS[hero["pronoun"]]
    bhe, bhim, bhis, _ = people.FORMS[friend["pronoun"]]
    adult, adult_pronoun = draw_adult(rng, is_animal, family)
    adult = adult.format(his=his)
    ghe, ghim, ghis, _ = people.FORMS[adult_pronoun]
    return {
        "A": hero["ref"], "A_poss": hero["ref"] + "'s", "Aname": hero["call"], "kind": hero["kind"],
        "Kind": capital(hero["kind"]), "intro": hero["intro"], "named": hero["named"],
        "he": he, "him": him, "his": his, "himself": himself, "He": capital(he), "His": capital(his),
        "B": friend["ref"], "B_cap": capital(friend["ref"]), "B_poss": friend["ref"] + "'s",
        "B_poss_cap": capital(friend["ref"]) + "'s", "Bcall": friend["call"], "Bname": friend["call"],
        "Bintro": friend["intro"], "bkind": friend["kind"], "bnamed": friend["named"],
        "bhe": bhe, "bhim": bhim, "bhis": bhis, "Bhe": capital(bhe),
        "G": adult, "G_cap": capital(adult), "G_poss": adult + "'s", "Gkey": adult.split()[-1],
        "ghe": ghe, "ghim": ghim, "ghis": ghis,
    }


def object_slots(rng: random.Random, need: str) -> dict[str, str]:
    """Slots of the story's main thing; `need` names its family."""
    slots: dict[str, str] = {"part": "", "tool": rng.choice(world.MENDERS), "stuff": ""}
    if need == "gift":
        slots["thing"], slots["stuff"] = rng.choice(world.GIFTS)
        slots["prop"], slots["obj"] = "", slots["thing"]
    else:
        if need == "mend":
            slots["thing"], slots["part"] = rng.choice(world.MENDABLE)
        else:
            family = {"toy": world.TOYS, "breakable": world.BREAKABLE, "cloth": world.CLOTHS}.get(need, world.THINGS)
            slots["thing"] = rng.choice(family)
        slots["prop"] = rng.choice(world.COLOURS)
        look = rng.choice(world.LOOKS) + " " if rng.random() < 0.3 else ""
        slots["obj"] = f"{look}{slots['prop']} {slots['thing']}"
    slots["Thing"] = title_case(slots["thing"])
    slots["obj2"] = f"{rng.choice(world.COLOURS)} {rng.choice(world.THINGS)}"
    return slots


def place_slots(rng: random.Random, settings: dict[str, str], is_animal: bool) -> dict[str, str]:
    """Slots of the place, the home, the weather and the time of day."""
    to = rng.choice(world.ANIMAL_PLACES if is_animal else world.CHILD_PLACES)
    if settings.get("place") == "water":
        to = "to " + rng.choice(world.WATERS)
    weather = settings.get("weather", "fair")
    weather = rng.choice(world.FAIR) if weather == "fair" else weather
    time = rng.choice(("morning", "afternoon", "day"))
    first = weather if weather in ("rainy", "snowy") or rng.random() < 0.8 else rng.choice(world.WEEKDAYS)
    hides = rng.sample(world.HIDES, 3)
    return {
        "to": to, "ToTitle": title_case(to), "place": to[3:], "at": "at " + to[3:],
        "home": rng.choice(world.ANIMAL_HOMES if is_animal else world.CHILD_HOMES),
        "day": f"{first} {'morning' if first in world.WEEKDAYS and time == 'day' else time}", "time": time,
        "sky": rng.choice(world.WEATHER[weather]),
        "hide": hides[0], "nothide": hides[1], "nothide2": hides[2], "shelter": rng.choice(world.SHELTERS),
        "tree": rng.choice(world.TREES), "moon": rng.choice(world.MOONS), "weekday": rng.choice(world.WEEKDAYS),
    }


def detail_slots(rng: random.Random, small: str) -> dict[str, str]:
    """Slots of food, skills, seeds, noises, numbers and the small animal in need."""
    item, items = rng.choice(world.FOODS)
    trap, method = rng.choice(world.TRAPS)
    seed, grown = rng.choice(world.SEEDS)
    skill, doing = rng.choice(world.SKILLS)
    noise, cause = rng.choice(world.NOISES)
    num = rng.choice(world.NUMBERS)
    return {
        "item": item, "items": items, "a_item": "a " + item, "Food": capital(item), "Foods": title_case(items),
        "num": num, "Num": capital(num), "trap": trap, "method": method, "small": small, "Small": capital(small),
        "coat": rng.choice(world.COATS), "seed": seed, "grown": grown, "grown_cap": capital(grown),
        "skill": skill, "doing": doing, "noise": noise, "cause": cause, "dish": rng.choice(world.DISHES),
        "colour": rng.choice(world.COLOURS), "trait": rng.choice(people.TRAITS), "trait2": rng.choice(people.TRAITS),
        "hobby": rng.choice(world.HOBBIES), "under": rng.choice(world.UNDERS),
    }


def draw_scene(rng: random.Random, split: str, settings: dict[str, str]) -> dict[str, str]:
    """All slots of one story."""
    is_animal = settings.get("world", rng.choice(("child", "animal"))) == "animal"
    small = rng.choice(world.SMALL)
    slots = cast_slots(rng, split, is_animal, settings.get("adult") == "family", [small])
    slots.update(object_slots(rng, settings.get("object", "thing")))
    slots.update(place_slots(rng, settings, is_animal))
    slots.update(detail_slots(rng, small))
    return slots
