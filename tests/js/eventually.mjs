import { setTimeout as delay } from "node:timers/promises";

/** Waits until the condition, which may be async, gives something true, and returns that; throws after the deadline. */
export async function eventually(condition, because, deadlineMs = 10_000) {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const result = await condition();
    if (result)
      return result;
    if (performance.now() > deadline)
      throw new Error(`not within ${deadlineMs} ms: ${because}`);
    await delay(5);
  }
}
