import { testStack } from './test-stack.ts';

testStack('as it comes');

// Its only source is one that sends by EventBridge, and its key has an owner.
testStack('on a key of its owner’s', [
  'a rotated signing secret',
  'another ticket URL',
  'one partner source less',
  'key.administrators',
  'key.deletionWindowDays',
]);
