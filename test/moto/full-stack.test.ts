import { beforeAll, expect, it } from 'vitest';
import { named, only } from './find.ts';
import { describeAtMoto, freshStack, type StackAtMoto, stackAtMoto } from './moto-stack.ts';
import { notMade, provisioners } from './provisioners.ts';
import { administrators, domain, vpc } from './stacks.ts';

/** AWS tells most lists in no order. */
const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(inOrder).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inOrder(part)]));
};

/** All that is there, with each id that AWS gave replaced by what the program calls it. */
const inventory = ({ resources, state }: StackAtMoto): unknown =>
  inOrder(
    JSON.parse(
      resources.reduce(
        (text, { id, name, type }) => (id === name ? text : text.replaceAll(id, `${type} ${name}`)),
        JSON.stringify(state),
      ),
    ),
  );

describeAtMoto('a stack that is made twice', () => {
  it('is the same both times', async () => {
    const first = inventory(await stackAtMoto('usual'));
    const second = inventory(await freshStack('usual'));
    expect(second).toEqual(first);
  });
});

describeAtMoto('a stack with everything switched on', () => {
  let stack: StackAtMoto;
  beforeAll(async () => {
    stack = await stackAtMoto('full');
  });

  it('is made whole, but for what is said to be beyond moto', () => {
    const types = new Set(
      stack.resources.map(({ type }) => type).filter((type) => type.startsWith('aws:')),
    );
    const known = [...Object.keys(provisioners), ...Object.keys(notMade)];
    expect([...types].toSorted()).toEqual(known.toSorted());
  });

  it('has its tags on all that tells them', () => {
    const tagged = Object.values(stack.state)
      .flat()
      .filter((thing) => 'tags' in thing);
    expect(tagged.length).toBeGreaterThan(30);
    for (const thing of tagged) {
      expect(thing.tags, JSON.stringify(thing)).toEqual({
        application: 'crm-media-sync',
        stack: 'production',
        'cost-centre': '4711',
      });
    }
  });

  it('runs its functions in the network, which they themselves may not touch', () => {
    for (const { configuration } of stack.state.functions) {
      expect(configuration.VpcConfig).toMatchObject({
        SubnetIds: vpc.subnetIds,
        SecurityGroupIds: vpc.securityGroupIds,
      });
    }
    for (const part of ['crm-change', 'task-event', 'sync']) {
      const { policy } = named(stack.state.roles, `-${part}-role`);
      const network = policy.filter(({ Action }) => Action.includes('ec2:CreateNetworkInterface'));
      expect(network.map(({ Effect }) => Effect).toSorted()).toEqual(['Allow', 'Allow', 'Deny']);
    }
  });

  it('has its key administered by those who were named, and used by the account', () => {
    const { policy } = only(stack.state.keys);
    const allowed = (action: string) =>
      policy.filter(({ Action }) => Action.includes(action)).map(({ Principal }) => Principal);
    expect(allowed('kms:PutKeyPolicy')).toEqual([{ AWS: administrators }]);
    expect(policy.flatMap(({ Action }) => Action)).not.toContain('kms:*');
  });

  it('is reached by its own host alone, with TLS 1.2', () => {
    const api = only(stack.state.apis);
    expect(api.closed).toBe(true);
    expect(only(stack.state.domains)).toMatchObject({
      name: domain.name,
      configurations: [
        {
          CertificateArn: domain.certificateArn,
          EndpointType: 'REGIONAL',
          SecurityPolicy: 'TLS_1_2',
        },
      ],
      mappings: [{ api: api.id, stage: '$default' }],
    });
    expect(stack.outputs['webhooks']).toMatchObject({
      zendesk: `https://${domain.name}/webhooks/zendesk`,
    });
  });

  it('keeps its logs as long as it says', () => {
    expect(stack.state.logGroups.map(({ retentionDays }) => retentionDays)).toEqual(
      stack.state.logGroups.map(() => 400),
    );
  });
});
