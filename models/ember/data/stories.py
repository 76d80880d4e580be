"""Little stories with a plot: as plain text (`sample`) and as answers to requests in a chat (`sample_chat`)."""
from __future__ import annotations

import random
import re

from .story_plots import Plot, expand, load_plots, pick, tidy
from .story_scene import draw_scene

PLOTS = load_plots()
OPENINGS = (
    "Once upon a time, there was {intro}. {A} lived {home}.",
    "Once upon a time, {intro} lived {home}.",
    "Once there was {intro} who lived {home}.",
    "{intro} lived {home}. {A} was {trait} and loved {hobby}.",
    "There was once {intro}. {A} was {trait}, and what {he} liked most was {hobby}.",
    "{home} lived {intro}. Everybody said that {A} was very {trait}.",
    "{intro} had {his} home {home}.",
    "Long ago, there was {intro} who loved {hobby}.",
    "There once lived {intro}, {home}. Nobody was as {trait} as {A}.",
    "This is a story about {intro}. {A} lived {home}.",
    "Every story has a beginning. This one begins with {intro}, who lived {home}.",
    "{intro} loved {hobby}. {his} home was {home}.",
    "There was {intro} who was known for being {trait}. {his} home was {home}.",
    "When the world was a little younger, {intro} lived {home}.",
    "{home}, there once was {intro}. {A} was {trait}, and {he} loved {hobby}.",
    "Here is what happened to {intro} who lived {home}.",
    "There was {intro}. {he} lived {home}, and {he} was a {trait} {kind}.",
    "Once there lived {intro}. {A} was a {trait} {kind}, and {he} was good at {hobby}.",
    "Far away, {home}, there lived {intro}.",
    "Many years ago, {intro} lived {home}. {he} liked {hobby}.",
)
BACKDROPS = (
    "Every [morning|evening], {he} [looked at the sky|greeted the birds|sang a little song|drank a cup of milk].",
    "{his} favourite day was {weekday}, because then {G} [told stories|baked bread|had more time].",
    "{A} had a {colour} [blanket|cup|chair], and [nobody else was allowed to use it|{he} liked it very much].",
    "{he} had {num} cousins, and all of them were {trait2}.",
    "{A} often visited {G}, who knew [a lot of|so many] stories.",
    "Not far from {his} home was {place}, and {A} knew every stone of the way.",
    "{he} was [small for {his} age|not very tall], but {he} had big ideas.",
    "In the garden stood [an old|a tall] {tree} tree, and {A} liked to sit in its shade.",
    "People who met {him} liked {him} at once.",
    "{he} did not have much, but {he} was [happy|content].",
    "When {he} laughed, everybody had to laugh too.",
    "{he} asked questions all day long, and {G} answered [them all|most of them].",
    "{A} could count to {num} and was very proud of it.",
    "For breakfast {he} always ate [{items}|bread with honey|a bowl of porridge].",
    "{his} nose was always [cold|full of freckles], and {his} pockets were always full.",
    "Nobody in the whole place could whistle as loudly as {A}.",
    "{his} home was never far from {his} heart.",
)
CLOSINGS = (
    "That evening, {A} told {G} all about it, and {G} listened to every word.",
    "Later, {A} often thought of that time.", "{A} smiled for the rest of the day.",
    "And if you ever meet {A}, you can ask {him} about it.", "{A} never forgot it.",
    "When {A} went to sleep that night, {he} was [smiling|happy].",
    "", "", "", "", "", "", "", "", "", "", "", "",
    "The end.", "And that is the end of the story.", "And all was well.", "And so the story ends.", "So it was.",
)

