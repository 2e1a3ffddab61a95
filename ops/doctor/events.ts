import type { Deployment } from '../deployment/deployment.ts';
import { ok, type Observation, warning } from './finding.ts';

/**
 * Whether Twilio tells the deployment of TaskRouter's events, by what `connect` would do.
 * @param deploymentOption that names the deployment in a command of ours, e.g. `--stack prod`
 * @throws Failure where the operator has given no API key, or Twilio does not take it
 */
export const checkEvents = async (
  deployment: Deployment,
  deploymentOption: string,
): Promise<readonly Observation[]> => {
  const about = 'events';
  // The whole SDK takes longer to load than all the rest.
  const { connect } = await import('../connect/connect.ts');
  const plan = (via: 'event-streams' | 'callback') =>
    connect(deployment, { via, yes: false, remove: false, replace: false });
  const stream = await plan('event-streams');
  if (stream.outcome === 'nothing-to-do') {
    return [{ about, ...ok('Event Streams sends what we follow') }];
  }
  const callback = await plan('callback');
  if (callback.outcome === 'nothing-to-do') {
    return [{ about, ...ok("the Workspace's event callback sends what we follow") }];
  }
  return [
    {
      about,
      ...warning(
        'Twilio does not tell of all that we follow: segments that begin later wait for their tickets',
        `See what is missing: npm run ops -- connect ${deploymentOption}`,
      ),
    },
  ];
};
