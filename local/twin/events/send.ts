import type { SignedRequest } from './signed-request.ts';

/** The status that a request was answered with in time; undefined without an answer. Redirections are not followed. */
export const send = async (
  { url, headers, body }: SignedRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number | undefined> => {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
};

/** Whether an answer says that the events are taken. */
export const isTaken = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status < 300;
