import type { SignedRequest } from './signed-request.ts';

/** Whether a request was answered 2xx in time. A redirection is no such answer. */
export const send = async (
  { url, headers, body }: SignedRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> => {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
};
