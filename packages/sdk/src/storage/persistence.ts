/** The browser's promise not to clear files by itself. It may ask the person, and it may never answer. */

/** Long enough for an answer without a question to the person. */
const LIMIT_MILLIS = 1_000;

/** Asks for it; `undefined` where there is no answer in time. */
export async function askPersistence(): Promise<boolean | undefined> {
  return await inTime(() => navigator.storage.persist());
}

/** Whether it was given before. */
export async function isPersisted(): Promise<boolean | undefined> {
  return await inTime(() => navigator.storage.persisted());
}

async function inTime(ask: () => Promise<boolean>): Promise<boolean | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), LIMIT_MILLIS));
  try {
    return await Promise.race([ask(), late]);
  } catch {
    // Pages without an origin of their own have no storage to speak of.
    return undefined;
  }
}
