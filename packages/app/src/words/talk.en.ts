/** Texts around the field for messages, in English: the context, attachments, tools. */
import { MOST_BYTES, MOST_BYTES_OF_ALL, type RefusalReason } from "../chat/attachments.js";
import type { ContextUse } from "../chat/context.js";
import type { ToolsMistake } from "../chat/tools.js";
import { formatOf } from "./format.js";

const { bytes, integer } = formatOf("en");

export const TALK = {
  context: {
    label: "Context",
    used: (used: number, all: number) => `${integer(used)} of ${integer(all)} tokens of the context`,
    leftOut: {
      next: "The context is nearly full: from the next message on the oldest ones are left out.",
      some: "The context is full: the model no longer sees the oldest messages.",
    } satisfies Record<Exclude<ContextUse["leftOut"], "none">, string>,
  },
  attachments: {
    attach: "Attach",
    files: "Text files for the message",
    label: "Attached files",
    remove: (name: string) => `Remove ${name}`,
    contentOf: (name: string) => `Content of ${name}`,
    refused: {
      notText: (name: string) => `${name} is no text: only text files (in UTF-8) can be attached.`,
      tooLarge: (name: string) => `${name} is too large: a file may have ${bytes(MOST_BYTES)}.`,
      tooMuch: (name: string) => `${name} is too much: the files of a message may have ${bytes(MOST_BYTES_OF_ALL)} together.`,
      unreadable: (name: string) => `${name} could not be read: look whether it is still there.`,
    } satisfies Record<RefusalReason, (name: string) => string>,
  },
  tools: {
    title: "Tools",
    hint: "A JSON list of functions, as OpenAI's API has them. The model may call them; this page shows calls and does not run them.",
    mustCall: "The model must call a tool",
    notOffered: "Until this is mended, no tools are offered.",
    mistake: (mistake: ToolsMistake): string => {
      switch (mistake.type) {
        case "notJson":
          return `This is no JSON: ${mistake.detail}.`;
        case "noList":
          return "This is no list: it has to begin with [ and end with ].";
        case "noFunction":
          return `Tool ${integer(mistake.at)} has to be {"type": "function", "function": {…}}.`;
        case "noName":
          return `The function of tool ${integer(mistake.at)} has no name.`;
        case "badParameters":
          return `The parameters of tool ${integer(mistake.at)} have to be a JSON schema: an object.`;
        case "sameName":
          return `Two tools are called ${mistake.name}.`;
      }
    },
    calls: "Calls the tool",
    callOf: (name: string) => `Call of ${name}`,
    argumentsOf: (name: string) => `Arguments for ${name}`,
    notRun: "This page does not run tools.",
  },
};
