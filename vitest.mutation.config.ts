import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { timeLimits } from './vitest.config.ts';

/** A mutant is tried until the first test fails: examples take less time than properties. */
class ExamplesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isProperty = ({ moduleId }: TestSpecification) => moduleId.includes('.property.');
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => Number(isProperty(one)) - Number(isProperty(other)));
  }
}

/** The tests that Stryker tries a mutant with: they start no process and no server. */
export default defineConfig({
  test: {
    ...timeLimits,
    include: [
      'test/media/*.test.ts',
      'test/config/retry-policy.test.ts',
      'test/sync/{disposition,follow-ups}.test.ts',
      'test/crm/contract/{signature-cases,webhook}.test.ts',
      'test/crm/changes-in-any-order.test.ts',
      'test/crm/sources/{jira,standard-webhooks,zendesk,published-senders}.test.ts',
      'test/crm-change/{webhook,log-request,unavailable}.test.ts',
      'test/http/{request,signing-secrets}.test.ts',
    ],
    env: { PROPERTY_RUNS: '30', PROPERTY_SEED: '20261130', PROPERTY_SHRINK: 'never' },
    setupFiles: ['test/property-runs.ts'],
    sequence: { sequencer: ExamplesFirst },
    isolate: false,
    // As Node itself: a CommonJS module's default export is all of its exports.
    deps: { interopDefault: false },
  },
});
