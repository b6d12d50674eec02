// Calls that answer once, repeated after a loss for as long as that may help.
import type { HubConnection } from "@microsoft/signalr";
import { HubServerError, readError } from "./errors.js";
import { closed, type Link, type Session } from "./link.js";
import { Backoff, type RetryOptions } from "./retry.js";

/** Makes calls on a link, each until it is answered, refused for good, or has taken too long. */
export class Calls {
  constructor(private readonly link: Link, private readonly retry: RetryOptions | undefined, private readonly timeoutMs: number) {}

  /**
   * Makes a call that may be repeated.
   * @param isFinal Whether an answer is one, or says to try again.
   * @throws HubServerError with the code of the refusal, or `connection` where nothing answered in time.
   */
  async call<T>(method: string, argument: unknown, isFinal: (answer: T) => boolean = () => true): Promise<T> {
    const backoff = new Backoff(this.retry);
    const deadline = Date.now() + this.timeoutMs;
    for (;;) {
      const mayGoOn = Date.now() < deadline;
      try {
        const answer = await this.once<T>(method, argument, deadline);
        if (isFinal(answer) || !mayGoOn)
          return answer;
      } catch (failure) {
        const error = readError(failure);
        if (error.isFinal || !mayGoOn)
          throw error;
      }
      const pause = Math.min(backoff.next(), Math.max(0, deadline - Date.now()));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** One attempt: waits for a connection, and ends with it. */
  private once<T>(method: string, argument: unknown, deadline: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const finish = (tell: () => void): void => {
        clearTimeout(timer);
        this.link.remove(session);
        tell();
      };
      const timer = setTimeout(() => {
        const reason = this.link.error ? `: ${this.link.error.message}` : "";
        finish(() => reject(new HubServerError("connection", `${method} was not answered within ${this.timeoutMs} ms${reason}`)));
      }, Math.max(0, deadline - Date.now()));
      const session: Session = {
        open: (connection: HubConnection) => {
          connection.invoke<T>(method, argument).then((answer) => finish(() => resolve(answer)), (error: unknown) => finish(() => reject(readError(error))));
        },
        lost: () => undefined, // The call itself ends with the connection; one that has not begun waits for the next.
        failed: (error) => finish(() => reject(error ?? closed())),
      };
      try {
        this.link.add(session);
      } catch (error) {
        finish(() => reject(readError(error)));
      }
    });
  }
}
