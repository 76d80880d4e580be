/** The worker that has the database. It does one command after the other. */
import start, { type Command, type WasmStore } from "../generated/store/store.js";
import { choosePlace } from "./places.js";
import type { Asked, Opening, Told } from "./protocol.js";
import { Turns } from "./turns.js";

const READING: ReadonlySet<Command["type"]> = new Set(["list", "read", "search", "export", "statistics"]);

const opened = new Promise<Opening>((resolve) => {
  self.addEventListener("message", ({ data }: MessageEvent<Opening | Asked>) => {
    if ("command" in data) void answer(data);
    else resolve(data);
  });
}).then(open);

async function open({ program }: Opening) {
  await start(program && { module_or_path: program });
  const keeping = await choosePlace();
  let store: WasmStore | undefined;
  const turns = new Turns(
    async () => {
      store = await keeping.acquire();
    },
    () => keeping.release(),
    (conversation) => tell({ type: "changed", conversation }),
  );
  tell({ type: "opened", place: keeping.place });
  return { keeping, turns, store: () => store };
}

async function answer({ number, command }: Asked): Promise<void> {
  try {
    const { keeping, turns, store } = await opened;
    const reply = await turns.take(async () => {
      const reply = store()?.run(command);
      if (!READING.has(command.type)) await keeping.changed();
      return reply;
    });
    if (reply === undefined) throw new Error("the database was not opened");
    tell({ type: "reply", number, reply });
    if (!READING.has(command.type)) turns.announce(conversationOf(command));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "store_failed";
    tell({ type: "failed", number, code, message: error instanceof Error ? error.message : String(error) });
  }
}

/** The one conversation that a command changes, if it is one. */
function conversationOf(command: Command): string | undefined {
  switch (command.type) {
    case "saveConversation":
      return command.conversation.id;
    case "saveMessage":
    case "setHead":
      return command.conversation;
    case "delete":
      return command.id;
    default:
      return undefined;
  }
}

function tell(told: Told): void {
  self.postMessage(told);
}
