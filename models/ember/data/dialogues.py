"""Chats of two to eight messages that are kept: small talk, memory, small tasks, refusals, and who ember is (`sample`).

The user's phrasings are split into trained and held-out ones; the answers are not, since they are what is checked.
"""
from __future__ import annotations

import random

from . import words_people as people
from . import words_world as world
from .dialogue_people import profile, several_people
from .dialogue_style import Style, draw_style
from .dialogue_tasks import TASKS, Exchange
from .story_plots import expand, pick, tidy
from .word_lists import Parts, Section, keyed_templates

SPOTS = ("under the bed", "on the shelf", "in the kitchen", "behind the door", "in the blue bag", "on the table",
         "in the garden shed", "next to the lamp", "under the stairs", "in the top drawer", "by the window",
         "on the roof", "in the car", "in my left pocket", "behind the sofa", "in the red box", "at the office",
         "in the cellar", "on the piano", "inside the old boot")
RELATIONS = {"she": ("sister", "aunt", "cousin", "neighbour", "friend", "teacher", "grandmother"),
             "he": ("brother", "uncle", "cousin", "neighbour", "friend", "teacher", "grandfather")}
PERSONAS = ("You are {pet}, a {trait} {animal}. You live {home}.",
            "Your name is {pet}. You are a {trait} {animal} and live {home}.",
            "You play a {animal} called {pet} who is {trait}. Your home is {home}.",
            "Be {pet}, the {trait} {animal}, at home {home}.",
            "Act as {pet}. {pet} is a {trait} {animal} and lives {home}.",
            "In this chat you are the {trait} {animal} {pet} from a book. You live {home}.")
PERSONA_ASKS = (
    (("What is your name?", "Who are you?", "How are you called?", "Tell me your name.", "What should I call you?",
      "And you are?"),
     ("My name is {pet}.", "I am {pet}."), "{pet}"),
    (("What kind of animal are you?", "Are you a cat?", "Which animal are you?", "What are you, a bird or a fish?",
      "Say what animal you are.", "Can you tell me what animal you are?"),
      ("I am a {animal}.", "I am {pet}, a {animal}."), "{animal}"),
    (("Where do you live?", "Where is your home?", "Where are you at home?", "Where can I visit you?",
      "Tell me where you live.",
      "In what place do you live?"), ("I live {home}.", "My home is {home}."), "{home}"),
)
MAX_EXCHANGES = 4

FACTS = keyed_templates("dialogue_facts.txt")
TALK = keyed_templates("dialogue_talk.txt")
IDENTITY = keyed_templates("dialogue_identity.txt")
REFUSALS = keyed_templates("dialogue_refusals.txt")


def draw_slots(rng: random.Random, split: str) -> dict[str, str]:
    """Values for all slots of one chat; paired slots differ."""
    pronoun = rng.choice(("he", "she"))
    second = people.first_name(rng, split, pronoun)
    names = [rng.choice([name for name in people.by_split(people.GIRLS + people.BOYS, split) if name != second]),
             second]
    meals, colours, cities = (rng.sample(list(words), 2) for words in (world.MEALS, world.COLOURS, world.CITIES))
    verb, what = rng.choice(world.WEEKEND)
    thing = rng.choice(world.THINGS)
    num = rng.choice(world.NUMBERS)
    slots = {
        "name": names[0], "name2": names[1], "meal": meals[0], "meal2": meals[1], "colour": colours[0],
        "colour2": colours[1], "city": cities[0], "city2": cities[1], "pet": people.pet_name(rng, split),
        "petkind": rng.choice(world.PET_KINDS), "num": num, "siblings": rng.choice(("brothers", "sisters", "cousins")),
        "age": str(rng.randint(5, 90)), "sport": rng.choice(world.SPORTS), "weekday": rng.choice(world.WEEKDAYS),
        "thing": thing, "obj": f"{rng.choice(world.COLOURS)} {thing}", "spot": rng.choice(SPOTS),
        "pronoun": pronoun, "relation": rng.choice(RELATIONS[pronoun]), "did": f"{verb} {what}",
        "animal": rng.choice(world.ANIMALS),
        "items": rng.choice(world.FOODS)[1], "big": str(rng.randint(100, 9999)),
        "trait": rng.choice(people.TRAITS), "home": rng.choice(world.ANIMAL_HOMES),
    }
    for key in ("colour", "colour2", "meal", "meal2", "num", "sport"):
        slots[key.capitalize()] = slots[key].capitalize()
    return slots


def say(rng: random.Random, phrasing: str, slots: dict[str, str]) -> str:
    """A phrasing written out."""
    return tidy(expand(rng, phrasing, slots))


def user_says(rng: random.Random, split: str, phrasings: Parts, slots: dict[str, str]) -> str:
    """What the user says, in a phrasing of the split."""
    return say(rng, phrasings.line(rng, split), slots)


