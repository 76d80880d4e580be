"""The tools that stand in prompts: what each is called, how it is described, and the parameters it takes.

Names differ from prompt to prompt, so that a model has to read them there; `declare` draws one declaration.
"""

import random
from dataclasses import dataclass

from .tool_names import made_description, made_name, made_parameters
from .word_lists import Parts

USUAL_RATE = 0.4  # how often a tool has its first name, description and parameter names
USUAL_RATE_TRAINED = 0.25
MADE_RATE = 0.6  # how often, in training, each of these is made anew where it is not the first
ARRAY = {"type": "array", "items": {"type": "number"}}
NUMBER = {"type": "number"}
STRING = {"type": "string"}
INTEGER = {"type": "integer"}


@dataclass(frozen=True)
class ToolType:
    """A tool in all its wordings; `roles` gives for each argument its schema, `spellings` its names in order."""

    key: str
    roles: dict[str, dict]
    names: Parts
    descriptions: Parts
    spellings: Parts  # each one "name name ...", one name for each role


@dataclass(frozen=True)
class Declared:
    """A tool as one prompt offers it."""

    key: str
    schema: dict
    spelling: dict[str, str]  # role -> parameter name


def _tool(key: str, roles: dict[str, dict], names: str, held_names: str, descriptions: list[str],
          spellings: list[str]) -> ToolType:
    """`descriptions` and `spellings` end with the one that is held out."""
    return ToolType(key, roles, Parts(names.split(), held_names.split()), Parts(descriptions[:-1], descriptions[-1:]),
                    Parts(spellings[:-1], spellings[-1:]))


_TOOLS = [
    _tool("time", {"city": STRING},
          "get_time current_time time_in get_current_time city_time local_time clock world_clock time_now what_time",
          "fetch_time check_clock time_of",
          ["Time in a city.", "Gets the current time in a city.", "Current local time.", "Tells the time.",
           "The time at a place.", "Local time of a city."],
          ["city", "place", "location", "town", "where"]),
    _tool("sum", {"numbers": ARRAY},
          "add sum sum_numbers add_numbers calculate_sum total get_sum sum_up plus add_up",
          "compute_total sum_list add_all",
          ["Adds numbers.", "Sum of numbers.", "Adds up a list of numbers.", "Total of the numbers.",
           "Computes a sum.", "Adds all numbers given."],
          ["numbers", "values", "terms", "summands", "list"]),
    _tool("pair", {"a": NUMBER, "b": NUMBER},
          "add add_two plus sum add_pair sum_two", "add_both sum_of_two",
          ["Adds two numbers.", "Sum of two numbers.", "Adds a and b."],
          ["a b", "x y", "first second", "left right"]),
    _tool("convert", {"value": NUMBER, "from": STRING, "to": STRING},
          "convert_units unit_converter convert convert_unit units change_units unit_convert convert_value "
          "units_convert converter",
          "measure_convert switch_units to_unit",
          ["Converts units.", "Converts a value between units.", "Unit conversion.", "Changes the unit of a value.",
           "Converts measures.", "Gives a value in other units."],
          ["value from to", "amount from_unit to_unit", "number unit target", "quantity source target",
           "value unit_from unit_to"]),
    _tool("search", {"query": STRING},
          "search_documents search_files search_notes find_documents document_search search query_documents lookup "
          "search_docs find_in_files",
          "file_search scan_documents find_notes",
          ["Searches documents.", "Searches the user's documents.", "Finds text in files.", "Search in notes.",
           "Looks things up in documents.", "Finds documents by words."],
          ["query", "text", "q", "words", "phrase"]),
    _tool("timer", {"minutes": INTEGER},
          "set_timer start_timer timer new_timer countdown", "alarm_in",
          ["Sets a timer.", "Starts a countdown.", "Rings after some minutes."], ["minutes", "duration", "mins"]),
    _tool("weather", {"city": STRING},
          "get_weather weather weather_in current_weather forecast", "check_weather",
          ["Weather in a city.", "Current weather.", "Tells the weather."], ["city", "place", "location"]),
    _tool("note", {"to": STRING, "text": STRING},
          "send_note send_message write_note note_to message", "leave_note",
          ["Sends a note.", "Sends a short message.", "Writes to someone."],
          ["to text", "person message", "name body"]),
    _tool("dice", {"sides": INTEGER},
          "roll_dice roll_die roll throw_die dice", "die_roll",
          ["Rolls a die.", "Throws a die.", "A random roll."], ["sides", "faces", "n"]),
    _tool("translate", {"word": STRING, "language": STRING},
          "translate translate_word translator word_in dictionary", "to_language",
          ["Translates a word.", "Word in another language.", "Gives a translation."],
          ["word language", "text target", "term into"]),
    _tool("page", {"name": STRING},
          "open_page go_to show_page open goto_page", "visit_page",
          ["Opens a page.", "Shows a page.", "Goes to a page."], ["name", "page", "title"]),
]
TOOLS = {tool.key: tool for tool in _TOOLS}
MAIN = ["time", "sum", "convert", "search"]
OTHER = ["timer", "weather", "note", "dice", "translate", "page"]


def _anew(tool: ToolType, rng: random.Random, name: str, description: str, spelling: str) -> tuple[str, str, str]:
    """The three with some of them made anew, none as it is held out."""
    if rng.random() < MADE_RATE:
        name = made_name(rng, tool.key)
    if rng.random() < MADE_RATE:
        description = made_description(rng, tool.key)
    if rng.random() < MADE_RATE:
        known = [list(words) for words in zip(*(line.split() for line in tool.spellings.train), strict=True)]
        spelling = " ".join(made_parameters(rng, known))
    held = {*tool.names.held, *tool.descriptions.held, *" ".join(tool.spellings.held).split()}
    if held & {name, description, *spelling.split()}:
        return _anew(tool, rng, *(parts.train[0] for parts in (tool.names, tool.descriptions, tool.spellings)))
    return name, description, spelling


def declare(key: str, rng: random.Random, split: str) -> Declared:
    """A declaration of the tool in the form of OpenAI's chat requests."""
    tool = TOOLS[key]
    name, description, spelling = tool.names.train[0], tool.descriptions.train[0], tool.spellings.train[0]
    if rng.random() >= (USUAL_RATE_TRAINED if split == "train" else USUAL_RATE):
        name, description = tool.names.word(rng, split), tool.descriptions.word(rng, split)
        spelling = tool.spellings.word(rng, split)
        if split == "train":
            name, description, spelling = _anew(tool, rng, name, description, spelling)
    named = dict(zip(tool.roles, spelling.split(), strict=True))
    parameters = {
        "type": "object",
        "properties": {named[role]: schema for role, schema in tool.roles.items()},
        "required": list(named.values()),
    }
    function = {"name": name, "description": description, "parameters": parameters}
    return Declared(key, {"type": "function", "function": function}, named)
