/** Every reference model in the browser: what it is asked, a page with nothing but the SDK, and what it computes there. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ROOT, serve, type Server } from "./server.js";

/** `exact`: f32 activations. `fast`: rounded to 8 bits where there is a kernel for them. */
export type Arithmetic = "exact" | "fast";

/** What is asked of one model; `hearth-conformance plan` writes it. */
export interface Plan {
  readonly case: string;
  /** Its path. */
  readonly model: string;
  readonly arithmetics: readonly Arithmetic[];
  /** Whether embeddings are wanted, not logits. */
  readonly embeds: boolean;
  readonly prompts: readonly PlannedPrompt[];
}

interface PlannedPrompt {
  readonly tokens: readonly number[];
  /** Where logits are wanted. */
  readonly positions: readonly number[];
  /** Tokens to generate with exact arithmetic, and with fast. */
  readonly greedy: readonly [number, number];
}

/** What came of one prompt. */
interface Computed {
  /** Rows of f32, in base 64: what crosses from the page is JSON. */
  readonly rows: string;
  readonly greedy: readonly number[];
}

/** What the page does with the SDK. */
export interface Sdk {
  readonly Hearth: { create(options: { build: string; threads: number; device: string }): Promise<Hearth> };
}

interface Hearth {
  load(file: Blob, options: { contextLength?: number; activations?: string; memoryLimitBytes?: number }): Promise<ModelInfo>;
  logits(tokens: readonly number[], positions: readonly number[]): Promise<Float32Array>;
  readonly embeddings: { create(params: { input: readonly number[] }): Promise<{ data: readonly { embedding: readonly number[] }[] }> };
  readonly completions: { create(params: Completion): Promise<{ choices: readonly Choice[] }> & Promise<AsyncIterable<Chunk>> };
  startProfile(): Promise<void>;
  stopProfile(): Promise<Profile | undefined>;
  unload(): void;
}

/** What steps cost. */
export interface Profile {
  readonly operations: readonly { readonly operation: string; readonly cost: { readonly calls: number; readonly dispatches: number } }[];
  readonly layers: readonly { readonly layer: number }[];
  readonly bufferBytes: number;
}

interface ModelInfo {
  readonly gpu: string | undefined;
  readonly contextLength: number;
  readonly memory: { readonly weightsBytes: number; readonly stateBytes: number; readonly workingBytes: number };
  readonly notes: readonly { readonly code: string; readonly message: string }[];
}

/** What is asked of a completion. */
interface Completion {
  readonly prompt: readonly number[];
  readonly max_tokens: number;
  readonly temperature: number;
  readonly seed?: number;
  readonly ignore_eos: boolean;
  readonly return_token_ids: boolean;
  readonly return_progress?: boolean;
  readonly stream?: boolean;
}

interface Choice {
  readonly token_ids?: readonly number[];
}

/** What is read of a completion's chunks. */
export interface Chunk {
  readonly choices: readonly Choice[];
  readonly prompt_progress?: { readonly recomputed: boolean };
}

/** A tab of whichever browser. */
export interface Tab {
  evaluate(work: typeof compute, job: Job): Promise<{ computed: Computed[]; error: string | undefined }>;
}

/** Under these names browsers record what their GPUs compute. */
export const WEBGPU = "webgpu";
export const WEBGPU_FIREFOX = "webgpu-firefox";

/** Threads of the full build: more than one, whatever the machine has. */
const THREADS = 2;
/** The references' context; rotary factors of some models depend on it. */
const CONTEXT = 512;

/** The program of the suites: it knows the references, and compares. */
function program(): string {
  const path = process.env["HEARTH_CONFORMANCE_BIN"];
  if (path === undefined) throw new Error("HEARTH_CONFORMANCE_BIN is not set: run `cargo xtask conformance`, or name the built program");
  return path;
}

/** What is asked of all models. */
export function plan(): Plan[] {
  return JSON.parse(execFileSync(program(), ["plan"], { encoding: "utf8", maxBuffer: 1 << 28 })) as Plan[];
}

/** A page with the SDK, a server for it and for the models, and a folder for what is computed. */
export class Laboratory {
  private constructor(
    private readonly folder: string,
    private readonly models: string,
    readonly server: Server,
  ) {}

