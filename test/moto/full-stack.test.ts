import { expect, it } from 'vitest';
import { describeStack } from './moto-stack.ts';
import { notMade, provisioners } from './provisioners.ts';

describeStack('full', 'a stack with all optional parts', (stack) => {
  it('has every type of resource that moto can create', () => {
    const types = new Set(
      stack()
        .resources.map(({ type }) => type)
        .filter((type) => type.startsWith('aws:')),
    );
    const known = [...Object.keys(provisioners), ...Object.keys(notMade)];
    expect([...types].toSorted()).toEqual(known.toSorted());
  });
});