ASKS = (
    "Tell me a story about {ask}.", "Write a short story about {ask}.", "Can you tell me a story about {ask}?",
    "I would like a story about {ask}, please.", "Please make up a little story about {ask}.", "Story about {ask}",
    "Do you know a story about {ask}?", "Write a little tale about {ask}.", "tell me a story about {ask}",
    "Hi! Could you write a story about {ask}?", "My child wants to hear a story about {ask}.",
    "Could I hear a tale about {ask}?", "Invent a small story. It should be about {ask}.",
    "Let us have a story on {ask}.",
)
OPEN_ASKS = (
    "Tell me a story.", "Tell me a short bedtime story.", "Can you write a story?", "I want to hear a story.",
    "Write a little story for children.", "Make up a story with a happy ending.", "Please tell me a story.",
    "tell me a short story", "A story, please!", "Would you tell me something for bedtime?", "Read me a tale.",
)
OWN_ASKS = (
    "My name is {name}. Tell me a story about me.", "I am {name}. Can you write a story about me?",
    "Please write a story in which I play a part. I am called {name}.", "Tell a story about a child named {name}.",
    "Write a story. The hero is called {name}.", "A story for {name}, please, and about {name}.",
    "My child {name} would like to be in a story.", "Can {name} be the hero of a story?",
)
SHORT_ASKS = (
    "Tell me a very short story.", "Write a very short story.", "A tiny story, please.",
    "Tell me a story in a few sentences.",
    "I have only a minute. Tell me a story.", "Can you write a really short story?", "Tell me a mini story.",
    "Write a story of a few lines.",
)
WORD_ASKS = (
    "Write a short story with the words: {words}.", "Write a story that uses these words: {words}.",
    "Tell me a story with the words {words}.", "Use the words {words} in a short story.",
    "Make a little story from these words: {words}.", "Can you write a story with {words} in it?",
    "I give you some words: {words}. Please write a story with them.", "A story, please. Words: {words}.",
)
CONTINUE_ASKS = (
    "Continue this story: {start}", "How does this story go on? {start}", "Please finish this story.\n\n{start}",
    "Here is the beginning of a story. Write the rest.\n\n{start}", "Go on with the story: {start}",
    "What happens next? {start}", "My story starts like this: {start}\nWhat comes then?",
    "Write the end of this tale: {start}",
)
LEADS = ("", "", "", "", "Here is a little story.\n\n", "Here is a story about {ask}.\n\n", "{title}\n\n")
ASIDES = ("{q}", "{q}", "I have a question. {q}", "Nice! {q}", "Thank you. {q}", "In your story, {low}",
          "That was nice. {q}", "Lovely story. {q}", "One thing about the story: {q}", "Wait, {low}")
TITLE_ASKS = ("What would be a good title?", "Give the story a title.", "What is the title of this story?",
              "Can you find a title for it?", "Does the story have a name?", "How would you call this story?")
NAME_ASKS = ("What was the name of the {kind}?", "What was the {kind} called?", "Who was the story about?",
             "What is the name of the {kind} in the story?", "How was the {kind} named?")
SYSTEMS = ("", "", "", "You are ember, a tiny demonstration model.", "You tell little stories.",
           "You are a kind storyteller.", "You are ember. You write short stories in simple English.",
           "Write simple stories for small children.")


def draw_plot(rng: random.Random, split: str) -> Plot:
    """A plot of the split: held stories have a held plot half of the time, training never."""
    held = split == "held" and rng.random() < 0.5
    return rng.choice([plot for plot in PLOTS if plot.held == held])


def may_use_pronoun(last: str, slots: dict[str, str]) -> bool:
    """Whether the hero alone was spoken of, so that "he" or "she" can only mean the hero."""
    others = (slots["B"], slots["G"], slots["small"], "shopkeeper", "baker", '"')
    return slots["A"].lower() in last.lower() and not any(other.lower() in last.lower() for other in others)


def tell(rng: random.Random, split: str) -> tuple[Plot, dict[str, str], list[str]]:
    """One story: its plot, its scene and its paragraphs (the opening first)."""
    plot = draw_plot(rng, split)
    slots = draw_scene(rng, split, plot.settings)
    phrasings = [pick(rng, split, OPENINGS)]
    if rng.random() < 0.45 and "short" not in plot.settings:
        phrasings.append(pick(rng, split, BACKDROPS))
    phrasings += [rng.choice(beat.options(split)) for beat in plot.beats if not beat.optional or rng.random() < 0.5]
    phrasings.append(pick(rng, split, CLOSINGS))
    parts: list[str] = []
    for phrasing in phrasings:
        if phrasing.startswith("{A} ") and may_use_pronoun(parts[-1], slots) and rng.random() < 0.5:
            phrasing = "{he} " + phrasing[4:]
        if phrasing:
            parts.append(tidy(expand(rng, phrasing, slots)))
    return plot, slots, parts


def join_parts(rng: random.Random, parts: list[str]) -> str:
    """The parts as one text, in one paragraph or in a few."""
    if rng.random() < 0.6:
        return " ".join(parts)
    cut = rng.randint(2, len(parts) - 2)
    return " ".join(parts[:cut]) + "\n\n" + " ".join(parts[cut:])


def sample(rng: random.Random, split: str) -> dict:
    """A story as plain text."""
    _, _, parts = tell(rng, split)
    return {"kind": "story", "text": join_parts(rng, parts)}


