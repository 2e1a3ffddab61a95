import { HttpError } from '../../shared/door/failures.ts';
import { SourceName } from '../../shared/message/ticket-change.ts';

export interface Route {
  readonly source: string;
  /** What stands behind the source's name. */
  readonly pathToken: string | undefined;
}

/** Whatever stands before it: a custom domain may have a base path of its own. */
const pattern = /\/webhooks\/(?<source>[^/]+)(?:\/(?<pathToken>[^/]+))?$/;

/**
 * The source that a path is for: `/webhooks/<source>`, or `/webhooks/<source>/<token>`.
 * @throws Refusal when it is another path.
 */
export const parseRoute = (path: string): Route => {
  const { source, pathToken } = pattern.exec(path)?.groups ?? {};
  const name = SourceName.safeParse(source);
  if (!name.success) throw new HttpError('not-found', 'There is nothing here');
  return { source: name.data, pathToken };
};