def ember_says(rng: random.Random, phrasings: Parts, slots: dict[str, str]) -> str:
    """What ember says: none of that is held out."""
    return say(rng, rng.choice(phrasings.train), slots)


def only(phrasings: Parts) -> str:
    """The one line of a list that has one."""
    return phrasings.train[0]


def talk(rng: random.Random, split: str, slots: dict[str, str], name: str = "") -> list[Exchange]:
    """A piece of small talk, to its end or to an earlier turn."""
    section = TALK[name or rng.choice(list(TALK))]
    turns = sum(key.startswith("u") for key in section)
    made: list[Exchange] = []
    for turn in range(1, (turns if rng.random() < 0.7 else rng.randint(1, turns)) + 1):
        key = section.get(f"k{turn}")
        made.append((user_says(rng, split, section[f"u{turn}"], slots), ember_says(rng, section[f"a{turn}"], slots),
                     only(key).format_map(slots) if key else None))
    return made


def ask_fact(rng: random.Random, split: str, fact: Section, slots: dict[str, str]) -> Exchange:
    """The user asks for something told before."""
    return (user_says(rng, split, fact["ask"], slots), ember_says(rng, fact["answer"], slots),
            only(fact["key"]).format_map(slots))


def tell_fact(rng: random.Random, split: str, facts: list[Section], slots: dict[str, str]) -> Exchange:
    """The user tells one thing or two in one message."""
    told = " ".join(user_says(rng, split, fact["tell"], slots) for fact in facts)
    return told, ember_says(rng, facts[-1]["ack"], slots), None


def put_right(rng: random.Random, split: str, fact: Section, slots: dict[str, str]) -> dict[str, str]:
    """The slots with another value for what this fact is about."""
    slot = only(fact["key"]).strip("{}")
    while True:
        fresh = draw_slots(rng, split)
        if fresh[slot] not in slots.values() and fresh["pronoun"] == slots["pronoun"]:
            changed = [key for key in (slot, slot.capitalize()) if key in slots]
            return {**slots, **{key: fresh[key] for key in changed}}


