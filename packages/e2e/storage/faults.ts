/** What can go wrong with one answer of a server. */

/** One fault. */
export type Fault =
  /** The connection breaks in the middle. */
  | { readonly type: "cut"; readonly afterBytes: number }
  /** Nothing more comes, and the connection stays open. */
  | { readonly type: "stall"; readonly afterBytes: number }
  /** It ends early, as if that were all. */
  | { readonly type: "truncate"; readonly afterBytes: number }
  /** More comes than was promised. */
  | { readonly type: "lengthen" }
  /** A bit is flipped on the way. */
  | { readonly type: "corrupt"; readonly at: number }
  /** The whole file in place of the range. */
  | { readonly type: "ignore-range" }
  | { readonly type: "change-etag" }
  | { readonly type: "status"; readonly status: number; readonly retryAfter?: string }
  /** `Content-Range` names other bytes, or another size. */
  | { readonly type: "wrong-start" }
  | { readonly type: "wrong-total" }
  /** By way of another address. */
  | { readonly type: "redirect" };

/** Those after which bytes that came are still right, and the file is still the same. */
export const HARMLESS = ["cut", "stall", "truncate", "lengthen", "status", "wrong-start", "redirect"] as const;

/** All of them. */
export const EVERY: readonly Fault["type"][] = [...HARMLESS, "wrong-total", "corrupt", "ignore-range", "change-etag"];

/** A fault of that type, with chance in what it leaves open. */
export function makeFault(type: Fault["type"], next: () => number, lengthBytes: number): Fault {
  const afterBytes = Math.floor(next() * lengthBytes);
  switch (type) {
    case "cut":
    case "stall":
    case "truncate":
      return { type, afterBytes };
    case "corrupt":
      return { type, at: afterBytes };
    case "status":
      return next() < 0.5 ? { type, status: 503, retryAfter: "0" } : { type, status: next() < 0.5 ? 429 : 500 };
    default:
      return { type };
  }
}
