"""Small tasks in a chat whose answer stands in the request: repeat, spell, count, sort, choose, change a list."""
from __future__ import annotations

import random

from . import words_people as people
from . import words_world as world
from .story_plots import expand, tidy
from .word_lists import templates

Exchange = tuple[str, str, str | None]  # the user's words, the answer, the word that the answer must have


REQUESTS = templates("dialogue_tasks.txt")


def request(rng: random.Random, split: str, task: str, **values: str) -> str:
    """The user's words for a task."""
    return expand(rng, REQUESTS[task].line(rng, split), values)


def listed(words: list[str], last: str = "and") -> str:
    """Words as a list in a sentence."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else words[0]


def draw_things(rng: random.Random, low: int, high: int) -> list[str]:
    """Different things of one family: objects, foods, animals, colours or sports."""
    family = rng.choice((world.THINGS, [item for item, _ in world.FOODS], world.ANIMALS, world.COLOURS, world.SPORTS))
    return rng.sample(list(family), rng.randint(low, high))


def draw_word(rng: random.Random) -> str:
    """One word without a space."""
    words = world.THINGS + world.ANIMALS + world.MEALS + world.COLOURS + world.TREES + people.TRAITS
    return rng.choice([word for word in words if " " not in word])


SENTENCES = ("The {colour} {thing} is {spot}.", "{name} likes {meal}.", "My {animal} eats {items}.",
             "{name} and {name2} went to {city}.", "There are {num} {items} in the bag.",
             "A {animal} sat on a {thing}.",
             "{name} lost a {colour} {thing} on {weekday}.", "In {city} it is quiet on {weekday}.")


def repeat(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Says a sentence again, as it is."""
    text = tidy(rng.choice(SENTENCES).format_map(slots))
    return [(request(rng, split, "repeats", text=text), text, text.rstrip("."))]


def letters(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Spells a word, names its first letter, or writes it in capitals; sometimes goes on with another word."""
    words = [draw_word(rng) for _ in range(2)]
    way = rng.randrange(3)
    made = []
    for turn, word in enumerate(words[:rng.randint(1, 2)]):
        asked = request(rng, split, ("spells", "firsts", "uppers")[way], word=word) if turn == 0 else \
            rng.choice(("And {word}?", "And what about {word}?", "Now {word}.")).format(word=word)
        answer = ("-".join(word), word[0].upper(), word.upper())[way]
        made.append((asked, (f"{word}: {answer}", f"{word} starts with {answer}.", answer)[way], answer))
    return made


def count(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Counts two to six things, and may answer which is the first or the last."""
    things = draw_things(rng, 2, 6)
    number = str(len(things))
    asked = tidy(request(rng, split, "counts", list=", ".join(things)))
    made = [(asked, rng.choice((f"That is {number}: {listed(things)}.", f"There are {number}.")), number)]
    if rng.random() < 0.5:
        place, thing = rng.choice((("first", things[0]), ("last", things[-1])))
        asked = rng.choice((f"Which one is the {place}?", f"And the {place} one?", f"What is the {place} thing?"))
        made.append((asked, f"The {place} one is {thing}.", thing))
    return made


def sort_names(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Sorts two or three names that start with different letters."""
    names: list[str] = []
    wanted = rng.randint(2, 3)
    while len(names) < wanted:
        name = people.any_name(rng, split)
        if name[0] not in [other[0] for other in names]:
            names.append(name)
    answer = ", ".join(sorted(names))
    return [(request(rng, split, "sorts", list=", ".join(names)), answer + ".", answer)]


def opposite(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Says the opposite of one or two words."""
    made: list[Exchange] = []
    for word, other in rng.sample(world.OPPOSITES, rng.randint(1, 2)):
        if rng.random() < 0.5:
            word, other = other, word
        asked = request(rng, split, "opposites", word=word) if not made else \
            rng.choice(("And of {word}?", "And {word}?")).format(word=word)
        answer = rng.choice((f"The opposite of {word} is {other}.", f"It is {other}."))
        made.append((asked, answer, other))
    return made


def choose(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Chooses one of two things that the user names, and stays with it when asked again."""
    first, second = (f"the {rng.choice(world.COLOURS)} {thing}" for thing in rng.sample(world.THINGS, 2))
    chosen, left = (first, second) if rng.random() < 0.5 else (second, first)
    asked = tidy(request(rng, split, "choices", a=first, b=second))
    made: list[Exchange] = [(asked, rng.choice((f"I would choose {chosen}.", f"I would take {chosen}.")), None)]
    way = rng.random()
    if way < 0.3:
        made.append((rng.choice(("Which one did you choose?", "Say it again: which one?")), f"I chose {chosen}.",
                     chosen))
    elif way < 0.6:
        made.append((rng.choice(("And which one is left?", "Which one did you not choose?")),
                     f"That leaves {left}.", left))
    return made


def change_list(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Takes one thing out of a list, adds one, or says what comes after one."""
    things = draw_things(rng, 3, 5)
    extra = things.pop()
    opened = request(rng, split, "lists", list=", ".join(things))
    place = rng.randrange(len(things))
    way = rng.randrange(3)
    if way == 0:
        asked, made = f"Take out {things[place]}.", ", ".join(things[:place] + things[place + 1:])
    elif way == 1:
        asked, made = f"Add {extra}.", ", ".join(things + [extra])
    else:
        place = rng.randrange(len(things) - 1)
        asked, made = f"What comes after {things[place]}?", things[place + 1].capitalize()
    answer = f"{made}." if way == 2 else f"Your list is now: {made}."
    if rng.random() < 0.5:
        return [(f"{opened} {asked}", answer, made)]
    return [(opened, rng.choice(("All right. What shall I do with it?", "I have read your list.")), None),
            (asked, answer, made)]


def sentence(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Writes one sentence with a word that the user gives."""
    thing = rng.choice(world.THINGS)
    made = rng.choice(("{name} found a {colour} {word} {spot}.", "There is a {word} {spot}.",
                       "{name} gave the {word} to {name2}.", "On {weekday}, {name} bought a {word}.",
                       "The {word} is {colour} and very old.", "My {word} was a present from {name}."))
    asked = tidy(request(rng, split, "sentences", word=thing))
    return [(asked, tidy(made.format_map({**slots, "word": thing})), thing)]


def bigger(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Says which of two numbers is bigger."""
    first, second = rng.sample(range(1, rng.choice((11, 100))), 2)
    answer = str(max(first, second))
    asked = request(rng, split, "bigger", a=str(first), b=str(second))
    return [(asked, f"{answer} is {rng.choice(('bigger', 'more'))}.", answer)]


TASKS = (repeat, repeat, letters, count, sort_names, opposite, choose, change_list, change_list, sentence, bigger)
