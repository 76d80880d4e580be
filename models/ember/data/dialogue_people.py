"""Chats about two people or more, told in one message, and chats whose system message tells who the user is."""
from __future__ import annotations

import random

from . import words_people as people
from . import words_world as world
from .dialogue_tasks import Exchange
from .story_plots import pick, tidy

# what is said of each person; how the value is asked for, how the person is asked for; the answers of both
RELATIONS = (
    (world.MEALS, ("{n} likes {v}", "{n} eats {v} every day", "{n} wants {v} for lunch", "{n} cooked {v}",
                   "{n} asked for {v}", "{v} is for {n}"),
     ("What about {n}: which food?", "Which food goes with {n}?", "And {n}? Which food was it?", "{n}: which food?",
      "What food did I name for {n}?", "Tell me the food of {n}."),
     ("Who goes with {v}?", "Which person goes with {v}?", "{v}: who is it?", "And {v}? Who is that?",
      "Name the person with {v}.", "With {v}, whom did I mean?")),
    (world.CITIES, ("{n} lives in {v}", "{n} is from {v}", "{n} moved to {v}", "{n} works in {v}", "{n} comes from {v}",
                    "{n} has a house in {v}"),
     ("Which city goes with {n}?", "Where is {n}?", "And {n}? Which city?", "{n}: which city?",
      "In which city is {n}?", "Tell me the city of {n}."),
     ("Who is in {v}?", "Which person is in {v}?", "Who goes with {v}?", "{v}: who is that?",
      "Name the person in {v}.", "Of whom did I say {v}?")),
    (world.COLOURS, ("{n} has the {v} hat", "{n} wears the {v} coat", "{n} took the {v} cup", "{n} got the {v} chair",
                     "{n} has the {v} bike", "the {v} bag belongs to {n}"),
     ("Which colour goes with {n}?", "What colour does {n} have?", "And {n}? Which colour?", "{n}: which colour?",
      "What is the colour of {n}?", "Tell me the colour of {n}."),
     ("Who has the {v} one?", "Who has something {v}?", "Whose thing is {v}?", "{v}: whose is it?",
      "Name the person with the {v} thing.", "To whom belongs what is {v}?")),
    (tuple(str(age) for age in range(4, 99)), ("{n} is {v} years old", "{n} is {v}", "{n} turned {v}",
                                               "{n} has run {v} miles", "{n} has {v} points", "{n} has number {v}"),
     ("Which number goes with {n}?", "What is the number of {n}?", "And {n}? Which number?", "{n}: which number?",
      "What number did I give for {n}?", "Tell me the number of {n}."),
     ("Who has {v}?", "Which person goes with {v}?", "Who goes with the number {v}?", "{v}: who is it?",
      "Name the person with {v}.", "Of whom did I say {v}?")),
)
ACKS = ("I see.", "All right, I have noted it.", "Thank you. I will keep that in mind.", "Good to know.", "Understood.")
PROFILES = (
    ("The user's name is {name}. {name} lives in {city} and likes {meal}.", ("name", "city", "meal")),
    ("You talk with {name}, who is {age} years old and lives in {city}.", ("name", "age", "city")),
    ("The user is called {name}. The user's favourite colour is {colour}.", ("name", "colour")),
    ("About the user: name {name}, city {city}, hobby {sport}.", ("name", "city", "sport")),
    ("You help {name}. Their favourite food is {meal}, and their hobby is {sport}.", ("name", "meal", "sport")),
    ("The person who writes to you is {name} from {city}.", ("name", "city")),
    ("User: {name}, aged {age}. Likes {colour}.", ("name", "age", "colour")),
)


def several_people(rng: random.Random, split: str, slots: dict[str, str]) -> list[Exchange]:
    """Two or three people with a value each; one or two values or people are asked for."""
    values, tells, value_asks, person_asks = rng.choice(RELATIONS)
    number = rng.choice((2, 2, 3))
    names = rng.sample(people.by_split(people.GIRLS + people.BOYS, split), number)
    pairs = list(zip(names, rng.sample(values, number)))
    tell = pick(rng, split, tells)
    parts = [tell.format(n=name, v=value) for name, value in pairs]
    made: list[Exchange] = [(tidy(f"{', '.join(parts[:-1])} and {parts[-1]}."), rng.choice(ACKS), None)]
    for name, value in rng.sample(pairs, rng.choice((1, 1, 2))):
        if rng.random() < 0.5:
            asked, answer, key = pick(rng, split, value_asks), rng.choice(("It is {v}.", "{n}: {v}.")), value
        else:
            asked, answer, key = pick(rng, split, person_asks), rng.choice(("It is {n}.", "That is {n}.")), name
        made.append((tidy(asked.format(n=name, v=value)), answer.format(n=name, v=value), key))
    if rng.random() < 0.3:
        told, _, _ = made.pop(0)
        made[0] = (f"{told} {made[0][0]}", *made[0][1:])
    return made


def profile(rng: random.Random, split: str) -> tuple[str, tuple[str, ...]]:
    """A system message that tells who the user is, and the facts that it has."""
    return pick(rng, split, PROFILES)
