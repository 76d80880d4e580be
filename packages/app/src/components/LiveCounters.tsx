/** How fast an answer is being written at this moment. */
import type { ModelInfo } from "@hearth/sdk";
import { useChat } from "../chat/chat.js";
import { useWords } from "../words/words.js";

interface Props {
  readonly info: ModelInfo;
  readonly memoryBytes: number;
}

export function LiveCounters({ info, memoryBytes }: Props) {
  const { device: words } = useWords();
  const live = useChat((state) => [...state.live.values()].at(-1));
  const stage = live?.growing.stage;
  if (stage?.type !== "writing" || stage.tokensPerSecond === undefined) return <p className="hint">{words.idle}</p>;
  return <p className="live-counters">{words.live(stage.tokens, stage.tokensPerSecond, stage.tokensPerSecond * info.tensorBytes, memoryBytes)}</p>;
}
