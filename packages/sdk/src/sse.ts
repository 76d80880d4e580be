/** Server-sent events, as OpenAI's API streams its answers: reading and writing them. */

/** The data of each event of a stream. */
export async function* sseData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += value ?? "";
      const events = rest.split(/\r\n\r\n|\n\n|\r\r/);
      rest = events.pop() ?? "";
      if (done && rest !== "") events.push(rest);
      for (const event of events) {
        const data = event.split(/\r\n|\n|\r/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5).replace(/^ /, "")] : []));
        if (data.length > 0) yield data.join("\n");
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** An event with this data. */
export function sseEvent(data: string): string {
  return `data: ${data}\n\n`;
}
