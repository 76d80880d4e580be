"""Small tasks in a chat whose answer stands in the request: repeat, spell, count, sort, choose, change a list."""
from __future__ import annotations

import random

from . import words_people as people
from . import words_world as world
from .story_plots import pick, tidy

Exchange = tuple[str, str, str | None]  # the user's words, the answer, the word that the answer must have


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


REPEATS = ('Repeat after me: {text}', 'Please repeat: {text}', 'Say this: {text}', 'Repeat this sentence: {text}',
           'Write exactly this: {text}', 'Say after me: {text}', 'Copy this line: {text}', 'Echo: {text}')
SENTENCES = ("The {colour} {thing} is {spot}.", "{name} likes {meal}.", "My {animal} eats {items}.",
             "{name} and {name2} went to {city}.", "There are {num} {items} in the bag.",
             "A {animal} sat on a {thing}.",
             "{name} lost a {colour} {thing} on {weekday}.", "In {city} it is quiet on {weekday}.")


def repeat(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Says a sentence again, as it is."""
    text = tidy(rng.choice(SENTENCES).format_map(slots))
    return [(pick(rng, split, REPEATS).format(text=text), text, text.rstrip("."))]


SPELLS = ("Spell the word {word}.", "How do you spell {word}?", "Can you spell {word}?", "Please spell {word} for me.",
          "Spell {word}", "Write {word} letter by letter.", "What are the letters of {word}?")
FIRSTS = ("What is the first letter of {word}?", "Which letter does {word} start with?", "{word}: first letter?",
          "With which letter does the word {word} begin?", "Tell me the first letter of {word}.",
          "What letter comes first in {word}?", "The word {word} opens with which letter?")
UPPERS = ("Write {word} in capital letters.", "Put {word} in capitals.", "Make this big: {word}",
          "{word} in capitals, please",
          "How does {word} look in capital letters?", "Change {word} to capital letters.", "All capitals: {word}")


def letters(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Spells a word, names its first letter, or writes it in capitals; sometimes goes on with another word."""
    words = [draw_word(rng) for _ in range(2)]
    way = rng.randrange(3)
    made = []
    for turn, word in enumerate(words[:rng.randint(1, 2)]):
        asked = pick(rng, split, (SPELLS, FIRSTS, UPPERS)[way]).format(word=word) if turn == 0 else \
            rng.choice(("And {word}?", "And what about {word}?", "Now {word}.")).format(word=word)
        answer = ("-".join(word), word[0].upper(), word.upper())[way]
        made.append((asked, (f"{word}: {answer}", f"{word} starts with {answer}.", answer)[way], answer))
    return made


COUNTS = ("How many things are in this list: {list}?", "Count these: {list}.", "How many are these? {list}",
          "{list}. How many is that?", "My list has {list}. How many things are on it?", "Please count: {list}.",
          "Tell me the number of things here: {list}.", "My list: {list}. How many things are on it?")


def count(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Counts two to six things, and may answer which is the first or the last."""
    things = draw_things(rng, 2, 6)
    number = str(len(things))
    asked = tidy(pick(rng, split, COUNTS).format(list=", ".join(things)))
    made = [(asked, rng.choice((f"That is {number}: {listed(things)}.", f"There are {number}.")), number)]
    if rng.random() < 0.5:
        place, thing = rng.choice((("first", things[0]), ("last", things[-1])))
        asked = rng.choice((f"Which one is the {place}?", f"And the {place} one?", f"What is the {place} thing?"))
        made.append((asked, f"The {place} one is {thing}.", thing))
    return made


SORTS = ("Sort these names: {list}.", "Put these names in order: {list}.", "Order by the alphabet: {list}",
         "Can you sort {list}?", "Sort by letter: {list}", "Please sort these names from A to Z: {list}.",
         "Bring these names into the order of the alphabet: {list}.", "Which order is right from A to Z: {list}?")


def sort_names(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Sorts two or three names that start with different letters."""
    names: list[str] = []
    wanted = rng.randint(2, 3)
    while len(names) < wanted:
        name = people.any_name(rng, split)
        if name[0] not in [other[0] for other in names]:
            names.append(name)
    answer = ", ".join(sorted(names))
    return [(pick(rng, split, SORTS).format(list=", ".join(names)), answer + ".", answer)]


OPPOSITE_ASKS = ("What is the opposite of {word}?", "Opposite of {word}?", "Tell me the opposite of {word}.",
                 "What is the contrary of {word}?", "{word} - what is the opposite?",
                 "Do you know the opposite of {word}?",
                 "Which word means the opposite of {word}?", "Give me a word that is the opposite of {word}.")


def opposite(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Says the opposite of one or two words."""
    made: list[Exchange] = []
    for word, other in rng.sample(world.OPPOSITES, rng.randint(1, 2)):
        if rng.random() < 0.5:
            word, other = other, word
        asked = pick(rng, split, OPPOSITE_ASKS) if not made else rng.choice(("And of {word}?", "And {word}?"))
        answer = rng.choice((f"The opposite of {word} is {other}.", f"It is {other}."))
        made.append((asked.format(word=word), answer, other))
    return made


CHOICES = ("{a} or {b}?", "Which is better, {a} or {b}?", "Should I take {a} or {b}?", "Choose one: {a} or {b}.",
           "I cannot decide between {a} and {b}. Help me.", "Pick one: {a}, {b}.", "What would you choose, {a} or {b}?",
           "Please decide for me: {a} or {b}.", "If there is only one, should it be {a} or {b}?")


def choose(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Chooses one of two things that the user names, and stays with it when asked again."""
    first, second = (f"the {rng.choice(world.COLOURS)} {thing}" for thing in rng.sample(world.THINGS, 2))
    chosen, left = (first, second) if rng.random() < 0.5 else (second, first)
    asked = tidy(pick(rng, split, CHOICES).format(a=first, b=second))
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
    start = pick(rng, split, ("Here is my list: {list}.", "My list is: {list}.", "I wrote this: {list}.",
                              "I wrote down {list}.",
                              "List: {list}.", "On my list: {list}.", "These are on my list: {list}."))
    place = rng.randrange(len(things))
    way = rng.randrange(3)
    if way == 0:
        asked, made = f"Take out {things[place]}.", ", ".join(things[:place] + things[place + 1:])
    elif way == 1:
        asked, made = f"Add {extra}.", ", ".join(things + [extra])
    else:
        place = rng.randrange(len(things) - 1)
        asked, made = f"What comes after {things[place]}?", things[place + 1].capitalize()
    opened = start.format(list=", ".join(things))
    answer = f"{made}." if way == 2 else f"Your list is now: {made}."
    if rng.random() < 0.5:
        return [(f"{opened} {asked}", answer, made)]
    return [(opened, rng.choice(("All right. What shall I do with it?", "I have read your list.")), None),
            (asked, answer, made)]


WORD_SENTENCES = ("Make a sentence with the word {word}.", "Use {word} in a sentence.",
                  "Write one sentence with {word}.",
                  "A sentence with {word}, please.", "Can you use the word {word} in a sentence?",
                  "Write a short sentence about a {word}.", "I need one sentence in which {word} occurs.")


def sentence(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Writes one sentence with a word that the user gives."""
    thing = rng.choice(world.THINGS)
    made = rng.choice(("{name} found a {colour} {word} {spot}.", "There is a {word} {spot}.",
                       "{name} gave the {word} to {name2}.", "On {weekday}, {name} bought a {word}.",
                       "The {word} is {colour} and very old.", "My {word} was a present from {name}."))
    asked = tidy(pick(rng, split, WORD_SENTENCES).format(word=thing))
    return [(asked, tidy(made.format_map({**slots, "word": thing})), thing)]


BIGGER = ("Which number is bigger, {a} or {b}?", "Is {a} or {b} more?", "{a} or {b}: which is more?",
          "Which is the bigger number: {a} or {b}?", "What is more, {a} or {b}?",
          "Compare {a} and {b}. Which is bigger?",
          "Tell me the larger number of {a} and {b}.", "Between {a} and {b}, which is larger?")


def bigger(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Says which of two numbers is bigger."""
    first, second = rng.sample(range(1, rng.choice((11, 100))), 2)
    answer = str(max(first, second))
    return [(pick(rng, split, BIGGER).format(a=first, b=second), f"{answer} is {rng.choice(('bigger', 'more'))}.",
             answer)]


TASKS = (repeat, repeat, letters, count, sort_names, opposite, choose, change_list, change_list, sentence, bigger)
