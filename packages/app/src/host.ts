/** What the host of the page decided: `config.json` beside the page, which may be missing. */
import { assets } from "#assets";

/** A server that answers instead of this machine, if the person wants that. It sees what is said. */
export interface Endpoint {
  readonly name: string;
  /** Such as `https://ai.example/v1`. */
  readonly baseURL: string;
  /** The model's name there. */
  readonly model: string;
  readonly apiKey?: string;
}

export interface HostConfig {
  /** Where `hf:` models come from. */
  readonly hub?: string;
  readonly endpoint?: Endpoint;
}

let asked: Promise<HostConfig> | undefined;

/** Asked for once. What in it is not whole is left out. */
export function hostConfig(): Promise<HostConfig> {
  asked ??= assets.config().then(readConfig, () => ({}));
  return asked;
}

function readConfig(read: unknown): HostConfig {
  if (typeof read !== "object" || read === null) return {};
  const { hub, endpoint } = read as Record<string, unknown>;
  return { ...(isAddress(hub) && { hub }), ...(isEndpoint(endpoint) && { endpoint }) };
}

function isEndpoint(read: unknown): read is Endpoint {
  if (typeof read !== "object" || read === null) return false;
  const { name, baseURL, model } = read as Record<string, unknown>;
  return typeof name === "string" && isAddress(baseURL) && typeof model === "string";
}

/** Whether something is an absolute `http` address. */
export function isAddress(read: unknown): read is string {
  return typeof read === "string" && /^https?:\/\/\S+$/.test(read) && URL.canParse(read);
}