def memory(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Facts are told, perhaps put right, something else is said, and one or two facts are asked for."""
    names = [name for name in FACTS if name != "petkind"] if rng.random() < 0.9 else ["petkind", "city", "name"]
    chosen = [FACTS[name] for name in rng.sample(names, 2)]
    together = rng.random() < 0.4
    made = [tell_fact(rng, split, chosen if together else chosen[:1], slots)]
    way = rng.random()
    if way < 0.25 and not together:
        slots = put_right(rng, split, chosen[0], slots)
        made.append((user_says(rng, split, chosen[0]["fix"], slots),
                     rng.choice(("All right, thank you for telling me.", "Thank you, I see.", "No problem.")), None))
    elif way < 0.6 and not together:
        made.append(tell_fact(rng, split, chosen[1:], slots))
        together = True
    if len(made) < MAX_EXCHANGES - 1 and rng.random() < 0.6:
        made += distraction(rng, split)[:MAX_EXCHANGES - 1 - len(made)]
    made.append(ask_fact(rng, split, chosen[0] if not together else rng.choice(chosen), slots))
    return made


def distraction(rng: random.Random, split: str) -> list[Exchange]:
    """Something between telling and asking, with values of its own."""
    slots = draw_slots(rng, split)
    if rng.random() < 0.5:
        return talk(rng, split, slots, rng.choice(("thanks", "eat", "joke", "bored", "how")))[:2]
    return rng.choice(TASKS)(rng, split, slots)[:1]


def never_told(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """The user asks for something that was not told; perhaps tells it then and asks again."""
    names = [name for name in FACTS if name != "petkind"]
    told, missing = (FACTS[name] for name in rng.sample(names, 2))
    made = [tell_fact(rng, split, [told], slots)] if rng.random() < 0.6 else []
    unknown = say(rng, only(missing["missing"]), slots)
    made.append((user_says(rng, split, missing["ask"], slots), unknown, "have not told me"))
    if rng.random() < 0.4:
        made += [tell_fact(rng, split, [missing], slots), ask_fact(rng, split, missing, slots)]
    return made


def first_words(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """The user asks what was said first or just before."""
    made = [rng.choice(TASKS)(rng, split, slots)[0], distraction(rng, split)[0]][:rng.randint(1, 2)]
    which, said = rng.choice((("first", made[0][0]), ("last", made[-1][0])))
    asks = ("What did I say {which}?", "What was my {which} message?", "Tell me my {which} message again.",
            "Which message did I send you {which}?", "Repeat my {which} message.", "What did I write to you {which}?",
            "Do you still have my {which} message?")
    asked = pick(rng, split, asks).format(which=which)
    asked = asked.replace("say last", "say just now").replace("you last", "you just now")
    return made + [(asked, f'You wrote: "{said}"', said)]


def refusal(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """A question that a tiny model cannot answer; sometimes a second one, or a story's offer is taken up."""
    made: list[Exchange] = []
    for name in rng.choices(("now", "facts", "facts", "work"), k=rng.choice((1, 1, 2))):
        answers = REFUSALS[name].get("a") or REFUSALS["answers"]["a"]
        made.append((user_says(rng, split, REFUSALS[name]["u"], slots), ember_says(rng, answers, slots),
                     "larger model"))
    return made


def identity(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """One to three questions about ember itself, perhaps after a greeting."""
    made = talk(rng, split, slots, "hello") if rng.random() < 0.2 else []
    for name in rng.sample(list(IDENTITY), rng.choice((1, 1, 2, 2, 3))):
        section = IDENTITY[name]
        said = ember_says(rng, section["a"], slots).replace("Ember", "ember")
        made.append((user_says(rng, split, section["u"], slots), said, only(section["k"])))
    return made


def mixed(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """A greeting, small talk and small tasks in one chat."""
    made = talk(rng, split, slots, "hello") if rng.random() < 0.3 else []
    made += rng.choice((talk, talk, any_task, any_task, any_task, refusal, identity))(rng, split, slots)
    if rng.random() < 0.5:
        made += any_task(rng, split, draw_slots(rng, split))
    if rng.random() < 0.15:
        made += talk(rng, split, slots, rng.choice(("thanks", "bye")))
    return made[:MAX_EXCHANGES]


def any_task(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """One of the small tasks."""
    return rng.choice(TASKS)(rng, split, slots)


def persona_chat(rng: random.Random, split: str) -> dict:
    """The system message gives ember a part to play; the answers come from it."""
    slots = draw_slots(rng, split)
    messages = [{"role": "system", "content": say(rng, pick(rng, split, PERSONAS), slots)}]
    key = ""
    for asks, answers, word in rng.sample(PERSONA_ASKS, rng.randint(1, 3)):
        key = word.format_map(slots)
        messages += [{"role": "user", "content": loosen(rng, pick(rng, split, asks))},
                     {"role": "assistant", "content": say(rng, rng.choice(answers), slots)}]
    return {"kind": "chat", "messages": messages, "expected": key}


def profile_chat(rng: random.Random, split: str) -> dict:
    """The system message tells who the user is; the answers come from it."""
    slots = draw_slots(rng, split)
    system, known = profile(rng, split)
    messages = [{"role": "system", "content": system.format_map(slots)}]
    if rng.random() < 0.3:
        greeting = f"Hello, {slots['name']}! How can I help you?"
        messages += [{"role": "user", "content": user_says(rng, split, TALK["hello"]["u1"], slots)},
                     {"role": "assistant", "content": greeting}]
    key = ""
    for name in rng.sample(known, rng.randint(1, 2)):
        fact = FACTS[name]
        key = only(fact["key"]).format_map(slots)
        answers = [line for line in fact["answer"].train if "told me" not in line]
        messages += [{"role": "user", "content": loosen(rng, user_says(rng, split, fact["ask"], slots))},
                     {"role": "assistant", "content": say(rng, rng.choice(answers), slots)}]
    return {"kind": "chat", "messages": messages, "expected": key}


MAKERS = ((memory, 32), (several_people, 10), (never_told, 6), (first_words, 4), (refusal, 10), (identity, 15),
          (mixed, 30))


LOOSE_STARTS = ("What", "Who", "How", "Where", "Which", "Do", "My", "Can")


def loosen(rng: random.Random, text: str) -> str:
    """The user's words as people type them: now and then without the capital or the last full stop."""
    if rng.random() < 0.12 and not text.startswith(("I ", "I'")):
        first, _, rest = text.partition(" ")
        text = f"{first.lower()} {rest}" if first in LOOSE_STARTS else text
    return text[:-1] if rng.random() < 0.12 and text.endswith(".") and ": " not in text else text


def sample(rng: random.Random, split: str) -> dict:
    """A chat, with or without a system message, whose last answer is checked where it is determined."""
    if rng.random() < 0.1:
        return rng.choice((persona_chat, profile_chat))(rng, split)
    maker = rng.choices([maker for maker, _ in MAKERS], [weight for _, weight in MAKERS])[0]
    exchanges = maker(rng, split, draw_slots(rng, split))[:MAX_EXCHANGES]
    style: Style = draw_style(rng, split, exchanges, about_itself=maker is identity)
    messages = [{"role": "system", "content": style.system}] if style.system else []
    for asked, answer, key in exchanges:
        asked = asked if maker is first_words else loosen(rng, asked)
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": style.apply(answer, key)}]
    made = {"kind": "identity" if maker is identity else "chat", "messages": messages}
    key = exchanges[-1][2]
    if key:
        made["expected"] = style.key(key)
    return made
