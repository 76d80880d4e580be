/**
 * Servers that the page's own Content-Security-Policy keeps it from. A request to them fails like a broken network, and the browser tells why just before or after:
 * at the latest when it fails for the second time it is known that asking again is of no use.
 */
const blocked = new Set<string>();

// Node has no such events, nor a policy.
globalThis.addEventListener?.("securitypolicyviolation", (event) => {
  if (!(event instanceof SecurityPolicyViolationEvent)) return;
  if (event.disposition === "enforce" && URL.canParse(event.blockedURI)) blocked.add(new URL(event.blockedURI).origin);
});

/** Whether a request to this address was blocked. */
export function isBlocked(url: string): boolean {
  return URL.canParse(url) && blocked.has(new URL(url).origin);
}
