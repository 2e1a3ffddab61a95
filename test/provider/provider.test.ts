import { testStack } from './test-stack.ts';

testStack('with everything');