def story_words(rng: random.Random, slots: dict[str, str], text: str) -> list[str]:
    """Two to four plain nouns and colours of the scene that really occur in the text, in a random order."""
    wanted = [slots[key] for key in ("kind", "thing", "prop", "items", "small", "tree", "seed", "Gkey", "part",
                                     "bkind")]
    wanted += [slots["place"].split()[-1], slots["home"].split()[-1]]
    words = []
    for word in wanted:
        if word and word not in words and re.search(rf"\b{re.escape(word)}\b", text):
            words.append(word)
    rng.shuffle(words)
    return words[:rng.randint(2, 4)]


def is_child(slots: dict[str, str]) -> bool:
    """Whether the hero is a child, whose name a user may have."""
    return slots["kind"] in ("boy", "girl")


def request(rng: random.Random, split: str, plot: Plot, slots: dict[str, str], text: str) -> tuple[str, list[str]]:
    """What the user asks for, and the words that the answer must have."""
    way = rng.random()
    if way < 0.12:
        return pick(rng, split, SHORT_ASKS if "short" in plot.settings else OPEN_ASKS), []
    if way < 0.2 and is_child(slots):
        return pick(rng, split, OWN_ASKS).format(name=slots["named"]), [slots["named"]]
    words = story_words(rng, slots, text)
    if way < 0.4 and len(words) >= 2:
        listed = ", ".join(words) if rng.random() < 0.6 else ", ".join(words[:-1]) + " and " + words[-1]
        return pick(rng, split, WORD_ASKS).format(words=listed), words
    return pick(rng, split, ASKS).format(ask=topic(rng, plot, slots, text)), []


def topic(rng: random.Random, plot: Plot, slots: dict[str, str], text: str) -> str:
    """What the story is about, as a phrase for the request."""
    own = [slots["intro"]]
    if re.search(rf"\b{slots['thing']}\b", text):
        own.append(f"{slots['intro']} and a {slots['thing']}")
    if slots["B"] in text:
        own.append(f"{slots['intro']} and {slots['Bintro']}")
    phrase = rng.choice(own) if rng.random() < 0.3 else rng.choice(plot.asks).format_map(slots)
    return re.sub(r"\ba (?=[aeiou])", "an ", phrase)


def follow_up(rng: random.Random, split: str, plot: Plot, slots: dict[str, str], text: str) -> tuple[str, str, str]:
    """A question about the story that was told, its answer and the answer's key word."""
    way = rng.random()
    title = tidy(plot.title.format_map(slots))
    if way < 0.15:
        return pick(rng, split, TITLE_ASKS), rng.choice((f"{title}.", f'"{title}" would be a good title.')), title
    asked = [found for found in plot.questions if found[2].format_map(slots).lower() in text.lower()]
    if slots["named"] and (way < 0.4 or not asked):
        name = slots["named"]
        answer = rng.choice((f"The {slots['kind']} was called {name}.", f"{slots['Kind']} {name}.", f"It was {name}."))
        answer = answer.replace(f"{slots['Kind']} {name}.", f"{name}.")
        return pick(rng, split, NAME_ASKS).format(kind=slots["kind"]), answer, name
    question, answer, word = (part.format_map(slots) for part in rng.choice(asked))
    question, answer = tidy(question), tidy(answer)
    aside = pick(rng, split, ASIDES)
    return aside.format(q=question, low=question[0].lower() + question[1:]), answer, word


def told_chat(rng: random.Random, split: str) -> dict:
    """A request, the story that fulfils it, and perhaps a question about it."""
    plot, slots, parts = tell(rng, split)
    text = join_parts(rng, parts)
    asked, words = request(rng, split, plot, slots, text)
    title = tidy(plot.title.format_map(slots))
    lead = rng.choice(LEADS).format(title=title, ask=topic(rng, plot, slots, text))
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": lead + text}]
    made = {"kind": "story_chat", "messages": messages}
    if words:
        made["expected"] = words
    elif rng.random() < 0.4 and len(text) < 1150:
        question, answer, word = follow_up(rng, split, plot, slots, text)
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        made["expected"] = word
    return made


def continued_chat(rng: random.Random, split: str) -> dict:
    """The beginning of a story, and its rest as the answer."""
    _, _, parts = tell(rng, split)
    cut = rng.randint(2, max(2, len(parts) // 2))
    asked = pick(rng, split, CONTINUE_ASKS).format(start=" ".join(parts[:cut]))
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": " ".join(parts[cut:])}]
    return {"kind": "story_chat", "messages": messages}


def sample_chat(rng: random.Random, split: str) -> dict:
    """A chat in which a story is asked for and told."""
    made = continued_chat(rng, split) if rng.random() < 0.2 else told_chat(rng, split)
    system = rng.choice(SYSTEMS)
    if system:
        made["messages"].insert(0, {"role": "system", "content": system})
    return made