  /** Opens one that serves the models of a folder; `folders` are served too, by the names of their addresses. */
  static async open(models: string, folders: Readonly<Record<string, string>> = {}): Promise<Laboratory> {
    const folder = mkdtempSync(join(tmpdir(), "hearth-conformance-"));
    const app = join(folder, "app");
    cpSync(join(ROOT, "packages/sdk/dist"), app, { recursive: true });
    for (const [name, from] of Object.entries(folders)) cpSync(from, join(app, name), { recursive: true });
    // With an icon of its own the browser asks for no other one.
    cpSync(join(ROOT, "packages/app/public/icon.svg"), join(app, "icon.svg"));
    writeFileSync(join(app, "index.html"), '<!doctype html><link rel="icon" href="/icon.svg"><title>Hearth SDK</title>');
    return new Laboratory(folder, models, await serve(models, app));
  }

  async close(): Promise<void> {
    await this.server.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Runs one model on a build, or on the GPU, and records what it gives, or why it gives nothing. */
  async record(page: Tab, build: string, plan: Plan, arithmetic: Arithmetic): Promise<void> {
    const folder = join(this.folder, "records", build, arithmetic);
    mkdirSync(folder, { recursive: true });
    const activations = arithmetic === "exact" ? "f32" : "auto";
    const prompts = plan.prompts.map(({ tokens, positions, greedy: [exact, fast] }) => ({
      tokens,
      positions,
      maxTokens: arithmetic === "exact" ? exact : fast,
    }));
    const url = `${this.server.url}models/${relative(this.models, plan.model)}`;
    const isGpu = build === WEBGPU || build === WEBGPU_FIREFOX;
    const where = isGpu ? { build: "compat", device: "gpu" } : { build, device: "cpu" };
    const job: Job = { ...where, url, activations, embeds: plan.embeds, prompts, threads: THREADS, context: CONTEXT };
    const { computed, error } = await page.evaluate(compute, job);
    computed.forEach(({ rows }, index) => writeFileSync(join(folder, `${plan.case}.p${index}.f32`), Buffer.from(rows, "base64")));
    const record = { error, greedy: computed.map(({ greedy }) => greedy) };
    writeFileSync(join(folder, `${plan.case}.json`), JSON.stringify(record));
  }

  /** Compares the records of a build, of some cases or of all: the table, and what is not as expected. */
  compare(build: string, cases: readonly string[] = []): { readonly table: string; readonly wrong: string } {
    const { stdout, stderr, status } = spawnSync(program(), ["compare", build, join(this.folder, "records"), ...cases], { encoding: "utf8" });
    return { table: stdout, wrong: status === 0 ? "" : stderr || `it ended with status ${status}` };
  }
}

/** What is asked of the page. */
export interface Job {
  readonly build: string;
  readonly device: string;
  readonly url: string;
  readonly activations: string;
  readonly embeds: boolean;
  readonly prompts: readonly { readonly tokens: readonly number[]; readonly positions: readonly number[]; readonly maxTokens: number }[];
  readonly threads: number;
  readonly context: number;
}

/** Runs in the page. */
async function compute(job: Job): Promise<{ computed: Computed[]; error: string | undefined }> {
  const { Hearth } = (await import(new URL("index.js", location.href).href)) as Sdk;
  const base64 = (numbers: Float32Array): string => {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };
  const computed: Computed[] = [];
  const hearth = await Hearth.create({ build: job.build, threads: job.threads, device: job.device });
  try {
    // A file in memory is read faster than by ranges, which other tests do.
    const file = await (await fetch(job.url)).blob();
    await hearth.load(file, { contextLength: job.context, activations: job.activations });
    for (const { tokens, positions, maxTokens } of job.prompts) {
      const embed = async (): Promise<Float32Array> => {
        const { data } = await hearth.embeddings.create({ input: tokens });
        return Float32Array.from(data[0]?.embedding ?? []);
      };
      const rows = job.embeds ? await embed() : await hearth.logits(tokens, positions);
      const params = { prompt: tokens, max_tokens: maxTokens, temperature: 0, ignore_eos: true, return_token_ids: true };
      const choices = maxTokens > 0 ? (await hearth.completions.create(params)).choices : [];
      computed.push({ rows: base64(rows), greedy: choices[0]?.token_ids ?? [] });
    }
    return { computed, error: undefined };
  } catch (error) {
    return { computed, error: String(error) };
  } finally {
    hearth.unload();
  }
}
