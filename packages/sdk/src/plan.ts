/** Whether and how this machine would run a model, found out from its header alone. */
import { HearthError } from "./error.js";
import type { LoadOptions as EngineLoadOptions } from "./generated/compat/hearth.js";
import type { Plan } from "./interface.js";
import { LoadedModel, type Start } from "./loaded-model.js";
import type { SourcePart } from "./protocol.js";
import { expectedSpeed } from "./speed-record.js";

/** Failures that say that the machine is not up to the model, or the engine not to its kind. */
const DOES_NOT_FIT: readonly string[] = [
  "no_gpu",
  "not_enough_memory",
  "unknown_architecture",
  "unsupported_browser",
  "unsupported_on_gpu",
  "unsupported_type",
];

/** Reads the header, and nothing else. A model that does not fit is no error. */
export async function planModel(
  parts: readonly SourcePart[],
  start: Start,
  options: EngineLoadOptions,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  let model: LoadedModel | undefined;
  try {
    model = await LoadedModel.start(start, signal);
    const { info, fileBytes } = await model.plan({ parts, options, onProgress: undefined, signal });
    const { weightsBytes, stateBytes, workingBytes } = info.memory;
    const bytes = weightsBytes + stateBytes + workingBytes;
    const limit = options.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
    const needed = `It needs ${megabytes(bytes)} of memory, with a context of ${info.contextLength} tokens.`;
    const tooLarge = bytes > limit ? [`Only ${megabytes(limit)} may be taken: choose a smaller quantisation, or a shorter context.`] : [];
    return {
      fits: bytes <= limit,
      device: info.gpu === undefined ? "cpu" : "gpu",
      reason: [needed, ...tooLarge, ...info.notes.map(({ message }) => message)].join(" "),
      downloadBytes: fileBytes,
      info,
      tokensPerSecond: await expectedSpeed(info),
    };
  } catch (error) {
    if (!(error instanceof HearthError) || !DOES_NOT_FIT.includes(error.code)) throw error;
    const device = start.device === "gpu" ? "gpu" : "cpu";
    return { fits: false, device, reason: error.message, downloadBytes: undefined, info: undefined, tokensPerSecond: undefined };
  } finally {
    model?.unload();
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
}
