/** What was found out about this machine, in one line; and in plain words, where it is too weak. */
import type { Machine } from "../models/machine.js";
import { useWords } from "../words/words.js";

interface Props {
  readonly machine: Machine;
  readonly isTooWeak: boolean;
}

export function MachineNote({ machine, isTooWeak }: Props) {
  const { machine: words } = useWords();
  const { cores, threads, memoryBytes, gpu, freeBytes } = machine;
  const facts = [
    words.cores(cores),
    threads ? words.threads : words.noThreads,
    memoryBytes === undefined ? words.unknownMemory : words.memory(memoryBytes / 2 ** 30),
    gpu === undefined ? words.noGpu : words.gpu(gpu.name, gpu.halfPrecision),
    ...(freeBytes === undefined ? [] : [words.free(freeBytes)]),
  ];
  return (
    <>
      <p className="hint">{facts.join(" · ")}</p>
      {isTooWeak && <p className="card">{words.tooWeak}</p>}
    </>
  );
}
